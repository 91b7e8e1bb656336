//! pair.c in Rust.

mod bench;

use std::rc::Rc;
use std::time::Instant;

const REPEATS: usize = 11;

/// Time of a pair; objects have `N` words.
fn pairs<const N: usize>(size: usize, check: &mut bench::Check) -> f64 {
    let mut sum = 0u64;
    let begin = Instant::now();
    for i in 0..size as u64 {
        let mut words = [i; N];
        words[1] = i + 1;
        let object = Rc::new(words);
        bench::keep(&*object);
        sum = sum.wrapping_add(object[1]);
        drop(object);
    }
    let time = bench::since(begin) / size as f64;
    check.add(sum);
    time
}

fn main() {
    let size = bench::size(1_000_000);
    let mut check = bench::Check::default();
    let mut small = bench::Series::default();
    let mut large = bench::Series::default();
    pairs::<2>(size, &mut check);
    pairs::<8>(size, &mut check);
    for _ in 0..REPEATS {
        small.add(pairs::<2>(size, &mut check));
        large.add(pairs::<8>(size, &mut check));
    }
    bench::report("pair", "ns/pair", small.median());
    bench::report("pair 64 bytes", "ns/pair", large.median());
    check.print();
}
