/* Red-black insertion as functional programs write it, in place where a node is owned
 * alone: Okasaki's trees (JFP 1999), the benchmark of the Perceus paper (PLDI 2021).
 * `size` keys, from the largest down to 1, each with a Boolean; then the tree is dropped.
 * The same once more with every thousandth version kept, and then all of them dropped;
 * and an eighth as many keys in random order.
 *
 * An object is 32 bytes where a reference is one pointer: two references, a key of 8
 * bytes, colour and value a byte each.
 *
 * The expert's form: one pass down that makes the path writable and notes it, and one up
 * as far as two reds follow each other. Only nodes of the path are written, so a shared
 * tree costs its path and no more. References move from node to node; no count changes
 * unless a node is copied.
 *
 * With keys in order the path is the tree's left edge, whose nodes were created 1, 2, 4,
 * 8... insertions ago. Where blocks lie end to end, these distances put much of the path
 * into few sets of the cache; that is a part of what is measured, and the random keys
 * show the rest. */
#include "bench.h"

const size_t bench_default_size = 4200000;

BENCH_HANDLE(node);
struct node {
    node_ref left;
    node_ref right;
    int64_t key;
    bool red;
    bool value;
};
BENCH_TYPE_2(node, left, right)

/* --- insertion ------------------------------------------------------------------ */

/* A step on the way down: where the node is held, and the node, to be written. */
typedef struct step {
    node_ref *held;
    struct node *node;
} step;

/* A path is at most twice the logarithm of the number of nodes, and a leaf. */
enum { PATH_LENGTH = 2 * 64 + 1 };

/* Three steps end in two red nodes, each the left child of the one before: the middle
 * node takes the place of the upper one. */
static void raise_left(step *path) {
    struct node *upper = path[0].node;
    struct node *middle = path[1].node;
    node_ref risen = BENCH_MOVE(upper->left);
    upper->left = BENCH_MOVE(middle->right);
    middle->right = BENCH_MOVE(*path[0].held);
    *path[0].held = BENCH_MOVE(risen);
    path[2].node->red = false;
    path[0].node = middle;
}

static void raise_right(step *path) {
    struct node *upper = path[0].node;
    struct node *middle = path[1].node;
    node_ref risen = BENCH_MOVE(upper->right);
    upper->right = BENCH_MOVE(middle->left);
    middle->left = BENCH_MOVE(*path[0].held);
    *path[0].held = BENCH_MOVE(risen);
    path[2].node->red = false;
    path[0].node = middle;
}

/* The lowest node is the right child of a left child: it takes the upper one's place. */
static void raise_left_right(step *path) {
    struct node *upper = path[0].node;
    struct node *middle = path[1].node;
    struct node *lower = path[2].node;
    node_ref risen = BENCH_MOVE(middle->right);
    middle->right = BENCH_MOVE(lower->left);
    lower->left = BENCH_MOVE(upper->left);
    upper->left = BENCH_MOVE(lower->right);
    lower->right = BENCH_MOVE(*path[0].held);
    *path[0].held = BENCH_MOVE(risen);
    middle->red = false;
    path[0].node = lower;
}

static void raise_right_left(step *path) {
    struct node *upper = path[0].node;
    struct node *middle = path[1].node;
    struct node *lower = path[2].node;
    node_ref risen = BENCH_MOVE(middle->left);
    middle->left = BENCH_MOVE(lower->right);
    lower->right = BENCH_MOVE(upper->right);
    upper->right = BENCH_MOVE(lower->left);
    lower->left = BENCH_MOVE(*path[0].held);
    *path[0].held = BENCH_MOVE(risen);
    middle->red = false;
    path[0].node = lower;
}

/* Black, red, red becomes a red node with two black children. */
static void balance(step *path) {
    bool left = path[1].held == &path[0].node->left;
    bool left_again = path[2].held == &path[1].node->left;
    if (left && left_again) {
        raise_left(path);
    } else if (left) {
        raise_left_right(path);
    } else if (left_again) {
        raise_right_left(path);
    } else {
        raise_right(path);
    }
}

static node_ref leaf(int64_t key, bool value) {
    struct node red = {node_null(), node_null(), key, true, value};
    return node_make(BENCH_MOVE(red));
}

/* Takes over `tree`, and returns it with the key. */
static node_ref insert(node_ref tree, int64_t key, bool value) {
    step path[PATH_LENGTH];
    size_t last = 0;
    node_ref *held = &tree;
    for (; !node_is_null(held); ++last) {
        struct node *node = node_write(held);
        path[last].held = held;
        path[last].node = node;
        if (key == node->key) {
            node->value = value;
            return tree;
        }
        held = &node->right;
        if (key < node->key) {
            BENCH_BRANCH(); /* or each step would wait for the key of the one before */
            held = &node->left;
        }
    }
    *held = leaf(key, value);
    path[last].held = held;
    path[last].node = node_write(held);
    while (last > 1 && path[last - 1].node->red) {
        last -= 2;
        balance(path + last);
    }
    if (last == 0) {
        path[0].node->red = false;
    }
    return tree;
}

static bool value_of(size_t key) {
    return key % 10 == 0;
}

/* --- is it right? --------------------------------------------------------------- */

typedef struct content {
    uint64_t nodes;
    int64_t greatest;
    uint64_t keys;   /* their sum */
    uint64_t values; /* how many are true */
} content;

