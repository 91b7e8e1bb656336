/* An array that is owned alone and starts empty, to which `size` integers are appended
 * one at a time. */
#include "bench.h"

const size_t bench_default_size = 1000000;

BENCH_ARRAY(vector, int64_t)

static uint64_t last_sum;

static void check(const vector_ref *self, size_t size) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += (uint64_t)vector_items(self)[i];
    }
    if (vector_length(self) != size || sum != (uint64_t)size * (size - 1) / 2) {
        bench_fail("the items aren't those that were appended");
    }
    last_sum = sum;
}

/* Time of an item. The handle is where a caller finds it, not in a register. */
#define GROW(append)                                                                     \
    static double grow_by_##append(size_t size) {                                        \
        double begin = bench_now();                                                      \
        vector_ref vector = vector_of(0);                                                \
        for (size_t i = 0; i < size; ++i) {                                              \
            vector_##append(&vector, (int64_t)i);                                        \
            bench_keep(&vector);                                                         \
        }                                                                                \
        double end = bench_now();                                                        \
        check(&vector, size);                                                            \
        vector_drop(BENCH_MOVE(vector));                                                 \
        return (end - begin) / (double)size;                                             \
    }

enum { REPEATS = 21 };

#define REPORT(row, append)                                                              \
    static void report_##append(size_t size) {                                           \
        bench_series series = {{0}, 0};                                                  \
        (void)grow_by_##append(size);                                                    \
        for (int i = 0; i < REPEATS; ++i) {                                              \
            bench_series_add(&series, grow_by_##append(size));                           \
        }                                                                                \
        bench_report(row, "ns/item", bench_series_median(&series));                      \
    }

GROW(append)
REPORT("grow", append)
#if defined(BENCH_EXTEND)
GROW(extend)
REPORT("grow extend", extend)
#endif

void bench_workload(size_t size) {
    bench_open();
    report_append(size);
    bench_check(last_sum);
#if defined(BENCH_EXTEND)
    report_extend(size);
#endif
    bench_close();
}
