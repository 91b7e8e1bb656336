/* What objects with callbacks do: they check themselves against the model, and carry out
 * an operation meanwhile. */
#include <string.h>

#include "operations.h"
#include "require.h"

/* Half of them use what is at hand, in one way or another. */
static void aim(operation *op) {
    unsigned slot = here.at_hand - 1;
    if (here.at_hand != 0 && op->seed % 4 < 2) {
        op->slot = (unsigned char)((op->slot & ~(SLOTS - 1U)) | slot);
    } else if (here.at_hand != 0 && op->seed % 4 == 2) {
        op->other = (unsigned char)slot;
    }
}

void run_script(const unsigned char *script) {
    static const unsigned char nothing[SCRIPT];
    operation op;
    unsigned char bytes[SCRIPT];
    if (here.is_over || here.depth == DEPTH_MAX || memcmp(script, nothing, SCRIPT) == 0) {
        return;
    }
    memcpy(&op, script, sizeof(op));
    aim(&op);
    memcpy(bytes, &op, sizeof(bytes));
    here.depth++;
    operation_run(bytes);
    here.depth--;
}

/* It is there until it has returned, and so are the objects it refers to. */
static void check_dropped(const known *self, const void *object, size_t length) {
    REQUIRE(self->state != UNUSED && self->address == object && !self->dropped);
    REQUIRE(self->kind->type->drop != NULL && self->content.length == length);
    REQUIRE(kind_has_content(self->kind, object, &self->content));
    for (size_t i = 0; i < known_parts(self); i++) {
        nanvm_ref part = kind_part(self->kind, object, i);
        known_id id = self->parts[i];
        REQUIRE(part.object == (id == 0 ? NULL : model_get(id)->address));
        REQUIRE(id == 0 || nanvm_ref_type(part) == model_get(id)->kind->type);
    }
}

void on_drop(void *object, size_t length) {
    const card its = *(const card *)object;
    REQUIRE(its.id > 0 && its.id < model.top);
    expect_resized();
    known *self = model_get(its.id);
    check_dropped(self, object, length);
    self->dropped = true;
    model.drops_seen++;
    if (self->kind->hides) {
        size_t last = self->kind->parts_length - 1;
        nanvm_ref_drop(kind_part(self->kind, object, last));
    }
    run_script(its.script);
}

static bool may_refuse(void) {
    bool refuses = here.refuses;
    here.refuses = false;
    here.refusals += refuses;
    return refuses;
}

bool on_clone(void *copy, const void *source, size_t length) {
    const card its = *(const card *)source;
    const known *self = model_get(its.id);
    REQUIRE(self->address == source && self->content.length == length);
    REQUIRE(kind_has_content(self->kind, copy, &self->content));
    if (may_refuse()) {
        return false;
    }
    if (self->kind->hides) {
        size_t last = self->kind->parts_length - 1;
        nanvm_ref secret = nanvm_ref_clone(kind_part(self->kind, copy, last));
        kind_set_part(self->kind, copy, last, secret);
    }
    unsigned before = here.at_hand;
    here.at_hand = 1 + slot_of_id(its.id);
    run_script(its.script);
    here.at_hand = before;
    return true;
}

/* Gives up half-way, if it does. A secret is its own to let go of. */
bool on_construct(void *object, size_t length, void *context) {
    plan *self = context;
    bool refuses = may_refuse();
    size_t end = refuses ? self->end / 2 : self->end;
    REQUIRE(length == self->content.length);
    if (self->kind->has_card) {
        run_script(self->script);
    }
    kind_write_fixed(self->kind, object, &self->content);
    kind_write_items(self->kind, kind_items(self->kind, object), &self->content, 0);
    for (size_t i = 0; i < end; i++) {
        kind_set_part(self->kind, object, i, self->refs[i]);
        self->refs[i].object = NULL;
    }
    if (refuses && self->kind->hides && end > 0) {
        nanvm_ref_drop(kind_part(self->kind, object, 0));
    }
    return !refuses;
}
