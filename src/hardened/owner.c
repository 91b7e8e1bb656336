/* Which thread has the manager of an object with a plain count. The count is the first
 * member of the header, which leads to the origin, the dealloc, the pool, and the numbers
 * that the manager's pools share. */
#include "owner.h"

static bool is_here(const nanvm_pools *pools) {
    return nanvm_thread_number_is(nanvm_atomic_read_relaxed(&pools->thread));
}

void nanvm_owner_expect(const nanvm_pools *pools) {
    if (NANVM_LIKELY(is_here(pools))) {
        return;
    }
    nanvm_fatal(pools->is_shared
                    ? NANVM_SHARED_ELSEWHERE
                    : "a plain local manager was used by another thread than the one "
                      "that has it: see nanvm_local_take_over()");
}

/* The pool of an object; NULL if no local manager made it. Objects that are shared lend
 * their dealloc to plain ones beside them in a chunk: see nanvm_shared_add(). */
static const nanvm_pool *pool_of(const nanvm_dealloc *dealloc) {
    if (NANVM_LIKELY(dealloc->table->traits.in_pool)) {
        return (const nanvm_pool *)dealloc;
    }
    const nanvm_remote *remote = nanvm_shared_remote_of(dealloc);
    return remote == NULL ? NULL : (const nanvm_pool *)remote->slots;
}

bool nanvm_owner_is_elsewhere(const void *object) {
    const nanvm_pool *pool = pool_of(nanvm_block_origin(object)->dealloc);
    return pool != NULL && pool->owner != NULL && !is_here(pool->owner);
}

void nanvm_owner_check_plain(const nanvm_count_word *count) {
    const nanvm_header *header = (const nanvm_header *)(const void *)count;
    if (NANVM_UNLIKELY(nanvm_owner_is_elsewhere(header + 1))) {
        nanvm_fatal("a reference to an object of a plain local manager was used by "
                    "another thread than the one that has the manager: see "
                    "nanvm_local_take_over()");
    }
}
