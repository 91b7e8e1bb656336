/* The memory of chunks, which nothing guards in this build. The hardened build has the
 * other half of this interface. A part of pool/chunk.h. */
#ifndef NANVM_CHUNK_MEMORY_H
#define NANVM_CHUNK_MEMORY_H

/* Whether pages behind chunks may be closed. If so, no chunk is a part of a segment. */
enum { NANVM_GUARDS_CHUNKS = 0 };

/* In a hardened build the first writes a checksum of the chunk's size, and the second
 * stops the program if the size doesn't match its checksum. */
static inline void nanvm_chunk_memory_write_checksum(nanvm_chunk *self) {
    (void)self;
}

static inline void nanvm_chunk_memory_check(const nanvm_chunk *self) {
    (void)self;
}

/* The bytes that the pool's source gave for the chunk. */
static inline size_t nanvm_chunk_memory_bytes(const nanvm_pool *pool,
                                              const nanvm_chunk *self) {
    (void)pool;
    return self->size;
}

/* Memory for a chunk of at least `*size` bytes; sets `*size` to what the chunk has. */
static inline nanvm_chunk *nanvm_chunk_memory_alloc(const nanvm_pool *pool,
                                                    size_t *size) {
    return nanvm_memory_alloc(pool->source, nanvm_chunk_layout(pool, *size));
}

static inline void nanvm_chunk_memory_free(const nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_memory_dealloc_by(pool->source_dealloc, self,
                            nanvm_chunk_layout(pool, self->size));
}

#endif
