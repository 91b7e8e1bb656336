#include "world.h"

#include <stdio.h>
#include <string.h>

#include "child.h"

enum { BEGINNING = 400, STEPS = 10000, A_FEW = 16, SOME = 300, PLAUSIBLE = 1000 };

/* --- for attacks --- */

void wrong(const char *what) {
    child_end(SILENT, "%s", what);
}

void wrong_count(const char *what) {
    child_end(COUNT, "%s", what);
}

void must_refuse(bool refused) {
    if (!refused) {
        wrong("a call did what it should have refused");
    }
    child_reports("the call refused");
}

record *victim(world *self, const nanvm_type *type, size_t refs) {
    record *new = model_new(&self->model, type);
    if (new == NULL) {
        child_end(SILENT, "no memory for the attack");
    }
    for (; new->refs < refs; new->refs += 1) {
        nanvm_ref mine = nanvm_ref_clone(new->ref);
        (void)mine;
    }
    return model_keep(&self->model, new);
}

nanvm_mut_ref own_mut(world *self, const nanvm_type *type) {
    nanvm_mut_ref new = type == &tracked_type ? tracked_new(self->manager, 0)
                                              : nanvm_new(self->manager, type);
    model_fill(type, new.object, 0, self->seed);
    return mut_at(new.object);
}

nanvm_mut_ref own_array(world *self, size_t length) {
    nanvm_mut_ref new = nanvm_new_array(self->manager, &ints_type, NULL, length);
    model_fill(&ints_type, new.object, length, self->seed);
    return mut_at(new.object);
}

record *keep_array(world *self, nanvm_mut_ref array, size_t length, uint32_t first) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(array);
    model_fill(&ints_type, array.object, length, first);
    return model_keep(&self->model,
                      model_adopt(&self->model, &ints_type, ref, length, first));
}

nanvm_ref own(world *self, const nanvm_type *type) {
    return nanvm_mut_ref_to_ref(own_mut(self, type));
}

void reuse(world *self, const void *place, const nanvm_type *type, size_t times) {
    const void *object = NULL;
    for (size_t i = 0; i < times && object != place; i++) {
        object = victim(self, type, 1)->ref.object;
    }
}

const void *killed(nanvm_ref ref) {
    const void *place = ref.object;
    nanvm_ref_drop(ref);
    return laundered(place);
}

/* --- going on --- */

/* Whether a wrong is noticed depends on what the program does next: it looks, it creates,
 * or it does a bit of everything. */
static void go_on(world *self) {
    static const nanvm_type *const types[] = {&point_type, &node_type, &ints_type,
                                              &tracked_type};
    for (size_t i = 0; self->seed % 3 == 1 && i < A_FEW; i++) {
        record *new = model_new(&self->model, types[i % 4]); /* an arena may be gone */
        (void)model_keep(&self->model, new);
    }
    if (self->seed % 3 == 2) {
        model_exercise(&self->model, SOME);
    }
    model_check(&self->model);
    model_exercise(&self->model, STEPS);
    model_check(&self->model);
}

static void count_leak(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
}

static void judge_left(const world *self, size_t left, bool is_reported) {
    if (left < self->left || left > PLAUSIBLE) {
        child_end(SILENT, "%zd objects are left instead of %zd", (ptrdiff_t)left,
                  (ptrdiff_t)self->left);
    }
    if (left > self->left + self->may_leak) {
        child_end(is_reported ? DETECTED : SILENT, "%zd objects are never freed%s",
                  (ptrdiff_t)(left - self->left),
                  is_reported ? ": the report says so" : "");
    }
}

static void end_local(world *self) {
    size_t told = 0;
    nanvm_stats stats = nanvm_stats_make(self->manager);
    nanvm_local_on_leak(&self->stage.local, count_leak, &told);
    nanvm_local_deinit(&self->stage.local);
    if (told != stats.live_blocks) {
        child_end(SILENT, "the report of what is left doesn't fit the statistics");
    }
    judge_left(self, told, true);
}

static void end_arena(world *self) {
    size_t chunks = 0;
    nanvm_arena_deinit(&self->stage.arena);
    if (self->stage.kind == GROWING && self->stage.custom.live != chunks) {
        child_end(SILENT, "the arena kept %zd chunks",
                  (ptrdiff_t)self->stage.custom.live);
    }
}

static void end_manager(world *self) {
    if (self->stage.kind == LOCAL) {
        end_local(self);
    } else if (stage_is_arena(&self->stage)) {
        end_arena(self);
    } else if (self->stage.kind == CUSTOM) {
        judge_left(self, self->stage.custom.live, false);
    }
}

static void check_tracked(const world *self) {
    size_t live = tracked_live(), left = self->left_tracked;
    if (live < left || live > left + self->may_leak) {
        child_end(SILENT, "%zd objects with a callback are left instead of %zd",
                  (ptrdiff_t)live, (ptrdiff_t)left);
    }
}

static void open_world(world *self, kind kind, uint32_t seed) {
    memset(self, 0, sizeof(*self));
    stage_open(&self->stage, kind);
    self->manager = self->stage.manager;
    self->seed = seed;
    model_init(&self->model, self->manager, stage_counts(&self->stage), seed);
    model_exercise(&self->model, BEGINNING);
}

void world_suffer(const attack *attack, kind kind, uint32_t seed) {
    static world self;
    open_world(&self, kind, seed);
    child_misuses();
    attack->run(&self);
    child_goes_on();
    tracked_on_drop = NULL;
    tracked_on_clone = NULL;
    go_on(&self);
    model_drop_all(&self.model);
    end_manager(&self);
    check_tracked(&self);
    child_end(HARMLESS, "nothing is wrong");
}
