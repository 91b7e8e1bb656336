/* The blocks of a JSON document as nanvm_mem's objects, in whatever manager
 * bench_manager() is. */
#ifndef BENCH_DOCUMENTS_BLOCK_NANVM_H
#define BENCH_DOCUMENTS_BLOCK_NANVM_H

#include <nanvm/mem.h>

typedef nanvm_ref block;

#include "documents_layout.h"

/* --- kinds ---------------------------------------------------------------------------
 */

typedef const nanvm_type *block_kind;

static void value_visit(const void *part, nanvm_visitor *visitor, void *context) {
    value self = *(const value *)part;
    if (value_is_block(self)) {
        visitor(value_ref(self), context);
    }
}

static const size_t first_word[] = {0};

NANVM_TYPE(integer_type, int64_t);
NANVM_ARRAY_OF(string_type, char);
NANVM_ARRAY_OF(index_type, uint32_t);
NANVM_ARRAY_OF(leaves_type, value);

static const nanvm_type array_type = {
    .name = "array", .align = 8, .item_size = sizeof(value), .visit_item = value_visit};

static const nanvm_type names_type = {.name = "names",
                                      .size = sizeof(struct names),
                                      .align = 8,
                                      .item_size = sizeof(struct name),
                                      .items_offset = offsetof(struct names, items),
                                      .refs = first_word,
                                      .refs_length = 1,
                                      .item_refs = first_word,
                                      .item_refs_length = 1};

static const nanvm_type members_type = {.name = "members",
                                        .size = sizeof(struct members),
                                        .align = 8,
                                        .item_size = sizeof(value),
                                        .items_offset = offsetof(struct members, values),
                                        .refs = first_word,
                                        .refs_length = 1,
                                        .visit_item = value_visit};

static const nanvm_type leaf_members_type = {.name = "leaf members",
                                             .size = sizeof(struct members),
                                             .align = 8,
                                             .item_size = sizeof(value),
                                             .items_offset =
                                                 offsetof(struct members, values),
                                             .refs = first_word,
                                             .refs_length = 1};

static const block_kind string_kind = &string_type;
static const block_kind index_kind = &index_type;
static const block_kind names_kind = &names_type;
static const block_kind leaves_kind = &leaves_type;
static const block_kind array_kind = &array_type;
static const block_kind leaf_members_kind = &leaf_members_type;
static const block_kind members_kind = &members_type;

/* --- blocks --------------------------------------------------------------------------
 */

static void *block_checked(nanvm_mut_ref self) {
    if (self.object == NULL) {
        bench_fail("out of memory");
    }
    return self.object;
}

static inline void *block_new(block_kind kind, const void *items, size_t length) {
    return block_checked(nanvm_new_array(bench_manager(), kind, items, length));
}

static inline void *block_new_integer(int64_t number) {
    return block_checked(nanvm_new_copy(bench_manager(), &integer_type, &number));
}

static inline block block_of(void *own) {
    nanvm_mut_ref self = {own};
    return nanvm_mut_ref_to_ref(self);
}

static inline block block_clone(block self) {
    return nanvm_ref_clone(self);
}

static inline void block_drop(block self) {
    nanvm_ref_drop(self);
}

static inline void *block_own(block self) {
    return block_checked(nanvm_ref_to_mut_ref(&self, bench_manager()));
}

static inline block_kind block_kind_of(block self) {
    return nanvm_ref_type(self);
}

static inline size_t block_length(block self) {
    return nanvm_ref_length(self);
}

#endif
