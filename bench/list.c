/* A list of `size` nodes, a reference and an integer each: built, read and dropped,
 * with a stack of 8 MiB whatever the shell allows. */
#include "bench.h"

#include <sys/resource.h>

const size_t bench_default_size = 5000000;

BENCH_HANDLE(node);
struct node {
    node_ref next;
    uint64_t value;
};
BENCH_TYPE_1(node, next)

static void limit_stack(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0) {
        bench_fail("no limit of the stack");
    }
    limit.rlim_cur = (rlim_t)8 << 20;
    if (setrlimit(RLIMIT_STACK, &limit) != 0) {
        bench_fail("the stack can't be limited");
    }
}

static node_ref build(size_t size) {
    node_ref list = node_null();
    for (size_t i = 0; i < size; ++i) {
        struct node value = {BENCH_MOVE(list), i};
        list = node_make(BENCH_MOVE(value));
    }
    return list;
}

static uint64_t sum(const node_ref *list) {
    uint64_t result = 0;
    for (; !node_is_null(list); list = &node_read(list)->next) {
        result += node_read(list)->value;
    }
    return result;
}

enum { REPEATS = 5 };

void bench_workload(size_t size) {
    bench_series built = {{0}, 0};
    bench_series dropped = {{0}, 0};
    bench_series both = {{0}, 0};
    limit_stack();
    bench_open();
    for (int i = 0; i <= REPEATS; ++i) {
        double begin = bench_now();
        node_ref list = build(size);
        double middle = bench_now();
        bench_check(sum(&list));
        double again = bench_now();
        node_drop(BENCH_MOVE(list));
        double end = bench_now();
        double build_time = (middle - begin) / (double)size;
        double drop_time = (end - again) / (double)size;
        if (i == 0) {
            bench_report("list first", "ns/object", build_time + drop_time);
            continue;
        }
        bench_series_add(&built, build_time);
        bench_series_add(&dropped, drop_time);
        bench_series_add(&both, build_time + drop_time);
    }
    bench_close();
    bench_report("list", "ns/object", bench_series_median(&both));
    bench_report("list build", "ns/object", bench_series_median(&built));
    bench_report("list drop", "ns/object", bench_series_median(&dropped));
}
