/* The free slots of a slab pool wait in a quarantine: a ring of their addresses, apart
 * from the slots. A write to a freed object can't change these addresses. Such a write is
 * noticed when the slot is used again, or when a trim gives back the slot's chunk. */
#include "pool/slab.h"

/* A slot is used again when LEAST_WAITING others were freed after it. For large slots
 * fewer are enough: as many as take WAITING_BYTES, the size of a pool's largest chunk. */
enum { LEAST_WAITING = 256, WAITING_BYTES = 64 * 1024 };

static size_t least_waiting(const nanvm_pool *pool) {
    size_t least = WAITING_BYTES / pool->slots.stride;
    return least < LEAST_WAITING ? least : LEAST_WAITING;
}

void nanvm_free_slots_watch(nanvm_slab *self) {
    (void)self;
}

bool nanvm_free_slots_reserve(nanvm_slab *self, size_t slots) {
    return nanvm_quarantine_reserve(&self->pool.waiting, self->pool.source, slots);
}

/* Notes the peak: the most objects are in use right before one is freed. */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    pool->peak = nanvm_slab_peak(nanvm_slab_of(pool));
    nanvm_chunk_of(object)->head.live -= 1;
    nanvm_quarantine_push(&pool->waiting, object, pool->most_size);
}

void nanvm_free_slots_wipe(const nanvm_slab *self, void *object) {
    nanvm_wipe_object(object, self->pool.most_size);
}

static void *pop_waiting(nanvm_pool *pool) {
    void *object = nanvm_quarantine_pop(&pool->waiting);
    if (object != NULL) {
        nanvm_pool_expect_dead(pool, object);
        nanvm_quarantine_check(object, pool->most_size);
        nanvm_block_set_count(object, pool->slots.first_count);
        nanvm_chunk_of(object)->head.live += 1;
    }
    return object;
}

/* If memory runs out, a slot that hasn't waited long is better than none. */
void *nanvm_free_slots_alloc(nanvm_slab *self) {
    nanvm_pool *pool = &self->pool;
    if (pool->waiting.length > least_waiting(pool)) {
        return pop_waiting(pool);
    }
    void *object = nanvm_slots_pop(&pool->slots);
    if (object == NULL) {
        object = nanvm_slab_refill(self);
    }
    return object != NULL ? object : pop_waiting(pool);
}

void *nanvm_free_slots_pop_returned(nanvm_slab *self) {
    nanvm_free_slots_collect(self);
    return NULL;
}

void nanvm_free_slots_collect(nanvm_slab *self) {
    nanvm_slot *slot = nanvm_remote_take(self->pool.remote);
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = slot->next;
        nanvm_free_slots_push(&self->pool.slots.dealloc, slot);
    }
}

void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk) {
    (void)self;
    (void)chunk;
}

size_t nanvm_free_slots_waiting(const nanvm_slab *self) {
    return self->pool.waiting.length;
}

static bool leaves(const void *slot) {
    return nanvm_slab_trim_takes(nanvm_chunk_of(slot));
}

void nanvm_free_slots_forget(nanvm_slab *self) {
    nanvm_quarantine *waiting = &self->pool.waiting;
    for (size_t i = 0; i < waiting->length; ++i) {
        const void *slot = nanvm_quarantine_at(waiting, i);
        if (leaves(slot)) {
            nanvm_quarantine_check(slot, self->pool.most_size);
        }
    }
    nanvm_quarantine_filter(waiting, leaves);
}
