#include "pool/large.h"

#include "hold.h"

enum { MALLOC_HEAD = 16, CACHED_MAX = 64 * 1024 };

/* --- chunks --- */

/* Rounds up so that a chunk takes whole cache lines together with malloc's own head.
 * Chunks that lie side by side then start at the same place in a line, and copies from
 * one to the other are faster (of 8,000 bytes: 39 ns, not 46). Under a sanitizer nothing
 * is rounded up, so that the sanitizer sees where an object ends. */
static size_t chunk_size(const nanvm_large *self, size_t size) {
    size_t lines = nanvm_layout_round_up(size + MALLOC_HEAD, NANVM_CACHE_LINE);
    return self->pool.is_sanitized ? size : lines - MALLOC_HEAD;
}

void nanvm_large_init_chunk(nanvm_large *self, nanvm_chunk *chunk,
                            nanvm_dealloc *dealloc) {
    size_t room = chunk->size - nanvm_chunk_prefix(self->pool.slots.type);
    nanvm_chunk_init(chunk, &self->pool, dealloc, room);
}

nanvm_chunk *nanvm_large_alloc_chunk(nanvm_large *self, size_t size) {
    size_t rounded = chunk_size(self, size);
    nanvm_chunk *chunk = nanvm_chunk_alloc(&self->pool, rounded);
    if (chunk == NULL && rounded != size) {
        chunk = nanvm_chunk_alloc(&self->pool, size);
    }
    if (chunk != NULL) {
        nanvm_large_init_chunk(self, chunk, nanvm_pool_dealloc(&self->pool));
    }
    return chunk;
}

NANVM_NOINLINE nanvm_chunk *nanvm_large_alloc_chunk_at_last(nanvm_large *self,
                                                            size_t size) {
    nanvm_chunk *chunk = nanvm_large_alloc_chunk(self, size);
    return chunk == NULL && nanvm_pools_give_back(self->pool.owner)
               ? nanvm_large_alloc_chunk(self, size)
               : chunk;
}

bool nanvm_large_keeps(const nanvm_large *self, const nanvm_chunk *chunk) {
    return self->pool.owner != NULL && !self->pool.is_sanitized &&
           chunk->size <= CACHED_MAX;
}

/* --- objects --- */

void nanvm_large_count_one(nanvm_large *self) {
    nanvm_pool_count_one(&self->pool, self->pool.reserved - nanvm_cache_bytes(self));
}

void *nanvm_large_object_in(nanvm_large *self, nanvm_chunk *chunk, size_t prefix) {
    nanvm_large_count_one(self);
    nanvm_live_add(self, chunk);
    void *object = (unsigned char *)chunk + prefix;
    nanvm_header_write(object, nanvm_origin_distance(object, &chunk->head.origin),
                       self->pool.slots.first_count);
    return object;
}

static void free_all(nanvm_dealloc *dealloc, nanvm_slot *slot) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = slot->next;
        dealloc->table->free_block(dealloc, nanvm_large_linked_by(slot));
    }
    nanvm_drop_resume_later(&hold);
}

/* Frees what other threads have dropped. The source's dealloc may drop references: no
 * callback may run, since an object is being made, or a report. */
static void collect(nanvm_pool *pool) {
    nanvm_slot *slot = pool->remote == NULL ? NULL : nanvm_remote_take(pool->remote);
    if (slot != NULL) {
        free_all(&pool->slots.dealloc, slot);
    }
}

static void *large_alloc(nanvm_pool *pool, size_t size) {
    nanvm_large *self = nanvm_large_of(pool);
    size_t prefix = nanvm_chunk_prefix(pool->slots.type);
    if (prefix > INT32_MAX || size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL; /* the origin would be too far away, or the chunk too large */
    }
    if (pool->remote != NULL) {
        nanvm_shared_expect_here(pool);
    }
    collect(pool);
    nanvm_chunk *chunk = nanvm_cache_pop(self, prefix + size);
    if (chunk == NULL) {
        chunk = nanvm_large_alloc_chunk_at_last(self, prefix + size);
    }
    return chunk == NULL ? NULL : nanvm_large_object_in(self, chunk, prefix);
}

