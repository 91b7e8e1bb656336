#include "value.h"

#include <string.h>

static void visit_word(const void *part, nanvm_visitor *visitor, void *context) {
    visitor(value_ref(*(const value *)part), context);
}

/* Aligned to 8, so that three bits of an address are free on every machine. */
const nanvm_type string_type = {.name = "string", .align = 8, .item_size = 1};
const nanvm_type number_type = {.name = "number", .align = 8, .item_size = 1};

const nanvm_type array_type = {.name = "array",
                               .size = sizeof(struct list),
                               .align = 8,
                               .item_size = sizeof(value),
                               .items_offset = offsetof(struct list, items),
                               .visit_item = visit_word};

const nanvm_type object_type = {.name = "object",
                                .size = sizeof(struct list),
                                .align = 8,
                                .item_size = sizeof(value),
                                .items_offset = offsetof(struct list, items),
                                .visit_item = visit_word};

enum kind value_kind(value self) {
    static const enum kind kinds[] = {KIND_ABSENT, KIND_STRING, KIND_NUMBER, KIND_ARRAY,
                                      KIND_OBJECT, KIND_STRING, KIND_ARRAY,  KIND_OBJECT};
    unsigned tag = value_tag(self);
    if (tag == 0) {
        return (enum kind)(self.word >> 3);
    }
    return tag == 5 && (self.word & 8U) != 0 ? KIND_NUMBER : kinds[tag];
}

bool value_is_list(value self) {
    enum kind kind = value_kind(self);
    return kind == KIND_ARRAY || kind == KIND_OBJECT;
}

value value_short_text(enum kind kind, struct text text) {
    if (text.length > VALUE_SHORT_TEXT) {
        return value_constant(KIND_ABSENT);
    }
    uintptr_t word = 5U | (kind == KIND_NUMBER ? 8U : 0U) | (uintptr_t)text.length << 4;
    for (size_t i = 0; i < text.length; i++) {
        word |= (uintptr_t)(unsigned char)text.bytes[i] << (8 * (i + 1));
    }
    return (value){word};
}

value value_from(enum kind kind, const void *block) {
    return (value){(uintptr_t)block | (uintptr_t)(kind - KIND_STRING + 1)};
}

value value_draft_from(enum kind kind, const void *block) {
    return (value){(uintptr_t)block | (uintptr_t)(kind - KIND_ARRAY + 6)};
}

struct text value_text(value self, char room[VALUE_SHORT_TEXT]) {
    if (!value_is_short(self)) {
        nanvm_ref ref = value_ref(self);
        return (struct text){ref.object, nanvm_ref_length(ref)};
    }
    size_t length = (self.word >> 4) & VALUE_SHORT_TEXT; /* 7 or 3: a mask. */
    for (size_t i = 0; i < length; i++) {
        room[i] = (char)(unsigned char)(self.word >> (8 * (i + 1)));
    }
    return (struct text){room, length};
}

bool text_equal(struct text a, struct text b) {
    return a.length == b.length &&
           (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

const struct list *value_list(value self) {
    return nanvm_ref_get(value_ref(self));
}

size_t value_length(value self) {
    return value_is_list(self) ? nanvm_ref_length(value_ref(self)) : 0;
}

uint32_t value_size(value self) {
    return value_is_list(self) ? value_list(self)->size : 1;
}

uint32_t value_height(value self) {
    return value_is_list(self) ? value_list(self)->height : 0;
}

bool list_measure(struct list *self, size_t length) {
    uint64_t size = 1;
    uint32_t height = 0;
    for (size_t i = 0; i < length && size <= VALUE_SIZE_LIMIT; i++) {
        uint32_t below = value_height(self->items[i]);
        height = below > height ? below : height;
        size += value_size(self->items[i]);
    }
    self->size = (uint32_t)size;
    self->height = height + 1;
    return size <= VALUE_SIZE_LIMIT && self->height <= VALUE_HEIGHT_LIMIT;
}

size_t value_find(value self, struct text name) {
    const struct list *list = value_list(self);
    size_t length = value_length(self);
    char room[VALUE_SHORT_TEXT];
    for (size_t i = length; i != 0; i -= 2) {
        if (text_equal(value_text(list->items[i - 2], room), name)) {
            return i - 1;
        }
    }
    return length;
}

value value_member(value self, const char *name) {
    if (value_kind(self) != KIND_OBJECT) {
        return value_constant(KIND_ABSENT);
    }
    size_t at = value_find(self, (struct text){name, strlen(name)});
    return at == value_length(self) ? value_constant(KIND_ABSENT)
                                    : value_list(self)->items[at];
}
