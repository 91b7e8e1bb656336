/* Raw memory of a local manager: the source's, with an account of it.
 *
 * A piece may outlive its manager, and the account lives as long as the last piece. A
 * manager that is used again after its end goes on with the account of the pieces that
 * are still alive, since a piece doesn't tell which account it belongs to. So the
 * accounts that have outlived their managers are in a list, where the manager looks
 * whether its own is still there. Any thread may end a manager: the list has a lock. */
#include "pool/pool.h"

/* --- accounts without a manager --- */

static struct {
    nanvm_lock lock;
    nanvm_pool *first; /* linked by `next` */
} orphans;

static void lock_orphans(void) {
    while (!nanvm_lock_try(&orphans.lock)) {
    }
}

static void add_orphan(nanvm_pool *pool) {
    lock_orphans();
    pool->next = orphans.first;
    orphans.first = pool;
    nanvm_lock_release(&orphans.lock);
}

/* Returns whether it was there: `pool` may have been freed, and another account may have
 * its address by now. */
static bool remove_orphan(const nanvm_pool *pool, const nanvm_manager *served) {
    lock_orphans();
    nanvm_pool **link = &orphans.first;
    while (*link != NULL && *link != pool) {
        link = &(*link)->next;
    }
    bool found = *link != NULL && (*link)->served == served;
    if (found) {
        *link = pool->next;
    }
    nanvm_lock_release(&orphans.lock);
    return found;
}

void nanvm_raw_orphan(nanvm_pool *pool) {
    pool->owner = NULL;
    if (pool->live == 0) {
        nanvm_pool_destroy(pool);
    } else {
        add_orphan(pool);
    }
}

bool nanvm_raw_adopt(nanvm_pool *pool, const nanvm_manager *served, nanvm_pools *owner) {
    bool found = remove_orphan(pool, served);
    if (found) {
        pool->owner = owner;
    }
    return found;
}

/* --- pieces --- */

void *nanvm_raw_alloc(nanvm_pool *pool, nanvm_layout layout) {
    void *memory = nanvm_memory_alloc(pool->source, layout);
    if (memory != NULL) {
        pool->reserved += layout.size;
        nanvm_pool_count_one(pool);
    }
    return memory;
}

void *nanvm_raw_resize(nanvm_pool *pool, void *memory, nanvm_layout layout, size_t size) {
    memory = nanvm_memory_resize(pool->source, memory, layout, size);
    if (memory != NULL) {
        pool->live -= 1;
        pool->reserved = pool->reserved - layout.size + size;
        nanvm_pool_count_one(pool);
    }
    return memory;
}

static void raw_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    pool->reserved -= layout.size;
    nanvm_dealloc_memory(pool->source_dealloc, memory, layout);
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        (void)remove_orphan(pool, pool->served);
        nanvm_pool_destroy(pool);
    }
}

const nanvm_dealloc_table nanvm_raw_table = {.count = NANVM_COUNT_PLAIN,
                                             .dealloc = raw_dealloc};
