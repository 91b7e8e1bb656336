/* Two threads. Each with its own objects: `size` live ones of three types; a step drops
 * a random one and creates one of a random type in its place. Reported for one thread
 * alone and for two at once, both times of all steps together: two threads that don't
 * hinder each other take half the time. The one alone isn't the main thread either, so
 * that no malloc is spared its locks.
 *
 * Where counts are atomic, objects are also handed over: one thread creates them, the
 * other reads and drops them; a ring between both. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#define BENCH_THREADS 1
#include "cpus.h"
#include "objects.h"

const size_t bench_default_size = 10000;

/* --- objects -------------------------------------------------------------------- */

#define DEFINE(name, length)                                                             \
    BENCH_WORDS(name, length)                                                            \
    static inline name##_ref name##_of(uint64_t word) {                                  \
        struct name value;                                                               \
        name##_fill(&value, word);                                                       \
        return name##_make(BENCH_MOVE(value));                                           \
    }                                                                                    \
    static inline uint64_t name##_replace(name##_ref *slot, uint64_t word) {             \
        uint64_t sum = name##_read(slot)->words[0];                                      \
        name##_drop(BENCH_MOVE(*slot));                                                  \
        *slot = name##_of(word);                                                         \
        return sum;                                                                      \
    }
DEFINE(small, 2)
DEFINE(middle, 6)
DEFINE(large, 16)

/* The CPUs that the process may use: threads find themselves confined to one. */
static cpu_set_t allowed;

/* --- each with its own ---------------------------------------------------------- */

enum { ROUNDS = 9, STEPS = 400000 };

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *start;
    int number;
    size_t size;
    size_t length; /* of each array */
    small_ref *small;
    middle_ref *middle;
    large_ref *large;
    bench_random random;
    uint64_t sum;
    double begin[ROUNDS];
    double end[ROUNDS];
} worker;

static void fill(worker *self) {
    self->length = self->size / 3 + 1;
    self->small = (small_ref *)bench_table(self->length, sizeof(small_ref));
    self->middle = (middle_ref *)bench_table(self->length, sizeof(middle_ref));
    self->large = (large_ref *)bench_table(self->length, sizeof(large_ref));
    for (size_t i = 0; i < self->length; ++i) {
        self->small[i] = small_of(i);
        self->middle[i] = middle_of(i);
        self->large[i] = large_of(i);
    }
}

static void empty(worker *self) {
    for (size_t i = 0; i < self->length; ++i) {
        small_drop(BENCH_MOVE(self->small[i]));
        middle_drop(BENCH_MOVE(self->middle[i]));
        large_drop(BENCH_MOVE(self->large[i]));
    }
    free(self->small);
    free(self->middle);
    free(self->large);
}

static void churn(worker *self) {
    for (size_t step = 0; step < STEPS; ++step) {
        uint64_t random = bench_random_next(&self->random);
        size_t i = (size_t)(((random >> 32) * self->length) >> 32);
        switch (random % 3) {
        case 0:
            self->sum += small_replace(&self->small[i], random);
            break;
        case 1:
            self->sum += middle_replace(&self->middle[i], random);
            break;
        default:
            self->sum += large_replace(&self->large[i], random);
        }
    }
}

static void *work(void *context) {
    worker *self = (worker *)context;
    cpus_run_on(&allowed, self->number);
    bench_open();
    fill(self);
    churn(self);
    for (size_t round = 0; round < ROUNDS; ++round) {
        (void)pthread_barrier_wait(self->start);
        self->begin[round] = bench_now();
        churn(self);
        self->end[round] = bench_now();
    }
    empty(self);
    bench_close();
    return NULL;
}

enum { MOST = 2 };

/* From when the first thread starts to when the last one ends. */
static double round_time(const worker *workers, size_t threads, size_t round) {
    double begin = workers[0].begin[round];
    double end = workers[0].end[round];
    for (size_t i = 1; i < threads; ++i) {
        begin = begin < workers[i].begin[round] ? begin : workers[i].begin[round];
        end = end > workers[i].end[round] ? end : workers[i].end[round];
    }
    return end - begin;
}

/* Time of a step, of all threads together. */
static double run(size_t threads, size_t size) {
    static worker workers[MOST];
    bench_series times = {{0}, 0};
    pthread_barrier_t start;
    (void)pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (size_t i = 0; i < threads; ++i) {
        workers[i].start = &start;
        workers[i].number = (int)i;
        workers[i].size = size;
        workers[i].random.state = i;
        workers[i].sum = 0;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
            bench_fail("threads: can't create a thread");
        }
    }
    for (size_t i = 0; i < threads; ++i) {
        (void)pthread_join(workers[i].thread, NULL);
        bench_check(workers[i].sum);
    }
    (void)pthread_barrier_destroy(&start);
    for (size_t round = 0; round < ROUNDS; ++round) {
        double time = round_time(workers, threads, round);
        bench_series_add(&times, time / (double)(threads * STEPS));
    }
    return bench_series_median(&times);
}

