/* Use of what is over: objects after their arena's reset, managers after their end. */
#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"

enum { FRESH = 300, SOME = 8 };

/* --- arenas --- */

/* Where the objects begin that were created after the reset. What is dropped of them
 * stays where it is. */
static const void *fresh[FRESH];

static bool is_in_use(const void *object) {
    size_t i = 0;
    while (i < FRESH && fresh[i] != object) {
        i++;
    }
    return i < FRESH;
}

/* One of the addresses that others have, or haven't, begun an object at. */
static const void *pick(const void *const *places, bool in_use) {
    for (size_t i = 0; i < SOME; i++) {
        if (is_in_use(places[i]) == in_use) {
            return laundered(places[i]);
        }
    }
    child_end(NOT_HERE, "no object has come to lie as the attack needs it");
}

/* The program has reset the arena, and created new objects there: arrays of positive
 * numbers, which may look like a header. */
static void reset_and_fill(world *self) {
    model_forget_all(&self->model);
    nanvm_arena_reset(&self->stage.arena);
    for (size_t i = 0; i < FRESH; i++) {
        fresh[i] = keep_array(self, own_array(self, 40), 40, 1000)->ref.object;
    }
}

/* A reference into the arena from before its reset. Others have the bytes now. */
static nanvm_ref stale(world *self) {
    const void *places[SOME];
    for (size_t i = 0; i < SOME; i++) {
        places[i] = own(self, &node_type).object;
    }
    reset_and_fill(self);
    return ref_at(pick(places, false));
}

/* An array of numbers, likewise; another array begins where it began. */
static nanvm_mut_ref stale_array(world *self, bool in_use) {
    const void *places[SOME];
    model_forget_all(&self->model);
    nanvm_arena_reset(&self->stage.arena);
    for (size_t i = 0; i < SOME; i++) {
        places[i] = own_array(self, in_use ? 40 : 8).object;
    }
    reset_and_fill(self);
    return mut_at(pick(places, in_use));
}

static void drop_after_reset(world *self) {
    nanvm_ref_drop(stale(self));
}

static void clone_after_reset(world *self) {
    nanvm_ref more = nanvm_ref_clone(stale(self));
    (void)more;
}

static void count_after_reset(world *self) {
    (void)nanvm_ref_count(stale(self));
    wrong("an object that is gone has a count");
}

static void length_after_reset(world *self) {
    (void)nanvm_ref_length(stale(self));
    wrong("an object that is gone has a length");
}

static void to_mut_after_reset(world *self) {
    nanvm_ref ref = stale(self);
    nanvm_mut_ref out = nanvm_ref_to_mut_ref(&ref, self->manager);
    wrong(out.object == NULL ? "nobody said that it is gone" : "an object that is gone");
}

static void make_mut_after_reset(world *self) {
    nanvm_ref ref = stale(self);
    (void)!nanvm_ref_make_mut(&ref, self->manager);
    wrong("an object that is gone");
}

static void drop_mut_after_reset(world *self) {
    nanvm_mut_ref_drop(mut_at(stale(self).object));
}

static void resize_after_reset(world *self) {
    nanvm_mut_ref array = stale_array(self, false);
    (void)!nanvm_mut_ref_resize(&array, self->manager, 20);
}

/* To one who has the address alone, it is the array that is there now. */
static void clone_object_after_reuse(world *self) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(stale_array(self, true));
    nanvm_mut_ref copy = nanvm_ref_clone_object(ref, self->manager);
    wrong(copy.object == NULL ? "nobody said that it is gone" : "another object's copy");
}

static void clone_and_drop_after_reuse(world *self) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(stale_array(self, true));
    nanvm_ref more = nanvm_ref_clone(ref);
    nanvm_ref_drop(more);
    nanvm_ref_drop(ref);
}

/* Before anybody has created something there. */
static void drop_at_once_after_reset(world *self) {
    nanvm_ref ref = own(self, &node_type);
    model_forget_all(&self->model);
    nanvm_arena_reset(&self->stage.arena);
    nanvm_ref_drop(ref_at(ref.object));
}

static void clone_at_once_after_reset(world *self) {
    nanvm_ref ref = own(self, &node_type);
    model_forget_all(&self->model);
    nanvm_arena_reset(&self->stage.arena);
    nanvm_ref more = nanvm_ref_clone(ref_at(ref.object));
    (void)more;
    nanvm_ref_drop(more);
}

