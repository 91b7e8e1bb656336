/**
 * @file
 * The word that a count lies in, and the operations on it: each with the memory ordering
 * that it is used with, and no others.
 *
 * This is all that the counting knows of the machine. In a hardened build the count is
 * guarded by a checksum, and the operations are functions that check it.
 */
#ifndef NANVM_MEM_ATOMIC_H
#define NANVM_MEM_ATOMIC_H

#include <nanvm/mem/config.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

NANVM_BEGIN_DECLS

#if defined(NANVM_HARDENED)

/** The count of a block, and a checksum that only the library can make. */
typedef struct nanvm_count_word {
    uint64_t checked; /**< Private. */
} nanvm_count_word;

/** @cond INTERNAL */
NANVM_API int32_t nanvm_count_word_load(const nanvm_count_word *self);
NANVM_API int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self);
NANVM_API void nanvm_count_word_store(nanvm_count_word *self, int32_t count);
NANVM_API void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count);
NANVM_API int32_t nanvm_count_word_decrement_relaxed(nanvm_count_word *self);
NANVM_API int32_t nanvm_count_word_increment_release(nanvm_count_word *self);
/** @endcond */

#else

/** The count of a block. */
typedef int32_t nanvm_count_word;

/** @cond INTERNAL */

/* The last look. Another thread may be changing it, so it is a relaxed atomic load, which
 * is an ordinary load to every processor. */
NANVM_INLINE int32_t nanvm_count_word_load(const nanvm_count_word *self) {
#if defined(NANVM_GNU)
    return __atomic_load_n(self, __ATOMIC_RELAXED);
#else
    return *(volatile const int32_t *)self;
#endif
}

/* What other threads did before they counted down comes before what follows. */
NANVM_INLINE int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self) {
#if defined(NANVM_GNU)
    return __atomic_load_n(self, __ATOMIC_ACQUIRE);
#else
    return (int32_t)_InterlockedOr((volatile long *)self, 0); /* stronger */
#endif
}

/* By the only thread that uses the object. */
NANVM_INLINE void nanvm_count_word_store(nanvm_count_word *self, int32_t count) {
    *self = count;
}

/* While other threads look. */
NANVM_INLINE void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count) {
#if defined(NANVM_GNU)
    __atomic_store_n(self, count, __ATOMIC_RELAXED);
#else
    *(volatile int32_t *)self = count;
#endif
}

/* Both return the count before. Interlocked operations are stronger than asked for. */
NANVM_INLINE int32_t nanvm_count_word_decrement_relaxed(nanvm_count_word *self) {
#if defined(NANVM_GNU)
    return __atomic_fetch_sub(self, 1, __ATOMIC_RELAXED);
#else
    return (int32_t)_InterlockedExchangeAdd((volatile long *)self, -1);
#endif
}

NANVM_INLINE int32_t nanvm_count_word_increment_release(nanvm_count_word *self) {
#if defined(NANVM_GNU)
    return __atomic_fetch_add(self, 1, __ATOMIC_RELEASE);
#else
    return (int32_t)_InterlockedExchangeAdd((volatile long *)self, 1);
#endif
}
/** @endcond */

#endif

NANVM_END_DECLS

#endif
