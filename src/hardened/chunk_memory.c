/* The memory of chunks, with a page behind it that nobody can touch, where that is
 * possible.
 *
 * A chunk from a global manager takes whole pages, with a closed page behind them,
 * which is opened before the chunk is given back. A chunk from another source has no
 * closed page: that source may let go of all chunks at once, or may have no memory that
 * is aligned to pages. Nor has a chunk under a sanitizer: then each chunk ends where its
 * object ends. */
#include "hardened/guard_page.h"
#include "pool/chunk.h"

static bool is_guarded(const nanvm_pool *pool) {
    const nanvm_dealloc *source = pool->source_dealloc;
    return (source == nanvm_global()->dealloc ||
            source == nanvm_global_plain()->dealloc) &&
           !pool->is_sanitized;
}

static nanvm_layout guarded(nanvm_layout layout) {
    size_t page = nanvm_guard_page_size();
    layout.align = layout.align < page ? page : layout.align;
    return layout;
}

static nanvm_layout with_guard(nanvm_layout layout) {
    layout.size += nanvm_guard_page_size();
    return layout;
}

size_t nanvm_chunk_memory_bytes(const nanvm_pool *pool, const nanvm_chunk *self) {
    return self->size + (is_guarded(pool) ? nanvm_guard_page_size() : 0);
}

/* Nothing wraps: a size is at most a few bytes more than half of the address space, and
 * an alignment at most a quarter of it. */
static nanvm_chunk *alloc_guarded(const nanvm_pool *pool, size_t *size) {
    nanvm_layout layout = guarded(nanvm_chunk_layout(pool, *size));
    layout.size = *size = nanvm_layout_round_up(layout.size, layout.align);
    nanvm_chunk *chunk = nanvm_memory_alloc(pool->source, with_guard(layout));
    if (chunk != NULL) {
        nanvm_guard_page_close((unsigned char *)chunk + *size);
    }
    return chunk;
}

nanvm_chunk *nanvm_chunk_memory_alloc(const nanvm_pool *pool, size_t *size) {
    return is_guarded(pool)
               ? alloc_guarded(pool, size)
               : nanvm_memory_alloc(pool->source, nanvm_chunk_layout(pool, *size));
}

void nanvm_chunk_memory_free(const nanvm_pool *pool, nanvm_chunk *self) {
    nanvm_layout layout = nanvm_chunk_layout(pool, self->size);
    if (is_guarded(pool)) {
        nanvm_guard_page_open((unsigned char *)self + self->size);
        layout = with_guard(guarded(layout));
    }
    nanvm_memory_dealloc_by(pool->source_dealloc, self, layout);
}

void nanvm_chunk_memory_write_checksum(nanvm_chunk *self) {
    nanvm_checksum_memory(&self->front, self, nanvm_layout_make(self->size, 1));
}

void nanvm_chunk_memory_check(const nanvm_chunk *self) {
    nanvm_checksum_check_memory(&self->front, self, nanvm_layout_make(self->size, 1),
                                "the size of a chunk was overwritten");
}
