#include "kinds.h"

#include <string.h>

#include "typed_calls.h"

/* --- leaves --- */

static const nanvm_type nothing_type = {.name = "nothing", .align = 1};

struct letter {
    unsigned char byte;
};
NANVM_TYPE(letter_type, struct letter);

struct point {
    unsigned char bytes[16];
};
NANVM_TYPE(point_type, struct point);

struct line { /* as aligned as a pool goes */
    _Alignas(64) unsigned char bytes[64];
};
NANVM_TYPE(line_type, struct line);

struct wall { /* beyond that */
    _Alignas(256) unsigned char bytes[256];
};
NANVM_TYPE(wall_type, struct wall);

struct hall { /* too large to share a chunk */
    unsigned char bytes[3000];
};
NANVM_TYPE(hall_type, struct hall);

struct slab { /* just small enough; many of them make a pool large */
    unsigned char bytes[1900];
};
NANVM_TYPE(slab_type, struct slab);

/* --- references that the table declares --- */

struct pair {
    nanvm_ref left;
    unsigned char bytes[8];
    nanvm_ref right;
};
NANVM_TYPE_REFS(pair_type, struct pair, left, right);

/* Few enough for the walk over what dies, but not for two at a time; and too many. */
enum { BROAD = 60, WIDE = 70 };
struct broad {
    nanvm_ref parts[BROAD];
};
struct wide {
    nanvm_ref parts[WIDE];
};
static size_t wide_parts[WIDE]; /* of both */
static const nanvm_type broad_type = {.name = "broad",
                                      .size = sizeof(struct broad),
                                      .align = _Alignof(struct broad),
                                      .refs = wide_parts,
                                      .refs_length = BROAD};
static const nanvm_type wide_type = {.name = "wide",
                                     .size = sizeof(struct wide),
                                     .align = _Alignof(struct wide),
                                     .refs = wide_parts,
                                     .refs_length = WIDE};

/* --- references that only a callback can find --- */

/* The lowest bit says that a word is a number; in a reference the next one is set. */
static nanvm_ref untag(uintptr_t word) {
    bool is_number = (word & 1) != 0;
    nanvm_ref reference = {is_number ? NULL : (const void *)(word & ~(uintptr_t)3)};
    return reference;
}

static uintptr_t tag(nanvm_ref reference) {
    return reference.object == NULL ? 1 : (uintptr_t)reference.object | 2;
}

static void visit_word(const void *part, nanvm_visitor *visitor, void *context) {
    visitor(untag(*(const uintptr_t *)part), context);
}

struct tagged {
    uintptr_t word;
    unsigned char bytes[8];
};
NANVM_TYPE_CALLBACKS(tagged_type, struct tagged, visit_word, NULL, NULL);

/* Both ways in one. */
struct mixed {
    uintptr_t word;
    nanvm_ref declared;
};
static const size_t mixed_refs[] = {offsetof(struct mixed, declared)};
static const nanvm_type mixed_type = {.name = "mixed",
                                      .size = sizeof(struct mixed),
                                      .align = _Alignof(struct mixed),
                                      .refs = mixed_refs,
                                      .refs_length = 1,
                                      .visit = visit_word};

/* --- callbacks at the end --- */

struct file {
    card card;
    unsigned char bytes[8];
    nanvm_ref directory;
};
static const size_t file_refs[] = {offsetof(struct file, directory)};
static const nanvm_type file_type = {.name = "file",
                                     .size = sizeof(struct file),
                                     .align = _Alignof(struct file),
                                     .refs = file_refs,
                                     .refs_length = 1,
                                     .drop = on_drop,
                                     .clone = on_clone};

struct lock { /* can't be cloned */
    card card;
};
NANVM_TYPE_CALLBACKS(lock_type, struct lock, NULL, on_drop, NULL);

struct hidden {
    card card;
    nanvm_ref secret;
};
NANVM_TYPE_CALLBACKS(hidden_type, struct hidden, NULL, on_drop, on_clone);

/* --- arrays --- */

NANVM_ARRAY_OF(ints_type, int);

