/* JSON documents of nanvm_mem's objects, in whatever manager bench_manager() is, built
 * by yajl's events. As in the example `history`, a document is a value that never
 * changes while it is shared: a copy is one more reference, and a change copies the
 * lists on its way, as far as somebody else refers to them.
 *
 * A value is one word. No real in JSON is a NaN, so those bits are free for the rest:
 *
 *   0xFFF9  null, false, true       0xFFFC  an integer that doesn't fit into a word
 *   0xFFFA  an integer              0xFFFD  a string
 *   0xFFFB  a short string          0xFFFE  an array
 *                                   0xFFFF  an object
 *
 * From 0xFFFC on, the lower 48 bits are the address of a block. */
#ifndef BENCH_DOCUMENTS_NANVM_H
#define BENCH_DOCUMENTS_NANVM_H

#include "documents.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include <yajl/yajl_parse.h>

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

/* --- the types of blocks ------------------------------------------------------------
 *
 * A list that holds no reference has a type of its own, so that nobody looks for them
 * when it is copied or dropped. */

/* Something that is stored once, with the hash by which it is found. */
struct entry {
    nanvm_ref ref;
    uint64_t hash;
};

/* The names are an array of entries, which objects with the same names share. Each name
 * is stored once as well, so equal ones are the same block. */
struct members {
    nanvm_ref names;
    value values[];
};

static inline bool value_is_block(value self) {
    return self.word >= value_block_tag;
}

static inline nanvm_ref value_ref(value self) {
    nanvm_ref ref = {
        value_is_block(self) ? (void *)(uintptr_t)(self.word & ~value_tag_mask) : NULL};
    return ref;
}

static void value_visit(const void *part, nanvm_visitor *visitor, void *context) {
    value self = *(const value *)part;
    if (value_is_block(self)) {
        visitor(value_ref(self), context);
    }
}

static const size_t first_word[] = {0};

NANVM_OBJECT(integer_object, int64_t);
NANVM_ARRAY_OF(string_object, char);
static const nanvm_object names_object = {
    "names", 0,    8,   sizeof(struct entry), 0, NULL, 0, first_word, 1, NULL,
    NULL,    NULL, NULL};
NANVM_ARRAY_OF(leaves_object, value);
static const nanvm_object array_object = {"array", 0, 8,    sizeof(value), 0,    NULL, 0,
                                          NULL,    0, NULL, value_visit,   NULL, NULL};
static const nanvm_object members_object = {"members",
                                            sizeof(struct members),
                                            8,
                                            sizeof(value),
                                            offsetof(struct members, values),
                                            first_word,
                                            1,
                                            NULL,
                                            0,
                                            NULL,
                                            value_visit,
                                            NULL,
                                            NULL};
static const nanvm_object leaf_members_object = {"leaf members",
                                                 sizeof(struct members),
                                                 8,
                                                 sizeof(value),
                                                 offsetof(struct members, values),
                                                 first_word,
                                                 1,
                                                 NULL,
                                                 0,
                                                 NULL,
                                                 NULL,
                                                 NULL,
                                                 NULL};

/* --- values ------------------------------------------------------------------------- */

static inline value value_make(uint64_t word) {
    value self = {word};
    return self;
}

static inline value value_constant(unsigned which) {
    return value_make(value_constant_tag | which);
}

static inline value value_of_block(uint64_t tag, const void *object) {
    return value_make(tag | (uintptr_t)object);
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
        checked(nanvm_new_copy(bench_manager(), &integer_object, &number)).object);
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

/* --- equal things, stored once ------------------------------------------------------
 *
 * A table with open addressing, at most half full. It has a reference to each. */

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
        nanvm_ref_drop(self->slots[i].ref);
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
                              nanvm_mut_ref own) {
    struct entry added = {nanvm_mut_ref_to_ref(own), hash};
    *slot = added;
    if (2 * ++self->used > self->capacity) {
        table_grow(self);
    }
    return added;
}

/* --- strings, names, lists ---------------------------------------------------------- */

struct documents_text {
    const char *bytes;
    size_t length;
};

