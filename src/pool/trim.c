/* Giving back what is free. From a pool whose objects share chunks: chunks in which
 * nothing is alive. */
#include "hold.h"
#include "pool/pool.h"

/* The slots of the bump range count as free: they lie in the newest chunk, the first. */
static void count_dead(nanvm_pool *self) {
    uint32_t in_run = (uint32_t)nanvm_pool_run_length(self);
    nanvm_pool_note_used(self);
    for (nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        chunk->free = in_run;
        in_run = 0;
    }
    nanvm_free_slots_count_in_chunks(self);
}

static bool is_empty(const nanvm_chunk *chunk) {
    return chunk->free == chunk->used;
}

static void count_empty(nanvm_pool *self) {
    for (nanvm_segment *region = self->segments; region != NULL; region = region->next) {
        region->empty = 0;
    }
    for (nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        if (chunk->segment != NULL && is_empty(chunk)) {
            chunk->segment->empty += 1;
        }
    }
}

static bool is_empty_segment(const nanvm_segment *region) {
    return region->empty == region->chunks;
}

static bool is_spare(const nanvm_chunk *chunk) {
    return chunk->segment == NULL ? is_empty(chunk) : is_empty_segment(chunk->segment);
}

static bool lies_in_empty(const void *place) {
    return is_spare(nanvm_chunk_of(place));
}

static void give_back(nanvm_pool *self, nanvm_chunk *chunk) {
    if (chunk == self->chunks) {
        self->slots.bump = self->slots.bump_end = 0;
        self->uncarved = self->uncarved_end = 0;
    }
    self->carved -= chunk->used;
    if (chunk->segment == NULL) {
        nanvm_chunk_free(self, chunk);
    }
}

/* Chunks keep their order. */
static void trim_chunks(nanvm_pool *self) {
    nanvm_chunk *kept = NULL;
    nanvm_chunk **link = &kept;
    for (nanvm_chunk *chunk = self->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (is_spare(chunk)) {
            give_back(self, chunk);
        } else {
            *link = chunk;
            link = &chunk->next;
        }
    }
    *link = NULL;
    self->chunks = kept;
}

static void trim_segments(nanvm_pool *self) {
    nanvm_segment **link = &self->segments;
    for (nanvm_segment *region = self->segments, *next; region != NULL; region = next) {
        next = region->next;
        if (is_empty_segment(region)) {
            nanvm_segment_free(self, region);
        } else {
            *link = region;
            link = &region->next;
        }
    }
    *link = NULL;
}

static void trim_shared(nanvm_pool *self) {
    self->peak = nanvm_pool_peak(self);
    count_dead(self);
    count_empty(self);
    nanvm_free_slots_forget(self, lies_in_empty);
    trim_chunks(self);
    trim_segments(self);
}

/* --- trimmed pools ------------------------------------------------------------ */

static void trimmed_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool_note_free((nanvm_pool *)dealloc);
    dealloc->table->free_block(dealloc, object);
}

const nanvm_dealloc_table nanvm_trimmed_table = {.count = NANVM_COUNT_PLAIN,
                                                 .free_block = trimmed_free_block,
                                                 .chunked = NANVM_BOUNDS_LENGTHS};

void nanvm_pools_add(nanvm_pools *self, nanvm_pool *pool) {
    if (!pool->is_listed) {
        pool->is_listed = true;
        pool->next_untrimmed = self->untrimmed;
        self->untrimmed = pool;
    }
}

/* Others may have been added in front of it. */
static void unlist(nanvm_pools *self, nanvm_pool *pool) {
    nanvm_pool **link = &self->untrimmed;
    while (*link != pool) {
        link = &(*link)->next_untrimmed;
    }
    *link = pool->next_untrimmed;
    pool->is_listed = false;
}

void nanvm_pool_note_free(nanvm_pool *self) {
    if (self->slots.dealloc.table == &nanvm_trimmed_table) {
        self->slots.dealloc.table = nanvm_pool_table(self);
        nanvm_pools_add(self->owner, self);
    }
}

static size_t trim(nanvm_pool *self) {
    size_t reserved = self->reserved;
    if (self->slot_size == 0) {
        nanvm_cache_clear(self);
    } else {
        trim_shared(self);
    }
    return reserved - self->reserved;
}

/* A pool leaves the list when it has been trimmed, and nothing was freed in it meanwhile:
 * the source's dealloc may drop objects; and a hardened build may stop at a pool that was
 * damaged, after which a fatal handler may go on by longjmp. */
size_t nanvm_pools_trim(nanvm_pools *self) {
    size_t bytes = 0;
    for (nanvm_pool *pool; (pool = self->untrimmed) != NULL;) {
        pool->slots.dealloc.table = &nanvm_trimmed_table;
        bytes += trim(pool);
        if (pool->slots.dealloc.table == &nanvm_trimmed_table) {
            unlist(self, pool);
        }
    }
    return bytes;
}

bool nanvm_pools_give_back(nanvm_pools *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    size_t bytes = nanvm_pools_trim(self);
    nanvm_drop_defer(&hold);
    return bytes > 0;
}
