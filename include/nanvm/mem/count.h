/**
 * @file
 * How references are counted.
 */
#ifndef NANVM_MEM_COUNT_H
#define NANVM_MEM_COUNT_H

#include <nanvm/mem/atomic.h>

/**
 * @defgroup count Count
 * @brief The number of *other* references to an object, and what its sign says.
 *
 * At 0 or above a count is plain. Below, it says how else the object is counted:
 * the ways apart, from -1 down, are far from each other, so that a few threads that are
 * late to notice can't carry a count from one to the next.
 *
 * Guide: @ref block_layout, @ref threads.
 * @{
 */

/**
 * How the references to a block are counted. Each value is also what the
 * count in the header of a new block starts with: its sign chooses between
 * the inline path and the cold one.
 */
typedef enum nanvm_count {
    /** Plain arithmetic: one thread at a time owns the object. */
    NANVM_COUNT_PLAIN = 0,
    /** Atomic arithmetic: references may be used from any thread. */
    NANVM_COUNT_ATOMIC = -1,
    /** No count: the object always looks shared, and is never freed alone. */
    NANVM_COUNT_NONE = -0x50000000,
    /** The dealloc's `ref_counter_update` counts. */
    NANVM_COUNT_CUSTOM = -0x58000000,
    /** No way to count: a dropped object whose memory is still there. */
    NANVM_COUNT_DEAD = -0x60000000
} nanvm_count;

/** @cond INTERNAL */
enum {
    /* Atomic counts go from NANVM_COUNT_ATOMIC (no other reference) down to this
     * (2^30 - 1 others). What is below and isn't listed here is stuck. */
    NANVM_COUNT_ATOMIC_LAST = -0x40000000,
    /* Half as far as atomic counts go: threads that look late can't carry a count from
     * here to where it sticks. */
    NANVM_COUNT_ATOMIC_INLINE = -0x20000000,
    /* INT32_MIN, where a plain count overflows to, is stuck too. */
    NANVM_COUNT_STUCK = -0x70000000
};

NANVM_BEGIN_DECLS

NANVM_INLINE bool nanvm_count_is_atomic(int32_t count) {
    return count < 0 && count >= NANVM_COUNT_ATOMIC_LAST;
}

/* A plain count and one more: INT32_MAX + 1 lands on INT32_MIN, where counts stick. */
NANVM_INLINE int32_t nanvm_count_after(int32_t count) {
    return NANVM_TO(int32_t, NANVM_TO(uint32_t, count) + 1U);
}

/* Whether a plain or atomic count says that there are others. */
NANVM_INLINE bool nanvm_count_is_shared(int32_t count) {
    return count > 0 || (nanvm_count_is_atomic(count) && count != NANVM_COUNT_ATOMIC);
}

/* How many others a count says there are, of those that count. */
NANVM_INLINE size_t nanvm_count_others(int32_t count) {
    return NANVM_TO(size_t, count >= 0 ? count : NANVM_COUNT_ATOMIC - count);
}

/* One more reference; false where that takes a closer look: near the limit of an atomic
 * count, and where there is none. (An atomic clone and a drop take 6 % less time than
 * with a call. What is left beyond a hand-written atomic count is the look itself: right
 * after an atomic update of the same word it waits until that is through.) */
NANVM_INLINE bool nanvm_count_add(nanvm_count_word *self) {
    int32_t count = nanvm_count_word_load(self);
    if (NANVM_LIKELY(count >= 0)) {
        nanvm_count_word_store(self, nanvm_count_after(count));
        return true;
    }
    if (count >= NANVM_COUNT_ATOMIC_INLINE) {
        (void)nanvm_count_word_decrement_relaxed(self);
        return true;
    }
    return false;
}

/* One more to an atomic count, which sticks at its limit. */
NANVM_INLINE void nanvm_count_add_atomic(nanvm_count_word *self) {
    if (nanvm_count_word_decrement_relaxed(self) <= NANVM_COUNT_ATOMIC_LAST) {
        nanvm_count_word_store_relaxed(self, NANVM_COUNT_STUCK);
    }
}

/* One less, if `count`, the last look, is plain and says that there are others. */
NANVM_INLINE bool nanvm_count_release_shared(nanvm_count_word *self, int32_t count) {
    if (count > 0) {
        nanvm_count_word_store(self, count - 1);
        return true;
    }
    return false;
}

/* One less of an atomic count, which is `count` by the last look at it; true if it was
 * the last.
 *
 * A thread that finds itself alone needs no read-modify-write: nobody else can
 * clone what nobody else refers to. Acquire: what others did with the object
 * before they dropped it comes before its end. A load and not a fence, which
 * ThreadSanitizer doesn't understand. */
NANVM_INLINE bool nanvm_count_release_atomic(nanvm_count_word *self, int32_t count) {
    if (count != NANVM_COUNT_ATOMIC &&
        nanvm_count_word_increment_release(self) != NANVM_COUNT_ATOMIC) {
        return false;
    }
    (void)nanvm_count_word_load_acquire(self);
    return true;
}

/* Whether an atomic count says that there is no other reference. Acquire: what others
 * did with the object came before. */
NANVM_INLINE bool nanvm_count_is_sole_atomic(const nanvm_count_word *self) {
    return nanvm_count_word_load_acquire(self) == NANVM_COUNT_ATOMIC;
}

NANVM_END_DECLS
/** @endcond */

/** @} */

#endif
