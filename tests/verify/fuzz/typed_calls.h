/* TYPED_CALLS(name, type, table): a static table of calls, `name_calls`. */
#ifndef FUZZ_TYPED_CALLS_H
#define FUZZ_TYPED_CALLS_H

#include "calls.h"

/* Both ways between a typed handle and the untyped one that it wraps. */
#define TYPED_REF(name, handle) ((name##_ref){handle})
#define TYPED_MUT(name, handle) ((name##_mut_ref){handle})

#define TYPED_CREATE(name, type)                                                         \
    static nanvm_mut_ref name##_call_make(nanvm_manager *m, const nanvm_type *o) {       \
        (void)o;                                                                         \
        return name##_new(m).untyped;                                                    \
    }                                                                                    \
    static nanvm_mut_ref name##_call_copy(nanvm_manager *m, const nanvm_type *o,         \
                                          const void *value) {                           \
        (void)o;                                                                         \
        return name##_new_copy(m, (const type *)value).untyped;                          \
    }                                                                                    \
    static nanvm_mut_ref name##_call_array(nanvm_manager *m, const nanvm_type *o,        \
                                           const void *items, size_t n) {                \
        (void)o;                                                                         \
        return name##_new_array(m, items, n).untyped;                                    \
    }                                                                                    \
    static nanvm_mut_ref name##_call_with(nanvm_manager *m, const nanvm_type *o,         \
                                          size_t n, nanvm_construct *c, void *context) { \
        (void)o;                                                                         \
        return name##_new_with(m, n, c, context).untyped;                                \
    }                                                                                    \
    static nanvm_mut_ref name##_call_unset(nanvm_manager *m, const nanvm_type *o) {      \
        (void)o;                                                                         \
        return name##_new_unset(m).untyped;                                              \
    }                                                                                    \
    static nanvm_mut_ref name##_call_array_unset(nanvm_manager *m, const nanvm_type *o,  \
                                                 size_t n) {                             \
        (void)o;                                                                         \
        return name##_new_array_unset(m, n).untyped;                                     \
    }

#define TYPED_MUT_REF(name)                                                              \
    static void *name##_call_get_mut(nanvm_mut_ref r) {                                  \
        return name##_mut_ref_get(TYPED_MUT(name, r));                                   \
    }                                                                                    \
    static size_t name##_call_length_mut(nanvm_mut_ref r) {                              \
        return name##_mut_ref_length(TYPED_MUT(name, r));                                \
    }                                                                                    \
    static nanvm_ref name##_call_to_ref(nanvm_mut_ref r) {                               \
        return name##_mut_ref_to_ref(TYPED_MUT(name, r)).untyped;                        \
    }                                                                                    \
    static void name##_call_drop_mut(nanvm_mut_ref r) {                                  \
        name##_mut_ref_drop(TYPED_MUT(name, r));                                         \
    }                                                                                    \
    static void name##_call_clean_mut(nanvm_mut_ref *r) {                                \
        name##_mut_ref typed = {nanvm_mut_ref_move(r)};                                  \
        name##_mut_ref_cleanup(&typed);                                                  \
    }                                                                                    \
    static nanvm_mut_ref name##_call_move_mut(nanvm_mut_ref *r) {                        \
        name##_mut_ref typed = {*r};                                                     \
        name##_mut_ref moved = name##_mut_ref_move(&typed);                              \
        *r = typed.untyped;                                                              \
        return moved.untyped;                                                            \
    }                                                                                    \
    /* The handle itself: callbacks look at it meanwhile. */                             \
    static bool name##_call_resize(nanvm_mut_ref *r, nanvm_manager *m, size_t n) {       \
        return name##_mut_ref_resize((name##_mut_ref *)(void *)r, m, n);                 \
    }                                                                                    \
    static bool name##_call_resize_unset(nanvm_mut_ref *r, nanvm_manager *m, size_t n) { \
        return name##_mut_ref_resize_unset((name##_mut_ref *)(void *)r, m, n);           \
    }

