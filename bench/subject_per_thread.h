/* What a subject keeps for itself is each thread's own where a workload has several:
 * such a workload defines BENCH_THREADS, and opens and closes in each thread. */
#ifndef BENCH_SUBJECT_PER_THREAD_H
#define BENCH_SUBJECT_PER_THREAD_H

#if defined(BENCH_THREADS)
#define BENCH_PER_THREAD __thread
#else
#define BENCH_PER_THREAD
#endif

#endif
