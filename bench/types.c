/* Types by the hundred and by the million, as a program has them that makes its own while
 * it runs: the first object of each type, and another one, type after type and in an
 * order that is drawn. The object dies at once, so that the types are what there is more
 * and more of.
 *
 * Of fewer types there are several managers, all of which live to the end: as many first
 * objects for each number of types, in memory that is as new. */
#include "bench.h"

#include <stdio.h>

#if !defined(BENCH_MANAGERS)
#error "a subject that makes as many managers as it is asked for"
#endif

const size_t bench_default_size = 1000000;

enum { LEAST = 100, LEAST_STEPS = 1000000 };

/* Tables in a row, and the numbers of some of them. */
typedef struct types {
    nanvm_type *tables;
    uint32_t *drawn;
    size_t length;
} types;

static void *table(size_t length, size_t size) {
    void *memory = calloc(length, size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

static types types_new(size_t length) {
    types self = {table(length, sizeof(nanvm_type)), table(length, sizeof(uint32_t)),
                  length};
    bench_random dice = {0};
    for (size_t i = 0; i < length; ++i) {
        self.tables[i].name = "made while it runs";
        self.tables[i].size = 2 * sizeof(uint64_t);
        self.tables[i].align = sizeof(uint64_t);
        self.drawn[i] = (uint32_t)bench_random_below(&dice, length);
    }
    return self;
}

static void types_delete(types self) {
    free(self.tables);
    free(self.drawn);
}

static uint64_t make_and_drop(nanvm_manager *manager, const nanvm_type *type,
                              uint64_t word) {
    uint64_t value[2] = {word, word + 1};
    nanvm_mut_ref self = nanvm_new_copy(manager, type, value);
    if (self.object == NULL) {
        bench_fail("out of memory");
    }
    uint64_t sum = *(const uint64_t *)nanvm_mut_ref_get(self);
    nanvm_mut_ref_drop(self);
    return sum;
}

static uint64_t in_order(nanvm_manager *manager, const types *all) {
    uint64_t sum = 0;
    for (size_t i = 0; i < all->length; ++i) {
        sum += make_and_drop(manager, &all->tables[i], i);
    }
    return sum;
}

static uint64_t at_random(nanvm_manager *manager, const types *all) {
    uint64_t sum = 0;
    for (size_t i = 0; i < all->length; ++i) {
        sum += make_and_drop(manager, &all->tables[all->drawn[i]], i);
    }
    return sum;
}

static void report(const char *what, size_t length, double nanoseconds, size_t steps) {
    char row[64];
    (void)snprintf(row, sizeof(row), "types %s %zu", what, length);
    bench_report(row, "ns/object", nanoseconds / (double)steps);
}

/* Each manager once. */
static void measure_first(const types *all, size_t managers) {
    uint64_t sum = 0;
    double begin = bench_now();
    for (size_t i = 0; i < managers; ++i) {
        sum += in_order(bench_manager_at(i), all);
    }
    report("first", all->length, bench_now() - begin, managers * all->length);
    bench_check(sum);
}

/* One manager, over and over. */
static void measure_next(const char *what, const types *all,
                         uint64_t (*pass)(nanvm_manager *manager, const types *all)) {
    size_t passes = 1 + LEAST_STEPS / all->length;
    uint64_t sum = pass(bench_manager_at(0), all);
    double begin = bench_now();
    for (size_t i = 0; i < passes; ++i) {
        sum += pass(bench_manager_at(0), all);
    }
    report(what, all->length, bench_now() - begin, passes * all->length);
    bench_check(sum);
}

static void measure(size_t length, size_t managers) {
    types all = types_new(length);
    bench_open_managers(managers);
    measure_first(&all, managers);
    measure_next("next", &all, in_order);
    measure_next("drawn", &all, at_random);
    bench_close_managers(managers);
    types_delete(all);
}

void bench_workload(size_t size) {
    for (size_t length = LEAST; length <= size; length *= 10) {
        measure(length, size / length);
    }
}
