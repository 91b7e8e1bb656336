/* The atomic operations of any build, except for those on counts
 * (<nanvm/mem/inline/atomic.h>), each only with the ordering that it is used with.
 * hardened/atomic.h has those that only a hardened build needs. */
#ifndef NANVM_ATOMIC_H
#define NANVM_ATOMIC_H

#include <nanvm/mem/config.h>

#if defined(NANVM_GNU)

/* In position-independent code the compiler looks up a static variable of a thread by a
 * call into the dynamic linker (the model local-dynamic). This works in a library that is
 * loaded late, too. Where the code is linked into a program, the linker turns the call
 * into one instruction. */
#define NANVM_THREAD_LOCAL __thread

/* Hides from the compiler where the pointer comes from. Otherwise it would look up a
 * variable of the thread again instead of keeping its address. */
#if defined(__FRAMAC__)
#define NANVM_KEEP_ADDRESS(pointer) ((void)(pointer))
#else
#define NANVM_KEEP_ADDRESS(pointer) __asm__("" : "+r"(pointer))
#endif

static inline void nanvm_atomic_increment_relaxed(size_t *word) {
    (void)__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

static inline size_t nanvm_atomic_read_relaxed(const size_t *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void nanvm_atomic_write_relaxed(size_t *word, size_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* The next two functions return what there was before. */
static inline size_t nanvm_atomic_raise_relaxed(size_t *word) {
    return __atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

static inline size_t nanvm_atomic_lower(size_t *word, size_t by) {
    return __atomic_fetch_sub(word, by, __ATOMIC_ACQ_REL);
}

static inline void *nanvm_atomic_read_pointer(void *const *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void *nanvm_atomic_read_pointer_relaxed(void *const *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* Leaves NULL there. */
static inline void *nanvm_atomic_take_pointer(void **word) {
    return __atomic_exchange_n(word, NULL, __ATOMIC_ACQUIRE);
}

static inline void *nanvm_atomic_exchange_pointer(void **word, void *value) {
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);
}

/* Stores `value` if the word is still `*expected`; otherwise, or for no reason, reads the
 * word into `*expected` and returns false. */
static inline bool nanvm_atomic_replace_pointer(void **word, void **expected,
                                                void *value) {
    return __atomic_compare_exchange_n(word, expected, value, true, __ATOMIC_RELEASE,
                                       __ATOMIC_ACQUIRE);
}

/* Macros, because they are used on pointers of different types. */
#define NANVM_ATOMIC_EXCHANGE(pointer, value)                                            \
    __atomic_exchange_n(pointer, value, __ATOMIC_ACQ_REL)
#define NANVM_ATOMIC_LOAD(pointer) __atomic_load_n(pointer, __ATOMIC_ACQUIRE)

/* A lock for a few instructions, that hardly ever has to be waited for. */
typedef int nanvm_lock; /* a word: not every processor exchanges a byte */

static inline bool nanvm_lock_try(nanvm_lock *self) {
    return __atomic_exchange_n(self, 1, __ATOMIC_ACQUIRE) == 0;
}

static inline void nanvm_lock_release(nanvm_lock *self) {
    __atomic_store_n(self, 0, __ATOMIC_RELEASE);
}

#elif defined(_MSC_VER)

#include <intrin.h>

#define NANVM_THREAD_LOCAL __declspec(thread)
#define NANVM_KEEP_ADDRESS(pointer) ((void)(pointer))

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

static inline void nanvm_atomic_write_relaxed(size_t *word, size_t value) {
    *(volatile size_t *)word = value;
}

static inline size_t nanvm_atomic_add(size_t *word, size_t value) {
#if defined(_WIN64)
    return (size_t)_InterlockedExchangeAdd64((volatile __int64 *)word, (__int64)value);
#else
    return (size_t)_InterlockedExchangeAdd((volatile long *)word, (long)value);
#endif
}

static inline size_t nanvm_atomic_raise_relaxed(size_t *word) {
    return nanvm_atomic_add(word, 1);
}

static inline size_t nanvm_atomic_lower(size_t *word, size_t by) {
    return nanvm_atomic_add(word, 0 - by);
}

/* An interlocked operation orders more than is asked for, on every processor. */
static inline void *nanvm_atomic_read_pointer(void *const *word) {
    return _InterlockedCompareExchangePointer((void *volatile *)(uintptr_t)word, NULL,
                                              NULL);
}

static inline void *nanvm_atomic_read_pointer_relaxed(void *const *word) {
    return *(void *const volatile *)word;
}

static inline void *nanvm_atomic_take_pointer(void **word) {
    return _InterlockedExchangePointer((void *volatile *)word, NULL);
}

static inline void *nanvm_atomic_exchange_pointer(void **word, void *value) {
    return _InterlockedExchangePointer((void *volatile *)word, value);
}

static inline bool nanvm_atomic_replace_pointer(void **word, void **expected,
                                                void *value) {
    void *found =
        _InterlockedCompareExchangePointer((void *volatile *)word, value, *expected);
    bool replaced = found == *expected;
    *expected = found;
    return replaced;
}

#define NANVM_ATOMIC_EXCHANGE(pointer, value)                                            \
    ((nanvm_fatal_handler *)_InterlockedExchangePointer((void *volatile *)(pointer),     \
                                                        (void *)(value)))
#define NANVM_ATOMIC_LOAD(pointer) (*(nanvm_fatal_handler *volatile *)(pointer))

typedef long nanvm_lock;

static inline bool nanvm_lock_try(nanvm_lock *self) {
    return _InterlockedExchange((volatile long *)self, 1) == 0;
}

static inline void nanvm_lock_release(nanvm_lock *self) {
    (void)_InterlockedExchange((volatile long *)self, 0);
}

#else
#error "nanvm_mem needs the atomic operations of gcc, clang or MSVC"
#endif

#endif
