/* A perfect binary tree, two references a node: built and dropped. `size` is the
 * number of nodes on its longest path. */
#include "perfect_tree.h"

const size_t bench_default_size = 18;

static size_t height(const node_ref *self) {
    return node_is_null(self) ? 0 : 1 + height(&node_read(self)->right);
}

enum { REPEATS = 21 };

void bench_workload(size_t size) {
    bench_series built = {{0}, 0};
    bench_series dropped = {{0}, 0};
    bench_series both = {{0}, 0};
    double nodes = (double)(((uint64_t)1 << size) - 1);
    bench_open();
    for (int i = 0; i <= REPEATS; ++i) {
        double begin = bench_now();
        node_ref root = build(size);
        double middle = bench_now();
        bench_check(height(&root));
        double again = bench_now();
        node_drop(BENCH_MOVE(root));
        double end = bench_now();
        double build_time = (middle - begin) / nodes;
        double drop_time = (end - again) / nodes;
        if (i == 0) {
            bench_report("tree first", "ns/object", build_time + drop_time);
            continue;
        }
        bench_series_add(&built, build_time);
        bench_series_add(&dropped, drop_time);
        bench_series_add(&both, build_time + drop_time);
    }
    bench_close();
    bench_report("tree", "ns/object", bench_series_median(&both));
    bench_report("tree build", "ns/object", bench_series_median(&built));
    bench_report("tree drop", "ns/object", bench_series_median(&dropped));
}
