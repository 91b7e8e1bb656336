#include "pool/piece_table.h"

#include <string.h>

#include "hold.h"

enum { FIRST_LENGTH = 16, FIRST_SHIFT = 32 - 4 };

static nanvm_layout layout_of(size_t length) {
    return nanvm_layout_make(length * sizeof(nanvm_large_piece),
                             NANVM_ALIGNOF(nanvm_large_piece));
}

/* The top bits of a product with 2^32 / golden ratio (Knuth, TAOCP 3, 6.4). The shift by
 * 15 brings in higher bits of the address. */
NANVM_WRAPS("a hash")
static size_t index_of(const nanvm_piece_table *self, const void *memory) {
    uint32_t key = (uint32_t)((uintptr_t)memory ^ (uintptr_t)memory >> 15);
    return (size_t)(key * UINT32_C(2654435769) >> self->shift) & (self->length - 1);
}

static size_t index_after(const nanvm_piece_table *self, size_t index) {
    return (index + 1) & (self->length - 1);
}

void nanvm_piece_table_add(nanvm_piece_table *self, nanvm_large_piece piece) {
    size_t i = index_of(self, piece.memory);
    while (self->entries[i].memory != NULL) {
        i = index_after(self, i);
    }
    self->entries[i] = piece;
    self->used += 1;
}

/* Fills the gap at `gap` with entries behind it that would no longer be found. */
NANVM_WRAPS("distances in a ring")
static void close_gap(nanvm_piece_table *self, size_t gap) {
    size_t mask = self->length - 1;
    size_t i = index_after(self, gap);
    for (; self->entries[i].memory != NULL; i = index_after(self, i)) {
        size_t home = index_of(self, self->entries[i].memory);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            self->entries[gap] = self->entries[i];
            gap = i;
        }
    }
    self->entries[gap].memory = NULL;
}

nanvm_large_piece nanvm_piece_table_take(nanvm_piece_table *self, const void *memory) {
    if (self->length == 0) {
        return (nanvm_large_piece){0};
    }
    size_t i = index_of(self, memory);
    while (self->entries[i].memory != NULL && self->entries[i].memory != memory) {
        i = index_after(self, i);
    }
    nanvm_large_piece piece = self->entries[i];
    if (piece.memory != NULL) {
        close_gap(self, i);
        self->used -= 1;
    }
    return piece;
}

/* Gives back the old table. If the source's dealloc drops references, callbacks run only
 * when the new table has the piece that made it grow. */
static void free_entries(nanvm_manager *source, nanvm_large_piece *entries,
                         size_t length) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_memory_dealloc(source, entries, layout_of(length));
    nanvm_drop_resume_later(&hold);
}

static bool grow(nanvm_piece_table *self, nanvm_manager *source) {
    nanvm_piece_table old = *self;
    bool is_first = old.length == 0;
    size_t length = is_first ? FIRST_LENGTH : old.length * 2;
    nanvm_large_piece *entries = nanvm_memory_alloc(source, layout_of(length));
    if (entries == NULL) {
        return false;
    }
    memset(entries, 0, layout_of(length).size);
    *self = (nanvm_piece_table){.entries = entries,
                                .length = length,
                                .shift = is_first ? FIRST_SHIFT : old.shift - 1};
    for (size_t i = 0; i < old.length; ++i) {
        if (old.entries[i].memory != NULL) {
            nanvm_piece_table_add(self, old.entries[i]);
        }
    }
    free_entries(source, old.entries, old.length);
    return true;
}

bool nanvm_piece_table_reserve(nanvm_piece_table *self, nanvm_manager *source) {
    return 2 * (self->used + 1) <= self->length || grow(self, source);
}

void nanvm_piece_table_free_all(nanvm_piece_table *self, nanvm_pool *pool) {
    nanvm_piece_table all = *self;
    *self = (nanvm_piece_table){0};
    for (size_t i = 0; i < all.length; ++i) {
        const nanvm_large_piece *piece = &all.entries[i];
        if (piece->memory != NULL) {
            pool->reserved -= piece->layout.size;
            nanvm_wipe(piece->memory, piece->layout.size);
            nanvm_memory_dealloc_by(pool->source_dealloc, piece->memory, piece->layout);
        }
    }
    if (all.entries != NULL) {
        nanvm_memory_dealloc_by(pool->source_dealloc, all.entries, layout_of(all.length));
    }
}
