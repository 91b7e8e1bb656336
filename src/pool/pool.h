/* Pools: slots for objects of one type and size, in chunks that grow.
 *
 *   1. A chunk begins with a head, which is the origin of all objects in it, and goes
 *      on with slots. The first chunk of a pool has 512 bytes; each next one half of
 *      what the pool has, up to 64 KiB.
 *   2. A new object takes a slot of the free lists; else one of the bump range.
 *   3. When both are empty, 16 more slots of the newest chunk are carved: their
 *      headers are written, and they become the bump range.
 *   4. Objects of more than 2 KiB have a chunk each: large.c.
 *   5. A pool is the dealloc of its objects. When its manager ends it becomes an
 *      orphan, and frees itself with its last object. */
#ifndef NANVM_POOL_H
#define NANVM_POOL_H

#include "internal.h"

/* The head of a chunk: the origin of every object in it. */
typedef struct nanvm_chunk {
    nanvm_origin origin;
    size_t most; /* items of an array in it; behind the origin, for all to read */
    struct nanvm_chunk *next;
    struct nanvm_segment *segment; /* which it is a part of; NULL: memory of its own */
    size_t size;                   /* of the chunk, in bytes */
    uint32_t used; /* carved slots; set when the chunk stops being the newest */
    uint32_t free; /* free ones among them; only while the pool is being trimmed */
    NANVM_CHECKSUM(nanvm_memory_front front;)
#if defined(NANVM_DEBUG)
    struct nanvm_chunk *before; /* in the list of large objects, whose `next` it is */
#endif
} nanvm_chunk;

NANVM_STATIC_ASSERT(offsetof(nanvm_chunk, most) == sizeof(nanvm_origin),
                    "nanvm_origin_most() finds it");

/* What the pools of one owner have in common.
 *
 * A trim gives back what is free, and then skips a pool until something is freed there:
 *
 *   1. A trimmed pool gets the table nanvm_trimmed_table, by which no inline function
 *      frees.
 *   2. The next object that is freed there calls that table's `free_block`, which
 *      restores the usual table and lists the pool as untrimmed.
 *   3. A trim looks at untrimmed pools only: it is O(1) if there are none. */
typedef struct nanvm_pools {
    struct nanvm_pool *untrimmed; /* in which something may be free */
} nanvm_pools;

/* A pool is the dealloc of its objects, so it lives as long as the last of them.
 *
 * Where objects share chunks nothing is counted while they come and go:
 *
 *   live = carved - length of the bump range - length of both free lists
 *
 * is found by nanvm_pool_recount() when a report is asked for. Objects with a chunk each,
 * and pieces of raw memory, are counted as they come and go. */
typedef struct nanvm_pool {
    nanvm_slots slots; /* first: origins point at it. Without a type: raw memory */
    size_t slot_size;  /* the most bytes of an object; 0: a chunk each */
    size_t least_size; /* the fewest; smaller ones belong to another pool */
    /* In the newest chunk, the slots that aren't carved yet: from the first to the end.
     * Addresses, not pointers: the end may lie behind the chunk, since the last slot
     * needs no room for a header behind it. */
    uintptr_t uncarved;
    uintptr_t uncarved_end;
    nanvm_chunk *chunks; /* the newest first; with a chunk each: the one that is
                            kept for the next large object, or NULL */
    struct nanvm_segment *segments; /* the newest first */
    bool one_per_chunk;             /* for a sanitizer: nothing is kept, or rounded up */
    bool is_array;                  /* of a type that has pools of other sizes, too */
    bool is_listed;                 /* among the owner's untrimmed */
    nanvm_pools *owner;             /* the local manager's, while it lives */
    nanvm_manager *source;          /* of chunks, while the owner lives; of raw memory,
                                       while its manager is in use */
    nanvm_dealloc *source_dealloc;
    const nanvm_manager *served; /* of raw memory: the manager that hands it out */
    struct nanvm_pool *next;     /* of the same owner */
    struct nanvm_pool *next_untrimmed;
    size_t carved;     /* slots that have a header */
    size_t reserved;   /* bytes taken from the source */
    size_t live;       /* objects, or pieces. Exact with a chunk each, for raw memory and
                          in an orphan; else of the last nanvm_pool_recount() */
    size_t peak;       /* the highest `live` */
    size_t peak_bytes; /* the highest `reserved`, less what is kept */
    NANVM_CHECKSUM(nanvm_quarantine waiting;)
#if defined(NANVM_DEBUG)
    nanvm_chunk *large; /* where each object has one: those of live objects */
#endif
} nanvm_pool;

/* Objects of more bytes, with what is in front of them, have a chunk each. */
enum { NANVM_POOL_STRIDE_MAX = 2048, NANVM_POOL_ALIGN_MAX = 64 };

/* --- pool.c: chunks that objects share -------------------------------------- */

