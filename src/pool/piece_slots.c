#include "pool/piece_slots.h"

/* A chunk has half of what the pool has already, within these limits. */
enum { FIRST_CHUNK = 2048, LARGEST_CHUNK = 64 * 1024, HEAD = NANVM_PIECE_GRAIN };

NANVM_STATIC_ASSERT(sizeof(nanvm_piece_slot) <= HEAD, "a chunk's head fits into a slot");

/* --- chunks --- */

static nanvm_layout chunk_layout(size_t size) {
    return nanvm_layout_make(size, NANVM_PIECE_GRAIN);
}

static nanvm_piece_slot *alloc_chunk(nanvm_pool *pool, size_t size) {
    nanvm_piece_slot *chunk = nanvm_memory_alloc(pool->source, chunk_layout(size));
    if (chunk != NULL) {
        chunk->size = size;
        pool->reserved += size;
    }
    return chunk;
}

static void free_chunks(nanvm_pool *pool, nanvm_piece_slot *chunk) {
    for (nanvm_piece_slot *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        pool->reserved -= chunk->size;
        nanvm_memory_dealloc_by(pool->source_dealloc, chunk, chunk_layout(chunk->size));
    }
}

static size_t usual_chunk_size(const nanvm_pool *pool) {
    size_t size = nanvm_layout_round_up(pool->reserved / 2, NANVM_CACHE_LINE);
    size = size < FIRST_CHUNK ? FIRST_CHUNK : size;
    return size < LARGEST_CHUNK ? size : LARGEST_CHUNK;
}

/* What is left of the bump range becomes a free slot: too small for one piece, it is
 * small enough to be a slot. */
static void free_bump_range(nanvm_piece_slots *self) {
    size_t rest = (size_t)(self->bump_end - self->bump);
    if (rest > 0) {
        nanvm_piece_slots_free(self, self->bump, rest);
    }
}

bool nanvm_piece_slots_add_chunk(nanvm_piece_slots *self, nanvm_pool *pool, size_t size) {
    nanvm_piece_slot *chunk = alloc_chunk(pool, usual_chunk_size(pool));
    if (chunk == NULL) {
        chunk = alloc_chunk(pool, HEAD + nanvm_layout_round_up(size, NANVM_PIECE_GRAIN));
    }
    if (chunk != NULL) {
        free_bump_range(self);
        chunk->next = self->chunks;
        self->chunks = chunk;
        self->bump = (unsigned char *)chunk + HEAD;
        self->bump_end = (unsigned char *)chunk + chunk->size;
    }
    return chunk != NULL;
}

/* --- resize --- */

bool nanvm_piece_slots_resize(nanvm_piece_slots *self, void *memory, size_t old_size,
                              size_t size) {
    size_t slot_size = nanvm_layout_round_up(old_size, NANVM_PIECE_GRAIN);
    size_t needed = nanvm_layout_round_up(size, NANVM_PIECE_GRAIN);
    unsigned char *end = (unsigned char *)memory + slot_size;
    if (needed < slot_size) {
        nanvm_piece_slots_free(self, (unsigned char *)memory + needed,
                               slot_size - needed);
    } else if (needed > slot_size) {
        size_t more = needed - slot_size;
        if (end != self->bump || (size_t)(self->bump_end - end) < more) {
            return false;
        }
        self->bump += more;
    }
    return true;
}

/* --- trim --- */

/* Merges two lists, the highest addresses first. */
static nanvm_piece_slot *merge(nanvm_piece_slot *a, nanvm_piece_slot *b) {
    nanvm_piece_slot *merged = NULL;
    nanvm_piece_slot **end = &merged;
    while (a != NULL && b != NULL) {
        nanvm_piece_slot **higher = (uintptr_t)a > (uintptr_t)b ? &a : &b;
        *end = *higher;
        end = &(*higher)->next;
        *higher = *end;
    }
    *end = a != NULL ? a : b;
    return merged;
}

/* Sorts a list by merging runs of 2^i slots: runs[i] has one of them, or none. */
static nanvm_piece_slot *sort(nanvm_piece_slot *list) {
    nanvm_piece_slot *runs[sizeof(size_t) * 8] = {NULL};
    size_t most = 0;
    for (nanvm_piece_slot *next; list != NULL; list = next) {
        next = list->next;
        list->next = NULL;
        size_t i = 0;
        for (; runs[i] != NULL; ++i) {
            list = merge(runs[i], list);
            runs[i] = NULL;
        }
        runs[i] = list;
        most = i > most ? i : most;
    }
    nanvm_piece_slot *sorted = NULL;
    for (size_t i = 0; i <= most; ++i) {
        sorted = merge(sorted, runs[i]);
    }
    return sorted;
}

/* Empties the free lists into one, in which each slot tells its size. */
static nanvm_piece_slot *take_free(nanvm_piece_slots *self) {
    nanvm_piece_slot *all = NULL;
    for (size_t i = 0; i < NANVM_PIECE_SIZES; ++i) {
        for (nanvm_piece_slot *slot = self->free_lists[i], *next; slot != NULL;
             slot = next) {
            next = slot->next;
            *slot = (nanvm_piece_slot){all, (i + 1) * NANVM_PIECE_GRAIN};
            all = slot;
        }
        self->free_lists[i] = NULL;
    }
    return all;
}

static bool is_in(const nanvm_piece_slot *slot, const nanvm_piece_slot *chunk) {
    return (uintptr_t)slot > (uintptr_t)chunk;
}

/* Whether nothing in the chunk is alive. `free` are the free slots of this chunk and of
 * those below. */
static bool is_empty(const nanvm_piece_slots *self, const nanvm_piece_slot *chunk,
                     const nanvm_piece_slot *free) {
    const unsigned char *end = (const unsigned char *)chunk + chunk->size;
    size_t size = HEAD + (end == self->bump_end ? (size_t)(end - self->bump) : 0);
    for (; is_in(free, chunk); free = free->next) {
        size += free->size;
    }
    return size == chunk->size;
}

/* Leaves out the free slots of a chunk that goes; puts those of another back. Returns
 * the rest of `free`. */
static nanvm_piece_slot *pass_chunk(nanvm_piece_slots *self,
                                    const nanvm_piece_slot *chunk, bool goes,
                                    nanvm_piece_slot *free) {
    for (nanvm_piece_slot *next; is_in(free, chunk); free = next) {
        next = free->next;
        if (!goes) {
            nanvm_piece_slots_free(self, free, free->size);
        }
    }
    if (goes && (unsigned char *)chunk + chunk->size == self->bump_end) {
        self->bump = self->bump_end = NULL;
    }
    return free;
}

/* Both lists are gone through from the highest address down. So the free lists are in
 * order of addresses afterwards. */
void nanvm_piece_slots_trim(nanvm_piece_slots *self, nanvm_pool *pool) {
    nanvm_piece_slot *free = sort(take_free(self));
    nanvm_piece_slot *chunk = sort(self->chunks);
    nanvm_piece_slot *empty = NULL;
    self->chunks = NULL;
    for (nanvm_piece_slot *next; chunk != NULL; chunk = next) {
        bool goes = is_empty(self, chunk, free);
        nanvm_piece_slot **list = goes ? &empty : &self->chunks;
        free = pass_chunk(self, chunk, goes, free);
        next = chunk->next;
        chunk->next = *list;
        *list = chunk;
    }
    free_chunks(pool, empty);
}

void nanvm_piece_slots_free_all(nanvm_piece_slots *self, nanvm_pool *pool) {
    nanvm_piece_slot *chunks = self->chunks;
    *self = (nanvm_piece_slots){0};
    free_chunks(pool, chunks);
}
