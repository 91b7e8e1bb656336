/* Slots for small pieces of raw memory. A slot has no header: whoever gives a piece back
 * says its size.
 *
 *   1. Sizes of up to 1 KiB are rounded up to a multiple of 16 bytes, and larger ones to
 *      one of eight equal steps between two powers of two. Each rounded size has a free
 *      list.
 *   2. A piece takes the slot that was freed last among those of its size, or else the
 *      next bytes of the bump range, where pieces of all sizes lie side by side.
 *   3. A piece that needs a slot of another size moves, unless it is the last one in
 *      front of the bump range, and there is room. (If memory runs out, a piece that
 *      shrinks stays where it is, and what is cut off becomes free slots.)
 *   4. Every byte of a chunk behind its head belongs to a piece, to a free slot or to the
 *      bump range. So a trim finds the chunks in which nothing is alive by adding up free
 *      slots, and nothing else is counted for a chunk.
 *   5. When no piece is alive any more, and pieces lay in several chunks, these chunks
 *      are spare: each becomes the bump range again when the one before is used up. The
 *      free lists are emptied, since their slots are in the order in which pieces
 *      happened to be freed. Chunks that are still spare the next time go back. */
#ifndef NANVM_PIECE_SLOTS_H
#define NANVM_PIECE_SLOTS_H

#include "pool/pool.h"

/* Slots are multiples of the grain in size and alignment: malloc aligns to 16 bytes, too.
 * Above NANVM_PIECE_FINE_MAX their sizes are coarser: multiples of 128 bytes up to
 * NANVM_PIECE_COARSE_MAX, and multiples of 256 beyond. (If these sizes were rounded to 16
 * bytes as well, Lua would keep twice as much memory for strings of many sizes.) */
enum {
    NANVM_PIECE_STEPS = 8, /* between one power of two and the next */
    NANVM_PIECE_GRAIN = 16,
    NANVM_PIECE_FINE_MAX = 1024,
    NANVM_PIECE_FINE_SIZES = NANVM_PIECE_FINE_MAX / NANVM_PIECE_GRAIN,
    NANVM_PIECE_COARSE_STEP = NANVM_PIECE_FINE_MAX / NANVM_PIECE_STEPS,
    NANVM_PIECE_COARSE_MAX = 2 * NANVM_PIECE_FINE_MAX,
    NANVM_PIECE_COARSEST_STEP = NANVM_PIECE_COARSE_MAX / NANVM_PIECE_STEPS,
    NANVM_PIECE_SLOT_MAX = 2 * NANVM_PIECE_COARSE_MAX,
    NANVM_PIECE_SIZES = NANVM_PIECE_FINE_SIZES + 2 * NANVM_PIECE_STEPS
};

/* A free slot, or the head of a chunk. */
typedef struct nanvm_piece_slot {
    struct nanvm_piece_slot *next;
    size_t size; /* of the slot (only while the chunks are being trimmed), or of the
                    chunk with its head */
} nanvm_piece_slot;

typedef struct nanvm_piece_slots {
    nanvm_piece_slot *free_lists[NANVM_PIECE_SIZES]; /* by nanvm_piece_size.index */
    uintptr_t bump; /* the bump range; both are 0 where there is none */
    uintptr_t bump_end;
    nanvm_piece_slot *chunks; /* in use: the newest first, but by address after a trim */
    nanvm_piece_slot *spare;
} nanvm_piece_slots;

/* A size of slots: its index in `free_lists`, and its bytes. */
typedef struct nanvm_piece_size {
    size_t index;
    size_t size;
} nanvm_piece_size;

static inline nanvm_piece_size nanvm_piece_size_in_steps(size_t size, size_t step,
                                                         size_t first_index) {
    size_t steps = (size - 1) / step;
    return (nanvm_piece_size){first_index + steps, (steps + 1) * step};
}

