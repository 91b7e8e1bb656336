/* References, and the objects that they refer to. */
#include <string.h>

#include "operations.h"
#include "require.h"

/* --- making one --- */

enum { BY_NEW, BY_COPY, BY_ARRAY, BY_CONSTRUCT };

/* Bytes that follow from those of the operation. */
static void write_script(unsigned char *script, const operation *op) {
    uint32_t random =
        ((uint32_t)op->size << 16 | (uint32_t)op->seed << 8 | op->other) + 1;
    memset(script, 0, SCRIPT);
    for (size_t i = 0; here.depth == 0 && op->size % 4 != 0 && i < SCRIPT; i++) {
        random = random * 1664525 + 1013904223;
        script[i] = (unsigned char)(random >> 24);
    }
}

/* Which parts that way of creating writes. */
static void plan_range(plan *self, unsigned way) {
    size_t all = kind_parts(self->kind, self->content.length);
    self->begin = way == BY_ARRAY ? self->kind->parts_length : 0;
    self->end = way == BY_NEW ? 0 : way == BY_COPY ? self->kind->parts_length : all;
}

static void plan_content(plan *self, const operation *op, unsigned way) {
    size_t length = kind_length(self->kind, op->size);
    uint16_t seed = (uint16_t)(op->seed * 16 + op->size);
    bool has_items = way == BY_ARRAY || way == BY_CONSTRUCT;
    bool has_fixed = way == BY_COPY || way == BY_CONSTRUCT;
    self->content.length = has_items ? length : 0;
    self->content.filled = self->content.length;
    self->content.seed = seed;
    self->content.fixed_seed = has_fixed ? seed : 0;
}

/* A clone of what is in a slot, if there may be one. */
static void plan_part(plan *self, size_t part, unsigned slot) {
    handle *it = as_ref(slot);
    self->parts[part] = 0;
    self->refs[part].object = NULL;
    if (it != NULL && model_may_hold(self->where, known_of(*it))) {
        self->parts[part] = it->id;
        self->refs[part] = nanvm_ref_clone(ref_of(*it));
        model_share(it->id);
        here.in_hand++;
    }
}

static void plan_parts(plan *self, const operation *op) {
    unsigned step = 1 + op->where / 16U;
    memset(self->parts, 0, sizeof(self->parts));
    for (size_t i = self->begin; i < self->end; i++) {
        plan_part(self, i, (unsigned)(op->other + i * step) % SLOTS);
    }
}

/* What wasn't handed over. */
static void drop_plan(plan *self) {
    for (size_t i = self->begin; i < self->end; i++) {
        if (self->refs[i].object != NULL) {
            drop_known(self->parts[i], self->refs[i]);
        } else if (self->parts[i] != 0) {
            here.in_hand--;
            model_release(self->parts[i]);
        }
    }
}

static nanvm_mut_ref make_copy(const plan *self, const calls *how,
                               nanvm_manager *manager) {
    static _Alignas(256) unsigned char value[4096];
    memset(value, 0, self->kind->type->size);
    kind_write_fixed(self->kind, value, &self->content);
    for (size_t i = 0; i < self->end; i++) {
        kind_set_part(self->kind, value, i, self->refs[i]);
    }
    return how->make_copy(manager, self->kind->type, value);
}

/* An array that the library doesn't clear. */
static nanvm_mut_ref write_array(const plan *self, const calls *how,
                                 nanvm_manager *manager, const void *items,
                                 size_t bytes) {
    const nanvm_type *type = self->kind->type;
    size_t size = 0;
    nanvm_mut_ref made = how->make_array_unset(manager, type, self->content.length);
    if (made.object != NULL && nanvm_type_size(type, self->content.length, &size)) {
        memset(made.object, 0, size);
        memcpy(kind_items(self->kind, made.object), items, bytes);
    }
    return made;
}

