//! grow.c in Rust: Rc of a Vec that is owned alone.

mod bench;

use std::rc::Rc;
use std::time::Instant;

const REPEATS: usize = 21;

/// Time of an item, and the sum of all.
fn grow(size: usize) -> (f64, u64) {
    let begin = Instant::now();
    let mut vector = Rc::new(Vec::<i64>::new());
    for i in 0..size {
        Rc::make_mut(&mut vector).push(i as i64);
        bench::keep(&mut vector);
    }
    let time = bench::since(begin) / size as f64;
    assert_eq!(vector.len(), size);
    (time, vector.iter().map(|&item| item as u64).sum())
}

fn main() {
    let size = bench::size(1_000_000);
    let mut check = bench::Check::default();
    let mut times = bench::Series::default();
    let (_, sum) = grow(size);
    for _ in 0..REPEATS {
        times.add(grow(size).0);
    }
    check.add(sum);
    bench::report("grow", "ns/item", times.median());
    check.print();
}
