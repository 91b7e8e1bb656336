/* What guards the memory of pools: seals, pages that nobody can touch, and a quarantine.
 * The end of pool/pool.h, which says what each function is for. */
#ifndef NANVM_POOL_CHECKS_H
#define NANVM_POOL_CHECKS_H

enum { NANVM_GUARDS_CHUNKS = 1 };

/* The same functions, in chunk_memory.c and dead.c. */
void nanvm_chunk_checksum_size(nanvm_chunk *self);
void nanvm_chunk_check_size(const nanvm_chunk *self);
size_t nanvm_chunk_guarded_bytes(const nanvm_pool *pool, const nanvm_chunk *self);
nanvm_chunk *nanvm_chunk_guarded_alloc(const nanvm_pool *pool, size_t *size);
void nanvm_chunk_guarded_free(const nanvm_pool *pool, nanvm_chunk *self);
void *nanvm_free_slots_alloc(nanvm_pool *self, size_t size);

static inline void nanvm_chunk_checksum(nanvm_chunk *self) {
    nanvm_chunk_checksum_size(self);
}

static inline void nanvm_chunk_check(const nanvm_chunk *self) {
    nanvm_chunk_check_size(self);
}

static inline size_t nanvm_chunk_bytes(const nanvm_pool *pool, const nanvm_chunk *self) {
    return nanvm_chunk_guarded_bytes(pool, self);
}

static inline nanvm_chunk *nanvm_chunk_memory_alloc(const nanvm_pool *pool,
                                                    size_t *size) {
    return nanvm_chunk_guarded_alloc(pool, size);
}

static inline void nanvm_chunk_memory_free(const nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_chunk_guarded_free(pool, self);
}

static inline void *nanvm_pool_pop(nanvm_pool *self) {
    (void)self;
    return NULL;
}

static inline void *nanvm_pool_alloc(nanvm_pool *self, size_t size) {
    return nanvm_free_slots_alloc(self, size);
}

#endif
