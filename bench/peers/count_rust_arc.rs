//! count.c in Rust, with Arc: by one thread, and by two where there are as many CPUs.

mod bench;
mod counts;

use counts::{clone_and_drop, Object, Shared};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

impl Shared for Arc<Object> {
    fn make(object: Object) -> Self {
        Arc::new(object)
    }

    fn is_sole(&self) -> bool {
        Arc::strong_count(self) == 1
    }
}

const REPEATS_OF_TWO: usize = 5;

/// From the start of both to the end of both.
fn time_of_two(object: &Arc<Object>, size: usize) -> f64 {
    let barrier = Barrier::new(2);
    let begin = thread::scope(|scope| {
        scope.spawn(|| {
            barrier.wait();
            clone_and_drop(object, size);
        });
        barrier.wait();
        let begin = Instant::now();
        clone_and_drop(object, size);
        begin
    });
    bench::since(begin) / size as f64
}

fn two_threads(object: &Arc<Object>, size: usize) {
    if thread::available_parallelism().map_or(1, usize::from) < 2 {
        return;
    }
    let mut times = bench::Series::default();
    time_of_two(object, size);
    for _ in 0..REPEATS_OF_TWO {
        times.add(time_of_two(object, size));
    }
    bench::report("count two threads", "ns/reference", times.median());
}

fn main() {
    counts::run::<Arc<Object>>(two_threads);
}
