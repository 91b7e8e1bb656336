/* One object, created and dropped at once, `size` times over: the shortest life. */
#include "bench.h"

const size_t bench_default_size = 1000000;

BENCH_HANDLE(small);
struct small {
    uint64_t a, b;
};
BENCH_TYPE_0(small)

BENCH_HANDLE(large);
struct large {
    uint64_t a, b, c, d, e, f, g, h;
};
BENCH_TYPE_0(large)

/* Time of a pair. Nobody may guess that the object isn't needed: bench_keep. */
#define PAIRS(name, ...)                                                                 \
    static double name##_pairs(size_t size) {                                            \
        uint64_t sum = 0;                                                                \
        double begin = bench_now();                                                      \
        for (size_t i = 0; i < size; ++i) {                                              \
            struct name value = {__VA_ARGS__};                                           \
            name##_ref self = name##_make(BENCH_MOVE(value));                            \
            bench_keep(name##_read(&self));                                              \
            sum += name##_read(&self)->b;                                                \
            name##_drop(BENCH_MOVE(self));                                               \
        }                                                                                \
        double end = bench_now();                                                        \
        bench_check(sum);                                                                \
        return (end - begin) / (double)size;                                             \
    }

PAIRS(small, i, i + 1)
PAIRS(large, i, i + 1, i, i, i, i, i, i)

enum { REPEATS = 11 };

void bench_workload(size_t size) {
    bench_series small = {{0}, 0};
    bench_series large = {{0}, 0};
    bench_open();
    (void)small_pairs(size);
    (void)large_pairs(size);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&small, small_pairs(size));
        bench_series_add(&large, large_pairs(size));
    }
    bench_close();
    bench_report("pair", "ns/pair", bench_series_median(&small));
    bench_report("pair 64 bytes", "ns/pair", bench_series_median(&large));
}
