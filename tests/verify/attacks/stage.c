#include "stage.h"

#include <stdlib.h>

const char *const kind_names[KINDS] = {"global", "local", "buffer", "growing", "custom"};

/* --- a manager of the user's --- */

custom *custom_of(nanvm_dealloc *dealloc) {
    return (custom *)(void *)((char *)dealloc - offsetof(custom, dealloc));
}

static void *custom_alloc(nanvm_manager *manager, nanvm_layout layout) {
    custom *self = (custom *)(void *)manager;
    size_t size = nanvm_layout_round_up(layout.size, layout.align);
    void *memory = layout.align <= 2 * sizeof(void *) ? malloc(layout.size)
                                                      : aligned_alloc(layout.align, size);
    self->live += memory != NULL;
    return memory;
}

static void custom_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    custom *self = custom_of(dealloc);
    (void)layout;
    if (self->on_dealloc != NULL) {
        self->on_dealloc(self->context);
    }
    self->live -= 1;
    free(memory);
}

static const nanvm_manager_table custom_table = {.alloc = custom_alloc};
static const nanvm_dealloc_table custom_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                         .dealloc = custom_dealloc};

void custom_init(custom *self) {
    *self = (custom){.manager = {.table = &custom_table}};
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &custom_dealloc_table;
}

/* --- all of them --- */

enum { BUFFER_SIZE = 8 * 1024 * 1024 };

static nanvm_manager *open_manager(stage *self) {
    switch (self->kind) {
    case LOCAL:
        nanvm_local_init(&self->local);
        return nanvm_local_manager(&self->local);
    case BUFFER:
        nanvm_arena_init(&self->arena, malloc(BUFFER_SIZE), BUFFER_SIZE);
        return nanvm_arena_manager(&self->arena);
    case GROWING:
        nanvm_arena_init_growing(&self->arena, &self->custom.manager);
        return nanvm_arena_manager(&self->arena);
    case CUSTOM:
        return &self->custom.manager;
    default:
        return nanvm_global();
    }
}

void stage_open(stage *self, kind kind) {
    self->kind = kind;
    custom_init(&self->custom);
    self->manager = open_manager(self);
}

bool stage_is_arena(const stage *self) {
    return self->kind == BUFFER || self->kind == GROWING;
}

bool stage_counts(const stage *self) {
    return !stage_is_arena(self);
}

/* --- types --- */

static const size_t node_refs[] = {offsetof(struct node, left),
                                   offsetof(struct node, right)};
static const size_t item_refs[] = {0};

const nanvm_type point_type = {
    .name = "point", .size = sizeof(struct point), .align = NANVM_ALIGNOF(struct point)};
const nanvm_type node_type = {.name = "node",
                              .size = sizeof(struct node),
                              .align = NANVM_ALIGNOF(struct node),
                              .refs = node_refs,
                              .refs_length = 2};
const nanvm_type ints_type = {
    .name = "ints", .align = NANVM_ALIGNOF(uint32_t), .item_size = sizeof(uint32_t)};
const nanvm_type refs_type = {.name = "refs",
                              .align = NANVM_ALIGNOF(nanvm_ref),
                              .item_size = sizeof(nanvm_ref),
                              .item_refs = item_refs,
                              .item_refs_length = 1};

/* --- an object with callbacks --- */

static size_t live;
void (*tracked_on_drop)(struct tracked *self);
bool (*tracked_on_clone)(struct tracked *copy, const struct tracked *source);

static void tracked_drop(void *object, size_t length) {
    (void)length;
    if (tracked_on_drop != NULL) {
        tracked_on_drop(object);
    }
    live -= 1;
}

static bool tracked_clone(void *copy, const void *source, size_t length) {
    (void)length;
    if (tracked_on_clone != NULL && !tracked_on_clone(copy, source)) {
        return false;
    }
    live += 1;
    return true;
}

const nanvm_type tracked_type = {.name = "tracked",
                                 .size = sizeof(struct tracked),
                                 .align = NANVM_ALIGNOF(struct tracked),
                                 .drop = tracked_drop,
                                 .clone = tracked_clone};

size_t tracked_live(void) {
    return live;
}

nanvm_mut_ref tracked_new(nanvm_manager *manager, size_t value) {
    struct tracked start = {value};
    nanvm_mut_ref self = nanvm_new_copy(manager, &tracked_type, &start);
    live += self.object != NULL;
    return self;
}
