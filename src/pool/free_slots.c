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
    (void)dealloc;
    (void)nanvm_slots_free(object);
}

void nanvm_free_slots_wipe(const nanvm_slab *self, void *object) {
    (void)self;
    (void)object;
}

static size_t list_length(const nanvm_slot *slot) {
    size_t length = 0;
    for (; slot != NULL; slot = slot->next) {
        ++length;
    }
    return length;
}

size_t nanvm_free_slots_length(const nanvm_slab *self) {
    const nanvm_slots *slots = &self->pool.slots;
    return list_length(slots->free_list) + list_length(slots->local_free_list);
}

static void count_in_chunks(const nanvm_slot *slot) {
    for (; slot != NULL; slot = slot->next) {
        nanvm_chunk_of(slot)->free += 1;
    }
}

void nanvm_free_slots_count_in_chunks(const nanvm_slab *self) {
    count_in_chunks(self->pool.slots.free_list);
    count_in_chunks(self->pool.slots.local_free_list);
}

static void filter(nanvm_slot **link, bool (*is_removed)(const void *slot)) {
    while (*link != NULL) {
        if (is_removed(*link)) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
}

void nanvm_free_slots_filter(nanvm_slab *self, bool (*is_removed)(const void *slot)) {
    filter(&self->pool.slots.free_list, is_removed);
    filter(&self->pool.slots.local_free_list, is_removed);
}
