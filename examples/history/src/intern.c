#define XXH_INLINE_ALL
#include <xxhash.h>

#include "intern.h"

#include "set.h"

#include <string.h>

/* What is looked for: bytes of a text, or words of a list. */
struct probe {
    enum kind kind;
    uint32_t hash;
    const void *bytes;
    size_t size;
};

void intern_init(struct intern *self, nanvm_manager *manager, nanvm_manager *tables) {
    *self = (struct intern){.manager = manager, .tables = tables};
}

/* Slots first, then hashes: the words need the larger alignment. */
static nanvm_layout layout_of(size_t capacity) {
    return nanvm_layout_make(capacity * (sizeof(value) + sizeof(uint32_t)),
                             sizeof(value));
}

void intern_deinit(struct intern *self) {
    for (size_t i = 0; i < self->capacity; i++) {
        value_drop(self->slots[i]);
    }
    nanvm_manager_dealloc(self->tables, self->slots, layout_of(self->capacity));
    intern_init(self, self->manager, self->tables);
}

static uint32_t hash_of(enum kind kind, const void *bytes, size_t size) {
    return (uint32_t)XXH3_64bits_withSeed(bytes, size, (XXH64_hash_t)kind);
}

static struct probe probe_make(enum kind kind, const void *bytes, size_t size) {
    return (struct probe){kind, hash_of(kind, bytes, size), bytes, size};
}

/* The bytes by which a block is compared. */
static struct text content(value self) {
    char room[VALUE_SHORT_TEXT];
    if (value_is_list(self)) {
        return (struct text){(const char *)value_list(self)->items,
                             value_length(self) * sizeof(value)};
    }
    return value_text(self, room);
}

static bool matches(value candidate, const struct probe *probe) {
    if (value_kind(candidate) != probe->kind) {
        return false;
    }
    return text_equal(content(candidate), (struct text){probe->bytes, probe->size});
}

/* The slot of an equal value, or the free one where it belongs. */
static size_t find(const struct intern *self, const struct probe *probe) {
    size_t at = probe->hash & (self->capacity - 1);
    while (!value_is_absent(self->slots[at]) &&
           !(self->hashes[at] == probe->hash && matches(self->slots[at], probe))) {
        at = (at + 1) & (self->capacity - 1);
    }
    return at;
}

static void put(struct intern *self, value word, uint32_t hash) {
    size_t at = hash & (self->capacity - 1);
    while (!value_is_absent(self->slots[at])) {
        at = (at + 1) & (self->capacity - 1);
    }
    self->slots[at] = word;
    self->hashes[at] = hash;
}

static bool allocate(struct intern *self, size_t capacity) {
    if (capacity > SIZE_MAX / 2 / sizeof(value)) {
        return false;
    }
    self->slots = nanvm_manager_alloc(self->tables, layout_of(capacity));
    if (self->slots == NULL) {
        return false;
    }
    memset(self->slots, 0, capacity * sizeof(value));
    self->hashes = (uint32_t *)(void *)(self->slots + capacity);
    self->capacity = capacity;
    return true;
}

static void move_slots(struct intern *self, struct intern *to) {
    for (size_t i = 0; i < self->capacity; i++) {
        if (!value_is_absent(self->slots[i])) {
            put(to, self->slots[i], self->hashes[i]);
        }
    }
    nanvm_manager_dealloc(self->tables, self->slots, layout_of(self->capacity));
    *self = *to;
}

static bool grow(struct intern *self) {
    struct intern larger = *self;
    if (!allocate(&larger, self->capacity == 0 ? 64 : self->capacity * 2)) {
        return false;
    }
    move_slots(self, &larger);
    return true;
}

/* At most three quarters full. */
static bool make_room(struct intern *self) {
    return self->used + 1 <= self->capacity / 4 * 3 || grow(self);
}

/* The table takes the new block over. */
static value insert(struct intern *self, size_t at, const struct probe *probe,
                    nanvm_mut_ref block) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(block);
    if (nanvm_ref_is_null(ref)) {
        return value_constant(KIND_ABSENT);
    }
    self->slots[at] = value_from(probe->kind, ref.object);
    self->hashes[at] = probe->hash;
    self->used++;
    return self->slots[at];
}

value intern_text(struct intern *self, enum kind kind, struct text text) {
    value word = value_short_text(kind, text);
    if (!value_is_absent(word) || !make_room(self)) {
        return word;
    }
    struct probe probe = probe_make(kind, text.bytes, text.length);
    size_t at = find(self, &probe);
    if (!value_is_absent(self->slots[at])) {
        return self->slots[at];
    }
    const nanvm_type *type = kind == KIND_STRING ? &string_type : &number_type;
    return insert(self, at, &probe,
                  nanvm_new_array(self->manager, type, text.bytes, text.length));
}

