/* In this build freed slots are used again at once. The hardened build has the other half
 * of this interface. A part of pool/pool.h. */
#ifndef NANVM_POOL_QUARANTINE_H
#define NANVM_POOL_QUARANTINE_H

/* A free slot, or NULL. */
static inline void *nanvm_pool_pop(nanvm_pool *self) {
    return nanvm_slots_pop(&self->slots);
}

/* Frees the ring of the objects that wait in a quarantine. */
static inline void nanvm_pool_waiting_deinit(nanvm_pool *self) {
    (void)self;
}

#endif
