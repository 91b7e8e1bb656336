/**
 * @file
 * What inline functions have to know of the pools of a local manager.
 */
#ifndef NANVM_MEM_PLACES_H
#define NANVM_MEM_PLACES_H

#include <nanvm/mem/block.h>

/**
 * Room at hand for new objects of one type: places of dead ones, the latest first, and a
 * run of places that lie side by side. The start of a pool, and the dealloc of its
 * objects. Its members are private.
 */
typedef struct nanvm_places {
    nanvm_dealloc dealloc;      /**< Private. Its table says that it is `pooled`. */
    const nanvm_object *object; /**< Private. */
    void *dead;                 /**< Private: linked through their first word. */
    unsigned char *run;         /**< Private: an object's address ... */
    unsigned char *run_end;     /**< Private. */
    size_t stride;              /**< Private: ... and from there to the next. */
} nanvm_places;

NANVM_BEGIN_DECLS

/** @cond INTERNAL */
/* A manager's places are found by type: direct-mapped, so that another type may have
 * taken the entry. */
enum { NANVM_PLACES = 64 };

/* Tables lie at least 32 bytes apart. */
NANVM_INLINE size_t nanvm_places_index(const nanvm_object *object) {
    return ((uintptr_t)object >> 5) & (NANVM_PLACES - 1);
}

/* The first word of a dead object, whatever was in it before. */
typedef void *NANVM_MAY_ALIAS nanvm_places_link;

/* The address for a new object, its header written; NULL if there is no room. */
NANVM_INLINE void *nanvm_places_take(nanvm_places *self) {
    void *place = self->dead;
    if (place != NULL) {
        self->dead = *(nanvm_places_link *)place;
    } else {
        place = self->run;
        if (NANVM_UNLIKELY(self->run == self->run_end)) {
            return NULL;
        }
        self->run += self->stride;
    }
    nanvm_block_header(place)->count = NANVM_COUNT_PLAIN;
    return place;
}

/* Ends an object that no reference is left to, and that holds nothing, if it is in a
 * pool: its place is the next to be taken. */
NANVM_INLINE bool nanvm_places_put(void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (NANVM_UNLIKELY(!dealloc->table->pooled)) {
        return false;
    }
    nanvm_places *self = (nanvm_places *)dealloc;
    nanvm_block_header(object)->count = NANVM_COUNT_DEAD;
    *(nanvm_places_link *)object = self->dead;
    self->dead = object;
    return true;
}
/** @endcond */

NANVM_END_DECLS

#endif
