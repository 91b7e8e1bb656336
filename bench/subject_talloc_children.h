/* talloc as its users know it: what an object refers to is its child, and freeing the
 * object frees all below it. A clone is a talloc_reference, held by a context for all of
 * them. For a list, a drop steals the next node before it frees one: talloc_free
 * recurses. Only name_make moves a reference to its owner, and takes a talloc_steal for
 * it; a workload that moves references by name_write, or counts on speed, uses
 * subject_talloc.h. */
#ifndef BENCH_SUBJECT_TALLOC_CHILDREN_H
#define BENCH_SUBJECT_TALLOC_CHILDREN_H

#include <talloc.h>

#include "subject_per_thread.h"

static BENCH_PER_THREAD void *talloc_clones;

static inline void bench_open(void) {
    talloc_clones = talloc_new(NULL);
}

static inline void bench_close(void) {
    (void)talloc_free(talloc_clones);
}

static inline void *talloc_bench_new(size_t size) {
    void *memory = talloc_size(NULL, size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

static inline bool talloc_bench_is_shared(const void *object) {
    return talloc_reference_count(object) != 0;
}

static inline void talloc_bench_clone(const void *object) {
    if (object != NULL && talloc_reference(talloc_clones, object) == NULL) {
        bench_fail("out of memory");
    }
}

/* One of the references to a shared object ends. */
static inline void talloc_bench_unlink(void *object) {
    if (talloc_unlink(talloc_clones, object) != 0) {
        (void)talloc_unlink(NULL, object);
    }
}

static inline void talloc_bench_adopt_shared(const void *parent, const void *child) {
    if (talloc_reparent(talloc_clones, parent, child) == NULL) {
        (void)talloc_reparent(NULL, parent, child);
    }
}

static inline void talloc_bench_adopt(const void *parent, const void *child) {
    if (child != NULL && talloc_bench_is_shared(child)) {
        talloc_bench_adopt_shared(parent, child);
    } else if (child != NULL) {
        (void)__extension__ talloc_steal(parent, child);
    }
}

/* Frees `object` and all below it but `last`, which it returns, unless that is shared. */
static inline void *talloc_bench_free(void *object, void *last) {
    if (last != NULL && !talloc_bench_is_shared(last)) {
        (void)__extension__ talloc_steal(NULL, last);
    } else {
        last = NULL;
    }
    (void)talloc_free(object);
    return last;
}

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    typedef struct name *name##_ref

#define TALLOC_OBJECT_(name, adopt)                                                      \
    static inline name##_ref name##_null(void) {                                         \
        return NULL;                                                                     \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return *self == NULL;                                                            \
    }                                                                                    \
    static inline name##_ref name##_make(struct name value) {                            \
        name##_ref self = (name##_ref)talloc_bench_new(sizeof(struct name));             \
        *self = value;                                                                   \
        adopt;                                                                           \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        talloc_bench_clone(*self);                                                       \
        return *self;                                                                    \
    }                                                                                    \
    static inline const struct name *name##_read(const name##_ref *self) {               \
        return *self;                                                                    \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return !talloc_bench_is_shared(*self);                                           \
    }

#define TALLOC_DROP_(name, last)                                                         \
    static inline void name##_drop(name##_ref self) {                                    \
        while (self != NULL) {                                                           \
            if (talloc_bench_is_shared(self)) {                                          \
                talloc_bench_unlink(self);                                               \
                return;                                                                  \
            }                                                                            \
            self = (name##_ref)talloc_bench_free(self, last);                            \
        }                                                                                \
    }

#define TALLOC_WRITE_(name, clone_references)                                            \
    static inline struct name *name##_write(name##_ref *self) {                          \
        if (!name##_is_sole(self)) {                                                     \
            struct name value = **self;                                                  \
            clone_references;                                                            \
            name##_drop(*self);                                                          \
            *self = name##_make(value);                                                  \
        }                                                                                \
        return *self;                                                                    \
    }

#define BENCH_TYPE_0(name)                                                               \
    TALLOC_OBJECT_(name, (void)0)                                                        \
    TALLOC_DROP_(name, NULL)                                                             \
    TALLOC_WRITE_(name, (void)0)

#define BENCH_TYPE_1(name, last)                                                         \
    TALLOC_OBJECT_(name, talloc_bench_adopt(self, self->last))                           \
    TALLOC_DROP_(name, self->last)                                                       \
    TALLOC_WRITE_(name, (void)name##_clone(&value.last))

#define BENCH_TYPE_2(name, a, last)                                                      \
    TALLOC_OBJECT_(                                                                      \
        name, (talloc_bench_adopt(self, self->a), talloc_bench_adopt(self, self->last))) \
    TALLOC_DROP_(name, self->last)                                                       \
    TALLOC_WRITE_(name, (void)(name##_clone(&value.a), name##_clone(&value.last)))

#endif
