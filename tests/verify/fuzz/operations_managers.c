/* Managers: raw memory, their ends, failures; and what must be refused. */
#include <string.h>

#include "operations.h"
#include "require.h"

/* --- raw memory --- */

static nanvm_layout raw_layout(const operation *op) {
    size_t size = op->size < 250 ? op->size : (size_t)op->size * 40;
    return nanvm_layout_make(size, (size_t)1 << op->seed % 9);
}

static void raw_fill(raw *self, unsigned char fill) {
    self->fill = fill;
    memset(self->memory, fill, self->layout.size);
}

static void raw_alloc(raw *self, const operation *op) {
    size_t failures = failures_so_far();
    self->where = place_of(op);
    self->layout = raw_layout(op);
    here.borrowed[self->where]++;
    self->memory = nanvm_manager_alloc(manager_of(self->where), self->layout);
    here.borrowed[self->where]--;
    if (self->memory == NULL) {
        REQUIRE(may_fail(self->where, self->layout.size, failures));
    } else {
        REQUIRE(((uintptr_t)self->memory & (self->layout.align - 1)) == 0);
        raw_fill(self, op->seed);
    }
}

static void raw_resize(raw *self, const operation *op) {
    size_t failures = failures_so_far();
    size_t size = raw_layout(op).size;
    size_t kept = size < self->layout.size ? size : self->layout.size;
    unsigned char *memory =
        nanvm_manager_resize(manager_of(self->where), self->memory, self->layout, size);
    if (memory == NULL) {
        REQUIRE(may_fail(self->where, size, failures));
        return;
    }
    for (size_t i = 0; i < kept; i++) {
        REQUIRE(memory[i] == self->fill);
    }
    self->memory = memory;
    self->layout.size = size;
    raw_fill(self, op->seed);
}

void op_raw(const operation *op) {
    raw *self = &here.raws[op->slot % RAWS];
    bool is_over = is_unusable(place_of(op)) || here.ending[place_of(op)];
    if (self->memory == NULL && !is_over) {
        raw_alloc(self, op);
    } else if (self->memory != NULL && way_of(op) == 0) {
        raw_resize(self, op);
    } else if (self->memory != NULL) {
        raw_free(self);
    }
}

/* --- local managers --- */

static place some_local(const operation *op) {
    return (place)(LOCAL + op->where % 4);
}

static void trim(place where) {
    nanvm_stats before = nanvm_stats_make(manager_of(where));
    size_t bytes = nanvm_local_trim(local_at(where));
    nanvm_stats after = nanvm_stats_make(manager_of(where));
    REQUIRE(before.reserved_bytes - after.reserved_bytes == bytes);
    REQUIRE(before.live_blocks == after.live_blocks);
    REQUIRE(before.live_bytes == after.live_bytes);
    REQUIRE(after.live_blocks > 0 || after.reserved_bytes == 0);
    REQUIRE(nanvm_local_trim(local_at(where)) == 0);
}

/* Some that follow from the operation. */
static void run_scripts(const operation *op, size_t blocks) {
    uint32_t random = (uint32_t)op->size << 16 | (uint32_t)op->slot << 8 | op->other;
    random += (uint32_t)blocks;
    for (size_t i = 0; i < blocks && i < 3; i++) {
        unsigned char script[SCRIPT];
        for (size_t k = 0; k < SCRIPT; k++) {
            random = random * 1664525 + 1013904223;
            script[k] = (unsigned char)(random >> 24);
        }
        run_script(script);
    }
}

/* What is told of may be ended, and so is raw memory; nothing is left at the end. */
static void on_leak(void *context, const nanvm_type *type, size_t blocks, size_t bytes) {
    const operation *op = context;
    place where = some_local(op);
    size_t expected = count_of(type, where);
    bool is_source = type == NULL && where <= LOCAL_FAILING;
    REQUIRE(blocks == expected || is_source || !is_settled());
    REQUIRE(bytes >= blocks);
    if (type == NULL) {
        raws_free(where);
    } else if (op->seed % 4 == 0) {
        run_scripts(op, blocks);
    }
}

static void end_local_alone(place where, const operation *op) {
    here.ending[where] = true;
    nanvm_local_on_leak(local_at(where), on_leak, (void *)(uintptr_t)op);
    nanvm_local_deinit(local_at(where));
    REQUIRE(count_raws(where) == 0);
    nanvm_local_deinit(local_at(where));
    here.ending[where] = false;
    model_orphan(where);
    here.clones[where] = 0;
    local_begin(where);
}

/* A local manager may end while an object is created in it, or an array resized. */
static bool is_in_use(place where) {
    bool is_borrowed = here.borrowed[where] > 0 && !is_local(where);
    return is_borrowed || here.ending[where] || model.resetting[where];
}