static inline bool text_equal(const void *object, const void *key) {
    const struct documents_text *text = (const struct documents_text *)key;
    nanvm_ref ref = {object};
    return nanvm_ref_length(ref) == text->length &&
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
    return table_add(self, slot, hash,
                     checked(nanvm_new_array(bench_manager(), &string_object, text.bytes,
                                             text.length)));
}

struct documents_names {
    const struct entry *names;
    size_t length;
};

static inline bool names_equal(const void *object, const void *key) {
    const struct documents_names *names = (const struct documents_names *)key;
    nanvm_ref ref = {object};
    return nanvm_ref_length(ref) == names->length &&
           memcmp(object, names->names, names->length * sizeof(struct entry)) == 0;
}

static void clone_names(const struct documents_names *names) {
    for (size_t i = 0; i < names->length; ++i) {
        nanvm_ref shared = nanvm_ref_clone(names->names[i].ref);
        (void)shared;
    }
}

/* Borrowed from the table. */
static nanvm_ref intern_names(struct table *self, struct documents_names names) {
    uint64_t hash = hash_bytes(names.names, names.length * sizeof(struct entry));
    struct entry *slot = table_find(self, hash, names_equal, &names);
    if (slot->ref.object != NULL) {
        return slot->ref;
    }
    clone_names(&names);
    return table_add(self, slot, hash,
                     checked(nanvm_new_array(bench_manager(), &names_object, names.names,
                                             names.length)))
        .ref;
}

/* --- the reader ----------------------------------------------------------------------
 *
 * What belongs to lists that aren't complete lies on two stacks: values, each with a
 * reference, and names, borrowed. */

enum { DOCUMENTS_OPEN = 1000 };

struct documents_list {
    size_t values;
    size_t names;
};

typedef struct documents_reader {
    struct table texts;
    struct table names;
    struct table lists;
    size_t reals; /* lists of them */
    size_t reals_found;
    value *values;
    size_t values_length;
    size_t values_capacity;
    struct entry *open_names;
    size_t names_length;
    size_t names_capacity;
    size_t depth;
    struct documents_list open[DOCUMENTS_OPEN];
} documents_reader;

static void *documents_enlarge(void *memory, size_t *capacity, size_t item_size) {
    *capacity *= 2;
    void *larger = realloc(memory, *capacity * item_size);
    if (larger == NULL) {
        bench_fail("out of memory");
    }
    return larger;
}

static inline int push(documents_reader *self, value word) {
    if (self->values_length == self->values_capacity) {
        self->values = (value *)documents_enlarge(self->values, &self->values_capacity,
                                                  sizeof(value));
    }
    self->values[self->values_length++] = word;
    return 1;
}

static int on_null(void *context) {
    return push((documents_reader *)context, value_constant(0));
}

static int on_boolean(void *context, int truth) {
    return push((documents_reader *)context, value_constant(truth ? 3 : 2));
}

static int on_integer(void *context, long long number) {
    return push((documents_reader *)context, value_integer(number));
}

static int on_real(void *context, double number) {
    return push((documents_reader *)context, value_make(documents_bits(number)));
}

static int on_string(void *context, const unsigned char *bytes, size_t length) {
    documents_reader *self = (documents_reader *)context;
    struct documents_text text = {(const char *)bytes, length};
    if (length <= VALUE_SHORT) {
        return push(self, value_short(text.bytes, length));
    }
    nanvm_ref string = nanvm_ref_clone(intern_text(&self->texts, text).ref);
    return push(self, value_of_block(value_string_tag, string.object));
}

static int on_name(void *context, const unsigned char *bytes, size_t length) {
    documents_reader *self = (documents_reader *)context;
    struct documents_text text = {(const char *)bytes, length};
    if (self->names_length == self->names_capacity) {
        self->open_names = (struct entry *)documents_enlarge(
            self->open_names, &self->names_capacity, sizeof(struct entry));
    }
    self->open_names[self->names_length++] = intern_text(&self->texts, text);
    return 1;
}

