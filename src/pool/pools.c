/* Which pools of a manager a trim has to look at. */
#include "hold.h"
#include "pool/pool.h"

static void trimmed_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_pools_note_free(pool);
    pool->untrimmed_table->free_block(dealloc, object);
}

static void trimmed_free_piece(nanvm_dealloc *dealloc, void *memory,
                               nanvm_layout layout) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    nanvm_pools_note_free(pool);
    pool->untrimmed_table->dealloc(dealloc, memory, layout);
}

/* For all kinds of pool. (That of raw memory has no objects, so that nobody asks for its
 * traits.) */
static const nanvm_dealloc_table trimmed_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .dealloc = trimmed_free_piece,
    .free_block = trimmed_free_block,
    .share = nanvm_shared_add,
    .traits = {.in_pool = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

static bool is_trimmed(const nanvm_pool *pool) {
    return pool->slots.dealloc.table == &trimmed_dealloc;
}

void nanvm_pools_add_untrimmed(nanvm_pools *self, nanvm_pool *pool) {
    if (!pool->is_in_untrimmed) {
        pool->is_in_untrimmed = true;
        pool->next_untrimmed = self->untrimmed;
        self->untrimmed = pool;
    }
}

/* Looks through the list: other pools may have been added in front of this one. */
static void unlist(nanvm_pools *self, nanvm_pool *pool) {
    nanvm_pool **link = &self->untrimmed;
    while (*link != pool) {
        link = &(*link)->next_untrimmed;
    }
    *link = pool->next_untrimmed;
    pool->is_in_untrimmed = false;
}

void nanvm_pools_note_free(nanvm_pool *pool) {
    if (is_trimmed(pool)) {
        pool->slots.dealloc.table = pool->untrimmed_table;
        nanvm_pools_add_untrimmed(pool->owner, pool);
    }
}

static size_t trim(nanvm_pool *pool) {
    size_t reserved = pool->reserved;
    pool->table->trim(pool);
    return reserved - pool->reserved;
}

/* A pool stays in the list until its trim has ended and nothing was freed in it
 * meanwhile. (The source's dealloc may drop objects of the pool. And where a hardened
 * build finds the pool damaged, a fatal handler may leave the trim by longjmp.) */
size_t nanvm_pools_trim(nanvm_pools *self) {
    size_t bytes = 0;
    nanvm_shared_note_all_returned(self);
    for (nanvm_pool *pool; (pool = self->untrimmed) != NULL;) {
        pool->slots.dealloc.table = &trimmed_dealloc;
        bytes += trim(pool);
        if (is_trimmed(pool)) {
            unlist(self, pool);
        }
    }
    return bytes;
}

bool nanvm_pools_give_back(nanvm_pools *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    size_t bytes = nanvm_pools_trim(self);
    nanvm_drop_resume_later(&hold);
    return bytes > 0;
}
