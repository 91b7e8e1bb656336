/* The CPUs that the process may use, and threads on them. Whoever includes this defines
 * _GNU_SOURCE before any other header. */
#ifndef BENCH_CPUS_H
#define BENCH_CPUS_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

/* As they are for the calling thread. */
static inline cpu_set_t cpus_allowed(void) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    (void)sched_getaffinity(0, sizeof(allowed), &allowed);
    return allowed;
}

/* On one CPU threads take turns, which says nothing of what two do at the same time. */
static inline bool cpus_are_two(void) {
    cpu_set_t allowed = cpus_allowed();
    return CPU_COUNT(&allowed) >= 2;
}

/* Each thread has a CPU of its own, one of `allowed`, as long as there are enough. */
static inline void cpus_run_on(const cpu_set_t *allowed, int thread) {
    int skipped = thread % CPU_COUNT(allowed);
    size_t cpu = 0;
    while (!CPU_ISSET(cpu, allowed) || skipped-- > 0) {
        ++cpu;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

#endif
