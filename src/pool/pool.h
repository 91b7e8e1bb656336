/* Pools: the memory of a local manager, type by type. There are three kinds, each with a
 * struct, a table and a header of its own:
 *
 *   slab.h   objects of one type and one size, side by side in chunks
 *   large.h  large objects of one type, each in a chunk of its own
 *   raw.h    raw memory
 *
 * A pool is the dealloc of its objects, so it lives as long as the last of them. When its
 * manager ends, the pool becomes an orphan, and frees itself with its last object. */
#ifndef NANVM_POOL_H
#define NANVM_POOL_H

#include "debug/debug.h"
#include "remote.h"

typedef struct nanvm_pool nanvm_pool;

typedef void nanvm_live_visitor(const void *object, void *context);

/* What reports tell of a pool. */
typedef struct nanvm_pool_counts {
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_blocks;
    size_t peak_bytes;
} nanvm_pool_counts;

/* The functions that differ between the kinds of pool. A function that a kind doesn't
 * need is NULL: raw memory has no objects. */
typedef struct nanvm_pool_table {
    size_t size; /* of the struct */

    /* For the dealloc of objects that any thread may use; NULL if there are none. */
    const nanvm_dealloc_table *remote_table;

    /* Makes an object of `size` bytes, when inline functions have found no slot. If
     * memory runs out, it gives back what is free in all pools of the owner, and tries
     * again. */
    void *(*alloc)(nanvm_pool *self, size_t size);

    /* Gives the object room for `size` bytes, in place or elsewhere, and returns its
     * address; NULL if it can't, or if the object had better move to less memory. */
    void *(*resize)(nanvm_pool *self, void *object, size_t size);

    /* Gives back what is free. */
    void (*trim)(nanvm_pool *self);

    /* Counts for a report, and brings `live` up to date. */
    nanvm_pool_counts (*count)(nanvm_pool *self);

    /* Called when the manager has ended; `live` is up to date. */
    void (*orphan)(nanvm_pool *self);

    /* Both are for a pool whose objects any thread may drop, when its manager has ended.
     * The first frees what it can of a dead object's memory; threads may call it at the
     * same time. The second frees the pool, in which nothing is alive. */
    void (*free_orphaned)(nanvm_pool *self, void *object);
    void (*destroy)(nanvm_pool *self);

    /* Makes the counts of all live objects atomic; the pool has its `remote`. */
    void (*share_all)(nanvm_pool *self);

    /* Tells of each object that is alive. */
    void (*visit)(nanvm_pool *self, nanvm_live_visitor *visitor, void *context);
} nanvm_pool_table;

/* What the pools of one manager share.
 *
 * A trim gives back what is free; later trims skip a pool until something is freed there:
 *
 *   1. The dealloc of a trimmed pool gets a table that keeps inline functions from
 *      freeing.
 *   2. When an object or a piece is freed there next, `free_block` or `dealloc` of that
 *      table restores the usual table and lists the pool as untrimmed. So does a resize
 *      that frees something.
 *   3. A trim looks at untrimmed pools only: it is O(1) if there are none. */
typedef struct nanvm_pools {
    nanvm_pool *untrimmed;      /* in which something may be free */
    struct nanvm_slab *watched; /* one of a ring of all slab pools: pool/free_slots.c */
    size_t turned;  /* slots that refills have taken in whole rounds of all pools, divided
                       by TURNOVERS: see pool/free_slots.c */
    bool is_shared; /* any thread may drop objects of the pools */
    size_t thread; /* the number of the thread that has the manager, or NANVM_NO_THREAD */
    nanvm_remote *remotes; /* of the pools, if any thread may drop their objects */
} nanvm_pools;

/* The head of every pool. */
struct nanvm_pool {
    nanvm_slots slots; /* first: origins point at it. Only slab pools have free slots */
    const nanvm_pool_table *table;
    const nanvm_dealloc_table
        *untrimmed_table; /* the dealloc's table, except while trimmed */
    size_t least_size;    /* nanvm_pool_serves() accepts sizes from this to `most_size` */
    size_t most_size;
    nanvm_remote *remote;  /* for drops in other threads, or NULL */
    nanvm_pools *owner;    /* what its manager's pools share; NULL: an orphan */
    nanvm_manager *source; /* memory comes from it; for an orphan only raw memory does */
    nanvm_dealloc *source_dealloc; /* frees that memory, even when the source has ended */
    nanvm_pool *next;              /* of the same manager */
    nanvm_pool *next_untrimmed;
    bool is_array; /* of an array type, which has pools of other sizes, too */
    bool is_in_untrimmed;
    bool is_sanitized; /* nothing is kept or rounded up, so that a sanitizer sees all */
    size_t reserved;   /* bytes of chunks, segments and large pieces, from the source */
    size_t frozen;     /* objects; they don't count as live */
    size_t live;       /* objects or pieces; in a slab pool that isn't an orphan, as of
                          the last count */
    size_t peak;       /* the highest `live`; in a slab pool call nanvm_slab_peak() */
    size_t peak_bytes; /* the most bytes in use at once; slab pools leave it 0 */
    NANVM_INTEGRITY(nanvm_quarantine waiting;)
};

/* --- pool.c ------------------------------------------------------------------- */

/* A new pool: all zeros, except for what the parameters give. The struct has
 * `table->size` bytes. NULL if memory runs out. */