/* Adds what is below `tree`; returns how many black nodes each path down has. */
static size_t fold(const node_ref *tree, bool under_red, content *sum) {
    if (node_is_null(tree)) {
        return 0;
    }
    const struct node *node = node_read(tree);
    size_t left = fold(&node->left, node->red, sum);
    if (sum->nodes++ > 0 && node->key <= sum->greatest) {
        bench_fail("rbtree: the keys aren't in order");
    }
    sum->greatest = node->key;
    sum->keys += (uint64_t)node->key;
    sum->values += node->value;
    size_t right = fold(&node->right, node->red, sum);
    if (left != right || (under_red && node->red)) {
        bench_fail("rbtree: the tree isn't balanced");
    }
    return left + !node->red;
}

/* `tree` has the keys from `size` down to `size - count + 1`. */
static content verify(const node_ref *tree, size_t size, size_t count) {
    content sum = {0, 0, 0, 0};
    uint64_t others = size - count;
    (void)fold(tree, false, &sum);
    if (sum.nodes != count || sum.keys != count * (size + others + 1) / 2 ||
        sum.values != size / 10 - others / 10) {
        bench_fail("rbtree: keys or values are wrong");
    }
    return sum;
}

/* The same for a peer with trees of its own. */
static void check(content sum) {
    bench_check(sum.nodes);
    bench_check(sum.keys);
    bench_check(sum.values);
}

/* --- the work ------------------------------------------------------------------- */

typedef struct times {
    bench_series insert;
    bench_series drop;
    bench_series both;
} times;

static void times_add(times *self, double insert, double drop) {
    bench_series_add(&self->insert, insert);
    bench_series_add(&self->drop, drop);
    bench_series_add(&self->both, insert + drop);
}

static void owned(size_t size, times *result) {
    double begin = bench_now();
    node_ref tree = node_null();
    for (size_t key = size; key > 0; --key) {
        tree = insert(BENCH_MOVE(tree), (int64_t)key, value_of(key));
    }
    double inserted = bench_now();
    check(verify(&tree, size, size));
    double begin_drop = bench_now();
    node_drop(BENCH_MOVE(tree));
    double dropped = bench_now();
    times_add(result, (inserted - begin) / (double)size,
              (dropped - begin_drop) / (double)size);
}

enum { KEEP = 1000 };

/* `versions` holds null references, and does so again in the end. */
static void shared(size_t size, node_ref *versions, times *result) {
    double begin = bench_now();
    size_t length = 0;
    node_ref tree = node_null();
    for (size_t key = size; key > 0; --key) {
        tree = insert(BENCH_MOVE(tree), (int64_t)key, value_of(key));
        if ((key - 1) % KEEP == 0) {
            versions[length++] = node_clone(&tree);
        }
    }
    double inserted = bench_now();
    (void)verify(&tree, size, size);
    (void)verify(&versions[length / 2], size, size - (length - 1 - length / 2) * KEEP);
    double begin_drop = bench_now();
    node_drop(BENCH_MOVE(tree));
    while (length > 0) {
        node_drop(BENCH_MOVE(versions[--length]));
        versions[length] = node_null();
    }
    double dropped = bench_now();
    times_add(result, (inserted - begin) / (double)size,
              (dropped - begin_drop) / (double)size);
}

/* Random keys, few enough bits for a sum that an integer of OCaml holds. */
static void scattered(size_t size, times *result) {
    bench_random random = {size};
    node_ref tree = node_null();
    double begin = bench_now();
    for (size_t i = 0; i < size; ++i) {
        size_t key = (size_t)(bench_random_next(&random) >> 22);
        tree = insert(BENCH_MOVE(tree), (int64_t)key, value_of(key));
    }
    double inserted = bench_now();
    content sum = {0, 0, 0, 0};
    (void)fold(&tree, false, &sum);
    check(sum);
    double begin_drop = bench_now();
    node_drop(BENCH_MOVE(tree));
    double dropped = bench_now();
    times_add(result, (inserted - begin) / (double)size,
              (dropped - begin_drop) / (double)size);
}

static void report(const char *both, const char *insert, const char *drop,
                   const times *result) {
    bench_report(both, "ns/object", bench_series_median(&result->both));
    bench_report(insert, "ns/object", bench_series_median(&result->insert));
    bench_report(drop, "ns/object", bench_series_median(&result->drop));
}

/* An odd number of times, fewer for large trees. */
static size_t repeats(size_t size) {
    size_t often = 5000000 / size;
    return (often < 20 ? often : 20) | 1;
}

void bench_workload(size_t size) {
    times first = {{{0}, 0}, {{0}, 0}, {{0}, 0}};
    times alone = first;
    times kept = first;
    times random = first;
    size_t part = size / 8 + 1;
    /* Zeros are null to every subject. */
    node_ref *versions = (node_ref *)calloc(size / KEEP + 1, sizeof(*versions));
    if (versions == NULL) {
        bench_fail("out of memory");
    }
    bench_open();
    owned(size, &first);
    for (size_t i = repeats(size); i > 0; --i) {
        owned(size, &alone);
    }
    for (size_t i = repeats(size); i > 0; --i) {
        shared(size, versions, &kept);
    }
    for (size_t i = repeats(4 * part); i > 0; --i) {
        scattered(part, &random);
    }
    bench_close();
    free(versions);
    bench_report("rbtree first", "ns/object", bench_series_median(&first.both));
    report("rbtree", "rbtree insert", "rbtree drop", &alone);
    report("rbtree shared", "rbtree shared insert", "rbtree shared drop", &kept);
    report("rbtree random", "rbtree random insert", "rbtree random drop", &random);
}
