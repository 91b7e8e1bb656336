/* A pool's free slots, in two lists that lead through the slots themselves.
 *
 * nanvm_slots_push() adds to the local free list, nanvm_slots_pop() takes from the free
 * list and exchanges the two when that is empty: <nanvm/mem/slots.h>. */
#include "pool/pool.h"

bool nanvm_free_slots_reserve(nanvm_pool *self, size_t places) {
    (void)self;
    (void)places;
    return true;
}

void nanvm_free_slots_deinit(nanvm_pool *self) {
    (void)self;
}

void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object) {
    (void)dealloc;
    (void)nanvm_slots_free(object);
}

void nanvm_free_slots_wipe(const nanvm_pool *self, void *object) {
    (void)self;
    (void)object;
}

static size_t list_length(const nanvm_slot *place) {
    size_t length = 0;
    for (; place != NULL; place = place->next) {
        ++length;
    }
    return length;
}

size_t nanvm_free_slots_length(const nanvm_pool *self) {
    return list_length(self->slots.free_list) + list_length(self->slots.local_free_list);
}

static void count_in_chunks(const nanvm_slot *place) {
    for (; place != NULL; place = place->next) {
        nanvm_chunk_of(place)->free += 1;
    }
}

void nanvm_free_slots_count_in_chunks(const nanvm_pool *self) {
    count_in_chunks(self->slots.free_list);
    count_in_chunks(self->slots.local_free_list);
}

static void forget(nanvm_slot **link, bool (*is_spare)(const void *place)) {
    while (*link != NULL) {
        if (is_spare(*link)) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
}

void nanvm_free_slots_forget(nanvm_pool *self, bool (*is_spare)(const void *place)) {
    forget(&self->slots.free_list, is_spare);
    forget(&self->slots.local_free_list, is_spare);
}
