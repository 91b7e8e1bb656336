#include "scenes.h"

/* Writes to a value that is shared, in each way, and once more when it is alone. */
static void write_shared(const ground *on, nanvm_ref ref) {
    nanvm_ref a = nanvm_ref_clone(ref), b = nanvm_ref_clone(ref);
    nanvm_mut_ref own = attempt_to_mut_ref(on->manager, &a);
    (void)attempt_make_mut(on->other, &b);
    nanvm_ref back = nanvm_mut_ref_to_ref(own);
    own = attempt_to_mut_ref(on->manager, &back);
    (void)attempt_make_mut(on->manager, &b);
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(back);
    nanvm_ref_drop(b);
    nanvm_ref_drop(a);
}

static void write_nodes(const ground *on) {
    nanvm_ref node = pair(on->manager, leaf(on->manager, 1), leaf(on->manager, 2));
    write_shared(on, node);
    nanvm_ref_drop(node);
}

static void write_arrays(const ground *on) {
    nanvm_mut_ref refs = array_of_leaves(on->manager, 3);
    nanvm_mut_ref text = attempt_array(on->manager, &text_type, "abc", 3);
    write_shared(on, nanvm_mut_ref_to_ref(refs));
    write_shared(on, nanvm_mut_ref_to_ref(text));
    nanvm_mut_ref_drop(text);
    nanvm_mut_ref_drop(refs);
}

static void write_large(const ground *on) {
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 1000);
    write_shared(on, nanvm_mut_ref_to_ref(ints));
    nanvm_mut_ref_drop(ints);
}

static void write_callbacks(const ground *on) {
    nanvm_ref tracked = leaf(on->manager, 3);
    write_shared(on, tracked);
    nanvm_ref_drop(tracked);
}

/* A sole owner needs no memory: all of it fails from here on. */
static void write_alone(const ground *on) {
    nanvm_ref node =
        pair(on->manager, leaf(on->manager, 1), nanvm_ref_clone((nanvm_ref){NULL}));
    if (node.object != NULL && on->counts) {
        nanvm_mut_ref own;
        (void)attempt_make_mut(on->manager, &node);
        assert_true(nanvm_ref_try_to_mut_ref(&node, &own));
        node = nanvm_mut_ref_to_ref(own);
        own = attempt_to_mut_ref(on->manager, &node);
        node = nanvm_mut_ref_to_ref(own);
    }
    nanvm_ref_drop(node);
}

/* --- trees, of which many versions share most --- */

static nanvm_ref tree_of(nanvm_manager *manager, size_t depth) {
    return depth == 0
               ? leaf(manager, 1)
               : pair(manager, tree_of(manager, depth - 1), tree_of(manager, depth - 1));
}

/* Copies the nodes down to a leaf, and replaces that; false leaves a tree that is whole
 * all the same. */
static bool update(const ground *on, nanvm_ref *tree, size_t path) {
    nanvm_ref *slot = tree;
    while (slot->object != NULL && nanvm_ref_type(*slot) == &node_type) {
        struct node *node = attempt_make_mut(on->manager, slot);
        if (node == NULL) {
            return false;
        }
        slot = path % 2 == 0 ? &node->left : &node->right;
        path /= 2;
    }
    nanvm_ref fresh = leaf(on->manager, path);
    nanvm_ref_drop(*slot);
    *slot = fresh;
    return fresh.object != NULL;
}

static size_t count_nodes(nanvm_ref tree) {
    if (tree.object == NULL || nanvm_ref_type(tree) != &node_type) {
        return tree.object != NULL;
    }
    const struct node *node = nanvm_ref_get(tree);
    assert_int_equal(node->value, 3);
    return 1 + count_nodes(node->left) + count_nodes(node->right);
}

static void update_trees(const ground *on) {
    nanvm_ref versions[4];
    versions[0] = tree_of(on->manager, 3);
    size_t nodes = count_nodes(versions[0]);
    for (size_t i = 1; i < 4; i++) {
        versions[i] = nanvm_ref_clone(versions[i - 1]);
        (void)update(on, &versions[i], 5 * i);
        assert_int_equal(count_nodes(versions[0]), nodes);
    }
    drop_all(versions, 4);
}

/* The list before each change is kept. */
static void versions_of_a_list(const ground *on) {
    nanvm_ref versions[6];
    versions[0] = leaf(on->manager, 0);
    for (size_t i = 1; i < 6; i++) {
        versions[i] =
            pair(on->manager, leaf(on->manager, i), nanvm_ref_clone(versions[i - 1]));
    }
    for (size_t i = 0; i < 6; i++) {
        (void)attempt_make_mut(on->manager, &versions[i]);
    }
    drop_all(versions, 6);
}

static void many_references(const ground *on) {
    nanvm_ref all[20];
    all[0] = leaf(on->manager, 1);
    for (size_t i = 1; i < 20; i++) {
        all[i] = nanvm_ref_clone(all[0]);
    }
    size_t others = all[0].object == NULL ? 0 : on->counts ? 19 : SIZE_MAX;
    assert_int_equal(nanvm_ref_count(all[7]), others);
    for (size_t i = 0; i < 20; i += 4) {
        nanvm_mut_ref own = attempt_to_mut_ref(on->manager, &all[i]);
        nanvm_mut_ref_drop(own);
    }
    drop_all(all, 20);
}

static const scene_entry entries[] = {
    {"write to nodes", write_nodes, false},
    {"write to arrays", write_arrays, false},
    {"write to large arrays", write_large, false},
    {"write with callbacks", write_callbacks, false},
    {"write alone", write_alone, false},
    {"update trees", update_trees, false},
    {"versions of a list", versions_of_a_list, false},
    {"many references", many_references, false},
};
const scene_list share_scenes = SCENE_LIST(entries);
