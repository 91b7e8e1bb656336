/* The blocks of a JSON document with a count by hand, in memory of counted_alloc(). In
 * front of a block are its count, its kind and its length. */
#ifndef BENCH_DOCUMENTS_BLOCK_COUNTED_H
#define BENCH_DOCUMENTS_BLOCK_COUNTED_H

typedef struct block {
    const void *object;
} block;

#include "documents_layout.h"

struct block_head {
    uint32_t count; /* of the other references */
    uint32_t kind;
    size_t length;
};

/* --- kinds ---------------------------------------------------------------------------
 */

typedef enum block_kind {
    integer_kind,
    string_kind,
    index_kind,
    names_kind,
    leaves_kind,
    array_kind,
    leaf_members_kind,
    members_kind
} block_kind;

struct block_shape {
    size_t size;
    size_t item_size;
};

static inline struct block_shape block_shape_of(block_kind kind) {
    static const struct block_shape shapes[] = {
        [integer_kind] = {sizeof(int64_t), 0},
        [string_kind] = {0, sizeof(char)},
        [index_kind] = {0, sizeof(uint32_t)},
        [names_kind] = {sizeof(struct names), sizeof(struct name)},
        [leaves_kind] = {0, sizeof(value)},
        [array_kind] = {0, sizeof(value)},
        [leaf_members_kind] = {sizeof(struct members), sizeof(value)},
        [members_kind] = {sizeof(struct members), sizeof(value)}};
    return shapes[kind];
}

/* --- blocks --------------------------------------------------------------------------
 */

static inline struct block_head *block_head_of(block self) {
    return (struct block_head *)(uintptr_t)self.object - 1;
}

static inline block_kind block_kind_of(block self) {
    return (block_kind)block_head_of(self)->kind;
}

static inline size_t block_length(block self) {
    return block_head_of(self)->length;
}

static inline size_t block_bytes(block_kind kind, size_t length) {
    struct block_shape shape = block_shape_of(kind);
    return shape.size + length * shape.item_size;
}

/* Nothing is written behind the head. */
static inline char *block_alloc(block_kind kind, size_t length) {
    struct block_head head = {0, (uint32_t)kind, length};
    struct block_head *self =
        (struct block_head *)counted_alloc(sizeof(head) + block_bytes(kind, length));
    if (self == NULL) {
        bench_fail("out of memory");
    }
    *self = head;
    return (char *)(self + 1);
}

static inline void *block_new(block_kind kind, const void *items, size_t length) {
    struct block_shape shape = block_shape_of(kind);
    char *self = block_alloc(kind, length);
    memset(self, 0, shape.size);
    if (items == NULL) {
        memset(self + shape.size, 0, length * shape.item_size);
    } else if (length > 0) {
        memcpy(self + shape.size, items, length * shape.item_size);
    }
    return self;
}

static inline void *block_new_integer(int64_t number) {
    return memcpy(block_alloc(integer_kind, 0), &number, sizeof(number));
}

static inline block block_of(void *own) {
    block self = {own};
    return self;
}

static inline block block_clone(block self) {
    if (self.object != NULL) {
        block_head_of(self)->count += 1;
    }
    return self;
}

typedef void block_visitor(block part);

static inline void block_visit_values(const value *values, size_t length,
                                      block_visitor *visitor) {
    for (size_t i = 0; i < length; ++i) {
        visitor(value_ref(values[i]));
    }
}

static inline void block_visit_names(const struct names *self, size_t length,
                                     block_visitor *visitor) {
    visitor(self->index);
    for (size_t i = 0; i < length; ++i) {
        visitor(self->items[i].text);
    }
}

/* Each block that this one refers to; some are null. */
static inline void block_visit(block self, block_visitor *visitor) {
    const struct members *members = (const struct members *)self.object;
    size_t length = block_length(self);
    switch (block_kind_of(self)) {
    case names_kind:
        block_visit_names((const struct names *)self.object, length, visitor);
        break;
    case array_kind:
        block_visit_values((const value *)self.object, length, visitor);
        break;
    case members_kind:
        block_visit_values(members->values, length, visitor);
        visitor(members->names);
        break;
    case leaf_members_kind:
        visitor(members->names);
        break;
    default:
        break;
    }
}

static void block_drop(block self);

static void block_free(block self) {
    size_t bytes = block_bytes(block_kind_of(self), block_length(self));
    block_visit(self, block_drop);
    counted_free(block_head_of(self), sizeof(struct block_head) + bytes);
}

static void block_drop(block self) {
    if (self.object != NULL && block_head_of(self)->count-- == 0) {
        block_free(self);
    }
}

static inline void block_share(block self) {
    (void)block_clone(self);
}

static void *block_copy(block self) {
    block_kind kind = block_kind_of(self);
    size_t length = block_length(self);
    void *copy =
        memcpy(block_alloc(kind, length), self.object, block_bytes(kind, length));
    block_visit(block_of(copy), block_share);
    return copy;
}

static inline void *block_own(block self) {
    if (block_head_of(self)->count == 0) {
        return (void *)(uintptr_t)self.object;
    }
    void *copy = block_copy(self);
    block_drop(self);
    return copy;
}

#endif
