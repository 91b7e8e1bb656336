//! rbtree.c in Rust: nodes are Rc, or Arc, and make_mut copies those that are shared. An
//! insertion recurses, and balances on the way back.

mod bench;

use bench::Counted;
use std::time::Instant;

#[derive(Clone)]
struct Node {
    left: Tree,
    right: Tree,
    key: i64,
    red: bool,
    value: bool,
}

type Tree = Option<Counted<Node>>;

// --- insertion ----------------------------------------------------------------------

fn is_red(tree: &Tree) -> bool {
    tree.as_ref().map_or(false, |node| node.red)
}

/// What isn't empty, to be written.
fn node_of(tree: &mut Tree) -> &mut Node {
    Counted::make_mut(tree.as_mut().expect("there is a node"))
}

fn taken(tree: &mut Tree) -> Counted<Node> {
    tree.take().expect("there is a node")
}

/// Three nodes, of which the lower two are red, each the left child of the one before:
/// the middle one takes the place of the upper one.
fn raise_left(tree: &mut Tree) {
    let mut top = taken(tree);
    let upper = Counted::make_mut(&mut top);
    let mut risen = taken(&mut upper.left);
    let middle = Counted::make_mut(&mut risen);
    upper.left = middle.right.take();
    node_of(&mut middle.left).red = false;
    middle.right = Some(top);
    *tree = Some(risen);
}

fn raise_right(tree: &mut Tree) {
    let mut top = taken(tree);
    let upper = Counted::make_mut(&mut top);
    let mut risen = taken(&mut upper.right);
    let middle = Counted::make_mut(&mut risen);
    upper.right = middle.left.take();
    node_of(&mut middle.right).red = false;
    middle.left = Some(top);
    *tree = Some(risen);
}

/// The lowest node is the right child of a left child: it takes the upper one's place.
fn raise_left_right(tree: &mut Tree) {
    let mut top = taken(tree);
    let upper = Counted::make_mut(&mut top);
    let mut left = taken(&mut upper.left);
    let middle = Counted::make_mut(&mut left);
    let mut risen = taken(&mut middle.right);
    let lower = Counted::make_mut(&mut risen);
    middle.right = lower.left.take();
    upper.left = lower.right.take();
    middle.red = false;
    lower.left = Some(left);
    lower.right = Some(top);
    *tree = Some(risen);
}

fn raise_right_left(tree: &mut Tree) {
    let mut top = taken(tree);
    let upper = Counted::make_mut(&mut top);
    let mut right = taken(&mut upper.right);
    let middle = Counted::make_mut(&mut right);
    let mut risen = taken(&mut middle.left);
    let lower = Counted::make_mut(&mut risen);
    middle.left = lower.right.take();
    upper.right = lower.left.take();
    middle.red = false;
    lower.right = Some(right);
    lower.left = Some(top);
    *tree = Some(risen);
}

/// Makes of a black node, whose child on that side is red, and of that child's red child
/// if there is one, a red node with two black children. Returns whether it did.
fn balance(tree: &mut Tree, left: bool) -> bool {
    let node = tree.as_ref().expect("there is a node");
    let child = if left { &node.left } else { &node.right };
    let child = child.as_ref().expect("there is a red child");
    let (red_left, red_right) = (is_red(&child.left), is_red(&child.right));
    match (left, red_left, red_right) {
        (true, true, _) => raise_left(tree),
        (true, _, true) => raise_left_right(tree),
        (false, true, _) => raise_right_left(tree),
        (false, _, true) => raise_right(tree),
        _ => return false,
    }
    true
}

/// Whether the node at the top has become red, so that there may be two in a row.
fn insert_below(tree: &mut Tree, key: i64, value: bool) -> bool {
    if tree.is_none() {
        *tree = Some(Counted::new(Node {
            left: None,
            right: None,
            key,
            red: true,
            value,
        }));
        return true;
    }
    let node = node_of(tree);
    if key == node.key {
        node.value = value;
        return false;
    }
    let (left, red) = (key < node.key, node.red);
    let child = if left {
        &mut node.left
    } else {
        &mut node.right
    };
    insert_below(child, key, value) && (red || balance(tree, left))
}

fn insert(tree: &mut Tree, key: i64, value: bool) {
    if insert_below(tree, key, value) {
        node_of(tree).red = false;
    }
}

fn value_of(key: usize) -> bool {
    key % 10 == 0
}

