//! count.c in Rust, for Rc and for Arc.

use crate::bench;
use std::ops::Deref;
use std::time::Instant;

pub struct Object {
    a: u64,
    #[allow(dead_code)]
    b: u64,
}

pub trait Shared: Clone + Deref<Target = Object> {
    fn make(object: Object) -> Self;
    fn is_sole(&self) -> bool;
}

const REPEATS: usize = 11;
const MANY: usize = 1024;

fn make<S: Shared>(size: usize) -> S {
    S::make(Object {
        a: size as u64,
        b: 1,
    })
}

pub fn clone_and_drop<S: Shared>(object: &S, size: usize) {
    for _ in 0..size {
        let other = object.clone();
        bench::keep(&*other);
        drop(other);
    }
}

fn one<S: Shared>(object: &S, size: usize) {
    let mut times = bench::Series::default();
    clone_and_drop(object, size);
    for _ in 0..REPEATS {
        let begin = Instant::now();
        clone_and_drop(object, size);
        times.add(bench::since(begin) / size as f64);
    }
    bench::report("count", "ns/reference", times.median());
}

/// Time of a reference.
fn clone_and_drop_many<S: Shared>(objects: &[S], clones: &mut Vec<S>, turns: usize) -> f64 {
    let begin = Instant::now();
    for _ in 0..turns {
        clones.extend(objects.iter().cloned());
        bench::keep(&mut *clones);
        clones.clear();
    }
    bench::since(begin) / (turns * MANY) as f64
}

fn many<S: Shared>(size: usize, check: &mut bench::Check) {
    let objects: Vec<S> = (0..MANY).map(|_| make(size)).collect();
    let mut clones = Vec::with_capacity(MANY);
    let mut times = bench::Series::default();
    let turns = size / MANY + 1;
    clone_and_drop_many(&objects, &mut clones, turns);
    for _ in 0..REPEATS {
        times.add(clone_and_drop_many(&objects, &mut clones, turns));
    }
    for object in objects {
        check.add(object.is_sole().into());
    }
    bench::report("count many", "ns/reference", times.median());
}

/// `two_threads` is what only references that may cross threads can do.
pub fn run<S: Shared>(two_threads: fn(&S, usize)) {
    let size = bench::size(2_000_000);
    let mut check = bench::Check::default();
    let object: S = make(size);
    one(&object, size);
    many::<S>(size, &mut check);
    two_threads(&object, size);
    check.add(object.is_sole().into());
    check.add(object.a);
    check.print();
}
