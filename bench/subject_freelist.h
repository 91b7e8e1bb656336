/* The limit: a free list for each size, inlined by hand, that gives nothing back. What it
 * gives out next is prefetched. */
#include <sys/mman.h>

#include "counted_plain.h"
#include "subject_per_thread.h"

static inline void bench_open(void) {}
static inline void bench_close(void) {}

enum { FREELIST_CHUNK = 2 * 1024 * 1024, FREELIST_WORDS = 33 };

static BENCH_PER_THREAD struct {
    void *free[FREELIST_WORDS]; /* by size in words */
    unsigned char *bump;
    unsigned char *bump_end;
} freelist;

static inline size_t freelist_words(size_t size) {
    return (size + sizeof(void *) - 1) / sizeof(void *);
}

static __attribute__((noinline, cold)) void freelist_grow(void) {
    freelist.bump = (unsigned char *)aligned_alloc(FREELIST_CHUNK, FREELIST_CHUNK);
    if (freelist.bump == NULL) {
        bench_fail("out of memory");
    }
#if defined(FREELIST_HUGE)
    (void)madvise(freelist.bump, FREELIST_CHUNK, MADV_HUGEPAGE);
#endif
    freelist.bump_end = freelist.bump + FREELIST_CHUNK;
}

static inline void *freelist_carve(size_t words) {
    size_t size = words * sizeof(void *);
    if ((size_t)(freelist.bump_end - freelist.bump) < size) {
        freelist_grow();
    }
    void *memory = freelist.bump;
    freelist.bump += size;
    return memory;
}

static inline void *counted_alloc(size_t size) {
    size_t words = freelist_words(size);
    if (words >= FREELIST_WORDS) {
        return malloc(size);
    }
    void *memory = freelist.free[words];
    if (memory == NULL) {
        return freelist_carve(words);
    }
    void *next = *(void **)memory;
    __builtin_prefetch(next);
    freelist.free[words] = next;
    return memory;
}

static inline void counted_free(void *memory, size_t size) {
    size_t words = freelist_words(size);
    if (words >= FREELIST_WORDS) {
        free(memory);
        return;
    }
    *(void **)memory = freelist.free[words];
    freelist.free[words] = memory;
}

#include "subject_counted.h"
