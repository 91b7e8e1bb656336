/* Pools: the memory of a local manager, type by type. There are three shapes, each with a
 * struct, a table and a header of its own:
 *
 *   slab.h   objects of one type and one size, side by side in chunks
 *   large.h  large objects of one type, each in a chunk of its own
 *   raw.h    an account of the raw memory that the source handed out
 *
 * A pool is the dealloc of its objects, so it lives as long as the last of them. When its
 * manager ends the pool becomes an orphan, and frees itself with its last object. */
#ifndef NANVM_POOL_H
#define NANVM_POOL_H

#include "debug/debug.h"
#include "internal.h"

typedef struct nanvm_pool nanvm_pool;

/* What a pool has, as reports tell it. */
typedef struct nanvm_pool_counts {
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_blocks;
    size_t peak_bytes;
} nanvm_pool_counts;

/* What differs from shape to shape. NULL where a shape doesn't need it: raw memory has no
 * objects, and keeps nothing that a trim could give back. */
typedef struct nanvm_pool_table {
    size_t size; /* of the struct */

    /* An object of `size` bytes, where no inline function finds a free slot. NULL if
     * memory runs out, and giving back what is free in all pools of the owner doesn't
     * help. */
    void *(*alloc)(nanvm_pool *self, size_t size);

    /* Makes room for `size` bytes, in place or by moving; NULL if it can't. */
    void *(*resize)(nanvm_pool *self, void *object, size_t size);

    /* Gives back what is free. */
    void (*trim)(nanvm_pool *self);

    /* Brings `live` up to date, too. */
    nanvm_pool_counts (*count)(nanvm_pool *self);

    /* The manager has ended, and `live` is up to date. */
    void (*orphan)(nanvm_pool *self);

    /* Tells of each object that is alive. */
    NANVM_IN_DEBUG(void (*visit)(nanvm_pool *self, nanvm_live_visitor *visitor,
                                 void *context);)
} nanvm_pool_table;

/* What the pools of one manager share.
 *
 * A trim gives back what is free, and then skips a pool until something is freed there:
 *
 *   1. A trimmed pool's dealloc gets a table by which no inline function frees.
 *   2. The next object that is freed there calls that table's `free_block`, which
 *      restores the usual table and lists the pool as untrimmed.
 *   3. A trim looks at untrimmed pools only: it is O(1) if there are none. */
typedef struct nanvm_pools {
    nanvm_pool *untrimmed; /* in which something may be free */
} nanvm_pools;

/* The head of every pool. */
struct nanvm_pool {
    nanvm_slots slots; /* first: origins point at it. Only slab pools have free slots */
    const nanvm_pool_table *table;
    const nanvm_dealloc_table *usual; /* the dealloc's table while the manager lives,
                                         unless the pool is trimmed */
    size_t least_size; /* of an object that the inline way finds this pool for */
    size_t most_size;
    nanvm_pools *owner;            /* NULL: an orphan */
    nanvm_manager *source;         /* of its memory, while the manager lives */
    nanvm_dealloc *source_dealloc; /* ... and always */
    nanvm_pool *next;              /* of the same manager */
    nanvm_pool *next_untrimmed;
    bool is_array; /* of a type that has pools of other sizes, too */
    bool is_untrimmed;
    bool is_sanitized; /* nothing is kept, or rounded up: the sanitizer sees it all */
    size_t reserved;   /* bytes taken from the source */
    size_t live;       /* objects, or pieces; of a slab pool when it was last counted */
    size_t peak;       /* the highest `live` */
    size_t peak_bytes; /* the highest `reserved`, less what is kept; not in a slab pool */
    NANVM_CHECKSUM(nanvm_quarantine waiting;)
};

/* --- pool.c ------------------------------------------------------------------- */

/* A pool of zeros but for its head; NULL if memory runs out. Its struct has
 * `table->size` bytes. */
nanvm_pool *nanvm_pool_create(const nanvm_pool_table *table, nanvm_manager *source,
                              nanvm_pools *owner, const nanvm_type *type);
void nanvm_pool_destroy(nanvm_pool *self);

static inline void nanvm_pool_set_usual(nanvm_pool *self,
                                        const nanvm_dealloc_table *usual) {
    self->usual = self->slots.dealloc.table = usual;
}

/* Whether objects of this type and size belong here. */
NANVM_WRAPS("two bounds in one comparison: below the least a size becomes huge")
static inline bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_type *type,
                                     size_t size) {
    return self->slots.type == type &&
           size - self->least_size <= self->most_size - self->least_size;
}

/* The pool that an object of `owner` lies in; NULL for any other object. */
nanvm_pool *nanvm_pool_of(const void *object, const nanvm_pools *owner);

/* Counts one more object, or piece, whose bytes are among the `bytes` in use. */
static inline void nanvm_pool_count_one(nanvm_pool *self, size_t bytes) {
    self->live += 1;
    self->peak = self->live > self->peak ? self->live : self->peak;
    self->peak_bytes = bytes > self->peak_bytes ? bytes : self->peak_bytes;
}

/* --- pools.c ------------------------------------------------------------------ */

/* Gives back what is free: chunks that hold nothing alive, and those that are kept for
 * large objects; returns their bytes. O(chunks + free slots) of those pools in which
 * something was freed since the last trim. */
size_t nanvm_pools_trim(nanvm_pools *self);

/* The same where the source has no memory, in the middle of creating or resizing an
 * object: no callback runs. Returns whether anything was given back, so that the source
 * may be asked again. */
bool nanvm_pools_give_back(nanvm_pools *self);

/* Lists a pool in which something may be free, unless it is listed. */
void nanvm_pools_add(nanvm_pools *self, nanvm_pool *pool);

/* Something in the pool is free now that a trim might give back. */
void nanvm_pools_note_free(nanvm_pool *pool);

#include "pool_checks.h"

#endif
