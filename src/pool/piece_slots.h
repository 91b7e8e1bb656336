/* Slots for small pieces of raw memory. A slot has no header: whoever gives a piece back
 * says its size.
 *
 *   1. Sizes are rounded up to 16 bytes, and each size has a free list.
 *   2. A piece takes the slot that was freed last among those of its size, or else the
 *      next bytes of the bump range, where pieces of all sizes lie side by side.
 *   3. A piece that shrinks stays where it is: what is cut off becomes a free slot. The
 *      last piece in front of the bump range grows in place.
 *   4. Every byte of a chunk behind its head belongs to a piece, to a free slot or to the
 *      bump range. So a trim finds the chunks in which nothing is alive by adding up free
 *      slots, and nothing else is counted for a chunk.
 *   5. When nothing is alive in several chunks, they start anew: the free lists, in which
 *      slots are in the order of their ends, are forgotten, and the chunks become bump
 *      ranges again. Those that weren't needed since the last such time go back. */
#ifndef NANVM_PIECE_SLOTS_H
#define NANVM_PIECE_SLOTS_H

#include "pool/pool.h"

/* Slots are multiples of the grain in size and alignment: malloc aligns to 16 bytes, too.
 * With slots of up to 2 or 4 KiB, Lua kept twice as much memory for strings of many
 * sizes. */
enum {
    NANVM_PIECE_GRAIN = 16,
    NANVM_PIECE_SLOT_MAX = 1024,
    NANVM_PIECE_SIZES = NANVM_PIECE_SLOT_MAX / NANVM_PIECE_GRAIN
};

/* A free slot, or the head of a chunk. */
typedef struct nanvm_piece_slot {
    struct nanvm_piece_slot *next;
    size_t size; /* of the slot (only while the chunks are being trimmed), or of the
                    chunk with its head */
} nanvm_piece_slot;

typedef struct nanvm_piece_slots {
    nanvm_piece_slot *free_lists[NANVM_PIECE_SIZES]; /* of 16 bytes, 32, and so on */
    uintptr_t bump; /* the bump range: 0 before the first chunk */
    uintptr_t bump_end;
    nanvm_piece_slot *chunks; /* in use, the newest first */
    nanvm_piece_slot *spare;  /* chunks that aren't, the oldest first */
} nanvm_piece_slots;

/* Where a size from 1 to NANVM_PIECE_SLOT_MAX stands in `free_lists`. */
static inline size_t nanvm_piece_slots_index(size_t size) {
    return (size - 1) / NANVM_PIECE_GRAIN;
}

/* A slot for a piece of `size` bytes; NULL if there is none without another chunk. */
static inline void *nanvm_piece_slots_pop(nanvm_piece_slots *self, size_t size) {
    size_t index = nanvm_piece_slots_index(size);
    nanvm_piece_slot *slot = self->free_lists[index];
    if (NANVM_LIKELY(slot != NULL)) {
        self->free_lists[index] = slot->next;
        return slot;
    }
    size_t slot_size = (index + 1) * NANVM_PIECE_GRAIN;
    bool fits = self->bump_end - self->bump >= slot_size;
    void *memory = fits ? (void *)self->bump : NULL;
    self->bump += fits ? slot_size : 0;
    return memory;
}

/* Makes a spare chunk, or another one of `pool`, the bump range, with room for a piece of
 * `size` bytes; false if memory runs out. */
bool nanvm_piece_slots_add_chunk(nanvm_piece_slots *self, nanvm_pool *pool, size_t size);

/* Adds a slot to the free list of its size. Stops the program if the slot was the last
 * one added there: the piece has just been given back already. (A piece that was given
 * back before that isn't noticed, and would be handed out twice.) */
static inline void nanvm_piece_slots_free(nanvm_piece_slots *self, void *memory,
                                          size_t size) {
    nanvm_piece_slot *slot = memory;
    nanvm_piece_slot **list = &self->free_lists[nanvm_piece_slots_index(size)];
    if (NANVM_UNLIKELY(*list == slot)) {
        nanvm_fatal(NANVM_RETURNED_PIECE);
    }
    slot->next = *list;
    *list = slot;
}

/* Resizes the piece where it lies; false, and nothing changes, if there is no room. */
bool nanvm_piece_slots_resize(nanvm_piece_slots *self, void *memory, size_t old_size,
                              size_t size);

/* Whether starting anew pays: one chunk is soon in the processor's caches anyway. */
static inline bool nanvm_piece_slots_has_many_chunks(const nanvm_piece_slots *self) {
    return self->chunks != NULL && self->chunks->next != NULL;
}

/* Starts anew, since nothing is alive; and gives back the spare chunks. */
void nanvm_piece_slots_restart(nanvm_piece_slots *self, nanvm_pool *pool);

/* Gives back the chunks in which nothing is alive. */
void nanvm_piece_slots_trim(nanvm_piece_slots *self, nanvm_pool *pool);

/* Gives back all chunks. */
void nanvm_piece_slots_free_all(nanvm_piece_slots *self, nanvm_pool *pool);

#endif
