/* The chunks of an arena that grows.
 *
 *   1. Chunks double, up to a size that depends on the bytes in use. A block or piece of
 *      more than 256 KiB for which there is no room gets a new chunk of just its size, if
 *      it can move with its chunk, and if no retained chunk is large enough.
 *   2. A new chunk comes first in the list. Of the two chunks that were first before, the
 *      one with more room becomes the second. If a block or piece has no room in the
 *      current chunk, but the second has room for it, the second becomes the current one
 *      again. So a chunk goes on being used after a large piece.
 *   3. A piece or array that is alone in the current chunk, and has no room to grow
 *      there, grows together with the chunk.
 *   4. A reset retains the chunks. A retained chunk is taken before the source is asked:
 *      the smallest that is large enough, so that the same requests find the same chunks
 *      again. */
#include "managers/arena_chunks.h"

#include <string.h>

#include "hold.h"
#include "system/sanitizer.h"

/* A new chunk for a block or piece of more than LARGEST_SHARED bytes has no room for
 * anything else, if the block or piece can move with the chunk. If such blocks shared
 * chunks, up to half of a chunk would be lost at its end. At least four smaller ones
 * share a chunk of the largest size: at most a quarter of the chunk is lost, and a fifth
 * if all have the same size. */
enum { FIRST_CHUNK = 4096, LARGEST_SHARED = NANVM_ARENA_LARGEST_CHUNK / 4 };

/* An arena with LARGE_ARENA bytes in use takes its chunks in huge pages. Creating a
 * million objects of 16 bytes then takes a fifth less time in a new arena, and a tenth
 * less after a reset. */
enum { HUGE_CHUNK = NANVM_HUGE_PAGE, LARGE_ARENA = 2 * HUGE_CHUNK };

/* --- the current chunk, and the second --- */

static unsigned char *end_of(nanvm_arena_chunk *chunk) {
    return (unsigned char *)chunk + chunk->size;
}

/* Of a chunk that isn't the current one. */
static size_t room_of(nanvm_arena_chunk *chunk) {
    return (size_t)(end_of(chunk) - chunk->top);
}

/* Called before another chunk becomes the current one. */
static void leave_chunk(nanvm_arena *self) {
    nanvm_arena_chunk *chunk = self->chunks;
    self->used = nanvm_arena_chunks_bytes(self);
    if (chunk != NULL) {
        chunk->top = self->top;
        chunk->part.bounded.end = &chunk->top;
    }
}

static void enter_chunk(nanvm_arena *self, nanvm_arena_chunk *chunk, unsigned char *top) {
    nanvm_arena_part_init(&chunk->part, self);
    nanvm_arena_chunks_enter(self, top);
    self->end = end_of(chunk);
}

static void push_chunk(nanvm_arena *self, nanvm_arena_chunk *chunk) {
    chunk->next = self->chunks;
    self->chunks = chunk;
}

static void enter_new_chunk(nanvm_arena *self, nanvm_arena_chunk *chunk) {
    push_chunk(self, chunk);
    chunk->first = NULL; /* the arena sets it */
    enter_chunk(self, chunk, (unsigned char *)(chunk + 1));
    if (self->sanitized) {
        nanvm_sanitizer_poison(self->top, (size_t)(self->end - self->top));
    }
}

static nanvm_arena_chunk *second_chunk(const nanvm_arena *self) {
    return self->chunks == NULL ? NULL : self->chunks->next;
}

static void swap_first_two(nanvm_arena *self) {
    nanvm_arena_chunk *first = self->chunks;
    nanvm_arena_chunk *second = first->next;
    first->next = second->next;
    second->next = first;
    self->chunks = second;
}

static void return_to_second(nanvm_arena *self) {
    leave_chunk(self);
    swap_first_two(self);
    enter_chunk(self, self->chunks, self->chunks->top);
    self->used -= (size_t)(self->top - nanvm_arena_chunks_data(self));
}

/* Leaves the current chunk for one that is added in front of it. */
static void leave_for_new_chunk(nanvm_arena *self) {
    nanvm_arena_chunk *second = second_chunk(self);
    leave_chunk(self);
    if (second != NULL && room_of(second) > room_of(self->chunks)) {
        swap_first_two(self);
    }
}

bool nanvm_arena_chunks_return_to(nanvm_arena *self, const unsigned char *front,
                                  const unsigned char *end) {
    const nanvm_arena_chunk *second = second_chunk(self);
    bool is_alone = second != NULL && second->first == front && second->top == end;
    if (is_alone) {
        return_to_second(self);
    }
    return is_alone;
}

/* --- memory of the source --- */

static nanvm_layout chunk_layout(size_t size) {
    return nanvm_layout_make(size, size == HUGE_CHUNK ? HUGE_CHUNK : NANVM_MALLOC_ALIGN);
}

