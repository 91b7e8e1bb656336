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

static void owned(size_t size, times &result) {
    double begin = bench_now();
    tree *map = new tree;
    for (size_t key = size; key > 0; --key) {
        map->insert_or_assign(static_cast<int64_t>(key), key % 10 == 0);
    }
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
    size_t often = 10000000 / size;
    return (often < 20 ? often : 20) | 1;
}

void bench_workload(size_t size) {
    times first = {};
    times again = {};
    owned(size, first);
    for (size_t i = repeats(size); i > 0; --i) {
        owned(size, again);
    }
    bench_report("rbtree first", "ns/object", bench_series_median(&first.both));
    bench_report("rbtree", "ns/object", bench_series_median(&again.both));
    bench_report("rbtree insert", "ns/object", bench_series_median(&again.insert));
    bench_report("rbtree drop", "ns/object", bench_series_median(&again.drop));
}
