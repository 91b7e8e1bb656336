/* The atomic operations that only a hardened build needs. */
#ifndef NANVM_HARDENED_ATOMIC_H
#define NANVM_HARDENED_ATOMIC_H

#include "system/atomic.h"

#if !defined(NANVM_GNU)
#error "a hardened build needs the atomic operations of gcc or clang"
#endif

static inline void nanvm_atomic_lower_relaxed(size_t *word) {
    (void)__atomic_fetch_sub(word, 1, __ATOMIC_RELAXED);
}

static inline uint64_t nanvm_atomic_read_key_relaxed(const uint64_t *key) {
    return __atomic_load_n(key, __ATOMIC_RELAXED);
}

/* If two threads draw a key at once, only one value is kept, and both get that one. */
static inline uint64_t nanvm_atomic_write_key_once_relaxed(uint64_t *key,
                                                           uint64_t value) {
    uint64_t found = 0;
    bool first = __atomic_compare_exchange_n(key, &found, value, false, __ATOMIC_RELAXED,
                                             __ATOMIC_RELAXED);
    return first ? value : found;
}

#endif
