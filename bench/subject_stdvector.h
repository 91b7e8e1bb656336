/* C++: std::vector, shared by std::shared_ptr. For the workloads with arrays. */
#ifndef BENCH_SUBJECT_STDVECTOR_H
#define BENCH_SUBJECT_STDVECTOR_H

#include <memory>
#include <vector>

static inline void bench_open(void) {}
static inline void bench_close(void) {}

#define BENCH_ARRAY(name, item)                                                          \
    using name##_ref = std::shared_ptr<std::vector<item>>;                               \
    static inline name##_ref name##_of(size_t length) {                                  \
        return std::make_shared<std::vector<item>>(length);                              \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return *self;                                                                    \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        self.reset();                                                                    \
    }                                                                                    \
    static inline size_t name##_length(const name##_ref *self) {                         \
        return (*self)->size();                                                          \
    }                                                                                    \
    static inline const item *name##_items(const name##_ref *self) {                     \
        return (*self)->data();                                                          \
    }                                                                                    \
    static inline std::vector<item> &name##_own(name##_ref *self) {                      \
        if (self->use_count() != 1) {                                                    \
            *self = std::make_shared<std::vector<item>>(**self);                         \
        }                                                                                \
        return **self;                                                                   \
    }                                                                                    \
    static inline item *name##_write(name##_ref *self) {                                 \
        return name##_own(self).data();                                                  \
    }                                                                                    \
    static inline void name##_append(name##_ref *self, item value) {                     \
        name##_own(self).push_back(value);                                               \
    }

#endif
