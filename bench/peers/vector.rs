//! vector.c in Rust: Rc of a Vec, which Rc::make_mut copies where it is shared.

mod bench;

use std::rc::Rc;
use std::time::Instant;

const REPEATS: usize = 11;
const SOLE_UPDATES: usize = 2_000_000;
const SHARED_UPDATES: usize = 50_000;

fn next_of(index: usize, size: usize) -> usize {
    if index + 1 == size {
        0
    } else {
        index + 1
    }
}

fn sole(vector: &mut Rc<Vec<i64>>, size: usize) -> f64 {
    let mut index = 0;
    let begin = Instant::now();
    for i in 0..SOLE_UPDATES {
        Rc::make_mut(vector)[index] += i as i64;
        index = next_of(index, size);
        bench::keep(&mut *vector);
    }
    bench::since(begin) / SOLE_UPDATES as f64
}

fn shared(vector: &mut Rc<Vec<i64>>, size: usize) -> f64 {
    let mut index = 0;
    let begin = Instant::now();
    for i in 0..SHARED_UPDATES {
        let before = Rc::clone(vector);
        Rc::make_mut(vector)[index] += i as i64;
        index = next_of(index, size);
        bench::keep(&mut *vector);
        drop(before);
    }
    bench::since(begin) / SHARED_UPDATES as f64
}

fn sum(vector: &[i64]) -> u64 {
    vector.iter().fold(0, |sum: u64, &item| {
        sum.wrapping_mul(3).wrapping_add(item as u64)
    })
}

fn main() {
    let size = bench::size(1000);
    let mut check = bench::Check::default();
    let mut in_place = bench::Series::default();
    let mut copied = bench::Series::default();
    let mut vector = Rc::new(vec![0i64; size]);
    for i in 0..=REPEATS {
        let sole_time = sole(&mut vector, size);
        let shared_time = shared(&mut vector, size);
        check.add(sum(&vector));
        if i > 0 {
            in_place.add(sole_time);
            copied.add(shared_time);
        }
    }
    bench::report("vector sole", "ns/update", in_place.median());
    bench::report("vector shared", "ns/update", copied.median());
    check.print();
}
