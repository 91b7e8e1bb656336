/* The limit for what is freed at once: a pointer that moves through one reservation, and
 * back to its start. No header, and pages stay with the process. */
#include <sys/mman.h>

#include "subject_per_thread.h"

#define BENCH_RESET 1

static BENCH_PER_THREAD struct {
    unsigned char *start;
    unsigned char *top;
    unsigned char *end;
} bump;

static const size_t bump_reserved = (size_t)16 << 30;

static inline void bench_open(void) {
    void *memory = mmap(NULL, bump_reserved, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        bench_fail("out of memory");
    }
    bump.start = bump.top = (unsigned char *)memory;
    bump.end = bump.start + bump_reserved;
}

static inline void bench_close(void) {
    (void)munmap(bump.start, bump_reserved);
}

static inline void bench_reset(void) {
    bump.top = bump.start;
}

static inline void *bump_alloc(size_t size) {
    unsigned char *memory = bump.top;
    size_t aligned = (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
    if ((size_t)(bump.end - memory) < aligned) {
        bench_fail("out of memory");
    }
    bump.top = memory + aligned;
    return memory;
}

static inline void *bulk_alloc(size_t size) {
#if defined(BUMP_HEADER)
    uint64_t *header = (uint64_t *)bump_alloc(sizeof(*header) + size);
    *header = 0;
    return header + 1;
#else
    return bump_alloc(size);
#endif
}

#include "subject_bulk.h"
