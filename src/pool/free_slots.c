/* Freed slots of a slab pool are used again at once. Chunks that haven't been needed for
 * a long time go back to the source. See pool/slab.h.
 *
 * The hardened build has hardened/free_slots.c in place of this file: functions that do
 * nothing here are for that one. */
#include "hold.h"
#include "pool/slab.h"

/* A round ends when refills have taken more than TURNOVERS free slots for each slot of
 * the pool. Then the pool gives back what is empty, if one slot in IDLE_PART was idle
 * throughout the round, and these slots take IDLE_BYTES. Less isn't worth a call of the
 * source. */
enum { TURNOVERS = 8, IDLE_PART = 8, IDLE_BYTES = 128 * 1024 };

static bool is_round_over(const nanvm_slab *self) {
    return self->round / TURNOVERS > self->carved;
}

/* Begins a round: marks the chunks that are empty now. Returns how many slots lie in
 * chunks that were empty throughout the last round. */
static size_t begin_round(nanvm_slab *self) {
    size_t idle = 0;
    self->round = 0;
    for (nanvm_chunk_head *head = self->pool.slots.available; head != NULL;
         head = head->next_available) {
        nanvm_chunk *chunk = (nanvm_chunk *)head;
        idle += chunk->is_idle ? chunk->used : 0;
        chunk->is_idle = head->live == 0;
    }
    return idle;
}

static bool is_too_large(const nanvm_slab *self, size_t idle) {
    return idle >= self->carved / IDLE_PART &&
           idle >= IDLE_BYTES / self->pool.slots.stride &&
           nanvm_pool_source_reuses(&self->pool);
}

/* Runs in the middle of creating an object, where no callback may run: so drops are held.
 */
static void trim_without_callbacks(nanvm_slab *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_slab_trim(&self->pool);
    nanvm_drop_resume_later(&hold);
}

/* Ends a round of a pool, and begins the next. Slots that other threads freed go to their
 * chunks, of which some may then be empty. */
static void look_at(nanvm_slab *self) {
    self->turned = self->pool.owner->turned;
    if (self->pool.remote != NULL) {
        nanvm_shared_note_returned(&self->pool);
        nanvm_free_slots_collect(self);
    }
    if (is_too_large(self, begin_round(self))) {
        trim_without_callbacks(self);
    }
}

/* Each time that a round of a pool ends, looks at one of the manager's pools, in turn. So
 * the round of a pool in which little is created ends here, when `turned` has grown by
 * more than the slots of that pool. (A look costs little beside that.) */
static void look_at_another(nanvm_pools *pools) {
    nanvm_slab *other = pools->watched->next_watched;
    pools->watched = other;
    if (pools->turned - other->turned > other->carved) {
        look_at(other);
    }
}

/* Returns a slot of the magazine, or NULL. The magazine was empty before. But the
 * source's dealloc may have dropped objects that hold nothing, which a hold doesn't
 * defer: their slots are in the magazine now. A refill would overwrite these entries, and
 * the slots would be lost. */
NANVM_NOINLINE static void *end_round(nanvm_slab *self) {
    nanvm_pools *pools = self->pool.owner;
    pools->turned += self->carved;
    look_at(self);
    look_at_another(pools);
    return nanvm_slots_pop(&self->pool.slots);
}

void nanvm_free_slots_watch(nanvm_slab *self) {
    nanvm_pools *pools = self->pool.owner;
    nanvm_slab *before = pools->watched != NULL ? pools->watched : self;
    self->next_watched = before->next_watched;
    before->next_watched = self;
    pools->watched = before;
    self->turned = pools->turned;
}

void *nanvm_free_slots_alloc(nanvm_slab *self) {
    void *object = NANVM_UNLIKELY(is_round_over(self)) ? end_round(self) : NULL;
    return object != NULL ? object : nanvm_slab_refill(self);
}

bool nanvm_free_slots_reserve(nanvm_slab *self, size_t slots) {
    (void)self;
    (void)slots;
    return true;
}

/* The magazine is empty. When a round is over, nanvm_free_slots_alloc() ends it. */
void *nanvm_free_slots_pop_returned(nanvm_slab *self) {
    if (is_round_over(self)) {
        return NULL;
    }
    nanvm_slots *slots = &self->pool.slots;
    nanvm_slot *slot =
        self->returned != NULL ? self->returned : nanvm_remote_take(self->pool.remote);
    size_t length = 0;
    for (; length < NANVM_MAGAZINE_SIZE && slot != NULL; ++length) {
        slots->magazine[length] = slot;
        slot = slot->next;
        NANVM_PREFETCH(slot);
    }
    self->returned = slot;
    self->round += length;
    slots->magazine_length = length;
    return nanvm_slots_pop(slots);
}

static void free_all(nanvm_slab *self, nanvm_slot *slot) {
    for (nanvm_slot *next; slot != NULL; slot = next) {
        next = slot->next;
        nanvm_slab_free(self, slot);
    }
}

void nanvm_free_slots_collect(nanvm_slab *self) {
    nanvm_slot *returned = self->returned;
    self->returned = NULL;
    free_all(self, returned);
    free_all(self, nanvm_remote_take(self->pool.remote));
}

/* If a slot is the only one in use in its chunk, it doesn't go to the magazine, where it
 * would keep the chunk in use. So the chunk is seen to be empty, and can become the bump
 * range. (Inline functions don't make this test. A trim empties the magazine.) */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object) {
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    if (nanvm_chunk_of(object)->head.live == 1 ||
        !nanvm_slots_push((nanvm_slots *)dealloc, object)) {
        nanvm_slab_free(nanvm_slab_of((nanvm_pool *)dealloc), object);
    }
}

void nanvm_free_slots_wipe(const nanvm_slab *self, void *object) {
    (void)self;
    (void)object;
}

/* A chunk with a list is in the stack already, and keeps its place there. */
void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk) {
    if (chunk->head.free_list == NULL) {
        nanvm_slots_add_available(&self->pool.slots, &chunk->head);
    }
    chunk->head.free_list = NULL;
}

size_t nanvm_free_slots_waiting(const nanvm_slab *self) {
    (void)self;
    return 0;
}

void nanvm_free_slots_forget(nanvm_slab *self) {
    nanvm_chunk_head **link = &self->pool.slots.available;
    while (*link != NULL) {
        if (nanvm_slab_trim_takes((const nanvm_chunk *)*link)) {
            *link = (*link)->next_available;
        } else {
            link = &(*link)->next_available;
        }
    }
}
