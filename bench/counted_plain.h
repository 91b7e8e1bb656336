/* A plain count of the other references, as a hand would write it for one thread. */
#ifndef BENCH_COUNTED_PLAIN_H
#define BENCH_COUNTED_PLAIN_H

typedef size_t counted_word;

static inline void counted_init(counted_word *count) {
    *count = 0;
}

static inline void counted_add(counted_word *count) {
    ++*count;
}

static inline bool counted_release(counted_word *count) {
    return (*count)-- == 0;
}

static inline bool counted_is_sole(const counted_word *count) {
    return *count == 0;
}

#endif
