/* Raw memory, for the workloads raw and request: a manager's, malloc's, or that of a
 * subject that defines BENCH_RAW.
 *
 * void *raw_alloc(size_t size);               NULL when there is none
 * void *raw_resize(void *memory, size_t old_size, size_t size);
 *                                             likewise; allocates for a NULL of size 0
 * void raw_free(void *memory, size_t size);   memory may be NULL
 *
 * For libraries that free without saying the size there are unsized_alloc,
 * unsized_resize and unsized_free. Memory that remembers its size supplies them itself,
 * and defines BENCH_RAW_UNSIZED; elsewhere the size is stored in front of each piece. */
#ifndef BENCH_RAW_MEMORY_H
#define BENCH_RAW_MEMORY_H

#include "bench.h"

#if defined(BENCH_RAW)
/* the subject has it all */
#elif defined(BENCH_SUBJECT_NANVM_H)

/* Aligned for pointers, integers and doubles. malloc aligns to 16 bytes on x86-64, which
 * none of the workloads needs. */
static inline nanvm_layout raw_layout(size_t size) {
    nanvm_layout layout = {size, 8};
    return layout;
}

static inline void *raw_alloc(size_t size) {
    return nanvm_manager_alloc(bench_manager(), raw_layout(size));
}

static inline void *raw_resize(void *memory, size_t old_size, size_t size) {
    return nanvm_manager_resize(bench_manager(), memory, raw_layout(old_size), size);
}

static inline void raw_free(void *memory, size_t size) {
    nanvm_manager_dealloc(bench_manager(), memory, raw_layout(size));
}

#else
#define BENCH_RAW_UNSIZED 1

static inline void *unsized_alloc(size_t size) {
    return malloc(size);
}

static inline void *unsized_resize(void *memory, size_t size) {
    return realloc(memory, size);
}

static inline void unsized_free(void *memory) {
    free(memory);
}

static inline void *raw_alloc(size_t size) {
    return malloc(size);
}

static inline void *raw_resize(void *memory, size_t old_size, size_t size) {
    (void)old_size;
    return realloc(memory, size);
}

static inline void raw_free(void *memory, size_t size) {
    (void)size;
    free(memory);
}

#endif

#if !defined(BENCH_RAW_UNSIZED)

/* In front of each piece: its size, with this word. */
typedef uint64_t unsized_header;

static inline void *unsized_init(unsized_header *header, size_t size) {
    if (header == NULL) {
        return NULL;
    }
    *header = size;
    return header + 1;
}

static inline unsized_header *unsized_header_of(void *memory) {
    return (unsized_header *)memory - 1;
}

static inline void *unsized_alloc(size_t size) {
    size_t whole = sizeof(unsized_header) + size;
    return unsized_init((unsized_header *)raw_alloc(whole), whole);
}

static inline void *unsized_resize(void *memory, size_t size) {
    if (memory == NULL) {
        return unsized_alloc(size);
    }
    unsized_header *header = unsized_header_of(memory);
    size_t whole = sizeof(unsized_header) + size;
    header = (unsized_header *)raw_resize(header, (size_t)*header, whole);
    return unsized_init(header, whole);
}

static inline void unsized_free(void *memory) {
    if (memory != NULL) {
        unsized_header *header = unsized_header_of(memory);
        raw_free(header, (size_t)*header);
    }
}

#endif
#endif
