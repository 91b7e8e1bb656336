/**
 * @file
 * How references are counted.
 */
#ifndef NANVM_MEM_COUNT_H
#define NANVM_MEM_COUNT_H

/**
 * @defgroup count Count
 * @brief The number of *other* references to an object, and what its sign says.
 *
 * At 0 or above a count is plain. From #NANVM_COUNT_ATOMIC, which is -1 and says that
 * there is no other reference, down to -2^30 a count is atomic, and each further
 * reference takes 1 off. The other values of #nanvm_count lie below that range, and far
 * apart, so that a few threads that act on an outdated count can't turn one of these
 * values into another.
 *
 * Guide: @ref block_layout, @ref threads.
 * @{
 */

/**
 * How the references to a block are counted. Each value but the last is also the count
 * that a new block starts with. Inline functions leave a count below 0 to a call, with
 * three exceptions: the clone of a reference that is counted atomically, the test whether
 * such a reference is the only one, and nanvm_ref_clone() and nanvm_ref_drop() where
 * there is no count.
 */
typedef enum nanvm_count {
    /** Plain arithmetic: one thread at a time owns the object. */
    NANVM_COUNT_PLAIN = 0,
    /** Atomic arithmetic: references may be used from any thread. */
    NANVM_COUNT_ATOMIC = -1,
    /** No count: the object always looks shared, and dropping a reference never frees it.
     */
    NANVM_COUNT_NONE = -0x50000000,
    /** The dealloc counts, by its function `ref_counter_update`. */
    NANVM_COUNT_CUSTOM = -0x58000000,
    /** Not a way to count, but a mark: the object was dropped, and its memory is still
     *  there; or the object is new, and a callback is filling it. */
    NANVM_COUNT_DEAD = -0x60000000
} nanvm_count;

/** @} */

#include <nanvm/mem/inline/count.h>

#endif
