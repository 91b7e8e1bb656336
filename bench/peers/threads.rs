//! threads.c in Rust, with Arc.

mod bench;
mod cpus;

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

// --- each with its own --------------------------------------------------------------

const ROUNDS: usize = 9;
const STEPS: usize = 400_000;

type Slot<const N: usize> = Option<Arc<[u64; N]>>;

struct Worker {
    small: Vec<Slot<2>>,
    middle: Vec<Slot<6>>,
    large: Vec<Slot<16>>,
    random: bench::Random,
    sum: u64,
}

fn filled<const N: usize>(length: usize) -> Vec<Slot<N>> {
    (0..length).map(|i| Some(Arc::new([i as u64; N]))).collect()
}

/// Drops what lies there before it creates anew; returns a word of the former.
fn replace<const N: usize>(slot: &mut Slot<N>, word: u64) -> u64 {
    let sum = slot.as_ref().map_or(0, |words| words[0]);
    *slot = None;
    *slot = Some(Arc::new([word; N]));
    sum
}

impl Worker {
    fn new(number: usize, size: usize) -> Worker {
        let length = size / 3 + 1;
        Worker {
            small: filled(length),
            middle: filled(length),
            large: filled(length),
            random: bench::Random::new(number as u64),
            sum: 0,
        }
    }

    fn churn(&mut self) {
        let length = self.small.len();
        for _ in 0..STEPS {
            let random = self.random.next();
            let i = bench::scaled(random, length);
            let sum = match random % 3 {
                0 => replace(&mut self.small[i], random),
                1 => replace(&mut self.middle[i], random),
                _ => replace(&mut self.large[i], random),
            };
            self.sum = self.sum.wrapping_add(sum);
        }
    }
}

/// What a thread reports: the sum of what it read, and when each round began and ended.
type Report = (u64, [(f64, f64); ROUNDS]);

fn work(cpus: &[usize], number: usize, size: usize, start: &Barrier, epoch: Instant) -> Report {
    cpus::run_on(cpus, number);
    let mut worker = Worker::new(number, size);
    worker.churn();
    let mut rounds = [(0.0, 0.0); ROUNDS];
    for round in &mut rounds {
        start.wait();
        round.0 = bench::since(epoch);
        worker.churn();
        round.1 = bench::since(epoch);
    }
    (worker.sum, rounds)
}

/// From when the first thread starts to when the last one ends.
fn round_time(reports: &[Report], round: usize) -> f64 {
    let rounds = reports.iter().map(|(_, rounds)| rounds[round]);
    let begin = rounds
        .clone()
        .map(|(begin, _)| begin)
        .fold(f64::MAX, f64::min);
    rounds.map(|(_, end)| end).fold(0.0, f64::max) - begin
}

/// Time of a step, of all threads together.
fn run(cpus: &[usize], threads: usize, size: usize, check: &mut bench::Check) -> f64 {
    let start = Barrier::new(threads);
    let epoch = Instant::now();
    let reports: Vec<Report> = thread::scope(|scope| {
        let start = &start;
        let all: Vec<_> = (0..threads)
            .map(|number| scope.spawn(move || work(cpus, number, size, start, epoch)))
            .collect();
        all.into_iter()
            .map(|one| one.join().expect("a thread ends"))
            .collect()
    });
    for (sum, _) in &reports {
        check.add(*sum);
    }
    let mut times = bench::Series::default();
    for round in 0..ROUNDS {
        times.add(round_time(&reports, round) / (threads * STEPS) as f64);
    }
    times.median()
}

// --- handed over --------------------------------------------------------------------

const RING: usize = 4096;
const BATCH: usize = 64;
const HANDED: usize = 40 * RING;

type Middle = Arc<[u64; 6]>;

/// On cache lines of its own.
#[repr(align(128))]
#[derive(Default)]
struct Counter(AtomicUsize);

impl Counter {
    /// Waits until the counter has reached `goal`. Where there is one CPU only, it yields.
    fn wait_for(&self, goal: usize) {
        let mut spins = 0;
        while self.0.load(Ordering::Acquire) < goal {
            spins += 1;
            if spins % 1024 == 0 {
                thread::yield_now();
            }
        }
    }

    fn set(&self, value: usize) {
        self.0.store(value, Ordering::Release);
    }
}

/// A ring for one producer and one consumer, as in threads.c.
struct Ring {
    produced: Counter,
    consumed: Counter,
    start: Barrier,
    slots: Vec<UnsafeCell<MaybeUninit<Middle>>>,
}

// A slot is the producer's until `produced` has passed it, and then the consumer's.
unsafe impl Sync for Ring {}

impl Ring {
    fn new() -> Ring {
        Ring {
            produced: Counter::default(),
            consumed: Counter::default(),
            start: Barrier::new(2),
            slots: (0..RING)
                .map(|_| UnsafeCell::new(MaybeUninit::uninit()))
                .collect(),
        }
    }

    fn produce(&self) {
        for i in (0..HANDED).step_by(BATCH) {
            if i >= RING {
                self.consumed.wait_for(i + BATCH - RING);
            }
            for k in i..i + BATCH {
                let made = Arc::new([k as u64; 6]);
                unsafe { (*self.slots[k % RING].get()).write(made) };
            }
            self.produced.set(i + BATCH);
        }
    }

    fn consume(&self) -> u64 {
        let mut sum = 0u64;
        for i in (0..HANDED).step_by(BATCH) {
            self.produced.wait_for(i + BATCH);
            for k in i..i + BATCH {
                let handed = unsafe { (*self.slots[k % RING].get()).assume_init_read() };
                sum += handed[0];
                drop(handed);
            }
            self.consumed.set(i + BATCH);
        }
        sum
    }
}

fn producer(cpus: &[usize], ring: &Ring) {
    cpus::run_on(cpus, 0);
    for _ in 0..=ROUNDS {
        ring.start.wait();
        ring.produce();
        ring.start.wait();
    }
}

/// The first round is not counted.
fn consumer(cpus: &[usize], ring: &Ring) -> bench::Series {
    cpus::run_on(cpus, 1);
    let mut times = bench::Series::default();
    let mut sum = 0;
    for round in 0..=ROUNDS {
        ring.produced.set(0);
        ring.consumed.set(0);
        ring.start.wait();
        let begin = Instant::now();
        sum += ring.consume();
        let time = bench::since(begin);
        ring.start.wait();
        if round > 0 {
            times.add(time / HANDED as f64);
        }
    }
    let all = (ROUNDS + 1) * HANDED * (HANDED - 1) / 2;
    assert_eq!(sum, all as u64, "what was handed over didn't arrive");
    times
}

fn hand_over(cpus: &[usize]) {
    let ring = Ring::new();
    let times = thread::scope(|scope| {
        scope.spawn(|| producer(cpus, &ring));
        let consumer = scope.spawn(|| consumer(cpus, &ring));
        consumer.join().expect("the consumer ends")
    });
    bench::report("threads handed", "ns/object", times.median());
}

fn main() {
    let size = bench::size(10_000);
    let cpus = cpus::allowed();
    let mut check = bench::Check::default();
    let one = run(&cpus, 1, size, &mut check);
    let two = run(&cpus, 2, size, &mut check);
    bench::report("threads one", "ns/step", one);
    bench::report("threads two", "ns/step", two);
    bench::report("threads scaling", "times", one / two);
    hand_over(&cpus);
    check.print();
}
