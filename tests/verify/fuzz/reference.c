#include "reference.h"

#include <string.h>

#include "require.h"

struct reference model;

void model_init(void) {
    for (known_id id = 1; id < model.top; id++) {
        model.objects[id].state = UNUSED;
    }
    model.unused = model.dying = 0;
    model.used = 0;
    model.top = 1;
    model.drops_due = model.drops_seen = 0;
    memset(model.live, 0, sizeof(model.live));
    memset(model.life, 0, sizeof(model.life));
    memset(model.resetting, 0, sizeof(model.resetting));
}

void model_each(model_visitor *visitor, void *context) {
    for (known_id id = 1; id < model.top; id++) {
        if (model.objects[id].state == ALIVE) {
            visitor(id, context);
        }
    }
}

/* --- who refers to whom --- */

static unsigned own_level(place where) {
    return counts(where) ? 0 : (unsigned)(where - ARENA_BUFFER + 1);
}

bool model_may_hold(place where, const known *target) {
    if (target->where == where || where == ARENA_CLOSED) {
        return target->where == where;
    }
    if (model.resetting[target->where]) {
        return false;
    }
    return counts(where) || target->level < own_level(where);
}

bool model_may_hold_all(place where, const known *holder) {
    for (size_t i = 0; i < known_parts(holder); i++) {
        known_id part = holder->parts[i];
        if (part != 0 && !model_may_hold(where, model_get(part))) {
            return false;
        }
    }
    return true;
}

/* The dying count too: they may not have let go of it yet. */
bool model_is_referred_to(place where) {
    for (known_id id = 1; id < model.top; id++) {
        const known *self = model_get(id);
        bool is_there = self->state != UNUSED && self->where != where;
        for (size_t i = 0; is_there && i < known_parts(self); i++) {
            if (self->parts[i] != 0 && model_get(self->parts[i])->where == where) {
                return true;
            }
        }
    }
    return false;
}

static void find_level(known *self) {
    self->level = own_level(self->where);
    for (size_t i = 0; counts(self->where) && i < known_parts(self); i++) {
        unsigned level = self->parts[i] == 0 ? 0 : model_get(self->parts[i])->level;
        self->level = level > self->level ? level : self->level;
    }
}

known_id model_set_part(known_id id, size_t part, known_id target) {
    known *self = model_get(id);
    known_id old = self->parts[part];
    self->parts[part] = target;
    find_level(self);
    return old;
}

/* --- objects come --- */

bool model_has_room(unsigned depth) {
    return model.used + depth + 1 < KNOWN_MAX;
}

static known_id take_unused(void) {
    known_id id = model.unused;
    model.used++;
    if (id == 0) {
        REQUIRE(model.top < KNOWN_MAX);
        return model.top++;
    }
    model.unused = model_get(id)->next;
    return id;
}

known_id model_add(const kind *of, place where, const void *address, const content *bytes,
                   const known_id *parts) {
    known_id id = take_unused();
    known *self = model_get(id);
    self->kind = of;
    self->address = address;
    self->content = *bytes;
    self->owners = 1;
    self->where = where;
    self->life = model.life[where];
    self->state = ALIVE;
    self->dropped = false;
    for (size_t i = 0; i < known_parts(self); i++) {
        self->parts[i] = parts[i];
    }
    find_level(self);
    model.live[where]++;
    return id;
}

known_id model_add_copy(known_id source, place where, const void *address) {
    const known *from = model_get(source);
    for (size_t i = 0; i < known_parts(from); i++) {
        model_share(from->parts[i]);
    }
    known_id id = model_add(from->kind, where, address, &from->content, from->parts);
    memcpy(model_get(id)->script, from->script, SCRIPT);
    return id;
}

void model_set_life(known_id id, unsigned life) {
    known *self = model_get(id);
    model.live[self->where] -= self->life != life;
    self->life = life;
}

/* --- objects go --- */

void model_share(known_id id) {
    model_get(id)->owners += id != 0;
}

static void kill(known_id id) {
    known *self = model_get(id);
    REQUIRE(self->state == ALIVE);
    self->state = DYING;
    self->next = model.dying;
    model.dying = id;
    model.drops_due += self->kind->type->drop != NULL;
    model.live[self->where] -= self->life == model.life[self->where];
}

/* The dying are a list already: no recursion. */
static void release_parts(known_id from, known_id to) {
    while (from != to) {
        known_id last = model.dying;
        for (known_id id = from; id != to; id = model_get(id)->next) {
            for (size_t i = 0; i < known_parts(model_get(id)); i++) {
                known *part = model_get(model_get(id)->parts[i]);
                if (model_get(id)->parts[i] != 0 && --part->owners == 0 &&
                    counts(part->where)) {
                    kill(model_get(id)->parts[i]);
                }
            }
        }
        to = last;
        from = model.dying;
    }
}

void model_release(known_id id) {
    known *self = model_get(id);
    REQUIRE(id == 0 || (self->owners > 0 && self->state == ALIVE));
    if (id != 0 && --self->owners == 0 && counts(self->where)) {
        known_id before = model.dying;
        kill(id);
        release_parts(model.dying, before);
    }
}

void model_begin_reset(place where) {
    model.resetting[where] = true;
}

void model_end_reset(place where) {
    model.resetting[where] = false;
    known_id before = model.dying;
    for (known_id id = 1; id < model.top; id++) {
        if (model_get(id)->state == ALIVE && model_get(id)->where == where) {
            kill(id);
        }
    }
    release_parts(model.dying, before);
}

void model_orphan(place where) {
    model.life[where]++;
    model.live[where] = 0;
}

static void forget(known *self) {
    REQUIRE(self->dropped == (self->kind->type->drop != NULL));
    self->state = UNUSED;
    model.used--;
}

void model_settle(void) {
    known_id last = 0;
    for (known_id id = model.dying; id != 0; last = id, id = model_get(id)->next) {
        forget(model_get(id));
    }
    if (last != 0) {
        model_get(last)->next = model.unused;
        model.unused = model.dying;
        model.dying = 0;
    }
    REQUIRE(model.drops_due == model.drops_seen);
}

/* --- objects change --- */

void model_resize(known_id id, size_t length) {
    known *self = model_get(id);
    size_t old = self->content.length;
    for (size_t i = length; self->kind->has_item_part && i < old; i++) {
        model_release(model_set_part(id, self->kind->parts_length + i, 0));
    }
    for (size_t i = old; self->kind->has_item_part && i < length; i++) {
        self->parts[self->kind->parts_length + i] = 0;
    }
    self->content.length = length;
    if (self->content.filled > length) {
        self->content.filled = length;
    }
}

void model_move(known_id id, place where, const void *address) {
    known *self = model_get(id);
    model.live[self->where] -= self->life == model.life[self->where];
    self->where = where;
    self->life = model.life[where];
    self->address = address;
    find_level(self);
    model.live[where]++;
}
