/**
 * @file
 * What inline functions have to know of the pools of a local manager, and of an arena.
 */
#ifndef NANVM_MEM_SLOTS_H
#define NANVM_MEM_SLOTS_H

#include <nanvm/mem/block.h>

/** @cond INTERNAL */
/* The first word of a free slot, whatever was in it before. */
typedef struct NANVM_MAY_ALIAS nanvm_slot {
    struct nanvm_slot *next;
} nanvm_slot;
/** @endcond */

/**
 * Free slots for new objects of one type: two free lists, and a bump range of slots that
 * lie side by side. In a local manager this is the start of a pool, and the dealloc of
 * its objects; an arena has one for its bump range. Its members are private.
 *
 * A freed slot goes to the local free list, which becomes the free list when that is
 * empty. With one list, `new` after `drop` would wait for the dropped object's header.
 * (With one million objects, dropped and created at random: 87 ns became 64.)
 */
typedef struct nanvm_slots {
    nanvm_dealloc dealloc;       /**< Private: a pool's, whose table says `pooled`. */
    const nanvm_type *type;      /**< Private. */
    nanvm_slot *free_list;       /**< Private. */
    nanvm_slot *local_free_list; /**< Private: the free list to be. */
    uintptr_t bump;              /**< Private: an object's address ... */
    uintptr_t bump_end;          /**< Private: ... which may lie behind its memory. */
    size_t stride;               /**< Private: from one object to the next. */
    int32_t bump_count;          /**< Private: what the count of a place in it becomes. */
} nanvm_slots;

NANVM_BEGIN_DECLS

/** @cond INTERNAL */
/* A manager's free slots are found by type in a direct-mapped table: another type may
 * have taken the entry. */
enum { NANVM_SLOTS = 64 };

/* The top 6 bits of a product, so that tables at any distance from each other get entries
 * of their own: gcc lays static ones 128 bytes apart, and a plugin's may all start at the
 * same place in a page. The multiplier was found by search. Up to 64 tables at equal
 * distances, of any multiple of 8 from 32 to 512 bytes or of any power of two up to 2^21,
 * take at least as many different entries as tables at random addresses would. */
NANVM_WRAPS("a hash")
NANVM_INLINE size_t nanvm_slots_index(const nanvm_type *type) {
    return (NANVM_TO(uint32_t, NANVM_ADDRESS(type)) * UINT32_C(0x39503DAF)) >> 26;
}

/* A few cache lines ahead: 32 and 64 steps do equally well, 12 a fifth less. */
enum { NANVM_STEPS_AHEAD = 32 };

/* Prefetches slots that lie at equal distances, as after the drop of a list, some steps
 * ahead. (Building a long list anew: 3.3 ns a node became 2.1.) */
NANVM_WRAPS("a step may lead back")
NANVM_INLINE void nanvm_slots_prefetch(const void *place, const void *next) {
    uintptr_t step = NANVM_ADDRESS(next) - NANVM_ADDRESS(place);
    NANVM_PREFETCH(
        NANVM_BITS_TO(const void *, NANVM_ADDRESS(next) + NANVM_STEPS_AHEAD * step));
}

/* A slot of the free lists; NULL if there is none. */
NANVM_INLINE nanvm_slot *nanvm_slots_pop_free(nanvm_slots *self) {
    nanvm_slot *place = self->free_list;
    if (place != NANVM_NULL) {
        self->free_list = place->next;
        nanvm_slots_prefetch(place, self->free_list);
        return place;
    }
    place = self->local_free_list;
    if (place != NANVM_NULL) {
        self->free_list = place->next;
        self->local_free_list = NANVM_NULL;
    }
    return place;
}

/* The address for a new object, its header written; NULL if no slot is free. Inlined:
 * about 10 instructions on x86-64 from a free list, 14 from the bump range; 100 bytes. */
NANVM_INLINE void *nanvm_slots_pop(nanvm_slots *self) {
    void *place = nanvm_slots_pop_free(self);
    int32_t count = NANVM_COUNT_PLAIN; /* only pools have free lists */
    if (place == NANVM_NULL) {
        if (NANVM_UNLIKELY(self->bump_end - self->bump == 0)) {
            return NANVM_NULL;
        }
        place = NANVM_BITS_TO(void *, self->bump);
        count = self->bump_count;
        self->bump += self->stride;
    }
    nanvm_block_set_count(place, count);
    return place;
}

/* Adds the slot of an object that just died. */
NANVM_INLINE void nanvm_slots_push(nanvm_slots *self, nanvm_slot *place) {
    place->next = self->local_free_list;
    self->local_free_list = place;
}

/* Frees the slot of an object without references that holds nothing, if the object lies
 * in a pool; else returns false. Inlined: about 12 instructions on x86-64, 45 bytes. */
NANVM_INLINE bool nanvm_slots_free(void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (NANVM_UNLIKELY(!dealloc->table->pooled)) {
        return false;
    }
    nanvm_slots *self = NANVM_BITS_TO(nanvm_slots *, dealloc);
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    nanvm_slots_push(self, NANVM_TO(nanvm_slot *, object));
    return true;
}
/** @endcond */

NANVM_END_DECLS

#endif