/* Items as they lie in an array; without one, `items` is where they would begin. */
static nanvm_mut_ref make_array(const plan *self, const calls *how,
                                nanvm_manager *manager) {
    static _Alignas(256) unsigned char items[BYTES_MAX + 4096];
    size_t bytes = self->content.length * self->kind->type->item_size;
    memset(items, 0,
           self->kind->item_bytes_size == self->kind->type->item_size ? 0 : bytes);
    kind_write_items(self->kind, items, &self->content, 0);
    for (size_t i = self->begin; i < self->end; i++) {
        uintptr_t object = (uintptr_t)items - self->kind->type->items_offset;
        kind_set_part(self->kind, (void *)object, i, self->refs[i]);
    }
    return self->content.seed % 2 == 0
               ? how->make_array(manager, self->kind->type, items, self->content.length)
               : write_array(self, how, manager, items, bytes);
}

/* Every other one isn't cleared by the library; then the program writes zeros. */
static nanvm_mut_ref make_new(const plan *self, const calls *how,
                              nanvm_manager *manager) {
    const nanvm_type *type = self->kind->type;
    if (self->content.seed % 2 == 0) {
        return how->make(manager, type);
    }
    nanvm_mut_ref made = how->make_unset(manager, type);
    if (made.object != NULL && type->size > 0) {
        memset(made.object, 0, type->size);
    }
    return made;
}

static nanvm_mut_ref make_real(plan *self, const calls *how, unsigned way) {
    nanvm_manager *manager = manager_of(self->where);
    const nanvm_type *type = self->kind->type;
    return way == BY_NEW    ? make_new(self, how, manager)
           : way == BY_COPY ? make_copy(self, how, manager)
           : way == BY_ARRAY
               ? make_array(self, how, manager)
               : how->make_with(manager, type, self->content.length, on_construct, self);
}

static handle made(plan *self, void *object) {
    handle it = {model_add(self->kind, self->where, object, &self->content, self->parts),
                 true, object};
    if (self->kind->has_card) {
        memcpy(model_get(it.id)->script, self->script, SCRIPT);
        write_card(it.id);
    }
    model_set_life(it.id, self->life);
    for (size_t i = self->begin; i < self->end; i++) {
        here.in_hand -= self->parts[i] != 0;
    }
    here.in_hand++;
    REQUIRE(kind_has_clear_tail(self->kind, object, self->content.length));
    return it;
}

static size_t plan_size(const plan *self) {
    size_t size = 0;
    REQUIRE(nanvm_type_size(self->kind->type, self->content.length, &size));
    return size;
}

static void carry_out(plan *self, const operation *op, unsigned way) {
    size_t failures = failures_so_far();
    const calls *how = is_typed(op) ? self->kind->typed : &untyped_calls;
    here.borrowed[self->where]++;
    self->life = model.life[self->where];
    void *object = make_real(self, how, way).object;
    here.borrowed[self->where]--;
    if (object == NULL) {
        REQUIRE(may_fail(self->where, plan_size(self), failures));
        drop_plan(self);
    } else {
        put_checked(slot_of(op), made(self, object));
    }
}

/* The cards of callbacks are the fixed part of arrays that are made from items alone. */
void op_make(const operation *op) {
    plan self = {.kind = &kinds[op->seed % KINDS], .where = place_of(op)};
    unsigned way = way_of(op);
    if (way == BY_ARRAY && self.kind->type->item_size == 0) {
        way = BY_NEW;
    }
    if (!model_has_room(here.depth) || is_unusable(self.where)) {
        return;
    }
    write_script(self.script, op);
    plan_content(&self, op, way);
    plan_range(&self, way);
    plan_parts(&self, op);
    carry_out(&self, op, way);
}

handle make_scripted(const kind *of, place where, uint32_t random) {
    plan self = {.kind = of, .where = where};
    size_t failures = failures_so_far();
    if (!model_has_room(here.depth) || is_unusable(where)) {
        return (handle){0};
    }
    for (size_t i = 0; here.depth == 0 && i < SCRIPT; i++) {
        random = random * 1664525 + 1013904223;
        self.script[i] = (unsigned char)(random >> 24);
    }
    self.life = model.life[where];
    void *object = make_real(&self, &untyped_calls, BY_NEW).object;
    REQUIRE(object != NULL || may_fail(where, plan_size(&self), failures));
    return object == NULL ? (handle){0} : made(&self, object);
}

