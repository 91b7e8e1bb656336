/* The trees of the workload path, for one width. It is included once for each, with
 *
 *   PATH_NODE    the node's name, with which the functions' names begin
 *   PATH_BITS    the logarithm of how many references a node has
 *   PATH_TYPE    what defines the functions of the node's type
 *   PATH_EDITS   how many edits are timed together */
#define PATH_JOIN_(node, name) node##_##name
#define PATH_JOIN(node, name) PATH_JOIN_(node, name)
#define PATH_NAME(name) PATH_JOIN(PATH_NODE, name)
#define PATH_REF PATH_NAME(ref)

enum { PATH_NAME(width) = 1 << PATH_BITS };

struct PATH_NODE {
    PATH_REF children[PATH_NAME(width)];
    uint64_t value;
};
PATH_TYPE

static PATH_REF PATH_NAME(build)(size_t levels) {
    struct PATH_NODE value;
    for (size_t i = 0; i < PATH_NAME(width); ++i) {
        value.children[i] = levels > 1 ? PATH_NAME(build)(levels - 1) : PATH_NAME(null)();
    }
    value.value = levels;
    return PATH_NAME(make)(BENCH_MOVE(value));
}

/* Writes to the leaf that the bits of `leaf` lead to. */
static void PATH_NAME(edit)(PATH_REF *root, size_t levels, uint64_t leaf) {
    struct PATH_NODE *node = PATH_NAME(write)(root);
    for (size_t i = 1; i < levels; ++i, leaf >>= PATH_BITS) {
        node = PATH_NAME(write)(&node->children[leaf % PATH_NAME(width)]);
    }
    node->value += 1;
}

static uint64_t PATH_NAME(sum_of)(const PATH_REF *root) {
    const struct PATH_NODE *node = PATH_NAME(read)(root);
    uint64_t sum = node->value;
    for (size_t i = 0; i < PATH_NAME(width); ++i) {
        if (!PATH_NAME(is_null)(&node->children[i])) {
            sum += PATH_NAME(sum_of)(&node->children[i]);
        }
    }
    return sum;
}

/* The time of an edit, the drop of versions included. */
static double PATH_NAME(edits)(place_for *next_place, size_t levels) {
    static PATH_REF kept[PATH_EDITS];
    bench_random random = {1};
    PATH_REF root = PATH_NAME(build)(levels);
    for (size_t i = 0; i < PATH_EDITS; ++i) {
        kept[i] = PATH_NAME(null)();
    }
    double begin = bench_now();
    for (size_t i = 0; i < PATH_EDITS; ++i) {
        PATH_REF *place = &kept[next_place(i, &random)];
        PATH_NAME(drop)(BENCH_MOVE(*place));
        *place = PATH_NAME(clone)(&root);
        PATH_NAME(edit)(&root, levels, bench_random_next(&random));
    }
    for (size_t i = 0; i < PATH_EDITS; ++i) {
        PATH_NAME(drop)(BENCH_MOVE(kept[i]));
    }
    double end = bench_now();
    bench_check(PATH_NAME(sum_of)(&root));
    PATH_NAME(drop)(BENCH_MOVE(root));
    return (end - begin) / PATH_EDITS;
}

#undef PATH_NODE
#undef PATH_BITS
#undef PATH_EDITS
#undef PATH_TYPE
#undef PATH_JOIN_
#undef PATH_JOIN
#undef PATH_NAME
#undef PATH_REF
