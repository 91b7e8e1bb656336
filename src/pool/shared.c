/* Pools of a shared local manager: any thread may drop their objects. See remote.h. */
#include "hold.h"
#include "pool/pool.h"

static const nanvm_layout remote_layout = {2 * (size_t)NANVM_CACHE_LINE,
                                           NANVM_CACHE_LINE};

NANVM_STATIC_ASSERT(sizeof(nanvm_remote) <= NANVM_CACHE_LINE, "it takes a line");

/* --- drops --- */

static nanvm_pool *pool_of(const nanvm_remote *self) {
    return (nanvm_pool *)self->slots;
}

static void free_orphaned(nanvm_pool *pool, void *object) {
    pool->table->free_orphaned(pool, object);
    if (nanvm_remote_forget(pool->remote)) {
        pool->table->destroy(pool);
    }
}

static void remote_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_remote *self = (nanvm_remote *)(void *)dealloc;
    nanvm_block_mark_dead(object);
    if (nanvm_remote_is_here(self)) {
        nanvm_dealloc *here = &self->slots->dealloc;
        here->table->free_block(here, object);
    } else if (!nanvm_remote_return(self, object)) {
        free_orphaned(pool_of(self), object);
    }
}

static void remote_free_slot(nanvm_dealloc *dealloc, void *object) {
    nanvm_slots *slots = nanvm_remote_slots_here((nanvm_remote *)(void *)dealloc);
    if (NANVM_LIKELY(slots != NULL)) {
        nanvm_slots_free_to(slots, nanvm_block_origin(object), object);
    } else {
        remote_free_block(dealloc, object);
    }
}

static bool remote_share(nanvm_dealloc *dealloc, const void *object);
static void remote_freeze(nanvm_dealloc *dealloc, const void *object);

const nanvm_dealloc_table nanvm_shared_large = {
    .count = NANVM_COUNT_ATOMIC,
    .free_block = remote_free_block,
    .share = remote_share,
    .freeze = remote_freeze,
    .traits = {.has_most_items = NANVM_BOUNDS_LENGTHS}};
