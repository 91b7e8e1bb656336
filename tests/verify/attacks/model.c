#include "model.h"

#include <stdio.h>
#include <string.h>

#include "child.h"

enum { LONGEST = 40 };

/* Marsaglia's xorshift. */
static uint32_t next_random(model *self) {
    uint32_t x = self->random;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return self->random = x;
}

static size_t below(model *self, size_t limit) {
    return next_random(self) % limit;
}

void model_init(model *self, nanvm_manager *manager, bool counts, uint32_t seed) {
    memset(self, 0, sizeof(*self));
    self->manager = manager;
    self->counts = counts;
    self->random = seed * 2654435761U + 1;
}

/* --- content --- */

void model_fill(const nanvm_type *type, void *object, size_t length, uint32_t seed) {
    if (type == &point_type) {
        *(struct point *)object = (struct point){seed, ~(size_t)seed};
    } else if (type == &node_type) {
        ((struct node *)object)->value = seed;
    } else if (type == &tracked_type) {
        ((struct tracked *)object)->value = seed;
    } else {
        for (size_t i = 0; i < length; i++) {
            ((uint32_t *)object)[i] = seed + (uint32_t)i;
        }
    }
}

static const void *child_address(const record *child) {
    return child == NULL ? NULL : child->ref.object;
}

static bool is_node_right(const record *self) {
    const struct node *node = nanvm_ref_get(self->ref);
    return node->value == self->seed &&
           node->left.object == child_address(self->children[0]) &&
           node->right.object == child_address(self->children[1]);
}

static bool are_items_right(const record *self) {
    const uint32_t *items = nanvm_ref_get(self->ref);
    bool right = nanvm_ref_length(self->ref) == self->length;
    for (size_t i = 0; right && i < self->length; i++) {
        right = items[i] == self->seed + (uint32_t)i;
    }
    return right;
}

static bool is_content_right(const record *self) {
    const void *object = nanvm_ref_get(self->ref);
    if (self->type == &point_type) {
        const struct point *point = object;
        return point->x == self->seed && point->y == ~(size_t)self->seed;
    }
    if (self->type == &node_type) {
        return is_node_right(self);
    }
    if (self->type == &tracked_type) {
        return ((const struct tracked *)object)->value == self->seed;
    }
    return are_items_right(self);
}

/* --- checks --- */

static const char *printed(char *text, size_t size, size_t count) {
    if (count == SIZE_MAX) {
        return "without number";
    }
    (void)snprintf(text, size, "%zu", count);
    return text;
}

static void check_count(const model *self, const record *each) {
    char is[24], should_be[24];
    size_t others = self->counts ? each->refs - 1 : SIZE_MAX;
    size_t counted = nanvm_ref_count(each->ref);
    if (counted != others) {
        child_end(COUNT, "the count of a %s is %s instead of %s", each->type->name,
                  printed(is, sizeof(is), counted),
                  printed(should_be, sizeof(should_be), others));
    }
}

static void check_content(const record *each) {
    if (nanvm_ref_type(each->ref) != each->type) {
        child_end(SILENT, "a %s has another type", each->type->name);
    }
    if (!is_content_right(each)) {
        child_end(SILENT, "the content of a %s has changed", each->type->name);
    }
}

static uint32_t sum_of(const unsigned char *bytes, size_t size) {
    uint32_t sum = 1;
    for (size_t i = 0; i < size; i++) {
        sum = sum * 31 + bytes[i];
    }
    return sum;
}

static void check_forbidden(const model *self) {
    for (size_t i = 0; i < self->forbidden_length; i++) {
        const forbidden *each = &self->forbidden[i];
        if (sum_of(each->begin, each->size) != each->sum) {
            child_end(SILENT, "memory that isn't the library's has changed");
        }
    }
}

