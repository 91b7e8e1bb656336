#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations.h"
#include "require.h"

world here;
unsigned long long operations_done;

void require_failed(const char *demand, const char *file, int line) {
    fprintf(stderr, "%s:%d: not so: %s (operation %llu, depth %u%s%s)\n", file, line,
            demand, operations_done, here.depth, here.doing == NULL ? "" : ", ",
            here.doing == NULL ? "" : here.doing);
    abort();
}

/* --- handles --- */

nanvm_ref ref_of(handle it) {
    nanvm_ref reference = {it.object};
    return reference;
}

nanvm_mut_ref mut_of(handle it) {
    nanvm_mut_ref reference = {it.object};
    return reference;
}

const known *known_of(handle it) {
    return model_get(it.id);
}

const calls *calls_of(handle it, bool typed) {
    return typed && it.id != 0 ? known_of(it)->kind->typed : &untyped_calls;
}

handle take(unsigned slot) {
    handle it = here.slots[slot];
    here.slots[slot] = (handle){0};
    here.in_hand += it.id != 0;
    return it;
}

void put(unsigned slot, handle it) {
    handle old = here.slots[slot];
    here.slots[slot] = it;
    here.in_hand -= it.id != 0;
    if (old.id != 0) {
        here.in_hand++;
        drop_handle(old, &untyped_calls);
    }
}

/* Callbacks of what was there before may change the slot again. */
void put_checked(unsigned slot, handle it) {
    check_object(it.id);
    put(slot, it);
}

/* Each way there is. */
static void drop_real(handle it, const calls *how) {
    bool cleans = known_of(it)->owners % 2 == 0;
    nanvm_ref reference = ref_of(it);
    nanvm_mut_ref own = mut_of(it);
    if (it.is_mut && cleans) {
        how->clean_mut(&own);
        REQUIRE(own.object == NULL);
    } else if (it.is_mut) {
        how->drop_mut(own);
    } else if (cleans) {
        how->clean(&reference);
        REQUIRE(reference.object == NULL);
    } else {
        how->drop(reference);
    }
}

void drop_handle(handle it, const calls *how) {
    if (it.id != 0) {
        here.in_hand--;
        model_release(it.id);
        drop_real(it, how);
    }
}

void drop_known(known_id id, nanvm_ref reference) {
    handle it = {id, false, (void *)(uintptr_t)reference.object};
    drop_handle(it, &untyped_calls);
}

handle *as_ref(unsigned slot) {
    handle *it = &here.slots[slot];
    if (it->is_mut) {
        REQUIRE(nanvm_mut_ref_to_ref(mut_of(*it)).object == it->object);
        it->is_mut = false;
    }
    return it->id == 0 ? NULL : it;
}

bool is_sole(handle it) {
    return counts(known_of(it)->where) && known_of(it)->owners == 1;
}

bool is_let_go_of(handle it) {
    return model.resetting[known_of(it)->where];
}

handle *as_mut(unsigned slot) {
    handle *it = &here.slots[slot];
    nanvm_ref reference = ref_of(*it);
    nanvm_mut_ref own;
    if (it->id != 0 && !it->is_mut) {
        bool done = nanvm_ref_try_to_mut_ref(&reference, &own);
        REQUIRE(done == is_sole(*it) || !is_settled());
        it->is_mut = done && is_sole(*it); /* the model may be late */
    }
    return it->is_mut && !is_let_go_of(*it) ? it : NULL;
}

void write_card(known_id id) {
    const known *self = model_get(id);
    if (self->kind->has_card) {
        card *its = (card *)(uintptr_t)self->address;
        its->id = id;
        memcpy(its->script, self->script, SCRIPT);
    }
}

/* --- checks --- */

/* While a callback runs, what goes on around it is half done, in the model and in the
 * library, and not the same half. */
bool is_settled(void) {
    return here.depth == 0;
}

static void check_count(const known *self, nanvm_ref reference) {
    size_t count = nanvm_ref_count(reference);
    size_t expected = counts(self->where) ? self->owners - 1 : SIZE_MAX;
    REQUIRE(count == expected || !is_settled());
    REQUIRE(nanvm_ref_is_sole(reference) == (expected == 0) || !is_settled());
}

static void check_parts(const known *self) {
    for (size_t i = 0; i < known_parts(self); i++) {
        const void *part = kind_part(self->kind, self->address, i).object;
        const known *expected = model_get(self->parts[i]);
        REQUIRE(part == (self->parts[i] == 0 ? NULL : expected->address));
        REQUIRE(part == NULL || expected->state == ALIVE);
    }
}

void check_object(known_id id) {
    const known *self = model_get(id);
    nanvm_ref reference = {self->address};
    REQUIRE(self->state == ALIVE);
    REQUIRE(((uintptr_t)self->address & (self->kind->type->align - 1)) == 0);
    REQUIRE(nanvm_ref_type(reference) == self->kind->type);
    REQUIRE(nanvm_ref_length(reference) == self->content.length);
    REQUIRE(kind_has_content(self->kind, self->address, &self->content));
    check_parts(self);
    check_count(self, reference);
    REQUIRE(!self->kind->has_card || ((const card *)self->address)->id == id);
}

/* The library tells of the same references. */
static void sum_up(nanvm_ref reference, void *context) {
    *(uintptr_t *)context += (uintptr_t)reference.object;
}

