#include "pool/piece_slots.h"

/* A chunk has a quarter of what the pool has already, within these limits. It has just
 * what one piece needs if that is more, or if there is no memory for a usual chunk. */
enum { FIRST_CHUNK = 2048, LARGEST_CHUNK = 64 * 1024, HEAD = NANVM_PIECE_GRAIN };

NANVM_STATIC_ASSERT(sizeof(nanvm_piece_slot) <= HEAD, "a chunk's head fits into a slot");

/* --- chunks --- */

static nanvm_layout chunk_layout(size_t size) {
    return nanvm_layout_make(size, NANVM_PIECE_GRAIN);
}

static uintptr_t end_of(const nanvm_piece_slot *chunk) {
    return (uintptr_t)chunk + chunk->size;
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
    size_t size = nanvm_layout_round_up(pool->reserved / 4, NANVM_CACHE_LINE);
    size = size < FIRST_CHUNK ? FIRST_CHUNK : size;
    return size < LARGEST_CHUNK ? size : LARGEST_CHUNK;
}

/* The reverse of nanvm_piece_size_of(). */
static size_t size_at(size_t index) {
    enum { COARSEST = NANVM_PIECE_FINE_SIZES + NANVM_PIECE_STEPS };
    if (index < NANVM_PIECE_FINE_SIZES) {
        return (index + 1) * NANVM_PIECE_GRAIN;
    }
    return index < COARSEST
               ? NANVM_PIECE_FINE_MAX +
                     (index + 1 - NANVM_PIECE_FINE_SIZES) * NANVM_PIECE_COARSE_STEP
               : NANVM_PIECE_COARSE_MAX +
                     (index + 1 - COARSEST) * NANVM_PIECE_COARSEST_STEP;
}

/* Makes free slots of `size` unused bytes. These are never more than the largest slot
 * has: they are the rest of a slot, or of a bump range in which a small piece found no
 * room. */
static void free_rest(nanvm_piece_slots *self, uintptr_t address, size_t size) {
    while (size > 0) {
        nanvm_piece_size rounded = nanvm_piece_size_of(size);
        size_t slot = rounded.size == size ? size : size_at(rounded.index - 1);
        nanvm_piece_slots_free(self, (void *)address, slot);
        address += slot;
        size -= slot;
    }
}

static void push_chunk(nanvm_piece_slot **list, nanvm_piece_slot *chunk) {
    chunk->next = *list;
    *list = chunk;
}

static size_t chunk_size_for(size_t size) {
    return HEAD + nanvm_piece_size_of(size).size;
}

/* The first spare chunk of so many bytes; NULL if none is seen. The oldest chunks come
 * first, and only a few of these are smaller than a large slot, unless the source had
 * little memory. */
enum { SMALL_CHUNKS = 16 };

static nanvm_piece_slot *take_spare(nanvm_piece_slots *self, size_t least) {
    nanvm_piece_slot **link = &self->spare;
    for (size_t i = 0; i < SMALL_CHUNKS && *link != NULL && (*link)->size < least; ++i) {
        link = &(*link)->next;
    }
    nanvm_piece_slot *chunk = *link;
    if (chunk == NULL || chunk->size < least) {
        return NULL;
    }
    *link = chunk->next;
    return chunk;
}

static nanvm_piece_slot *new_chunk(nanvm_pool *pool, size_t least) {
    size_t usual = usual_chunk_size(pool);
    nanvm_piece_slot *chunk = usual >= least ? alloc_chunk(pool, usual) : NULL;
    return chunk != NULL ? chunk : alloc_chunk(pool, least);
}

bool nanvm_piece_slots_add_chunk(nanvm_piece_slots *self, nanvm_pool *pool, size_t size) {
    size_t least = chunk_size_for(size);
    nanvm_piece_slot *chunk = take_spare(self, least);
    chunk = chunk != NULL ? chunk : new_chunk(pool, least);
    if (chunk != NULL) {
        free_rest(self, self->bump, self->bump_end - self->bump);
        push_chunk(&self->chunks, chunk);
        self->bump = (uintptr_t)chunk + HEAD;
        self->bump_end = end_of(chunk);
    }
    return chunk != NULL;
}

