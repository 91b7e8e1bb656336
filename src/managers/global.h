/* The blocks of both global managers: that of any thread, and the one with plain counts.
 *
 * Each has an origin of its own, as in a manager without `new_block`. But `malloc` and
 * `free` need no layouts, so a pair of `new` and `drop` takes a third less time than in
 * such a manager. */
#ifndef NANVM_GLOBAL_H
#define NANVM_GLOBAL_H

#include "internal.h"
#include "system/system.h"

/* Neither count, the atomic or the plain one, takes a word of its own. */
static inline size_t nanvm_global_prefix(const nanvm_type *type) {
    return nanvm_block_alone_prefix(type, NANVM_COUNT_ATOMIC);
}

/* If true, a block starts with its origin, without padding in front. */
static inline bool nanvm_global_starts_with_origin(const nanvm_type *type) {
    return NANVM_LIKELY(nanvm_block_align(type) <= sizeof(void *));
}

/* This function needs no size, unlike nanvm_system_is_over_aligned(): the size of a block
 * is never less than its alignment. */
static inline bool nanvm_global_is_over_aligned(const nanvm_type *type) {
    return type->align > NANVM_MALLOC_ALIGN;
}

void nanvm_global_free_padded(const nanvm_type *type, void *object);

static inline void nanvm_global_free_memory(void *object) {
    nanvm_origin *origin = nanvm_block_origin(object);
    if (nanvm_global_starts_with_origin(origin->type)) {
        free(origin);
    } else {
        nanvm_global_free_padded(origin->type, object);
    }
}

/* --- global_blocks.c, in this folder or in hardened ------------------------------ */

void *nanvm_global_blocks_resize_raw(nanvm_manager *self, void *memory,
                                     nanvm_layout layout, size_t size);
void *nanvm_global_blocks_resize(nanvm_manager *self, void *object, size_t old_size,
                                 size_t size);
void nanvm_global_blocks_free(nanvm_dealloc *self, void *object);

#endif
