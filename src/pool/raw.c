#include "pool/raw.h"

#include <string.h>

#include "hold.h"
#include "owner.h"

/* Less waste than this isn't worth a trim. */
enum { LEAST_WASTE = 128 * 1024 };

static nanvm_raw *raw_of(nanvm_pool *pool) {
    return (nanvm_raw *)(void *)pool;
}

static void raw_destroy(nanvm_raw *self) {
    nanvm_raw_dealloc_all(self);
    nanvm_pool_destroy(&self->pool);
}

/* --- accounts without a manager --- */

static struct {
    nanvm_lock lock;
    nanvm_pool *first; /* linked by `next` */
} orphans;

static void lock_orphans(void) {
    while (!nanvm_lock_try(&orphans.lock)) {
    }
}

static void add_orphan(nanvm_pool *pool) {
    lock_orphans();
    pool->next = orphans.first;
    orphans.first = pool;
    nanvm_lock_release(&orphans.lock);
}

/* Takes the account of `served` out of the list, and returns whether it was there: `self`
 * may have been freed, and another manager's account may have the same address by now. */
static bool remove_orphan(const nanvm_raw *self, const nanvm_manager *served) {
    lock_orphans();
    nanvm_pool **link = &orphans.first;
    while (*link != NULL && *link != &self->pool) {
        link = &(*link)->next;
    }
    bool found = *link != NULL && raw_of(*link)->served == served;
    if (found) {
        *link = self->pool.next;
    }
    nanvm_lock_release(&orphans.lock);
    return found;
}

static void raw_orphan(nanvm_pool *pool) {
    pool->owner = NULL;
    pool->is_in_untrimmed = false;
    pool->slots.dealloc.table = pool->untrimmed_table;
    if (pool->live == 0) {
        raw_destroy(raw_of(pool));
    } else {
        add_orphan(pool);
    }
}

bool nanvm_raw_adopt(nanvm_raw *self, const nanvm_manager *served, nanvm_pools *owner) {
    bool found = remove_orphan(self, served);
    if (found) {
        self->pool.owner = owner;
    }
    return found;
}

void nanvm_raw_free_orphan(nanvm_raw *self, const nanvm_manager *served) {
    if (remove_orphan(self, served)) {
        raw_destroy(self);
    }
}

/* --- pieces --- */

/* Aligned as a slot is, since a large piece may become one. */
static nanvm_layout large_layout(nanvm_layout layout) {
    bool is_raised = layout.align < NANVM_PIECE_GRAIN;
    return nanvm_layout_make(layout.size, is_raised ? NANVM_PIECE_GRAIN : layout.align);
}

static void add_large(nanvm_raw *self, void *memory, nanvm_layout layout) {
    nanvm_piece_table_add(&self->large, (nanvm_large_piece){memory, layout});
    self->pool.reserved += layout.size;
}

static nanvm_large_piece take_large(nanvm_raw *self, const void *memory) {
    nanvm_large_piece piece = nanvm_piece_table_take(&self->large, memory);
    if (piece.memory == NULL) {
        nanvm_fatal(NANVM_FOREIGN_PIECE);
    }
    self->pool.reserved -= piece.layout.size;
    return piece;
}

static void *alloc_large(nanvm_raw *self, nanvm_layout layout) {
    nanvm_manager *source = self->pool.source;
    nanvm_layout large = large_layout(layout);
    void *memory = nanvm_piece_table_reserve(&self->large, source)
                       ? nanvm_memory_alloc(source, large)
                       : NULL;
    if (memory != NULL) {
        add_large(self, memory, large);
    }
    return memory;
}

/* The source's dealloc may drop references, whose callbacks may use the manager or end
 * it. So drops are held where the source is called, and the callbacks run when the
 * account is up to date. What isn't alive is noticed before: a fatal handler that leaves
 * by longjmp mustn't leave a hold. */
static void dealloc_large(nanvm_raw *self, void *memory) {
    nanvm_large_piece piece = take_large(self, memory);
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_memory_dealloc_by(self->pool.source_dealloc, memory, piece.layout);
    nanvm_drop_resume_later(&hold);
}

/* Takes the piece out of the table first: when the source has freed the old memory, a
 * callback may be given another piece at the same address. If the source can't make a
 * piece smaller, the piece stays as it is, and the table keeps the old size. */
