/* Memory that goes back where it didn't come from, or otherwise than it came. */
#include "groups.h"

#include <string.h>

#include "child.h"

static const nanvm_layout usual = {48, 8};

/* A second manager, with an object and a piece of raw memory in it. */
typedef struct second {
    stage stage;
    nanvm_ref object;
    void *memory;
} second;

static second *open_second(kind kind) {
    static second self;
    stage_open(&self.stage, kind);
    self.object = nanvm_mut_ref_to_ref(nanvm_new(self.stage.manager, &node_type));
    self.memory = nanvm_manager_alloc(self.stage.manager, usual);
    memset(self.memory, 0x11, usual.size);
    return &self;
}

static void check_numbers(const nanvm_manager *manager, size_t most) {
    nanvm_stats stats = nanvm_stats_make(manager);
    if (stats.live_blocks != NANVM_STATS_UNKNOWN && stats.live_blocks > most) {
        wrong("a manager counts less than no objects");
    }
}

/* All is as it was before, and ends as it should. */
static void check_second(const second *self) {
    const unsigned char *bytes = self->memory;
    child_goes_on();
    for (size_t i = 0; i < usual.size; i++) {
        if (bytes[i] != 0x11) {
            wrong("raw memory of another manager has changed");
        }
    }
    /* An arena keeps counting an array that was moved into it and dropped. */
    check_numbers(self->stage.manager, stage_is_arena(&self->stage) ? 3 : 2);
    nanvm_manager_dealloc(self->stage.manager, self->memory, usual);
    nanvm_ref_drop(self->object);
    check_numbers(self->stage.manager, stage_is_arena(&self->stage) ? 2 : 0);
    if (self->stage.kind == CUSTOM && self->stage.custom.live != 0) {
        wrong("a manager counts another number than it has");
    }
}

static void raw_to_other(world *self) {
    second *other = open_second(self->stage.kind);
    void *memory = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(other->stage.manager, memory, usual);
    check_second(other);
    check_numbers(self->manager, PTRDIFF_MAX);
}

static void raw_to_global(world *self) {
    void *memory = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(nanvm_global(), laundered(memory), usual);
    check_numbers(self->manager, PTRDIFF_MAX);
    self->may_leak += self->stage.kind == LOCAL || self->stage.kind == CUSTOM;
}

static void raw_from_global(world *self) {
    void *memory = nanvm_manager_alloc(nanvm_global(), usual);
    void *own = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(self->manager, memory, usual);
    check_numbers(self->manager, PTRDIFF_MAX);
    nanvm_manager_dealloc(self->manager, own, usual);
}

static void raw_from_global_to_unused(world *self) {
    static stage unused;
    stage_open(&unused, self->stage.kind);
    void *memory = nanvm_manager_alloc(nanvm_global(), usual);
    nanvm_manager_dealloc(unused.manager, memory, usual);
    check_numbers(unused.manager, 0);
}

static void raw_resized_by_other(world *self) {
    second *other = open_second(self->stage.kind);
    void *memory = nanvm_manager_alloc(self->manager, usual);
    memset(memory, 0x22, usual.size);
    void *resized = nanvm_manager_resize(other->stage.manager, memory, usual, 4000);
    if (resized == NULL || memcmp(resized, "\x22\x22\x22\x22", 4) != 0) {
        wrong("the content was lost");
    }
    nanvm_manager_dealloc(other->stage.manager, resized,
                          nanvm_layout_make(4000, usual.align));
    check_second(other);
}

static void raw_twice(world *self) {
    void *memory = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(self->manager, memory, usual);
    nanvm_manager_dealloc(self->manager, laundered(memory), usual);
    check_numbers(self->manager, PTRDIFF_MAX);
}

static void raw_wrong_size(world *self) {
    void *memory = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(self->manager, memory,
                          nanvm_layout_make(1000 * usual.size, usual.align));
    nanvm_stats stats = nanvm_stats_make(self->manager);
    if (stats.reserved_bytes != NANVM_STATS_UNKNOWN &&
        stats.reserved_bytes > PTRDIFF_MAX) {
        wrong("a manager counts less than no bytes");
    }
}

static void raw_wrong_align(world *self) {
    void *memory = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(self->manager, memory, nanvm_layout_make(usual.size, 4096));
}

/* Size and alignment both are others, in a way that hashes them alike if it is simple. */
static void raw_as(world *self, nanvm_layout given, nanvm_layout back) {
    void *memory = nanvm_manager_alloc(self->manager, given);
    nanvm_manager_dealloc(self->manager, memory, back);
    check_numbers(self->manager, PTRDIFF_MAX);
}

