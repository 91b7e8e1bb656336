#include "pool.h"

size_t nanvm_chunk_prefix(const nanvm_object *object) {
    return nanvm_layout_round_up(sizeof(nanvm_chunk) + nanvm_block_prefix_of(object),
                                 nanvm_block_align(object));
}

nanvm_layout nanvm_chunk_layout(const nanvm_pool *pool, size_t size) {
    size_t align = nanvm_block_align(pool->places.object);
    size_t least = NANVM_ALIGNOF(nanvm_chunk);
    return nanvm_layout_make(size, align < least ? least : align);
}

nanvm_chunk *nanvm_chunk_alloc(nanvm_pool *pool, size_t size) {
    nanvm_chunk *self = nanvm_manager_alloc(pool->source, nanvm_chunk_layout(pool, size));
    if (self != NULL) {
        self->region = NULL;
        self->size = size;
        nanvm_origin_write(&self->origin, pool->places.object, &pool->places.dealloc);
        pool->reserved += size;
    }
    return self;
}

void nanvm_chunk_free(nanvm_pool *pool, nanvm_chunk *self) {
    pool->reserved -= self->size;
    nanvm_dealloc_memory(pool->source_dealloc, self,
                         nanvm_chunk_layout(pool, self->size));
}

unsigned char *nanvm_chunk_first(const nanvm_chunk *self) {
    return (unsigned char *)(uintptr_t)self + nanvm_chunk_prefix(self->origin.object);
}
