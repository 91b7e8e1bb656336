/* The atomic operations, with the orderings they are used with and no others.
 * Relaxed loads of a count are in <nanvm/mem/block.h>, where users inline them. */
#ifndef NANVM_ATOMIC_H
#define NANVM_ATOMIC_H

#include <nanvm/mem/config.h>

#if defined(__GNUC__)

/* One instruction instead of a call into the dynamic linker. The few bytes fit the
 * reserve that it keeps for libraries loaded late. */
#if defined(__ELF__)
#define NANVM_THREAD_LOCAL __attribute__((tls_model("initial-exec"))) __thread
#else
#define NANVM_THREAD_LOCAL __thread
#endif

static inline int32_t nanvm_atomic_load_acquire(int32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void nanvm_atomic_store_relaxed(int32_t *word, int32_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* Both return the value before. */
static inline int32_t nanvm_atomic_subtract_relaxed(int32_t *word, int32_t value) {
    return __atomic_fetch_sub(word, value, __ATOMIC_RELAXED);
}

static inline int32_t nanvm_atomic_add_release(int32_t *word, int32_t value) {
    return __atomic_fetch_add(word, value, __ATOMIC_RELEASE);
}

static inline void nanvm_atomic_increment_relaxed(size_t *word) {
    (void)__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

static inline size_t nanvm_atomic_read_relaxed(const size_t *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* For pointers to functions, whose types differ: a macro. */
#define NANVM_ATOMIC_EXCHANGE(pointer, value)                                            \
    __atomic_exchange_n(pointer, value, __ATOMIC_ACQ_REL)
#define NANVM_ATOMIC_LOAD(pointer) __atomic_load_n(pointer, __ATOMIC_ACQUIRE)

#elif defined(_MSC_VER)

#include <intrin.h>

#define NANVM_THREAD_LOCAL __declspec(thread)

/* The interlocked operations are full barriers: stronger than asked for. */
static inline int32_t nanvm_atomic_load_acquire(int32_t *word) {
    return (int32_t)_InterlockedOr((volatile long *)word, 0);
}

static inline void nanvm_atomic_store_relaxed(int32_t *word, int32_t value) {
    *(volatile int32_t *)word = value;
}

static inline int32_t nanvm_atomic_subtract_relaxed(int32_t *word, int32_t value) {
    return (int32_t)_InterlockedExchangeAdd((volatile long *)word, -value);
}

static inline int32_t nanvm_atomic_add_release(int32_t *word, int32_t value) {
    return (int32_t)_InterlockedExchangeAdd((volatile long *)word, value);
}

static inline void nanvm_atomic_increment_relaxed(size_t *word) {
#if defined(_WIN64)
    (void)_InterlockedIncrement64((volatile __int64 *)word);
#else
    (void)_InterlockedIncrement((volatile long *)word);
#endif
}

static inline size_t nanvm_atomic_read_relaxed(const size_t *word) {
    return *(volatile const size_t *)word;
}

#define NANVM_ATOMIC_EXCHANGE(pointer, value)                                            \
    ((nanvm_fatal_handler *)_InterlockedExchangePointer((void *volatile *)(pointer),     \
                                                        (void *)(value)))
#define NANVM_ATOMIC_LOAD(pointer) (*(nanvm_fatal_handler *volatile *)(pointer))

#else
#error "nanvm_mem needs the atomic operations of gcc, clang or MSVC"
#endif

#endif
