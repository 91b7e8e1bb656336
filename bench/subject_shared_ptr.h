/* C++: std::shared_ptr by std::make_shared, so that count and object are one allocation.
 * The destructor takes the last reference out in a loop, so that a list doesn't recurse.
 * References may be used from any thread: libstdc++ counts without locked instructions as
 * long as the process has one. */
#ifndef BENCH_SUBJECT_SHARED_PTR_H
#define BENCH_SUBJECT_SHARED_PTR_H

#include <memory>

#define BENCH_COUNT_ATOMIC 1

static inline void bench_open(void) {}
static inline void bench_close(void) {}

#define BENCH_HANDLE(name)                                                               \
    struct name;                                                                         \
    using name##_ref = std::shared_ptr<name>

/* `made` is what make_shared makes: the struct, or one that adds a destructor. */
#define SHARED_PTR_OBJECT_(name, made)                                                   \
    static inline name##_ref name##_null() {                                             \
        return nullptr;                                                                  \
    }                                                                                    \
    static inline bool name##_is_null(const name##_ref *self) {                          \
        return *self == nullptr;                                                         \
    }                                                                                    \
    static inline name##_ref name##_make(name value) {                                   \
        return std::make_shared<made>(std::move(value));                                 \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return *self;                                                                    \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        self.reset();                                                                    \
    }                                                                                    \
    static inline const name *name##_read(const name##_ref *self) {                      \
        return self->get();                                                              \
    }                                                                                    \
    static inline bool name##_is_sole(const name##_ref *self) {                          \
        return self->use_count() == 1;                                                   \
    }                                                                                    \
    static inline name *name##_write(name##_ref *self) {                                 \
        if (!name##_is_sole(self)) {                                                     \
            *self = name##_make(**self);                                                 \
        }                                                                                \
        return self->get();                                                              \
    }

/* Each turn frees the node before: what it refers to last has been taken out. */
#define SHARED_PTR_CHAIN_(name, last)                                                    \
    static inline void name##_unchain(name##_ref next) {                                 \
        while (next != nullptr && next.use_count() == 1) {                               \
            name##_ref after = std::move(next->last);                                    \
            next = std::move(after);                                                     \
        }                                                                                \
    }                                                                                    \
    struct name##_chained final : name {                                                 \
        explicit name##_chained(name &&name##_made) : name(std::move(name##_made)) {}    \
        ~name##_chained() {                                                              \
            name##_unchain(std::move(this->last));                                       \
        }                                                                                \
    };

#define BENCH_TYPE_0(name) SHARED_PTR_OBJECT_(name, name)

#define BENCH_TYPE_MANY(name, child, member, length) SHARED_PTR_OBJECT_(name, name)

#define BENCH_TYPE_1(name, last)                                                         \
    SHARED_PTR_CHAIN_(name, last)                                                        \
    SHARED_PTR_OBJECT_(name, name##_chained)

#define BENCH_TYPE_2(name, a, last)                                                      \
    SHARED_PTR_CHAIN_(name, last)                                                        \
    SHARED_PTR_OBJECT_(name, name##_chained)

#endif
