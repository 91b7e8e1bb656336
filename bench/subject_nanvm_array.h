/* Arrays of nanvm_mem; a part of subject_nanvm.h. Whoever appends in a loop keeps room
 * to spare: `length` items of `capacity` are in use. */
#ifndef BENCH_SUBJECT_NANVM_ARRAY_H
#define BENCH_SUBJECT_NANVM_ARRAY_H

/* There is name_extend, too, which leaves the room to the library. */
#define BENCH_EXTEND 1

/* The handles and their functions, by the same names for both interfaces. */
#if defined(BENCH_TYPED)
#define NANVM_BENCH_HANDLES_(name) NANVM_TYPED(name, struct name, name##_type);
#else
#define NANVM_BENCH_HANDLES_(name)                                                       \
    typedef nanvm_ref name##_ref;                                                        \
    typedef nanvm_mut_ref name##_mut_ref;                                                \
    static inline name##_mut_ref name##_new_array(nanvm_manager *manager,                \
                                                  const void *items, size_t length) {    \
        return nanvm_new_array(manager, &name##_type, items, length);                    \
    }                                                                                    \
    static inline struct name *name##_mut_ref_get(name##_mut_ref self) {                 \
        return (struct name *)nanvm_mut_ref_get(self);                                   \
    }                                                                                    \
    static inline name##_ref name##_mut_ref_to_ref(name##_mut_ref self) {                \
        return nanvm_mut_ref_to_ref(self);                                               \
    }                                                                                    \
    static inline bool name##_mut_ref_resize_unset(                                      \
        name##_mut_ref *self, nanvm_manager *manager, size_t length) {                   \
        return nanvm_mut_ref_resize_unset(self, manager, length);                        \
    }                                                                                    \
    static inline const struct name *name##_ref_get(name##_ref self) {                   \
        return (const struct name *)nanvm_ref_get(self);                                 \
    }                                                                                    \
    static inline name##_ref name##_ref_clone(name##_ref self) {                         \
        return nanvm_ref_clone(self);                                                    \
    }                                                                                    \
    static inline void name##_ref_drop(name##_ref self) {                                \
        nanvm_ref_drop(self);                                                            \
    }                                                                                    \
    static inline struct name *name##_ref_make_mut(name##_ref *self,                     \
                                                   nanvm_manager *manager) {             \
        return (struct name *)nanvm_ref_make_mut(self, manager);                         \
    }                                                                                    \
    static inline name##_mut_ref name##_ref_to_mut_ref(name##_ref *self,                 \
                                                       nanvm_manager *manager) {         \
        return nanvm_ref_to_mut_ref(self, manager);                                      \
    }
#endif

#define BENCH_ARRAY(name, item)                                                          \
    struct name {                                                                        \
        size_t length;                                                                   \
        size_t capacity;                                                                 \
        item items[];                                                                    \
    };                                                                                   \
    NANVM_ARRAY(name##_type, struct name, items);                                        \
    NANVM_BENCH_HANDLES_(name)                                                           \
    static inline name##_ref name##_of(size_t length) {                                  \
        name##_mut_ref self = name##_new_array(bench_manager(), NULL, length);           \
        struct name *array = name##_mut_ref_get(self);                                   \
        if (array == NULL) {                                                             \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        array->length = array->capacity = length;                                        \
        return name##_mut_ref_to_ref(self);                                              \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        return name##_ref_clone(*self);                                                  \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        name##_ref_drop(self);                                                           \
    }                                                                                    \
    static inline size_t name##_length(const name##_ref *self) {                         \
        return name##_ref_get(*self)->length;                                            \
    }                                                                                    \
    static inline const item *name##_items(const name##_ref *self) {                     \
        return name##_ref_get(*self)->items;                                             \
    }                                                                                    \
    static inline struct name *name##_own(name##_ref *self) {                            \
        struct name *own = name##_ref_make_mut(self, bench_manager());                   \
        if (NANVM_UNLIKELY(own == NULL)) {                                               \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        return own;                                                                      \
    }                                                                                    \
    static inline item *name##_write(name##_ref *self) {                                 \
        return name##_own(self)->items;                                                  \
    }                                                                                    \
    static inline struct name *name##_resize(name##_ref *self, size_t capacity) {        \
        name##_mut_ref own = name##_ref_to_mut_ref(self, bench_manager());               \
        if (!name##_mut_ref_resize_unset(&own, bench_manager(), capacity)) {             \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        *self = name##_mut_ref_to_ref(own);                                              \
        name##_mut_ref_get(own)->capacity = capacity;                                    \
        return name##_mut_ref_get(own);                                                  \
    }                                                                                    \
    static inline void name##_append(name##_ref *self, item value) {                     \
        struct name *array = name##_own(self);                                           \
        if (array->length == array->capacity) {                                          \
            array = name##_resize(self, array->capacity == 0 ? 8 : 2 * array->capacity); \
        }                                                                                \
        array->items[array->length++] = value;                                           \
    }                                                                                    \
    static inline void name##_extend(name##_ref *self, item value) {                     \
        struct name *array = name##_resize(self, name##_ref_get(*self)->length + 1);     \
        array->items[array->length++] = value;                                           \
    }

#endif
