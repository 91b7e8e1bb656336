/* Objects that have a chunk each: those too large to share one, and all under a sanitizer. */
#include <string.h>

#include "debug/debug.h"
#include "pool/pool.h"

enum { MALLOC_HEAD = 16 };

/* Chunks that lie side by side start at the same place in a cache line, if they take
 * whole lines with malloc's own head: copies from one to the other are faster (of
 * 8,000 bytes: 39 ns, not 46). A checker is to see where an object ends. */
static size_t chunk_size(const nanvm_pool *pool, size_t size) {
    size_t lines = nanvm_layout_round_up(size + MALLOC_HEAD, NANVM_CACHE_LINE);
    return pool->one_per_chunk ? size : lines - MALLOC_HEAD;
}

void nanvm_pool_count_one(nanvm_pool *pool) {
    size_t bytes = pool->reserved - nanvm_cache_bytes(pool);
    pool->live += 1;
    pool->peak = pool->live > pool->peak ? pool->live : pool->peak;
    pool->peak_bytes = bytes > pool->peak_bytes ? bytes : pool->peak_bytes;
}

/* --- objects --- */

nanvm_chunk *nanvm_large_chunk_alloc(nanvm_pool *pool, size_t size) {
    size_t rounded = chunk_size(pool, size);
    nanvm_chunk *chunk = nanvm_chunk_alloc(pool, rounded);
    return chunk != NULL || rounded == size ? chunk : nanvm_chunk_alloc(pool, size);
}

NANVM_NOINLINE nanvm_chunk *nanvm_large_chunk_alloc_at_last(nanvm_pool *pool,
                                                            size_t size) {
    nanvm_chunk *chunk = nanvm_large_chunk_alloc(pool, size);
    return chunk == NULL && nanvm_pools_give_back(pool->owner)
               ? nanvm_large_chunk_alloc(pool, size)
               : chunk;
}

void *nanvm_large_object_in(nanvm_pool *pool, nanvm_chunk *chunk, size_t prefix) {
    nanvm_pool_count_one(pool);
    nanvm_live_add(pool, chunk);
    void *object = (unsigned char *)chunk + prefix;
    nanvm_header_write(object, nanvm_origin_distance(object, &chunk->origin),
                       NANVM_COUNT_PLAIN);
    return object;
}

void *nanvm_large_alloc(nanvm_pool *pool, size_t size) {
    size_t prefix = nanvm_chunk_prefix(pool->slots.type);
    if (prefix > INT32_MAX || size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL; /* the distance to the origin has 32 bits */
    }
    nanvm_chunk *chunk = nanvm_cache_pop(pool, prefix + size);
    if (chunk == NULL) {
        chunk = nanvm_large_chunk_alloc_at_last(pool, prefix + size);
    }
    return chunk == NULL ? NULL : nanvm_large_object_in(pool, chunk, prefix);
}

static void free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_cache_push(pool, object);
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        nanvm_pool_destroy(pool);
    }
}

size_t nanvm_large_ample(const nanvm_pool *pool, size_t old, size_t size) {
    size_t more = pool->one_per_chunk ? size : nanvm_ample(old);
    return more < size ? size : more;
}

void *nanvm_large_resize(nanvm_pool *pool, void *object, size_t size) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    size_t prefix = chunk->size - nanvm_large_room(object);
    if (size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL;
    }
    if (prefix + size > chunk->size) {
        return nanvm_cache_grow(pool, object, prefix, size);
    }
    return prefix + size < chunk->size / 2 ? NULL : object;
}

const nanvm_dealloc_table nanvm_large_table = {.count = NANVM_COUNT_PLAIN,
                                               .free_block = free_block,
                                               .chunked = NANVM_BOUNDS_LENGTHS};
