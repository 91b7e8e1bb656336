/* Heaps of mimalloc, as its own user takes them for a request: one heap at a time, which
 * is destroyed with all that lies in it. Its memory remembers its size. */
#include <mimalloc.h>

#define BENCH_RAW 1
#define BENCH_RAW_UNSIZED 1
#define BENCH_RESET 1

static mi_heap_t *bench_heap;

static inline void bench_open(void) {
    bench_heap = mi_heap_new();
    if (bench_heap == NULL) {
        bench_fail("out of memory");
    }
}

static inline void bench_close(void) {
    mi_heap_destroy(bench_heap);
}

static inline void bench_reset(void) {
    bench_close();
    bench_open();
}

static inline void *unsized_alloc(size_t size) {
    return mi_heap_malloc(bench_heap, size);
}

static inline void *unsized_resize(void *memory, size_t size) {
    return mi_heap_realloc(bench_heap, memory, size);
}

static inline void unsized_free(void *memory) {
    mi_free(memory);
}

static inline void *raw_alloc(size_t size) {
    return unsized_alloc(size);
}

static inline void *raw_resize(void *memory, size_t old_size, size_t size) {
    (void)old_size;
    return unsized_resize(memory, size);
}

static inline void raw_free(void *memory, size_t size) {
    (void)size;
    unsized_free(memory);
}
