/* The chunks of large objects that were dropped. None is used again: up to 16 wait in a
 * quarantine, and are then freed. Under a sanitizer each is freed at once, so that the
 * sanitizer sees it. */
#include <string.h>

#include "pool/large.h"

enum { WAITING_MAX = 16 };

size_t nanvm_cache_bytes(const nanvm_large *self) {
    const nanvm_quarantine *waiting = &self->pool.waiting;
    size_t size = 0;
    for (size_t i = 0; i < waiting->length; ++i) {
        const nanvm_chunk *chunk = nanvm_chunk_of(nanvm_quarantine_at(waiting, i));
        size += nanvm_chunk_memory_bytes(&self->pool, chunk);
    }
    return size;
}

nanvm_chunk *nanvm_cache_pop(nanvm_large *self, size_t size) {
    (void)self;
    (void)size;
    return NULL;
}

static void free_waiting(nanvm_large *self, void *object) {
    nanvm_pool_expect_dead(&self->pool, object);
    nanvm_quarantine_check(object, nanvm_large_room(object));
    nanvm_chunk_free(&self->pool, nanvm_chunk_of(object));
}

/* The chunk is freed last: the source's dealloc may drop another large object, which
 * calls this function again. */
void nanvm_cache_push(nanvm_large *self, void *object) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    nanvm_quarantine *waiting = &self->pool.waiting;
    nanvm_live_leave(self, chunk);
    if (!nanvm_large_keeps(self, chunk) ||
        !nanvm_quarantine_reserve(waiting, self->pool.source, WAITING_MAX)) {
        nanvm_wipe_object(object, nanvm_large_room(object));
        nanvm_chunk_free(&self->pool, chunk);
        return;
    }
    void *oldest = waiting->length == WAITING_MAX ? nanvm_quarantine_pop(waiting) : NULL;
    nanvm_quarantine_push(waiting, object, nanvm_large_room(object));
    if (oldest != NULL) {
        free_waiting(self, oldest);
    }
}

void nanvm_cache_clear(nanvm_large *self) {
    while (self->pool.waiting.length > 0) {
        free_waiting(self, nanvm_quarantine_pop(&self->pool.waiting));
    }
}

/* Moves the object into a new chunk; the old one is freed like any other. The peaks don't
 * count both. */
void *nanvm_cache_grow(nanvm_large *self, void *object, size_t prefix, size_t size) {
    nanvm_pool *pool = &self->pool;
    size_t old = nanvm_large_room(object);
    size_t peak = pool->peak;
    size_t peak_bytes = pool->peak_bytes;
    nanvm_chunk *chunk =
        nanvm_large_alloc_chunk(self, prefix + nanvm_large_ample(self, old, size));
    if (chunk == NULL) {
        chunk = nanvm_large_alloc_chunk_at_last(self, prefix + size);
    }
    if (chunk == NULL) {
        return NULL;
    }
    void *moved = nanvm_large_object_in(self, chunk, prefix);
    memcpy(moved, object, old);
    nanvm_cache_push(self, object);
    nanvm_pools_note_free(pool);
    pool->peak = peak;
    pool->peak_bytes = peak_bytes;
    pool->live -= 2;
    nanvm_large_count_one(self);
    return moved;
}