/* --- references --- */

unsigned slot_of_id(known_id id) {
    unsigned slot = 0;
    while (slot < SLOTS - 1 && here.slots[slot].id != id) {
        slot++;
    }
    return slot;
}

static handle share(handle it, const calls *how) {
    handle copy = {it.id, false, (void *)(uintptr_t)how->clone(ref_of(it)).object};
    REQUIRE(how->same(ref_of(it), ref_of(copy)));
    model_share(it.id);
    here.in_hand++;
    return copy;
}

void op_share(const operation *op) {
    handle *it = as_ref(other_of(op));
    if (it != NULL) {
        put_checked(slot_of(op), share(*it, calls_of(*it, is_typed(op))));
    }
}

void op_share_many(const operation *op) {
    const handle *it = as_ref(slot_of(op));
    handle original = it == NULL ? (handle){0} : *it;
    for (unsigned i = 0; it != NULL && i < op->size; i++) {
        (void)share(original, &untyped_calls).object;
    }
    if (it != NULL) {
        check_object(original.id);
    }
    for (unsigned i = 0; it != NULL && i < op->size; i++) {
        drop_handle(original, &untyped_calls);
    }
}

void op_drop(const operation *op) {
    handle it = take(slot_of(op));
    drop_handle(it, calls_of(it, is_typed(op)));
}

static void move_handle(handle *it, const calls *how) {
    nanvm_ref reference = ref_of(*it);
    nanvm_mut_ref own = mut_of(*it);
    void *moved = it->is_mut ? how->move_mut(&own).object
                             : (void *)(uintptr_t)how->move(&reference).object;
    REQUIRE(moved == it->object);
    REQUIRE((it->is_mut ? own.object : reference.object) == NULL);
}

/* From an untyped handle to a typed one, which must be that of its type. */
static void check_from(handle it, const kind *wrong) {
    nanvm_ref reference = ref_of(it), out;
    bool fits = wrong == known_of(it)->kind;
    REQUIRE(wrong->typed->from(&reference, &out) == fits);
    REQUIRE(reference.object == (fits ? NULL : it.object));
    REQUIRE(out.object == (fits ? it.object : NULL));
}

void op_move(const operation *op) {
    handle it = take(slot_of(op));
    if (it.id != 0) {
        move_handle(&it, calls_of(it, is_typed(op)));
        check_from(it, &kinds[op->seed % KINDS]);
        check_from(it, known_of(it)->kind);
    }
    put(other_of(op), it);
}

/* --- conversions --- */

typedef struct conversion {
    handle from;
    handle to;
    const calls *how;
    place where;
    unsigned life; /* of the manager */
    bool was_sole;
    size_t failures;
    size_t length; /* of a clone with another one; or 0 */
} conversion;

size_t size_of(handle it) {
    size_t size = 0;
    REQUIRE(
        nanvm_type_size(known_of(it)->kind->type, known_of(it)->content.length, &size));
    return size;
}

static bool is_clonable(handle it) {
    const nanvm_type *type = known_of(it)->kind->type;
    return type->drop == NULL || type->clone != NULL;
}

static void check_failed(const conversion *self) {
    size_t size = size_of(self->from);
    size_t more = self->length * known_of(self->from)->kind->type->item_size;
    REQUIRE(!is_clonable(self->from) ||
            may_fail(self->where, size + more, self->failures));
    REQUIRE(!self->was_sole || !is_settled());
}

/* A new object with the same content. */
static void note_clone(conversion *self) {
    REQUIRE(is_clonable(self->from));
    self->to.id = model_add_copy(self->from.id, self->where, self->to.object);
    self->to.is_mut = true;
    model_set_life(self->to.id, self->life);
    write_card(self->to.id);
    here.in_hand++;
}

