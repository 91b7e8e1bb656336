/* Arrays get another length, and callbacks use them meanwhile. */
#include "operations.h"
#include "require.h"

/* --- other lengths --- */

/* While its callbacks run the array is in its slot, and they may do anything with it;
 * then `handed_over`, and the call that resizes has no more to do with it. */
typedef struct resizing {
    handle it;
    nanvm_mut_ref own; /* the handle that the call was given */
    unsigned slot;
    place where;
    size_t length;
    bool unset;
    bool handed_over;
} resizing;

/* Where new items are in any state, they are written. */
static void note_resized(resizing *self) {
    known *it = model_get(self->it.id);
    if (it->address != self->it.object) {
        model_move(self->it.id, self->where, self->it.object);
    }
    model_resize(self->it.id, self->length);
    if (self->unset && !it->kind->has_item_part) {
        size_t begin = it->content.filled;
        it->content.filled = self->length;
        kind_write_items(it->kind, kind_items(it->kind, self->it.object), &it->content,
                         begin);
    }
}

void expect_resized(void) {
    resizing *self = here.resizing;
    if (self == NULL) {
        return;
    }
    here.resizing = NULL;
    REQUIRE(nanvm_mut_ref_length(self->own) == self->length);
    self->it.object = self->own.object;
    note_resized(self);
    self->handed_over = true;
    here.borrowed[self->where]--;
    put_checked(self->slot, self->it);
    here.at_hand = self->slot + 1;
}

static bool call_resize(resizing *self, const calls *how) {
    nanvm_manager *manager = manager_of(self->where);
    return self->unset ? how->resize_unset(&self->own, manager, self->length)
                       : how->resize(&self->own, manager, self->length);
}

/* What was handed over may be anything by now; the handle is as the first callback saw
 * it. */
static bool resize_real(resizing *self, const calls *how) {
    resizing *other = here.resizing;
    unsigned at_hand = here.at_hand;
    self->own = mut_of(self->it);
    here.resizing = self;
    here.borrowed[self->where]++;
    bool done = call_resize(self, how);
    here.borrowed[self->where] -= !self->handed_over;
    here.resizing = other;
    here.at_hand = at_hand;
    REQUIRE(done || !self->handed_over);
    REQUIRE((done && !self->handed_over) || self->own.object == self->it.object);
    return done;
}

static void resize(resizing *self, const operation *op) {
    size_t failures = failures_so_far();
    size_t size = size_of(self->it);
    size_t item = known_of(self->it)->kind->type->item_size;
    const calls *how = calls_of(self->it, is_typed(op));
    bool done = resize_real(self, how);
    REQUIRE(done || may_fail(self->where, size + self->length * item, failures));
    if (done && !self->handed_over) {
        REQUIRE(how->length_mut(self->own) == self->length);
        self->it.object = self->own.object;
        note_resized(self);
    }
}

/* Takes the array out of its slot, and puts it back. */
static void resize_slot(unsigned slot, place where, size_t length, const operation *op) {
    resizing self = {.it = take(slot),
                     .slot = slot,
                     .where = where,
                     .length = length,
                     .unset = way_of(op) == 3};
    const kind *its = known_of(self.it)->kind;
    if (kind_parts(its, length) <= PARTS_MAX &&
        length * its->type->item_size <= BYTES_MAX) {
        resize(&self, op);
    }
    if (!self.handed_over) {
        put_checked(slot, self.it);
    }
}

static bool may_resize(const handle *it, place where) {
    return it != NULL && known_of(*it)->kind->type->item_size != 0 &&
           !is_unusable(where) && model_may_hold_all(where, known_of(*it));
}

void op_resize(const operation *op) {
    const handle *it = as_mut(slot_of(op));
    if (!may_resize(it, place_of(op))) {
        return;
    }
    size_t old = known_of(*it)->content.length;
    size_t length = way_of(op) == 0   ? old + 1
                    : way_of(op) == 1 ? old - old / 4
                                      : kind_length(known_of(*it)->kind, op->size);
    resize_slot(slot_of(op), place_of(op), length, op);
}

/* --- cutting off what acts when it ends --- */

/* Those that have callbacks and those that lead to others, where they may be referred to
 * from the array. */
static handle make_item(handle array, const operation *op, uint32_t random) {
    static const unsigned char choices[] = {FILE_KIND, LOCK_KIND, HIDDEN_KIND, FILES_KIND,
                                            LOG_KIND};
    place home = known_of(array)->where;
    place where = op->seed % 4 == 0 ? (place)(random % ARENA_BUFFER) : GLOBAL;
    const kind *of = &kinds[choices[random / 64 % sizeof(choices)]];
    return home == ARENA_CLOSED ? (handle){0} : make_scripted(of, where, random);
}

enum { ITEMS_MAX = 48, ROOM = 64 };

static bool has_room(void) {
    return model.used + ROOM < KNOWN_MAX;
}

/* Every item without a reference gets one that is the only one to its object. */
static void fill(handle array, const operation *op) {
    const kind *its = known_of(array)->kind;
    size_t parts = known_parts(known_of(array));
    uint32_t random = (uint32_t)op->seed << 16 | (uint32_t)op->other << 8 | op->size;
    for (size_t i = its->parts_length; i < parts && has_room(); i++) {
        random = random * 1664525 + 1013904223;
        if (known_of(array)->parts[i] == 0) {
            (void)exchange(array, i, make_item(array, op, random >> 8));
        }
    }
}

/* An array of references in the slot, for what isn't one. */
static void make_array(const operation *op) {
    static const unsigned char choices[] = {REFS_KIND, BOOK_KIND, WORDS_KIND, FILES_KIND};
    const handle *it = as_mut(slot_of(op));
    if (it == NULL || !known_of(*it)->kind->has_item_part) {
        handle made =
            make_scripted(&kinds[choices[op->other % 4]], place_of(op), op->size);
        if (made.id != 0) {
            put_checked(slot_of(op), made);
        }
    }
}

void op_cut(const operation *op) {
    make_array(op);
    const handle *it = as_mut(slot_of(op));
    if (!may_resize(it, place_of(op)) || !known_of(*it)->kind->has_item_part) {
        return;
    }
    resize_slot(slot_of(op), place_of(op), op->size % ITEMS_MAX, op);
    it = as_mut(slot_of(op));
    if (it == NULL || !known_of(*it)->kind->has_item_part) {
        return;
    }
    fill(*it, op);
    if (may_resize(it, place_of(op))) {
        size_t length = known_of(*it)->content.length;
        resize_slot(slot_of(op), place_of(op),
                    way_of(op) == 0 ? 0 : length * way_of(op) / 4, op);
    }
}
