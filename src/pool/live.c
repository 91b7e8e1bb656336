/* Which objects of a pool are alive.
 *
 * Objects that share chunks are found by their headers: a slot of a chunk has a live
 * object unless it has no header yet, lies in the bump range, or is marked dead. Objects
 * that have a chunk each are found in a list of these chunks, linked in both directions.
 */
#include "pool/large.h"
#include "pool/slab.h"

/* --- large objects --- */

void nanvm_live_add(nanvm_large *self, nanvm_chunk *chunk) {
    chunk->before = NULL;
    chunk->next = self->live;
    if (self->live != NULL) {
        self->live->before = chunk;
    }
    self->live = chunk;
}

void nanvm_live_remove(nanvm_large *self, nanvm_chunk *chunk) {
    if (chunk->next != NULL) {
        chunk->next->before = chunk->before;
    }
    if (chunk->before != NULL) {
        chunk->before->next = chunk->next;
    } else {
        self->live = chunk->next;
    }
}

void nanvm_live_leave(nanvm_large *self, nanvm_chunk *chunk) {
    if (self->pool.owner != NULL) {
        nanvm_live_remove(self, chunk);
    }
}

static bool is_alive(const void *object) {
    return nanvm_block_count(object) != NANVM_COUNT_DEAD;
}

void nanvm_live_visit_large(nanvm_pool *pool, nanvm_live_visitor *visitor,
                            void *context) {
    const nanvm_chunk *chunk = nanvm_large_of(pool)->live;
    for (; chunk != NULL; chunk = chunk->next) {
        const void *object = nanvm_chunk_first(chunk);
        if (is_alive(object)) {
            visitor(object, context);
        }
    }
}

/* --- slots --- */

static bool is_in_bump_range(const nanvm_slots *slots, uintptr_t slot) {
    return slot >= slots->bump && slot < slots->bump_end;
}

static void visit_chunk(const nanvm_slots *slots, const nanvm_chunk *chunk,
                        nanvm_live_visitor *visitor, void *context) {
    uintptr_t slot = (uintptr_t)nanvm_chunk_first(chunk);
    for (size_t i = 0; i < chunk->used; ++i, slot += slots->stride) {
        const void *object = (const void *)slot;
        if (!is_in_bump_range(slots, slot) && is_alive(object)) {
            visitor(object, context);
        }
    }
}

void nanvm_live_visit_slab(nanvm_pool *pool, nanvm_live_visitor *visitor, void *context) {
    nanvm_slab *self = nanvm_slab_of(pool);
    for (const nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        visit_chunk(&pool->slots, chunk, visitor, context);
    }
}

/* --- sharing all --- */

/* Returns whether the object had a plain count. */
static inline bool share_object(const void *object) {
    int32_t count = nanvm_block_count(object);
    if (count >= 0) {
        nanvm_block_set_count(object, nanvm_block_atomic_count(count));
    }
    return count >= 0;
}

static void lead_to_remote(nanvm_pool *pool, nanvm_chunk *chunk) {
    nanvm_origin_write(&chunk->head.origin, pool->slots.type, &pool->remote->dealloc);
}

/* In the bump range are counts of 0, too. */
static bool share_chunk(const nanvm_slots *slots, const nanvm_chunk *chunk) {
    bool any = false;
    uintptr_t slot = (uintptr_t)nanvm_chunk_first(chunk);
    for (size_t i = 0; i < chunk->used; ++i, slot += slots->stride) {
        if (!is_in_bump_range(slots, slot)) {
            any |= share_object((const void *)slot);
        }
    }
    return any;
}

void nanvm_live_share_slab(nanvm_pool *pool) {
    for (nanvm_chunk *chunk = nanvm_slab_of(pool)->chunks; chunk != NULL;
         chunk = chunk->next) {
        if (share_chunk(&pool->slots, chunk)) {
            lead_to_remote(pool, chunk);
        }
    }
}

void nanvm_live_share_large(nanvm_pool *pool) {
    for (nanvm_chunk *chunk = nanvm_large_of(pool)->live; chunk != NULL;
         chunk = chunk->next) {
        if (share_object(nanvm_chunk_first(chunk))) {
            lead_to_remote(pool, chunk);
        }
    }
}
