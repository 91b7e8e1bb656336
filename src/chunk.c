#include "pool.h"

size_t nanvm_chunk_prefix(const nanvm_object *object) {
    return nanvm_layout_round_up(sizeof(nanvm_chunk) + nanvm_block_prefix(object),
                                 nanvm_block_align(object));
}

nanvm_chunk *nanvm_chunk_alloc(nanvm_pool *pool, size_t size) {
    const nanvm_object *object = pool->places.object;
    size_t align = nanvm_block_align(object);
    nanvm_layout layout = nanvm_layout_make(
        size, align < NANVM_ALIGNOF(nanvm_chunk) ? NANVM_ALIGNOF(nanvm_chunk) : align);
    nanvm_chunk *self = nanvm_manager_alloc(pool->source, layout);
    if (self != NULL) {
        self->origin.object = object;
        self->origin.dealloc = &pool->dealloc;
        self->layout = layout;
        pool->reserved += size;
    }
    return self;
}

void nanvm_chunk_free(nanvm_pool *pool, nanvm_chunk *self) {
    pool->reserved -= self->layout.size;
    nanvm_dealloc_memory(pool->source_dealloc, self, self->layout);
}