/* `*from` has been consumed, and its object is another's or gone. */
static void note_converted(conversion *self) {
    if (self->to.object == self->from.object) {
        REQUIRE(self->was_sole || !is_settled());
        self->to = self->from;
        self->to.is_mut = self->was_sole;
        return;
    }
    REQUIRE(!self->was_sole || !is_settled());
    note_clone(self);
    here.clones[self->where]++;
    here.in_hand--;
    model_release(self->from.id);
}

static void to_mut(conversion *self) {
    nanvm_ref reference = ref_of(self->from);
    self->to.object = self->how->to_mut(&reference, manager_of(self->where)).object;
    REQUIRE(reference.object == (self->to.object == NULL ? self->from.object : NULL));
}

static void make_mut(conversion *self) {
    nanvm_ref reference = ref_of(self->from);
    self->to.object = self->how->make_mut(&reference, manager_of(self->where));
    REQUIRE(reference.object ==
            (self->to.object == NULL ? self->from.object : self->to.object));
}

static void convert(conversion *self, bool in_place) {
    self->failures = failures_so_far();
    self->was_sole = is_sole(self->from);
    self->life = model.life[self->where];
    here.borrowed[self->where]++;
    if (in_place) {
        make_mut(self);
    } else {
        to_mut(self);
    }
    here.borrowed[self->where]--;
}

static bool may_clone(handle it, place where) {
    return model_has_room(here.depth) && !is_unusable(where) && !is_let_go_of(it) &&
           model_may_hold_all(where, known_of(it));
}

static void convert_by_cloning(const operation *op, bool in_place) {
    const handle *slot = as_ref(slot_of(op));
    if (slot == NULL || !may_clone(*slot, place_of(op))) {
        return;
    }
    conversion self = {.from = take(slot_of(op)), .where = place_of(op)};
    self.how = calls_of(self.from, is_typed(op));
    convert(&self, in_place);
    if (self.to.object == NULL) {
        check_failed(&self);
        self.to = self.from;
    } else {
        note_converted(&self);
        self.to.is_mut &= !in_place;
    }
    put_checked(slot_of(op), self.to);
}

static void convert_for_nothing(const operation *op) {
    handle *it = &here.slots[slot_of(op)];
    if (it->is_mut) {
        const calls *how = calls_of(*it, is_typed(op));
        REQUIRE(how->to_ref(mut_of(*it)).object == it->object);
        REQUIRE(how->get_mut(mut_of(*it)) == it->object);
        it->is_mut = false;
    }
}

/* nanvm_ref_try_to_mut_ref by both interfaces. */
static void try_to_mut(const operation *op) {
    handle *it = as_ref(slot_of(op));
    nanvm_ref reference = it == NULL ? (nanvm_ref){NULL} : ref_of(*it);
    nanvm_mut_ref own = {&own};
    bool done = (it == NULL ? &untyped_calls : calls_of(*it, is_typed(op)))
                    ->try_to_mut(&reference, &own);
    REQUIRE(done ? reference.object == NULL : own.object == NULL);
    REQUIRE(it != NULL || !done);
    if (it != NULL) {
        REQUIRE(done == is_sole(*it) || !is_settled());
        REQUIRE((done ? own.object : reference.object) == it->object);
        it->is_mut = done && is_sole(*it);
    }
}

void op_convert(const operation *op) {
    switch (way_of(op)) {
    case 0:
        convert_for_nothing(op);
        break;
    case 1:
        try_to_mut(op);
        break;
    case 2:
        convert_by_cloning(op, false);
        break;
    default:
        convert_by_cloning(op, true);
        break;
    }
}

/* Whether the clone is to have another length. A `clone` is told of the old one here. */
static bool may_clone_resized(const operation *op, handle from) {
    const kind *its = known_of(from)->kind;
    return way_of(op) == 3 && its->type->item_size != 0 && its->type->clone == NULL;
}

static size_t length_of_clone(const operation *op, handle from) {
    const kind *its = known_of(from)->kind;
    size_t old = known_of(from)->content.length;
    size_t length = op->seed % 4 == 0   ? old + 1
                    : op->seed % 4 == 1 ? old - old / 4
                                        : kind_length(its, op->size);
    bool fits = kind_parts(its, length) <= PARTS_MAX &&
                length * its->type->item_size <= BYTES_MAX;
    return fits ? length : old;
}