struct text { /* its items begin in its padding */
    uint64_t hash;
    char tag;
    char items[];
};
NANVM_ARRAY(text_type, struct text, items);

struct triple {
    unsigned char bytes[3];
};
NANVM_ARRAY_OF(triples_type, struct triple);

NANVM_ARRAY_OF_REFS(refs_type);

struct entry {
    uint64_t key;
    nanvm_ref value;
};
struct book {
    nanvm_ref name;
    struct entry entries[];
};
static const size_t book_refs[] = {offsetof(struct book, name)};
static const size_t entry_refs[] = {offsetof(struct entry, value)};
static const nanvm_type book_type = {.name = "book",
                                     .size = sizeof(struct book),
                                     .align = _Alignof(struct book),
                                     .item_size = sizeof(struct entry),
                                     .items_offset = offsetof(struct book, entries),
                                     .refs = book_refs,
                                     .refs_length = 1,
                                     .item_refs = entry_refs,
                                     .item_refs_length = 1};

struct words {
    uintptr_t first;
    uintptr_t items[];
};
static const nanvm_type words_type = {.name = "words",
                                      .size = sizeof(struct words),
                                      .align = _Alignof(struct words),
                                      .item_size = sizeof(uintptr_t),
                                      .items_offset = offsetof(struct words, items),
                                      .visit = visit_word,
                                      .visit_item = visit_word};

struct files {
    card card;
    nanvm_ref items[];
};
static const size_t item_itself[] = {0};
static const nanvm_type files_type = {.name = "files",
                                      .size = sizeof(struct files),
                                      .align = _Alignof(struct files),
                                      .item_size = sizeof(nanvm_ref),
                                      .items_offset = offsetof(struct files, items),
                                      .item_refs = item_itself,
                                      .item_refs_length = 1,
                                      .drop = on_drop,
                                      .clone = on_clone};

struct log {
    card card;
    unsigned char items[];
};
static const nanvm_type log_type = {.name = "log",
                                    .size = sizeof(struct log),
                                    .align = _Alignof(struct log),
                                    .item_size = 1,
                                    .items_offset = offsetof(struct log, items),
                                    .drop = on_drop,
                                    .clone = on_clone};

NANVM_ARRAY_OF(lines_type, struct line);
NANVM_ARRAY_OF(walls_type, struct wall);

struct room {
    unsigned char bytes[600];
};
NANVM_ARRAY_OF(rooms_type, struct room);

struct sparse { /* a fixed part that is larger than where its items start */
    uint64_t words[3];
};
static const nanvm_type sparse_type = {.name = "sparse",
                                       .size = sizeof(struct sparse),
                                       .align = _Alignof(struct sparse),
                                       .item_size = sizeof(uint16_t),
                                       .items_offset = 8};

/* --- the same, typed --- */

TYPED_CALLS(nothing, unsigned char, nothing_type);
TYPED_CALLS(letter, struct letter, letter_type);
TYPED_CALLS(point, struct point, point_type);
TYPED_CALLS(line, struct line, line_type);
TYPED_CALLS(wall, struct wall, wall_type);
TYPED_CALLS(hall, struct hall, hall_type);
TYPED_CALLS(slab, struct slab, slab_type);
TYPED_CALLS(pair, struct pair, pair_type);
TYPED_CALLS(broad, struct broad, broad_type);
TYPED_CALLS(wide, struct wide, wide_type);
TYPED_CALLS(tagged, struct tagged, tagged_type);
TYPED_CALLS(mixed, struct mixed, mixed_type);
TYPED_CALLS(file, struct file, file_type);
TYPED_CALLS(lock, struct lock, lock_type);
TYPED_CALLS(hidden, struct hidden, hidden_type);
TYPED_CALLS(ints, int, ints_type);
TYPED_CALLS(text, struct text, text_type);
TYPED_CALLS(triples, struct triple, triples_type);
TYPED_CALLS(refs, nanvm_ref, refs_type);
TYPED_CALLS(book, struct book, book_type);
TYPED_CALLS(words, struct words, words_type);
TYPED_CALLS(files, struct files, files_type);
TYPED_CALLS(log, struct log, log_type);
TYPED_CALLS(lines, struct line, lines_type);
TYPED_CALLS(walls, struct wall, walls_type);
TYPED_CALLS(rooms, struct room, rooms_type);
TYPED_CALLS(sparse, struct sparse, sparse_type);

