//! The frame of the programs in Rust: what bench.c and bench.h are to those in C.
#![allow(dead_code, unused_imports)]

use std::arch::asm;
use std::env;
use std::time::Instant;

/// The counted reference: Arc in programs for `atomic`, else Rc.
#[cfg(atomic)]
pub use std::sync::Arc as Counted;

#[cfg(not(atomic))]
pub use std::rc::Rc as Counted;

/// mimalloc as the global allocator, in programs for `mimalloc`.
#[cfg(mimalloc)]
mod mimalloc {
    use std::alloc::{GlobalAlloc, Layout};

    extern "C" {
        fn mi_malloc(size: usize) -> *mut u8;
        fn mi_malloc_aligned(size: usize, align: usize) -> *mut u8;
        fn mi_realloc_aligned(memory: *mut u8, size: usize, align: usize) -> *mut u8;
        fn mi_free(memory: *mut u8);
    }

    /// How mi_malloc aligns all that is as large.
    const ALIGN: usize = 16;

    struct Mimalloc;

    unsafe impl GlobalAlloc for Mimalloc {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            if layout.align() <= ALIGN && layout.align() <= layout.size() {
                mi_malloc(layout.size())
            } else {
                mi_malloc_aligned(layout.size(), layout.align())
            }
        }

        unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
            mi_free(memory)
        }

        unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            mi_realloc_aligned(memory, size, layout.align())
        }
    }

    #[global_allocator]
    static GLOBAL: Mimalloc = Mimalloc;
}

pub fn report(row: &str, unit: &str, value: f64) {
    println!("{row}\t{unit}\t{value:.6}");
}

/// The sum that has to be the same for every subject.
#[derive(Default)]
pub struct Check(u64);

impl Check {
    pub fn add(&mut self, value: u64) {
        self.0 = self.0.wrapping_mul(1099511628211).wrapping_add(value);
    }

    pub fn print(&self) {
        println!("check\t{}", self.0);
    }
}

/// Makes the compiler believe that somebody looks at the value, as bench_keep does in C.
/// (The library's black_box is younger than Debian 12's compiler.)
#[inline(always)]
pub fn keep<T>(value: T) -> T {
    unsafe { asm!("/* {} */", in(reg) &value, options(nostack, preserves_flags)) };
    value
}

/// The size that the command line gives.
pub fn size(default: usize) -> usize {
    match env::args().nth(1) {
        None => default,
        Some(text) => text.parse().expect("usage: PROGRAM [SIZE]"),
    }
}

/// Nanoseconds since `begin`.
pub fn since(begin: Instant) -> f64 {
    begin.elapsed().as_nanos() as f64
}

/// A series of times, of which the median is reported.
#[derive(Default)]
pub struct Series(Vec<f64>);

impl Series {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn median(mut self) -> f64 {
        self.0.sort_by(f64::total_cmp);
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 {
            self.0[middle]
        } else {
            (self.0[middle - 1] + self.0[middle]) / 2.0
        }
    }
}

/// Times to build and to drop, as tree and list report them.
#[derive(Default)]
pub struct BuildAndDrop {
    built: Series,
    dropped: Series,
    both: Series,
    begun: bool,
}

impl BuildAndDrop {
    /// The first is reported, and not counted.
    pub fn add(&mut self, row: &str, built: f64, dropped: f64) {
        if !self.begun {
            self.begun = true;
            report(&format!("{row} first"), "ns/object", built + dropped);
            return;
        }
        self.built.add(built);
        self.dropped.add(dropped);
        self.both.add(built + dropped);
    }

    pub fn report(self, row: &str) {
        report(row, "ns/object", self.both.median());
        report(&format!("{row} build"), "ns/object", self.built.median());
        report(&format!("{row} drop"), "ns/object", self.dropped.median());
    }
}

/// SplitMix64.
#[derive(Default)]
pub struct Random(u64);

impl Random {
    pub fn new(state: u64) -> Random {
        Random(state)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        scaled(self.next(), limit)
    }
}

/// A random number below `limit`, from one of 64 bits.
pub fn scaled(random: u64, limit: usize) -> usize {
    (((random >> 32) * limit as u64) >> 32) as usize
}
