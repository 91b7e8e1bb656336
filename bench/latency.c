/* How long a single operation takes, and not on average: one `new` and one `drop` among
 * `size` live objects of four types that come and go at random, and the one `drop` with
 * which a perfect tree of depth 17 dies.
 *
 * Each operation is timed alone, by the processor's counter between two instructions
 * that wait for all before them; what an empty pair takes, in the median, is subtracted.
 * Interrupts are in the maximum, as they are in life. */
#include "objects.h"
#include "perfect_tree.h"

#include <stdio.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

const size_t bench_default_size = 1000000;

/* --- a clock for short times ---------------------------------------------------- */

static inline uint64_t ticks(void) {
#if defined(__x86_64__) || defined(__i386__)
    unsigned processor;
    uint64_t now = __rdtscp(&processor);
    _mm_lfence();
    return now;
#else
    return (uint64_t)bench_now();
#endif
}

/* What has been timed, in ticks. */
typedef struct samples {
    uint64_t *values;
    size_t length;
} samples;

static samples samples_new(size_t capacity) {
    samples self = {(uint64_t *)malloc(capacity * sizeof(uint64_t)), 0};
    if (self.values == NULL) {
        bench_fail("out of memory");
    }
    memset(self.values, 0, capacity * sizeof(uint64_t));
    return self;
}

static inline void samples_add(samples *self, uint64_t begin, uint64_t end) {
    self->values[self->length++] = end - begin;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void samples_sort(samples *self) {
    qsort(self->values, self->length, sizeof(uint64_t), compare);
}

static double samples_at(const samples *self, double part) {
    return (double)self->values[(size_t)((double)(self->length - 1) * part)];
}

/* Ticks of two looks at the clock. */
static double overhead(void) {
    enum { LOOKS = 10001 };
    samples looks = samples_new(LOOKS);
    for (int i = 0; i < LOOKS; ++i) {
        uint64_t begin = ticks();
        samples_add(&looks, begin, ticks());
    }
    samples_sort(&looks);
    double median = samples_at(&looks, 0.5);
    free(looks.values);
    return median;
}

/* --- objects -------------------------------------------------------------------- */

/* All live objects of a type, and the two operations that are timed. An object is read
 * before it dies: what is measured isn't the way of its bytes to the processor. */
#define DEFINE(name, length)                                                             \
    BENCH_WORDS(name, length)                                                            \
    BENCH_LIVE(name)                                                                     \
    static void name##_create(uint64_t word, samples *make) {                            \
        struct name value;                                                               \
        name##_fill(&value, word);                                                       \
        name##_ref *place = &name##_all.live[name##_all.count++];                        \
        uint64_t begin = ticks();                                                        \
        *place = name##_make(BENCH_MOVE(value));                                         \
        samples_add(make, begin, ticks());                                               \
    }                                                                                    \
    static uint64_t name##_end(size_t i, samples *drop) {                                \
        name##_ref *place = &name##_all.live[i];                                         \
        uint64_t sum = name##_read(place)->words[0];                                     \
        uint64_t begin = ticks();                                                        \
        name##_drop(BENCH_MOVE(*place));                                                 \
        samples_add(drop, begin, ticks());                                               \
        if (i != --name##_all.count) {                                                   \
            *place = BENCH_MOVE(name##_all.live[name##_all.count]);                      \
        }                                                                                \
        return sum;                                                                      \
    }

#define TYPES(X)                                                                         \
    X(bytes16, 2)                                                                        \
    X(bytes32, 4)                                                                        \
    X(bytes64, 8)                                                                        \
    X(bytes128, 16)
TYPES(DEFINE)

enum { TYPES(BENCH_NUMBER) TYPES_LENGTH };

static void create(uint64_t random, samples *make) {
    switch (random % TYPES_LENGTH) {
#define CREATE(name, length)                                                             \
    case name##_number:                                                                  \
        name##_create(random, make);                                                     \
        break;
        TYPES(CREATE)
    }
}

/* Ends the i-th of all objects. */
static uint64_t end(size_t i, samples *drop) {
#define END(name, length)                                                                \
    if (i < name##_all.count) {                                                          \
        return name##_end(i, drop);                                                      \
    }                                                                                    \
    i -= name##_all.count;
    TYPES(END)
    return 0;
}

static bench_random dice;

static void churn(size_t size, size_t steps, samples *drop, samples *make) {
    uint64_t sum = 0;
    drop->length = make->length = 0;
    for (size_t step = 0; step < steps; ++step) {
        sum += end(bench_random_below(&dice, size), drop);
        create(bench_random_next(&dice), make);
    }
    bench_check(sum);
}

static void fill(size_t size, samples *make) {
#define TABLE(name, length)                                                              \
    name##_all.live = (name##_ref *)bench_table(size, sizeof(name##_ref));
    TYPES(TABLE)
    for (size_t i = 0; i < size; ++i) {
        make->length = 0;
        create(bench_random_next(&dice), make);
    }
}

static void empty(size_t size, samples *drop) {
    uint64_t sum = 0;
    for (size_t i = size; i > 0; --i) {
        drop->length = 0;
        sum += end(i - 1, drop);
    }
    bench_check(sum);
#define FREE(name, length) free(name##_all.live);
    TYPES(FREE)
}

/* --- a tree --------------------------------------------------------------------- */

enum { DEPTH = 17, TREES = 101 };

static void trees(samples *died) {
    for (int i = 0; i < TREES; ++i) {
        node_ref root = build(DEPTH + 1);
        uint64_t begin = ticks();
        node_drop(BENCH_MOVE(root));
        samples_add(died, begin, ticks());
    }
}

/* --- the work ------------------------------------------------------------------- */

/* How a tick is turned into time. */
typedef struct scale {
    double overhead;
    double nanoseconds;
} scale;

static void report(const char *what, const char *which, double sample, scale by) {
    char row[64];
    double value = sample > by.overhead ? sample - by.overhead : 0;
    (void)snprintf(row, sizeof(row), "latency %s %s", what, which);
    bench_report(row, "ns", value * by.nanoseconds);
}

static void report_all(const char *what, samples *of, scale by) {
    samples_sort(of);
    report(what, "p50", samples_at(of, 0.5), by);
    report(what, "p99", samples_at(of, 0.99), by);
    if (of->length >= 10000) {
        report(what, "p99.9", samples_at(of, 0.999), by);
    }
    report(what, "max", samples_at(of, 1), by);
    free(of->values);
}

enum { STEPS = 1000000 };

void bench_workload(size_t size) {
    scale by = {overhead(), 1};
    samples drop = samples_new(STEPS);
    samples make = samples_new(STEPS);
    samples died = samples_new(TREES);
    samples other = samples_new(1);
    double begin = bench_now();
    uint64_t begin_ticks = ticks();
    bench_open();
    trees(&died);
    fill(size, &other);
    churn(size, STEPS, &drop, &make); /* until order has gone */
    churn(size, STEPS, &drop, &make);
    empty(size, &other);
    bench_close();
    free(other.values);
    by.nanoseconds = (bench_now() - begin) / (double)(ticks() - begin_ticks);
    report_all("new", &make, by);
    report_all("drop", &drop, by);
    report_all("tree drop", &died, by);
}
