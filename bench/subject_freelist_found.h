/* A free list for each size, written by hand, of which a drop knows nothing but the
 * object: it finds the list through the object's header and then the head of the chunk,
 * as nanvm_mem's local manager finds the pool. The other free lists are known at compile
 * time. */
#include "subject_per_thread.h"

typedef struct counted_word {
    uint32_t count;
    uint32_t distance; /* of the header from the head of its chunk */
} counted_word;

static inline void counted_init(counted_word *self) {
    self->count = 0;
}

static inline void counted_add(counted_word *self) {
    ++self->count;
}

static inline bool counted_release(counted_word *self) {
    return self->count-- == 0;
}

static inline bool counted_is_sole(const counted_word *self) {
    return self->count == 0;
}

/* A chunk takes an odd number of cache lines, so that heads are in different sets of the
 * cache. */
enum { FOUND_LINE = 64, FOUND_CHUNK = 1053 * FOUND_LINE, FOUND_WORDS = 33 };

/* What is free of one size. The second word of a free object is the link: the first is
 * its header. */
typedef struct found_list {
    void *free;
    struct found_chunk *chunk;
    unsigned char *bump;
    unsigned char *bump_end;
} found_list;

typedef struct found_chunk {
    found_list *list;
} found_chunk;

static BENCH_PER_THREAD found_list found_lists[FOUND_WORDS]; /* by size in words */

static inline void bench_open(void) {}
static inline void bench_close(void) {}

static __attribute__((noinline, cold)) void found_grow(found_list *list) {
    list->chunk = (found_chunk *)aligned_alloc(FOUND_LINE, FOUND_CHUNK);
    if (list->chunk == NULL) {
        bench_fail("out of memory");
    }
    list->chunk->list = list;
    list->bump = (unsigned char *)list->chunk + FOUND_LINE;
    list->bump_end = (unsigned char *)list->chunk + FOUND_CHUNK;
}

static inline void *found_carve(found_list *list, size_t size) {
    if ((size_t)(list->bump_end - list->bump) < size) {
        found_grow(list);
    }
    unsigned char *memory = list->bump;
    list->bump += size;
    ((counted_word *)memory)->distance =
        (uint32_t)(memory - (unsigned char *)list->chunk);
    return memory;
}

static inline void *counted_alloc(size_t size) {
    size_t words = (size + sizeof(void *) - 1) / sizeof(void *);
    if (words >= FOUND_WORDS) {
        bench_fail("an object is too large");
    }
    found_list *list = &found_lists[words];
    void **memory = (void **)list->free;
    if (memory == NULL) {
        return found_carve(list, words * sizeof(void *));
    }
    __builtin_prefetch(memory[1]);
    list->free = memory[1];
    return memory;
}

static inline void counted_free(void *memory, size_t size) {
    size_t distance = ((counted_word *)memory)->distance;
    found_list *list = ((found_chunk *)((unsigned char *)memory - distance))->list;
    (void)size;
    ((void **)memory)[1] = list->free;
    list->free = memory;
}

#include "subject_counted.h"
