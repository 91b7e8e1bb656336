//! path.c in Rust, with Arc::make_mut.

mod bench;

use std::array;
use std::sync::Arc;
use std::time::Instant;

#[derive(Clone)]
struct Node<const WIDTH: usize> {
    children: [Option<Arc<Node<WIDTH>>>; WIDTH],
    value: u64,
}

type Tree<const WIDTH: usize> = Arc<Node<WIDTH>>;

/// Where the version that an edit leaves behind is kept, by the edit's number.
type PlaceFor = fn(usize, &mut bench::Random) -> usize;

const KEPT: usize = 1000;
const REPEATS: usize = 5;

fn build<const WIDTH: usize>(levels: usize) -> Tree<WIDTH> {
    Arc::new(Node {
        children: array::from_fn(|_| (levels > 1).then(|| build(levels - 1))),
        value: levels as u64,
    })
}

/// Writes to the leaf that the bits of `leaf` lead to.
fn edit<const WIDTH: usize>(root: &mut Tree<WIDTH>, levels: usize, mut leaf: u64) {
    let mut node = Arc::make_mut(root);
    for _ in 1..levels {
        let child = &mut node.children[leaf as usize % WIDTH];
        node = Arc::make_mut(child.as_mut().expect("leaves lie at the last level"));
        leaf >>= WIDTH.trailing_zeros();
    }
    node.value += 1;
}

fn sum_of<const WIDTH: usize>(node: &Node<WIDTH>) -> u64 {
    let children = node.children.iter().flatten();
    node.value + children.map(|child| sum_of(child)).sum::<u64>()
}

/// A run of edits of trees that are as wide as that.
struct Edits<const WIDTH: usize> {
    count: usize,
    levels: usize,
}

impl<const WIDTH: usize> Edits<WIDTH> {
    /// The time of an edit, the drop of versions included.
    fn time(&self, place_for: PlaceFor, check: &mut bench::Check) -> f64 {
        let mut random = bench::Random::new(1);
        let mut root: Tree<WIDTH> = build(self.levels);
        let mut kept: Vec<Option<Tree<WIDTH>>> = vec![None; self.count];
        let begin = Instant::now();
        for i in 0..self.count {
            let place = &mut kept[place_for(i, &mut random)];
            *place = None;
            *place = Some(root.clone());
            edit(&mut root, self.levels, random.next());
        }
        kept.clear();
        let time = bench::since(begin);
        check.add(sum_of(&root));
        time / self.count as f64
    }

    fn report(&self, row: &str, place_for: PlaceFor, check: &mut bench::Check) {
        let mut times = bench::Series::default();
        self.time(place_for, check);
        for _ in 0..REPEATS {
            times.add(self.time(place_for, check));
        }
        bench::report(row, "ns/edit", times.median());
    }

    fn report_all(&self, suffix: &str, check: &mut bench::Check) {
        self.report(&format!("path all{suffix}"), |i, _| i, check);
        self.report(&format!("path last{suffix}"), |i, _| i % KEPT, check);
        self.report(&format!("path random{suffix}"), |_, random| random.below(KEPT), check);
    }
}

fn wide<const WIDTH: usize>(size: usize, check: &mut bench::Check) {
    let bits = WIDTH.trailing_zeros() as usize;
    let edits = Edits::<WIDTH> {
        count: 20_000,
        levels: (size - 1) / bits + 1,
    };
    edits.report_all(&format!(" {WIDTH}"), check);
}

fn main() {
    let size = bench::size(16);
    let mut check = bench::Check::default();
    let binary = Edits::<2> {
        count: 50_000,
        levels: size,
    };
    binary.report_all("", &mut check);
    wide::<4>(size, &mut check);
    wide::<16>(size, &mut check);
    wide::<32>(size, &mut check);
    check.print();
}
