/* The keys of rbtree.c in a std::map: a red-black tree that is always updated in place
 * and counts nothing. It can't keep versions. */
#include "bench.h"

#include <map>

extern const size_t bench_default_size = 4200000;

using tree = std::map<int64_t, bool>;

static void check(const tree &map) {
    uint64_t keys = 0;
    uint64_t values = 0;
    for (const auto &node : map) {
        keys += static_cast<uint64_t>(node.first);
        values += node.second;
    }
    bench_check(map.size());
    bench_check(keys);
    bench_check(values);
}

struct times {
    bench_series insert;
    bench_series drop;
    bench_series both;
};

static bool value_of(size_t key) {
    return key % 10 == 0;
}

static void add(tree &map, size_t key) {
    map.insert_or_assign(static_cast<int64_t>(key), value_of(key));
}

static void in_order(tree &map, size_t size) {
    for (size_t key = size; key > 0; --key) {
        add(map, key);
    }
}

static void scattered(tree &map, size_t size) {
    bench_random random = {size};
    for (size_t i = 0; i < size; ++i) {
        add(map, static_cast<size_t>(bench_random_next(&random) >> 22));
    }
}

template <typename Fill> static void run(Fill fill, size_t size, times &result) {
    double begin = bench_now();
    tree *map = new tree;
    fill(*map, size);
    double inserted = bench_now();
    check(*map);
    double begin_drop = bench_now();
    delete map;
    double dropped = bench_now();
    double insert = (inserted - begin) / static_cast<double>(size);
    double drop = (dropped - begin_drop) / static_cast<double>(size);
    bench_series_add(&result.insert, insert);
    bench_series_add(&result.drop, drop);
    bench_series_add(&result.both, insert + drop);
}

static size_t repeats(size_t size) {
    size_t often = 5000000 / size;
    return (often < 20 ? often : 20) | 1;
}

static void report(const char *both, const char *insert, const char *drop,
                   const times &result) {
    bench_report(both, "ns/object", bench_series_median(&result.both));
    bench_report(insert, "ns/object", bench_series_median(&result.insert));
    bench_report(drop, "ns/object", bench_series_median(&result.drop));
}

void bench_workload(size_t size) {
    times first = {};
    times again = {};
    times random = {};
    size_t part = size / 8 + 1;
    run(in_order, size, first);
    for (size_t i = repeats(size); i > 0; --i) {
        run(in_order, size, again);
    }
    for (size_t i = repeats(4 * part); i > 0; --i) {
        run(scattered, part, random);
    }
    bench_report("rbtree first", "ns/object", bench_series_median(&first.both));
    report("rbtree", "rbtree insert", "rbtree drop", again);
    report("rbtree random", "rbtree random insert", "rbtree random drop", random);
}
