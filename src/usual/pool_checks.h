/* What guards the memory of pools: nothing in this build. The end of pool/pool.h, which
 * says what each function is for. */
#ifndef NANVM_POOL_CHECKS_H
#define NANVM_POOL_CHECKS_H

/* Whether each chunk lies in pages of its own, so that none is a part of a region. */
enum { NANVM_GUARDS_CHUNKS = 0 };

static inline void nanvm_chunk_checksum(nanvm_chunk *self) {
    (void)self;
}

static inline void nanvm_chunk_check(const nanvm_chunk *self) {
    (void)self;
}

static inline size_t nanvm_chunk_bytes(const nanvm_pool *pool, const nanvm_chunk *self) {
    (void)pool;
    return self->size;
}

static inline nanvm_chunk *nanvm_chunk_memory_alloc(const nanvm_pool *pool,
                                                    size_t *size) {
    return nanvm_memory_alloc(pool->source, nanvm_chunk_layout(pool, *size));
}

static inline void nanvm_chunk_memory_free(const nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_dealloc_memory(pool->source_dealloc, self,
                         nanvm_chunk_layout(pool, self->size));
}

static inline void *nanvm_pool_pop(nanvm_pool *self) {
    return nanvm_slots_pop(&self->slots);
}

static inline void *nanvm_pool_alloc(nanvm_pool *self, size_t size) {
    return nanvm_pool_alloc_new(self, size);
}

#endif
