/* One set of names for both interfaces: INTERFACE_TYPED chooses. */
#ifndef INSTRUCTIONS_INTERFACE_H
#define INSTRUCTIONS_INTERFACE_H

#include <nanvm/mem.h>

#if defined(INTERFACE_TYPED)

#define HANDLES NANVM_TYPED_HANDLES
#define FUNCTIONS NANVM_TYPED_FUNCTIONS
#define UNTYPED(handle) ((handle).untyped)

#else

#define HANDLES(name)                                                                    \
    typedef nanvm_ref name##_ref;                                                        \
    typedef nanvm_mut_ref name##_mut_ref
#define UNTYPED(handle) (handle)

#define FUNCTIONS(name, type, table)                                                     \
    static inline nanvm_mut_ref name##_new(nanvm_manager *manager) {                     \
        return nanvm_new(manager, &(table));                                             \
    }                                                                                    \
    static inline nanvm_mut_ref name##_new_unset(nanvm_manager *manager) {               \
        return nanvm_new_unset(manager, &(table));                                       \
    }                                                                                    \
    static inline nanvm_mut_ref name##_new_copy(nanvm_manager *manager,                  \
                                                const type *value) {                     \
        return nanvm_new_copy(manager, &(table), value);                                 \
    }                                                                                    \
    static inline nanvm_mut_ref name##_new_array(nanvm_manager *manager,                 \
                                                 const void *items, size_t length) {     \
        return nanvm_new_array(manager, &(table), items, length);                        \
    }                                                                                    \
    typedef type name##_value

#define leaf_mut_ref_to_ref nanvm_mut_ref_to_ref
#define leaf_mut_ref_drop nanvm_mut_ref_drop
#define leaf_ref_clone nanvm_ref_clone
#define leaf_ref_drop nanvm_ref_drop
#define leaf_ref_try_to_mut_ref nanvm_ref_try_to_mut_ref
#define leaf_ref_is_sole nanvm_ref_is_sole
#define leaf_ref_to_mut_ref nanvm_ref_to_mut_ref
#define leaf_ref_make_mut nanvm_ref_make_mut
#define node_mut_ref_to_ref nanvm_mut_ref_to_ref
#define node_mut_ref_drop nanvm_mut_ref_drop
#define node_ref_clone nanvm_ref_clone
#define node_ref_drop nanvm_ref_drop
#define ints_mut_ref_drop nanvm_mut_ref_drop

#endif

/* Without references. */
typedef struct leaf {
    int64_t a, b;
} leaf;

NANVM_TYPE(leaf_type, leaf);
HANDLES(leaf);
FUNCTIONS(leaf, leaf, leaf_type);

/* With two. */
HANDLES(node);
typedef struct node {
    node_ref left, right;
} node;

NANVM_TYPE_REFS(node_type, node, left, right);
FUNCTIONS(node, node, node_type);

static inline node_ref node_null(void) {
    node_ref null = {0};
    return null;
}

NANVM_ARRAY_OF(ints_type, int);
HANDLES(ints);
FUNCTIONS(ints, int, ints_type);

#endif
