#include "memory.h"

#include <stdio.h>

static bool burn(size_t *fuse) {
    return fuse == NULL || (*fuse != 0 && (*fuse)--);
}

static void add_bytes(struct counter *self, size_t size) {
    self->live_bytes += size;
    if (self->peak_bytes < self->live_bytes) {
        self->peak_bytes = self->live_bytes;
    }
}

static void *counter_alloc(nanvm_manager *manager, nanvm_layout layout) {
    struct counter *self = (struct counter *)manager;
    void *memory = burn(self->fuse) ? nanvm_manager_alloc(nanvm_global(), layout) : NULL;
    if (memory != NULL) {
        self->live_blocks++;
        add_bytes(self, layout.size);
    }
    return memory;
}

static void *counter_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                            size_t size) {
    struct counter *self = (struct counter *)manager;
    void *moved = NULL;
    if (size <= layout.size || burn(self->fuse)) {
        moved = nanvm_manager_resize(nanvm_global(), memory, layout, size);
    }
    if (moved != NULL) {
        self->live_bytes -= layout.size;
        add_bytes(self, size);
    }
    return moved;
}

static void counter_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    struct counter *self =
        (struct counter *)((char *)dealloc - offsetof(struct counter, dealloc));
    self->live_blocks--;
    self->live_bytes -= layout.size;
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

static void counter_stats(const nanvm_manager *manager, nanvm_stats *stats) {
    const struct counter *self = (const struct counter *)manager;
    stats->live_blocks = self->live_blocks;
    stats->live_bytes = self->live_bytes;
    stats->peak_bytes = self->peak_bytes;
}

static const nanvm_manager_table counter_table = {
    .alloc = counter_alloc, .resize = counter_resize, .stats = counter_stats};

/* Atomic, as the global manager counts, so that `--manager global` measures it. */
static const nanvm_dealloc_table counter_dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                          .dealloc = counter_dealloc};

static void count_leak(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    struct pool *self = context;
    self->leaks += blocks;
    fprintf(stderr, "history: still alive: %zu of %s, %zu bytes\n", blocks,
            type == NULL ? "raw memory" : type->name, bytes);
}

static void counter_init(struct counter *self, size_t *fuse) {
    *self = (struct counter){.manager = {.table = &counter_table},
                             .dealloc = {.table = &counter_dealloc_table},
                             .fuse = fuse};
    self->manager.dealloc = &self->dealloc;
}

static void pool_init(struct pool *self, enum memory_kind kind, size_t *fuse) {
    self->kind = kind;
    self->leaks = 0;
    counter_init(&self->counter, fuse);
    if (kind == MEMORY_LOCAL) {
        nanvm_local_init_from(&self->local, &self->counter.manager);
        nanvm_local_on_leak(&self->local, count_leak, self);
    } else if (kind == MEMORY_ARENA) {
        nanvm_arena_init_growing(&self->arena, &self->counter.manager);
    }
}

static nanvm_manager *pool_manager(struct pool *self) {
    switch (self->kind) {
    case MEMORY_LOCAL:
        return nanvm_local_manager(&self->local);
    case MEMORY_ARENA:
        return nanvm_arena_manager(&self->arena);
    default:
        return &self->counter.manager;
    }
}

static bool pool_deinit(struct pool *self) {
    if (self->kind == MEMORY_LOCAL) {
        nanvm_local_deinit(&self->local);
    } else if (self->kind == MEMORY_ARENA) {
        nanvm_arena_deinit(&self->arena);
    }
    if (self->counter.live_blocks != 0) {
        fprintf(stderr, "history: still allocated: %zu blocks, %zu bytes\n",
                self->counter.live_blocks, self->counter.live_bytes);
    }
    return self->leaks == 0 && self->counter.live_blocks == 0;
}

void memory_init(struct memory *self, enum memory_kind kind, size_t *fuse) {
    pool_init(&self->values, kind, fuse);
    pool_init(&self->scratch, kind, fuse);
    if (kind == MEMORY_ARENA) {
        nanvm_arena_assume_self_contained(&self->values.arena);
    }
}

bool memory_deinit(struct memory *self) {
    bool scratch = pool_deinit(&self->scratch);
    return pool_deinit(&self->values) && scratch;
}

nanvm_manager *memory_values(struct memory *self) {
    return pool_manager(&self->values);
}

nanvm_manager *memory_scratch(struct memory *self) {
    return pool_manager(&self->scratch);
}

nanvm_manager *memory_lasting(struct memory *self) {
    struct pool *pool = &self->scratch;
    return pool->kind == MEMORY_ARENA ? &pool->counter.manager : pool_manager(pool);
}

size_t memory_bytes(struct memory *self) {
    return nanvm_stats_make(memory_values(self)).live_bytes;
}

void memory_scratch_reset(struct memory *self) {
    if (self->scratch.kind == MEMORY_ARENA) {
        nanvm_arena_reset(&self->scratch.arena);
    }
}
