/* GLib's GRcBox; a clear function lets go of what an object refers to. It puts the last
 * reference aside for the loop in the drop, so that a list doesn't recurse.
 * GRcBox can't be asked whether a box has one owner only, so its users copy, or count for
 * themselves; here the answer is read from the box's private count, to be fair. */
#ifndef BENCH_SUBJECT_GLIB_H
#define BENCH_SUBJECT_GLIB_H

#include <glib.h>

#include "subject_per_thread.h"

#if defined(BENCH_COUNT_ATOMIC)
#define GLIB_BOX_(function) g_atomic_rc_box_##function
#else
#define GLIB_BOX_(function) g_rc_box_##function
#endif

/* Where the count lies, in integers in front of an object, and what it is for one owner.
 */
static BENCH_PER_THREAD size_t glib_distance;
static BENCH_PER_THREAD gint glib_sole;

static inline const gint *glib_before(const void *box, size_t distance) {
    return (const gint *)((uintptr_t)box - distance * sizeof(gint));
}

/* The count is what changes when a reference is acquired. */
static inline void bench_open(void) {
    enum { DISTANCE_LIMIT = 12 };
    void *box = GLIB_BOX_(alloc)(sizeof(void *));
    for (size_t i = 1; i <= DISTANCE_LIMIT && glib_distance == 0; ++i) {
        glib_sole = *glib_before(box, i);
        (void)(GLIB_BOX_(acquire))(box);
        glib_distance = *glib_before(box, i) == glib_sole ? 0 : i;
        GLIB_BOX_(release)(box);
    }
    GLIB_BOX_(release)(box);
    if (glib_distance == 0) {
        bench_fail("GLib has its count elsewhere");
    }
}

static inline void bench_close(void) {}

static inline bool glib_is_sole(const void *box) {
    return g_atomic_int_get(glib_before(box, glib_distance)) == glib_sole;
}

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    typedef struct name *name##_ref

#define GLIB_OBJECT_(name)                                                               \
    static inline name##_ref name##_null(void) {                                         \
        return NULL;                                                                     \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return *self == NULL;                                                            \
    }                                                                                    \
    static inline name##_ref name##_make(struct name value) {                            \
        name##_ref self = (name##_ref)GLIB_BOX_(alloc)(sizeof(struct name));             \
        *self = value;                                                                   \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return *self == NULL ? NULL : (name##_ref)(GLIB_BOX_(acquire))(*self);           \
    }                                                                                    \
    static inline const struct name *name##_read(const name##_ref *self) {               \
        return *self;                                                                    \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return glib_is_sole(*self);                                                      \
    }

#define GLIB_WRITE_(name, clone_references)                                              \
    static inline struct name *name##_write(name##_ref *self) {                          \
        if (!name##_is_sole(self)) {                                                     \
            struct name value = **self;                                                  \
            clone_references;                                                            \
            name##_drop(*self);                                                          \
            *self = name##_make(value);                                                  \
        }                                                                                \
        return *self;                                                                    \
    }

/* `drop_others` is what the clear function does with all references but the last. */
#define GLIB_DROP_(name, last, drop_others)                                              \
    static BENCH_PER_THREAD name##_ref name##_next;                                      \
    static void name##_drop(name##_ref self);                                            \
    static void name##_clear(gpointer object) {                                          \
        struct name *value = (struct name *)object;                                      \
        drop_others;                                                                     \
        name##_next = value->last;                                                       \
    }                                                                                    \
    static void name##_drop(name##_ref self) {                                           \
        while (self != NULL) {                                                           \
            name##_next = NULL;                                                          \
            GLIB_BOX_(release_full)(self, name##_clear);                                 \
            self = name##_next;                                                          \
        }                                                                                \
    }

#define BENCH_TYPE_0(name)                                                               \
    GLIB_OBJECT_(name)                                                                   \
    static inline void name##_drop(name##_ref self) {                                    \
        if (self != NULL) {                                                              \
            GLIB_BOX_(release)(self);                                                    \
        }                                                                                \
    }                                                                                    \
    GLIB_WRITE_(name, (void)0)

#define BENCH_TYPE_1(name, last)                                                         \
    GLIB_OBJECT_(name)                                                                   \
    GLIB_DROP_(name, last, (void)0)                                                      \
    GLIB_WRITE_(name, (void)name##_clone(&value.last))

#define BENCH_TYPE_2(name, a, last)                                                      \
    GLIB_OBJECT_(name)                                                                   \
    GLIB_DROP_(name, last, name##_drop(value->a))                                        \
    GLIB_WRITE_(name, (void)(name##_clone(&value.a), name##_clone(&value.last)))

#define BENCH_TYPE_MANY(name, child, member, length)                                     \
    GLIB_OBJECT_(name)                                                                   \
    static void name##_drop(name##_ref self);                                            \
    static void name##_clear(gpointer object) {                                          \
        struct name *value = (struct name *)object;                                      \
        for (size_t i = 0; i < (length); ++i) {                                          \
            child##_drop(value->member[i]);                                              \
        }                                                                                \
    }                                                                                    \
    static void name##_drop(name##_ref self) {                                           \
        if (self != NULL) {                                                              \
            GLIB_BOX_(release_full)(self, name##_clear);                                 \
        }                                                                                \
    }                                                                                    \
    static inline struct name *name##_write(name##_ref *self) {                          \
        if (!name##_is_sole(self)) {                                                     \
            name##_ref own = name##_make(**self);                                        \
            for (size_t i = 0; i < (length); ++i) {                                      \
                (void)child##_clone(&own->member[i]);                                    \
            }                                                                            \
            name##_drop(*self);                                                          \
            *self = own;                                                                 \
        }                                                                                \
        return *self;                                                                    \
    }

#endif
