/* What inline functions have to know of the pools of a local manager, and of an arena. */
#ifndef NANVM_MEM_INLINE_SLOTS_H
#define NANVM_MEM_INLINE_SLOTS_H

#include <nanvm/mem/block.h>

/* A free slot. Its address is that of the object that will lie there: the header lies in
 * front. The link overwrites the first word of a dead object of any type, so this struct
 * may alias any type. */
typedef struct NANVM_MAY_ALIAS nanvm_slot {
    struct nanvm_slot *next;
} nanvm_slot;

/* The start of a chunk of slots: the origin of every object in the chunk. So a drop finds
 * the chunk's free list next to the type, which it has just read. */
typedef struct nanvm_chunk_head {
    nanvm_origin origin; /* first */
    size_t most_items;   /* how many an array has room for; right behind the origin */
    nanvm_slot *free_list;
    struct nanvm_chunk_head *next_available;
    size_t live; /* slots that have an object, or are in the magazine or the bump range.
                    The chunk with the bump range counts one more until another range
                    replaces that one: the pool has its address, even when all its slots
                    are used */
} nanvm_chunk_head;

/* With 32 or 64 a tree takes longer to drop, with 8 a persistent tree longer to edit. */
enum { NANVM_MAGAZINE_SIZE = 16 };

/* Free slots for new objects of one type. A pool of a local manager starts with such a
 * struct, so that a pointer to the dealloc of its objects leads to the pool; an arena has
 * one for its bump range. A new object gets
 *
 *   1. a slot of the magazine: a small stack of free slots (Bonwick and Adams, Magazines
 *      and Vmem, USENIX 2001). A drop adds the slot that it frees, if there is room. The
 *      memory of such a slot is in the cache, even after many objects died in random
 *      order. Neither `new` nor a drop reads a free slot;
 *   2. or else a slot of the bump range: slots side by side, with their headers written;
 *   3. or else a slot that a call finds, which also fills the magazine: src/pool/slab.h.
 */
typedef struct nanvm_slots {
    nanvm_dealloc dealloc;
    const nanvm_type *type;
    size_t magazine_length;
    void *magazine[NANVM_MAGAZINE_SIZE];
    uintptr_t bump;      /* the address of the bump range's next object ... */
    uintptr_t bump_end;  /* ... and one stride beyond its last object: an address at which
                            nothing lies, and which may be behind the end of the chunk */
    size_t stride;       /* from one object to the next */
    int32_t first_count; /* what an object's count starts with */
    nanvm_chunk_head *available; /* chunks with free slots: src/pool/slab.h */
} nanvm_slots;

NANVM_BEGIN_DECLS

/* The length of a manager's array `slots`, in which free slots are found by type. The
 * array is direct-mapped: another type may have taken the entry. (The length isn't
 * tuned.) */
enum { NANVM_SLOTS_LENGTH = 64 };

/* The top 6 bits of a product. Types mostly get entries of their own, even if they lie at
 * equal distances. Equal distances are usual: on 64-bit machines gcc lays static tables
 * of types 128 bytes apart, and the tables of plugins may all start at the same place in
 * a page. The multiplier was found by search. If 22 to 64 types lie at equal distances
 * (any multiple of 8 from 32 to 512 bytes, or any power of two from 32 bytes to 2 MiB),
 * they take at least as many different entries as types at random addresses. If there are
 * fewer than 22, they take at most three entries fewer than the same number of types at
 * random addresses. */
NANVM_WRAPS("a hash")
NANVM_INLINE size_t nanvm_slots_index(const nanvm_type *type) {
    return (NANVM_TO(uint32_t, NANVM_ADDRESS(type)) * UINT32_C(0x39503DAF)) >> 26;
}

/* How many objects ahead nanvm_slots_prefetch() prefetches. 64 saves no more time than
 * 32; 12 saves a fifth less. */
enum { NANVM_STEPS_AHEAD = 32 };

/* For src/drop.c: prefetches objects that lie at equal distances, some steps ahead. A
 * prefetch of any address does no harm. */
