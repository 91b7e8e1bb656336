/* What inline functions have to know of the library's own deallocs. A part of
 * <nanvm/mem/dealloc.h>. */
#ifndef NANVM_MEM_INLINE_DEALLOC_H
#define NANVM_MEM_INLINE_DEALLOC_H

#include <nanvm/mem/config.h>

typedef struct nanvm_dealloc nanvm_dealloc;

typedef struct nanvm_dealloc_traits {
    bool in_pool;        /* it is a pool of objects of a local manager */
    bool free_inline;    /* ... and inline functions, and drop.c, may free its objects */
    bool holds_nothing;  /* ... and these hold nothing: nanvm_type_holds_nothing() */
    bool has_most_items; /* a word behind the origin says how many items an array has room
                            for */
    bool remote;         /* it is the nanvm_remote of a slab pool: src/remote.h */
    bool bounded;        /* it is a nanvm_dealloc_bounded, as those of arenas are */
} nanvm_dealloc_traits;

#endif
