#include "pool/chunk.h"

NANVM_STATIC_ASSERT(NANVM_ALIGNOF(nanvm_chunk) <= NANVM_BLOCK_ALIGN_LEAST,
                    "a chunk's head is aligned as every block is");

size_t nanvm_chunk_prefix(const nanvm_type *type) {
    return nanvm_layout_round_up(sizeof(nanvm_chunk) + nanvm_block_prefix_of(type),
                                 nanvm_block_align(type));
}

nanvm_layout nanvm_chunk_layout(const nanvm_pool *pool, size_t size) {
    return nanvm_layout_make(size, nanvm_block_align(pool->slots.type));
}

static size_t most_items_in(const nanvm_type *type, size_t room) {
    return type->item_size == 0 ? 0 : (room - type->items_offset) / type->item_size;
}

void nanvm_chunk_init(nanvm_chunk *self, const nanvm_pool *pool, nanvm_dealloc *dealloc,
                      size_t room) {
    self->head.most_items = most_items_in(pool->slots.type, room);
    nanvm_chunk_memory_write_checksum(self);
    nanvm_origin_write(&self->head.origin, pool->slots.type, dealloc);
}

nanvm_chunk *nanvm_chunk_alloc(nanvm_pool *pool, size_t size) {
    nanvm_chunk *self = nanvm_chunk_memory_alloc(pool, &size);
    if (self != NULL) {
        self->segment = NULL;
        self->size = size;
        pool->reserved += nanvm_chunk_memory_bytes(pool, self);
    }
    return self;
}

void nanvm_chunk_free(nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_chunk_memory_check(self);
    pool->reserved -= nanvm_chunk_memory_bytes(pool, self);
    nanvm_chunk_memory_free(pool, self);
}

unsigned char *nanvm_chunk_first(const nanvm_chunk *self) {
    return (unsigned char *)(uintptr_t)self + nanvm_chunk_prefix(self->head.origin.type);
}
