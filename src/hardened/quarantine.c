#include "hardened/quarantine.h"

#include "hold.h"

enum { FIRST_CAPACITY = 16 };

static nanvm_layout ring_layout(size_t capacity) {
    return nanvm_layout_make(capacity * sizeof(void *), NANVM_ALIGNOF(void *));
}

/* Drops by the source's dealloc are held (hold.h), so that no callback runs while an
 * object is being made or dropped. */
static void free_smaller(nanvm_quarantine *self, nanvm_dealloc *dealloc) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_quarantine_deinit(self, dealloc);
    nanvm_drop_resume_later(&hold);
}

/* The smaller ring is freed last: the source's dealloc may drop objects, which wait in
 * the larger one. */
bool nanvm_quarantine_reserve(nanvm_quarantine *self, nanvm_manager *source,
                              size_t capacity) {
    if (capacity <= self->capacity) {
        return true;
    }
    nanvm_quarantine larger = {NULL, FIRST_CAPACITY, 0, self->length};
    while (larger.capacity < capacity) {
        larger.capacity *= 2;
    }
    larger.ring = nanvm_memory_alloc(source, ring_layout(larger.capacity));
    if (larger.ring == NULL) {
        return false;
    }
    for (size_t i = 0; i < self->length; ++i) {
        larger.ring[i] = nanvm_quarantine_at(self, i);
    }
    nanvm_quarantine smaller = *self;
    *self = larger;
    free_smaller(&smaller, source->dealloc);
    return true;
}

void nanvm_quarantine_deinit(nanvm_quarantine *self, nanvm_dealloc *dealloc) {
    if (self->ring != NULL) {
        nanvm_memory_dealloc_by(dealloc, self->ring, ring_layout(self->capacity));
    }
}

void nanvm_quarantine_push(nanvm_quarantine *self, void *object, size_t size) {
    nanvm_wipe_object(object, size);
    self->ring[(self->first + self->length) & (self->capacity - 1)] = object;
    self->length += 1;
}

void *nanvm_quarantine_pop(nanvm_quarantine *self) {
    if (self->length == 0) {
        return NULL;
    }
    void *object = self->ring[self->first];
    self->first = (self->first + 1) & (self->capacity - 1);
    self->length -= 1;
    return object;
}

/* Takes each object out of the ring once, and puts back those that stay. */
void nanvm_quarantine_filter(nanvm_quarantine *self, bool (*leaves)(const void *object)) {
    for (size_t i = self->length; i > 0; --i) {
        void *object = nanvm_quarantine_pop(self);
        if (!leaves(object)) {
            self->ring[(self->first + self->length) & (self->capacity - 1)] = object;
            self->length += 1;
        }
    }
}

void nanvm_quarantine_expect(const void *object, bool is_own) {
    if (!is_own || nanvm_block_count(object) != NANVM_COUNT_DEAD) {
        nanvm_fatal("the addresses of dead objects were overwritten");
    }
}

static bool is_clear(const unsigned char *bytes, size_t size) {
    size_t i = 0;
    while (i < size && bytes[i] == 0) {
        ++i;
    }
    return i == size;
}

void nanvm_quarantine_check(const void *object, size_t size) {
    if (!is_clear(object, size)) {
        nanvm_fatal("an object was written to after it was dropped");
    }
}