/* The slots for pieces of `size` bytes, 1 to NANVM_PIECE_SLOT_MAX. (Steps are counted
 * from 0 bytes. The first coarse size and the first of the coarsest are each step
 * NANVM_PIECE_STEPS of their kind, so that `coarse` subtracts this number.) */
static inline nanvm_piece_size nanvm_piece_size_of(size_t size) {
    size_t coarse = NANVM_PIECE_FINE_SIZES - NANVM_PIECE_STEPS;
    if (NANVM_LIKELY(size <= NANVM_PIECE_FINE_MAX)) {
        return nanvm_piece_size_in_steps(size, NANVM_PIECE_GRAIN, 0);
    }
    return size <= NANVM_PIECE_COARSE_MAX
               ? nanvm_piece_size_in_steps(size, NANVM_PIECE_COARSE_STEP, coarse)
               : nanvm_piece_size_in_steps(size, NANVM_PIECE_COARSEST_STEP,
                                           coarse + NANVM_PIECE_STEPS);
}

/* A slot for a piece of `size` bytes; NULL if there is none without another chunk. */
static inline void *nanvm_piece_slots_pop(nanvm_piece_slots *self, size_t size) {
    nanvm_piece_size rounded = nanvm_piece_size_of(size);
    nanvm_piece_slot *slot = self->free_lists[rounded.index];
    if (NANVM_LIKELY(slot != NULL)) {
        self->free_lists[rounded.index] = slot->next;
        return slot;
    }
    bool fits = self->bump_end - self->bump >= rounded.size;
    void *memory = fits ? (void *)self->bump : NULL;
    self->bump += fits ? rounded.size : 0;
    return memory;
}

/* Begins a bump range that has room for a piece of `size` bytes, in a spare chunk or in a
 * new one from the source of `pool`; false if memory runs out. */
bool nanvm_piece_slots_add_chunk(nanvm_piece_slots *self, nanvm_pool *pool, size_t size);

/* Adds a slot to the free list of its size. Stops the program if the slot was the last
 * one added there: the piece has just been given back already. (If another slot of this
 * size was freed in between, the mistake isn't noticed, and the piece is handed out
 * twice.) */
static inline void nanvm_piece_slots_free(nanvm_piece_slots *self, void *memory,
                                          size_t size) {
    nanvm_piece_slot *slot = memory;
    nanvm_piece_slot **list = &self->free_lists[nanvm_piece_size_of(size).index];
    if (NANVM_UNLIKELY(*list == slot)) {
        nanvm_fatal(NANVM_RETURNED_PIECE);
    }
    slot->next = *list;
    *list = slot;
}

/* Resizes the piece where it lies, and returns true, if its slot keeps its size, or if
 * the slot is the last one in front of the bump range and there is room. Otherwise
 * changes nothing, and returns false. */
bool nanvm_piece_slots_resize(nanvm_piece_slots *self, void *memory, size_t old_size,
                              size_t size);

/* Makes a piece smaller where it lies: what is cut off becomes free slots. Only for when
 * memory has run out, since slots of these sizes may serve no piece ever again. (When all
 * pieces of a random mix shrank like this, ten times as much memory was reserved as was
 * alive.) */
void nanvm_piece_slots_cut(nanvm_piece_slots *self, void *memory, size_t old_size,
                           size_t size);

/* Whether a restart pays: a single chunk is soon in the processor's caches anyway. */
static inline bool nanvm_piece_slots_has_many_chunks(const nanvm_piece_slots *self) {
    return self->chunks != NULL && self->chunks->next != NULL;
}

/* Called when nothing is alive: makes the chunks in use spare, and gives back those that
 * were spare before. */
void nanvm_piece_slots_restart(nanvm_piece_slots *self, nanvm_pool *pool);

/* Gives back the chunks in which nothing is alive. */
void nanvm_piece_slots_trim(nanvm_piece_slots *self, nanvm_pool *pool);

/* Gives back all chunks. */
void nanvm_piece_slots_free_all(nanvm_piece_slots *self, nanvm_pool *pool);

#endif