/* An object outside holds one in the arena, and ends after it. */
static void holder_outlives_reset(world *self) {
    struct node node = {.left = own(self, &node_type)};
    nanvm_mut_ref holder = nanvm_new_copy(nanvm_global(), &node_type, &node);
    model_forget_all(&self->model);
    nanvm_arena_reset(&self->stage.arena);
    for (size_t i = 0; i < FRESH; i++) {
        (void)victim(self, &ints_type, 1);
    }
    nanvm_mut_ref_drop(holder);
}

static void drop_after_deinit(world *self) {
    nanvm_ref ref = own(self, &node_type);
    model_forget_all(&self->model);
    nanvm_arena_deinit(&self->stage.arena);
    nanvm_ref_drop(ref_at(ref.object));
}

static void arena_reset_twice(world *self) {
    model_forget_all(&self->model);
    nanvm_arena_reset(&self->stage.arena);
    nanvm_arena_reset(&self->stage.arena);
}

static void arena_deinit_twice(world *self) {
    model_forget_all(&self->model);
    nanvm_arena_deinit(&self->stage.arena);
    nanvm_arena_deinit(&self->stage.arena);
    if (self->stage.kind == BUFFER) { /* its buffer is gone: nothing can be created */
        nanvm_mut_ref new = nanvm_new(self->manager, &node_type);
        must_refuse(new.object == NULL);
    }
}

/* --- local managers --- */

static size_t told;

static void note_leak(void *context, const nanvm_type *type, size_t blocks,
                      size_t bytes) {
    (void)context;
    (void)type;
    (void)bytes;
    told += blocks;
}

static size_t live_in(const world *self) {
    return nanvm_stats_make(self->manager).live_blocks;
}

static void end_with_live(world *self) {
    size_t live = live_in(self);
    nanvm_local_on_leak(&self->stage.local, note_leak, NULL);
    nanvm_local_deinit(&self->stage.local);
    if (told != live) {
        wrong("the report doesn't fit the statistics");
    }
    child_reports("the report of what is left");
}

/* The objects go on to live, and nobody counts them any more. */
static void local_live(world *self) {
    end_with_live(self);
}

static void local_deinit_twice(world *self) {
    end_with_live(self);
    nanvm_local_deinit(&self->stage.local);
    nanvm_local_deinit(&self->stage.local);
}

/* The manager's own memory is something else now. */
static void local_gone(world *self) {
    static nanvm_local next;
    end_with_live(self);
    memset(&self->stage.local, 0x41, sizeof(self->stage.local));
    model_check(&self->model);
    model_drop_all(&self->model);
    nanvm_local_init(&next);
    self->stage.local = next;
}

static void local_twice_after_deinit(world *self) {
    nanvm_ref twice = own(self, &node_type);
    end_with_live(self);
    nanvm_ref_drop(twice);
    nanvm_ref_drop(ref_at(twice.object));
}

static void local_leaf_twice_after_deinit(world *self) {
    nanvm_ref twice = own(self, &point_type);
    end_with_live(self);
    drop_known_leaf(twice);
    drop_known_leaf(ref_at(twice.object));
}

/* The last object takes its pool along; then it is dropped again. */
static void local_last_twice_after_deinit(world *self) {
    nanvm_local other;
    nanvm_local_init(&other);
    nanvm_local_on_leak(&other, note_leak, NULL);
    nanvm_ref twice =
        nanvm_mut_ref_to_ref(nanvm_new(nanvm_local_manager(&other), &node_type));
    nanvm_local_deinit(&other);
    nanvm_ref_drop(twice);
    nanvm_ref_drop(ref_at(twice.object));
    (void)self;
}

static void local_raw_after_deinit(world *self) {
    void *memory = nanvm_manager_alloc(self->manager, nanvm_layout_make(100, 8));
    end_with_live(self);
    nanvm_manager_dealloc(self->manager, memory, nanvm_layout_make(100, 8));
}

static void end_in_report(void *context, const nanvm_type *type, size_t blocks,
                          size_t bytes) {
    world *self = context;
    (void)type;
    (void)blocks;
    (void)bytes;
    nanvm_local_deinit(&self->stage.local);
    nanvm_mut_ref new = nanvm_new(self->manager, &node_type);
    if (new.object != NULL) {
        nanvm_mut_ref_drop(new);
    }
}

