#include "pool/pool.h"

/* Chunks that lie a power of two apart would compete for the same lines of the cache:
 * their heads, and the nodes of trees, which lie at such distances, too (up to 40 % of
 * the time of a red-black insertion). So a chunk takes an odd number of lines, and
 * each region starts its chunks at another of 64 lines. */
enum { LINE = NANVM_CACHE_LINE, LINES = 64, CHUNKS = 31, CHUNK = 1053 * LINE };

NANVM_STATIC_ASSERT((LINES + 1) * LINE + CHUNKS * CHUNK <= NANVM_REGION_SIZE,
                    "chunks fit into a region");
NANVM_STATIC_ASSERT(sizeof(nanvm_region) <= LINE, "a region's head takes a line");

static const nanvm_layout region_layout = {NANVM_REGION_SIZE, NANVM_REGION_SIZE};

/* From 1 to 64. The multiplier is 2^32 / golden ratio (Knuth, TAOCP 3, 6.4). */
NANVM_WRAPS("a hash")
static size_t first_line(const void *memory) {
    uint32_t number = (uint32_t)((uintptr_t)memory / NANVM_REGION_SIZE);
    return 1 + ((number * UINT32_C(2654435769)) >> 26);
}

static nanvm_region *region_alloc(nanvm_pool *pool) {
    nanvm_region *self = nanvm_memory_alloc(pool->source, region_layout);
    if (self != NULL) {
        self->unused = (unsigned char *)self + first_line(self) * LINE;
        self->chunks = 0;
        self->next = pool->regions;
        pool->regions = self;
        pool->reserved += NANVM_REGION_SIZE;
    }
    return self;
}

void nanvm_region_free(nanvm_pool *pool, nanvm_region *self) {
    pool->reserved -= NANVM_REGION_SIZE;
    nanvm_dealloc_memory(pool->source_dealloc, self, region_layout);
}

nanvm_chunk *nanvm_region_chunk(nanvm_pool *pool) {
    nanvm_region *self = pool->regions;
    if (self == NULL || self->chunks == CHUNKS) {
        self = region_alloc(pool);
    }
    if (self == NULL) {
        return NULL;
    }
    nanvm_chunk *chunk = (nanvm_chunk *)(void *)self->unused;
    self->unused += CHUNK;
    self->chunks += 1;
    chunk->region = self;
    chunk->size = CHUNK;
    nanvm_chunk_init(chunk, pool);
    return chunk;
}
