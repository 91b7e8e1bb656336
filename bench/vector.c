/* An array of `size` integers, of which one is changed: in place, as nobody else has a
 * reference to it, or in a copy, as somebody has. */
#include "bench.h"

const size_t bench_default_size = 1000;

BENCH_ARRAY(vector, int64_t)

static size_t next_of(size_t index, size_t size) {
    return index + 1 == size ? 0 : index + 1;
}

/* The handle and the count are read again each time: a caller may have changed them. */
static double sole(vector_ref *self, size_t size, size_t updates) {
    size_t index = 0;
    double begin = bench_now();
    for (size_t i = 0; i < updates; ++i) {
        vector_write(self)[index] += (int64_t)i;
        index = next_of(index, size);
        bench_keep(self);
    }
    double end = bench_now();
    return (end - begin) / (double)updates;
}

/* Somebody else holds the array as it was before each update. */
static double shared(vector_ref *self, size_t size, size_t updates) {
    size_t index = 0;
    double begin = bench_now();
    for (size_t i = 0; i < updates; ++i) {
        vector_ref before = vector_clone(self);
        vector_write(self)[index] += (int64_t)i;
        index = next_of(index, size);
        bench_keep(self);
        vector_drop(BENCH_MOVE(before));
    }
    double end = bench_now();
    return (end - begin) / (double)updates;
}

static uint64_t sum(const vector_ref *self, size_t size) {
    uint64_t result = 0;
    for (size_t i = 0; i < size; ++i) {
        result = 3 * result + (uint64_t)vector_items(self)[i];
    }
    return result;
}

enum { REPEATS = 11, SOLE_UPDATES = 2000000, SHARED_UPDATES = 50000 };

void bench_workload(size_t size) {
    bench_series in_place = {{0}, 0};
    bench_series copied = {{0}, 0};
    bench_open();
    vector_ref vector = vector_of(size);
    for (int i = 0; i <= REPEATS; ++i) {
        double sole_time = sole(&vector, size, SOLE_UPDATES);
        double shared_time = shared(&vector, size, SHARED_UPDATES);
        bench_check(sum(&vector, size));
        if (i > 0) {
            bench_series_add(&in_place, sole_time);
            bench_series_add(&copied, shared_time);
        }
    }
    vector_drop(BENCH_MOVE(vector));
    bench_close();
    bench_report("vector sole", "ns/update", bench_series_median(&in_place));
    bench_report("vector shared", "ns/update", bench_series_median(&copied));
}
