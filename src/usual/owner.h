/* Whether the thread that uses a manager is the one that has it: this build asks only
 * where a shared manager looks for slots (pool/shared.c). The hardened build has the
 * other half of this interface. */
#ifndef NANVM_OWNER_H
#define NANVM_OWNER_H

#include "pool/pool.h"

/* Stops the program if another thread has the pools of a manager. */
static inline void nanvm_owner_expect(const nanvm_pools *pools) {
    (void)pools;
}

/* The same for an account of raw memory, unless its manager has ended. */
static inline void nanvm_owner_expect_of(const nanvm_pool *pool) {
    (void)pool;
}

#endif
