/* Objects that are created where many died: `size` objects die in random order, and then
 * objects are created and dropped one at a time. */
#include "objects.h"

const size_t bench_default_size = 1000000;

BENCH_HANDLE(cell);
struct cell {
    cell_ref next;
    uint64_t value;
};
BENCH_TYPE_1(cell, next)

static cell_ref cell_of(uint64_t number) {
    struct cell value;
    value.next = cell_null();
    value.value = number;
    return cell_make(BENCH_MOVE(value));
}

/* Moves a random one of the first `length` to their end. */
static void draw(cell_ref *cells, size_t length, bench_random *random) {
    size_t drawn = bench_random_below(random, length);
    cell_ref moved = BENCH_MOVE(cells[drawn]);
    cells[drawn] = BENCH_MOVE(cells[length - 1]);
    cells[length - 1] = BENCH_MOVE(moved);
}

static void create_and_drop(size_t size) {
    bench_random random = {0};
    cell_ref *cells = (cell_ref *)bench_table(size, sizeof(cell_ref));
    for (size_t i = 0; i < size; ++i) {
        cells[i] = cell_of(i);
    }
    for (size_t i = size; i > 0; --i) {
        draw(cells, i, &random);
        cell_drop(BENCH_MOVE(cells[i - 1]));
    }
    free(cells);
}

/* Time of a pair. */
static double pairs(size_t length) {
    uint64_t sum = 0;
    double begin = bench_now();
    for (size_t i = 0; i < length; ++i) {
        cell_ref self = cell_of(i);
        bench_keep(cell_read(&self));
        sum += cell_read(&self)->value;
        cell_drop(BENCH_MOVE(self));
    }
    double end = bench_now();
    bench_check(sum);
    return (end - begin) / (double)length;
}

enum { REPEATS = 5, PAIRS = 1000000 };

void bench_workload(size_t size) {
    bench_series times = {{0}, 0};
    bench_open();
    for (int i = 0; i < REPEATS; ++i) {
        create_and_drop(size);
        bench_series_add(&times, pairs(PAIRS));
    }
    bench_close();
    bench_report("reuse", "ns/pair", bench_series_median(&times));
}