static int on_open(void *context) {
    documents_reader *self = (documents_reader *)context;
    struct documents_list list = {self->values_length, self->names_length};
    if (self->depth == DOCUMENTS_OPEN) {
        return 0;
    }
    self->open[self->depth++] = list;
    return 1;
}

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
        all &= values[i].word < value_constant_tag;
    }
    return all;
}

struct documents_items {
    const nanvm_object *type;
    nanvm_ref names; /* null for an array */
    const value *values;
    size_t length;
};

static inline bool items_equal(const void *object, const void *key) {
    const struct documents_items *items = (const struct documents_items *)key;
    nanvm_ref ref = {object};
    size_t offset = items->type->items_offset;
    return nanvm_ref_object(ref) == items->type &&
           nanvm_ref_length(ref) == items->length &&
           (offset == 0 ||
            nanvm_ref_same(((const struct members *)object)->names, items->names)) &&
           memcmp((const char *)object + offset, items->values,
                  items->length * sizeof(value)) == 0;
}

static nanvm_mut_ref new_list(const struct documents_items *items) {
    nanvm_mut_ref list = checked(
        nanvm_new_array(bench_manager(), items->type, items->values, items->length));
    if (items->names.object != NULL) {
        ((struct members *)list.object)->names = nanvm_ref_clone(items->names);
    }
    return list;
}

static void drop_items(const struct documents_items *items) {
    for (size_t i = 0; i < items->length; ++i) {
        value_drop(items->values[i]);
    }
}

/* The equal of a list that was read before, or a new one. */
static nanvm_ref intern_list(struct table *self, const struct documents_items *items) {
    uint64_t hash = hash_bytes(items->values, items->length * sizeof(value)) ^
                    (uintptr_t)items->names.object;
    struct entry *slot = table_find(self, hash, items_equal, items);
    if (slot->ref.object == NULL) {
        return nanvm_ref_clone(table_add(self, slot, hash, new_list(items)).ref);
    }
    drop_items(items);
    return nanvm_ref_clone(slot->ref);
}

/* Measured data has few equals. When it turns out that next to no list of reals was
 * there before, the others aren't looked for. */
static nanvm_ref end_reals(documents_reader *self, const struct documents_items *items) {
    if (self->reals > 1024 + 8 * self->reals_found) {
        return nanvm_mut_ref_to_ref(new_list(items));
    }
    size_t used = self->lists.used;
    nanvm_ref list = intern_list(&self->lists, items);
    self->reals += 1;
    self->reals_found += self->lists.used == used ? 1 : 0;
    return list;
}

static int on_array_end(void *context) {
    documents_reader *self = (documents_reader *)context;
    size_t start = self->open[--self->depth].values;
    struct documents_items items = {
        &leaves_object, {NULL}, self->values + start, self->values_length - start};
    if (has_blocks(items.values, items.length)) {
        items.type = &array_object;
    }
    self->values_length = start;
    nanvm_ref list = are_reals(items.values, items.length)
                         ? end_reals(self, &items)
                         : intern_list(&self->lists, &items);
    return push(self, value_of_block(value_array_tag, list.object));
}

static int on_object_end(void *context) {
    documents_reader *self = (documents_reader *)context;
    struct documents_list start = self->open[--self->depth];
    struct documents_names names = {self->open_names + start.names,
                                    self->names_length - start.names};
    struct documents_items items = {&leaf_members_object,
                                    intern_names(&self->names, names),
                                    self->values + start.values, names.length};
    if (has_blocks(items.values, items.length)) {
        items.type = &members_object;
    }
    self->values_length = start.values;
    self->names_length = start.names;
    nanvm_ref list = intern_list(&self->lists, &items);
    return push(self, value_of_block(value_object_tag, list.object));
}

static inline void documents_reader_open(documents_reader *self) {
    memset(self, 0, sizeof(*self));
    self->values_capacity = self->names_capacity = 64;
    self->values = (value *)documents_allocate(self->values_capacity * sizeof(value));
    self->open_names =
        (struct entry *)documents_allocate(self->names_capacity * sizeof(struct entry));
    table_open(&self->texts, 256);
    table_open(&self->names, 64);
    table_open(&self->lists, 256);
}

