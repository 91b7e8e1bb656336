/* What the subjects that free all at once have in common. They define BENCH_RESET,
 * bench_open, bench_close, bench_reset, and `void *bulk_alloc(size_t size)`, never null.
 *
 * A reference is a pointer. Nothing is counted, as their experts do without: a drop does
 * nothing, each object counts as shared, and a write copies it. */
#ifndef BENCH_SUBJECT_BULK_H
#define BENCH_SUBJECT_BULK_H

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    typedef struct name *name##_ref

#define BENCH_TYPE_0(name)                                                               \
    static inline name##_ref name##_null(void) {                                         \
        return NULL;                                                                     \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return *self == NULL;                                                            \
    }                                                                                    \
    static inline name##_ref name##_make(struct name value) {                            \
        name##_ref self = (name##_ref)bulk_alloc(sizeof(struct name));                   \
        *self = value;                                                                   \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return *self;                                                                    \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        (void)self;                                                                      \
    }                                                                                    \
    static inline const struct name *name##_read(const name##_ref *self) {               \
        return *self;                                                                    \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        (void)self;                                                                      \
        return false;                                                                    \
    }                                                                                    \
    static inline struct name *name##_write(name##_ref *self) {                          \
        return *self = name##_make(**self);                                              \
    }

#define BENCH_TYPE_1(name, last) BENCH_TYPE_0(name)
#define BENCH_TYPE_2(name, a, last) BENCH_TYPE_0(name)

#endif
