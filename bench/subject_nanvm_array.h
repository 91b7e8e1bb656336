/* Arrays of nanvm_mem; a part of subject_nanvm.h. Whoever appends in a loop keeps room
 * to spare, as the guide says: `length` items of `capacity` are in use. */
#ifndef BENCH_SUBJECT_NANVM_ARRAY_H
#define BENCH_SUBJECT_NANVM_ARRAY_H

/* There is name_extend, too, which leaves the room to the library. */
#define BENCH_EXTEND 1

#define BENCH_ARRAY(name, item)                                                          \
    struct name {                                                                        \
        size_t length;                                                                   \
        size_t capacity;                                                                 \
        item items[];                                                                    \
    };                                                                                   \
    NANVM_ARRAY(name##_object, struct name, items);                                      \
    typedef nanvm_ref name##_ref;                                                        \
    static inline struct name *name##_get(nanvm_mut_ref self) {                          \
        return (struct name *)nanvm_mut_ref_get(self);                                   \
    }                                                                                    \
    static inline name##_ref name##_of(size_t length) {                                  \
        nanvm_mut_ref self =                                                             \
            nanvm_new_array(bench_manager(), &name##_object, NULL, length);              \
        if (self.object == NULL) {                                                       \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        name##_get(self)->length = name##_get(self)->capacity = length;                  \
        return nanvm_mut_ref_to_ref(self);                                               \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return nanvm_ref_clone(*self);                                                   \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        nanvm_ref_drop(self);                                                            \
    }                                                                                    \
    static inline size_t name##_length(const name##_ref *self) {                         \
        return ((const struct name *)nanvm_ref_get(*self))->length;                      \
    }                                                                                    \
    static inline const item *name##_items(const name##_ref *self) {                     \
        return ((const struct name *)nanvm_ref_get(*self))->items;                       \
    }                                                                                    \
    static inline nanvm_mut_ref name##_own(name##_ref *self) {                           \
        nanvm_mut_ref own;                                                               \
        if (!nanvm_ref_try_to_mut_ref(self, &own)) {                                     \
            own = nanvm_ref_to_mut_ref(self, bench_manager());                           \
            if (own.object == NULL) {                                                    \
                bench_fail("out of memory");                                             \
            }                                                                            \
        }                                                                                \
        return own;                                                                      \
    }                                                                                    \
    static inline item *name##_write(name##_ref *self) {                                 \
        nanvm_mut_ref own = name##_own(self);                                            \
        *self = nanvm_mut_ref_to_ref(own);                                               \
        return name##_get(own)->items;                                                   \
    }                                                                                    \
    static inline void name##_resize(nanvm_mut_ref *self, size_t capacity) {             \
        if (!nanvm_mut_ref_resize(bench_manager(), self, capacity)) {                    \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        name##_get(*self)->capacity = capacity;                                          \
    }                                                                                    \
    static inline void name##_append(name##_ref *self, item value) {                     \
        nanvm_mut_ref own = name##_own(self);                                            \
        size_t capacity = name##_get(own)->capacity;                                     \
        if (name##_get(own)->length == capacity) {                                       \
            name##_resize(&own, capacity == 0 ? 8 : 2 * capacity);                       \
        }                                                                                \
        name##_get(own)->items[name##_get(own)->length++] = value;                       \
        *self = nanvm_mut_ref_to_ref(own);                                               \
    }                                                                                    \
    static inline void name##_extend(name##_ref *self, item value) {                     \
        nanvm_mut_ref own = name##_own(self);                                            \
        name##_resize(&own, name##_get(own)->length + 1);                                \
        name##_get(own)->items[name##_get(own)->length++] = value;                       \
        *self = nanvm_mut_ref_to_ref(own);                                               \
    }

#endif
