#include "patch.h"

#include <string.h>

#include "buffer.h"
#include "number.h"
#include "pointer.h"

/* One operation, taken apart. The pointers are borrowed from its strings, short
 * ones from the rooms. */
struct operation {
    value op;
    value path_value;
    value from_value;
    pointer path;
    pointer from;
    value value;
    char path_room[VALUE_SHORT_TEXT];
    char from_room[VALUE_SHORT_TEXT];
};

struct patcher {
    struct edit *edit;
    struct buffer names; /* Room for the name that a step escapes. */
    value *root;
};

static bool fail(struct patcher *self, const char *reason) {
    return problem_set(self->edit->problem, PROBLEM_DATA, "%s", reason);
}

static bool is_draft_free_same(value a, value b) {
    return value_same(a, b) && !value_is_draft(a);
}

static bool texts_equal(value a, value b) {
    char room_a[VALUE_SHORT_TEXT];
    char room_b[VALUE_SHORT_TEXT];
    struct text x = value_text(a, room_a);
    struct text y = value_text(b, room_b);
    return value_kind(a) == KIND_NUMBER ? number_equal(x, y) : text_equal(x, y);
}

static bool arrays_equal(value a, value b) {
    size_t length = value_length(a);
    bool equal = length == value_length(b);
    for (size_t i = 0; equal && i < length; i++) {
        equal = patch_equal(value_list(a)->items[i], value_list(b)->items[i]);
    }
    return equal;
}

/* Names are words of one table: equal names are the same word. Of members with
 * the same name the last one counts, as for a pointer. */
static size_t find_name(value object, value name) {
    size_t i = value_length(object);
    while (i != 0 && !value_same(value_list(object)->items[i - 2], name)) {
        i -= 2;
    }
    return i == 0 ? SIZE_MAX : i - 2;
}

/* Whether every name in `a` is in `b`; with `values`, for the same value. */
static bool contains(value a, value b, bool values) {
    const value *items = value_list(a)->items;
    size_t length = value_length(a);
    bool equal = true;
    for (size_t i = 0; equal && i < length; i += 2) {
        size_t other = find_name(b, items[i]);
        bool counts = values && find_name(a, items[i]) == i;
        equal = other != SIZE_MAX &&
                (!counts || patch_equal(items[i + 1], value_list(b)->items[other + 1]));
    }
    return equal;
}

static bool names_equal(value a, value b) {
    size_t length = value_length(a);
    bool equal = length == value_length(b);
    for (size_t i = 0; equal && i < length; i += 2) {
        equal = value_same(value_list(a)->items[i], value_list(b)->items[i]);
    }
    return equal;
}

static bool objects_equal(value a, value b) {
    if (names_equal(a, b)) {
        return arrays_equal(a, b);
    }
    return value_length(a) == value_length(b) && contains(b, a, false) &&
           contains(a, b, true);
}

/* Recurses no deeper than VALUE_HEIGHT_LIMIT. */
bool patch_equal(value a, value b) {
    enum kind kind = value_kind(a);
    if (is_draft_free_same(a, b) || kind != value_kind(b)) {
        return is_draft_free_same(a, b);
    }
    switch (kind) {
    case KIND_STRING:
    case KIND_NUMBER:
        return texts_equal(a, b);
    case KIND_ARRAY:
        return arrays_equal(a, b);
    case KIND_OBJECT:
        return objects_equal(a, b);
    default:
        return false;
    }
}

/* The name that `step` stands for, in `self->names` until the next call. */
static bool name_of(struct patcher *self, struct text step, struct text *name) {
    self->names.length = 0;
    if (!buffer_reserve(&self->names, step.length)) {
        return problem_no_memory(self->edit->problem);
    }
    *name = pointer_name(step, self->names.bytes);
    return true;
}

/* Where `step` leads in `at`: the index of a word. A place at the end, where
 * something could be added, is the length. */
static bool locate(struct patcher *self, value at, struct text step, size_t *index) {
    struct text name = {NULL, 0};
    switch (value_kind(at)) {
    case KIND_ARRAY:
        *index = pointer_index(step, value_length(at));
        return *index != SIZE_MAX || fail(self, "no such index");
    case KIND_OBJECT:
        if (!name_of(self, step, &name)) {
            return false;
        }
        *index = value_find(at, name);
        return true;
    default:
        return fail(self, "the path leads into what is neither array nor object");
    }
}

static bool locate_existing(struct patcher *self, value at, struct text step,
                            size_t *index) {
    return locate(self, at, step, index) &&
           (*index < value_length(at) || fail(self, "the path leads nowhere"));
}

