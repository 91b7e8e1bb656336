/* Pools of a shared local manager: any thread may drop their objects. See remote.h. */
#include "hold.h"
#include "pool/pool.h"

static const nanvm_layout remote_layout = {2 * NANVM_CACHE_LINE, NANVM_CACHE_LINE};

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
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
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

static const nanvm_dealloc_table remote_large = {
    .count = NANVM_COUNT_ATOMIC,
    .free_block = remote_free_block,
    .traits = {.has_most_items = NANVM_BOUNDS_LENGTHS}};
static const nanvm_dealloc_table remote_slab = {
    .count = NANVM_COUNT_ATOMIC,
    .free_block = remote_free_slot,
    .traits = {.remote = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

static bool is_remote(const nanvm_dealloc *dealloc) {
    return dealloc->table == &remote_slab || dealloc->table == &remote_large;
}

/* --- a pool's life --- */

static bool add_remote(nanvm_pool *self, bool is_slab) {
    nanvm_remote *remote = nanvm_memory_alloc(self->source, remote_layout);
    if (remote == NULL) {
        return false;
    }
    *remote = (nanvm_remote){.dealloc.table = is_slab ? &remote_slab : &remote_large,
                             .slots = &self->slots,
                             .owner = self->owner->thread,
                             .next = self->owner->remotes};
    self->owner->remotes = remote;
    self->remote = remote;
    self->slots.first_count = NANVM_COUNT_ATOMIC;
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

nanvm_pool *nanvm_shared_start(nanvm_pool *self, bool is_slab) {
    if (self == NULL || !self->owner->is_shared || add_remote(self, is_slab)) {
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

void nanvm_shared_orphan(nanvm_pool *self) {
    nanvm_slot *slot = nanvm_remote_close(self->remote, self->live);
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = slot->next;
        free_orphaned(self, slot);
    }
}

/* Only a pool of the calling thread may be asked for its owner, which changes when the
 * manager ends. */
nanvm_pool *nanvm_shared_pool_of(nanvm_dealloc *dealloc, const nanvm_pools *owner) {
    const nanvm_remote *remote = (const nanvm_remote *)(const void *)dealloc;
    if (!is_remote(dealloc) || !nanvm_remote_is_here(remote)) {
        return NULL;
    }
    nanvm_pool *self = pool_of(remote);
    return self->owner == owner ? self : NULL;
}

/* --- all pools of a manager --- */

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
        if (nanvm_atomic_read_pointer(&remote->returned) != NULL) {
            nanvm_pools_note_free(pool_of(remote));
        }
    }
}
