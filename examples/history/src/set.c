#include "set.h"

#include <string.h>

struct set set_make(nanvm_manager *manager) {
    return (struct set){.manager = manager};
}

static nanvm_layout layout_of(size_t capacity) {
    return nanvm_layout_make(capacity * sizeof(value), sizeof(value));
}

void set_free(struct set *self) {
    nanvm_manager_dealloc(self->manager, self->slots, layout_of(self->capacity));
    *self = set_make(self->manager);
}

/* The low bits of a word hardly differ: a multiplication spreads them upwards. */
static size_t start_of(const struct set *self, value word) {
    uint64_t mixed = (uint64_t)word.word * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(mixed >> 32) & (self->capacity - 1);
}

/* Where `word` is, or belongs. */
static size_t find(const struct set *self, value word) {
    size_t at = start_of(self, word);
    while (!value_is_absent(self->slots[at]) && !value_same(self->slots[at], word)) {
        at = (at + 1) & (self->capacity - 1);
    }
    return at;
}

static bool grow(struct set *self) {
    struct set larger = *self;
    larger.capacity = self->capacity == 0 ? 64 : self->capacity * 2;
    larger.slots = nanvm_manager_alloc(self->manager, layout_of(larger.capacity));
    if (larger.slots == NULL) {
        return false;
    }
    memset(larger.slots, 0, layout_of(larger.capacity).size);
    for (size_t i = 0; i < self->capacity; i++) {
        if (!value_is_absent(self->slots[i])) {
            larger.slots[find(&larger, self->slots[i])] = self->slots[i];
        }
    }
    nanvm_manager_dealloc(self->manager, self->slots, layout_of(self->capacity));
    *self = larger;
    return true;
}

bool set_add(struct set *self, value word, bool *fresh) {
    if (self->used >= self->capacity / 4 * 3 && !grow(self)) {
        return false;
    }
    size_t at = find(self, word);
    *fresh = value_is_absent(self->slots[at]);
    self->slots[at] = word;
    self->used += *fresh;
    return true;
}

bool set_has(const struct set *self, value word) {
    return self->capacity != 0 && !value_is_absent(self->slots[find(self, word)]);
}

/* Recurses no deeper than VALUE_HEIGHT_LIMIT. */
bool set_add_all(struct set *self, value root) {
    bool fresh = false;
    bool done = set_add(self, root, &fresh);
    size_t length = fresh ? value_length(root) : 0;
    for (size_t i = 0; done && i < length; i++) {
        done = set_add_all(self, value_list(root)->items[i]);
    }
    return done;
}
