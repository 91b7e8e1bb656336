/* Objects too large to share a chunk, which have one each, and raw memory. */
#include "pool.h"

static void count(nanvm_pool *pool) {
    pool->live += 1;
    pool->peak = pool->live > pool->peak ? pool->live : pool->peak;
    pool->peak_bytes =
        pool->reserved > pool->peak_bytes ? pool->reserved : pool->peak_bytes;
}

static void uncount(nanvm_pool *pool) {
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        nanvm_pool_destroy(pool);
    }
}

/* --- objects --- */

void *nanvm_large_take(nanvm_pool *pool, size_t size) {
    size_t prefix = nanvm_chunk_prefix(pool->places.object);
    if (prefix > INT32_MAX || size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL; /* the distance to the origin has 32 bits */
    }
    nanvm_chunk *chunk = nanvm_chunk_alloc(pool, prefix + size);
    if (chunk == NULL) {
        return NULL;
    }
    count(pool);
    void *object = (unsigned char *)chunk + prefix;
    nanvm_block_init(object, &chunk->origin);
    return object;
}

static void free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_chunk_free(pool, nanvm_chunk_of(object));
    uncount(pool);
}

/* Half as much again, so that appending one by one is cheap; what is asked for,
 * if that is too much. */
static nanvm_chunk *grow(nanvm_pool *pool, nanvm_chunk *chunk, size_t size) {
    size_t old = chunk->size;
    size_t ample = nanvm_ample(size);
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
    size_t prefix = nanvm_chunk_prefix(pool->places.object);
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
