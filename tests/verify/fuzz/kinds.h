/* The kinds of object that the targets create, described well enough to write and
 * compare any of them: bytes and references in the fixed part, and in each item. */
#ifndef FUZZ_KINDS_H
#define FUZZ_KINDS_H

#include <nanvm/mem.h>

#include "calls.h"

/* Those that are asked for by name; before PAIR_KIND come the ones that hold nothing. */
enum {
    POINT_KIND = 2,
    PAIR_KIND = 7,
    FILE_KIND = 11,
    LOCK_KIND,
    HIDDEN_KIND,
    REFS_KIND = 17,
    BOOK_KIND,
    WORDS_KIND,
    FILES_KIND,
    LOG_KIND
};

enum { KINDS = 27, PARTS_MAX = 80, BYTES_MAX = 70000, SCRIPT = 6 };

/* The first member of every kind with callbacks: by it they know the object, and what
 * they are to do meanwhile. */
typedef struct card {
    uint16_t id;
    unsigned char script[SCRIPT];
} card;

/* The bytes of an object follow from four numbers. */
typedef struct content {
    size_t length;
    size_t filled;       /* items with bytes; those behind are zeros */
    uint16_t seed;       /* of these bytes; 0: zeros */
    uint16_t fixed_seed; /* of the bytes of the fixed part */
} content;

/* A part is a reference in an object: as it is, or tagged. */
typedef struct kind {
    const nanvm_type *type;
    const calls *typed;
    size_t bytes_offset, bytes_size; /* of the fixed part */
    size_t parts_length;             /* in the fixed part ... */
    const size_t *parts;             /* ... at these offsets */
    size_t tagged_parts;             /* so many of them, from the first */
    size_t item_bytes_offset, item_bytes_size;
    size_t item_part; /* the offset of the part in an item */
    bool has_item_part, has_tagged_items;
    bool has_card;
    bool hides; /* the last fixed part isn't declared: only `drop` knows of it */
} kind;

extern const kind kinds[KINDS];

/* The kind of a type; NULL if it is none of these. */
const kind *kind_of(const nanvm_type *type);

/* The parts of an object of `length` items: the fixed ones come first. */
size_t kind_parts(const kind *self, size_t length);

/* How many items a byte asks for. */
size_t kind_length(const kind *self, unsigned char choice);

nanvm_ref kind_part(const kind *self, const void *object, size_t part);
void kind_set_part(const kind *self, void *object, size_t part, nanvm_ref reference);

/* Bytes of the fixed part, and of items [begin, filled). */
void kind_write_fixed(const kind *self, void *object, const content *its);
void kind_write_items(const kind *self, void *items, const content *its, size_t begin);

bool kind_has_content(const kind *self, const void *object, const content *its);

/* In a new array, what the fixed part has behind the items is zeros. */
bool kind_has_clear_tail(const kind *self, const void *object, size_t length);

static inline void *kind_items(const kind *self, const void *object) {
    return (void *)((uintptr_t)object + self->type->items_offset);
}

/* What the types call; see callbacks.c. */
void on_drop(void *object, size_t length);
bool on_clone(void *copy, const void *source, size_t length);

/* To be called once, first. */
void kinds_init(void);

#endif