void model_check(model *self) {
    for (size_t i = 0; i < RECORDS; i++) {
        if (self->records[i].type != NULL) {
            check_count(self, &self->records[i]);
        }
    }
    for (size_t i = 0; i < RECORDS; i++) {
        if (self->records[i].type != NULL) {
            check_content(&self->records[i]);
        }
    }
    check_forbidden(self);
}

void model_forbid(model *self, const void *begin, size_t size) {
    self->forbidden[self->forbidden_length++] =
        (forbidden){begin, size, sum_of(begin, size)};
}

/* --- records --- */

static bool overlaps(const void *a, size_t a_size, const void *b, size_t b_size) {
    uintptr_t x = (uintptr_t)a, y = (uintptr_t)b;
    return x < y + b_size && y < x + a_size;
}

static size_t size_of(const nanvm_type *type, size_t length) {
    return type->size + length * type->item_size;
}

/* An object and its header, which nobody else may have. */
static void check_apart(const model *self, const record *new) {
    size_t front = sizeof(nanvm_header);
    const char *begin = (const char *)new->ref.object - front;
    size_t size = front + size_of(new->type, new->length);
    for (size_t i = 0; i < RECORDS; i++) {
        const record *each = &self->records[i];
        if (each != new && each->type != NULL &&
            overlaps(begin, size, (const char *)each->ref.object - front,
                     front + size_of(each->type, each->length))) {
            child_end(COUNT, "a %s was given memory of a live %s", new->type->name,
                      each->type->name);
        }
    }
    for (size_t i = 0; i < self->forbidden_length; i++) {
        if (overlaps(begin, size, self->forbidden[i].begin, self->forbidden[i].size)) {
            child_end(SILENT, "a %s was given memory that isn't the library's",
                      new->type->name);
        }
    }
}

static record *free_record(model *self) {
    for (size_t i = 0; i < RECORDS; i++) {
        if (self->records[i].type == NULL) {
            return &self->records[i];
        }
    }
    return NULL;
}

record *model_adopt(model *self, const nanvm_type *type, nanvm_ref ref, size_t length,
                    uint32_t seed) {
    record *new = ref.object == NULL ? NULL : free_record(self);
    if (new != NULL) {
        *new = (record){ref, type, 1, length, seed, {NULL, NULL}};
        check_apart(self, new);
    }
    return new;
}

static nanvm_mut_ref new_object(model *self, const nanvm_type *type, size_t length) {
    if (type->item_size != 0) {
        return nanvm_new_array(self->manager, type, NULL, length);
    }
    if (type == &tracked_type) {
        return tracked_new(self->manager, 0);
    }
    return nanvm_new(self->manager, type);
}

record *model_new(model *self, const nanvm_type *type) {
    size_t length = type->item_size == 0 ? 0 : below(self, LONGEST);
    uint32_t seed = next_random(self);
    nanvm_mut_ref object = new_object(self, type, length);
    record *new = model_adopt(self, type, nanvm_mut_ref_to_ref(object), length, seed);
    if (new != NULL) {
        model_fill(type, object.object, length, seed);
    }
    return new;
}

/* One reference less; the model knows of what dies with it. */
static void forget(record *self) {
    if (self == NULL || --self->refs > 0) {
        return;
    }
    record *children[2] = {self->children[0], self->children[1]};
    self->type = NULL;
    forget(children[0]);
    forget(children[1]);
}

static void drop(record *self) {
    if (self != NULL) {
        nanvm_ref ref = self->ref;
        bool is_point = self->type == &point_type;
        forget(self);
        if (is_point) {
            drop_known_leaf(ref);
        } else {
            nanvm_ref_drop(ref);
        }
    }
}

static record *clone(record *self) {
    if (self != NULL) {
        nanvm_ref same = nanvm_ref_clone(self->ref);
        (void)same;
        self->refs += 1;
    }
    return self;
}

/* --- steps --- */

static record **any_slot(model *self) {
    return &self->slots[below(self, SLOTS)];
}

static void set_slot(record **slot, record *value) {
    record *old = *slot;
    *slot = value;
    drop(old);
}