/* Copies the words, each with a reference of its own. */
static bool fill_list(void *object, size_t length, void *context) {
    struct list *list = object;
    const value *items = context;
    for (size_t i = 0; i < length; i++) {
        list->items[i] = value_clone(items[i]);
    }
    return list_measure(list, length);
}

static nanvm_mut_ref new_list(struct intern *self, const struct probe *probe) {
    const nanvm_type *type = probe->kind == KIND_ARRAY ? &array_type : &object_type;
    return nanvm_new_with(self->manager, type, probe->size / sizeof(value), fill_list,
                          (void *)(uintptr_t)probe->bytes);
}

value intern_list(struct intern *self, enum kind kind, const value *items,
                  size_t length) {
    if (!make_room(self)) {
        return value_constant(KIND_ABSENT);
    }
    struct probe probe = probe_make(kind, items, length * sizeof(value));
    size_t at = find(self, &probe);
    if (!value_is_absent(self->slots[at])) {
        return self->slots[at];
    }
    return insert(self, at, &probe, new_list(self, &probe));
}

static bool import_items(struct intern *self, value *items, value list,
                         nanvm_manager *scratch) {
    bool all = true;
    for (size_t i = 0; all && i < value_length(list); i++) {
        items[i] = intern_import(self, value_list(list)->items[i], scratch);
        all = !value_is_absent(items[i]);
    }
    return all;
}

static value import_list(struct intern *self, value list, nanvm_manager *scratch) {
    size_t length = value_length(list);
    nanvm_layout layout = nanvm_layout_make(length * sizeof(value), sizeof(value));
    value *items = nanvm_manager_alloc(scratch, layout);
    value imported = value_constant(KIND_ABSENT);
    if (items != NULL && import_items(self, items, list, scratch)) {
        imported = intern_list(self, value_kind(list), items, length);
    }
    nanvm_manager_dealloc(scratch, items, layout);
    return imported;
}

/* Recurses no deeper than VALUE_HEIGHT_LIMIT. */
value intern_import(struct intern *self, value other, nanvm_manager *scratch) {
    char room[VALUE_SHORT_TEXT];
    if (value_is_list(other)) {
        return import_list(self, other, scratch);
    }
    return nanvm_ref_is_null(value_ref(other))
               ? other
               : intern_text(self, value_kind(other), value_text(other, room));
}

bool intern_adopt(struct intern *self, value *draft) {
    if (!make_room(self)) {
        return false;
    }
    struct text words = content(*draft);
    struct probe probe = probe_make(value_kind(*draft), words.bytes, words.length);
    size_t at = find(self, &probe);
    if (value_is_absent(self->slots[at])) {
        nanvm_mut_ref block = {(void *)(uintptr_t)value_ref(*draft).object};
        *draft = insert(self, at, &probe, block);
    } else {
        value_drop(*draft);
        *draft = self->slots[at];
    }
    *draft = value_clone(*draft);
    return true;
}

static size_t drop_unused(struct intern *self) {
    size_t dropped = 0;
    for (size_t i = 0; i < self->capacity; i++) {
        nanvm_ref ref = value_ref(self->slots[i]);
        if (nanvm_ref_is_sole(ref)) {
            nanvm_ref_drop(ref);
            self->slots[i] = value_constant(KIND_ABSENT);
            dropped++;
        }
    }
    return dropped;
}

/* What a list held may be unused when the list is gone: so once more, until
 * nothing changes. Gaps would cut a search short: so into a new table. */
bool intern_sweep(struct intern *self) {
    struct intern swept = *self;
    if (self->capacity == 0) {
        return true;
    }
    if (!allocate(&swept, self->capacity)) {
        return false;
    }
    for (size_t dropped; (dropped = drop_unused(self)) != 0;) {
        swept.used -= dropped;
    }
    move_slots(self, &swept);
    return true;
}

static bool add_words(struct set *set, const value *words, size_t length) {
    bool fresh;
    for (size_t i = 0; i < length; i++) {
        if (!set_add(set, words[i], &fresh)) {
            return false;
        }
    }
    return true;
}

static bool add_all(const struct intern *self, struct set *set) {
    for (size_t i = 0; i < self->capacity; i++) {
        value word = self->slots[i];
        if (value_is_list(word) &&
            !add_words(set, value_list(word)->items, value_length(word))) {
            return false;
        }
    }
    return true;
}

size_t intern_distinct(const struct intern *self, const value *roots, size_t length,
                       nanvm_manager *scratch) {
    struct set set = set_make(scratch);
    bool all = add_words(&set, roots, length) && add_all(self, &set);
    size_t distinct = all ? set.used : SIZE_MAX;
    set_free(&set);
    return distinct;
}

size_t intern_bytes(const struct intern *self) {
    return layout_of(self->capacity).size;
}
