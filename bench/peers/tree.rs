//! tree.c in Rust: nodes are Rc, or Arc, and drop themselves.

mod bench;

use bench::Counted;
use std::time::Instant;

struct Node {
    #[allow(dead_code)] // it is there to be built and dropped
    left: Option<Counted<Node>>,
    right: Option<Counted<Node>>,
}

const REPEATS: usize = 21;

fn build(depth: usize) -> Counted<Node> {
    if depth > 1 {
        let left = Some(build(depth - 1));
        let right = Some(build(depth - 1));
        Counted::new(Node { left, right })
    } else {
        Counted::new(Node {
            left: None,
            right: None,
        })
    }
}

fn height(node: &Node) -> u64 {
    1 + node.right.as_deref().map_or(0, height)
}

fn main() {
    let size = bench::size(18);
    let nodes = ((1u64 << size) - 1) as f64;
    let mut check = bench::Check::default();
    let mut times = bench::BuildAndDrop::default();
    for _ in 0..=REPEATS {
        let begin = Instant::now();
        let root = bench::keep(build(size));
        let built = bench::since(begin) / nodes;
        check.add(height(&root));
        let again = Instant::now();
        drop(root);
        times.add("tree", built, bench::since(again) / nodes);
    }
    times.report("tree");
    check.print();
}
