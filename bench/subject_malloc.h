/* malloc with a count written by hand. Which malloc is the linker's choice. */
#if defined(BENCH_COUNT_ATOMIC)
#include "counted_atomic.h"
#else
#include "counted_plain.h"
#endif

static inline void bench_open(void) {}
static inline void bench_close(void) {}

static inline void *counted_alloc(size_t size) {
    return malloc(size);
}

static inline void counted_free(void *memory, size_t size) {
    (void)size;
    free(memory);
}

#include "subject_counted.h"
