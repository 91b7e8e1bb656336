/* Raw memory of a local manager: it comes from the source, and an account counts it.
 *
 * A piece may outlive its manager, and the account lives as long as the last piece. A
 * manager that is used again after its end goes on with the account of the pieces that
 * are still alive, since a piece doesn't tell which account it belongs to. So the
 * accounts that have outlived their managers are in a list, which tells a manager whether
 * its own account still exists. Any thread may end a manager: the list has a lock. */
#ifndef NANVM_RAW_H
#define NANVM_RAW_H

#include "pool/pool.h"

typedef struct nanvm_raw {
    nanvm_pool pool;             /* first; without a type */
    const nanvm_manager *served; /* the manager that hands the memory out */
} nanvm_raw;

/* The account of the manager `served`; NULL if memory runs out. */
nanvm_raw *nanvm_raw_create(nanvm_manager *source, nanvm_pools *owner,
                            const nanvm_manager *served);

void *nanvm_raw_alloc(nanvm_raw *self, nanvm_layout layout);
void *nanvm_raw_resize(nanvm_raw *self, void *memory, nanvm_layout layout, size_t size);

/* `self` is the account that the manager `served` left when it ended. Makes `owner` its
 * owner; false if the account has been freed since. */
bool nanvm_raw_adopt(nanvm_raw *self, const nanvm_manager *served, nanvm_pools *owner);

#endif
