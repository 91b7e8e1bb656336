/* A JSON value in a word, for documents of nanvm_mem's objects.
 *
 * No real in JSON is a NaN, so those bits are free for the rest:
 *
 *   0xFFF9  null, false, true       0xFFFC  an integer that doesn't fit into a word
 *   0xFFFA  an integer              0xFFFD  a string
 *   0xFFFB  a short string          0xFFFE  an array
 *                                   0xFFFF  an object
 *
 * From 0xFFFC on, the lower 48 bits are the address of a block. */
#ifndef BENCH_DOCUMENTS_VALUE_H
#define BENCH_DOCUMENTS_VALUE_H

#include <nanvm/mem.h>

NANVM_STATIC_ASSERT(sizeof(void *) == 8, "addresses fit below the tag");

typedef struct value {
    uint64_t word;
} value;

#define VALUE_TAG(tag) ((uint64_t)(tag) << 48)

static const uint64_t value_constant_tag = VALUE_TAG(0xFFF9);
static const uint64_t value_integer_tag = VALUE_TAG(0xFFFA);
static const uint64_t value_short_tag = VALUE_TAG(0xFFFB);
static const uint64_t value_block_tag = VALUE_TAG(0xFFFC);
static const uint64_t value_string_tag = VALUE_TAG(0xFFFD);
static const uint64_t value_array_tag = VALUE_TAG(0xFFFE);
static const uint64_t value_object_tag = VALUE_TAG(0xFFFF);
static const uint64_t value_tag_mask = VALUE_TAG(0xFFFF);

static inline bool value_is_block(value self) {
    return self.word >= value_block_tag;
}

static inline bool value_is_real(value self) {
    return self.word < value_constant_tag;
}

/* Borrowed; the null handle for what lies in the word. */
static inline nanvm_ref value_ref(value self) {
    uintptr_t address = (uintptr_t)(self.word & ~value_tag_mask);
    nanvm_ref ref = {value_is_block(self) ? (const void *)address : NULL};
    return ref;
}

/* --- the types of blocks -----------------------------------------------------------
 *
 * A list without references has a type of its own, so that nobody looks for them when
 * it is copied or dropped. */

/* A name, stored once, so that equal ones are the same block; and its hash. */
struct name {
    nanvm_ref text;
    uint64_t hash;
};

/* The names of an object's members, in the order of the text. Objects with the same
 * names share them. Where there are many, `index` finds one by its hash. */
struct names {
    nanvm_ref index;
    struct name items[];
};

struct members {
    nanvm_ref names;
    value values[];
};

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

/* --- making values, and looking at them -------------------------------------------- */

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
    nanvm_ref shared = nanvm_ref_clone(value_ref(self));
    (void)shared; /* the word stays the same */
    return self;
}

static inline void value_drop(value self) {
    nanvm_ref_drop(value_ref(self));
}

static nanvm_mut_ref checked(nanvm_mut_ref self) {
    if (self.object == NULL) {
        bench_fail("out of memory");
    }
    return self;
}

static inline value value_integer(int64_t number) {
    if (number >= -((int64_t)1 << 47) && number < (int64_t)1 << 47) {
        return value_make(value_integer_tag | ((uint64_t)number & ~value_tag_mask));
    }
    return value_of_block(
        value_block_tag,
        checked(nanvm_new_copy(bench_manager(), &integer_type, &number)).object);
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
    nanvm_ref ref = value_ref(self);
    uint64_t tag = self.word & value_tag_mask;
    if (tag < value_constant_tag) {
        return self.word;
    }
    if (tag == value_integer_tag) {
        return (uint64_t)((int64_t)(self.word << 16) >> 16);
    }
    if (tag == value_string_tag) {
        return nanvm_ref_length(ref);
    }
    if (tag == value_short_tag) {
        return (self.word >> 40) & 0xFF;
    }
    return tag == value_block_tag ? *(const uint64_t *)ref.object : self.word & 1;
}

#endif
