#include "edit.h"

#include <string.h>

/* The MutRef that a word stands for. */
static nanvm_mut_ref open_value(struct edit *self, value *at, bool *cloned) {
    nanvm_ref ref = value_ref(*at);
    const void *before = ref.object;
    enum kind kind = value_kind(*at);
    nanvm_mut_ref block = nanvm_ref_to_mut_ref(&ref, self->intern->manager);
    if (nanvm_mut_ref_is_null(block)) {
        problem_no_memory(self->problem);
        return block;
    }
    *cloned = block.object != before;
    *at = value_draft_from(kind, block.object);
    return block;
}

static nanvm_mut_ref open_counted(struct edit *self, value *at) {
    bool cloned = false;
    nanvm_mut_ref block = open_value(self, at, &cloned);
    self->cloned += cloned;
    self->in_place += !nanvm_mut_ref_is_null(block) && !cloned;
    return block;
}

struct list *edit_list(struct edit *self, value *at) {
    return nanvm_mut_ref_get(open_counted(self, at));
}

/* Resizing may move the block, and the word with it. */
static struct list *resize(struct edit *self, value *at, size_t length) {
    nanvm_mut_ref block = {(void *)(uintptr_t)value_ref(*at).object};
    enum kind kind = value_kind(*at);
    if (!nanvm_mut_ref_resize(&block, self->intern->manager, length)) {
        problem_no_memory(self->problem);
        return NULL;
    }
    *at = value_draft_from(kind, block.object);
    return block.object;
}

bool edit_insert(struct edit *self, value *at, size_t index, size_t count) {
    size_t length = value_length(*at);
    struct list *list = edit_list(self, at);
    list = list == NULL ? NULL : resize(self, at, length + count);
    if (list == NULL) {
        return false;
    }
    value *place = list->items + index;
    memmove(place + count, place, (length - index) * sizeof(value));
    memset(place, 0, count * sizeof(value));
    return true;
}

bool edit_remove(struct edit *self, value *at, size_t index, size_t count) {
    size_t length = value_length(*at);
    struct list *list = edit_list(self, at);
    if (list == NULL) {
        return false;
    }
    for (size_t i = index; i < index + count; i++) {
        edit_replace(&list->items[i], value_constant(KIND_ABSENT));
    }
    value *place = list->items + index;
    memmove(place, place + count, (length - index - count) * sizeof(value));
    memset(list->items + length - count, 0, count * sizeof(value));
    return resize(self, at, length - count) != NULL;
}

void edit_replace(value *at, value replacement) {
    value old = *at;
    *at = value_clone(replacement);
    value_drop(old);
}

static bool freeze_items(struct edit *self, struct list *list, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (value_is_draft(list->items[i]) && !edit_freeze(self, &list->items[i])) {
            return false;
        }
    }
    return list_measure(list, length) ||
           problem_set(self->problem, PROBLEM_DATA, "more than %u values or %d levels",
                       (unsigned)VALUE_SIZE_LIMIT, VALUE_HEIGHT_LIMIT);
}

/* Recurses no deeper than VALUE_HEIGHT_LIMIT: patches can't nest deeper. */
bool edit_freeze(struct edit *self, value *at) {
    bool cloned = false;
    if (!value_is_draft(*at)) {
        return true;
    }
    nanvm_mut_ref block = open_value(self, at, &cloned);
    if (nanvm_mut_ref_is_null(block) ||
        !freeze_items(self, block.object, nanvm_mut_ref_length(block))) {
        return false;
    }
    self->cloned += cloned;
    return intern_adopt(self->intern, at) || problem_no_memory(self->problem);
}
