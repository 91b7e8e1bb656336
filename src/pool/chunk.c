#include "pool/pool.h"
#if defined(NANVM_HARDENED)
#include "hardened/guard.h"
#endif

NANVM_STATIC_ASSERT(NANVM_ALIGNOF(nanvm_chunk) <= NANVM_BLOCK_ALIGN_LEAST,
                    "a chunk's head is aligned as every block is");

size_t nanvm_chunk_prefix(const nanvm_object *object) {
    return nanvm_layout_round_up(sizeof(nanvm_chunk) + nanvm_block_prefix_of(object),
                                 nanvm_block_align(object));
}

nanvm_layout nanvm_chunk_layout(const nanvm_pool *pool, size_t size) {
    return nanvm_layout_make(size, nanvm_block_align(pool->places.object));
}

static nanvm_chunk *alloc_plain(const nanvm_pool *pool, size_t size) {
    return nanvm_memory_alloc(pool->source, nanvm_chunk_layout(pool, size));
}

static void free_plain(const nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_dealloc_memory(pool->source_dealloc, self,
                         nanvm_chunk_layout(pool, self->size));
}

#if defined(NANVM_HARDENED)
/* From the global manager in whole pages, with one behind that nobody can touch. That
 * gives each back by itself, and the page is opened before. Others may let go of all that
 * they handed out at once, or may have no memory that is aligned to pages; and a checker
 * is to see where an object ends. */

static bool is_guarded(const nanvm_pool *pool) {
    return pool->from_global && !pool->apart;
}

static nanvm_layout guarded(nanvm_layout layout) {
    size_t page = nanvm_guard_size();
    layout.align = layout.align < page ? page : layout.align;
    return layout;
}

/* The bytes for the pool; 0 if that is too much. */
static size_t rounded(nanvm_layout layout) {
    return nanvm_layout_is_valid(layout)
               ? nanvm_layout_round_up(layout.size, layout.align)
               : 0;
}

static nanvm_layout with_guard(nanvm_layout layout) {
    layout.size += nanvm_guard_size();
    return layout;
}

size_t nanvm_chunk_bytes(const nanvm_pool *pool, const nanvm_chunk *self) {
    return self->size + (is_guarded(pool) ? nanvm_guard_size() : 0);
}

static nanvm_chunk *alloc_guarded(const nanvm_pool *pool, size_t *size) {
    nanvm_layout layout = guarded(nanvm_chunk_layout(pool, *size));
    layout.size = *size = rounded(layout);
    nanvm_chunk *chunk =
        *size == 0 ? NULL : nanvm_memory_alloc(pool->source, with_guard(layout));
    if (chunk != NULL) {
        nanvm_guard_close((unsigned char *)chunk + *size);
    }
    return chunk;
}

static void free_guarded(const nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_layout layout = guarded(nanvm_chunk_layout(pool, self->size));
    nanvm_guard_open((unsigned char *)self + self->size);
    nanvm_dealloc_memory(pool->source_dealloc, self, with_guard(layout));
}

static nanvm_chunk *alloc_memory(const nanvm_pool *pool, size_t *size) {
    return is_guarded(pool) ? alloc_guarded(pool, size) : alloc_plain(pool, *size);
}

static void free_memory(const nanvm_pool *pool, nanvm_chunk *self) {
    if (is_guarded(pool)) {
        free_guarded(pool, self);
    } else {
        free_plain(pool, self);
    }
}

static void seal(nanvm_chunk *self) {
    nanvm_seal_memory(&self->front, self, nanvm_layout_make(self->size, 1));
}

void nanvm_chunk_check(const nanvm_chunk *self) {
    nanvm_seal_check_memory(&self->front, self, nanvm_layout_make(self->size, 1),
                            "the size of a chunk was overwritten");
}
#else
static void seal(const nanvm_chunk *self) {
    (void)self;
}

size_t nanvm_chunk_bytes(const nanvm_pool *pool, const nanvm_chunk *self) {
    (void)pool;
    return self->size;
}

static nanvm_chunk *alloc_memory(const nanvm_pool *pool, const size_t *size) {
    return alloc_plain(pool, *size);
}

static void free_memory(const nanvm_pool *pool, nanvm_chunk *self) {
    free_plain(pool, self);
}
#endif

/* Items that an array can have in a chunk of its own, or in a place. */
static size_t most_items(const nanvm_chunk *self, const nanvm_pool *pool) {
    const nanvm_object *type = pool->places.object;
    size_t room =
        pool->capacity != 0 ? pool->capacity : self->size - nanvm_chunk_prefix(type);
    return type->item_size == 0 ? 0 : (room - type->items_offset) / type->item_size;
}

void nanvm_chunk_init(nanvm_chunk *self, nanvm_pool *pool) {
    self->most = most_items(self, pool);
    seal(self);
    nanvm_origin_write(&self->origin, pool->places.object, &pool->places.dealloc);
}

nanvm_chunk *nanvm_chunk_alloc(nanvm_pool *pool, size_t size) {
    nanvm_chunk *self = alloc_memory(pool, &size);
    if (self != NULL) {
        self->region = NULL;
        self->size = size;
        nanvm_chunk_init(self, pool);
        pool->reserved += nanvm_chunk_bytes(pool, self);
    }
    return self;
}

void nanvm_chunk_free(nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_chunk_check(self);
    pool->reserved -= nanvm_chunk_bytes(pool, self);
    free_memory(pool, self);
}

unsigned char *nanvm_chunk_first(const nanvm_chunk *self) {
    return (unsigned char *)(uintptr_t)self + nanvm_chunk_prefix(self->origin.object);
}
