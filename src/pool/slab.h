/* Slab pools: slots for objects of one type and one size, side by side in chunks.
 *
 *   1. A new chunk has a quarter of what the pool has by then, but at least 256 bytes, at
 *      most 64 KiB, and always room for two slots. (When memory is short, a chunk has
 *      room for two slots only. With guard pages its size is rounded up to pages.) From 4
 *      MiB on, chunks are parts of segments, except in a hardened build: see segment.c.
 *   2. A new object takes a slot of the magazine, or else of the bump range: see
 *      <nanvm/mem/inline/slots.h>.
 *   3. When both are empty, the magazine gets free slots of one chunk: the one at the top
 *      of the stack `available`. A chunk joins the stack when its first slot becomes
 *      free, and leaves the stack when its last free slot is taken. So new objects lie
 *      together, even if their slots were freed in random order. (Each edit of a
 *      persistent tree took 2.4 us with one list for the whole pool, and takes 0.8.)
 *   4. When no chunk has a free slot, up to 16 more slots are carved: their headers are
 *      written, and they become the bump range.
 *   5. A chunk that is empty stays in the stack, without a list. When the chunk is at the
 *      top, and slots are needed, its slots don't go to the magazine: all of them become
 *      the bump range, in order of their addresses.
 *   6. A freed slot goes to the magazine or, when that is full, to the free list of its
 *      chunk. If a drop ends more plain structs than the magazine has room for, it frees
 *      the others in their chunks. If it then empties a chunk, the magazine is emptied,
 *      too: see drop.c. (In a hardened build a freed slot waits in a quarantine instead:
 *      hardened/free_slots.c.)
 *   7. Memory that hasn't been needed for a long time goes back to the source. For this a
 *      pool counts in rounds. A round lasts until refills have taken more than eight free
 *      slots for each slot of the pool. Then the pool gives back its empty chunks and
 *      empty segments, if the chunks that were empty throughout the round hold at least
 *      an eighth of the pool's slots, if these slots take at least 128 KiB, and if the
 *      source can use the memory again. (An empty chunk in a segment that isn't empty
 *      stays.) A pool in which little or nothing is created is looked at when rounds of
 *      the manager's other pools end. So building and dropping the same tree again and
 *      again gives nothing back, and the cost of giving back and asking anew is spread
 *      over many new objects. A drop does nothing for all this. A hardened build leaves
 *      this out: its free slots wait in a quarantine, and no chunk is in the stack.
 *
 * Nothing is counted for the pool as a whole while objects come and go. A report computes
 *
 *   live = sum of the chunks' `live` - length of the bump range - length of the magazine
 *          - 1 for the chunk that has the bump range
 *
 * and an orphan counts down from there. Slots are carved only when all others are in use:
 * that is how the peak is known. (The peak is noted before an empty chunk becomes the
 * bump range.) The peak may be up to 15 too high. Up to 15 slots of the bump range are
 * used after the carving, before the free lists. They count as if all other slots were
 * still in use, although some may have been freed meanwhile. */
#ifndef NANVM_SLAB_H
#define NANVM_SLAB_H

#include "pool/chunk.h"

/* The most bytes from one object to the next, with what is in front of an object. */
enum { NANVM_SLAB_STRIDE_MAX = 2048, NANVM_SLAB_ALIGN_MAX = 64 };

typedef struct nanvm_slab {
    nanvm_pool pool;     /* first; `most_size` is the size of a slot */
    nanvm_chunk *bumped; /* the chunk with the bump range, or NULL */
    uintptr_t
        uncarved; /* in the newest chunk: the first slot that isn't carved yet ... */
    uintptr_t uncarved_end; /* ... and one stride beyond the last slot: nothing lies
                               there, and it may be behind the end of the chunk */
    size_t carved;          /* slots that have a header */
    nanvm_chunk *chunks;    /* the newest first */
    nanvm_chunk *taken;     /* that a trim took out of `chunks`, to free them */
    struct nanvm_segment *segments; /* the newest first */
    nanvm_slot *returned; /* that other threads dropped, and that wait for the magazine */
    size_t round;         /* free slots that refills took since the round began */
    struct nanvm_slab *next_watched;
    size_t turned; /* its owner's `turned` when this pool was looked at last */
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

/* Finds more slots, in a new chunk if there are no others, and takes one of them; NULL if
 * memory runs out. */
void *nanvm_slab_refill(nanvm_slab *self);

/* Adds a slot to the free list of its chunk. If the slot was the last in use there, the
 * chunk is empty then, and has no list. */
void nanvm_slab_free(nanvm_slab *self, void *object);

/* Empties the magazine and the bump range: their slots are free in their chunks, or
 * uncarved. A chunk in which nothing is alive is then seen to be empty. */
void nanvm_slab_settle(nanvm_slab *self);

/* Slots in the bump range. */
size_t nanvm_slab_bump_length(const nanvm_slab *self);

/* The most slots that were in use at once, or up to 15 more. */
size_t nanvm_slab_peak(const nanvm_slab *self);

/* --- live.c ------------------------------------------------------------------- */

/* `share_all` and `visit` of the pool's table. */
void nanvm_live_share_slab(nanvm_pool *pool);
void nanvm_live_visit_slab(nanvm_pool *pool, nanvm_live_visitor *visitor, void *context);

/* --- slab_trim.c -------------------------------------------------------------- */

/* Gives back chunks and segments in which nothing is alive. Meanwhile the source's
 * dealloc may drop objects of the pool, so that the magazine may have slots again
 * afterwards. */
void nanvm_slab_trim(nanvm_pool *pool);

/* Frees the chunks in the list `taken`. */
void nanvm_slab_trim_free_taken(nanvm_slab *self);

/* Whether the trim that is at work gives the chunk back. Only for functions that a trim
 * calls. */
bool nanvm_slab_trim_takes(const nanvm_chunk *chunk);

/* --- free_slots.c ------------------------------------------------------------- */

/* A slot for a new object, when inline functions found none in the magazine or the bump
 * range; NULL if memory runs out. */
void *nanvm_free_slots_alloc(nanvm_slab *self);

/* The next two functions are for a pool whose objects other threads may have dropped. The
 * first returns such a slot, or NULL; the second frees all of them in their chunks. */
void *nanvm_free_slots_pop_returned(nanvm_slab *self);
void nanvm_free_slots_collect(nanvm_slab *self);

/* Reserves room for so many freed slots, so that freeing cannot fail; false if memory
 * runs out. */
bool nanvm_free_slots_reserve(nanvm_slab *self, size_t slots);

/* Called when the pool has been made: it will give back what isn't needed for long. */
void nanvm_free_slots_watch(nanvm_slab *self);

/* The `free_block` of a slab pool's dealloc. */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object);

/* Wipes an object whose slot isn't kept. */
void nanvm_free_slots_wipe(const nanvm_slab *self, void *object);

/* Called when nothing is alive in a chunk of the pool any more. */
void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk);

/* Slots that wait in the quarantine. */
size_t nanvm_free_slots_waiting(const nanvm_slab *self);

/* Forgets the free slots in chunks that a trim gives back. */
void nanvm_free_slots_forget(nanvm_slab *self);

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