static bool reset(place where, bool ends);
static bool end_local(place where, const operation *op);

/* Whoever takes memory from a manager ends before it, and can't be used meanwhile. */
static bool end_dependent(place where) {
    static const operation nested = {.where = LOCAL_NESTED - LOCAL};
    if (where == LOCAL) {
        return end_local(LOCAL_NESTED, &nested);
    }
    return where != LOCAL_FAILING || reset(ARENA_LOCAL, true);
}

static bool end_local(place where, const operation *op) {
    place dependent = where == LOCAL ? LOCAL_NESTED : ARENA_LOCAL;
    bool has_dependent = where == LOCAL || where == LOCAL_FAILING;
    if (is_in_use(where) || !end_dependent(where)) {
        return false;
    }
    here.closed[dependent] |= has_dependent;
    end_local_alone(where, op);
    here.closed[dependent] &= !has_dependent;
    return true;
}

void op_end_local(const operation *op) {
    if (here.ending[some_local(op)]) {
        nanvm_local_deinit(local_at(some_local(op))); /* does nothing */
    } else {
        (void)end_local(some_local(op), op);
    }
}

/* --- managers that don't count --- */

/* References in slots that lead there. */
static void clear_slots(place where) {
    unsigned level = (unsigned)(where - ARENA_BUFFER + 1);
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        const known *self = known_of(here.slots[slot]);
        if (here.slots[slot].id != 0 &&
            (self->where == where || (counts(self->where) && self->level >= level))) {
            drop_handle(take(slot), &untyped_calls);
        }
    }
}

/* Those that callbacks made meanwhile. */
static void forget_slots(place where) {
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (here.slots[slot].id != 0 && known_of(here.slots[slot])->where == where) {
            here.slots[slot] = (handle){0};
        }
    }
}

static void reset_real(place where, bool ends) {
    if (where == NONE) {
        none_reset();
    } else if (ends) {
        nanvm_arena_deinit(arena_at(where));
    } else {
        nanvm_arena_reset(arena_at(where));
    }
}

static void reset_alone(place where, bool ends) {
    model_begin_reset(where);
    reset_real(where, ends);
    model_end_reset(where);
    forget_slots(where);
    raws_forget(where);
    here.uncounted[where] = 0;
    if (ends && where != NONE) {
        arena_begin(where);
        here.clones[where] = 0;
    }
}

/* Possible when nothing else refers there. */
static bool reset(place where, bool ends) {
    if (is_in_use(where) || (here.depth > 0 && here.in_hand > 0)) {
        return false;
    }
    clear_slots(where);
    if (here.depth == 0) {
        model_settle();
    }
    if (model_is_referred_to(where)) {
        return false;
    }
    reset_alone(where, ends);
    return true;
}

void op_reset(const operation *op) {
    place where = (place)(ARENA_BUFFER + op->where % (PLACES - ARENA_BUFFER));
    bool ends = way_of(op) == 0;
    if (where != NONE && model.resetting[where]) {
        reset_real(where, ends); /* does nothing */
    } else {
        (void)reset(where, ends);
    }
}

void end_managers(void) {
    static const operation last[] = {{.where = LOCAL_NESTED - LOCAL},
                                     {.where = LOCAL - LOCAL},
                                     {.where = LOCAL_FAILING - LOCAL},
                                     {.where = LOCAL_RIGID - LOCAL}};
    for (place where = NONE; where >= ARENA_BUFFER; where--) {
        REQUIRE(reset(where, true));
        model_settle();
    }
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
        REQUIRE(end_local(some_local(&last[i]), &last[i]));
    }
}

/* --- failures --- */

void op_fail(const operation *op) {
    managers_fail(op->where, op->size % 16, op->seed % 4 == 0);
}

void op_refuse(const operation *op) {
    here.refuses = op->seed % 2 == 0;
}

/* Whether there is memory for it or not, all is as it was: references count as before,
 * in another way. */
static void share_some(const operation *op) {
    const handle *slot = as_ref(slot_of(op));
    bool shared = false;
    if (op->seed % 4 == 1 && slot != NULL) {
        nanvm_ref ref = {slot->object};
        shared = nanvm_ref_share(ref);
        REQUIRE(!shared || nanvm_ref_share(ref));
        check_object(slot->id);
    } else if (op->seed % 4 == 2) {
        shared = nanvm_local_share(local_at(some_local(op)));
    }
    (void)shared;
}

void op_check(const operation *op) {
    if (is_settled()) {
        share_some(op);
        check_manager(place_of(op));
    }
}

/* --- many at once --- */

/* Objects that hold nothing, from a manager to which they all go back. */
enum { FEW = 64, MANY = 2600 };