static inline void documents_reader_close(documents_reader *self) {
    table_close(&self->lists);
    table_close(&self->names);
    table_close(&self->texts);
    free(self->values);
    free(self->open_names);
}

/* What a text that isn't valid has left. */
static void documents_forget(documents_reader *self) {
    while (self->values_length > 0) {
        value_drop(self->values[--self->values_length]);
    }
    self->names_length = 0;
    self->depth = 0;
}

static bool documents_parse(documents_reader *self, const char *text, size_t length) {
    static const yajl_callbacks callbacks = {
        on_null, on_boolean, on_integer,    on_real, NULL,        on_string,
        on_open, on_name,    on_object_end, on_open, on_array_end};
    yajl_handle parser = yajl_alloc(&callbacks, NULL, self);
    bool valid =
        yajl_parse(parser, (const unsigned char *)text, length) == yajl_status_ok &&
        yajl_complete_parse(parser) == yajl_status_ok;
    yajl_free(parser);
    return valid;
}

typedef value document;

static inline bool documents_read(documents_reader *self, const char *text, size_t length,
                                  document *out) {
    if (!documents_parse(self, text, length)) {
        documents_forget(self);
        *out = value_constant(0);
        return false;
    }
    *out = self->values[--self->values_length];
    return true;
}

/* --- documents -----------------------------------------------------------------------
 */

static inline document document_copy(const document *self) {
    nanvm_ref shared = nanvm_ref_clone(value_ref(*self));
    (void)shared;
    return *self;
}

static inline void document_drop(document self) {
    value_drop(self);
}

/* The list in `*self`, which has only this owner from now on. */
static inline void *value_own(value *self) {
    nanvm_ref shared = value_ref(*self);
    nanvm_mut_ref own = checked(nanvm_ref_to_mut_ref(&shared, bench_manager()));
    *self = value_of_block(self->word & value_tag_mask, own.object);
    return own.object;
}

static inline value *members_find(struct members *self,
                                  const struct documents_step *step) {
    const struct entry *names = (const struct entry *)nanvm_ref_get(self->names);
    uint64_t hash = hash_bytes(step->name, step->length);
    struct documents_text text = {step->name, step->length};
    for (size_t i = nanvm_ref_length(self->names); i-- > 0;) {
        if (names[i].hash == hash && text_equal(names[i].ref.object, &text)) {
            return &self->values[i];
        }
    }
    bench_fail("there is no such member");
    return NULL;
}

/* An integer that fits into a word is no reference: the list's type stays right. */
static inline void document_set(document *self, const struct documents_path *path,
                                int number) {
    value *at = self;
    for (size_t i = 0; i < path->length; ++i) {
        void *list = value_own(at);
        at = path->steps[i].is_member
                 ? members_find((struct members *)list, &path->steps[i])
                 : (value *)list + path->steps[i].index;
    }
    value_drop(*at);
    *at = value_integer(number);
}

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

static void documents_visit_value(value self, const struct documents_visitor *visitor) {
    nanvm_ref ref = value_ref(self);
    const struct members *members = (const struct members *)ref.object;
    const value *values = (const value *)ref.object;
    const struct entry *names = NULL;
    if (self.word < value_array_tag) {
        visitor->leaf(visitor->context, value_number(self));
        return;
    }
    if (self.word >= value_object_tag) {
        names = (const struct entry *)members->names.object;
        values = members->values;
    }
    visitor->open(visitor->context, names != NULL);
    for (size_t i = 0; i < nanvm_ref_length(ref); ++i) {
        if (names != NULL) {
            visitor->name(visitor->context, (const char *)names[i].ref.object,
                          nanvm_ref_length(names[i].ref));
        }
        documents_visit_value(values[i], visitor);
    }
    visitor->close(visitor->context);
}

static inline void document_visit(const document *self,
                                  const struct documents_visitor *visitor) {
    documents_visit_value(*self, visitor);
}

#endif
