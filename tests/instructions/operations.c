/* The operations, each as often as its table says. This file is compiled twice: once
 * for each interface. */
#include "interface.h"
#include "operation.h"

#if defined(INTERFACE_TYPED)
#define OPERATIONS typed_operations
#else
#define OPERATIONS untyped_operations
#endif

/* The compiler can't know what becomes of `object`, nor what is in memory after. */
#define KEEP(object) __asm__ volatile("" : : "r"(object) : "memory")

#define FOR_TIMES(i) for (size_t i = 0; i < TIMES; i++)

static leaf_mut_ref owned[TIMES];
static leaf_ref leaves[TIMES];
static leaf_ref others[TIMES]; /* to the same leaves */
static node_ref nodes[TIMES];
static node_ref root; /* of a tree */

/* --- before and after ---------------------------------------------------------- */

#define PREPARE(name) static void name(NANVM_UNUSED nanvm_manager *manager)

PREPARE(nothing) {}

PREPARE(make_owned) {
    FOR_TIMES(i) {
        owned[i] = leaf_new(manager);
    }
}

PREPARE(drop_owned) {
    FOR_TIMES(i) {
        leaf_mut_ref_drop(owned[i]);
    }
}

PREPARE(make_leaves) {
    FOR_TIMES(i) {
        leaves[i] = others[i] = leaf_mut_ref_to_ref(leaf_new(manager));
    }
}

PREPARE(drop_leaves) {
    FOR_TIMES(i) {
        leaf_ref_drop(leaves[i]);
    }
}

PREPARE(drop_others) {
    FOR_TIMES(i) {
        leaf_ref_drop(others[i]);
    }
}

/* So that there is room as it is where objects have died. */
PREPARE(make_and_drop_leaves) {
    make_leaves(manager);
    drop_leaves(manager);
}

PREPARE(make_shared_leaves) {
    make_leaves(manager);
    FOR_TIMES(i) {
        others[i] = leaf_ref_clone(leaves[i]);
    }
}

PREPARE(drop_shared_leaves) {
    drop_others(manager);
    drop_leaves(manager);
}

static node_ref make_tree(nanvm_manager *manager, int depth) {
    node value = {node_null(), node_null()};
    if (depth > 1) {
        value.left = make_tree(manager, depth - 1);
        value.right = make_tree(manager, depth - 1);
    }
    return node_mut_ref_to_ref(node_new_copy(manager, &value));
}

PREPARE(make_root) {
    root = make_tree(manager, 1);
}

PREPARE(drop_root) {
    node_ref_drop(root);
}

enum { TREE_DEPTH = 13, TREE_NODES = (1 << TREE_DEPTH) - 1 };

PREPARE(make_large_tree) {
    root = make_tree(manager, TREE_DEPTH);
}

PREPARE(drop_nodes) {
    FOR_TIMES(i) {
        node_ref_drop(nodes[i]);
    }
}

PREPARE(make_and_drop_nodes) {
    FOR_TIMES(i) {
        nodes[i] = make_tree(manager, 1);
    }
    drop_nodes(manager);
}

/* --- what is measured ---------------------------------------------------------- */

#define MEASURE(name)                                                                    \
    static NANVM_NOINLINE void measure_##name(NANVM_UNUSED nanvm_manager *manager)

MEASURE(new_leaf) {
    FOR_TIMES(i) {
        leaves[i] = leaf_mut_ref_to_ref(leaf_new(manager));
    }
}

MEASURE(new_copy_leaf) {
    FOR_TIMES(i) {
        leaf value = {1, 2};
        leaves[i] = leaf_mut_ref_to_ref(leaf_new_copy(manager, &value));
    }
}

/* The object's bytes are written one by one. */
MEASURE(new_unset_leaf) {
    FOR_TIMES(i) {
        leaf_mut_ref own = leaf_new_unset(manager);
        leaf *written = UNTYPED(own).object;
        *written = (leaf){1, 2};
        leaves[i] = leaf_mut_ref_to_ref(own);
    }
}

#if !defined(INTERFACE_TYPED)
/* The compiler doesn't know the type. */
MEASURE(new_copy_any) {
    FOR_TIMES(i) {
        leaf value = {1, 2};
        const nanvm_type *type = &leaf_type;
        __asm__("" : "+r"(type));
        leaves[i] = nanvm_mut_ref_to_ref(nanvm_new_copy(manager, type, &value));
    }
}
#endif

MEASURE(new_copy_node) {
    FOR_TIMES(i) {
        node value = {node_null(), node_null()};
        nodes[i] = node_mut_ref_to_ref(node_new_copy(manager, &value));
    }
}

MEASURE(drop_leaf) {
    FOR_TIMES(i) {
        leaf_ref_drop(leaves[i]);
    }
}

MEASURE(drop_tree) {
    node_ref_drop(root);
}

