/* A JSON value in one word.
 *
 * The three low bits say what the word is:
 *
 *   0  a constant: absent, null, false, true
 *   1  a string     2  a number, as it was written     (blocks of bytes)
 *   3  an array     4  an object                       (blocks of words)
 *   5  a string or a number short enough to fit into the word itself
 *   6  an array     7  an object, being edited: a *draft*
 *
 * Equal values that aren't drafts are the same word (see intern.h). A draft has
 * one owner, and only drafts hold drafts. An object's words are name, value,
 * name, value, in the order of the text, duplicates included.
 */
#ifndef HISTORY_VALUE_H
#define HISTORY_VALUE_H

#include <nanvm/mem.h>

typedef struct value {
    uintptr_t word;
} value;

enum kind {
    KIND_ABSENT,
    KIND_NULL,
    KIND_FALSE,
    KIND_TRUE,
    KIND_STRING,
    KIND_NUMBER,
    KIND_ARRAY,
    KIND_OBJECT
};

/* An array or an object. */
struct list {
    uint32_t size;   /* Values in it, itself and names included, counted as a tree. */
    uint32_t height; /* 1 with nothing nested in it. */
    value items[];
};

/* Borrowed bytes. */
struct text {
    const char *bytes;
    size_t length;
};

/* How deep arrays and objects may nest: reader, patches and git alike. It lets
 * the walks over a value recurse. */
#define VALUE_HEIGHT_LIMIT 1000

/* How many values a version may have. Sharing lets patches double a version as
 * often as they like, and each has to be written out once. */
#define VALUE_SIZE_LIMIT ((uint32_t)1 << 28)

#define VALUE_SHORT_TEXT (sizeof(uintptr_t) - 1)

extern const nanvm_type string_type;
extern const nanvm_type number_type;
extern const nanvm_type array_type;
extern const nanvm_type object_type;

static inline bool value_same(value a, value b) {
    return a.word == b.word;
}

static inline value value_constant(enum kind kind) {
    return (value){(uintptr_t)kind << 3};
}

static inline bool value_is_absent(value self) {
    return self.word == 0;
}

static inline unsigned value_tag(value self) {
    return (unsigned)(self.word & 7U);
}

static inline bool value_is_draft(value self) {
    return value_tag(self) >= 6;
}

static inline bool value_is_short(value self) {
    return value_tag(self) == 5;
}

/* The block behind the word, or the null handle. Borrowed. */
static inline nanvm_ref value_ref(value self) {
    bool inside = value_tag(self) == 0 || value_is_short(self);
    return (nanvm_ref){inside ? NULL : (const void *)(self.word & ~(uintptr_t)7)};
}

/* One more reference, if there is a block to refer to. */
static inline value value_clone(value self) {
    nanvm_ref shared = nanvm_ref_clone(value_ref(self));
    (void)shared; /* The word stays the same. */
    return self;
}

static inline void value_drop(value self) {
    nanvm_ref_drop(value_ref(self));
}

enum kind value_kind(value self);
bool value_is_list(value self);

/* `text` as a word, if it is short enough; else absent. */
value value_short_text(enum kind kind, struct text text);

/* A word for a block that holds `kind`. */
value value_from(enum kind kind, const void *block);
value value_draft_from(enum kind kind, const void *block);

/* The bytes of a string or a number. They lie in `*self` if it is short: then
 * they are copied to `room`. */
struct text value_text(value self, char room[VALUE_SHORT_TEXT]);
bool text_equal(struct text a, struct text b);

const struct list *value_list(value self);

/* Words: twice the members of an object. */
size_t value_length(value self);

uint32_t value_size(value self);
uint32_t value_height(value self);

/* Computes size and height from the items; false if a limit is passed. */
bool list_measure(struct list *self, size_t length);

/* Where the last member called `name` has its value; `value_length` if none. */
size_t value_find(value self, struct text name);

/* The last member called `name`, borrowed; or absent. */
value value_member(value self, const char *name);

#endif
