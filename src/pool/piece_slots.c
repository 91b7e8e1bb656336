#include "pool/piece_slots.h"

/* A chunk has a quarter of what the pool has already, within these limits. */
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

/* What is left of the bump range becomes one free slot. A small piece found no room
 * there, so the rest isn't larger than the largest slot. */
static void free_bump_range(nanvm_piece_slots *self) {
    size_t rest = self->bump_end - self->bump;
    if (rest > 0) {
        nanvm_piece_slots_free(self, (void *)self->bump, rest);
    }
}

static void push_chunk(nanvm_piece_slot **list, nanvm_piece_slot *chunk) {
    chunk->next = *list;
    *list = chunk;
}

static nanvm_piece_slot *pop_spare(nanvm_piece_slots *self) {
    nanvm_piece_slot *chunk = self->spare;
    if (chunk != NULL) {
        self->spare = chunk->next;
    }
    return chunk;
}

static size_t chunk_size_for(size_t size) {
    return HEAD + nanvm_layout_round_up(size, NANVM_PIECE_GRAIN);
}

/* Not a spare chunk that is too small: there are such chunks after memory ran out. */
static nanvm_piece_slot *next_chunk(nanvm_piece_slots *self, nanvm_pool *pool,
                                    size_t size) {
    if (self->spare != NULL && self->spare->size >= chunk_size_for(size)) {
        return pop_spare(self);
    }
    nanvm_piece_slot *chunk = alloc_chunk(pool, usual_chunk_size(pool));
    return chunk != NULL ? chunk : alloc_chunk(pool, chunk_size_for(size));
}

bool nanvm_piece_slots_add_chunk(nanvm_piece_slots *self, nanvm_pool *pool, size_t size) {
    nanvm_piece_slot *chunk = next_chunk(self, pool, size);
    if (chunk != NULL) {
        free_bump_range(self);
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
    size_t slot_size = nanvm_layout_round_up(old_size, NANVM_PIECE_GRAIN);
    size_t needed = nanvm_layout_round_up(size, NANVM_PIECE_GRAIN);
    uintptr_t end = (uintptr_t)memory + slot_size;
    if (needed < slot_size) {
        nanvm_piece_slots_free(self, (unsigned char *)memory + needed,
                               slot_size - needed);
    } else if (needed > slot_size) {
        size_t more = needed - slot_size;
        if (end != self->bump || self->bump_end - end < more) {
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

/* Goes through slots and chunks from the highest address down. So the free lists are in
 * order of addresses afterwards. Slots that lie in no chunk were large pieces: see
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