/* --- handed over ---------------------------------------------------------------- */

#if defined(BENCH_COUNT_ATOMIC)

/* A ring for one producer and one consumer. Each looks at the other's counter only when
 * its last look says that there is nothing to do, and tells of its own by batches. */
enum { RING = 4096, BATCH = 64, HANDED = 40 * RING };

typedef struct ring {
    size_t produced __attribute__((aligned(128)));
    size_t consumed __attribute__((aligned(128)));
    pthread_barrier_t start __attribute__((aligned(128)));
    middle_ref *slots;
    bench_series times;
    uint64_t sum;
} ring;

/* Waits until `*counter` has reached `goal`. Where there is one CPU only, it yields. */
static void wait_for(const size_t *counter, size_t goal) {
    for (size_t spins = 0; __atomic_load_n(counter, __ATOMIC_ACQUIRE) < goal; ++spins) {
        if (spins % 1024 == 1023) {
            (void)sched_yield();
        }
    }
}

static void produce(ring *self) {
    for (size_t i = 0; i < HANDED; i += BATCH) {
        if (i >= RING) {
            wait_for(&self->consumed, i + BATCH - RING);
        }
        for (size_t k = i; k < i + BATCH; ++k) {
            self->slots[k % RING] = middle_of(k);
        }
        __atomic_store_n(&self->produced, i + BATCH, __ATOMIC_RELEASE);
    }
}

static uint64_t consume(ring *self) {
    uint64_t sum = 0;
    for (size_t i = 0; i < HANDED; i += BATCH) {
        wait_for(&self->produced, i + BATCH);
        for (size_t k = i; k < i + BATCH; ++k) {
            middle_ref *slot = &self->slots[k % RING];
            sum += middle_read(slot)->words[0];
            middle_drop(BENCH_MOVE(*slot));
        }
        __atomic_store_n(&self->consumed, i + BATCH, __ATOMIC_RELEASE);
    }
    return sum;
}

/* The producer opens, and closes when the consumer has dropped the last object: a manager
 * belongs to the thread that creates. */
static void *producer(void *context) {
    ring *self = (ring *)context;
    cpus_run_on(&allowed, 0);
    bench_open();
    for (size_t round = 0; round <= ROUNDS; ++round) {
        (void)pthread_barrier_wait(&self->start);
        produce(self);
        (void)pthread_barrier_wait(&self->start);
    }
    bench_close();
    return NULL;
}

/* The first round is not counted. */
static void *consumer(void *context) {
    ring *self = (ring *)context;
    cpus_run_on(&allowed, 1);
    for (size_t round = 0; round <= ROUNDS; ++round) {
        self->produced = 0;
        self->consumed = 0;
        (void)pthread_barrier_wait(&self->start);
        double begin = bench_now();
        self->sum += consume(self);
        double end = bench_now();
        (void)pthread_barrier_wait(&self->start);
        if (round > 0) {
            bench_series_add(&self->times, (end - begin) / HANDED);
        }
    }
    return NULL;
}

static void hand_over(void) {
    static ring between;
    pthread_t threads[2];
    between.slots = (middle_ref *)bench_table(RING, sizeof(middle_ref));
    (void)pthread_barrier_init(&between.start, NULL, 2);
    if (pthread_create(&threads[0], NULL, producer, &between) != 0 ||
        pthread_create(&threads[1], NULL, consumer, &between) != 0) {
        bench_fail("threads: can't create a thread");
    }
    (void)pthread_join(threads[0], NULL);
    (void)pthread_join(threads[1], NULL);
    (void)pthread_barrier_destroy(&between.start);
    free(between.slots);
    if (between.sum != (uint64_t)(ROUNDS + 1) * HANDED * (HANDED - 1) / 2) {
        bench_fail("threads: what was handed over didn't arrive");
    }
    bench_report("threads handed", "ns/object", bench_series_median(&between.times));
}

#else
static void hand_over(void) {}
#endif

void bench_workload(size_t size) {
    allowed = cpus_allowed();
    double one = run(1, size);
    double two = run(2, size);
    bench_report("threads one", "ns/step", one);
    bench_report("threads two", "ns/step", two);
    bench_report("threads scaling", "times", one / two);
    hand_over();
}