/* Frees the chunks of frozen objects, too. */
static void large_destroy(nanvm_pool *pool) {
    nanvm_large *self = nanvm_large_of(pool);
    for (nanvm_chunk *chunk; (chunk = self->live) != NULL;) {
        self->live = chunk->next;
        nanvm_chunk_free(pool, chunk);
    }
    nanvm_pool_destroy(pool);
}

static void large_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_cache_push(nanvm_large_of(pool), object);
    pool->live -= 1;
    if (pool->owner == NULL && pool->live == 0) {
        large_destroy(pool);
    }
}

size_t nanvm_large_ample(const nanvm_large *self, size_t old, size_t size) {
    size_t more = self->pool.is_sanitized ? size : nanvm_ample(old);
    return more < size ? size : more;
}

static void *large_resize(nanvm_pool *pool, void *object, size_t size) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    size_t prefix = chunk->size - nanvm_large_room(object);
    if (size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL;
    }
    if (prefix + size > chunk->size) {
        return nanvm_cache_grow(nanvm_large_of(pool), object, prefix, size);
    }
    return prefix + size < chunk->size / 2 ? NULL : object;
}

/* --- the pool as a whole --- */

static void large_trim(nanvm_pool *pool) {
    collect(pool);
    nanvm_cache_clear(nanvm_large_of(pool));
}

static nanvm_pool_counts large_count(nanvm_pool *pool) {
    collect(pool);
    size_t bytes = pool->reserved - nanvm_cache_bytes(nanvm_large_of(pool));
    size_t live = pool->live - nanvm_atomic_read_relaxed(&pool->frozen);
    return (nanvm_pool_counts){live, bytes, pool->peak, pool->peak_bytes};
}

/* A clone or a drop that was at work when the object was frozen may have changed the
 * count by one. */
static bool is_frozen(const void *object) {
    int32_t count = nanvm_block_count(object);
    return count < NANVM_COUNT_ATOMIC_LAST && count > NANVM_COUNT_CUSTOM;
}

/* Only frozen objects stay in the list of an orphan: others are freed one by one, perhaps
 * by several threads at once. */
static void list_frozen(nanvm_large *self) {
    for (nanvm_chunk *chunk = self->live, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (!is_frozen(nanvm_chunk_first(chunk))) {
            nanvm_live_remove(self, chunk);
        }
    }
}

/* What the pool has reserved isn't counted any more. */
static void large_free_orphaned(nanvm_pool *pool, void *object) {
    nanvm_wipe_object(object, nanvm_large_room(object));
    nanvm_chunk_memory_free(pool, nanvm_chunk_of(object));
}

static void large_orphan(nanvm_pool *pool) {
    nanvm_cache_clear(nanvm_large_of(pool));
    if (pool->frozen > 0) {
        list_frozen(nanvm_large_of(pool));
    } else {
        nanvm_large_of(pool)->live = NULL;
    }
    pool->owner = NULL;
    pool->live -= pool->frozen;
    if (pool->live == 0) {
        large_destroy(pool);
    } else if (pool->remote != NULL) {
        nanvm_shared_orphan(pool);
    } else {
        nanvm_pool_set_dealloc_table(
            pool, pool->untrimmed_table); /* a trim may have changed it */
    }
}

static const nanvm_dealloc_table large_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .free_block = large_free_block,
    .share = nanvm_shared_add,
    .traits = {.in_pool = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

static const nanvm_pool_table large_table = {.size = sizeof(nanvm_large),
                                             .remote_table = &nanvm_shared_large,
                                             .alloc = large_alloc,
                                             .resize = large_resize,
                                             .trim = large_trim,
                                             .count = large_count,
                                             .orphan = large_orphan,
                                             .free_orphaned = large_free_orphaned,
                                             .destroy = large_destroy,
                                             .share_all = nanvm_live_share_large,
                                             .visit = nanvm_live_visit_large};

nanvm_pool *nanvm_large_create(nanvm_manager *source, nanvm_pools *owner,
                               const nanvm_type *type, size_t least_size) {
    nanvm_pool *self =
        nanvm_shared_start(nanvm_pool_create(&large_table, source, owner, type));
    if (self != NULL) {
        self->least_size = least_size;
        self->most_size = NANVM_LARGE_MOST;
        nanvm_pool_set_dealloc_table(self, &large_dealloc);
    }
    return self;
}
