//! cell.c in Rust: a cell is an ArcSwap of the crate arc-swap.

mod bench;
mod cpus;

use arc_swap::ArcSwap;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

struct Object {
    word: u64,
    #[allow(dead_code)]
    other: u64,
}

type Cell = ArcSwap<Object>;

const REPEATS: usize = 9;

fn object(word: u64) -> Object {
    Object { word, other: word }
}

fn load(cell: &Cell, size: usize) -> u64 {
    let mut sum = 0u64;
    for _ in 0..size {
        sum = sum.wrapping_add(cell.load_full().word);
    }
    sum
}

fn store(cell: &Cell, size: usize) -> u64 {
    for word in 1..=size as u64 {
        cell.store(Arc::new(object(word)));
    }
    cell.load_full().word
}

type Work = fn(&Cell, usize) -> u64;

struct Run {
    cell: Cell,
    size: usize,
    cpus: Vec<usize>,
    check: bench::Check,
}

impl Run {
    /// From when the first thread starts to when the last one ends.
    fn time(&mut self, work: Work, threads: usize) -> f64 {
        let start = Barrier::new(threads);
        let epoch = Instant::now();
        let one = |number| {
            cpus::run_on(&self.cpus, number);
            start.wait();
            let begin = bench::since(epoch);
            let sum = work(&self.cell, self.size);
            (sum, begin, bench::since(epoch))
        };
        let one = &one;
        let results: Vec<(u64, f64, f64)> = thread::scope(|scope| {
            let all: Vec<_> = (0..threads)
                .map(|number| scope.spawn(move || one(number)))
                .collect();
            all.into_iter()
                .map(|one| one.join().expect("a thread ends"))
                .collect()
        });
        let begin = results.iter().map(|one| one.1).fold(f64::MAX, f64::min);
        let end = results.iter().map(|one| one.2).fold(0.0, f64::max);
        for (sum, ..) in results {
            self.check.add(sum);
        }
        (end - begin) / self.size as f64
    }

    fn report(&mut self, row: &str, unit: &str, work: Work, threads: usize) {
        let mut times = bench::Series::default();
        self.time(work, threads);
        for _ in 0..REPEATS {
            times.add(self.time(work, threads));
        }
        bench::report(row, unit, times.median());
    }
}

fn main() {
    let size = bench::size(1_000_000);
    let mut run = Run {
        cell: ArcSwap::from_pointee(object(size as u64)),
        size,
        cpus: cpus::allowed(),
        check: bench::Check::default(),
    };
    run.report("cell load", "ns/load", load, 1);
    if run.cpus.len() >= 2 {
        run.report("cell load two threads", "ns/load", load, 2);
    }
    run.report("cell store", "ns/store", store, 1);
    run.check.print();
}
