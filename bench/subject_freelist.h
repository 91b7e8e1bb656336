/* The limit: a free list for each type, inlined by hand, that is never given back. */
#include "counted_plain.h"

static inline void bench_open(void) {}
static inline void bench_close(void) {}

enum { FREELIST_CHUNK = 256 * 1024, FREELIST_SIZES = 32 };

static struct {
    void *free[FREELIST_SIZES]; /* by size in words */
    unsigned char *bump;
    unsigned char *bump_end;
} freelist;

static __attribute__((noinline)) void *freelist_carve(size_t size) {
    if ((size_t)(freelist.bump_end - freelist.bump) < size) {
        freelist.bump = (unsigned char *)malloc(FREELIST_CHUNK);
        if (freelist.bump == NULL) {
            bench_fail("out of memory");
        }
        freelist.bump_end = freelist.bump + FREELIST_CHUNK;
    }
    void *memory = freelist.bump;
    freelist.bump += size;
    return memory;
}

static inline void *counted_alloc(size_t size) {
    void **list = &freelist.free[size / sizeof(void *)];
    void *memory = *list;
    if (memory == NULL) {
        return freelist_carve(size);
    }
    *list = *(void **)memory;
    return memory;
}

static inline void counted_free(void *memory, size_t size) {
    void **list = &freelist.free[size / sizeof(void *)];
    *(void **)memory = *list;
    *list = memory;
}

#include "subject_counted.h"