typedef struct burst {
    const kind *kind;
    place where;
    size_t length;
    content content;
    nanvm_ref refs[MANY];
} burst;

static void burst_make(burst *self, size_t length) {
    nanvm_manager *manager = manager_of(self->where);
    for (self->length = 0; self->length < length; self->length++) {
        nanvm_mut_ref made = self->kind->typed->make(manager, self->kind->type);
        if (made.object == NULL) {
            return;
        }
        self->content.fixed_seed = (uint16_t)(self->length + 1);
        kind_write_fixed(self->kind, made.object, &self->content);
        self->refs[self->length] = self->kind->typed->to_ref(made);
    }
}

static void burst_drop(burst *self, size_t i, const calls *how) {
    self->content.fixed_seed = (uint16_t)(i + 1);
    REQUIRE(kind_has_content(self->kind, self->refs[i].object, &self->content));
    how->drop(self->refs[i]);
}

/* From one end, or every other one first. */
static void burst_end(burst *self, bool in_order, const calls *how) {
    for (size_t i = 0; i < self->length; i += in_order ? 1 : 2) {
        burst_drop(self, i, how);
    }
    for (size_t i = 1; !in_order && i < self->length; i += 2) {
        burst_drop(self, i, how);
    }
}

static void run_burst(burst *self, const operation *op, size_t length) {
    size_t failures = failures_so_far();
    burst_make(self, length);
    REQUIRE(self->length == length ||
            may_fail(self->where, self->kind->type->size, failures));
    if (!counts(self->where)) {
        here.uncounted[self->where] += self->length;
    }
    burst_end(self, op->seed % 2 == 0, is_typed(op) ? self->kind->typed : &untyped_calls);
}

/* Rarely so many that a pool takes huge pages. */
void op_burst(const operation *op) {
    static burst self;
    bool is_many = way_of(op) == 3 && op->size == 255 && here.depth == 0;
    self.kind = &kinds[op->other % PAIR_KIND];
    self.where =
        place_of(op) == NONE || is_unusable(place_of(op)) ? GLOBAL : place_of(op);
    run_burst(&self, op, is_many ? MANY : op->size % FEW);
}

/* --- no memory --- */

/* When a local manager says that there is none, whatever it took holds an object that is
 * alive: memory that holds none is free. (Where raw memory is alive, its chunks aren't
 * told from others.) */
typedef struct holding {
    place where;
    const burst *made;
    const char *begin, *end; /* a piece */
    bool has_finalizer;
    size_t bytes; /* of all pieces that are */
} holding;

/* By its header, as an object may have no bytes. */
static void hold(holding *self, const void *object) {
    const char *header = (const char *)object - 1;
    self->has_finalizer |= header >= self->begin && header < self->end;
}

static void hold_known(known_id id, void *context) {
    holding *self = context;
    const known *it = model_get(id);
    if (it->where == self->where && it->life == model.life[self->where]) {
        hold(self, it->address);
    }
}

static void hold_piece(void *memory, size_t size, void *context) {
    holding *self = context;
    self->begin = memory;
    self->end = self->begin + size;
    self->has_finalizer = false;
    model_each(hold_known, self);
    for (size_t i = 0; !self->has_finalizer && i < self->made->length; i++) {
        hold(self, self->made->refs[i].object);
    }
    self->bytes += self->has_finalizer ? size : 0;
}

static void add_raw(const nanvm_type_stats *stats, void *context) {
    *(size_t *)context += stats->type == NULL ? stats->live_bytes : 0;
}

static void check_nothing_free(place where, const burst *made) {
    holding found = {.where = where, .made = made};
    size_t raw_bytes = 0;
    nanvm_stats stats = {.size = sizeof(stats), .version = NANVM_STATS_VERSION};
    stats.each = add_raw;
    stats.context = &raw_bytes;
    nanvm_manager_stats(manager_of(where), &stats);
    accounting_each(source_of(where), hold_piece, &found);
    REQUIRE(stats.reserved_bytes >= raw_bytes + found.bytes);
    REQUIRE(raw_bytes > 0 || stats.reserved_bytes == found.bytes);
}

enum { EXHAUSTING = 100 };

static void exhaust_by(burst *self, size_t which) {
    self->kind = &kinds[which % PAIR_KIND];
    burst_make(self, EXHAUSTING);
    if (self->length < EXHAUSTING) {
        check_nothing_free(self->where, self);
    }
}

/* One type after the other until there is no memory. */
static void exhaust(const operation *op) {
    static burst self;
    self.where = op->where % 2 == 0 ? LOCAL_FAILING : LOCAL_RIGID;
    accounting *source = source_of(self.where);
    if (here.depth > 0 || is_unusable(self.where)) {
        return;
    }
    accounting_limit(source, source->live_bytes + (size_t)op->size * 64 + 1);
    for (size_t i = 0; i < 3; i++) {
        exhaust_by(&self, op->other + i * (op->seed + 1U));
        burst_end(&self, op->seed % 2 == 0, &untyped_calls);
    }
    accounting_limit(source, SIZE_MAX);
}

