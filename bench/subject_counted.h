/* A count written by hand in front of each object: all that the subjects which count
 * for themselves have in common. They define, before they include this,
 *
 *   void *counted_alloc(size_t size);
 *   void counted_free(void *memory, size_t size);
 *   counted_add, counted_release, counted_is_sole   of a counted_word
 *
 * A drop recurses into all references but the last, for which it loops. It frees an
 * object before what that refers to, so that memory is given out again in the order of
 * its addresses: that is 40 % of rbtree (glibc), and a third of tree (free list). */
#ifndef BENCH_SUBJECT_COUNTED_H
#define BENCH_SUBJECT_COUNTED_H

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    typedef struct name##_counted *name##_ref

#define COUNTED_OBJECT_(name)                                                            \
    struct name##_counted {                                                              \
        counted_word count;                                                              \
        struct name value;                                                               \
    };                                                                                   \
    static inline name##_ref name##_null(void) {                                         \
        return NULL;                                                                     \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return *self == NULL;                                                            \
    }                                                                                    \
    static inline name##_ref name##_new(void) {                                          \
        name##_ref self = (name##_ref)counted_alloc(sizeof(struct name##_counted));      \
        if (self == NULL) {                                                              \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        counted_init(&self->count);                                                      \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_make(struct name value) {                            \
        name##_ref self = name##_new();                                                  \
        self->value = value;                                                             \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_copy(name##_ref other) {                             \
        name##_ref self = name##_new();                                                  \
        self->value = other->value;                                                      \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        if (*self != NULL) {                                                             \
            counted_add(&(*self)->count);                                                \
        }                                                                                \
        return *self;                                                                    \
    }                                                                                    \
    static inline const struct name *name##_read(const name##_ref *self) {               \
        return &(*self)->value;                                                          \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return counted_is_sole(&(*self)->count);                                         \
    }

/* `clone_references` is what `own`, a copy of an object, does with what it holds. */
#define COUNTED_WRITE_(name, clone_references)                                           \
    static inline struct name *name##_write(name##_ref *self) {                          \
        if (!name##_is_sole(self)) {                                                     \
            name##_ref own = name##_copy(*self);                                         \
            clone_references;                                                            \
            name##_drop(*self);                                                          \
            *self = own;                                                                 \
        }                                                                                \
        return &(*self)->value;                                                          \
    }

#define COUNTED_CLONE_MANY_(child, member, length)                                       \
    for (size_t i = 0; i < (length); ++i) {                                              \
        (void)child##_clone(&own->value.member[i]);                                      \
    }

#define BENCH_TYPE_0(name)                                                               \
    COUNTED_OBJECT_(name)                                                                \
    static inline void name##_drop(name##_ref self) {                                    \
        if (self != NULL && counted_release(&self->count)) {                             \
            counted_free(self, sizeof(*self));                                           \
        }                                                                                \
    }                                                                                    \
    COUNTED_WRITE_(name, (void)0)

#define BENCH_TYPE_1(name, last)                                                         \
    COUNTED_OBJECT_(name)                                                                \
    static inline void name##_drop(name##_ref self) {                                    \
        while (self != NULL && counted_release(&self->count)) {                          \
            name##_ref next = self->value.last;                                          \
            counted_free(self, sizeof(*self));                                           \
            self = next;                                                                 \
        }                                                                                \
    }                                                                                    \
    COUNTED_WRITE_(name, (void)name##_clone(&own->value.last))

#define BENCH_TYPE_2(name, a, last)                                                      \
    COUNTED_OBJECT_(name)                                                                \
    static void name##_drop(name##_ref self) {                                           \
        while (self != NULL && counted_release(&self->count)) {                          \
            name##_ref first = self->value.a;                                            \
            name##_ref next = self->value.last;                                          \
            counted_free(self, sizeof(*self));                                           \
            name##_drop(first);                                                          \
            self = next;                                                                 \
        }                                                                                \
    }                                                                                    \
    COUNTED_WRITE_(name,                                                                 \
                   (void)(name##_clone(&own->value.a), name##_clone(&own->value.last)))

#define BENCH_TYPE_MANY(name, child, member, length)                                     \
    COUNTED_OBJECT_(name)                                                                \
    static void name##_drop(name##_ref self) {                                           \
        if (self != NULL && counted_release(&self->count)) {                             \
            struct name value = self->value;                                             \
            counted_free(self, sizeof(*self));                                           \
            for (size_t i = 0; i < (length); ++i) {                                      \
                child##_drop(value.member[i]);                                           \
            }                                                                            \
        }                                                                                \
    }                                                                                    \
    COUNTED_WRITE_(name, COUNTED_CLONE_MANY_(child, member, length))

#include "subject_counted_array.h"

#endif
