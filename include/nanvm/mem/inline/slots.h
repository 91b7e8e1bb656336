/* What inline functions have to know of the pools of a local manager, and of an arena. */
#ifndef NANVM_MEM_INLINE_SLOTS_H
#define NANVM_MEM_INLINE_SLOTS_H

#include <nanvm/mem/block.h>

/* The first word of a free slot, whatever was in it before. */
typedef struct NANVM_MAY_ALIAS nanvm_slot {
    struct nanvm_slot *next;
} nanvm_slot;

/* Free slots for new objects of one type: two free lists, and a bump range of slots that
 * lie side by side. A pool of a local manager starts with such a struct, so that a
 * pointer to the dealloc of its objects leads to the pool; an arena has one for its bump
 * range.
 *
 * A freed slot goes to the local free list, which becomes the free list when that is
 * empty. A drop finds the pool, and so the list, through the dropped object's header. If
 * `new` read the word that a drop writes, it would wait until the header of the object
 * that was dropped just before has come from memory. (With one million objects, dropped
 * and created at random: 87 ns became 64.) */
typedef struct nanvm_slots {
    nanvm_dealloc dealloc;
    const nanvm_type *type;
    nanvm_slot *free_list;
    nanvm_slot *local_free_list; /* becomes the free list when that is empty */
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

/* Prefetches slots that lie at equal distances, as after the drop of a list, some steps
 * ahead. `next` may be NULL: a prefetch of any address does no harm. (Building a long
 * list anew: 3.3 ns a node became 2.1.) */
NANVM_WRAPS("a step may lead back")
NANVM_INLINE void nanvm_slots_prefetch(const void *slot, const void *next) {
    uintptr_t step = NANVM_ADDRESS(next) - NANVM_ADDRESS(slot);
    NANVM_PREFETCH(
        NANVM_BITS_TO(const void *, NANVM_ADDRESS(next) + NANVM_STEPS_AHEAD * step));
}

/* A slot of the free lists; NULL if there is none. */
NANVM_INLINE nanvm_slot *nanvm_slots_pop_free(nanvm_slots *self) {
    nanvm_slot *slot = self->free_list;
    if (slot != NANVM_NULL) {
        self->free_list = slot->next;
        nanvm_slots_prefetch(slot, self->free_list);
        return slot;
    }
    slot = self->local_free_list;
    if (slot != NANVM_NULL) {
        self->free_list = slot->next;
        self->local_free_list = NANVM_NULL;
    }
    return slot;
}

/* The address for a new object, its header written; NULL if no slot is free. Inlined:
 * about 10 instructions on x86-64 from a free list, 14 from the bump range; 100 bytes. */
NANVM_INLINE void *nanvm_slots_pop(nanvm_slots *self) {
    void *slot = nanvm_slots_pop_free(self);
    int32_t count = NANVM_COUNT_PLAIN; /* free lists are a pool's; a bump range may be an
                                          arena's */
    if (slot == NANVM_NULL) {
        if (NANVM_UNLIKELY(self->bump == self->bump_end)) {
            return NANVM_NULL;
        }
        slot = NANVM_BITS_TO(void *, self->bump);
        count = self->bump_count;
        self->bump += self->stride;
    }
    nanvm_block_set_count(slot, count);
    return slot;
}

/* Adds the slot of an object that just died. */
NANVM_INLINE void nanvm_slots_push(nanvm_slots *self, nanvm_slot *slot) {
    slot->next = self->local_free_list;
    self->local_free_list = slot;
}

/* Frees the slot of an object that holds nothing and whose last reference is gone, if the
 * object lies in a pool; else returns false. Inlined: about 12 instructions on x86-64, 45
 * bytes. */
NANVM_INLINE bool nanvm_slots_free(void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (NANVM_UNLIKELY(!dealloc->table->traits.free_inline)) {
        return false;
    }
    nanvm_slots *self = NANVM_BITS_TO(nanvm_slots *, dealloc);
    nanvm_slots_push(self, NANVM_TO(nanvm_slot *, object));
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    return true;
}
NANVM_END_DECLS

#endif
