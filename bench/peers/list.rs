//! list.c in Rust: nodes are Rc, or Arc; the list takes the next node out of each before
//! it drops it, as the list would recurse otherwise.

mod bench;

use bench::Counted;
use std::time::Instant;

struct Node {
    next: Option<Counted<Node>>,
    value: u64,
}

struct List(Option<Counted<Node>>);

impl Drop for List {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(node) = next {
            next = Counted::try_unwrap(node).ok().and_then(|node| node.next);
        }
    }
}

const REPEATS: usize = 5;

fn build(size: usize) -> List {
    let mut list = None;
    for value in 0..size as u64 {
        list = Some(Counted::new(Node { next: list, value }));
    }
    List(list)
}

fn sum(list: &List) -> u64 {
    let mut result = 0u64;
    let mut next = &list.0;
    while let Some(node) = next {
        result = result.wrapping_add(node.value);
        next = &node.next;
    }
    result
}

fn main() {
    let size = bench::size(5_000_000);
    let mut check = bench::Check::default();
    let mut times = bench::BuildAndDrop::default();
    for _ in 0..=REPEATS {
        let begin = Instant::now();
        let list = bench::keep(build(size));
        let built = bench::since(begin) / size as f64;
        check.add(sum(&list));
        let again = Instant::now();
        drop(list);
        times.add("list", built, bench::since(again) / size as f64);
    }
    times.report("list");
    check.print();
}
