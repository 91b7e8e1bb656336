/* Pools: places for objects of one type and size, in chunks that grow. */
#ifndef NANVM_POOL_H
#define NANVM_POOL_H

#include "internal.h"

/* The head of a chunk: the origin of every object in it. */
typedef struct nanvm_chunk {
    nanvm_origin origin;
    struct nanvm_chunk *next;
    nanvm_layout layout; /* of the chunk itself */
    size_t places;       /* in use so far, once it isn't the newest any more */
    size_t dead;         /* of these; only while the pool is being trimmed */
} nanvm_chunk;

/* A pool is the dealloc of its objects, so it lives as long as the last of them.
 *
 * Nothing is counted while objects come and go: how many are alive is the places
 * in use so far less the length of the free list, found when somebody asks.
 * Only the objects too large for shared chunks, which have a chunk each, are
 * counted as they come and go; and raw memory, which has no blocks. */
typedef struct nanvm_pool {
    nanvm_dealloc dealloc;   /* first: origins point at it */
    void *free;              /* dead objects, linked through their first word */
    unsigned char *bump;     /* the next object never used yet ... */
    unsigned char *bump_end; /* ... up to here */
    size_t stride;           /* from one object to the next */

    const nanvm_object *object; /* NULL: raw memory */
    size_t capacity;            /* bytes an object can have; 0: a chunk each */
    size_t least;               /* bytes an object here has at the least */
    const void *owner;          /* the local manager's state, while it lives */
    nanvm_manager *source;      /* of chunks, while the owner lives */
    nanvm_dealloc *source_dealloc;
    struct nanvm_pool *next; /* of the same owner */
    nanvm_chunk *chunks;
    size_t chunk_size; /* of the newest chunk */
    size_t carved;     /* places in use so far: free or alive */
    size_t reserved;   /* bytes taken from the source */
    size_t live;       /* kept where there is no free list, and by orphans; else
                          as it was at the last nanvm_pool_recount() */
    size_t peak;       /* the most of them */
    size_t peak_bytes; /* the most of `reserved` */
} nanvm_pool;

/* Objects of more bytes, with what is in front of them, have a chunk each. */
enum { NANVM_POOL_STRIDE_MAX = 2048, NANVM_POOL_ALIGN_MAX = 64 };

/* The capacity of the pool that serves objects of `size` bytes: 0 if they get a
 * chunk each. */
size_t nanvm_pool_capacity(const nanvm_object *object, size_t size);

/* A pool for objects of that capacity, or for raw memory where `object` is NULL;
 * NULL if memory runs out. */
nanvm_pool *nanvm_pool_create(nanvm_manager *source, const void *owner,
                              const nanvm_object *object, size_t capacity);

/* Whether objects of this type and size belong here. */
static inline bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_object *object,
                                     size_t size) {
    return self->object == object && size - self->least <= self->capacity - self->least;
}

/* The address for an object of `size` bytes, where the free list is empty; NULL if
 * memory runs out. */
NANVM_NOINLINE void *nanvm_pool_take_new(nanvm_pool *self, size_t size);

/* The same, from the free list if there is something in it. */
static inline void *nanvm_pool_take(nanvm_pool *self, size_t size) {
    void *object = self->free;
    if (NANVM_UNLIKELY(object == NULL)) {
        return nanvm_pool_take_new(self, size);
    }
    self->free = *(void **)object;
    nanvm_block_header(object)->count = NANVM_COUNT_PLAIN;
    return object;
}

/* The pool that an object of `owner` lies in; NULL for anybody else's object. */
nanvm_pool *nanvm_pool_of(const void *object, const void *owner);

/* In place, or moved; NULL if neither can be done. */
void *nanvm_pool_resize(nanvm_pool *self, void *object, size_t size);

/* Raw memory. */
void *nanvm_pool_alloc(nanvm_pool *self, nanvm_layout layout);
void *nanvm_pool_realloc(nanvm_pool *self, void *memory, nanvm_layout layout,
                         size_t size);

/* Brings `live` up to date. O(dead objects): it walks the free list. */
void nanvm_pool_recount(nanvm_pool *self);
size_t nanvm_pool_live_bytes(const nanvm_pool *self);
size_t nanvm_pool_peak(const nanvm_pool *self);
size_t nanvm_pool_peak_bytes(const nanvm_pool *self);

/* Gives chunks back that hold nothing alive; returns their bytes. O(dead objects). */
size_t nanvm_pool_trim(nanvm_pool *self);

/* The owner is gone, and `live` is up to date: the pool frees itself, now or with its
 * last object. */
void nanvm_pool_orphan(nanvm_pool *self);

#endif
