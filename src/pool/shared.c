/* Pools of a shared local manager: any thread may drop their objects. See remote.h. */
#include "hold.h"
#include "pool/large.h"

/* Two lines, since some processors fetch the second one of a pair along with the first.
 */
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

/* Doesn't look at the pool, whose lines its thread writes to. */
static bool is_large(const nanvm_remote *self) {
    return self->dealloc.table == &nanvm_shared_large;
}

static bool give_back(nanvm_remote *self, void *object) {
    return nanvm_remote_return(self, is_large(self) ? nanvm_large_link(object) : object);
}

static void remote_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_remote *self = (nanvm_remote *)(void *)dealloc;
    nanvm_block_mark_dead(object);
    if (nanvm_remote_is_here(self)) {
        nanvm_dealloc *here = &self->slots->dealloc;
        here->table->free_block(here, object);
    } else if (!give_back(self, object)) {
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
        nanvm_fatal(NANVM_SHARED_ELSEWHERE);
    }
}

/* Objects with plain counts, in chunks where none was shared, are counted with the others
 * when the manager has ended. (Those in other chunks have the pool's `remote`.) */
static void plain_free_block(nanvm_dealloc *dealloc, void *object) {
    free_orphaned((nanvm_pool *)dealloc, object);
}

static const nanvm_dealloc_table orphan_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .free_block = plain_free_block,
    .share = nanvm_shared_add,
    .traits = {.in_pool = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

/* When the list is closed, another thread may free the last object, and the pool. */
void nanvm_shared_orphan(nanvm_pool *self) {
    bool large = is_large(self->remote);
    nanvm_pool_set_dealloc_table(self, &orphan_dealloc);
    nanvm_slot *slot = nanvm_remote_close(self->remote, self->live);
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = slot->next;
        free_orphaned(self, large ? nanvm_large_linked_by(slot) : slot);
    }
}

const nanvm_remote *nanvm_shared_remote_of(const nanvm_dealloc *dealloc) {
    bool is_remote =
        dealloc->table == &nanvm_shared_slab || dealloc->table == &nanvm_shared_large;
    return is_remote ? (const nanvm_remote *)(const void *)dealloc : NULL;
}

nanvm_pool *nanvm_shared_pool_here(const nanvm_dealloc *dealloc) {
    const nanvm_remote *remote = nanvm_shared_remote_of(dealloc);
    return remote != NULL && nanvm_remote_is_here(remote) ? pool_of(remote) : NULL;
}

/* --- sharing and freezing single objects --- */

bool nanvm_shared_may_free_by(const nanvm_dealloc *source) {
    nanvm_count count = source == NULL ? NANVM_COUNT_PLAIN : source->table->count;
    return count == NANVM_COUNT_ATOMIC || count == NANVM_COUNT_CUSTOM;
}

/* An orphan has no source that could be asked for memory. The calling thread has the
 * manager, or may not share. */
static bool has_remote(nanvm_pool *self) {
    nanvm_pools *owner = self->owner;
    if (self->remote != NULL) {
        return true;
    }
    if (owner == NULL || !nanvm_shared_may_free_by(self->source_dealloc)) {
        return false;
    }
    if (owner->thread != nanvm_thread_number_claim()) {
        nanvm_shared_take_over(owner);
    }
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

/* Raw memory has no objects. */
bool nanvm_shared_add_all(nanvm_pool *pools) {
    bool all = true;
    for (nanvm_pool *pool = pools; all && pool != NULL; pool = pool->next) {
        all = pool->table->share_all == NULL || has_remote(pool);
    }
    for (nanvm_pool *pool = pools; all && pool != NULL; pool = pool->next) {
        if (pool->table->share_all != NULL) {
            pool->table->share_all(pool);
        }
    }
    return all;
}

static void set_thread(nanvm_pools *pools, size_t thread) {
    nanvm_atomic_write_relaxed(&pools->thread, thread);
    for (nanvm_remote *remote = pools->remotes; remote != NULL; remote = remote->next) {
        nanvm_atomic_write_relaxed(&remote->owner, thread);
    }
}

void nanvm_shared_hand_over(nanvm_pools *pools) {
    set_thread(pools, NANVM_NO_THREAD);
}

void nanvm_shared_take_over(nanvm_pools *pools) {
    set_thread(pools, nanvm_thread_number_claim());
}

void nanvm_shared_note_returned(nanvm_pool *self) {
    if (nanvm_atomic_read_pointer_relaxed(&self->remote->returned) != NULL) {
        nanvm_pools_note_free(self);
    }
}

void nanvm_shared_note_all_returned(nanvm_pools *pools) {
    for (nanvm_remote *remote = pools->remotes; remote != NULL; remote = remote->next) {
        nanvm_shared_note_returned(pool_of(remote));
    }
}