record *model_keep(model *self, record *owned) {
    set_slot(&self->slots[self->next_slot++ % SLOTS], owned);
    return owned;
}

static void add_children(model *self, record *parent) {
    struct node *node = (struct node *)(uintptr_t)parent->ref.object;
    for (size_t i = 0; i < 2; i++) {
        record *child = *any_slot(self);
        parent->children[i] = child == parent ? NULL : clone(child);
    }
    node->left.object = child_address(parent->children[0]);
    node->right.object = child_address(parent->children[1]);
}

static void step_new(model *self) {
    static const nanvm_type *const types[] = {&point_type, &node_type, &ints_type,
                                              &tracked_type};
    record *new = model_new(self, types[below(self, 4)]);
    if (new == NULL) {
        return; /* an arena is full */
    }
    if (new->type == &node_type) {
        add_children(self, new);
    }
    set_slot(any_slot(self), new);
}

static void step_share(model *self) {
    record *shared = clone(*any_slot(self));
    set_slot(any_slot(self), shared);
}

static void step_drop(model *self) {
    set_slot(any_slot(self), NULL);
}

static void changed(record *self, uint32_t seed) {
    self->seed = seed;
    model_fill(self->type, (void *)(uintptr_t)self->ref.object, self->length, seed);
}

/* A slot has an object of its own now, with the content of `old`. */
static record *adopt_copy(model *self, record *old, nanvm_ref ref) {
    record *copy = model_adopt(self, old->type, ref, old->length, old->seed);
    for (size_t i = 0; copy != NULL && i < 2; i++) {
        copy->children[i] = old->children[i];
        if (copy->children[i] != NULL) {
            copy->children[i]->refs += 1;
        }
    }
    return copy;
}

static void step_write(model *self) {
    record **slot = any_slot(self);
    record *old = *slot;
    if (old == NULL || free_record(self) == NULL) {
        return;
    }
    nanvm_ref ref = old->ref;
    bool was_sole = self->counts && old->refs == 1;
    if (nanvm_ref_make_mut(&ref, self->manager) == NULL) {
        return;
    }
    if (was_sole != (ref.object == old->ref.object)) {
        child_end(COUNT, "a %s that is %s was written in place", old->type->name,
                  was_sole ? "alone" : "shared");
    }
    if (!was_sole) {
        *slot = adopt_copy(self, old, ref);
        forget(old);
    }
    changed(*slot, next_random(self));
}

static void step_resize(model *self) {
    record *each = *any_slot(self);
    nanvm_mut_ref own;
    if (each == NULL || each->type != &ints_type ||
        !nanvm_ref_try_to_mut_ref(&each->ref, &own)) {
        return;
    }
    size_t length = below(self, LONGEST);
    if (nanvm_mut_ref_resize(&own, self->manager, length)) {
        size_t kept = length < each->length ? length : each->length;
        each->length = length;
        for (size_t i = kept; i < length; i++) {
            ((uint32_t *)own.object)[i] = each->seed + (uint32_t)i;
        }
    }
    each->ref = nanvm_mut_ref_to_ref(own);
    check_apart(self, each);
}

static void step_look(model *self) {
    record *each = *any_slot(self);
    if (each != NULL) {
        check_count(self, each);
        check_content(each);
    }
}

void model_exercise(model *self, size_t steps) {
    static void (*const kinds[])(model *) = {step_new,    step_new,  step_share,
                                             step_drop,   step_drop, step_write,
                                             step_resize, step_look};
    for (size_t i = 0; i < steps; i++) {
        kinds[below(self, 8)](self);
    }
}

void model_drop_all(model *self) {
    for (size_t i = 0; i < SLOTS; i++) {
        set_slot(&self->slots[i], NULL);
    }
}

void model_forget_all(model *self) {
    memset(self->slots, 0, sizeof(self->slots));
    memset(self->records, 0, sizeof(self->records));
    self->forbidden_length = 0;
}