/* Borrowed. */
static bool get(struct patcher *self, pointer path, value *out) {
    size_t index = 0;
    *out = *self->root;
    while (path.length != 0) {
        if (!locate_existing(self, *out, pointer_step(&path), &index)) {
            return false;
        }
        *out = value_list(*out)->items[index];
    }
    return true;
}

/* The list that the last step of `path` is taken in, its way there made drafts,
 * and that step. */
static bool open_parent(struct patcher *self, pointer path, value **parent,
                        struct text *last) {
    size_t index = 0;
    *parent = self->root;
    for (*last = pointer_step(&path); path.length != 0; *last = pointer_step(&path)) {
        if (!locate_existing(self, **parent, *last, &index)) {
            return false;
        }
        struct list *list = edit_list(self->edit, *parent);
        if (list == NULL) {
            return false;
        }
        *parent = &list->items[index];
    }
    return true;
}

/* Looks before it opens: what fails clones nothing. */
static bool parent_exists(struct patcher *self, pointer path, struct text *step,
                          size_t *index) {
    value parent = *self->root;
    for (*step = pointer_step(&path); path.length != 0; *step = pointer_step(&path)) {
        if (!locate_existing(self, parent, *step, index)) {
            return false;
        }
        parent = value_list(parent)->items[*index];
    }
    return locate(self, parent, *step, index);
}

static bool replace_at(struct patcher *self, value *parent, size_t index, value word) {
    struct list *list = edit_list(self->edit, parent);
    if (list != NULL) {
        edit_replace(&list->items[index], word);
    }
    return list != NULL;
}

static bool insert_item(struct patcher *self, value *parent, size_t index, value word) {
    if (!edit_insert(self->edit, parent, index, 1)) {
        return false;
    }
    ((struct list *)(uintptr_t)value_list(*parent))->items[index] = value_clone(word);
    return true;
}

static bool append_member(struct patcher *self, value *parent, struct text step,
                          value word) {
    size_t end = value_length(*parent);
    struct text text = {NULL, 0};
    if (!name_of(self, step, &text)) {
        return false;
    }
    value name = intern_text(self->edit->intern, KIND_STRING, text);
    if (value_is_absent(name)) {
        return problem_no_memory(self->edit->problem);
    }
    if (!edit_insert(self->edit, parent, end, 2)) {
        return false;
    }
    value *items = ((struct list *)(uintptr_t)value_list(*parent))->items;
    items[end] = value_clone(name);
    items[end + 1] = value_clone(word);
    return true;
}

static bool fits(struct patcher *self, pointer path, value word) {
    return pointer_depth(path) + value_height(word) <= VALUE_HEIGHT_LIMIT ||
           problem_set(self->edit->problem, PROBLEM_DATA, "nested deeper than %d levels",
                       VALUE_HEIGHT_LIMIT);
}

/* `word` is frozen. */
static bool add(struct patcher *self, pointer path, value word) {
    struct text step;
    size_t index = 0;
    value *parent = NULL;
    if (path.length == 0) {
        edit_replace(self->root, word);
        return true;
    }
    if (!fits(self, path, word) || !parent_exists(self, path, &step, &index) ||
        !open_parent(self, path, &parent, &step)) {
        return false;
    }
    if (value_kind(*parent) == KIND_ARRAY) {
        return insert_item(self, parent, index, word);
    }
    return index < value_length(*parent) ? replace_at(self, parent, index, word)
                                         : append_member(self, parent, step, word);
}

static bool open_existing(struct patcher *self, pointer path, value **parent,
                          size_t *index) {
    struct text step;
    value target;
    return get(self, path, &target) && open_parent(self, path, parent, &step) &&
           locate_existing(self, **parent, step, index);
}

static bool remove_at(struct patcher *self, pointer path) {
    value *parent = NULL;
    size_t index = 0;
    if (path.length == 0) {
        return fail(self, "the whole document can't be removed");
    }
    if (!open_existing(self, path, &parent, &index)) {
        return false;
    }
    return value_kind(*parent) == KIND_ARRAY
               ? edit_remove(self->edit, parent, index, 1)
               : edit_remove(self->edit, parent, index - 1, 2);
}

static bool replace(struct patcher *self, pointer path, value word) {
    value *parent = NULL;
    size_t index = 0;
    if (path.length == 0) {
        edit_replace(self->root, word);
        return true;
    }
    return fits(self, path, word) && open_existing(self, path, &parent, &index) &&
           replace_at(self, parent, index, word);
}

