/* A pool's free slots, in a quarantine: a ring of their addresses, apart from them. What
 * is written to a freed object leads nowhere, and is noticed when its slot serves again.
 */
#include "hardened/quarantine.h"
#include "pool/pool.h"

/* A slot serves again when so many were freed after it; of large ones fewer, so that all
 * that wait take no more than the largest chunk of a pool does. */
enum { LEAST_WAITING = 256, WAITING_BYTES = 64 * 1024 };

static size_t least_waiting(const nanvm_pool *self) {
    size_t least = WAITING_BYTES / self->slots.stride;
    return least < LEAST_WAITING ? least : LEAST_WAITING;
}

bool nanvm_free_slots_reserve(nanvm_pool *self, size_t places) {
    return nanvm_quarantine_reserve(&self->waiting, self->source, places);
}

void nanvm_free_slots_deinit(nanvm_pool *self) {
    nanvm_quarantine_deinit(&self->waiting, self->source_dealloc);
}

/* The most are alive right before one dies. */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    self->peak = nanvm_pool_peak(self);
    nanvm_quarantine_push(&self->waiting, object, self->slot_size);
}

void nanvm_free_slots_wipe(const nanvm_pool *self, void *object) {
    nanvm_wipe_object(object, self->slot_size);
}

static void *take(nanvm_pool *self) {
    void *object = nanvm_quarantine_pop(&self->waiting);
    if (object != NULL) {
        nanvm_quarantine_expect(object, &self->slots.dealloc);
        nanvm_quarantine_check(object, self->slot_size);
        nanvm_block_set_count(object, NANVM_COUNT_PLAIN);
    }
    return object;
}

/* One that hasn't waited long is better than none. */
void *nanvm_free_slots_alloc(nanvm_pool *self, size_t size) {
    if (self->slot_size == 0) {
        return nanvm_large_alloc(self, size);
    }
    if (self->waiting.length > least_waiting(self)) {
        return take(self);
    }
    void *object = nanvm_slots_pop(&self->slots);
    if (object == NULL) {
        object = nanvm_pool_alloc_new(self, size);
    }
    return object != NULL ? object : take(self);
}

size_t nanvm_free_slots_length(const nanvm_pool *self) {
    return self->waiting.length;
}

void nanvm_free_slots_count_in_chunks(const nanvm_pool *self) {
    for (size_t i = 0; i < self->waiting.length; ++i) {
        nanvm_chunk_of(nanvm_quarantine_at(&self->waiting, i))->free += 1;
    }
}

void nanvm_free_slots_forget(nanvm_pool *self, bool (*is_spare)(const void *place)) {
    for (size_t i = 0; i < self->waiting.length; ++i) {
        const void *place = nanvm_quarantine_at(&self->waiting, i);
        if (is_spare(place)) {
            nanvm_quarantine_check(place, self->slot_size);
        }
    }
    nanvm_quarantine_filter(&self->waiting, is_spare);
}