void nanvm_piece_slots_restart(nanvm_piece_slots *self, nanvm_pool *pool) {
    nanvm_piece_slots old = *self;
    *self = (nanvm_piece_slots){0};
    for (nanvm_piece_slot *chunk = old.chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        push_chunk(&self->spare, chunk);
    }
    free_chunks(pool, old.spare);
}

/* --- resize --- */

bool nanvm_piece_slots_resize(nanvm_piece_slots *self, void *memory, size_t old_size,
                              size_t size) {
    size_t slot_size = nanvm_piece_size_of(old_size).size;
    size_t needed = nanvm_piece_size_of(size).size;
    if (needed == slot_size) {
        return true;
    }
    uintptr_t slot = (uintptr_t)memory;
    bool is_last = slot + slot_size == self->bump;
    if (!is_last || self->bump_end - slot < needed) {
        return false;
    }
    self->bump = slot + needed;
    return true;
}

void nanvm_piece_slots_cut(nanvm_piece_slots *self, void *memory, size_t old_size,
                           size_t size) {
    size_t slot_size = nanvm_piece_size_of(old_size).size;
    size_t needed = nanvm_piece_size_of(size).size;
    free_rest(self, (uintptr_t)memory + needed, slot_size - needed);
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
            *slot = (nanvm_piece_slot){all, size_at(i)};
            all = slot;
        }
        self->free_lists[i] = NULL;
    }
    return all;
}

/* Puts slots back into their lists, from the highest address down to `address`; returns
 * the others. */
static nanvm_piece_slot *put_back(nanvm_piece_slots *self, nanvm_piece_slot *free,
                                  uintptr_t address) {
    for (nanvm_piece_slot *next; (uintptr_t)free >= address && free != NULL;
         free = next) {
        next = free->next;
        nanvm_piece_slots_free(self, free, free->size);
    }
    return free;
}

/* The free bytes of a chunk. The list `*free` begins with the free slots of this chunk,
 * and afterwards with the first slot below the chunk. */
static size_t free_bytes(const nanvm_piece_slots *self, const nanvm_piece_slot *chunk,
                         nanvm_piece_slot **free) {
    size_t bytes = end_of(chunk) == self->bump_end ? self->bump_end - self->bump : 0;
    for (; (uintptr_t)*free > (uintptr_t)chunk; *free = (*free)->next) {
        bytes += (*free)->size;
    }
    return bytes;
}

/* Goes through slots and chunks from the highest address down. So afterwards the free
 * lists are in order of addresses. Slots that lie in no chunk were large pieces: see
 * raw.c. */
void nanvm_piece_slots_trim(nanvm_piece_slots *self, nanvm_pool *pool) {
    nanvm_piece_slot *free = sort(take_free(self));
    nanvm_piece_slot *chunk = sort(self->chunks);
    nanvm_piece_slot *empty = self->spare;
    self->chunks = self->spare = NULL;
    for (nanvm_piece_slot *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        free = put_back(self, free, end_of(chunk));
        nanvm_piece_slot *below = free;
        if (free_bytes(self, chunk, &below) < chunk->size - HEAD) {
            push_chunk(&self->chunks, chunk); /* the next pass puts its slots back */
            continue;
        }
        if (end_of(chunk) == self->bump_end) {
            self->bump = self->bump_end = 0;
        }
        free = below;
        push_chunk(&empty, chunk);
    }
    (void)put_back(self, free, 0);
    free_chunks(pool, empty);
}

void nanvm_piece_slots_free_all(nanvm_piece_slots *self, nanvm_pool *pool) {
    nanvm_piece_slots old = *self;
    *self = (nanvm_piece_slots){0};
    free_chunks(pool, old.chunks);
    free_chunks(pool, old.spare);
}