/* What is copied is frozen first: a draft has one owner. */
static bool copy(struct patcher *self, const struct operation *operation) {
    value word;
    return edit_freeze(self->edit, self->root) && get(self, operation->from, &word) &&
           add(self, operation->path, word);
}

/* The table holds on to the frozen value while it is nowhere in the document. */
static bool move(struct patcher *self, const struct operation *operation) {
    value word;
    if (pointer_is_prefix(operation->from, operation->path)) {
        return operation->from.length == operation->path.length
                   ? get(self, operation->from, &word)
                   : fail(self, "a value can't be moved into itself");
    }
    return edit_freeze(self->edit, self->root) && get(self, operation->from, &word) &&
           remove_at(self, operation->from) && add(self, operation->path, word);
}

static bool test(struct patcher *self, const struct operation *operation) {
    value word;
    return get(self, operation->path, &word) &&
           (patch_equal(word, operation->value) || fail(self, "the test fails"));
}

static bool do_add(struct patcher *self, const struct operation *operation) {
    return add(self, operation->path, operation->value);
}

static bool do_remove(struct patcher *self, const struct operation *operation) {
    return remove_at(self, operation->path);
}

static bool do_replace(struct patcher *self, const struct operation *operation) {
    return replace(self, operation->path, operation->value);
}

static const struct {
    const char *name;
    bool (*apply)(struct patcher *self, const struct operation *operation);
    bool needs_value;
    bool needs_from;
} operations[] = {
    {"add", do_add, true, false},         {"remove", do_remove, false, false},
    {"replace", do_replace, true, false}, {"move", move, false, true},
    {"copy", copy, false, true},          {"test", test, true, false}};

static bool read_pointer(struct patcher *self, value word, char *room, pointer *out) {
    if (value_kind(word) != KIND_STRING) {
        return fail(self, "a path that is missing or no string");
    }
    *out = value_text(word, room);
    return pointer_is_valid(*out) || fail(self, "a path that is no JSON pointer");
}

static bool is_named(value word, const char *name) {
    char room[VALUE_SHORT_TEXT];
    return value_kind(word) == KIND_STRING &&
           text_equal(value_text(word, room), (struct text){name, strlen(name)});
}

/* The patch may belong to another table. */
static bool take_value(struct patcher *self, struct operation *operation) {
    if (value_is_absent(operation->value)) {
        return fail(self, "an operation without its value");
    }
    operation->value =
        intern_import(self->edit->intern, operation->value, self->names.manager);
    return !value_is_absent(operation->value) || problem_no_memory(self->edit->problem);
}

static bool apply_known(struct patcher *self, struct operation *operation, size_t which) {
    if (operations[which].needs_value && !take_value(self, operation)) {
        return false;
    }
    if (operations[which].needs_from &&
        !read_pointer(self, operation->from_value, operation->from_room,
                      &operation->from)) {
        return false;
    }
    return operations[which].apply(self, operation);
}

static bool apply_one(struct patcher *self, value word) {
    struct operation operation = {.op = value_member(word, "op"),
                                  .path_value = value_member(word, "path"),
                                  .from_value = value_member(word, "from"),
                                  .value = value_member(word, "value")};
    if (!read_pointer(self, operation.path_value, operation.path_room, &operation.path)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        if (is_named(operation.op, operations[i].name)) {
            return apply_known(self, &operation, i);
        }
    }
    return fail(self, "an unknown operation");
}

/* Puts the operation's number in front of the message. */
static bool name_operation(struct problem *problem, size_t number) {
    struct problem reason = *problem;
    return problem_set(problem, reason.kind, "operation %zu: %.200s", number,
                       reason.message);
}

static bool apply_all(struct patcher *self, value patch) {
    if (value_kind(patch) != KIND_ARRAY) {
        return fail(self, "a patch that is no array of operations");
    }
    size_t length = value_length(patch);
    for (size_t i = 0; i < length; i++) {
        if (!apply_one(self, value_list(patch)->items[i])) {
            return name_operation(self->edit->problem, i + 1);
        }
    }
    return edit_freeze(self->edit, self->root);
}

bool patch_apply(struct edit *self, nanvm_manager *scratch, value patch, value *root) {
    struct patcher patcher = {.edit = self, .names = buffer_make(scratch), .root = root};
    bool applied = apply_all(&patcher, patch);
    buffer_free(&patcher.names);
    if (!applied) {
        edit_replace(root, value_constant(KIND_ABSENT));
    }
    return applied;
}
