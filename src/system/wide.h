/* Atomic operations on a word of 64 bits, on any machine: each only with the ordering
 * that it is used with. */
#ifndef NANVM_WIDE_H
#define NANVM_WIDE_H

#include "system/atomic.h"

#if defined(NANVM_GNU) && (__GCC_ATOMIC_LLONG_LOCK_FREE == 2 || defined(__wasm__))

static inline uint64_t nanvm_wide_read(const uint64_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline uint64_t nanvm_wide_exchange(uint64_t *word, uint64_t value) {
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}

/* Stores `value` if the word is still `*expected`; otherwise, or for no reason, reads the
 * word into `*expected` and returns false. */
static inline bool nanvm_wide_replace(uint64_t *word, uint64_t *expected,
                                      uint64_t value) {
    return __atomic_compare_exchange_n(word, expected, value, true, __ATOMIC_ACQ_REL,
                                       __ATOMIC_ACQUIRE);
}

#elif defined(NANVM_GNU)

/* A processor of 32 bits that changes only words of its own at once. One file includes
 * this one, so there is one lock. */
static nanvm_lock nanvm_wide_lock;

/* Stores `value` if the word is `expected`, or in any case; returns what there was. */
static inline uint64_t nanvm_wide_change(uint64_t *word, bool in_any_case,
                                         uint64_t expected, uint64_t value) {
    while (!nanvm_lock_try(&nanvm_wide_lock)) {
    }
    uint64_t before = *word;
    if (in_any_case || before == expected) {
        *word = value;
    }
    nanvm_lock_release(&nanvm_wide_lock);
    return before;
}

static inline uint64_t nanvm_wide_read(const uint64_t *word) {
    return nanvm_wide_change((uint64_t *)(uintptr_t)word, false, 0, 0);
}

static inline uint64_t nanvm_wide_exchange(uint64_t *word, uint64_t value) {
    return nanvm_wide_change(word, true, 0, value);
}

static inline bool nanvm_wide_replace(uint64_t *word, uint64_t *expected,
                                      uint64_t value) {
    uint64_t before = nanvm_wide_change(word, false, *expected, value);
    bool replaced = before == *expected;
    *expected = before;
    return replaced;
}

#else /* MSVC; the only one of these that it has inline for each processor */

static inline uint64_t nanvm_wide_read(const uint64_t *word) {
    return (uint64_t)_InterlockedCompareExchange64((volatile __int64 *)(uintptr_t)word, 0,
                                                   0);
}

static inline bool nanvm_wide_replace(uint64_t *word, uint64_t *expected,
                                      uint64_t value) {
    uint64_t found = (uint64_t)_InterlockedCompareExchange64(
        (volatile __int64 *)word, (__int64)value, (__int64)*expected);
    bool replaced = found == *expected;
    *expected = found;
    return replaced;
}

static inline uint64_t nanvm_wide_exchange(uint64_t *word, uint64_t value) {
    uint64_t before = nanvm_wide_read(word);
    while (!nanvm_wide_replace(word, &before, value)) {
    }
    return before;
}

#endif

#endif
