/* The pools of one manager: which of them a trim has to look at. */
#include "hold.h"
#include "pool/pool.h"

void nanvm_pools_note_free(nanvm_pool *pool) {
    pool->is_trimmed = false;
    if (!pool->is_in_untrimmed) {
        pool->is_in_untrimmed = true;
        pool->next_untrimmed = pool->owner->untrimmed;
        pool->owner->untrimmed = pool;
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
    for (nanvm_pool *pool; (pool = self->untrimmed) != NULL;) {
        pool->is_trimmed = true;
        bytes += trim(pool);
        if (pool->is_trimmed) {
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
