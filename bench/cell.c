/* A cell that holds a reference to the current object, a program's configuration, say:
 * any thread takes a reference from it, and any thread may put a new object there.
 * Reported are `size` loads, each with the drop of the reference, by one thread and by
 * two at the same time, and as many stores by one thread. None of them is the main
 * thread, because libraries leave locked instructions out while a process has one. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "bench.h"
#include "cpus.h"

const size_t bench_default_size = 1000000;

enum { MOST = 2, REPEATS = 9 };

typedef struct worker {
    pthread_t thread;
    cpu_set_t allowed;
    pthread_barrier_t *start;
    int number;
    size_t size;
    uint64_t (*work)(size_t size);
    uint64_t sum;
    double begin;
    double end;
} worker;

static uint64_t load(size_t size) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += cell_load();
    }
    return sum;
}

static uint64_t store(size_t size) {
    for (size_t i = 1; i <= size; ++i) {
        cell_store(i);
    }
    return cell_load();
}

static void *run(void *context) {
    worker *self = (worker *)context;
    cpus_run_on(&self->allowed, self->number);
    (void)pthread_barrier_wait(self->start);
    self->begin = bench_now();
    self->sum = self->work(self->size);
    self->end = bench_now();
    return NULL;
}

static void join(worker *workers, size_t threads) {
    for (size_t i = 0; i < threads; ++i) {
        (void)pthread_join(workers[i].thread, NULL);
        bench_check(workers[i].sum);
    }
}

/* From when the first thread starts to when the last one ends. */
static double time_of(uint64_t (*work)(size_t), size_t threads, size_t size) {
    worker workers[MOST];
    pthread_barrier_t start;
    (void)pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (size_t i = 0; i < threads; ++i) {
        workers[i].allowed = cpus_allowed();
        workers[i].start = &start;
        workers[i].number = (int)i;
        workers[i].size = size;
        workers[i].work = work;
        if (pthread_create(&workers[i].thread, NULL, run, &workers[i]) != 0) {
            bench_fail("cell: can't create a thread");
        }
    }
    join(workers, threads);
    (void)pthread_barrier_destroy(&start);
    double begin = workers[0].begin;
    double end = workers[0].end;
    for (size_t i = 1; i < threads; ++i) {
        begin = begin < workers[i].begin ? begin : workers[i].begin;
        end = end > workers[i].end ? end : workers[i].end;
    }
    return (end - begin) / (double)size;
}

static void report(const char *row, const char *unit, uint64_t (*work)(size_t),
                   size_t threads, size_t size) {
    bench_series times = {{0}, 0};
    (void)time_of(work, threads, size);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&times, time_of(work, threads, size));
    }
    bench_report(row, unit, bench_series_median(&times));
}

void bench_workload(size_t size) {
    cell_open(size);
    report("cell load", "ns/load", load, 1, size);
    if (cpus_are_two()) {
        report("cell load two threads", "ns/load", load, 2, size);
    }
    report("cell store", "ns/store", store, 1, size);
    cell_close();
}
