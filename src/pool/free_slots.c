/* A slab pool's free slots, in two lists that lead through the slots themselves.
 *
 * nanvm_slots_push() adds to the local free list. nanvm_slots_pop() takes from the free
 * list; when that is empty, the local free list becomes the free list: see
 * <nanvm/mem/inline/slots.h>.
 *
 * The hardened build has hardened/free_slots.c in place of this file: functions that do
 * nothing here are for that one. */
#include "pool/slab.h"

/* Called when the inline functions have found no free slot. */
void *nanvm_free_slots_alloc(nanvm_slab *self) {
    return nanvm_slab_carve(self);
}

bool nanvm_free_slots_reserve(nanvm_slab *self, size_t slots) {
    (void)self;
    (void)slots;
    return true;
}

void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object) {
    nanvm_slots *slots = (nanvm_slots *)dealloc;
    if (nanvm_chunk_of(object)->head.live == 1) {
        nanvm_slab_free(nanvm_slab_of((nanvm_pool *)dealloc), object);
        return;
    }
    nanvm_slots_push(slots, object);
}

void nanvm_free_slots_wipe(const nanvm_slab *self, void *object) {
    (void)self;
    (void)object;
}

size_t nanvm_free_slots_length(const nanvm_slab *self) {
    (void)self;
    return 0;
}

void nanvm_free_slots_forget(nanvm_slab *self,
                             bool (*is_removed)(const nanvm_chunk *chunk)) {
    nanvm_chunk_head **link = &self->pool.slots.with_free;
    while (*link != &nanvm_chunk_none) {
        if (is_removed((const nanvm_chunk *)*link)) {
            *link = (*link)->next_with_free;
        } else {
            link = &(*link)->next_with_free;
        }
    }
}
