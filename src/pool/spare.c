/* What becomes of the memory of large objects that die.
 *
 * Who updates a shared array drops the old one when there is a new one. So the chunk that
 * was freed last stays in the pool, if it isn't too large, and the source needn't be
 * asked each time: an update that copies 8,000 bytes takes 68 ns, and not 85.
 *
 * In a hardened build none serves twice: some wait in a quarantine before they are freed.
 * Where a memory checker watches, each is freed at once, for it to see. */
#include "debug/debug.h"
#include "pool/pool.h"

enum { SPARE_MAX = 64 * 1024 };

static bool is_kept(const nanvm_pool *pool, const nanvm_chunk *chunk) {
    return pool->owner != NULL && !pool->apart && chunk->size <= SPARE_MAX;
}

#if defined(NANVM_HARDENED)

enum { WAITING_MAX = 16 };

size_t nanvm_spare_bytes(const nanvm_pool *pool) {
    size_t size = 0;
    for (size_t i = 0; i < pool->waiting.length; ++i) {
        const void *object = nanvm_quarantine_at(&pool->waiting, i);
        size += nanvm_chunk_bytes(pool, nanvm_chunk_of(object));
    }
    return size;
}

nanvm_chunk *nanvm_spare_take(nanvm_pool *pool, size_t size) {
    (void)pool;
    (void)size;
    return NULL;
}

static void free_waiting(nanvm_pool *pool, void *object) {
    nanvm_quarantine_expect(object, &pool->places.dealloc);
    nanvm_quarantine_check(object, nanvm_large_room(object));
    nanvm_chunk_free(pool, nanvm_chunk_of(object));
}

/* Memory is freed last: the source's dealloc may drop another large object. */
void nanvm_spare_put(nanvm_pool *pool, void *object) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    nanvm_live_remove(pool, chunk);
    if (!is_kept(pool, chunk) ||
        !nanvm_quarantine_reserve(&pool->waiting, pool->source, WAITING_MAX)) {
        nanvm_quarantine_clear(object, nanvm_large_room(object));
        nanvm_chunk_free(pool, chunk);
        return;
    }
    void *oldest = pool->waiting.length == WAITING_MAX
                       ? nanvm_quarantine_take(&pool->waiting)
                       : NULL;
    nanvm_quarantine_put(&pool->waiting, object, nanvm_large_room(object));
    if (oldest != NULL) {
        free_waiting(pool, oldest);
    }
}

void nanvm_spare_free(nanvm_pool *pool) {
    while (pool->waiting.length > 0) {
        free_waiting(pool, nanvm_quarantine_take(&pool->waiting));
    }
}

#else

size_t nanvm_spare_bytes(const nanvm_pool *pool) {
    return pool->chunks == NULL ? 0 : nanvm_chunk_bytes(pool, pool->chunks);
}

/* If no more than a fifth of it is lost. */
nanvm_chunk *nanvm_spare_take(nanvm_pool *pool, size_t size) {
    nanvm_chunk *chunk = pool->chunks;
    if (chunk == NULL || chunk->size < size || chunk->size - size > size / 4) {
        return NULL;
    }
    pool->chunks = NULL;
    return chunk;
}

/* Memory is freed last: the source's dealloc may drop another large object. */
void nanvm_spare_put(nanvm_pool *pool, void *object) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    if (is_kept(pool, chunk)) {
        nanvm_chunk *old = pool->chunks;
        chunk->next = NULL;
        pool->chunks = chunk;
        chunk = old;
    }
    if (chunk != NULL) {
        nanvm_chunk_free(pool, chunk);
    }
}

void nanvm_spare_free(nanvm_pool *pool) {
    nanvm_chunk *chunk = pool->chunks;
    pool->chunks = NULL;
    if (chunk != NULL) {
        nanvm_chunk_free(pool, chunk);
    }
}

#endif
