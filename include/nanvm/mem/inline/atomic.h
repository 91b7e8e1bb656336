/* The word that a count lies in, and the operations on it: each with the memory ordering
 * that it is used with, and no others. This is all that counting knows of the machine. In
 * a hardened build the count has a checksum, and the operations are functions that check
 * it, and whether a plain count belongs to the calling thread. A part of
 * <nanvm/mem/count.h>. */
#ifndef NANVM_MEM_INLINE_ATOMIC_H
#define NANVM_MEM_INLINE_ATOMIC_H

#include <nanvm/mem/config.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

NANVM_BEGIN_DECLS

#if defined(NANVM_HARDENED)

/* The count of a block, and a checksum that only the library can make. */
typedef struct nanvm_count_word {
    uint64_t checked;
} nanvm_count_word;

NANVM_API int32_t nanvm_count_word_peek(const nanvm_count_word *self);
NANVM_API int32_t nanvm_count_word_load(const nanvm_count_word *self);
NANVM_API int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self);
NANVM_API void nanvm_count_word_store(nanvm_count_word *self, int32_t count);
NANVM_API void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count);
NANVM_API int32_t nanvm_count_word_exchange_relaxed(nanvm_count_word *self,
                                                    int32_t count);
NANVM_API int32_t nanvm_count_word_decrement_relaxed(nanvm_count_word *self);
NANVM_API int32_t nanvm_count_word_increment_release(nanvm_count_word *self);
NANVM_API int32_t nanvm_count_word_change_relaxed(nanvm_count_word *self, int32_t by);

#else

/* The count of a block. */
typedef int32_t nanvm_count_word;

/* The count, which another thread may be changing: a relaxed atomic load is an ordinary
 * load on every processor. */
NANVM_INLINE int32_t nanvm_count_word_load(const nanvm_count_word *self) {
#if defined(NANVM_GNU)
    return __atomic_load_n(self, __ATOMIC_RELAXED);
#else
    return *(volatile const int32_t *)self;
#endif
}

/* The same, for a thread that may only read the object: it looks whether the object is
 * alive, and does nothing else with the count. */
NANVM_INLINE int32_t nanvm_count_word_peek(const nanvm_count_word *self) {
    return nanvm_count_word_load(self);
}

/* The count. What other threads did before they released a reference comes before what
 * this thread does next. */
NANVM_INLINE int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self) {
#if defined(NANVM_GNU)
    return __atomic_load_n(self, __ATOMIC_ACQUIRE);
#else
    return (int32_t)_InterlockedOr((volatile long *)self, 0); /* stronger */
#endif
}

/* Sets the count, for the only thread that uses the object. */
NANVM_INLINE void nanvm_count_word_store(nanvm_count_word *self, int32_t count) {
    *self = count;
}

/* Sets the count while other threads may read it. */
NANVM_INLINE void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count) {
#if defined(NANVM_GNU)
    __atomic_store_n(self, count, __ATOMIC_RELAXED);
#else
    *(volatile int32_t *)self = count;
#endif
}

/* The same, where other threads may change it, too; returns the count as it was before.
 */
NANVM_INLINE int32_t nanvm_count_word_exchange_relaxed(nanvm_count_word *self,
                                                       int32_t count) {
#if defined(NANVM_GNU)
    return __atomic_exchange_n(self, count, __ATOMIC_RELAXED);
#else
    return (int32_t)_InterlockedExchange((volatile long *)self, count);
#endif
}

/* Atomic counts go down from NANVM_COUNT_ATOMIC: the first function adds a reference, the
 * second takes one off. Both return the count as it was before. (MSVC's interlocked
 * operations order more than is asked for.) */
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

/* Adds `by`, which may be negative, to a count that stays atomic. Returns the count as it
 * was before. */
NANVM_INLINE int32_t nanvm_count_word_change_relaxed(nanvm_count_word *self, int32_t by) {
#if defined(NANVM_GNU)
    return __atomic_fetch_add(self, by, __ATOMIC_RELAXED);
#else
    return (int32_t)_InterlockedExchangeAdd((volatile long *)self, by);
#endif
}

#endif

NANVM_END_DECLS

#endif
