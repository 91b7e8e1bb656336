/* Objects that have a chunk each, since they are too large to share one or because a
 * memory checker watches. */
#include <string.h>

#include "debug/debug.h"
#include "pool/pool.h"

enum { MALLOC_HEAD = 16 };

/* Chunks that lie side by side start at the same place in a cache line, if they take
 * whole lines with malloc's own head: copies from one to the other are faster (of
 * 8,000 bytes: 39 ns, not 46). A checker is to see where an object ends. */
static size_t chunk_size(const nanvm_pool *pool, size_t size) {
    size_t lines = nanvm_layout_round_up(size + MALLOC_HEAD, NANVM_CACHE_LINE);
    return pool->apart ? size : lines - MALLOC_HEAD;
}

void nanvm_pool_count_one(nanvm_pool *pool) {
    size_t bytes = pool->reserved - nanvm_spare_bytes(pool);
    pool->live += 1;
    pool->peak = pool->live > pool->peak ? pool->live : pool->peak;
    pool->peak_bytes = bytes > pool->peak_bytes ? bytes : pool->peak_bytes;
}

/* --- objects --- */

/* Of `size` bytes and a few more, or of just so many. */
static nanvm_chunk *alloc_chunk(nanvm_pool *pool, size_t size) {
    size_t rounded = chunk_size(pool, size);
    nanvm_chunk *chunk = nanvm_chunk_alloc(pool, rounded);
    return chunk != NULL || rounded == size ? chunk : nanvm_chunk_alloc(pool, size);
}

NANVM_NOINLINE static nanvm_chunk *new_chunk(nanvm_pool *pool, size_t size) {
    nanvm_chunk *chunk = alloc_chunk(pool, size);
    return chunk == NULL && nanvm_pools_give_back(pool->owner) ? alloc_chunk(pool, size)
                                                               : chunk;
}

static void *object_in(nanvm_pool *pool, nanvm_chunk *chunk, size_t prefix) {
    nanvm_pool_count_one(pool);
    nanvm_live_add(pool, chunk);
    void *object = (unsigned char *)chunk + prefix;
    nanvm_header_write(object, nanvm_origin_distance(object, &chunk->origin),
                       NANVM_COUNT_PLAIN);
    return object;
}

void *nanvm_large_take(nanvm_pool *pool, size_t size) {
    size_t prefix = nanvm_chunk_prefix(pool->places.object);
    if (prefix > INT32_MAX || size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL; /* the distance to the origin has 32 bits */
    }
    nanvm_chunk *chunk = nanvm_spare_take(pool, prefix + size);
    if (chunk == NULL) {
        chunk = new_chunk(pool, prefix + size);
    }
    return chunk == NULL ? NULL : object_in(pool, chunk, prefix);
}

static void free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_spare_put(pool, object);
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        nanvm_pool_destroy(pool);
    }
}

/* Half as much again as there was, so that appending one by one is cheap; what is asked
 * for, if that is more, or half as much again is too much. */
static size_t ample(const nanvm_pool *pool, size_t old, size_t size) {
    size_t more = pool->apart ? size : nanvm_ample(old);
    return more < size ? size : more;
}

#if defined(NANVM_HARDENED)
/* Into a new chunk; the old one is freed as any other. Peaks are as if there had never
 * been two. */
static void *grow(nanvm_pool *pool, void *object, size_t prefix, size_t size) {
    size_t old = nanvm_large_room(object);
    size_t peak = pool->peak;
    size_t peak_bytes = pool->peak_bytes;
    nanvm_chunk *chunk = alloc_chunk(pool, prefix + ample(pool, old, size));
    if (chunk == NULL) {
        chunk = new_chunk(pool, prefix + size);
    }
    if (chunk == NULL) {
        return NULL;
    }
    void *moved = object_in(pool, chunk, prefix);
    memcpy(moved, object, old);
    nanvm_spare_put(pool, object);
    nanvm_pool_note_free(pool);
    pool->peak = peak;
    pool->peak_bytes = peak_bytes;
    pool->live -= 2;
    nanvm_pool_count_one(pool);
    return moved;
}
#else
/* Half as much again, or else `least` bytes. */
static nanvm_chunk *resize_chunk(nanvm_pool *pool, nanvm_chunk *chunk, size_t least) {
    nanvm_layout layout = nanvm_chunk_layout(pool, chunk->size);
    size_t size = ample(pool, layout.size, least);
    nanvm_chunk *resized = nanvm_memory_resize(pool->source, chunk, layout, size);
    if (resized == NULL && size > least) {
        size = least;
        resized = nanvm_memory_resize(pool->source, chunk, layout, size);
    }
    if (resized != NULL) {
        resized->size = size;
        nanvm_chunk_init(resized, pool);
    }
    return resized;
}

static void *grow(nanvm_pool *pool, void *object, size_t prefix, size_t size) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    size_t old = chunk->size;
    nanvm_chunk *larger = resize_chunk(pool, chunk, prefix + size);
    if (larger == NULL && nanvm_pools_give_back(pool->owner)) {
        larger = resize_chunk(pool, chunk, prefix + size);
    }
    if (larger == NULL) {
        return NULL;
    }
    pool->live -= 1;
    pool->reserved += larger->size - old;
    nanvm_pool_count_one(pool);
    return (unsigned char *)larger + prefix;
}
#endif

void *nanvm_large_resize(nanvm_pool *pool, void *object, size_t size) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    size_t prefix = chunk->size - nanvm_large_room(object);
    if (size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL;
    }
    if (prefix + size > chunk->size) {
        return grow(pool, object, prefix, size);
    }
    return prefix + size < chunk->size / 2 ? NULL : object;
}

const nanvm_dealloc_table nanvm_large_table = {
    .count = NANVM_COUNT_PLAIN, .free_block = free_block, .chunked = !NANVM_IS_HARDENED};
