/* The ranges of counts, and the functions that count. They get the word of a count, and
 * know nothing of the object behind it. A part of <nanvm/mem/count.h>. */
#ifndef NANVM_MEM_INLINE_COUNT_H
#define NANVM_MEM_INLINE_COUNT_H

#include <nanvm/mem/inline/atomic.h>

enum {
    /* Atomic counts go from NANVM_COUNT_ATOMIC (no other reference) down to this value
     * (2^30 - 1 others). A lower count that isn't a value of nanvm_count is stuck: the
     * count doesn't change any more, and the object is never freed. */
    NANVM_COUNT_ATOMIC_LAST = -0x40000000,
    /* Inline functions count down to here, half as far as atomic counts go. So threads
     * that act on an outdated count can't carry it beyond NANVM_COUNT_ATOMIC_LAST. */
    NANVM_COUNT_ATOMIC_INLINE = -0x20000000,
    /* An atomic count at its limit is set to this by one more reference, and sticks here.
     * A plain count that overflows becomes INT32_MIN, which is stuck, too. */
    NANVM_COUNT_STUCK = -0x70000000
};

NANVM_BEGIN_DECLS

NANVM_INLINE bool nanvm_count_is_atomic(int32_t count) {
    return count < 0 && count >= NANVM_COUNT_ATOMIC_LAST;
}

/* A plain count and one more. INT32_MAX + 1 becomes INT32_MIN, which is stuck. */
NANVM_INLINE int32_t nanvm_count_after(int32_t count) {
    return NANVM_TO(int32_t, NANVM_TO(uint32_t, count) + 1U);
}

/* Whether there are other references, by a count that is plain or atomic. */
NANVM_INLINE bool nanvm_count_is_shared(int32_t count) {
    return count > 0 || (nanvm_count_is_atomic(count) && count != NANVM_COUNT_ATOMIC);
}

/* How many other references there are, by a count that is plain or atomic. */
NANVM_INLINE size_t nanvm_count_others(int32_t count) {
    return NANVM_TO(size_t, count >= 0 ? count : NANVM_COUNT_ATOMIC - count);
}

/* One more reference; false where the cold function has to decide: near the limit of an
 * atomic count, and for a custom, stuck or dead one. (Inlined, an atomic clone and a drop
 * take 6 % less time than by a call. A second function, for counts that are known to be
 * atomic, would save only the load of the count, which is slow only right after an atomic
 * update of the same word.) */
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
    return count == NANVM_COUNT_NONE;
}

/* One more reference on an atomic count. A count at its limit becomes NANVM_COUNT_STUCK.
 */
NANVM_INLINE void nanvm_count_add_atomic(nanvm_count_word *self) {
    if (nanvm_count_word_decrement_relaxed(self) <= NANVM_COUNT_ATOMIC_LAST) {
        nanvm_count_word_store_relaxed(self, NANVM_COUNT_STUCK);
    }
}

/* One reference less, if `count`, which was just read, is plain and above 0; else
 * false. */
NANVM_INLINE bool nanvm_count_try_release_plain(nanvm_count_word *self, int32_t count) {
    if (count > 0) {
        nanvm_count_word_store(self, count - 1);
        return true;
    }
    return false;
}

/* One reference less on an atomic count, which was last seen to be `count`; true if that
 * reference was the last.
 *
 * A thread that has the only reference needs no read-modify-write: no other thread can
 * clone the reference. The load has acquire ordering, so that whatever other threads did
 * with the object before they dropped their references happens before the object ends.
 * (An acquire fence would do, too, but ThreadSanitizer doesn't understand fences.) */
NANVM_INLINE bool nanvm_count_release_atomic(nanvm_count_word *self, int32_t count) {
    if (count != NANVM_COUNT_ATOMIC &&
        nanvm_count_word_increment_release(self) != NANVM_COUNT_ATOMIC) {
        return false;
    }
    (void)nanvm_count_word_load_acquire(self);
    return true;
}

/* Whether an atomic count says that there is no other reference. The load has acquire
 * ordering: if the result is true, whatever other threads did with the object happens
 * before what the caller does next. */
NANVM_INLINE bool nanvm_count_is_sole_atomic(const nanvm_count_word *self) {
    return nanvm_count_word_load_acquire(self) == NANVM_COUNT_ATOMIC;
}

NANVM_END_DECLS

#endif
