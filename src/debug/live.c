/* Which objects of a pool are alive.
 *
 * Objects that share chunks are found by their headers: a slot of a chunk has a live
 * object unless it has no header yet, lies in the run, or is marked dead. Objects that
 * have a chunk each are found in a list of these chunks, linked in both directions. */
#include "debug/debug.h"

#include "pool/pool.h"

/* --- a chunk each --- */

void nanvm_live_add(nanvm_pool *pool, nanvm_chunk *chunk) {
    chunk->before = NULL;
    chunk->next = pool->large;
    if (pool->large != NULL) {
        pool->large->before = chunk;
    }
    pool->large = chunk;
}

void nanvm_live_remove(nanvm_pool *pool, nanvm_chunk *chunk) {
    if (chunk->next != NULL) {
        chunk->next->before = chunk->before;
    }
    if (chunk->before != NULL) {
        chunk->before->next = chunk->next;
    } else {
        pool->large = chunk->next;
    }
}

static bool is_alive(const void *object) {
    return nanvm_block_count(object) != NANVM_COUNT_DEAD;
}

static void visit_large(const nanvm_pool *pool, nanvm_live_visitor *visitor,
                        void *context) {
    for (const nanvm_chunk *chunk = pool->large; chunk != NULL; chunk = chunk->next) {
        const void *object = nanvm_chunk_first(chunk);
        if (is_alive(object)) {
            visitor(object, context);
        }
    }
}

/* --- shared chunks --- */

static bool is_in_run(const nanvm_slots *places, uintptr_t slot) {
    return slot >= places->bump && slot < places->bump_end;
}

static void visit_chunk(const nanvm_pool *pool, const nanvm_chunk *chunk,
                        nanvm_live_visitor *visitor, void *context) {
    uintptr_t slot = (uintptr_t)nanvm_chunk_first(chunk);
    for (size_t i = 0; i < chunk->used; ++i, slot += pool->slots.stride) {
        const void *object = (const void *)slot;
        if (!is_in_run(&pool->slots, slot) && is_alive(object)) {
            visitor(object, context);
        }
    }
}

void nanvm_live_visit(nanvm_pool *pool, nanvm_live_visitor *visitor, void *context) {
    if (pool->slot_size == 0) {
        visit_large(pool, visitor, context);
        return;
    }
    nanvm_pool_note_used(pool);
    for (const nanvm_chunk *chunk = pool->chunks; chunk != NULL; chunk = chunk->next) {
        visit_chunk(pool, chunk, visitor, context);
    }
}
