/* Arrays with a count written by hand: malloc, and realloc to twice as many items. A
 * part of subject_counted.h. */
#ifndef BENCH_SUBJECT_COUNTED_ARRAY_H
#define BENCH_SUBJECT_COUNTED_ARRAY_H

#define BENCH_ARRAY(name, item)                                                          \
    typedef struct name##_counted {                                                      \
        counted_word count;                                                              \
        size_t length;                                                                   \
        size_t capacity;                                                                 \
        item items[];                                                                    \
    } * name##_ref;                                                                      \
    static inline name##_ref name##_checked(void *memory) {                              \
        if (memory == NULL) {                                                            \
            bench_fail("out of memory");                                                 \
        }                                                                                \
        return (name##_ref)memory;                                                       \
    }                                                                                    \
    static inline size_t name##_bytes(size_t capacity) {                                 \
        return sizeof(struct name##_counted) + capacity * sizeof(item);                  \
    }                                                                                    \
    static inline name##_ref name##_of(size_t length) {                                  \
        name##_ref self = name##_checked(calloc(1, name##_bytes(length)));               \
        counted_init(&self->count);                                                      \
        self->length = self->capacity = length;                                          \
        return self;                                                                     \
    }                                                                                    \
    static inline name##_ref name##_clone(const name##_ref *self) {                      \
        counted_add(&(*self)->count);                                                    \
        return *self;                                                                    \
    }                                                                                    \
    static inline void name##_drop(name##_ref self) {                                    \
        if (counted_release(&self->count)) {                                             \
            free(self);                                                                  \
        }                                                                                \
    }                                                                                    \
    static inline size_t name##_length(const name##_ref *self) {                         \
        return (*self)->length;                                                          \
    }                                                                                    \
    static inline const item *name##_items(const name##_ref *self) {                     \
        return (*self)->items;                                                           \
    }                                                                                    \
    static inline void name##_copy(name##_ref *self) {                                   \
        size_t bytes = name##_bytes((*self)->length);                                    \
        name##_ref copy = name##_checked(malloc(bytes));                                 \
        memcpy(copy, *self, bytes);                                                      \
        counted_init(&copy->count);                                                      \
        copy->capacity = copy->length;                                                   \
        name##_drop(*self);                                                              \
        *self = copy;                                                                    \
    }                                                                                    \
    static inline item *name##_write(name##_ref *self) {                                 \
        if (!counted_is_sole(&(*self)->count)) {                                         \
            name##_copy(self);                                                           \
        }                                                                                \
        return (*self)->items;                                                           \
    }                                                                                    \
    static inline void name##_grow(name##_ref *self) {                                   \
        size_t capacity = (*self)->capacity == 0 ? 8 : 2 * (*self)->capacity;            \
        *self = name##_checked(realloc(*self, name##_bytes(capacity)));                  \
        (*self)->capacity = capacity;                                                    \
    }                                                                                    \
    static inline void name##_append(name##_ref *self, item value) {                     \
        (void)name##_write(self);                                                        \
        if ((*self)->length == (*self)->capacity) {                                      \
            name##_grow(self);                                                           \
        }                                                                                \
        (*self)->items[(*self)->length++] = value;                                       \
    }

#endif