/* The size of the next chunk that is shared. */
static size_t next_chunk_size(const nanvm_arena *self, size_t in_use) {
    if (in_use >= LARGE_ARENA) {
        return HUGE_CHUNK;
    }
    size_t size = self->shared_size == 0 ? FIRST_CHUNK : self->shared_size * 2;
    return size > NANVM_ARENA_LARGEST_CHUNK ? NANVM_ARENA_LARGEST_CHUNK : size;
}

/* The size of a new chunk for `least` bytes, aligned to `align`. A large chunk that can
 * grow has just that size. Any other chunk has the size of the next shared chunk. If that
 * is too small, the chunk has `least` and half as much again, because an array has to
 * move when its chunk is full, and with this room it moves less often. */
static size_t chunk_size_for(const nanvm_arena *self, size_t in_use, size_t least,
                             size_t align) {
    if (least > LARGEST_SHARED && nanvm_arena_chunks_can_move(self, align)) {
        return least;
    }
    size_t size = next_chunk_size(self, in_use);
    return size < least ? nanvm_ample(least) : size;
}

static nanvm_arena_chunk *chunk_alloc(nanvm_arena *self, size_t least, size_t align) {
    size_t size = chunk_size_for(self, nanvm_arena_chunks_bytes(self), least, align);
    nanvm_arena_chunk *chunk = nanvm_memory_alloc(self->source, chunk_layout(size));
    if (chunk == NULL && size > least) {
        size = least;
        chunk = nanvm_memory_alloc(self->source, chunk_layout(size));
    }
    if (chunk != NULL) {
        chunk->size = size;
    }
    return chunk;
}

static void free_chunks(nanvm_arena *self, nanvm_arena_chunk *chunk) {
    while (chunk != NULL) {
        nanvm_arena_chunk *next = chunk->next;
        if (self->sanitized) {
            nanvm_sanitizer_unpoison(chunk + 1, chunk->size - sizeof(*chunk));
        }
        nanvm_memory_dealloc(self->source, chunk, chunk_layout(chunk->size));
        chunk = next;
    }
}

void nanvm_arena_chunks_free_retained(nanvm_arena *self) {
    nanvm_arena_chunk *retained = self->retained;
    self->retained = NULL;
    free_chunks(self, retained);
}

/* If the source has no memory, gives back the retained chunks, which are all too small,
 * and asks the source again. The source's dealloc may drop references. These drops are
 * held, so that no callback runs while the caller creates an object or takes raw memory.
 */
static nanvm_arena_chunk *chunk_alloc_at_last(nanvm_arena *self, size_t least,
                                              size_t align) {
    nanvm_arena_chunk *chunk = chunk_alloc(self, least, align);
    if (chunk == NULL && self->retained != NULL) {
        nanvm_hold hold;
        nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
        nanvm_arena_chunks_free_retained(self);
        nanvm_drop_resume_later(&hold);
        chunk = chunk_alloc(self, least, align);
    }
    return chunk;
}

/* --- retained chunks --- */

/* The link that leads to the smallest retained chunk of at least `least` bytes; NULL if
 * there is none. A chunk of exactly `least` bytes ends the search. */
static nanvm_arena_chunk **find_retained(nanvm_arena *self, size_t least) {
    nanvm_arena_chunk **best = NULL;
    for (nanvm_arena_chunk **link = &self->retained; *link != NULL;
         link = &(*link)->next) {
        size_t size = (*link)->size;
        if (size >= least && (best == NULL || size < (*best)->size)) {
            best = link;
        }
        if (size == least) {
            break;
        }
    }
    return best;
}

static nanvm_arena_chunk *chunk_pop_retained(nanvm_arena *self, size_t least) {
    nanvm_arena_chunk **link = find_retained(self, least);
    nanvm_arena_chunk *chunk = link == NULL ? NULL : *link;
    if (chunk != NULL) {
        *link = chunk->next;
    }
    return chunk;
}

static void push_retained(nanvm_arena *self, nanvm_arena_chunk *chunk) {
    chunk->next = self->retained;
    self->retained = chunk;
}

/* (If the chunks were given back and taken anew, half of the time of creating a million
 * objects would go into that, because their pages would fault in again.) */
void nanvm_arena_chunks_retain(nanvm_arena *self) {
    nanvm_arena_chunks_free_retained(self);
    for (nanvm_arena_chunk *chunk = self->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        push_retained(self, chunk);
    }
    self->chunks = NULL;
    self->shared_size = 0;
}

/* --- adding --- */

