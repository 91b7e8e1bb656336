/* A perfect binary tree, two references a node. */
#ifndef BENCH_PERFECT_TREE_H
#define BENCH_PERFECT_TREE_H

#include "bench.h"

BENCH_HANDLE(node);
struct node {
    node_ref left;
    node_ref right;
};
BENCH_TYPE_2(node, left, right)

/* `levels` is the number of nodes on each path. */
static node_ref build(size_t levels) {
    struct node value = {node_null(), node_null()};
    if (levels > 1) {
        value.left = build(levels - 1);
        value.right = build(levels - 1);
    }
    return node_make(BENCH_MOVE(value));
}

#endif
