/* The chunks of large objects that died: none serves twice. Up to 16 wait in a quarantine
 * before they are freed. Under a sanitizer each is freed at once, so that the sanitizer
 * sees it. */
#include <string.h>

#include "debug/debug.h"
#include "hardened/quarantine.h"
#include "pool/pool.h"

enum { CACHED_MAX = 64 * 1024 };

static bool is_kept(const nanvm_pool *pool, const nanvm_chunk *chunk) {
    return pool->owner != NULL && !pool->one_per_chunk && chunk->size <= CACHED_MAX;
}

enum { WAITING_MAX = 16 };

size_t nanvm_cache_bytes(const nanvm_pool *pool) {
    size_t size = 0;
    for (size_t i = 0; i < pool->waiting.length; ++i) {
        const void *object = nanvm_quarantine_at(&pool->waiting, i);
        size += nanvm_chunk_bytes(pool, nanvm_chunk_of(object));
    }
    return size;
}

nanvm_chunk *nanvm_cache_pop(nanvm_pool *pool, size_t size) {
    (void)pool;
    (void)size;
    return NULL;
}

static void free_waiting(nanvm_pool *pool, void *object) {
    nanvm_quarantine_expect(object, &pool->slots.dealloc);
    nanvm_quarantine_check(object, nanvm_large_room(object));
    nanvm_chunk_free(pool, nanvm_chunk_of(object));
}

/* Memory is freed last: the source's dealloc may drop another large object. */
void nanvm_cache_push(nanvm_pool *pool, void *object) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    nanvm_live_remove(pool, chunk);
    if (!is_kept(pool, chunk) ||
        !nanvm_quarantine_reserve(&pool->waiting, pool->source, WAITING_MAX)) {
        nanvm_wipe_object(object, nanvm_large_room(object));
        nanvm_chunk_free(pool, chunk);
        return;
    }
    void *oldest =
        pool->waiting.length == WAITING_MAX ? nanvm_quarantine_pop(&pool->waiting) : NULL;
    nanvm_quarantine_push(&pool->waiting, object, nanvm_large_room(object));
    if (oldest != NULL) {
        free_waiting(pool, oldest);
    }
}

void nanvm_cache_clear(nanvm_pool *pool) {
    while (pool->waiting.length > 0) {
        free_waiting(pool, nanvm_quarantine_pop(&pool->waiting));
    }
}

/* Into a new chunk; the old one is freed as any other. Peaks are as if there had never
 * been two. */
void *nanvm_cache_grow(nanvm_pool *pool, void *object, size_t prefix, size_t size) {
    size_t old = nanvm_large_room(object);
    size_t peak = pool->peak;
    size_t peak_bytes = pool->peak_bytes;
    nanvm_chunk *chunk =
        nanvm_large_chunk_alloc(pool, prefix + nanvm_large_ample(pool, old, size));
    if (chunk == NULL) {
        chunk = nanvm_large_chunk_alloc_at_last(pool, prefix + size);
    }
    if (chunk == NULL) {
        return NULL;
    }
    void *moved = nanvm_large_object_in(pool, chunk, prefix);
    memcpy(moved, object, old);
    nanvm_cache_push(pool, object);
    nanvm_pool_note_free(pool);
    pool->peak = peak;
    pool->peak_bytes = peak_bytes;
    pool->live -= 2;
    nanvm_pool_count_one(pool);
    return moved;
}
