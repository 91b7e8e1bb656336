/* nanvm_mem through its typed interface; subject_nanvm.h chooses it. */
#ifndef BENCH_SUBJECT_NANVM_TYPED_H
#define BENCH_SUBJECT_NANVM_TYPED_H

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    NANVM_TYPED_HANDLES(name)

#define NANVM_BENCH_FUNCTIONS_(name)                                                     \
    NANVM_TYPED_FUNCTIONS(name, struct name, name##_type);                               \
    static inline name##_ref name##_null(void) {                                         \
        return name##_ref_null();                                                        \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return name##_ref_is_null(*self);                                                \
    }                                                                                    \
    static inline name##_ref name##_make(struct name value) {                            \
        name##_mut_ref self = name##_new_copy(bench_manager(), &value);                  \
        if (name##_mut_ref_get(self) == NULL) {                                          \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        return name##_mut_ref_to_ref(self);                                              \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return name##_ref_clone(*self);                                                  \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        name##_ref_drop(self);                                                           \
    }                                                                                    \
    static inline const struct name *name##_read(const name##_ref *self) {               \
        return name##_ref_get(*self);                                                    \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return name##_ref_count(*self) == 0;                                             \
    }

#if defined(BENCH_COPIES_BY_HAND)
/* As a user would write it who doesn't know of make_mut(). */
#define NANVM_BENCH_WRITE_(name, clone_references)                                       \
    static inline struct name *name##_write(name##_ref *self) {                          \
        if (!name##_ref_is_sole(*self)) {                                                \
            struct name value = *name##_ref_get(*self);                                  \
            name##_ref old = *self;                                                      \
            clone_references;                                                            \
            *self = name##_make(value);                                                  \
            name##_drop(old);                                                            \
        }                                                                                \
        return (struct name *)(uintptr_t)name##_ref_get(*self);                          \
    }
#else
#define NANVM_BENCH_WRITE_(name, clone_references)                                       \
    static inline struct name *name##_write(name##_ref *self) {                          \
        struct name *own = name##_ref_make_mut(self, bench_manager());                   \
        if (own == NULL) {                                                               \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        return own;                                                                      \
    }
#endif

#endif
