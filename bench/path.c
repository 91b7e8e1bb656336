/* A persistent tree, as an editor keeps a text, or a compiler an environment: a perfect
 * binary tree of 2^`size` - 1 nodes, whose versions share what they have in common. An
 * edit clones the root, draws a leaf, and writes to it: all nodes on the way are shared,
 * so that each is copied.
 *
 *   path all     every version is kept, and all of them are dropped at the end
 *   path last    the last 1,000 versions are kept
 *   path random  1,000 versions are kept, and the new one takes the place of one that is
 *                drawn */
#include "bench.h"

const size_t bench_default_size = 16;

BENCH_HANDLE(node);
struct node {
    node_ref left;
    node_ref right;
    uint64_t value;
};
BENCH_TYPE_2(node, left, right)

static node_ref build(size_t levels) {
    struct node value;
    value.left = levels > 1 ? build(levels - 1) : node_null();
    value.right = levels > 1 ? build(levels - 1) : node_null();
    value.value = levels;
    return node_make(BENCH_MOVE(value));
}

/* Writes to the leaf that the bits of `leaf` lead to. */
static void edit(node_ref *root, size_t levels, uint64_t leaf) {
    struct node *node = node_write(root);
    for (size_t i = 1; i < levels; ++i, leaf >>= 1) {
        node = node_write((leaf & 1) != 0 ? &node->left : &node->right);
    }
    node->value += 1;
}

static uint64_t sum_of(const node_ref *root) {
    const struct node *node = node_read(root);
    uint64_t sum = node->value;
    if (!node_is_null(&node->left)) {
        sum += sum_of(&node->left) + sum_of(&node->right);
    }
    return sum;
}

enum { KEPT = 1000, EDITS = 50000, REPEATS = 5 };

typedef struct versions {
    node_ref kept[EDITS];
} versions;

static size_t next_place(const char *row, size_t i, bench_random *random) {
    if (strcmp(row, "path all") == 0) {
        return i;
    }
    return strcmp(row, "path last") == 0 ? i % KEPT : bench_random_below(random, KEPT);
}

/* The time of an edit, the drop of versions included. */
static double edits(const char *row, versions *self, size_t levels) {
    bench_random random = {1};
    node_ref root = build(levels);
    for (size_t i = 0; i < EDITS; ++i) {
        self->kept[i] = node_null();
    }
    double begin = bench_now();
    for (size_t i = 0; i < EDITS; ++i) {
        node_ref *place = &self->kept[next_place(row, i, &random)];
        node_drop(BENCH_MOVE(*place));
        *place = node_clone(&root);
        edit(&root, levels, bench_random_next(&random));
    }
    bench_check(sum_of(&root));
    for (size_t i = 0; i < EDITS; ++i) {
        node_drop(BENCH_MOVE(self->kept[i]));
    }
    double end = bench_now();
    node_drop(BENCH_MOVE(root));
    return (end - begin) / EDITS;
}

static void report(const char *row, size_t levels) {
    static versions all;
    bench_series series = {{0}, 0};
    (void)edits(row, &all, levels);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&series, edits(row, &all, levels));
    }
    bench_report(row, "ns/edit", bench_series_median(&series));
}

void bench_workload(size_t size) {
    bench_open();
    report("path all", size);
    report("path last", size);
    report("path random", size);
    bench_close();
}
