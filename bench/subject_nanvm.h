/* nanvm_mem in whatever manager bench_manager() is: through its untyped interface, or,
 * for a subject that defines BENCH_TYPED, the typed one. */
#ifndef BENCH_SUBJECT_NANVM_H
#define BENCH_SUBJECT_NANVM_H

/* Who frees all at once drops nothing one by one. */
#if defined(BENCH_RESET)
#define NANVM_BENCH_DROP_(self) ((void)(self))
#else
#define NANVM_BENCH_DROP_(self) nanvm_ref_drop(self)
#endif

#if defined(BENCH_TYPED)
#include "subject_nanvm_typed.h"
#else

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    typedef nanvm_ref name##_ref

#define NANVM_BENCH_FUNCTIONS_(name)                                                     \
    static inline name##_ref name##_null(void) {                                         \
        return nanvm_ref_null();                                                         \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return nanvm_ref_is_null(*self);                                                 \
    }                                                                                    \
    static inline name##_ref name##_make(struct name value) {                            \
        nanvm_mut_ref self = nanvm_new_copy(bench_manager(), &name##_type, &value);      \
        if (self.object == NULL) {                                                       \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        return nanvm_mut_ref_to_ref(self);                                               \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return nanvm_ref_clone(*self);                                                   \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        NANVM_BENCH_DROP_(self);                                                         \
    }                                                                                    \
    static inline const struct name *name##_read(const name##_ref *self) {               \
        return (const struct name *)nanvm_ref_get(*self);                                \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return nanvm_ref_count(*self) == 0;                                              \
    }

#define NANVM_BENCH_WRITE_(name, clone_references)                                       \
    static inline struct name *name##_write(name##_ref *self) {                          \
        void *own = nanvm_ref_make_mut(self, bench_manager());                           \
        if (own == NULL) {                                                               \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        return (struct name *)own;                                                       \
    }

#endif

#define BENCH_TYPE_0(name)                                                               \
    NANVM_TYPE(name##_type, struct name);                                                \
    NANVM_BENCH_FUNCTIONS_(name)                                                         \
    NANVM_BENCH_WRITE_(name, (void)0)

#define BENCH_TYPE_1(name, last)                                                         \
    NANVM_TYPE_REFS(name##_type, struct name, last);                                     \
    NANVM_BENCH_FUNCTIONS_(name)                                                         \
    NANVM_BENCH_WRITE_(name, (void)name##_clone(&value.last))

#define BENCH_TYPE_2(name, a, last)                                                      \
    NANVM_TYPE_REFS(name##_type, struct name, a, last);                                  \
    NANVM_BENCH_FUNCTIONS_(name)                                                         \
    NANVM_BENCH_WRITE_(name, (void)(name##_clone(&value.a), name##_clone(&value.last)))

/* NANVM_TYPE_REFS lists at most 16 members, so that the table is written by hand. */
#define NANVM_BENCH_OFFSETS_4_(name, member, i)                                          \
    offsetof(struct name, member[i]), offsetof(struct name, member[(i) + 1]),            \
        offsetof(struct name, member[(i) + 2]), offsetof(struct name, member[(i) + 3])
#define NANVM_BENCH_OFFSETS_16_(name, member, i)                                         \
    NANVM_BENCH_OFFSETS_4_(name, member, i),                                             \
        NANVM_BENCH_OFFSETS_4_(name, member, (i) + 4),                                   \
        NANVM_BENCH_OFFSETS_4_(name, member, (i) + 8),                                   \
        NANVM_BENCH_OFFSETS_4_(name, member, (i) + 12)
#define NANVM_BENCH_OFFSETS_32_(name, member, i)                                         \
    NANVM_BENCH_OFFSETS_16_(name, member, i),                                            \
        NANVM_BENCH_OFFSETS_16_(name, member, (i) + 16)

#define NANVM_BENCH_CLONE_MANY_(child, member, length)                                   \
    for (size_t i = 0; i < (length); ++i) {                                              \
        (void)child##_clone(&value.member[i]);                                           \
    }

/* The parameter isn't `name`, as elsewhere, since the table has such a member. */
#define BENCH_TYPE_MANY(node, child, member, length)                                     \
    static const size_t node##_offsets[length] = {                                       \
        NANVM_BENCH_OFFSETS_##length##_(node, member, 0)};                               \
    static const nanvm_type node##_type = {.name = #node,                                \
                                           .size = sizeof(struct node),                  \
                                           .align = NANVM_ALIGNOF(struct node),          \
                                           .refs = node##_offsets,                       \
                                           .refs_length = (length)};                     \
    NANVM_BENCH_FUNCTIONS_(node)                                                         \
    NANVM_BENCH_WRITE_(node, NANVM_BENCH_CLONE_MANY_(child, member, length))

#include "subject_nanvm_array.h"

#endif
