/* Chunks: the memory of slab pools, and of pools of large objects. A chunk begins with a
 * head, which is the origin of every object in the chunk. (Raw memory has chunks of
 * another kind: see piece_slots.h.) */
#ifndef NANVM_CHUNK_H
#define NANVM_CHUNK_H

#include "pool/pool.h"

typedef struct nanvm_chunk {
    nanvm_chunk_head head; /* first */
    struct nanvm_chunk *next;
    struct nanvm_segment *segment; /* that it lies in; NULL if it lies in none */
    size_t size;                   /* of the chunk, in bytes */
    uint32_t used;                 /* slots carved so far */
    bool is_idle; /* empty, and not used since the pool's round began: pool/slab.h */
    NANVM_INTEGRITY(nanvm_memory_front front;)
    struct nanvm_chunk *before; /* of a large object: the one in front in the list */
} nanvm_chunk;

NANVM_STATIC_ASSERT(offsetof(nanvm_chunk_head, most_items) == sizeof(nanvm_origin),
                    "nanvm_origin_most_items() finds it");

/* From the start of a chunk to its first object. */
size_t nanvm_chunk_prefix(const nanvm_type *type);
unsigned char *nanvm_chunk_first(const nanvm_chunk *self);

/* The layout of a chunk of `size` bytes. */
nanvm_layout nanvm_chunk_layout(const nanvm_pool *pool, size_t size);

/* Allocates a chunk of at least `size` bytes, whose origin isn't written yet; NULL if
 * memory runs out. */
nanvm_chunk *nanvm_chunk_alloc(nanvm_pool *pool, size_t size);
void nanvm_chunk_free(nanvm_pool *pool, nanvm_chunk *self);

/* Writes the origin, and how many items fit into an array of `room` bytes. */
void nanvm_chunk_init(nanvm_chunk *self, const nanvm_pool *pool, nanvm_dealloc *dealloc,
                      size_t room);

#include "chunk_memory.h"

static inline nanvm_chunk *nanvm_chunk_of(const void *object) {
    nanvm_chunk *self = (nanvm_chunk *)(void *)nanvm_block_origin(object);
    nanvm_chunk_memory_check(self);
    return self;
}

#endif
