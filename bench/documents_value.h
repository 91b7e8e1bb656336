/* Making JSON values, and looking at them. documents_layout.h says what they are.
 *
 * The blocks are nanvm_mem's objects, or have a count by hand. Either header supplies
 *
 *   block_kind    string_kind, index_kind, names_kind; leaves_kind, array_kind: an array
 *                 without references, and with some; leaf_members_kind, members_kind: an
 *                 object without references to values, and with some. So nobody looks for
 *                 references where none are
 *
 *   void *block_new(block_kind kind, const void *items, size_t length);
 *                                      with one owner; zeros where `items` is NULL
 *   void *block_new_integer(int64_t number);
 *   block block_of(void *own);         may be shared from now on
 *   block block_clone(block self);     may be null
 *   void block_drop(block self);       likewise
 *   void *block_own(block self);       takes a reference over; returns the block, or a
 *                                      copy if it is shared
 *   block_kind block_kind_of(block self);
 *   size_t block_length(block self); */
#ifndef BENCH_DOCUMENTS_VALUE_H
#define BENCH_DOCUMENTS_VALUE_H

#if defined(BENCH_SUBJECT_COUNTED_H)
#include "documents_block_counted.h"
#else
#include "documents_block_nanvm.h"
#endif

static inline value value_make(uint64_t word) {
    value self = {word};
    return self;
}

enum constant { CONSTANT_NULL = 0, CONSTANT_FALSE = 2, CONSTANT_TRUE = 3 };

static inline value value_constant(enum constant which) {
    return value_make(value_constant_tag | (uint64_t)which);
}

static inline value value_of_block(uint64_t tag, const void *object) {
    return value_make(tag | (uintptr_t)object);
}

static inline value value_clone(value self) {
    block shared = block_clone(value_ref(self));
    (void)shared; /* the word stays the same */
    return self;
}

static inline void value_drop(value self) {
    block_drop(value_ref(self));
}

static inline value value_integer(int64_t number) {
    if (number >= -((int64_t)1 << 47) && number < (int64_t)1 << 47) {
        return value_make(value_integer_tag | ((uint64_t)number & ~value_tag_mask));
    }
    return value_of_block(value_block_tag, block_new_integer(number));
}

/* Up to 5 bytes, their number above them. */
enum { VALUE_SHORT = 5 };

static inline value value_short(const char *bytes, size_t length) {
    uint64_t word = (uint64_t)length << 40;
    for (size_t i = 0; i < length; ++i) {
        word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    }
    return value_make(value_short_tag | word);
}

/* What the workload wants to know of a leaf. */
static inline uint64_t value_number(value self) {
    block ref = value_ref(self);
    uint64_t tag = self.word & value_tag_mask;
    if (tag < value_constant_tag) {
        return self.word;
    }
    if (tag == value_integer_tag) {
        return (uint64_t)((int64_t)(self.word << 16) >> 16);
    }
    if (tag == value_string_tag) {
        return block_length(ref);
    }
    if (tag == value_short_tag) {
        return (self.word >> 40) & 0xFF;
    }
    return tag == value_block_tag ? *(const uint64_t *)ref.object : self.word & 1;
}

#endif
