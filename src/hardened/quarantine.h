/* Dropped objects, which wait before their memory is used again. */
#ifndef NANVM_QUARANTINE_H
#define NANVM_QUARANTINE_H

#include "internal.h"

/* Makes room for `capacity` objects in all; false if memory runs out. */
bool nanvm_quarantine_reserve(nanvm_quarantine *self, nanvm_manager *source,
                              size_t capacity);

/* Frees the ring; the quarantine may not be used afterwards. */
void nanvm_quarantine_deinit(nanvm_quarantine *self, nanvm_dealloc *dealloc);

static inline void *nanvm_quarantine_at(const nanvm_quarantine *self, size_t index) {
    return self->ring[(self->first + index) & (self->capacity - 1)];
}

/* Adds an object, for which there has to be room, and clears its `size` bytes. */
void nanvm_quarantine_push(nanvm_quarantine *self, void *object, size_t size);

/* The one that waits longest; NULL if there is none. */
void *nanvm_quarantine_pop(nanvm_quarantine *self);

/* Removes the objects for which `leaves` returns true. */
void nanvm_quarantine_filter(nanvm_quarantine *self, bool (*leaves)(const void *object));

/* Stops the program if `object` isn't a dropped object of the pool, as `is_own` says, or
 * isn't dead: the ring may have been overwritten. */
void nanvm_quarantine_expect(const void *object, bool is_own);

/* Stops the program if any byte was written since nanvm_wipe_object(). */
void nanvm_quarantine_check(const void *object, size_t size);

#endif