// --- is it right? -------------------------------------------------------------------

#[derive(Default)]
struct Content {
    nodes: u64,
    greatest: i64,
    keys: u64,
    values: u64,
}

impl Content {
    fn of(tree: &Tree) -> Content {
        let mut sum = Content::default();
        sum.add(tree, false);
        sum
    }

    /// Returns how many black nodes each path down has.
    fn add(&mut self, tree: &Tree, under_red: bool) -> usize {
        let node = match tree {
            None => return 0,
            Some(node) => node,
        };
        let left = self.add(&node.left, node.red);
        assert!(self.nodes == 0 || node.key > self.greatest, "not in order");
        self.nodes += 1;
        self.greatest = node.key;
        self.keys = self.keys.wrapping_add(node.key as u64);
        self.values += u64::from(node.value);
        let right = self.add(&node.right, node.red);
        assert!(left == right && !(under_red && node.red), "not balanced");
        left + usize::from(!node.red)
    }

    fn check(&self, check: &mut bench::Check) {
        check.add(self.nodes);
        check.add(self.keys);
        check.add(self.values);
    }
}

// --- the work -----------------------------------------------------------------------

#[derive(Default)]
struct Times {
    insert: bench::Series,
    drop: bench::Series,
    both: bench::Series,
}

impl Times {
    fn add(&mut self, insert: f64, drop: f64) {
        self.insert.add(insert);
        self.drop.add(drop);
        self.both.add(insert + drop);
    }

    fn report(self, row: &str) {
        bench::report(row, "ns/object", self.both.median());
        bench::report(&format!("{row} insert"), "ns/object", self.insert.median());
        bench::report(&format!("{row} drop"), "ns/object", self.drop.median());
    }
}

/// Inserts the keys one after the other, and drops the tree.
fn alone(keys: impl Iterator<Item = usize>, check: &mut bench::Check, times: &mut Times) {
    let begin = Instant::now();
    let mut tree = None;
    for key in keys {
        insert(&mut tree, key as i64, value_of(key));
    }
    let inserted = bench::since(begin);
    let content = Content::of(&tree);
    content.check(check);
    let begin = Instant::now();
    drop(tree);
    let size = content.nodes as f64;
    times.add(inserted / size, bench::since(begin) / size);
}

fn owned(size: usize, check: &mut bench::Check, times: &mut Times) {
    alone((1..=size).rev(), check, times);
}

fn scattered(size: usize, check: &mut bench::Check, times: &mut Times) {
    let mut random = bench::Random::new(size as u64);
    alone(
        (0..size).map(|_| (random.next() >> 22) as usize),
        check,
        times,
    );
}

const KEEP: usize = 1000;

fn shared(size: usize, times: &mut Times) {
    let mut versions = Vec::with_capacity(size / KEEP + 1);
    let begin = Instant::now();
    let mut tree = None;
    for key in (1..=size).rev() {
        insert(&mut tree, key as i64, value_of(key));
        if (key - 1) % KEEP == 0 {
            versions.push(tree.clone());
        }
    }
    let inserted = bench::since(begin);
    let middle = versions.len() / 2;
    let missing = (versions.len() - 1 - middle) * KEEP;
    assert_eq!(Content::of(&tree).nodes, size as u64);
    assert_eq!(
        Content::of(&versions[middle]).nodes,
        (size - missing) as u64
    );
    let begin = Instant::now();
    drop(tree);
    while versions.pop().is_some() {}
    times.add(inserted / size as f64, bench::since(begin) / size as f64);
}

/// An odd number of times, fewer for large trees.
fn repeats(size: usize) -> usize {
    (5_000_000 / size).min(20) | 1
}

fn main() {
    let size = bench::size(4_200_000);
    let part = size / 8 + 1;
    let mut check = bench::Check::default();
    let mut first = Times::default();
    let (mut usual, mut kept, mut random): (Times, Times, Times) = Default::default();
    owned(size, &mut check, &mut first);
    for _ in 0..repeats(size) {
        owned(size, &mut check, &mut usual);
    }
    for _ in 0..repeats(size) {
        shared(size, &mut kept);
    }
    for _ in 0..repeats(4 * part) {
        scattered(part, &mut check, &mut random);
    }
    bench::report("rbtree first", "ns/object", first.both.median());
    usual.report("rbtree");
    kept.report("rbtree shared");
    random.report("rbtree random");
    check.print();
}
