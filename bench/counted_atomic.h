/* An atomic count as Rust's Arc has it: relaxed up; down with release, and acquire for
 * whoever was the last. Every drop takes a locked instruction, a sole owner's too. */
#ifndef BENCH_COUNTED_ATOMIC_H
#define BENCH_COUNTED_ATOMIC_H

typedef size_t counted_word;

static inline void counted_init(counted_word *count) {
    __atomic_store_n(count, 1, __ATOMIC_RELAXED);
}

static inline void counted_add(counted_word *count) {
    (void)__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static inline bool counted_release(counted_word *count) {
    if (__atomic_fetch_sub(count, 1, __ATOMIC_RELEASE) != 1) {
        return false;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return true;
}

static inline bool counted_is_sole(const counted_word *count) {
    return __atomic_load_n(count, __ATOMIC_ACQUIRE) == 1;
}

#endif
