/* Stops a thread that uses what belongs to another one: a local manager, or a reference
 * to an object with a plain count. The other half of usual/owner.h, which says what each
 * function is for. */
#ifndef NANVM_OWNER_H
#define NANVM_OWNER_H

#include "pool/pool.h"

void nanvm_owner_expect(const nanvm_pools *pools);

static inline void nanvm_owner_expect_of(const nanvm_pool *pool) {
    if (pool->owner != NULL) {
        nanvm_owner_expect(pool->owner);
    }
}

/* Whether the object, which has a plain count, is one of a local manager that another
 * thread has. False if the manager has ended: then the library doesn't know. */
bool nanvm_owner_is_elsewhere(const void *object);

/* Stops the program if the count, which is plain, is of an object of a local manager that
 * another thread has. */
void nanvm_owner_check_plain(const nanvm_count_word *count);

#endif
