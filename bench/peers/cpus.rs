//! The CPUs that the process may use, and threads on them: what cpus.h is in C.

use std::mem::size_of;

/// As glibc's cpu_set_t: a bit for each of 1024 CPUs.
type CpuSet = [u64; 16];

extern "C" {
    fn sched_getaffinity(thread: i32, size: usize, set: *mut CpuSet) -> i32;
    fn sched_setaffinity(thread: i32, size: usize, set: *const CpuSet) -> i32;
}

/// Those that the process may use, by number.
pub fn allowed() -> Vec<usize> {
    let mut set: CpuSet = [0; 16];
    unsafe { sched_getaffinity(0, size_of::<CpuSet>(), &mut set) };
    (0..1024)
        .filter(|cpu| set[cpu / 64] >> (cpu % 64) & 1 == 1)
        .collect()
}

/// Each thread has a CPU of its own as long as there are enough.
pub fn run_on(cpus: &[usize], thread: usize) {
    let cpu = cpus[thread % cpus.len()];
    let mut set: CpuSet = [0; 16];
    set[cpu / 64] = 1 << (cpu % 64);
    unsafe { sched_setaffinity(0, size_of::<CpuSet>(), &set) };
}
