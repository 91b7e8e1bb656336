/* A persistent tree, as an editor keeps a text, or a compiler an environment: a perfect
 * tree whose versions share what they have in common. An edit clones the root, draws a
 * leaf, and writes to it: all nodes on the way are shared, so that each is copied.
 *
 *   path all     every version is kept, and all of them are dropped at the end
 *   path last    the last 1,000 versions are kept
 *   path random  1,000 versions are kept, and the new one takes the place of one that is
 *                drawn
 *
 * The tree is binary and has `size` levels. In the rows `path all 4` and so on a node has
 * 4, 16 or 32 references, and the tree as many levels as it has with at most the same
 * number of leaves: by default 8, 4 and 4. */
#include "bench.h"

const size_t bench_default_size = 16;

enum { KEPT = 1000, REPEATS = 5 };

/* Where the version that the edit number `i` leaves behind is kept. */
typedef size_t place_for(size_t i, bench_random *random);

static size_t place_of_all(size_t i, bench_random *random) {
    (void)random;
    return i;
}

static size_t place_of_last(size_t i, bench_random *random) {
    (void)random;
    return i % KEPT;
}

static size_t place_at_random(size_t i, bench_random *random) {
    (void)i;
    return bench_random_below(random, KEPT);
}

/* --- trees ----------------------------------------------------------------------- */

BENCH_HANDLE(node);
#define PATH_NODE node
#define PATH_BITS 1
#define PATH_EDITS 50000
#define PATH_TYPE BENCH_TYPE_2(node, children[0], children[1])
#include "path_tree.h"

BENCH_HANDLE(node4);
#define PATH_NODE node4
#define PATH_BITS 2
#define PATH_EDITS 20000
#define PATH_TYPE BENCH_TYPE_MANY(node4, node4, children, 4)
#include "path_tree.h"

BENCH_HANDLE(node16);
#define PATH_NODE node16
#define PATH_BITS 4
#define PATH_EDITS 20000
#define PATH_TYPE BENCH_TYPE_MANY(node16, node16, children, 16)
#include "path_tree.h"

BENCH_HANDLE(node32);
#define PATH_NODE node32
#define PATH_BITS 5
#define PATH_EDITS 20000
#define PATH_TYPE BENCH_TYPE_MANY(node32, node32, children, 32)
#include "path_tree.h"

/* --- rows ------------------------------------------------------------------------ */

typedef double edits(place_for *next_place, size_t levels);

static void report(const char *row, edits *time_of, place_for *next_place,
                   size_t levels) {
    bench_series series = {{0}, 0};
    (void)time_of(next_place, levels);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&series, time_of(next_place, levels));
    }
    bench_report(row, "ns/edit", bench_series_median(&series));
}

static size_t levels_of(size_t size, size_t bits) {
    return (size - 1) / bits + 1;
}

void bench_workload(size_t size) {
    bench_open();
    report("path all", node_edits, place_of_all, size);
    report("path last", node_edits, place_of_last, size);
    report("path random", node_edits, place_at_random, size);
    report("path all 4", node4_edits, place_of_all, levels_of(size, 2));
    report("path last 4", node4_edits, place_of_last, levels_of(size, 2));
    report("path random 4", node4_edits, place_at_random, levels_of(size, 2));
    report("path all 16", node16_edits, place_of_all, levels_of(size, 4));
    report("path last 16", node16_edits, place_of_last, levels_of(size, 4));
    report("path random 16", node16_edits, place_at_random, levels_of(size, 4));
    report("path all 32", node32_edits, place_of_all, levels_of(size, 5));
    report("path last 32", node32_edits, place_of_last, levels_of(size, 5));
    report("path random 32", node32_edits, place_at_random, levels_of(size, 5));
    bench_close();
}
