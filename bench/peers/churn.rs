//! churn.c in Rust: a slot is an enum of eight kinds of Rc, or Arc.

mod bench;

use bench::Counted;
use std::time::Instant;

enum Slot {
    Bytes16(Counted<[u64; 2]>),
    Bytes24(Counted<[u64; 3]>),
    Bytes32(Counted<[u64; 4]>),
    Bytes48(Counted<[u64; 6]>),
    Bytes64(Counted<[u64; 8]>),
    Bytes80(Counted<[u64; 10]>),
    Bytes96(Counted<[u64; 12]>),
    Bytes128(Counted<[u64; 16]>),
}

const TYPES: usize = 8;
const REPEATS: usize = 7;
const STEPS: usize = 500_000;

fn words<const N: usize>(kind: usize, a: u64) -> Counted<[u64; N]> {
    let mut words = [a; N];
    words[1] = a + kind as u64;
    Counted::new(words)
}

fn create(kind: usize, a: u64) -> Slot {
    match kind {
        0 => Slot::Bytes16(words(kind, a)),
        1 => Slot::Bytes24(words(kind, a)),
        2 => Slot::Bytes32(words(kind, a)),
        3 => Slot::Bytes48(words(kind, a)),
        4 => Slot::Bytes64(words(kind, a)),
        5 => Slot::Bytes80(words(kind, a)),
        6 => Slot::Bytes96(words(kind, a)),
        _ => Slot::Bytes128(words(kind, a)),
    }
}

fn read(slot: &Slot) -> u64 {
    match slot {
        Slot::Bytes16(words) => words[0] + words[1],
        Slot::Bytes24(words) => words[0] + words[1],
        Slot::Bytes32(words) => words[0] + words[1],
        Slot::Bytes48(words) => words[0] + words[1],
        Slot::Bytes64(words) => words[0] + words[1],
        Slot::Bytes80(words) => words[0] + words[1],
        Slot::Bytes96(words) => words[0] + words[1],
        Slot::Bytes128(words) => words[0] + words[1],
    }
}

struct Churn {
    slots: Vec<Option<Slot>>,
    random: bench::Random,
    check: bench::Check,
}

impl Churn {
    fn new(size: usize) -> Churn {
        let mut random = bench::Random::default();
        let slots = (0..size)
            .map(|i| Some(create(random.below(TYPES), i as u64)))
            .collect();
        Churn {
            slots,
            random,
            check: bench::Check::default(),
        }
    }

    /// Drops what lies in a slot, after a look at it.
    fn empty(slot: &mut Option<Slot>) -> u64 {
        let sum = slot.as_ref().map_or(0, read);
        *slot = None;
        sum
    }

    /// Time of a step.
    fn steps(&mut self, steps: usize) -> f64 {
        let mut sum = 0u64;
        let begin = Instant::now();
        for i in 0..steps {
            let random = self.random.next();
            let length = self.slots.len();
            let slot = &mut self.slots[bench::scaled(random, length)];
            sum = sum.wrapping_add(Churn::empty(slot));
            *slot = Some(create((random % TYPES as u64) as usize, i as u64));
        }
        let time = bench::since(begin) / steps as f64;
        self.check.add(sum);
        time
    }

    fn end(mut self) {
        let sum = self
            .slots
            .iter_mut()
            .map(Churn::empty)
            .fold(0, u64::wrapping_add);
        self.check.add(sum);
        self.check.print();
    }
}

fn main() {
    let size = bench::size(1_000_000);
    let mut churn = Churn::new(size);
    churn.steps(2 * size + STEPS);
    let mut times = bench::Series::default();
    for _ in 0..REPEATS {
        times.add(churn.steps(STEPS));
    }
    churn.end();
    bench::report("churn", "ns/step", times.median());
}