static void check_visit(const known *self) {
    uintptr_t told = 0, stored = 0;
    nanvm_ref reference = {self->address};
    nanvm_ref_visit(reference, sum_up, &told);
    for (size_t i = 0; i < known_parts(self); i++) {
        stored += (uintptr_t)kind_part(self->kind, self->address, i).object;
    }
    REQUIRE(told == stored || self->kind->hides);
}

static void check_any(known_id id, void *context) {
    (void)context;
    check_object(id);
    check_visit(model_get(id));
}

/* Objects that a manager has, by kind. */
typedef struct tally {
    place where;
    size_t found[KINDS];
} tally;

static void count_one(known_id id, void *context) {
    tally *it = context;
    const known *self = model_get(id);
    it->found[self->kind - kinds] +=
        self->where == it->where && self->life == model.life[it->where];
}

size_t count_raws(place where) {
    size_t found = 0;
    for (size_t i = 0; i < RAWS; i++) {
        found += here.raws[i].memory != NULL && here.raws[i].where == where;
    }
    return found;
}

static size_t found_of(const tally *it, const nanvm_type *type) {
    return type == NULL ? count_raws(it->where) : it->found[kind_of(type) - kinds];
}

size_t count_of(const nanvm_type *type, place where) {
    tally it = {.where = where};
    model_each(count_one, &it);
    return found_of(&it, type);
}

/* Other managers take raw memory from the first two. */
static void check_type(const nanvm_type_stats *stats, void *context) {
    const tally *it = context;
    size_t expected = found_of(it, stats->type);
    bool is_source = stats->type == NULL && it->where <= LOCAL_FAILING;
    REQUIRE(is_source ? stats->live_blocks >= expected : stats->live_blocks == expected);
    REQUIRE(stats->peak_blocks >= stats->live_blocks);
}

static void check_local(place where) {
    nanvm_stats stats = {.size = sizeof(stats), .version = NANVM_STATS_VERSION};
    tally it = {.where = where};
    model_each(count_one, &it);
    stats.each = check_type;
    stats.context = &it;
    nanvm_manager_stats(manager_of(where), &stats);
    REQUIRE(stats.clones == here.clones[where]);
    REQUIRE(stats.live_blocks >= model.live[where]);
    REQUIRE(stats.live_bytes <= stats.peak_bytes);
    REQUIRE(stats.live_bytes <= stats.reserved_bytes);
}

static void check_arena(place where) {
    nanvm_stats stats = nanvm_stats_make(manager_of(where));
    REQUIRE(stats.live_blocks ==
            model.live[where] + here.uncounted[where] + count_raws(where));
    REQUIRE(stats.clones == here.clones[where]);
    REQUIRE(stats.live_bytes <= stats.peak_bytes);
    REQUIRE(stats.live_bytes <= stats.reserved_bytes);
}

/* A user's manager has a piece of memory for each. */
static void check_custom(place where) {
    const accounting *self = (const accounting *)manager_of(where);
    REQUIRE(self->live_blocks == model.live[where] + count_raws(where));
    REQUIRE(self->manager.clones == here.clones[where]);
}

void check_manager(place where) {
    if (where == GLOBAL) {
        REQUIRE(manager_of(where)->clones == here.clones_before + here.clones[where]);
    } else if (is_local(where)) {
        check_local(where);
    } else if (where >= ARENA_BUFFER && where <= ARENA_CLOSED) {
        check_arena(where);
    } else {
        check_custom(where);
    }
}

void check_all(void) {
    model_each(check_any, NULL);
    for (place where = GLOBAL; where < PLACES; where++) {
        check_manager(where);
    }
}

size_t failures_so_far(void) {
    return managers_failures() + here.refusals;
}

/* In a buffer there are the header, the origin, and what alignment costs. */
bool may_fail(place where, size_t size, size_t failures) {
    enum { FRONT = 16 * sizeof(void *) + 768 };
    return failures_so_far() != failures ||
           (where == ARENA_BUFFER && buffer_is_full(size + FRONT));
}

/* --- raw memory --- */

void raw_free(raw *self) {
    const unsigned char *bytes = self->memory;
    for (size_t i = 0; i < self->layout.size; i++) {
        REQUIRE(bytes[i] == self->fill);
    }
    nanvm_manager_dealloc(manager_of(self->where), self->memory, self->layout);
    self->memory = NULL;
}

void raws_free(place where) {
    for (size_t i = 0; i < RAWS; i++) {
        if (here.raws[i].memory != NULL && here.raws[i].where == where) {
            raw_free(&here.raws[i]);
        }
    }
}

void raws_forget(place where) {
    for (size_t i = 0; i < RAWS; i++) {
        if (here.raws[i].where == where) {
            here.raws[i].memory = NULL;
        }
    }
}

/* --- begin and end --- */

void world_begin(unsigned char size, unsigned char shift, bool sealed) {
    memset(&here, 0, sizeof(here));
    model_init();
    managers_init(size, shift, sealed);
    here.clones_before = manager_of(GLOBAL)->clones;
}

void world_end(void) {
    here.is_over = true;
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        drop_handle(take(slot), &untyped_calls);
    }
    for (place where = GLOBAL; where < PLACES; where++) {
        raws_free(where);
    }
    model_settle();
    end_managers();
    managers_check_empty();
    REQUIRE(here.in_hand == 0 && model.used == 0);
    for (place where = GLOBAL; where < PLACES; where++) {
        REQUIRE(model.live[where] == 0);
    }
}

void world_abandon(void) {
    managers_abandon();
}
