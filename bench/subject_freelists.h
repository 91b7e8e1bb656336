/* Raw memory as users write it by hand where they know the size at free: a free list for
 * each class of sizes, over chunks that are never given back. Classes are 16 bytes apart
 * up to 128, and then four to each power of two; malloc serves what is larger than 2 KiB.
 */
#define BENCH_RAW 1

enum {
    FREELISTS_CHUNK = 64 * 1024,
    FREELISTS_STEP = 16,
    FREELISTS_FINE = 128, /* the largest size of the fine classes */
    FREELISTS_LARGEST = 2048,
    FREELISTS_CLASSES = FREELISTS_FINE / FREELISTS_STEP + 4 * 4
};

static struct {
    void *free[FREELISTS_CLASSES];
    unsigned char *bump;
    unsigned char *bump_end;
} freelists;

static inline void bench_open(void) {}
static inline void bench_close(void) {}

/* The class, and the size that all its pieces have. */
typedef struct freelists_class {
    size_t index;
    size_t size;
} freelists_class;

static inline freelists_class freelists_class_of(size_t size) {
    if (size <= FREELISTS_FINE) {
        size_t steps = size == 0 ? 1 : (size + FREELISTS_STEP - 1) / FREELISTS_STEP;
        freelists_class fine = {steps - 1, steps * FREELISTS_STEP};
        return fine;
    }
    size_t power = 63 - (size_t)__builtin_clzll(size - 1); /* 7: from 129 to 256 */
    size_t quarter = (size - 1) >> (power - 2);            /* 4 to 7 */
    freelists_class coarse = {4 * (power - 5) + quarter - 4, (quarter + 1)
                                                                 << (power - 2)};
    return coarse;
}

/* What is left of the last chunk is lost. */
static __attribute__((noinline)) void *freelists_carve(size_t size) {
    if ((size_t)(freelists.bump_end - freelists.bump) < size) {
        freelists.bump = (unsigned char *)malloc(FREELISTS_CHUNK);
        freelists.bump_end =
            freelists.bump == NULL ? NULL : freelists.bump + FREELISTS_CHUNK;
    }
    unsigned char *memory = freelists.bump;
    if (memory != NULL) {
        freelists.bump += size;
    }
    return memory;
}

static inline void *raw_alloc(size_t size) {
    if (size > FREELISTS_LARGEST) {
        return malloc(size);
    }
    freelists_class class_of = freelists_class_of(size);
    void *memory = freelists.free[class_of.index];
    if (memory == NULL) {
        return freelists_carve(class_of.size);
    }
    freelists.free[class_of.index] = *(void **)memory;
    return memory;
}

static inline void raw_free(void *memory, size_t size) {
    if (size > FREELISTS_LARGEST) {
        free(memory);
    } else if (memory != NULL) {
        void **head = &freelists.free[freelists_class_of(size).index];
        *(void **)memory = *head;
        *head = memory;
    }
}

static inline void *raw_resize(void *memory, size_t old_size, size_t size) {
    if (old_size > FREELISTS_LARGEST && size > FREELISTS_LARGEST) {
        return realloc(memory, size);
    }
    if (memory != NULL && old_size <= FREELISTS_LARGEST && size <= FREELISTS_LARGEST &&
        freelists_class_of(old_size).index == freelists_class_of(size).index) {
        return memory;
    }
    void *moved = raw_alloc(size);
    if (moved != NULL && memory != NULL) {
        memcpy(moved, memory, old_size < size ? old_size : size);
        raw_free(memory, old_size);
    }
    return moved;
}