static void *clone_real(conversion *self, bool resized) {
    nanvm_manager *manager = manager_of(self->where);
    nanvm_ref from = ref_of(self->from);
    return resized ? self->how->clone_resized(from, manager, self->length).object
                   : self->how->clone_object(from, manager).object;
}

void op_clone_object(const operation *op) {
    const handle *slot = as_ref(other_of(op));
    if (slot == NULL || !may_clone(*slot, place_of(op))) {
        return;
    }
    conversion self = {.from = share(*slot, &untyped_calls), .where = place_of(op)};
    bool resized = may_clone_resized(op, self.from);
    self.length = resized ? length_of_clone(op, self.from) : 0;
    self.how = calls_of(self.from, is_typed(op));
    self.failures = failures_so_far();
    self.life = model.life[self.where];
    here.borrowed[self.where]++;
    self.to.object = clone_real(&self, resized);
    here.borrowed[self.where]--;
    if (self.to.object == NULL) {
        check_failed(&self);
    } else {
        note_clone(&self);
        if (resized) {
            model_resize(self.to.id, self.length);
        }
        put_checked(slot_of(op), self.to);
    }
    check_object(self.from.id);
    drop_handle(self.from, &untyped_calls);
}

/* --- writing --- */

void op_write(const operation *op) {
    const handle *it = as_mut(slot_of(op));
    if (it == NULL) {
        return;
    }
    known *self = model_get(it->id);
    self->content.seed = (uint16_t)(op->seed * 16 + op->size);
    self->content.fixed_seed = self->content.seed;
    self->content.filled = self->content.length;
    kind_write_fixed(self->kind, it->object, &self->content);
    kind_write_items(self->kind, kind_items(self->kind, it->object), &self->content, 0);
    check_object(it->id);
}

handle exchange(handle it, size_t part, handle by) {
    const kind *its = known_of(it)->kind;
    handle old = {0};
    old.object = (void *)(uintptr_t)kind_part(its, it.object, part).object;
    kind_set_part(its, it.object, part, ref_of(by));
    old.id = model_set_part(it.id, part, by.id);
    here.in_hand += (old.id != 0);
    here.in_hand -= (by.id != 0);
    return old;
}

/* Chooses a part; false if there is none. */
static bool choose_part(handle it, const operation *op, size_t *part) {
    size_t length = known_parts(known_of(it));
    *part = length == 0 ? 0 : op->seed % length;
    return length > 0;
}

void op_store(const operation *op) {
    size_t part;
    if (slot_of(op) == other_of(op) || as_mut(slot_of(op)) == NULL ||
        !choose_part(here.slots[slot_of(op)], op, &part)) {
        return;
    }
    const handle *by = as_ref(other_of(op));
    handle it = take(slot_of(op));
    handle shared = {0};
    if (by != NULL && model_may_hold(known_of(it)->where, known_of(*by))) {
        shared = share(*by, calls_of(*by, is_typed(op)));
    }
    handle old = exchange(it, part, shared);
    put_checked(slot_of(op), it);
    drop_handle(old, calls_of(old, is_typed(op)));
}

void op_take_part(const operation *op) {
    size_t part;
    if (slot_of(op) != other_of(op) && as_mut(slot_of(op)) != NULL &&
        choose_part(here.slots[slot_of(op)], op, &part)) {
        handle it = here.slots[slot_of(op)];
        put(other_of(op), exchange(it, part, (handle){0}));
    }
}

/* A reference found inside an object. */
void op_adopt(const operation *op) {
    handle it = here.slots[other_of(op)];
    size_t part;
    if (it.id == 0 || is_let_go_of(it) || !choose_part(it, op, &part)) {
        return;
    }
    handle found = {known_of(it)->parts[part], false, NULL};
    found.object =
        (void *)(uintptr_t)kind_part(known_of(it)->kind, it.object, part).object;
    if (found.id != 0) {
        put_checked(slot_of(op), share(found, calls_of(found, is_typed(op))));
    }
}