const nanvm_dealloc_table nanvm_shared_slab = {
    .count = NANVM_COUNT_ATOMIC,
    .free_block = remote_free_slot,
    .share = remote_share,
    .freeze = remote_freeze,
    .traits = {.remote = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

/* --- a pool's life --- */

static bool add_remote(nanvm_pool *self) {
    nanvm_remote *remote = nanvm_memory_alloc(self->source, remote_layout);
    if (remote == NULL) {
        return false;
    }
    *remote = (nanvm_remote){.dealloc.table = self->table->remote_table,
                             .slots = &self->slots,
                             .owner = self->owner->thread,
                             .next = self->owner->remotes};
    self->owner->remotes = remote;
    self->remote = remote;
    return true;
}

/* The source's dealloc may drop references: callbacks run when the object that the pool
 * was to be made for is known not to exist. */
static void destroy_unused(nanvm_pool *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_pool_destroy(self);
    nanvm_drop_resume_later(&hold);
}

nanvm_pool *nanvm_shared_start(nanvm_pool *self) {
    if (self == NULL || !self->owner->is_shared) {
        return self;
    }
    if (add_remote(self)) {
        self->slots.first_count = NANVM_COUNT_ATOMIC;
        return self;
    }
    destroy_unused(self);
    return NULL;
}

void nanvm_shared_end(nanvm_pool *self) {
    nanvm_memory_dealloc_by(self->source_dealloc, self->remote, remote_layout);
}

void nanvm_shared_expect_here(const nanvm_pool *self) {
    if (!nanvm_remote_is_here(self->remote)) {
        nanvm_fatal("a shared local manager was used by a thread that it doesn't belong "
                    "to: see nanvm_local_take_over()");
    }
}

/* Objects that weren't shared may lie beside those that were, with the pool itself for
 * their dealloc: they count, too. */
static void orphan_free_block(nanvm_dealloc *dealloc, void *object) {
    free_orphaned((nanvm_pool *)dealloc, object);
}

static const nanvm_dealloc_table orphan_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .free_block = orphan_free_block,
    .share = nanvm_shared_add,
    .traits = {.in_pool = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

void nanvm_shared_orphan(nanvm_pool *self) {
    nanvm_pool_set_dealloc_table(self, &orphan_dealloc);
    nanvm_slot *slot = nanvm_remote_close(self->remote, self->live);
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = slot->next;
        free_orphaned(self, slot);
    }
}

nanvm_pool *nanvm_shared_pool_here(nanvm_dealloc *dealloc) {
    const nanvm_remote *remote = (const nanvm_remote *)(const void *)dealloc;
    bool is_remote =
        dealloc->table == &nanvm_shared_slab || dealloc->table == &nanvm_shared_large;
    return is_remote && nanvm_remote_is_here(remote) ? pool_of(remote) : NULL;
}

/* --- sharing and freezing single objects --- */

/* An orphan has no source that could be asked for memory. */
static bool has_remote(nanvm_pool *self) {
    if (self->remote != NULL) {
        return true;
    }
    if (self->owner == NULL) {
        return false;
    }
    self->owner->thread = nanvm_thread_claim(); /* it has the manager, or may not share */
    return add_remote(self);
}

bool nanvm_shared_add(nanvm_dealloc *dealloc, const void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    if (!has_remote(self)) {
        return false;
    }
    nanvm_origin_write(nanvm_block_origin(object), self->slots.type,
                       &self->remote->dealloc);
    return true;
}

static bool remote_share(nanvm_dealloc *dealloc, const void *object) {
    (void)dealloc;
    (void)object;
    return true;
}

/* Any thread may call it. */
static void remote_freeze(nanvm_dealloc *dealloc, const void *object) {
    nanvm_pool *self = pool_of((const nanvm_remote *)(const void *)dealloc);
    (void)object;
    (void)nanvm_atomic_raise_relaxed(&self->frozen);
}

/* --- all pools of a manager --- */

static void share_object(const void *object, void *context) {
    const nanvm_pool *pool = context;
    nanvm_origin *origin = nanvm_block_origin(object);
    int32_t count = nanvm_block_count(object);
    if (origin->dealloc != &pool->remote->dealloc) {
        nanvm_origin_write(origin, pool->slots.type, &pool->remote->dealloc);
    }
    if (count >= 0) {
        nanvm_block_set_count(object, NANVM_COUNT_ATOMIC - count);
    }
}

/* Raw memory has no objects. */
bool nanvm_shared_add_all(nanvm_pool *pools) {
    bool all = true;
    for (nanvm_pool *pool = pools; all && pool != NULL; pool = pool->next) {
        all = pool->table->visit == NULL || has_remote(pool);
    }
    for (nanvm_pool *pool = pools; all && pool != NULL; pool = pool->next) {
        if (pool->table->visit != NULL) {
            pool->table->visit(pool, share_object, pool);
        }
    }
    return all;
}

static void set_thread(nanvm_pools *pools, size_t thread) {
    pools->thread = thread;
    for (nanvm_remote *remote = pools->remotes; remote != NULL; remote = remote->next) {
        nanvm_atomic_write_relaxed(&remote->owner, thread);
    }
}

void nanvm_shared_hand_over(nanvm_pools *pools) {
    set_thread(pools, NANVM_NO_THREAD);
}

void nanvm_shared_take_over(nanvm_pools *pools) {
    set_thread(pools, nanvm_thread_claim());
}

void nanvm_shared_note_returned(nanvm_pools *pools) {
    for (nanvm_remote *remote = pools->remotes; remote != NULL; remote = remote->next) {
        if (nanvm_atomic_read_pointer_relaxed(&remote->returned) != NULL) {
            nanvm_pools_note_free(pool_of(remote));
        }
    }
}