MEASURE(pair_leaf) {
    FOR_TIMES(i) {
        leaf_mut_ref own = leaf_new(manager);
        KEEP(UNTYPED(own).object);
        leaf_mut_ref_drop(own);
    }
}

MEASURE(pair_node) {
    node_ref end = root;
    FOR_TIMES(i) {
        node value = {node_ref_clone(end), node_ref_clone(end)};
        node_mut_ref own = node_new_copy(manager, &value);
        KEEP(UNTYPED(own).object);
        node_mut_ref_drop(own);
    }
}

MEASURE(pair_array) {
    static const int items[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    FOR_TIMES(i) {
        ints_mut_ref own = ints_new_array(manager, items, 8);
        KEEP(UNTYPED(own).object);
        ints_mut_ref_drop(own);
    }
}

#if !defined(INTERFACE_TYPED)
MEASURE(pair_raw) {
    static const nanvm_layout layout = {40, 8};
    FOR_TIMES(i) {
        void *memory = nanvm_manager_alloc(manager, layout);
        KEEP(memory);
        nanvm_manager_dealloc(manager, memory, layout);
    }
}
#endif

MEASURE(clone) {
    FOR_TIMES(i) {
        leaf_ref other = leaf_ref_clone(leaves[i]);
        KEEP(UNTYPED(other).object);
    }
}

MEASURE(drop_shared) {
    FOR_TIMES(i) {
        leaf_ref_drop(leaves[i]);
    }
}

MEASURE(to_ref) {
    FOR_TIMES(i) {
        leaf_ref shared = leaf_mut_ref_to_ref(owned[i]);
        KEEP(UNTYPED(shared).object);
    }
}

MEASURE(try_to_mut_ref) {
    FOR_TIMES(i) {
        leaf_mut_ref own;
        if (leaf_ref_try_to_mut_ref(&leaves[i], &own)) {
            KEEP(UNTYPED(own).object);
        }
    }
}

MEASURE(is_sole) {
    size_t sole = 0;
    FOR_TIMES(i) {
        sole += leaf_ref_is_sole(leaves[i]);
    }
    KEEP(sole);
}

MEASURE(to_mut_ref) {
    FOR_TIMES(i) {
        leaf_mut_ref own = leaf_ref_to_mut_ref(&leaves[i], manager);
        KEEP(UNTYPED(own).object);
    }
}

MEASURE(make_mut) {
    FOR_TIMES(i) {
        leaf *own = leaf_ref_make_mut(&leaves[i], manager);
        KEEP(own);
    }
}

/* --- the table ----------------------------------------------------------------- */

#define ROW(name, loop, counted, prepare, finish)                                        \
    { #name, TIMES, loop, counted, prepare, measure_##name, finish }
#define NO_ROW                                                                           \
    { NULL, 0, NULL, false, NULL, NULL, NULL }

const operation OPERATIONS[] = {
    ROW(new_leaf, "walk", false, make_and_drop_leaves, drop_leaves),
    ROW(new_copy_leaf, "walk", false, make_and_drop_leaves, drop_leaves),
    ROW(new_unset_leaf, "walk", false, make_and_drop_leaves, drop_leaves),
#if !defined(INTERFACE_TYPED)
    ROW(new_copy_any, "walk", false, make_and_drop_leaves, drop_leaves),
#endif
    ROW(new_copy_node, "walk", false, make_and_drop_nodes, drop_nodes),
    ROW(drop_leaf, "walk", true, make_leaves, nothing),
    {"drop_tree", TREE_NODES, NULL, true, make_large_tree, measure_drop_tree, nothing},
    ROW(pair_leaf, "loop", false, nothing, nothing),
    ROW(pair_node, "loop", false, make_root, drop_root),
    ROW(pair_array, "loop", false, nothing, nothing),
#if !defined(INTERFACE_TYPED)
    ROW(pair_raw, "loop", false, nothing, nothing),
#endif
    ROW(clone, "walk", false, make_leaves, drop_shared_leaves),
    ROW(drop_shared, "walk", false, make_shared_leaves, drop_others),
    ROW(to_ref, "walk", false, make_owned, drop_owned),
    ROW(try_to_mut_ref, "walk", true, make_leaves, drop_others),
    ROW(is_sole, "walk", true, make_leaves, drop_leaves),
    ROW(to_mut_ref, "walk", true, make_leaves, drop_others),
    ROW(make_mut, "walk", true, make_leaves, drop_leaves),
    NO_ROW,
};

/* --- empty loops, which are subtracted ------------------------------------------ */

#if !defined(INTERFACE_TYPED)

MEASURE(loop) {
    FOR_TIMES(i) {
        KEEP(manager);
    }
}

MEASURE(walk) {
    FOR_TIMES(i) {
        KEEP(leaves[i].object);
    }
}

const operation loops[] = {
    ROW(loop, NULL, false, nothing, nothing),
    ROW(walk, NULL, false, nothing, nothing),
    NO_ROW,
};

#endif
