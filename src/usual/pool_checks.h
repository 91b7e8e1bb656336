/* Freed objects serve again at once in this build. The hardened build has the other half
 * of this interface. A part of pool/pool.h. */
#ifndef NANVM_POOL_CHECKS_H
#define NANVM_POOL_CHECKS_H

/* A free slot, or NULL. */
static inline void *nanvm_pool_pop(nanvm_pool *self) {
    return nanvm_slots_pop(&self->slots);
}

/* Frees what holds dead objects until they serve again. */
static inline void nanvm_pool_waiting_deinit(nanvm_pool *self) {
    (void)self;
}

#endif
