/* The blocks of both global managers, which share the quarantine: freed ones wait in a
 * quarantine, and nothing that was in a block or a piece is left in memory that is given
 * back. */
#include <string.h>

#include "hardened/atomic.h"
#include "hardened/quarantine.h"
#include "managers/global.h"
#include "system/sanitizer.h"

/* Gives at least half of a piece back, if there is memory to move the rest to. */
static void *move_rest(void *memory, nanvm_layout layout, size_t size) {
    void *moved = nanvm_system_alloc(nanvm_layout_make(size, layout.align));
    if (moved == NULL) {
        return memory;
    }
    memcpy(moved, memory, size);
    nanvm_wipe(memory, layout.size);
    nanvm_system_free(memory, layout);
    return moved;
}

/* A piece that grows is moved by the caller: realloc would leave its old bytes behind. */
void *nanvm_global_blocks_resize_raw(nanvm_manager *self, void *memory,
                                     nanvm_layout layout, size_t size) {
    (void)self;
    if (size > layout.size) {
        return NULL;
    }
    if (size < layout.size / 2) {
        return move_rest(memory, layout, size);
    }
    memset((unsigned char *)memory + size, 0, layout.size - size);
    return memory;
}

/* --- blocks --- */

/* Blocks are of several kinds, by their size. The memory of a dropped object is freed
 * when a fixed number of others of its kind were dropped after it. Each drop, in any
 * thread, puts its block in the place of the one that has waited longest.
 *
 * WAITING blocks of up to SMALLEST bytes wait. Each further kind is of blocks four times
 * as large, of which a fourth as many wait, down to one block of 1 MiB. So at most 1 MiB
 * of a kind waits, 6 MiB in all, and large objects don't push small ones out. Larger
 * blocks are freed at once. */
enum { WAITING = 1024, SMALLEST = 1024, KINDS = 6 };

/* KINDS for a block that doesn't wait. */
static size_t kind_of(size_t block_size) {
    size_t kind = 0;
    for (size_t most = SMALLEST; kind < KINDS && block_size > most; most *= 4) {
        ++kind;
    }
    return kind;
}

static size_t length_of(size_t kind) {
    return (size_t)WAITING >> 2 * kind;
}

/* Whether a resized object keeps its block. The object moves instead, and the old block
 * is wiped, if it grows, shrinks to less than half, or if a block of the new size would
 * be of another kind. Bytes that are cut off in place are cleared at once: the wipe when
 * the object is dropped wouldn't reach them. */
static bool stays(const nanvm_type *type, size_t old_size, size_t size) {
    size_t prefix = nanvm_global_prefix(type);
    return size <= old_size && size >= old_size / 2 &&
           kind_of(prefix + size) == kind_of(prefix + old_size);
}

void *nanvm_global_blocks_resize(nanvm_manager *self, void *object, size_t old_size,
                                 size_t size) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (origin->dealloc != self->dealloc || !stays(origin->type, old_size, size)) {
        return NULL;
    }
    memset((unsigned char *)object + size, 0, old_size - size);
    return object;
}

/* Lies at the start of a block that waits, over its origin or the padding in front, and
 * says what free_noted() needs: the type may be gone by then. */
typedef struct note {
    void *object;
    size_t size; /* twice the bytes, plus 1 if they are over-aligned */
    nanvm_memory_front front;
} note;

NANVM_STATIC_ASSERT(sizeof(note) <= sizeof(nanvm_origin), "it lies in front of a header");

static struct {
    note *notes[WAITING]; /* a kind uses the first length_of(kind) */
    size_t next;
} waiting[KINDS];

static size_t size_of(const nanvm_type *type, const void *object) {
    return nanvm_type_size_of(type, nanvm_block_length(type, object));
}

static note *write_note(const nanvm_type *type, void *object, size_t size) {
    size_t prefix = nanvm_global_prefix(type);
    note *self = (note *)(void *)((unsigned char *)object - prefix);
    self->object = object;
    self->size = size << 1 | (size_t)nanvm_global_is_over_aligned(type);
    nanvm_checksum_memory(&self->front, object, nanvm_layout_make(self->size, 1));
    return self;
}

static void free_noted(note *self) {
    size_t size = self->size;
    nanvm_checksum_break_memory(&self->front, self->object, nanvm_layout_make(size, 1));
    nanvm_quarantine_check(self->object, size >> 1);
    if ((size & 1) != 0) {
        nanvm_system_free_aligned(self);
    } else {
        free(self);
    }
}

/* Puts `mine`, which may be NULL, in the place of the oldest, and frees that; returns
 * whether there was one. */
static bool replace_oldest(size_t kind, note *mine) {
    size_t turn = nanvm_atomic_raise_relaxed(&waiting[kind].next) % length_of(kind);
    note *oldest = NANVM_ATOMIC_EXCHANGE(&waiting[kind].notes[turn], mine);
    if (oldest != NULL) {
        free_noted(oldest);
    }
    return oldest != NULL;
}

void nanvm_global_blocks_free(nanvm_dealloc *self, void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    size_t size = size_of(type, object);
    size_t kind = kind_of(nanvm_global_prefix(type) + size);
    (void)self;
    nanvm_wipe_object(object, size);
    if (kind == KINDS || nanvm_sanitizer_is_there()) { /* so that it sees the end */
        nanvm_global_free_memory(object);
    } else {
        (void)replace_oldest(kind, write_note(type, object, size));
    }
}

/* Frees all blocks that wait, before memory counts as exhausted; returns whether there
 * were any. */
bool nanvm_global_blocks_give_back(void) {
    bool any = false;
    for (size_t kind = 0; kind < KINDS; ++kind) {
        for (size_t i = 0; i < length_of(kind); ++i) {
            any |= replace_oldest(kind, NULL);
        }
    }
    return any;
}