static void *resize_large(nanvm_raw *self, void *memory, size_t size) {
    nanvm_layout old = take_large(self, memory).layout;
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    void *resized = nanvm_memory_resize(self->pool.source, memory, old, size);
    nanvm_drop_resume_later(&hold);
    if (resized != NULL) {
        add_large(self, resized, nanvm_layout_make(size, old.align));
        return resized;
    }
    add_large(self, memory, old);
    return size <= old.size ? memory : NULL;
}

/* Whether most of the memory is free, in slots of sizes that aren't asked for, and a trim
 * pays: since the last one, as much has come from the source as was left then. */
static bool is_mostly_free(const nanvm_raw *self) {
    size_t half = self->pool.reserved / 2;
    return half >= LEAST_WASTE && half > self->live_bytes && half > self->kept &&
           nanvm_pool_source_reuses(&self->pool);
}

/* Runs in the middle of an allocation, where no callback may run: so drops are held. */
NANVM_NOINLINE static void trim_slots(nanvm_raw *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_piece_slots_trim(&self->small, &self->pool);
    self->kept = self->pool.reserved;
    nanvm_drop_resume_later(&hold);
}

/* Called when there is no slot. A trim makes none of this size. */
static void *alloc_in_other_chunk(nanvm_raw *self, size_t size) {
    if (is_mostly_free(self)) {
        trim_slots(self);
    }
    return nanvm_piece_slots_add_chunk(&self->small, &self->pool, size)
               ? nanvm_piece_slots_pop(&self->small, size)
               : NULL;
}

static void *alloc_small(nanvm_raw *self, size_t size) {
    void *memory = nanvm_piece_slots_pop(&self->small, size);
    return memory != NULL ? memory : alloc_in_other_chunk(self, size);
}

static void *alloc_uncounted(nanvm_raw *self, nanvm_layout layout) {
    return nanvm_raw_is_small(self, layout) ? alloc_small(self, layout.size)
                                            : alloc_large(self, layout);
}

static void dealloc_uncounted(nanvm_raw *self, void *memory, nanvm_layout layout) {
    if (nanvm_raw_is_small(self, layout)) {
        nanvm_piece_slots_free(&self->small, memory, layout.size);
    } else {
        dealloc_large(self, memory);
    }
}

static void *move(nanvm_raw *self, void *memory, nanvm_layout layout, size_t size) {
    void *moved = alloc_uncounted(self, nanvm_layout_make(size, layout.align));
    if (moved != NULL) {
        memcpy(moved, memory, size < layout.size ? size : layout.size);
        dealloc_uncounted(self, memory, layout);
    }
    return moved;
}

/* A piece can always shrink: if there is no memory to move it to, it shrinks where it
 * lies. A large piece that gets small in this way is a slot from then on, but stays in
 * the table of large pieces. Its memory goes back when nothing is alive: in restart() or
 * in nanvm_raw_dealloc_all(). */
static void *shrink_in_place(nanvm_raw *self, void *memory, nanvm_layout layout,
                             size_t size) {
    if (!nanvm_raw_is_small(self, layout)) {
        return resize_large(self, memory, nanvm_piece_size_of(size).size);
    }
    nanvm_piece_slots_cut(&self->small, memory, layout.size, size);
    return memory;
}

static void *resize_uncounted(nanvm_raw *self, void *memory, nanvm_layout layout,
                              size_t size) {
    bool was_small = nanvm_raw_is_small(self, layout);
    bool gets_small = nanvm_raw_is_small(self, nanvm_layout_make(size, layout.align));
    if (!was_small && !gets_small) {
        return resize_large(self, memory, size);
    }
    if (was_small && gets_small &&
        nanvm_piece_slots_resize(&self->small, memory, layout.size, size)) {
        return memory;
    }
    void *moved = move(self, memory, layout, size);
    bool can_shrink = gets_small && size < layout.size;
    return moved == NULL && can_shrink ? shrink_in_place(self, memory, layout, size)
                                       : moved;
}

static inline void uncount_one(nanvm_raw *self, size_t size) {
    self->live_bytes -= size;
    self->pool.live -= 1;
}

void *nanvm_raw_alloc(nanvm_raw *self, nanvm_layout layout) {
    void *memory = alloc_uncounted(self, layout);
    if (NANVM_LIKELY(memory != NULL)) {
        nanvm_raw_count_one(self, layout.size);
    }
    return memory;
}

