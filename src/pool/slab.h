/* Slab pools: slots for objects of one type and one size, side by side in chunks.
 *
 *   1. The first chunk of a pool has 512 bytes, and each further chunk half of what the
 *      pool has by then, but at least 512 bytes and at most 64 KiB. No chunk has room for
 *      fewer than two slots. From 4 MiB on, chunks are parts of segments: see segment.c.
 *   2. A new object takes a slot of the free lists; else one of the bump range.
 *   3. When both are empty, 16 more slots of the newest chunk are carved: their headers
 *      are written, and they become the bump range.
 *
 * Nothing is counted while objects come and go. A report computes
 *
 *   live = carved - length of the bump range - length of both free lists
 *
 * and an orphan counts down from there. */
#ifndef NANVM_SLAB_H
#define NANVM_SLAB_H

#include "pool/chunk.h"

/* The most bytes from one object to the next, with what is in front of an object. */
enum { NANVM_SLAB_STRIDE_MAX = 2048, NANVM_SLAB_ALIGN_MAX = 64 };

typedef struct nanvm_slab {
    nanvm_pool pool; /* first; `most_size` is the size of a slot */
    uintptr_t
        uncarved; /* in the newest chunk: the first slot that isn't carved yet ... */
    uintptr_t uncarved_end; /* ... and where the slot after its last one would start: this
                               may be behind the chunk, which needs no room for that
                               slot's header */
    size_t carved;          /* slots that have a header */
    nanvm_chunk *carving;   /* that the bump range lies in; NULL if there is none */
    nanvm_chunk *chunks;    /* the newest first */
    struct nanvm_segment *segments; /* the newest first */
} nanvm_slab;

static inline nanvm_slab *nanvm_slab_of(nanvm_pool *pool) {
    return (nanvm_slab *)(void *)pool;
}

/* --- slab.c ------------------------------------------------------------------- */

/* The size of a slot for objects of `size` bytes, without what is in front of an object;
 * 0 if they are large. */
size_t nanvm_slab_slot_size(const nanvm_type *type, size_t size);

/* A pool with slots of that size; NULL if memory runs out. */
nanvm_pool *nanvm_slab_create(nanvm_manager *source, nanvm_pools *owner,
                              const nanvm_type *type, size_t slot_size);

/* Carves more slots, of a new chunk if there are no others, and takes one of them; NULL
 * if memory runs out. */
void *nanvm_slab_carve(nanvm_slab *self);

/* Slots in the bump range. */
size_t nanvm_slab_bump_length(const nanvm_slab *self);

/* The most slots that were in use at once. */
size_t nanvm_slab_peak(const nanvm_slab *self);

/* Frees the slot of an object in its chunk. */
void nanvm_slab_free(nanvm_slab *self, void *object);

size_t nanvm_slab_live(const nanvm_slab *self);

/* --- slab_trim.c -------------------------------------------------------------- */

/* Makes the bump range free slots of its chunk. */
void nanvm_slab_retire_bump_range(nanvm_slab *self);

/* Gives back chunks and segments in which nothing is alive. */
void nanvm_slab_trim(nanvm_pool *pool);

/* --- free_slots.c ------------------------------------------------------------- */

/* A free slot, or one of those that nanvm_slab_carve() makes; NULL if memory runs out. */
void *nanvm_free_slots_alloc(nanvm_slab *self);

/* Reserves room for so many freed slots, so that freeing cannot fail; false if memory
 * runs out. */
bool nanvm_free_slots_reserve(nanvm_slab *self, size_t slots);

/* The `free_block` of a slab pool's dealloc. */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object);

/* Wipes an object whose slot isn't kept. */
void nanvm_free_slots_wipe(const nanvm_slab *self, void *object);

size_t nanvm_free_slots_length(const nanvm_slab *self);

/* Forgets the free slots in those chunks for which `is_removed` is true. */
void nanvm_free_slots_forget(nanvm_slab *self,
                             bool (*is_removed)(const nanvm_chunk *chunk));

/* --- segment.c ---------------------------------------------------------------- */

/* The head of a segment: the memory of several chunks. */
typedef struct nanvm_segment {
    struct nanvm_segment *next;
    unsigned char *unused; /* where the next chunk goes */
    size_t chunks;         /* so far */
    size_t empty;          /* of these; only while the pool is being trimmed */
} nanvm_segment;

/* The size of a segment, and its alignment. */
enum { NANVM_SEGMENT_SIZE = NANVM_HUGE_PAGE };

/* A new chunk in the newest segment, or in a new segment if that is full; NULL if memory
 * runs out. */
nanvm_chunk *nanvm_segment_alloc_chunk(nanvm_slab *slab);
void nanvm_segment_free(nanvm_slab *slab, nanvm_segment *self);

#endif
