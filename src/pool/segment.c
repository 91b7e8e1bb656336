/* Chunks of slab pools that have 4 MiB or more: parts of segments of 2 MiB, which are
 * meant to lie in huge pages. */
#include "pool/slab.h"

/* A chunk takes an odd number of cache lines, and the first chunk of a segment starts at
 * one of 64 lines, which a hash chooses. If chunks lay a power of two apart, their heads
 * would compete for the same lines of the cache, and so would objects at equal places in
 * them, such as the nodes of a tree. (This cost up to 40 % of the time of an insertion
 * into a red-black tree.) */
enum { LINE = NANVM_CACHE_LINE, LINES = 64, CHUNKS = 31, CHUNK = 1053 * LINE };

NANVM_STATIC_ASSERT((LINES + 1) * LINE + CHUNKS * CHUNK <= NANVM_SEGMENT_SIZE,
                    "chunks fit into a segment");
NANVM_STATIC_ASSERT(sizeof(nanvm_segment) <= LINE, "a segment's head takes a line");

static const nanvm_layout segment_layout = {NANVM_SEGMENT_SIZE, NANVM_SEGMENT_SIZE};

/* From 1 to 64. The multiplier is 2^32 / golden ratio (Knuth, TAOCP 3, 6.4). */
NANVM_WRAPS("a hash")
static size_t first_line(const void *memory) {
    uint32_t number = (uint32_t)((uintptr_t)memory / NANVM_SEGMENT_SIZE);
    return 1 + ((number * UINT32_C(2654435769)) >> 26);
}

static nanvm_segment *add_segment(nanvm_slab *slab) {
    nanvm_segment *self = nanvm_memory_alloc(slab->pool.source, segment_layout);
    if (self != NULL) {
        self->unused = (unsigned char *)self + first_line(self) * LINE;
        self->chunks = 0;
        self->next = slab->segments;
        slab->segments = self;
        slab->pool.reserved += NANVM_SEGMENT_SIZE;
    }
    return self;
}

void nanvm_segment_free(nanvm_slab *slab, nanvm_segment *self) {
    slab->pool.reserved -= NANVM_SEGMENT_SIZE;
    nanvm_memory_dealloc_by(slab->pool.source_dealloc, self, segment_layout);
}

nanvm_chunk *nanvm_segment_alloc_chunk(nanvm_slab *slab) {
    nanvm_segment *self = slab->segments;
    if (self == NULL || self->chunks == CHUNKS) {
        self = add_segment(slab);
    }
    if (self == NULL) {
        return NULL;
    }
    nanvm_chunk *chunk = (nanvm_chunk *)(void *)self->unused;
    self->unused += CHUNK;
    self->chunks += 1;
    chunk->segment = self;
    chunk->size = CHUNK;
    return chunk;
}
