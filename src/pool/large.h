/* Large objects of one type: each has a chunk of its own. Under a sanitizer all objects
 * are large, so that the sanitizer sees where each begins and ends.
 *
 * An update of a shared array clones it and drops the old one. So the chunk that was
 * freed last is kept, up to 64 KiB, and the source isn't asked each time: an update that
 * copies 8,000 bytes takes 68 ns instead of 85. A hardened build keeps freed chunks in a
 * quarantine instead, and doesn't use them again. */
#ifndef NANVM_LARGE_H
#define NANVM_LARGE_H

#include "pool/chunk.h"

/* No object is larger. */
#define NANVM_LARGE_MOST ((size_t)PTRDIFF_MAX)

typedef struct nanvm_large {
    nanvm_pool pool;     /* first */
    nanvm_chunk *cached; /* kept for the next object, or NULL */
    nanvm_chunk *live;   /* the chunks of live objects, linked in both directions */
} nanvm_large;

static inline nanvm_large *nanvm_large_of(nanvm_pool *pool) {
    return (nanvm_large *)(void *)pool;
}

/* --- live.c ------------------------------------------------------------------- */

/* The chunk joins, or leaves, the list of those with live objects. */
void nanvm_live_add(nanvm_large *self, nanvm_chunk *chunk);
void nanvm_live_remove(nanvm_large *self, nanvm_chunk *chunk);

/* The object is freed. In an orphan only frozen objects are in the list. */
void nanvm_live_leave(nanvm_large *self, nanvm_chunk *chunk);

/* `share_all` and `visit` of the pool's table. */
void nanvm_live_share_large(nanvm_pool *pool);
void nanvm_live_visit_large(nanvm_pool *pool, nanvm_live_visitor *visitor, void *context);

/* --- large.c ------------------------------------------------------------------ */

/* A pool for objects that no slab pool takes: all of `least_size` bytes and more, and
 * maybe smaller ones. NULL if memory runs out. */
nanvm_pool *nanvm_large_create(nanvm_manager *source, nanvm_pools *owner,
                               const nanvm_type *type, size_t least_size);

/* A chunk of `size` bytes, rounded up if there is memory for that; NULL if there is none.
 * Before it returns NULL, the second function gives back what is free in all pools of the
 * owner, and tries again. */
nanvm_chunk *nanvm_large_alloc_chunk(nanvm_large *self, size_t size);
nanvm_chunk *nanvm_large_alloc_chunk_at_last(nanvm_large *self, size_t size);

/* Makes an object in a chunk that holds none: counts it and writes its header. */
void *nanvm_large_object_in(nanvm_large *self, nanvm_chunk *chunk, size_t prefix);

/* Writes the origin of a chunk whose size is set. */
void nanvm_large_init_chunk(nanvm_large *self, nanvm_chunk *chunk,
                            nanvm_dealloc *dealloc);

/* The new size for memory of `old` bytes that has to grow to `size`: half as much again
 * as `old`, so that appending one by one is cheap, but at least `size`. Under a sanitizer
 * it is `size`. */
size_t nanvm_large_ample(const nanvm_large *self, size_t old, size_t size);

void nanvm_large_count_one(nanvm_large *self);

/* How many bytes a large object can have without moving. */
static inline size_t nanvm_large_room(const void *object) {
    const nanvm_chunk *chunk = nanvm_chunk_of(object);
    return chunk->size - (size_t)((uintptr_t)object - (uintptr_t)chunk);
}

/* In the list of dead objects that other threads dropped, a large one is linked by a word
 * of its chunk's head: under a sanitizer the object may be smaller than a word. */
static inline nanvm_slot *nanvm_large_link(const void *object) {
    return (nanvm_slot *)(void *)&nanvm_chunk_of(object)->head.free_list;
}

static inline void *nanvm_large_linked_by(nanvm_slot *link) {
    size_t distance = offsetof(nanvm_chunk_head, free_list);
    return nanvm_chunk_first((nanvm_chunk *)(void *)((unsigned char *)link - distance));
}

/* Whether the chunk of a freed object is kept. */
bool nanvm_large_keeps(const nanvm_large *self, const nanvm_chunk *chunk);

/* --- cache.c ------------------------------------------------------------------ */

/* The bytes of the chunks that are kept, which no object uses. */
size_t nanvm_cache_bytes(const nanvm_large *self);

/* Takes the kept chunk if it has `size` bytes, its head included, and not many more; else
 * returns NULL. */
nanvm_chunk *nanvm_cache_pop(nanvm_large *self, size_t size);

/* Keeps the chunk of a dead object, or frees it. */
void nanvm_cache_push(nanvm_large *self, void *object);
void nanvm_cache_clear(nanvm_large *self);

/* Gives the object room for `size` bytes, in its chunk or in a new one; `prefix` is the
 * distance from the start of the chunk. Returns the object, or NULL. */
void *nanvm_cache_grow(nanvm_large *self, void *object, size_t prefix, size_t size);

#endif