NANVM_WRAPS("a step may lead back")
NANVM_INLINE void nanvm_slots_prefetch(const void *slot, const void *next) {
    uintptr_t step = NANVM_ADDRESS(next) - NANVM_ADDRESS(slot);
    NANVM_PREFETCH(
        NANVM_BITS_TO(const void *, NANVM_ADDRESS(next) + NANVM_STEPS_AHEAD * step));
}

/* The address for a new object, its header written; NULL if no slot is at hand. Inlined:
 * about 9 instructions on x86-64; 90 bytes. */
NANVM_INLINE void *nanvm_slots_pop(nanvm_slots *self) {
    size_t length = self->magazine_length;
    if (length != 0) {
        void *slot = self->magazine[length - 1];
        NANVM_ASSUME(slot != NANVM_NULL);
        self->magazine_length = length - 1;
        nanvm_block_set_count(slot, self->first_count);
        return slot;
    }
    if (NANVM_LIKELY(self->bump != self->bump_end)) {
        void *slot = NANVM_BITS_TO(void *, self->bump);
        NANVM_ASSUME(slot != NANVM_NULL);
        self->bump += self->stride;
        nanvm_block_set_count(slot, self->first_count);
        return slot;
    }
    return NANVM_NULL;
}

/* Adds the slot of an object that just died; false if the magazine is full. */
NANVM_INLINE bool nanvm_slots_push(nanvm_slots *self, void *object) {
    size_t length = self->magazine_length;
    if (NANVM_UNLIKELY(length == NANVM_MAGAZINE_SIZE)) {
        return false;
    }
    self->magazine[length] = object;
    self->magazine_length = length + 1;
    return true;
}

/* Adds a chunk to the stack of available ones. */
NANVM_INLINE void nanvm_slots_add_available(nanvm_slots *self, nanvm_chunk_head *chunk) {
    chunk->next_available = self->available;
    self->available = chunk;
}

/* Adds a slot to the free list of its chunk. If the slot is the last in use there,
 * changes nothing, and returns false. */
NANVM_INLINE bool nanvm_slots_push_in_chunk(nanvm_slots *self, nanvm_chunk_head *chunk,
                                            void *object) {
    nanvm_slot *slot = NANVM_TO(nanvm_slot *, object);
    nanvm_slot *next = chunk->free_list;
    size_t live = chunk->live - 1;
    if (NANVM_UNLIKELY(live == 0)) {
        return false;
    }
    slot->next = next;
    chunk->free_list = slot;
    chunk->live = live;
    if (next == NANVM_NULL) {
        nanvm_slots_add_available(self, chunk);
    }
    return true;
}

/* Frees the slot of a dead object, whose origin is the head of a chunk. */
NANVM_INLINE void nanvm_slots_free_to(nanvm_slots *self, nanvm_origin *origin,
                                      void *object) {
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    if (!nanvm_slots_push(self, object) &&
        !nanvm_slots_push_in_chunk(self, NANVM_BITS_TO(nanvm_chunk_head *, origin),
                                   object)) {
        self->dealloc.table->free_block(&self->dealloc, object);
    }
}

/* The same, in the pool that is the dealloc of its objects. */
NANVM_INLINE void nanvm_slots_free_in(nanvm_origin *origin, void *object) {
    nanvm_slots_free_to(NANVM_BITS_TO(nanvm_slots *, origin->dealloc), origin, object);
}

/* Frees the slot of a dead object of which nothing is left to release, if inline
 * functions may free in its pool; else returns false. Inlined: about 14 instructions on
 * x86-64, 22 when the magazine is full; 130 bytes. */
NANVM_INLINE bool nanvm_slots_free(void *object) {
    nanvm_origin *origin = nanvm_block_origin(object);
    bool frees_inline = origin->dealloc->table->traits.free_inline;
    if (NANVM_LIKELY(frees_inline)) {
        nanvm_slots_free_in(origin, object);
    }
    return frees_inline;
}
NANVM_END_DECLS

#endif
