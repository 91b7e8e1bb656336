/* Freed slots wait in a quarantine before they are used again: free_slots.c. The other
 * half of usual/pool_quarantine.h, which says what each function is for. */
#ifndef NANVM_POOL_QUARANTINE_H
#define NANVM_POOL_QUARANTINE_H

#include "hardened/quarantine.h"

static inline void *nanvm_pool_pop(nanvm_pool *self) {
    (void)self;
    return NULL;
}

/* Stops the program if `object` isn't a dropped object of the pool. */
static inline void nanvm_pool_expect_dead(const nanvm_pool *self, const void *object) {
    const nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    bool is_shared = self->remote != NULL && dealloc == &self->remote->dealloc;
    nanvm_quarantine_expect(object, is_shared || dealloc == &self->slots.dealloc);
}

static inline void nanvm_pool_waiting_deinit(nanvm_pool *self) {
    nanvm_quarantine_deinit(&self->waiting, self->source_dealloc);
}

#endif
