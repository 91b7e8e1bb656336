#include "pool/raw.h"

static nanvm_raw *raw_of(nanvm_pool *pool) {
    return (nanvm_raw *)(void *)pool;
}

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

/* Returns whether the account of `served` was in the list: `self` may have been freed,
 * and another manager's account may have its address by now. */
static bool remove_orphan(const nanvm_raw *self, const nanvm_manager *served) {
    lock_orphans();
    nanvm_pool **link = &orphans.first;
    while (*link != NULL && *link != &self->pool) {
        link = &(*link)->next;
    }
    bool found = *link != NULL && raw_of(*link)->served == served;
    if (found) {
        *link = self->pool.next;
    }
    nanvm_lock_release(&orphans.lock);
    return found;
}

static void raw_orphan(nanvm_pool *pool) {
    pool->owner = NULL;
    if (pool->live == 0) {
        nanvm_pool_destroy(pool);
    } else {
        add_orphan(pool);
    }
}

bool nanvm_raw_adopt(nanvm_raw *self, const nanvm_manager *served, nanvm_pools *owner) {
    bool found = remove_orphan(self, served);
    if (found) {
        self->pool.owner = owner;
    }
    return found;
}

/* --- pieces --- */

void *nanvm_raw_alloc(nanvm_raw *self, nanvm_layout layout) {
    nanvm_pool *pool = &self->pool;
    void *memory = nanvm_memory_alloc(pool->source, layout);
    if (memory != NULL) {
        pool->reserved += layout.size;
        nanvm_pool_count_one(pool, pool->reserved);
    }
    return memory;
}

void *nanvm_raw_resize(nanvm_raw *self, void *memory, nanvm_layout layout, size_t size) {
    nanvm_pool *pool = &self->pool;
    memory = nanvm_memory_resize(pool->source, memory, layout, size);
    if (memory != NULL) {
        pool->live -= 1;
        pool->reserved = pool->reserved - layout.size + size;
        nanvm_pool_count_one(pool, pool->reserved);
    }
    return memory;
}

static void raw_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_raw *self = (nanvm_raw *)dealloc;
    nanvm_pool *pool = &self->pool;
    pool->reserved -= layout.size;
    nanvm_memory_dealloc_by(pool->source_dealloc, memory, layout);
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        (void)remove_orphan(self, self->served);
        nanvm_pool_destroy(pool);
    }
}

/* --- the account as a whole --- */

static nanvm_pool_counts raw_count(nanvm_pool *pool) {
    return (nanvm_pool_counts){pool->live, pool->reserved, pool->peak, pool->peak_bytes};
}

static const nanvm_dealloc_table raw_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                      .dealloc = raw_dealloc};

static const nanvm_pool_table raw_table = {
    .size = sizeof(nanvm_raw), .count = raw_count, .orphan = raw_orphan};

nanvm_raw *nanvm_raw_create(nanvm_manager *source, nanvm_pools *owner,
                            const nanvm_manager *served) {
    nanvm_pool *pool = nanvm_pool_create(&raw_table, source, owner, NULL);
    if (pool != NULL) {
        raw_of(pool)->served = served;
        nanvm_pool_set_dealloc_table(pool, &raw_dealloc_table);
    }
    return raw_of(pool);
}
