/* The large-object cache: the chunk of the last large object, kept for the next. The
 * hardened build has hardened/cache.c in place of this file. */
#include "pool/large.h"

size_t nanvm_cache_bytes(const nanvm_large *self) {
    return self->cached == NULL ? 0 : nanvm_chunk_memory_bytes(&self->pool, self->cached);
}

/* Takes the kept chunk, unless more than a fifth of it would be unused. */
nanvm_chunk *nanvm_cache_pop(nanvm_large *self, size_t size) {
    nanvm_chunk *chunk = self->cached;
    if (chunk == NULL || chunk->size < size || chunk->size - size > size / 4) {
        return NULL;
    }
    self->cached = NULL;
    return chunk;
}

/* The chunk is freed last: the source's dealloc may drop another large object, which
 * calls this function again. */
void nanvm_cache_push(nanvm_large *self, void *object) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    nanvm_live_leave(self, chunk);
    if (nanvm_large_keeps(self, chunk)) {
        nanvm_chunk *old = self->cached;
        self->cached = chunk;
        chunk = old;
    }
    if (chunk != NULL) {
        nanvm_chunk_free(&self->pool, chunk);
    }
}

/* A loop, since the source's dealloc may drop another large object, whose chunk is then
 * kept and has to be freed, too. */
void nanvm_cache_clear(nanvm_large *self) {
    while (self->cached != NULL) {
        nanvm_chunk *chunk = self->cached;
        self->cached = NULL;
        nanvm_chunk_free(&self->pool, chunk);
    }
}

/* Resizes the chunk to what nanvm_large_ample() says, or else to `least` bytes. */
static nanvm_chunk *resize_chunk(nanvm_large *self, nanvm_chunk *chunk, size_t least) {
    nanvm_manager *source = self->pool.source;
    nanvm_layout layout = nanvm_chunk_layout(&self->pool, chunk->size);
    size_t size = nanvm_large_ample(self, layout.size, least);
    nanvm_chunk *resized = nanvm_memory_resize(source, chunk, layout, size);
    if (resized == NULL && size > least) {
        size = least;
        resized = nanvm_memory_resize(source, chunk, layout, size);
    }
    if (resized != NULL) {
        resized->size = size;
        nanvm_large_init_chunk(self, resized, resized->head.origin.dealloc);
    }
    return resized;
}

void *nanvm_cache_grow(nanvm_large *self, void *object, size_t prefix, size_t size) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    size_t old = chunk->size;
    nanvm_live_remove(self, chunk); /* it may move */
    nanvm_chunk *larger = resize_chunk(self, chunk, prefix + size);
    if (larger == NULL && nanvm_pools_give_back(self->pool.owner)) {
        larger = resize_chunk(self, chunk, prefix + size);
    }
    if (self->pool.owner != NULL) { /* or else the manager has ended meanwhile */
        nanvm_live_add(self, larger == NULL ? chunk : larger);
    }
    if (larger == NULL) {
        return NULL;
    }
    self->pool.live -= 1;
    self->pool.reserved += larger->size - old;
    nanvm_large_count_one(self);
    return (unsigned char *)larger + prefix;
}
