/* As subject_malloc.h, and it knows how many bytes were asked for: no allocator can do
 * with fewer. Since that takes time, it is measured for its bytes alone. */
#ifndef BENCH_SUBJECT_EXACT_H
#define BENCH_SUBJECT_EXACT_H

#include "counted_plain.h"

#define BENCH_BYTES_ONLY 1
static size_t bench_bytes;

static inline void bench_open(void) {}
static inline void bench_close(void) {}

static inline void *counted_alloc(size_t size) {
    bench_bytes += size;
    return malloc(size);
}

static inline void counted_free(void *memory, size_t size) {
    bench_bytes -= size;
    free(memory);
}

#include "subject_counted.h"

#endif
