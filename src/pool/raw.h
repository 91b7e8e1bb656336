/* Raw memory of a local manager: small pieces have slots, others come from the source one
 * by one, and an account counts all of them. Where freed memory is quarantined, or a
 * sanitizer watches, there are no slots.
 *
 * A piece may outlive its manager, and the account lives as long as the last piece. A
 * manager that is used again after its end goes on with the account of the pieces that
 * are still alive, since a piece doesn't tell which account it belongs to. So the
 * accounts that have outlived their managers are in a list, which tells a manager whether
 * its own account still exists. The list has a lock, since managers of different threads
 * may end at the same time. */
#ifndef NANVM_RAW_H
#define NANVM_RAW_H

#include "pool/piece_slots.h"
#include "pool/piece_table.h"

typedef struct nanvm_raw {
    nanvm_pool pool;             /* first; without a type. Pieces of up to `most_size`
                                    bytes are small */
    const nanvm_manager *served; /* the manager that hands the memory out */
    size_t live_bytes;           /* by the sizes asked for */
    size_t kept;                 /* what was reserved after the last trim */
    nanvm_piece_slots small;
    nanvm_piece_table large;
} nanvm_raw;

/* The account of the manager `served`; NULL if memory runs out. */
nanvm_raw *nanvm_raw_create(nanvm_manager *source, nanvm_pools *owner,
                            const nanvm_manager *served, bool is_sanitized);

static inline bool nanvm_raw_is_small(const nanvm_raw *self, nanvm_layout layout) {
    return layout.size <= self->pool.most_size && layout.align <= NANVM_PIECE_GRAIN;
}

static inline void nanvm_raw_count_one(nanvm_raw *self, size_t size) {
    self->live_bytes += size;
    nanvm_pool_count_one(&self->pool, self->live_bytes);
}

/* A small piece, if there is a slot at hand; else NULL. */
static inline void *nanvm_raw_pop(nanvm_raw *self, nanvm_layout layout) {
    void *memory = NANVM_LIKELY(nanvm_raw_is_small(self, layout))
                       ? nanvm_piece_slots_pop(&self->small, layout.size)
                       : NULL;
    if (NANVM_LIKELY(memory != NULL)) {
        nanvm_raw_count_one(self, layout.size);
    }
    return memory;
}

void *nanvm_raw_alloc(nanvm_raw *self, nanvm_layout layout);
void *nanvm_raw_resize(nanvm_raw *self, void *memory, nanvm_layout layout, size_t size);
void nanvm_raw_dealloc_all(nanvm_raw *self);

/* `self` is the account that the manager `served` left when it ended. Makes `owner` its
 * owner; false if the account has been freed since. */
bool nanvm_raw_adopt(nanvm_raw *self, const nanvm_manager *served, nanvm_pools *owner);

/* Frees such an account, with all its pieces; does nothing if it has been freed. */
void nanvm_raw_free_orphan(nanvm_raw *self, const nanvm_manager *served);

#endif