static void raw_as_larger(world *self) {
    raw_as(self, nanvm_layout_make(16, 8), nanvm_layout_make(32, 16));
}
static void raw_as_much_larger(world *self) {
    raw_as(self, nanvm_layout_make(16, 8), nanvm_layout_make(64, 32));
}
static void raw_as_smaller(world *self) {
    raw_as(self, nanvm_layout_make(64, 32), nanvm_layout_make(32, 16));
}
static void raw_as_similar(world *self) {
    raw_as(self, nanvm_layout_make(10, 1), nanvm_layout_make(24, 8));
}

static void raw_as_object(world *self) {
    void *memory = nanvm_manager_alloc(self->manager, usual);
    memset(memory, 0, usual.size);
    nanvm_ref_drop(ref_at((char *)memory + 16));
    nanvm_manager_dealloc(self->manager, memory, usual);
}

static void object_as_raw(world *self) {
    record *other = victim(self, &node_type, 1);
    void *own = nanvm_manager_alloc(self->manager, usual);
    nanvm_manager_dealloc(self->manager, laundered(other->ref.object),
                          NANVM_LAYOUT_OF(struct node));
    check_numbers(self->manager, PTRDIFF_MAX);
    nanvm_manager_dealloc(self->manager, own, usual);
}

/* That is allowed: it moves there, and is dropped as any. */
static void array_resized_by_other(world *self) {
    second *other = open_second(self->stage.kind);
    nanvm_mut_ref array = own_array(self, 8);
    if (!nanvm_mut_ref_resize(&array, other->stage.manager, 4000)) {
        wrong("no memory for the attack");
    }
    for (uint32_t i = 0; i < 8; i++) {
        if (((const uint32_t *)array.object)[i] != self->seed + i) {
            wrong("the content was lost");
        }
    }
    nanvm_mut_ref_drop(array);
    check_second(other);
}

static void resize_block_of_other(world *self) {
    second *other = open_second(self->stage.kind);
    nanvm_mut_ref array = own_array(self, 8);
    nanvm_manager *manager = other->stage.manager;
    if (manager->table->resize_block == NULL) {
        child_end(NOT_HERE, "it has no such function");
    }
    void *resized = manager->table->resize_block(manager, array.object, 32, 4000);
    if (self->stage.kind != GLOBAL) { /* there is one global manager */
        must_refuse(resized == NULL);
    }
    nanvm_mut_ref_drop(mut_at(resized == NULL ? array.object : resized));
    check_second(other);
}

/* Objects of one manager may refer to another's: nothing is wrong with that. */
static void drop_mixed(world *self) {
    second *other = open_second(LOCAL);
    struct node node = {.left = nanvm_ref_clone(other->object), .value = self->seed};
    nanvm_mut_ref parent = nanvm_new_copy(self->manager, &node_type, &node);
    if (stage_is_arena(&self->stage)) {
        nanvm_ref_drop(other->object); /* the arena keeps its reference until its reset */
    } else {
        nanvm_mut_ref_drop(parent);
        check_second(other);
    }
}

static const attack attacks[] = {
    {"raw-other", "gives raw memory back to another manager of the kind", raw_to_other,
     ON_ALL, false},
    {"raw-to-global", "gives raw memory back to the global manager", raw_to_global,
     ON_ALL, false},
    {"raw-from-global", "gives raw memory of the global manager back here",
     raw_from_global, ON_ALL, false},
    {"raw-unused", "gives it back to a manager that never had any",
     raw_from_global_to_unused, ON_ALL, false},
    {"raw-resize", "resizes raw memory with another manager", raw_resized_by_other,
     ON_ALL, false},
    {"raw-twice", "gives raw memory back twice", raw_twice, ON_ALL, false},
    {"raw-size", "gives raw memory back with a wrong size", raw_wrong_size, ON_ALL,
     false},
    {"raw-align", "gives raw memory back with a wrong alignment", raw_wrong_align, ON_ALL,
     false},
    {"raw-larger", "gives raw memory back with size and alignment doubled", raw_as_larger,
     ON_ALL, false},
    {"raw-much-larger",
     "gives raw memory back with size and alignment four times as large",
     raw_as_much_larger, ON_ALL, false},
    {"raw-smaller", "gives raw memory back with size and alignment halved",
     raw_as_smaller, ON_ALL, false},
    {"raw-similar", "gives 10 bytes of raw memory back as 24 that are aligned to 8",
     raw_as_similar, ON_ALL, false},
    {"raw-object", "drops raw memory as if it were an object", raw_as_object, ON_ALL,
     false},
    {"object-raw", "gives an object back as if it were raw memory", object_as_raw, ON_ALL,
     false},
    {"array-resize", "resizes an array with another manager", array_resized_by_other,
     ON_ALL, false},
    {"resize-block", "calls `resize_block` with another manager's array",
     resize_block_of_other, ON_ALL, false},
    {"mixed", "lets an object refer to another manager's", drop_mixed, ON_ALL, false},
};

ATTACK_GROUP(managers, "Wrong manager", attacks);
