/* Giving back the chunks and segments of a slab pool in which nothing is alive. */
#include "pool/slab.h"

static bool is_empty(const nanvm_chunk *chunk) {
    return chunk->head.live == 0;
}

static void count_empty(nanvm_slab *self) {
    for (nanvm_segment *segment = self->segments; segment != NULL;
         segment = segment->next) {
        segment->empty = 0;
    }
    for (nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        if (chunk->segment != NULL && is_empty(chunk)) {
            chunk->segment->empty += 1;
        }
    }
}

static bool is_empty_segment(const nanvm_segment *segment) {
    return segment->empty == segment->chunks;
}

bool nanvm_slab_trim_takes(const nanvm_chunk *chunk) {
    return chunk->segment == NULL ? is_empty(chunk) : is_empty_segment(chunk->segment);
}

/* Removes all chunks that are to be freed from the pool's list before any of them is
 * freed. While they are freed, the source's dealloc may drop the last object of another
 * chunk. That chunk stays until the next trim, because its slot may be used again before
 * the present trim ends. */
static void take_chunks(nanvm_slab *self) {
    nanvm_chunk **link = &self->chunks;
    for (nanvm_chunk *chunk; (chunk = *link) != NULL;) {
        if (!nanvm_slab_trim_takes(chunk)) {
            link = &chunk->next;
            continue;
        }
        *link = chunk->next;
        self->carved -= chunk->used;
        if (chunk->segment == NULL) {
            chunk->next = self->taken;
            self->taken = chunk;
        }
    }
}

/* The list `taken` is a member of the pool because a hardened build stops at a damaged
 * chunk. If the handler for fatal errors leaves by longjmp, the next trim or the end of
 * the pool gives back the chunks behind it. */
void nanvm_slab_trim_free_taken(nanvm_slab *self) {
    for (nanvm_chunk *chunk; (chunk = self->taken) != NULL;) {
        self->taken = chunk->next;
        nanvm_chunk_free(&self->pool, chunk);
    }
}

static void trim_chunks(nanvm_slab *self) {
    if (self->chunks != NULL && nanvm_slab_trim_takes(self->chunks)) { /* the newest */
        self->pool.slots.bump = self->pool.slots.bump_end = 0;
        self->uncarved = self->uncarved_end = 0;
    }
    take_chunks(self);
    nanvm_slab_trim_free_taken(self);
}

static void trim_segments(nanvm_slab *self) {
    nanvm_segment **link = &self->segments;
    for (nanvm_segment *segment; (segment = *link) != NULL;) {
        if (is_empty_segment(segment)) {
            *link = segment->next;
            nanvm_segment_free(self, segment);
        } else {
            link = &segment->next;
        }
    }
}

void nanvm_slab_trim(nanvm_pool *pool) {
    nanvm_slab *self = nanvm_slab_of(pool);
    pool->peak = nanvm_slab_peak(self);
    nanvm_slab_settle(self);
    count_empty(self);
    nanvm_free_slots_forget(self);
    trim_chunks(self);
    trim_segments(self);
}