#define TYPED_REF_READ(name)                                                             \
    static const void *name##_call_get(nanvm_ref r) {                                    \
        return name##_ref_get(TYPED_REF(name, r));                                       \
    }                                                                                    \
    static size_t name##_call_length(nanvm_ref r) {                                      \
        return name##_ref_length(TYPED_REF(name, r));                                    \
    }                                                                                    \
    static size_t name##_call_count(nanvm_ref r) {                                       \
        return name##_ref_count(TYPED_REF(name, r));                                     \
    }                                                                                    \
    static nanvm_ref name##_call_clone(nanvm_ref r) {                                    \
        return name##_ref_clone(TYPED_REF(name, r)).untyped;                             \
    }                                                                                    \
    static void name##_call_drop(nanvm_ref r) {                                          \
        name##_ref_drop(TYPED_REF(name, r));                                             \
    }                                                                                    \
    static void name##_call_clean(nanvm_ref *r) {                                        \
        name##_ref typed = {nanvm_ref_move(r)};                                          \
        name##_ref_cleanup(&typed);                                                      \
    }                                                                                    \
    static nanvm_ref name##_call_move(nanvm_ref *r) {                                    \
        name##_ref typed = {*r};                                                         \
        name##_ref moved = name##_ref_move(&typed);                                      \
        *r = typed.untyped;                                                              \
        return moved.untyped;                                                            \
    }                                                                                    \
    static bool name##_call_same(nanvm_ref a, nanvm_ref b) {                             \
        return name##_ref_same(TYPED_REF(name, a), TYPED_REF(name, b));                  \
    }                                                                                    \
    static bool name##_call_from(nanvm_ref *r, nanvm_ref *out) {                         \
        name##_ref typed;                                                                \
        bool fits = name##_ref_from(r, &typed);                                          \
        *out = typed.untyped;                                                            \
        return fits;                                                                     \
    }

#define TYPED_REF_CONVERT(name)                                                          \
    static bool name##_call_try(nanvm_ref *r, nanvm_mut_ref *out) {                      \
        name##_ref typed = {*r};                                                         \
        name##_mut_ref own;                                                              \
        bool done = name##_ref_try_to_mut_ref(&typed, &own);                             \
        *r = typed.untyped;                                                              \
        *out = own.untyped;                                                              \
        return done;                                                                     \
    }                                                                                    \
    static nanvm_mut_ref name##_call_to_mut(nanvm_ref *r, nanvm_manager *m) {            \
        name##_ref typed = {*r};                                                         \
        name##_mut_ref own = name##_ref_to_mut_ref(&typed, m);                           \
        *r = typed.untyped;                                                              \
        return own.untyped;                                                              \
    }                                                                                    \
    static void *name##_call_make_mut(nanvm_ref *r, nanvm_manager *m) {                  \
        name##_ref typed = {*r};                                                         \
        void *object = name##_ref_make_mut(&typed, m);                                   \
        *r = typed.untyped;                                                              \
        return object;                                                                   \
    }                                                                                    \
    static nanvm_mut_ref name##_call_clone_object(nanvm_ref r, nanvm_manager *m) {       \
        return name##_ref_clone_object(TYPED_REF(name, r), m).untyped;                   \
    }                                                                                    \
    static nanvm_mut_ref name##_call_clone_resized(nanvm_ref r, nanvm_manager *m,        \
                                                   size_t n) {                           \
        return name##_ref_clone_resized(TYPED_REF(name, r), m, n).untyped;               \
    }                                                                                    \
    static nanvm_ref name##_call_clone_deep(nanvm_ref r, nanvm_manager *m) {             \
        return name##_ref_clone_deep(TYPED_REF(name, r), m).untyped;                     \
    }

#define TYPED_CALLS(name, type, table)                                                   \
    NANVM_TYPED(name, type, table);                                                      \
    TYPED_CREATE(name, type)                                                             \
    TYPED_MUT_REF(name)                                                                  \
    TYPED_REF_READ(name)                                                                 \
    TYPED_REF_CONVERT(name)                                                              \
    static const calls name##_calls = {                                                  \
        name##_call_make,       name##_call_copy,         name##_call_array,             \
        name##_call_with,       name##_call_unset,        name##_call_array_unset,       \
        name##_call_get_mut,    name##_call_length_mut,   name##_call_to_ref,            \
        name##_call_drop_mut,   name##_call_clean_mut,    name##_call_move_mut,          \
        name##_call_resize,     name##_call_resize_unset, name##_call_get,               \
        name##_call_length,     name##_call_count,        name##_call_clone,             \
        name##_call_drop,       name##_call_clean,        name##_call_move,              \
        name##_call_same,       name##_call_try,          name##_call_to_mut,            \
        name##_call_make_mut,   name##_call_clone_object, name##_call_clone_resized,     \
        name##_call_clone_deep, name##_call_from}

#endif
