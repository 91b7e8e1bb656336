/* Where a pool keeps the places of its dead: in lists that lead through them. */
#include "pool/pool.h"

bool nanvm_dead_make_room(nanvm_pool *self, size_t places) {
    (void)self;
    (void)places;
    return true;
}

void nanvm_dead_deinit(nanvm_pool *self) {
    (void)self;
}

void nanvm_dead_put(nanvm_dealloc *dealloc, void *object) {
    (void)dealloc;
    (void)nanvm_places_put(object);
}

void nanvm_dead_clear(const nanvm_pool *self, void *object) {
    (void)self;
    (void)object;
}

static size_t list_length(const nanvm_place *place) {
    size_t length = 0;
    for (; place != NULL; place = place->next) {
        ++length;
    }
    return length;
}

size_t nanvm_dead_length(const nanvm_pool *self) {
    return list_length(self->places.ready) + list_length(self->places.dead);
}

static void count_in_chunks(const nanvm_place *place) {
    for (; place != NULL; place = place->next) {
        nanvm_chunk_of(place)->dead += 1;
    }
}

void nanvm_dead_count_in_chunks(const nanvm_pool *self) {
    count_in_chunks(self->places.ready);
    count_in_chunks(self->places.dead);
}

static void forget(nanvm_place **link, bool (*is_spare)(const void *place)) {
    while (*link != NULL) {
        if (is_spare(*link)) {
            *link = (*link)->next;
        } else {
            link = &(*link)->next;
        }
    }
}

void nanvm_dead_forget(nanvm_pool *self, bool (*is_spare)(const void *place)) {
    forget(&self->places.ready, is_spare);
    forget(&self->places.dead, is_spare);
}