/* The slot size of the pool for objects of `size` bytes: 0 if they get a chunk each. */
size_t nanvm_pool_slot_size(const nanvm_type *type, size_t size);

/* A pool with slots of `capacity` bytes, or for raw memory where `type` is NULL; NULL if
 * memory runs out. */
nanvm_pool *nanvm_pool_create(nanvm_manager *source, nanvm_pools *owner,
                              const nanvm_type *type, size_t capacity);
void nanvm_pool_destroy(nanvm_pool *self);

/* The table of such a pool, unless it is trimmed or its owner is gone. */
const nanvm_dealloc_table *nanvm_pool_table(const nanvm_pool *self);

/* Whether objects of this type and size belong here. */
NANVM_WRAPS("two bounds in one comparison: below the least a size becomes huge")
static inline bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_type *type,
                                     size_t size) {
    return self->slots.type == type &&
           size - self->least_size <= self->slot_size - self->least_size;
}

/* A slot for an object of `size` bytes where none is free: carves more, or adds a chunk.
 * NULL if memory runs out. */
NANVM_NOINLINE void *nanvm_pool_alloc_new(nanvm_pool *self, size_t size);

/* A free slot, or NULL; and one in any way. */
static inline void *nanvm_pool_pop(nanvm_pool *self);
static inline void *nanvm_pool_alloc(nanvm_pool *self, size_t size);

/* Seals the size of a chunk; stops the program if it isn't what was sealed. */
static inline void nanvm_chunk_checksum(nanvm_chunk *self);
static inline void nanvm_chunk_check(const nanvm_chunk *self);

static inline nanvm_chunk *nanvm_chunk_of(const void *object) {
    nanvm_chunk *self = (nanvm_chunk *)(void *)nanvm_block_origin(object);
    nanvm_chunk_check(self);
    return self;
}

/* The pool that an object of `owner` lies in; NULL for anybody else's object. */
nanvm_pool *nanvm_pool_of(const void *object, const nanvm_pools *owner);

/* In place, or moved; NULL if neither can be done. */
void *nanvm_pool_resize(nanvm_pool *self, void *object, size_t size);

/* --- dead.c: places of the dead --------------------------------------------- */

/* So that none of so many has to be refused when it dies; false if memory runs out. */
bool nanvm_free_slots_reserve(nanvm_pool *self, size_t places);
void nanvm_free_slots_deinit(nanvm_pool *self);

/* Of a pool's table: `free_block`. */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object);

/* Leaves nothing of an object whose place isn't kept. */
void nanvm_free_slots_wipe(const nanvm_pool *self, void *object);

size_t nanvm_free_slots_length(const nanvm_pool *self);

/* Adds to `free` of the chunks that they lie in. */
void nanvm_free_slots_count_in_chunks(const nanvm_pool *self);

/* Takes the slots for which `is_spare` is true out of the lists. */
void nanvm_free_slots_forget(nanvm_pool *self, bool (*is_spare)(const void *place));

/* --- pool.c: what is alive ---------------------------------------------------- */

/* Brings `live` up to date. O(free slots): it walks their lists. */
void nanvm_pool_recount(nanvm_pool *self);
size_t nanvm_pool_live_bytes(const nanvm_pool *self);
size_t nanvm_pool_peak(const nanvm_pool *self);
size_t nanvm_pool_peak_bytes(const nanvm_pool *self);

/* Sets `used` of the newest chunk, unless a trim has given that chunk back. */
void nanvm_pool_note_used(nanvm_pool *self);

/* Slots in the bump range. */
size_t nanvm_pool_run_length(const nanvm_pool *self);

/* The owner is gone, and `live` is up to date: the pool frees itself, now or with its
 * last object. */
void nanvm_pool_orphan(nanvm_pool *self);

/* --- trim.c ------------------------------------------------------------------- */

/* Of a pool in which nothing was freed since it was trimmed. */
extern const nanvm_dealloc_table nanvm_trimmed_table;

/* Gives back what is free: chunks that hold nothing alive, and those that are kept for
 * large objects; returns their bytes. O(chunks + dead objects) of those pools in which
 * something was freed since the last trim. */
size_t nanvm_pools_trim(nanvm_pools *self);

/* The same before there is no memory, in the midst of creating or resizing an object: no
 * callback runs. Returns whether anything was given back, so that the source may be asked
 * again. */
bool nanvm_pools_give_back(nanvm_pools *self);

/* Adds a pool in which something may be free, unless it is there. */
void nanvm_pools_add(nanvm_pools *self, nanvm_pool *pool);

/* Something in the pool is free now that a trim might give back. */
void nanvm_pool_note_free(nanvm_pool *self);

/* --- chunk.c: the memory of a pool ------------------------------------------- */

