/* Objects too large to share a chunk, which have one each, and raw memory.
 *
 * Who updates a shared array drops the old one when there is a new one. So the chunk that
 * was freed last stays in the pool, if it isn't too large, and the source needn't be
 * asked each time: an update that copies 8,000 bytes takes 68 ns, and not 85. */
#include "pool.h"

enum { SPARE_MAX = 64 * 1024, MALLOC_HEAD = 16 };

/* Chunks that lie side by side start at the same place in a cache line, if they take
 * whole lines with malloc's own head: copies from one to the other are faster (of
 * 8,000 bytes: 39 ns, not 46). */
static size_t chunk_size(size_t size) {
    return nanvm_layout_round_up(size + MALLOC_HEAD, NANVM_CACHE_LINE) - MALLOC_HEAD;
}

size_t nanvm_large_spare(const nanvm_pool *pool) {
    return pool->chunks == NULL ? 0 : pool->chunks->size;
}

static void count(nanvm_pool *pool) {
    size_t bytes = pool->reserved - nanvm_large_spare(pool);
    pool->live += 1;
    pool->peak = pool->live > pool->peak ? pool->live : pool->peak;
    pool->peak_bytes = bytes > pool->peak_bytes ? bytes : pool->peak_bytes;
}

static void uncount(nanvm_pool *pool) {
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        nanvm_pool_destroy(pool);
    }
}

/* --- objects --- */

/* The spare chunk, if no more than a fifth of it is lost. */
static nanvm_chunk *take_spare(nanvm_pool *pool, size_t size) {
    nanvm_chunk *chunk = pool->chunks;
    if (chunk == NULL || chunk->size < size || chunk->size - size > size / 4) {
        return NULL;
    }
    pool->chunks = NULL;
    return chunk;
}

void *nanvm_large_take(nanvm_pool *pool, size_t size) {
    size_t prefix = nanvm_chunk_prefix(pool->places.object);
    if (prefix > INT32_MAX || size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL; /* the distance to the origin has 32 bits */
    }
    nanvm_chunk *chunk = take_spare(pool, prefix + size);
    if (chunk == NULL) {
        chunk = nanvm_chunk_alloc(pool, chunk_size(prefix + size));
    }
    if (chunk == NULL) {
        return NULL;
    }
    count(pool);
    void *object = (unsigned char *)chunk + prefix;
    nanvm_header_write(object, nanvm_origin_distance(object, &chunk->origin),
                       NANVM_COUNT_PLAIN);
    return object;
}

size_t nanvm_large_trim(nanvm_pool *pool) {
    nanvm_chunk *chunk = pool->chunks;
    size_t size = nanvm_large_spare(pool);
    pool->chunks = NULL;
    if (chunk != NULL) {
        nanvm_chunk_free(pool, chunk);
    }
    return size;
}

static void free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    if (pool->owner != NULL && chunk->size <= SPARE_MAX) {
        (void)nanvm_large_trim(pool);
        chunk->next = NULL;
        pool->chunks = chunk;
    } else {
        nanvm_chunk_free(pool, chunk);
    }
    uncount(pool);
}

/* Half as much again as there was, so that appending one by one is cheap; what is asked
 * for, if that is more, or half as much again is too much. */
static nanvm_chunk *grow(nanvm_pool *pool, nanvm_chunk *chunk, size_t size) {
    size_t old = chunk->size;
    size_t ample = nanvm_ample(old);
    ample = ample < size ? size : ample;
    chunk =
        nanvm_manager_resize(pool->source, chunk, nanvm_chunk_layout(pool, old), ample);
    if (chunk != NULL) {
        chunk->size = ample;
        pool->live -= 1;
        pool->reserved += ample - old;
        count(pool);
    }
    return chunk;
}

void *nanvm_large_resize(nanvm_pool *pool, void *object, size_t size) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    size_t prefix = chunk->size - nanvm_large_room(object);
    if (size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL;
    }
    if (prefix + size > chunk->size) {
        chunk = grow(pool, chunk, prefix + size);
        return chunk == NULL ? NULL : (unsigned char *)chunk + prefix;
    }
    return prefix + size < chunk->size / 2 ? NULL : object;
}

const nanvm_dealloc_table nanvm_large_table = {NANVM_COUNT_PLAIN, NULL,  NULL,
                                               free_block,        false, false};

/* --- raw memory --- */

void *nanvm_raw_alloc(nanvm_pool *pool, nanvm_layout layout) {
    void *memory = nanvm_manager_alloc(pool->source, layout);
    if (memory != NULL) {
        pool->reserved += layout.size;
        count(pool);
    }
    return memory;
}

void *nanvm_raw_resize(nanvm_pool *pool, void *memory, nanvm_layout layout, size_t size) {
    nanvm_manager *source = pool->source;
    if (source->table->resize == NULL) {
        return NULL;
    }
    memory = source->table->resize(source, memory, layout, size);
    if (memory != NULL) {
        pool->live -= 1;
        pool->reserved = pool->reserved - layout.size + size;
        count(pool);
    }
    return memory;
}

static void raw_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    pool->reserved -= layout.size;
    nanvm_dealloc_memory(pool->source_dealloc, memory, layout);
    uncount(pool);
}

const nanvm_dealloc_table nanvm_raw_table = {
    NANVM_COUNT_PLAIN, NULL, raw_dealloc, NULL, false, false};