nanvm_pool *nanvm_pool_create(const nanvm_pool_table *table, nanvm_manager *source,
                              nanvm_pools *owner, const nanvm_type *type);
void nanvm_pool_destroy(nanvm_pool *self);

/* The dealloc of new objects. (Objects that were shared later have `remote`, too.) */
static inline nanvm_dealloc *nanvm_pool_dealloc(nanvm_pool *self) {
    return self->slots.first_count == NANVM_COUNT_ATOMIC ? &self->remote->dealloc
                                                         : &self->slots.dealloc;
}

static inline void nanvm_pool_set_dealloc_table(
    nanvm_pool *self, const nanvm_dealloc_table *untrimmed_table) {
    self->untrimmed_table = self->slots.dealloc.table = untrimmed_table;
}

/* Whether memory that goes back to the source serves others. An arena, which doesn't
 * count references, keeps it until a reset. */
static inline bool nanvm_pool_source_reuses(const nanvm_pool *self) {
    return self->source_dealloc->table->count != NANVM_COUNT_NONE;
}

/* Whether objects of this type and size are known to belong here. False for some arrays
 * in a pool of large objects: see create_pool() in managers/local.c. */
NANVM_WRAPS("two bounds in one comparison: below the least a size becomes huge")
static inline bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_type *type,
                                     size_t size) {
    return self->slots.type == type &&
           size - self->least_size <= self->most_size - self->least_size;
}

/* The pool that an object of `owner` lies in; NULL for any other object. */
nanvm_pool *nanvm_pool_of(const void *object, const nanvm_pools *owner);

/* Counts one more object or piece. `bytes` is how much is in use together with the new
 * one. */
static inline void nanvm_pool_count_one(nanvm_pool *self, size_t bytes) {
    self->live += 1;
    self->peak = self->live > self->peak ? self->live : self->peak;
    self->peak_bytes = bytes > self->peak_bytes ? bytes : self->peak_bytes;
}

/* --- shared.c ----------------------------------------------------------------- */

/* Lets any thread drop the objects of a new pool, if its manager is a shared one. The
 * dealloc of these objects is then the pool's `remote`, while `slots.dealloc` goes on
 * serving the thread that has the pool. Returns `self`, which may be NULL; if memory runs
 * out, frees it and returns NULL. */
nanvm_pool *nanvm_shared_start(nanvm_pool *self);

/* `remote_table` of both kinds of pool. */
extern const nanvm_dealloc_table nanvm_shared_slab;
extern const nanvm_dealloc_table nanvm_shared_large;

/* `share` of the dealloc of any pool of objects. */
bool nanvm_shared_add(nanvm_dealloc *dealloc, const void *object);

/* Frees the pool's `remote`. */
void nanvm_shared_end(nanvm_pool *self);

/* The dealloc as the `remote` of a pool; NULL if it is none. */
const nanvm_remote *nanvm_shared_remote_of(const nanvm_dealloc *dealloc);

/* The pool whose `remote` the dealloc is, if it belongs to the calling thread; else
 * NULL. (Only then may the pool be asked for its owner, which changes when the manager
 * ends.) */
nanvm_pool *nanvm_shared_pool_here(const nanvm_dealloc *dealloc);

/* Whether any thread may free memory by the dealloc of a source, which may be NULL. */
bool nanvm_shared_may_free_by(const nanvm_dealloc *source);

#define NANVM_SHARED_ELSEWHERE                                                           \
    "a shared local manager was used by a thread that it doesn't belong to: see "        \
    "nanvm_local_take_over()"

/* Stops the program if the pool doesn't belong to the calling thread. */
void nanvm_shared_expect_here(const nanvm_pool *self);

/* The manager of the pool, in which something is alive, has ended. */
void nanvm_shared_orphan(nanvm_pool *self);

/* Shares all live objects of a manager, whose first pool is `pools`; false if memory runs
 * out. */
bool nanvm_shared_add_all(nanvm_pool *pools);

/* The calling thread has the pools from now on; or no thread has, until the next call. */
void nanvm_shared_hand_over(nanvm_pools *pools);
void nanvm_shared_take_over(nanvm_pools *pools);

/* Notes for a trim that other threads have dropped objects in the pool: before these are
 * taken, since nobody could tell afterwards. The second function does so for all pools.
 */
void nanvm_shared_note_returned(nanvm_pool *self);
void nanvm_shared_note_all_returned(nanvm_pools *pools);

/* --- pools.c ------------------------------------------------------------------ */

/* Gives back what is free: chunks and whole segments in which nothing is alive, and
 * chunks that are kept for large objects. Returns how many bytes these have. Takes
 * O(chunks) for each pool that is new, or in which something was freed, since the last
 * trim. For raw memory it takes O(n log n), where n is the number of chunks and free
 * slots together. */
size_t nanvm_pools_trim(nanvm_pools *self);

/* The same for when the source has no memory, in the middle of creating or resizing an
 * object: no callback runs. Returns whether anything was given back, so that the source
 * may be asked again. */
bool nanvm_pools_give_back(nanvm_pools *self);

/* Lists a pool in which something may be free, unless it is listed. */
void nanvm_pools_add_untrimmed(nanvm_pools *self, nanvm_pool *pool);

/* Notes that the pool has something free again that a trim might give back. */
void nanvm_pools_note_free(nanvm_pool *pool);

/* nanvm_pool_pop(), and what a quarantine needs of a pool. */
#include "pool_quarantine.h"

#endif