/* Callbacks that the source's dealloc causes run when the caller has the resized piece:
 * one of them may give back all pieces. */
void *nanvm_raw_resize(nanvm_raw *self, void *memory, nanvm_layout layout, size_t size) {
    void *resized = resize_uncounted(self, memory, layout, size);
    if (resized != NULL) {
        uncount_one(self, layout.size);
        nanvm_raw_count_one(self, size);
        nanvm_pools_note_free(&self->pool);
    }
    return resized;
}

/* What the table still has are large pieces that became slots. */
static void restart(nanvm_raw *self) {
    nanvm_piece_slots_restart(&self->small, &self->pool);
    if (self->large.used > 0) {
        nanvm_piece_table_free_all(&self->large, &self->pool);
    }
}

static bool ends_with_its_pieces(const nanvm_raw *self) {
    return self->pool.owner == NULL;
}

/* Called when no piece is alive any more. */
static void end_life(nanvm_raw *self) {
    if (ends_with_its_pieces(self)) {
        (void)remove_orphan(self, self->served);
        raw_destroy(self);
    } else if (nanvm_piece_slots_has_many_chunks(&self->small)) {
        restart(self);
    }
}

/* A large piece, or the last one. Callbacks that wait run at the end. */
NANVM_NOINLINE static void dealloc_held(nanvm_raw *self, void *memory,
                                        nanvm_layout layout) {
    dealloc_uncounted(self, memory, layout);
    uncount_one(self, layout.size);
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    if (self->pool.live == 0) {
        end_life(self);
    }
    nanvm_drop_resume(&hold);
}

/* Whether something is to be done when the last piece is given back. */
static inline bool is_last_of_many(const nanvm_raw *self) {
    return self->pool.live == 1 && (nanvm_piece_slots_has_many_chunks(&self->small) ||
                                    ends_with_its_pieces(self));
}

static void raw_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_raw *self = (nanvm_raw *)dealloc;
    nanvm_owner_expect_of(&self->pool);
    if (NANVM_LIKELY(nanvm_raw_is_small(self, layout) && !is_last_of_many(self))) {
        nanvm_piece_slots_free(&self->small, memory, layout.size);
        uncount_one(self, layout.size);
    } else {
        dealloc_held(self, memory, layout);
    }
}

/* --- the account as a whole --- */

void nanvm_raw_dealloc_all(nanvm_raw *self) {
    nanvm_pool *pool = &self->pool;
    pool->live = self->live_bytes = self->kept = 0;
    nanvm_piece_slots_free_all(&self->small, pool);
    nanvm_piece_table_free_all(&self->large, pool);
}

/* If nothing is alive, large pieces that became slots go back, too. */
static void raw_trim(nanvm_pool *pool) {
    if (pool->live == 0) {
        nanvm_raw_dealloc_all(raw_of(pool));
    } else {
        nanvm_piece_slots_trim(&raw_of(pool)->small, pool);
        raw_of(pool)->kept = pool->reserved;
    }
}

static nanvm_pool_counts raw_count(nanvm_pool *pool) {
    return (nanvm_pool_counts){pool->live, raw_of(pool)->live_bytes, pool->peak,
                               pool->peak_bytes};
}

static const nanvm_dealloc_table raw_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                      .dealloc = raw_dealloc};

static const nanvm_pool_table raw_table = {.size = sizeof(nanvm_raw),
                                           .trim = raw_trim,
                                           .count = raw_count,
                                           .orphan = raw_orphan};

nanvm_raw *nanvm_raw_create(nanvm_manager *source, nanvm_pools *owner,
                            const nanvm_manager *served, bool is_sanitized) {
    nanvm_pool *pool = nanvm_pool_create(&raw_table, source, owner, NULL);
    if (pool != NULL) {
        bool has_slots = !NANVM_QUARANTINES && !is_sanitized;
        /* cppcheck-suppress knownConditionTrueFalse ; false in a hardened build */
        pool->most_size = has_slots ? NANVM_PIECE_SLOT_MAX : 0;
        raw_of(pool)->served = served;
        nanvm_pool_set_dealloc_table(pool, &raw_dealloc_table);
    }
    return raw_of(pool);
}