/* --- all of them --- */

static const size_t pair_parts[] = {offsetof(struct pair, left),
                                    offsetof(struct pair, right)};
static const size_t mixed_parts[] = {offsetof(struct mixed, word),
                                     offsetof(struct mixed, declared)};
static const size_t first_part[] = {0};
static const size_t secret_part[] = {offsetof(struct hidden, secret)};

#define KIND(name) .type = &name##_type, .typed = &name##_calls
#define BYTES(struct_name, member)                                                       \
    .bytes_offset = offsetof(struct struct_name, member),                                \
    .bytes_size = sizeof(((struct struct_name *)0)->member)
#define PARTS(list) .parts = (list), .parts_length = sizeof(list) / sizeof((list)[0])

const kind kinds[KINDS] = {
    {KIND(nothing)},
    {KIND(letter), BYTES(letter, byte)},
    [POINT_KIND] = {KIND(point), BYTES(point, bytes)},
    {KIND(line), BYTES(line, bytes)},
    {KIND(wall), BYTES(wall, bytes)},
    {KIND(hall), BYTES(hall, bytes)},
    {KIND(slab), BYTES(slab, bytes)},
    [PAIR_KIND] = {KIND(pair), BYTES(pair, bytes), PARTS(pair_parts)},
    {KIND(wide), PARTS(wide_parts)},
    {KIND(tagged), BYTES(tagged, bytes), PARTS(first_part), .tagged_parts = 1},
    {KIND(mixed), PARTS(mixed_parts), .tagged_parts = 1},
    [FILE_KIND] = {KIND(file), BYTES(file, bytes), PARTS(file_refs), .has_card = true},
    [LOCK_KIND] = {KIND(lock), .has_card = true},
    [HIDDEN_KIND] = {KIND(hidden), PARTS(secret_part), .has_card = true, .hides = true},
    {KIND(ints), .item_bytes_size = sizeof(int)},
    {KIND(text), .bytes_size = 9, .item_bytes_size = 1},
    {KIND(triples), .item_bytes_size = 3},
    [REFS_KIND] = {KIND(refs), .has_item_part = true},
    [BOOK_KIND] = {KIND(book), PARTS(book_refs), .item_bytes_size = sizeof(uint64_t),
                   .item_part = offsetof(struct entry, value), .has_item_part = true},
    [WORDS_KIND] = {KIND(words), PARTS(first_part), .tagged_parts = 1,
                    .has_item_part = true, .has_tagged_items = true},
    [FILES_KIND] = {KIND(files), .has_item_part = true, .has_card = true},
    [LOG_KIND] = {KIND(log), .item_bytes_size = 1, .has_card = true},
    {KIND(lines), .item_bytes_size = sizeof(struct line)},
    {KIND(walls), .item_bytes_size = sizeof(struct wall)},
    {KIND(rooms), .item_bytes_size = sizeof(struct room)},
    {KIND(sparse), .bytes_size = 8, .item_bytes_size = 2},
    {KIND(broad), .parts = wide_parts, .parts_length = BROAD},
};

const kind *kind_of(const nanvm_type *type) {
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].type == type) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* --- parts --- */

size_t kind_parts(const kind *self, size_t length) {
    return self->parts_length + (self->has_item_part ? length : 0);
}

/* Short ones mostly, and a few that are too large for pools or for a spare chunk. */
size_t kind_length(const kind *self, unsigned char choice) {
    size_t item = self->type->item_size;
    if (item == 0) {
        return 0;
    }
    size_t length = choice < 176   ? choice % 13
                    : choice < 240 ? choice % 80
                    : choice < 254 ? (size_t)choice * 12 / item
                                   : BYTES_MAX / item;
    size_t most = self->has_item_part ? PARTS_MAX - self->parts_length : BYTES_MAX / item;
    return length < most ? length : most;
}

