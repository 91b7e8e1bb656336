/* How a slab pool's freed slots are used again: at once. See pool/slab.h.
 *
 * The hardened build has hardened/free_slots.c in place of this file: functions that do
 * nothing here are for that one. */
#include "pool/slab.h"

void *nanvm_free_slots_alloc(nanvm_slab *self) {
    return nanvm_slab_refill(self);
}

bool nanvm_free_slots_reserve(nanvm_slab *self, size_t slots) {
    (void)self;
    (void)slots;
    return true;
}

/* Here the slot of the last object alive in a chunk doesn't go to the magazine, where it
 * would still count as in use. So the chunk is seen to be empty, and can become the bump
 * range. (Inline functions don't make this test. A trim empties the magazine.) */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object) {
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    if (nanvm_chunk_of(object)->head.live == 1 ||
        !nanvm_slots_push((nanvm_slots *)dealloc, object)) {
        nanvm_slab_free(nanvm_slab_of((nanvm_pool *)dealloc), object);
    }
}

void nanvm_free_slots_wipe(const nanvm_slab *self, void *object) {
    (void)self;
    (void)object;
}

/* A chunk with a list is in the stack already, and keeps its place there. */
void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk) {
    if (chunk->head.free_list == NULL) {
        nanvm_slots_add_available(&self->pool.slots, &chunk->head);
    }
    chunk->head.free_list = NULL;
}

size_t nanvm_free_slots_waiting(const nanvm_slab *self) {
    (void)self;
    return 0;
}

void nanvm_free_slots_forget(nanvm_slab *self) {
    nanvm_chunk_head **link = &self->pool.slots.available;
    while (*link != NULL) {
        if (nanvm_slab_trim_takes((const nanvm_chunk *)*link)) {
            *link = (*link)->next_available;
        } else {
            link = &(*link)->next_available;
        }
    }
}
