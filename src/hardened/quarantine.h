/* Dead objects that wait before their memory serves again: in a hardened build. */
#ifndef NANVM_QUARANTINE_H
#define NANVM_QUARANTINE_H

#include "internal.h"

/* A ring of their addresses, apart from their memory: what is written to the dead changes
 * nothing that the library reads. */
typedef struct nanvm_quarantine {
    void **ring;
    size_t capacity; /* a power of two, or 0 */
    size_t first;    /* the one that waits longest */
    size_t length;
} nanvm_quarantine;

/* Makes room for `capacity` objects in all; false if memory runs out. */
bool nanvm_quarantine_reserve(nanvm_quarantine *self, nanvm_manager *source,
                              size_t capacity);
void nanvm_quarantine_deinit(nanvm_quarantine *self, nanvm_dealloc *dealloc);

static inline void *nanvm_quarantine_at(const nanvm_quarantine *self, size_t index) {
    return self->ring[(self->first + index) & (self->capacity - 1)];
}

/* There is room. `object` has `size` bytes, which are cleared. */
void nanvm_quarantine_put(nanvm_quarantine *self, void *object, size_t size);

/* The one that waits longest; NULL if there is none. */
void *nanvm_quarantine_take(nanvm_quarantine *self);

/* The same without those for which `leaves` says so. */
void nanvm_quarantine_filter(nanvm_quarantine *self, bool (*leaves)(const void *object));

/* Stops the program if it isn't a dead object of that dealloc: the ring may have been
 * overwritten. */
void nanvm_quarantine_expect(const void *object, const nanvm_dealloc *dealloc);

/* Marks a dead object and clears its bytes; and stops the program if any was written
 * since. */
void nanvm_quarantine_clear(void *object, size_t size);
void nanvm_quarantine_check(const void *object, size_t size);

#endif