static void local_deinit_in_report(world *self) {
    nanvm_local_on_leak(&self->stage.local, end_in_report, self);
    nanvm_local_deinit(&self->stage.local);
    child_reports("the report of what is left");
}

static void drop_in_report(void *context, const nanvm_type *type, size_t blocks,
                           size_t bytes) {
    world *self = context;
    (void)type;
    (void)blocks;
    (void)bytes;
    model_exercise(&self->model, 50);
    model_drop_all(&self->model);
}

static void local_drop_in_report(world *self) {
    nanvm_local_on_leak(&self->stage.local, drop_in_report, self);
    nanvm_local_deinit(&self->stage.local);
    child_reports("the report of what is left");
}

/* --- a manager of the user's --- */

/* Its dealloc has to live as long as its blocks; this one doesn't. */
static void custom_gone(world *self) {
    custom *other = malloc(sizeof(*other));
    custom_init(other);
    nanvm_mut_ref object = nanvm_new(&other->manager, &node_type);
    memset(other, 0x41, sizeof(*other));
    free(other);
    nanvm_mut_ref_drop(object);
    (void)self;
}

static const attack attacks[] = {
    {"reset-drop", "drops after the reset, and others have the place", drop_after_reset,
     ON_ARENAS, false},
    {"reset-drop-at-once", "drops after the reset, at once", drop_at_once_after_reset,
     ON_ARENAS, false},
    {"reset-drop-mut", "drops a MutRef after the reset", drop_mut_after_reset, ON_ARENAS,
     false},
    {"reset-clone", "clones after the reset, and others have the place",
     clone_after_reset, ON_ARENAS, false},
    {"reset-clone-at-once", "clones after the reset, at once", clone_at_once_after_reset,
     ON_ARENAS, false},
    {"reset-count", "asks for the count after the reset", count_after_reset, ON_ARENAS,
     false},
    {"reset-length", "asks for the length after the reset", length_after_reset, ON_ARENAS,
     false},
    {"reset-to-mut", "`to_mut_ref` after the reset", to_mut_after_reset, ON_ARENAS,
     false},
    {"reset-make-mut", "`make_mut` after the reset", make_mut_after_reset, ON_ARENAS,
     false},
    {"reset-resize", "resizes after the reset", resize_after_reset, ON_ARENAS, false},
    {"reset-reused", "clones and drops where another object begins now",
     clone_and_drop_after_reuse, ON_ARENAS, false},
    {"reset-reused-copy", "`clone_object` where another object begins now",
     clone_object_after_reuse, ON_ARENAS, false},
    {"reset-holder", "drops a holder outside after the reset", holder_outlives_reset,
     ON_ARENAS, false},
    {"deinit-drop", "drops after the deinit", drop_after_deinit, ON_ARENAS, false},
    {"reset-twice", "resets twice", arena_reset_twice, ON_ARENAS, false},
    {"arena-deinit-twice", "deinitialises an arena twice, and creates",
     arena_deinit_twice, ON_ARENAS, false},
    {"deinit-live", "ends the manager while objects live, and uses them", local_live,
     ON_LOCAL, false},
    {"deinit-gone", "the same, and overwrites the manager", local_gone, ON_LOCAL, false},
    {"deinit-twice", "deinitialises a manager twice", local_deinit_twice, ON_LOCAL,
     false},
    {"deinit-double-drop", "drops twice after the end of the manager",
     local_twice_after_deinit, ON_LOCAL, false},
    {"deinit-double-drop-leaf", "the same through the typed interface",
     local_leaf_twice_after_deinit, ON_LOCAL, false},
    {"deinit-double-drop-last", "the same with the last object of all",
     local_last_twice_after_deinit, ON_LOCAL, false},
    {"deinit-raw", "gives raw memory back after the end of the manager",
     local_raw_after_deinit, ON_LOCAL, false},
    {"deinit-in-report", "ends the manager in its report, and creates",
     local_deinit_in_report, ON_LOCAL, false},
    {"drop-in-report", "drops everything in the report", local_drop_in_report, ON_LOCAL,
     false},
    {"dealloc-gone", "frees the dealloc before its last object", custom_gone, ON_CUSTOM,
     false},
};

ATTACK_GROUP(lifetimes, "Use of what is over", attacks);