bool nanvm_arena_chunks_add(nanvm_arena *self, size_t prefix, nanvm_layout layout) {
    size_t extra = sizeof(nanvm_arena_chunk) + prefix + (layout.align - 1);
    if (self->source == NULL || layout.size > (size_t)PTRDIFF_MAX - extra) {
        return false;
    }
    size_t least = extra + layout.size;
    nanvm_arena_chunk *second = second_chunk(self);
    if (second != NULL && room_of(second) >= least) {
        return_to_second(self);
        return true;
    }
    nanvm_arena_chunk *chunk = chunk_pop_retained(self, least);
    if (chunk == NULL) {
        chunk = chunk_alloc_at_last(self, least, layout.align);
    }
    if (chunk == NULL) {
        return false;
    }
    if (least <= LARGEST_SHARED) {
        self->shared_size = chunk->size;
    }
    leave_for_new_chunk(self);
    enter_new_chunk(self, chunk);
    return true;
}

/* --- growing together with the chunk --- */

/* Whether the source copies memory that grows: then it is asked less often. */
static bool source_copies(const nanvm_arena *self) {
    return NANVM_QUARANTINES || self->source->table->resize == NULL;
}

/* The new size of a chunk of `size` bytes that needs `least`: larger by half, or by a
 * sixteenth if the chunk is large and the source doesn't copy; but `least` if that is
 * more. So an array can grow by one item many times. */
static size_t grown_size(const nanvm_arena *self, size_t size, size_t least) {
    bool is_small = least <= LARGEST_SHARED;
    size_t more = is_small || source_copies(self) ? size / 2 : size / 16;
    return least - size < more ? size + more : least;
}

/* Avoids the size HUGE_CHUNK: a chunk of that size has a larger alignment, which a resize
 * by the source can't give it. */
static size_t avoid_huge(size_t size) {
    return size == HUGE_CHUNK ? size + sizeof(void *) : size;
}

static nanvm_arena_chunk *chunk_resize(nanvm_arena *self, size_t least) {
    nanvm_arena_chunk *chunk = self->chunks;
    nanvm_layout layout = chunk_layout(chunk->size);
    size_t size = avoid_huge(grown_size(self, chunk->size, least));
    nanvm_arena_chunk *grown = nanvm_memory_resize(self->source, chunk, layout, size);
    if (grown == NULL && size > least) {
        size = avoid_huge(least);
        grown = nanvm_memory_resize(self->source, chunk, layout, size);
    }
    if (grown != NULL) {
        grown->size = size;
    }
    return grown;
}

/* As chunk_alloc_at_last(), but drops are held from the start: a source that can't resize
 * frees the old memory, and its dealloc may drop references. */
static nanvm_arena_chunk *chunk_resize_at_last(nanvm_arena *self, size_t least) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_arena_chunk *grown = chunk_resize(self, least);
    if (grown == NULL && self->retained != NULL) {
        nanvm_arena_chunks_free_retained(self);
        grown = chunk_resize(self, least);
    }
    nanvm_drop_resume_later(&hold);
    return grown;
}

/* Copies the content of the current chunk to the retained chunk `target`. The two chunks
 * change places: the current one is retained. */
static void move_to_retained(nanvm_arena *self, nanvm_arena_chunk *target) {
    nanvm_arena_chunk *chunk = self->chunks;
    size_t in_use = (size_t)(self->top - nanvm_arena_chunks_data(self));
    target->next = chunk->next;
    memcpy((void *)(target + 1), (void *)(chunk + 1), in_use);
    nanvm_wipe((void *)(chunk + 1), in_use);
    push_retained(self, chunk);
}

static nanvm_arena_chunk *move_or_resize(nanvm_arena *self, size_t least) {
    nanvm_arena_chunk *retained = chunk_pop_retained(self, least);
    if (retained != NULL) {
        move_to_retained(self, retained);
        return retained;
    }
    return self->chunks->size == HUGE_CHUNK ? NULL : chunk_resize_at_last(self, least);
}

unsigned char *nanvm_arena_chunks_grow(nanvm_arena *self, const unsigned char *front,
                                       size_t size) {
    nanvm_arena_chunk *chunk = self->chunks;
    if (chunk == NULL || chunk->first != front) {
        return NULL;
    }
    size_t offset = (size_t)(front - (unsigned char *)chunk);
    size_t top = (size_t)(self->top - (unsigned char *)chunk);
    chunk = move_or_resize(self, offset + size);
    if (chunk == NULL) {
        return NULL;
    }
    self->chunks = chunk;
    chunk->first = (unsigned char *)chunk + offset;
    enter_chunk(self, chunk, (unsigned char *)chunk + top);
    return chunk->first;
}

/* --- statistics --- */

static size_t size_of_all(const nanvm_arena_chunk *chunk) {
    size_t size = 0;
    for (; chunk != NULL; chunk = chunk->next) {
        size += chunk->size;
    }
    return size;
}

size_t nanvm_arena_chunks_size(const nanvm_arena *self) {
    return size_of_all(self->chunks) + size_of_all(self->retained);
}