/* All at once: not where others have their chunks. */
static void free_raws_at_once(place where) {
    if (where > LOCAL_FAILING) {
        nanvm_local_dealloc_raw(local_at(where));
        raws_forget(where);
    }
}

void op_trim(const operation *op) {
    if (way_of(op) == 0) {
        exhaust(op);
    } else if (op->seed % 8 == 0) {
        free_raws_at_once(some_local(op));
    } else {
        trim(some_local(op));
    }
}

/* --- what can't be --- */

typedef void attempt(nanvm_manager *manager, unsigned char which);

static const size_t too_long[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX - 7,
                                  (size_t)PTRDIFF_MAX - 1};

static void make_too_long(nanvm_manager *manager, unsigned char which) {
    const kind *it = &kinds[which % KINDS];
    size_t length = too_long[which % 4] / (it->item_bytes_size == 4 ? 4 : 1);
    length = it->type->item_size == 0 ? which + 1U : length;
    if (it->type->item_size > 1 || length > (size_t)PTRDIFF_MAX ||
        it->type->item_size == 0) {
        REQUIRE(nanvm_new_array(manager, it->type, NULL, length).object == NULL);
        REQUIRE(nanvm_new_with(manager, it->type, length, on_construct, NULL).object ==
                NULL);
        REQUIRE(nanvm_new_array_unset(manager, it->type, length).object == NULL);
    }
}

static void make_misaligned(nanvm_manager *manager, unsigned char which) {
    nanvm_type type = {.name = "misaligned", .size = which, .align = which};
    type.align += (which & (which - 1U)) == 0 && which != 0 ? 257 : 0;
    REQUIRE(nanvm_new(manager, &type).object == NULL);
}

static void alloc_invalid(nanvm_manager *manager, unsigned char which) {
    nanvm_layout layout = nanvm_layout_make(SIZE_MAX - which, 8);
    nanvm_layout crooked = nanvm_layout_make(8, which | 9U);
    REQUIRE(nanvm_manager_alloc(manager, layout) == NULL);
    REQUIRE(nanvm_manager_alloc(manager, crooked) == NULL);
    nanvm_manager_dealloc(manager, NULL, layout);
}

/* Null handles are passed on. */
static void use_null(nanvm_manager *manager, unsigned char which) {
    const calls *how = which % 2 == 0 ? &untyped_calls : kinds[which % KINDS].typed;
    nanvm_ref none = {NULL};
    nanvm_mut_ref own = {NULL};
    REQUIRE(how->get(none) == NULL && how->length(none) == 0 && how->count(none) == 0);
    REQUIRE(how->clone(none).object == NULL && how->to_ref(own).object == NULL);
    REQUIRE(how->clone_object(none, manager).object == NULL);
    REQUIRE(how->clone_resized(none, manager, which).object == NULL);
    REQUIRE(how->clone_deep(none, manager).object == NULL);
    REQUIRE(how->to_mut(&none, manager).object == NULL);
    REQUIRE(how->make_mut(&none, manager) == NULL);
    REQUIRE(!how->try_to_mut(&none, &own) && !how->resize(&own, manager, 0));
    REQUIRE(!how->resize_unset(&own, manager, 1) && how->length_mut(own) == 0);
    how->drop(none);
    how->drop_mut(own);
}

static void resize_in_vain(const operation *op) {
    const handle *it = as_mut(slot_of(op));
    if (it == NULL) {
        return;
    }
    nanvm_manager *manager = manager_of(place_of(op));
    nanvm_mut_ref own = mut_of(*it);
    if (known_of(*it)->kind->type->item_size == 0) {
        REQUIRE(!nanvm_mut_ref_resize(&own, manager, op->size + 1U));
        REQUIRE(nanvm_mut_ref_resize(&own, manager, 0));
    } else {
        REQUIRE(!nanvm_mut_ref_resize(&own, manager, SIZE_MAX - op->seed));
        REQUIRE(!nanvm_mut_ref_resize_unset(&own, manager, SIZE_MAX / 2 + 1));
    }
    REQUIRE(own.object == it->object);
    check_object(it->id);
}

void op_impossible(const operation *op) {
    static attempt *const attempts[] = {make_too_long, make_misaligned, alloc_invalid,
                                        use_null};
    if (!is_unusable(place_of(op))) {
        attempts[way_of(op)](manager_of(place_of(op)), op->size);
        resize_in_vain(op);
    }
}
