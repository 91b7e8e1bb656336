/* What the blocks of a JSON document consist of: values of a word each, and names. It is
 * included by what supplies the blocks, which defines the handle `block` first.
 *
 * No real in JSON is a NaN, so those bits are free for the rest:
 *
 *   0xFFF9  null, false, true       0xFFFC  an integer that doesn't fit into a word
 *   0xFFFA  an integer              0xFFFD  a string
 *   0xFFFB  a short string          0xFFFE  an array
 *                                   0xFFFF  an object
 *
 * From 0xFFFC on, the lower 48 bits are the address of a block. */
#ifndef BENCH_DOCUMENTS_LAYOUT_H
#define BENCH_DOCUMENTS_LAYOUT_H

_Static_assert(sizeof(void *) == 8, "addresses fit below the tag");

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

/* The handle is borrowed. It is null for a value that lies in the word itself. */
static inline block value_ref(value self) {
    uintptr_t address = (uintptr_t)(self.word & ~value_tag_mask);
    block ref = {value_is_block(self) ? (const void *)address : NULL};
    return ref;
}

/* A name, stored once, so that equal ones are the same block; and its hash. */
struct name {
    block text;
    uint64_t hash;
};

/* The names of an object's members, in the order of the text. Objects with the same
 * names share them. Where there are many, `index` finds one by its hash. */
struct names {
    block index;
    struct name items[];
};

struct members {
    block names;
    value values[];
};

#endif