/* From the start of a chunk to its first object. */
size_t nanvm_chunk_prefix(const nanvm_type *type);
unsigned char *nanvm_chunk_first(const nanvm_chunk *self);

/* The memory of one of `size` bytes. */
nanvm_layout nanvm_chunk_layout(const nanvm_pool *pool, size_t size);

/* The bytes that the pool's source gave for it. */
static inline size_t nanvm_chunk_bytes(const nanvm_pool *pool, const nanvm_chunk *self);

/* Memory for a chunk of at least `*size` bytes, which becomes as much as there is. */
static inline nanvm_chunk *nanvm_chunk_memory_alloc(const nanvm_pool *pool, size_t *size);
static inline void nanvm_chunk_memory_free(const nanvm_pool *pool, nanvm_chunk *self);

/* One of `size` bytes, which isn't among the pool's chunks yet. */
nanvm_chunk *nanvm_chunk_alloc(nanvm_pool *pool, size_t size);

/* Writes the head of one whose size is set. */
void nanvm_chunk_init(nanvm_chunk *self, nanvm_pool *pool);
void nanvm_chunk_free(nanvm_pool *pool, nanvm_chunk *self);

/* --- segment.c: chunks of large pools, in huge pages -------------------------- */

/* The head of a segment: the memory of several chunks. */
typedef struct nanvm_segment {
    struct nanvm_segment *next;
    unsigned char *unused; /* the next chunk */
    size_t chunks;         /* so far */
    size_t empty;          /* of these; only while the pool is being trimmed */
} nanvm_segment;

/* The size of a segment, and its alignment. */
enum { NANVM_SEGMENT_SIZE = NANVM_HUGE_PAGE };

/* A chunk in the newest segment, or in another one; NULL if memory runs out. */
nanvm_chunk *nanvm_segment_chunk(nanvm_pool *pool);
void nanvm_segment_free(nanvm_pool *pool, nanvm_segment *self);

/* --- large.c: objects with memory of their own -------------------------------- */

extern const nanvm_dealloc_table nanvm_large_table;

/* Counts one more object, or piece, whose bytes are in `reserved` already. */
void nanvm_pool_count_one(nanvm_pool *pool);

/* The memory of one of `size` bytes and a few more, or of just so many; NULL if there is
 * none. The second gives back what is free in all pools of the owner before that. */
nanvm_chunk *nanvm_large_chunk_alloc(nanvm_pool *pool, size_t size);
nanvm_chunk *nanvm_large_chunk_alloc_at_last(nanvm_pool *pool, size_t size);

/* The object in a new chunk. */
void *nanvm_large_object_in(nanvm_pool *pool, nanvm_chunk *chunk, size_t prefix);

/* Half as much again as there was, so that appending one by one is cheap; what is asked
 * for, if that is more, or half as much again is too much. */
size_t nanvm_large_ample(const nanvm_pool *pool, size_t old, size_t size);

/* Both give back what is free in all pools of the owner before they return NULL, if it
 * is memory that is missing. */
void *nanvm_large_alloc(nanvm_pool *pool, size_t size);
void *nanvm_large_resize(nanvm_pool *pool, void *object, size_t size);

/* Bytes that such an object can have where it is. */
static inline size_t nanvm_large_room(const void *object) {
    const nanvm_chunk *chunk = nanvm_chunk_of(object);
    return chunk->size - (size_t)((uintptr_t)object - (uintptr_t)chunk);
}

/* --- raw.c: raw memory ------------------------------------------------------------- */

extern const nanvm_dealloc_table nanvm_raw_table;

void *nanvm_raw_alloc(nanvm_pool *pool, nanvm_layout layout);
void *nanvm_raw_resize(nanvm_pool *pool, void *memory, nanvm_layout layout, size_t size);

/* The owner is gone: the account frees itself, now or with its last piece. */
void nanvm_raw_orphan(nanvm_pool *pool);

/* Makes `owner` the owner of the account that an end of the manager `served` left; false
 * if the account has been freed since. */
bool nanvm_raw_adopt(nanvm_pool *pool, const nanvm_manager *served, nanvm_pools *owner);

/* --- cache.c: chunks of large objects that have died -----------------------------
 *
 * Memory of the pool that no object uses: bytes of it. */

size_t nanvm_cache_bytes(const nanvm_pool *pool);

/* A chunk with room for `size` bytes behind its start, or NULL. */
nanvm_chunk *nanvm_cache_pop(nanvm_pool *pool, size_t size);

/* Keeps the chunk of a dead object, or frees it. */
void nanvm_cache_push(nanvm_pool *pool, void *object);
void nanvm_cache_clear(nanvm_pool *pool);

/* Makes room for `size` bytes behind `prefix`; returns the object, or NULL. */
void *nanvm_cache_grow(nanvm_pool *pool, void *object, size_t prefix, size_t size);

#include "pool_checks.h"

#endif
