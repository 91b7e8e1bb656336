/* The chunks of an arena that grows, for arena.c. In an arena with a buffer there are
 * none. */
#ifndef NANVM_ARENA_CHUNKS_H
#define NANVM_ARENA_CHUNKS_H

#include "internal.h"

/* The largest of the chunks that double; a large arena takes larger ones. */
enum { NANVM_ARENA_LARGEST_CHUNK = 1024 * 1024 };

/* The list `chunks` begins with the current chunk, which objects are placed in. */
typedef struct nanvm_arena_chunk {
    _Alignas(8) nanvm_arena_part part; /* first: the dealloc of the objects in it. Aligned
                                          to 8 bytes, so that the bytes behind the head
                                          are, too */
    struct nanvm_arena_chunk *next;
    size_t size;
    unsigned char *top;   /* where its objects end; set while it isn't the current one */
    unsigned char *first; /* where its first block (with its origin) or piece begins */
} nanvm_arena_chunk;

/* arena.c: makes `self` the dealloc of the objects in the buffer or in the current chunk.
 * These objects end at the arena's top. */
void nanvm_arena_part_init(nanvm_arena_part *self, nanvm_arena *arena);

/* The start of the buffer, or of what is behind the head of the current chunk. */
static inline unsigned char *nanvm_arena_chunks_data(const nanvm_arena *self) {
    return self->chunks == NULL ? self->buffer : (unsigned char *)(self->chunks + 1);
}

/* The bytes in use, together with those of objects that are made ahead. */
static inline size_t nanvm_arena_chunks_bytes(const nanvm_arena *self) {
    return self->top == NULL
               ? 0
               : self->used + (size_t)(self->top - nanvm_arena_chunks_data(self));
}

/* Whether a block or piece of this alignment can move together with its chunk. Under a
 * sanitizer it doesn't, so that uses of its old address are found. */
static inline bool nanvm_arena_chunks_can_move(const nanvm_arena *self, size_t align) {
    return !self->sanitized && align <= NANVM_MALLOC_ALIGN;
}

/* Moves the top to `bytes`: the first free byte of the buffer or of a chunk, or NULL if
 * there is neither. */
static inline void nanvm_arena_chunks_enter(nanvm_arena *self, unsigned char *bytes) {
    self->top = bytes;
    self->origin = NULL;
    self->newest = NULL;
}

/* The next three functions are called while there is no bump range. */

/* Finds or allocates a chunk with room for `prefix` bytes, the layout and the most
 * padding that the alignment can take, and makes the chunk the current one. Returns false
 * if there is no memory: then nothing has changed, except that the retained chunks may
 * have been given back. */
bool nanvm_arena_chunks_add(nanvm_arena *self, size_t prefix, nanvm_layout layout);

/* If the current chunk holds only the block or piece that begins at `front`, makes the
 * chunk large enough for it to have `size` bytes. Returns where the block or piece begins
 * from now on: it may have moved, together with the chunk. Returns NULL, and leaves the
 * chunk as it is, if the chunk holds anything else, if there is no memory, or if the
 * chunk lies in huge pages and no retained chunk is large enough. */
unsigned char *nanvm_arena_chunks_grow(nanvm_arena *self, const unsigned char *front,
                                       size_t size);

/* If all that the second chunk holds lies from `front` to `end`, makes this chunk the
 * current one, and returns true. */
bool nanvm_arena_chunks_return_to(nanvm_arena *self, const unsigned char *front,
                                  const unsigned char *end);

/* For a reset: retains the chunks, which are empty now, and frees those that were
 * retained already. */
void nanvm_arena_chunks_retain(nanvm_arena *self);

void nanvm_arena_chunks_free_retained(nanvm_arena *self);

/* The bytes of all chunks, with the retained ones. */
size_t nanvm_arena_chunks_size(const nanvm_arena *self);

#endif