static void *part_at(const kind *self, const void *object, size_t part) {
    if (part < self->parts_length) {
        return (void *)((uintptr_t)object + self->parts[part]);
    }
    size_t item = part - self->parts_length;
    return (void *)((uintptr_t)kind_items(self, object) + item * self->type->item_size +
                    self->item_part);
}

static bool is_tagged(const kind *self, size_t part) {
    return part < self->parts_length ? part < self->tagged_parts : self->has_tagged_items;
}

nanvm_ref kind_part(const kind *self, const void *object, size_t part) {
    const void *place = part_at(self, object, part);
    return is_tagged(self, part) ? untag(*(const uintptr_t *)place)
                                 : *(const nanvm_ref *)place;
}

void kind_set_part(const kind *self, void *object, size_t part, nanvm_ref reference) {
    void *place = part_at(self, object, part);
    if (is_tagged(self, part)) {
        *(uintptr_t *)place = tag(reference);
    } else {
        *(nanvm_ref *)place = reference;
    }
}

/* --- bytes --- */

enum { SEEDS = 4093 };
static unsigned char pattern[SEEDS + BYTES_MAX];
static const unsigned char zeros[BYTES_MAX];

static const unsigned char *pattern_of(uint16_t seed) {
    return seed == 0 ? zeros : pattern + seed % SEEDS;
}

void kinds_init(void) {
    uint32_t random = 1;
    for (size_t i = 0; i < sizeof(pattern); i++) {
        random = random * 1664525 + 1013904223;
        pattern[i] = (unsigned char)(random >> 24);
    }
    for (size_t i = 0; i < WIDE; i++) {
        wide_parts[i] = i * sizeof(nanvm_ref);
    }
}

void kind_write_fixed(const kind *self, void *object, const content *its) {
    if (self->bytes_size > 0) {
        memcpy((unsigned char *)object + self->bytes_offset, pattern_of(its->fixed_seed),
               self->bytes_size);
    }
}

/* The bytes of an item continue those of the one before. */
void kind_write_items(const kind *self, void *items, const content *its, size_t begin) {
    size_t size = self->item_bytes_size;
    size_t step = self->type->item_size;
    const unsigned char *bytes = pattern_of(its->seed);
    unsigned char *to = (unsigned char *)items + self->item_bytes_offset;
    if (size == step && begin < its->filled) {
        memcpy(to + begin * step, bytes + begin * size, (its->filled - begin) * size);
        return;
    }
    for (size_t i = begin; size > 0 && i < its->filled; i++) {
        memcpy(to + i * step, bytes + i * size, size);
    }
}

static bool same_items(const kind *self, const void *items, const unsigned char *bytes,
                       size_t begin, size_t end) {
    size_t size = self->item_bytes_size;
    size_t step = self->type->item_size;
    const unsigned char *from = (const unsigned char *)items + self->item_bytes_offset;
    if (begin >= end || size == 0) {
        return true;
    }
    if (size == step) {
        return memcmp(from + begin * step, bytes + begin * size, (end - begin) * size) ==
               0;
    }
    bool same = true;
    for (size_t i = begin; same && i < end; i++) {
        same = memcmp(from + i * step, bytes + i * size, size) == 0;
    }
    return same;
}

bool kind_has_clear_tail(const kind *self, const void *object, size_t length) {
    size_t end = self->type->items_offset + length * self->type->item_size;
    const unsigned char *tail = (const unsigned char *)object + end;
    return self->type->item_size == 0 || end >= self->type->size ||
           memcmp(tail, zeros, self->type->size - end) == 0;
}

bool kind_has_content(const kind *self, const void *object, const content *its) {
    const unsigned char *fixed = (const unsigned char *)object + self->bytes_offset;
    const void *items = kind_items(self, object);
    return (self->bytes_size == 0 ||
            memcmp(fixed, pattern_of(its->fixed_seed), self->bytes_size) == 0) &&
           same_items(self, items, pattern_of(its->seed), 0, its->filled) &&
           same_items(self, items, zeros, its->filled, its->length);
}
