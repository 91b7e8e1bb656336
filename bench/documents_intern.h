/* Equal strings, names and lists of a JSON document, stored once. */
#ifndef BENCH_DOCUMENTS_INTERN_H
#define BENCH_DOCUMENTS_INTERN_H

#include "documents_value.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* --- a table --------------------------------------------------------------------------
 *
 * Open addressing, at most half full. It has a reference to each, and lends it. */

struct entry {
    block ref;
    uint64_t hash;
};

struct table {
    struct entry *slots;
    size_t capacity; /* a power of two */
    size_t used;
};

typedef bool table_equal(const void *object, const void *key);

static void *documents_allocate(size_t size) {
    void *memory = calloc(1, size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

static void table_open(struct table *self, size_t capacity) {
    self->slots = (struct entry *)documents_allocate(capacity * sizeof(struct entry));
    self->capacity = capacity;
    self->used = 0;
}

static void table_close(struct table *self) {
    for (size_t i = 0; i < self->capacity; ++i) {
        block_drop(self->slots[i].ref);
    }
    free(self->slots);
}

/* Where it is, or where it belongs. */
static inline struct entry *table_find(struct table *self, uint64_t hash,
                                       table_equal *equal, const void *key) {
    size_t i = (size_t)hash & (self->capacity - 1);
    while (self->slots[i].ref.object != NULL &&
           !(self->slots[i].hash == hash && equal(self->slots[i].ref.object, key))) {
        i = (i + 1) & (self->capacity - 1);
    }
    return &self->slots[i];
}

static bool table_never_equal(const void *object, const void *key) {
    (void)object;
    (void)key;
    return false;
}

static void table_grow(struct table *self) {
    struct table old = *self;
    table_open(self, 2 * old.capacity);
    self->used = old.used;
    for (size_t i = 0; i < old.capacity; ++i) {
        if (old.slots[i].ref.object != NULL) {
            *table_find(self, old.slots[i].hash, table_never_equal, NULL) = old.slots[i];
        }
    }
    free(old.slots);
}

/* Takes over `own`; borrowed from then on. */
static struct entry table_add(struct table *self, struct entry *slot, uint64_t hash,
                              void *own) {
    struct entry added = {block_of(own), hash};
    *slot = added;
    if (2 * ++self->used > self->capacity) {
        table_grow(self);
    }
    return added;
}

/* --- strings ---------------------------------------------------------------------- */

struct documents_text {
    const char *bytes;
    size_t length;
};

static inline bool text_equal(const void *object, const void *key) {
    const struct documents_text *text = (const struct documents_text *)key;
    block ref = {object};
    return block_length(ref) == text->length &&
           memcmp(object, text->bytes, text->length) == 0;
}

static inline uint64_t hash_bytes(const void *bytes, size_t size) {
    return XXH3_64bits_withSeed(bytes, size, 0x6e616e766dU);
}

/* Borrowed from the table. */
static struct entry intern_text(struct table *self, struct documents_text text) {
    uint64_t hash = hash_bytes(text.bytes, text.length);
    struct entry *slot = table_find(self, hash, text_equal, &text);
    if (slot->ref.object != NULL) {
        return *slot;
    }
    return table_add(self, slot, hash, block_new(string_kind, text.bytes, text.length));
}

/* --- the names of members ----------------------------------------------------------- */

struct documents_names {
    const struct name *items;
    size_t length;
};

static inline bool names_equal(const void *object, const void *key) {
    const struct documents_names *names = (const struct documents_names *)key;
    block ref = {object};
    return block_length(ref) == names->length &&
           memcmp(((const struct names *)object)->items, names->items,
                  names->length * sizeof(struct name)) == 0;
}

/* From as many names on, an index is faster than looking at the hashes. */
enum { NAMES_INDEXED = 16 };

static inline uint32_t *index_slot(uint32_t *slots, size_t capacity,
                                   const struct name *items, const struct name *wanted) {
    size_t i = (size_t)wanted->hash & (capacity - 1);
    while (slots[i] != 0 && items[slots[i] - 1].text.object != wanted->text.object) {
        i = (i + 1) & (capacity - 1);
    }
    return &slots[i];
}

/* A table with open addressing of positions, counted from 1; a name that is there
 * twice is found where it is last. */
static block index_make(const struct documents_names *names) {
    size_t capacity = 2 * NAMES_INDEXED;
    while (capacity < 2 * names->length) {
        capacity *= 2;
    }
    uint32_t *index = (uint32_t *)block_new(index_kind, NULL, capacity);
    for (size_t i = 0; i < names->length; ++i) {
        *index_slot(index, capacity, names->items, &names->items[i]) = (uint32_t)i + 1;
    }
    return block_of(index);
}

static struct names *names_make(const struct documents_names *names) {
    struct names *self =
        (struct names *)block_new(names_kind, names->items, names->length);
    for (size_t i = 0; i < names->length; ++i) {
        block shared = block_clone(names->items[i].text);
        (void)shared; /* the handle in the array is the same */
    }
    if (names->length >= NAMES_INDEXED) {
        self->index = index_make(names);
    }
    return self;
}

static block intern_names(struct table *self, struct documents_names names) {
    uint64_t hash = hash_bytes(names.items, names.length * sizeof(struct name));
    struct entry *slot = table_find(self, hash, names_equal, &names);
    if (slot->ref.object != NULL) {
        return slot->ref;
    }
    return table_add(self, slot, hash, names_make(&names)).ref;
}

static inline bool name_is(const struct name *self, uint64_t hash,
                           const struct documents_text *text) {
    return self->hash == hash && text_equal(self->text.object, text);
}

static size_t names_find_indexed(const struct names *self, size_t length, uint64_t hash,
                                 const struct documents_text *text) {
    const uint32_t *slots = (const uint32_t *)self->index.object;
    size_t mask = block_length(self->index) - 1;
    for (size_t i = (size_t)hash & mask; slots[i] != 0; i = (i + 1) & mask) {
        if (name_is(&self->items[slots[i] - 1], hash, text)) {
            return slots[i] - 1;
        }
    }
    return length;
}

/* Where the member called `text` is; the number of members if there is none. */
static size_t names_find(block names, struct documents_text text) {
    const struct names *self = (const struct names *)names.object;
    size_t length = block_length(names);
    uint64_t hash = hash_bytes(text.bytes, text.length);
    if (self->index.object != NULL) {
        return names_find_indexed(self, length, hash, &text);
    }
    for (size_t i = length; i-- > 0;) {
        if (name_is(&self->items[i], hash, &text)) {
            return i;
        }
    }
    return length;
}

/* --- arrays, and objects ------------------------------------------------------------ */

static bool has_blocks(const value *values, size_t length) {
    bool found = false;
    for (size_t i = 0; i < length; ++i) {
        found |= value_is_block(values[i]);
    }
    return found;
}

static bool are_reals(const value *values, size_t length) {
    bool all = true;
    for (size_t i = 0; i < length; ++i) {
        all &= value_is_real(values[i]);
    }
    return all;
}

struct documents_items {
    block_kind kind;
    block names; /* null for an array */
    const value *values;
    size_t length;
};

static inline bool items_equal(const void *object, const void *key) {
    const struct documents_items *items = (const struct documents_items *)key;
    const struct members *members = (const struct members *)object;
    block ref = {object};
    if (block_kind_of(ref) != items->kind || block_length(ref) != items->length) {
        return false;
    }
    size_t bytes = items->length * sizeof(value);
    return items->names.object == NULL
               ? memcmp(object, items->values, bytes) == 0
               : members->names.object == items->names.object &&
                     memcmp(members->values, items->values, bytes) == 0;
}

static void *new_list(const struct documents_items *items) {
    void *list = block_new(items->kind, items->values, items->length);
    if (items->names.object != NULL) {
        ((struct members *)list)->names = block_clone(items->names);
    }
    return list;
}

static void drop_items(const struct documents_items *items) {
    for (size_t i = 0; i < items->length; ++i) {
        value_drop(items->values[i]);
    }
}

/* The equal of a list that was read before, or a new one. */
static block intern_list(struct table *self, const struct documents_items *items) {
    uint64_t hash = hash_bytes(items->values, items->length * sizeof(value)) ^
                    (uintptr_t)items->names.object;
    struct entry *slot = table_find(self, hash, items_equal, items);
    if (slot->ref.object == NULL) {
        return block_clone(table_add(self, slot, hash, new_list(items)).ref);
    }
    drop_items(items);
    return block_clone(slot->ref);
}

#endif
