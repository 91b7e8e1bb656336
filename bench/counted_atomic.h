/* An atomic count as an expert writes it: relaxed up; down with release, and acquire for
 * the last owner. A sole owner's drop only loads the count, since nobody else can clone
 * the reference then: it takes no locked instruction. */
#ifndef BENCH_COUNTED_ATOMIC_H
#define BENCH_COUNTED_ATOMIC_H

typedef size_t counted_word;

static inline void counted_init(counted_word *count) {
    __atomic_store_n(count, 1, __ATOMIC_RELAXED);
}

static inline void counted_add(counted_word *count) {
    (void)__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

static inline bool counted_is_sole(const counted_word *count) {
    return __atomic_load_n(count, __ATOMIC_ACQUIRE) == 1;
}

static inline bool counted_release(counted_word *count) {
    if (counted_is_sole(count)) {
        return true;
    }
    if (__atomic_fetch_sub(count, 1, __ATOMIC_RELEASE) != 1) {
        return false;
    }
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return true;
}

#endif
