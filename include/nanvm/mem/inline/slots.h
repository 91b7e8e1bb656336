/* What inline functions have to know of the pools of a local manager, and of an arena. */
#ifndef NANVM_MEM_INLINE_SLOTS_H
#define NANVM_MEM_INLINE_SLOTS_H

#include <nanvm/mem/block.h>

/* The first word of a free slot, whatever was in it before. */
typedef struct NANVM_MAY_ALIAS nanvm_slot {
    struct nanvm_slot *next;
} nanvm_slot;

/* The first part of a chunk of slots. The headers of all objects in the chunk lead to it,
 * so a drop that reads the origin has found the list, too. */
typedef struct nanvm_chunk_head {
    nanvm_origin origin; /* first */
    size_t most_items;   /* that an array in the chunk has room for; right behind the
                            origin */
    nanvm_slot *free_list;
    struct nanvm_chunk_head *next_with_free;
    size_t live; /* slots in use, those of the bump range included; one more while the
                    chunk has the bump range, so that it isn't given back */
} nanvm_chunk_head;

/* Free slots for new objects of one type: a stack of chunks with free slots, and a bump
 * range of slots that lie side by side. A pool of a local manager starts with such a
 * struct, so that a pointer to the dealloc of its objects leads to the pool; an arena has
 * one for its bump range.
 *
 * Each chunk has a list of its free slots, and what was freed last is used first. A chunk
 * joins the stack when its first slot is freed, and leaves when its last one is used. A
 * chunk in which nothing is alive stays in the stack without a list: when it comes to the
 * top, its slots become the bump range. */
enum { NANVM_RECENT_LENGTH = 16 };

typedef struct nanvm_slots {
    nanvm_dealloc dealloc;
    const nanvm_type *type;
    size_t recent_length;
    void *recent[NANVM_RECENT_LENGTH];
    nanvm_chunk_head *with_free; /* the top of the stack; at its end is a chunk that has
                                    no slots */
    uintptr_t bump;              /* the address of the bump range's next object ... */
    uintptr_t bump_end;          /* ... and what the one after its last would have, which
                                    may lie behind the chunk */
    size_t stride;               /* from one object to the next */
    int32_t bump_count;          /* what an object from the bump range starts with: in a
                                    pool NANVM_COUNT_PLAIN, which is 0 */
} nanvm_slots;

NANVM_BEGIN_DECLS

/* The entries of a manager's table `slots`, in which free slots are found by type. The
 * table is direct-mapped: another type may have taken the entry. */
enum { NANVM_SLOTS_LENGTH = 64 };

/* The top 6 bits of a product. Types mostly get entries of their own, even if their
 * tables lie at equal distances: gcc lays static tables 128 bytes apart, and the tables
 * of plugins may all start at the same place in a page. The multiplier was found by
 * search. Up to 64 tables at equal distances, of any multiple of 8 from 32 to 512 bytes
 * or of any power of two up to 2^21, take at least as many different entries as tables at
 * random addresses would. */
NANVM_WRAPS("a hash")
NANVM_INLINE size_t nanvm_slots_index(const nanvm_type *type) {
    return (NANVM_TO(uint32_t, NANVM_ADDRESS(type)) * UINT32_C(0x39503DAF)) >> 26;
}

/* 32 and 64 steps do equally well, 12 a fifth less. */
enum { NANVM_STEPS_AHEAD = 32 };

/* Prefetches objects that lie at equal distances, some steps ahead. `next` may be NULL: a
 * prefetch of any address does no harm. */
NANVM_WRAPS("a step may lead back")
NANVM_INLINE void nanvm_slots_prefetch(const void *slot, const void *next) {
    uintptr_t step = NANVM_ADDRESS(next) - NANVM_ADDRESS(slot);
    NANVM_PREFETCH(
        NANVM_BITS_TO(const void *, NANVM_ADDRESS(next) + NANVM_STEPS_AHEAD * step));
}

/* The address for a new object, its header written; NULL if no slot is free. Inlined:
 * about 10 instructions on x86-64 from a free list, 14 from the bump range; 100 bytes. */
NANVM_INLINE void *nanvm_slots_pop(nanvm_slots *self) {
    size_t length = self->recent_length;
    if (length != 0) {
        void *slot = self->recent[length - 1];
        self->recent_length = length - 1;
        nanvm_block_set_count(slot, NANVM_COUNT_PLAIN);
        if (slot == NANVM_NULL) __builtin_unreachable();
        return slot;
    }
    if (NANVM_LIKELY(self->bump != self->bump_end)) {
        void *slot = NANVM_BITS_TO(void *, self->bump);
        self->bump += self->stride;
        nanvm_block_set_count(slot, self->bump_count);
        if (slot == NANVM_NULL) __builtin_unreachable();
        return slot;
    }
    return NANVM_NULL;
}

/* Moves some of the recent slots to the free lists of their chunks. */
NANVM_API NANVM_NOINLINE void nanvm_slots_flush_cold(nanvm_slots *self);

/* Frees a slot. */
NANVM_INLINE void nanvm_slots_push(nanvm_slots *self, void *object) {
    if (NANVM_UNLIKELY(self->recent_length == NANVM_RECENT_LENGTH)) {
        nanvm_slots_flush_cold(self);
    }
    self->recent[self->recent_length] = object;
    self->recent_length += 1;
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
}

/* Frees the slot of an object that holds nothing and whose last reference is gone; false
 * if the object's dealloc has to do it. Inlined: about 17 instructions on x86-64, 80
 * bytes. */
NANVM_INLINE bool nanvm_slots_free(void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (NANVM_UNLIKELY(!dealloc->table->traits.free_inline)) {
        return false;
    }
    nanvm_slots_push(NANVM_BITS_TO(nanvm_slots *, dealloc), object);
    return true;
}
NANVM_END_DECLS

#endif
