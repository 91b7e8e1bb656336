#include "pool/slab.h"

#include "hold.h"

enum { FIRST_CHUNK = 256, LARGEST_CHUNK = 64 * 1024, CARVED_AT_ONCE = 16 };

/* A pool of this size and more takes segments. A segment adds at most half of what the
 * pool has, if the source wastes nothing to align it. */
enum { LARGE_POOL = 2 * NANVM_SEGMENT_SIZE };

static const size_t word_size = sizeof(void *);

/* --- sizes --- */

/* Eight classes between one power of two and the next: at most a ninth is lost. (With
 * four it was a fifth. Arrays that grow take the same time.) */
static size_t class_of(size_t size) {
    size_t step = word_size;
    /*@ loop invariant step == 8 || step == 16 || step == 32 || step == 64 ||
                       step == 128 || step == 256 || step == word_size;
        loop invariant word_size <= step && (step == word_size || step * 8 <= size - 1);
        loop assigns step;
        loop variant size - step; */
    while (step * 16 <= size - 1) {
        step *= 2;
    }
    return nanvm_layout_round_up(size, step);
}

static size_t stride_of(const nanvm_type *type, size_t slot_size) {
    return nanvm_layout_round_up(nanvm_block_prefix(type) + slot_size,
                                 nanvm_block_align(type));
}

size_t nanvm_slab_slot_size(const nanvm_type *type, size_t size) {
    if (size > NANVM_SLAB_STRIDE_MAX || type->align > NANVM_SLAB_ALIGN_MAX) {
        return 0;
    }
    size_t least = size < word_size ? word_size : nanvm_layout_round_up(size, word_size);
    size_t slot_size = type->item_size == 0 ? least : class_of(least);
    return stride_of(type, slot_size) > NANVM_SLAB_STRIDE_MAX ? 0 : slot_size;
}

/* For an array type, the smallest size that gets slots of `slot_size` bytes: all sizes in
 * between share the pool. For any other type 0, since its objects have one size. */
static size_t least_size_of(const nanvm_type *type, size_t slot_size) {
    if (type->item_size == 0) {
        return 0;
    }
    size_t least = slot_size; /* sizes are rounded up to words first */
    /*@ loop invariant least <= slot_size;
        loop assigns least;
        loop variant least; */
    while (least > word_size &&
           nanvm_slab_slot_size(type, least - word_size) == slot_size) {
        least -= word_size;
    }
    return least <= word_size ? 0 : least - word_size + 1;
}

/* --- chunks --- */

static size_t least_chunk_size(const nanvm_pool *pool) {
    return nanvm_chunk_prefix(pool->slots.type) + 2 * pool->slots.stride;
}

/* A quarter of what the pool has already, within limits, in whole cache lines. (A JSON
 * document has many small pools. With half of the pool instead, it takes a seventh more
 * memory; if first chunks have 512 bytes, up to a tenth more. It is read no faster.) */
static size_t usual_chunk_size(const nanvm_pool *pool) {
    size_t size = nanvm_layout_round_up(pool->reserved / 4, NANVM_CACHE_LINE);
    size = size < FIRST_CHUNK ? FIRST_CHUNK : size;
    return size < LARGEST_CHUNK ? size : LARGEST_CHUNK;
}

static nanvm_chunk *alloc_chunk(nanvm_slab *self) {
    size_t least = least_chunk_size(&self->pool);
    size_t size = usual_chunk_size(&self->pool);
    nanvm_chunk *chunk = NULL;
    if (!NANVM_GUARDS_CHUNKS && self->pool.reserved >= LARGE_POOL) {
        chunk = nanvm_segment_alloc_chunk(self);
    }
    /* cppcheck-suppress knownConditionTrueFalse ; always NULL in a hardened build */
    if (chunk == NULL && size > least) {
        chunk = nanvm_chunk_alloc(&self->pool, size);
    }
    return chunk != NULL ? chunk : nanvm_chunk_alloc(&self->pool, least);
}

/* The last slot takes only `most_size` bytes: no header follows it. */
static size_t slots_for(const nanvm_pool *pool, size_t room) {
    return (room - pool->most_size) / pool->slots.stride + 1;
}

static size_t slots_in(const nanvm_pool *pool, const nanvm_chunk *chunk) {
    const unsigned char *end = (const unsigned char *)chunk + chunk->size;
    return slots_for(pool, (size_t)(end - nanvm_chunk_first(chunk)));
}

/* --- the bump range --- */

size_t nanvm_slab_bump_length(const nanvm_slab *self) {
    const nanvm_slots *slots = &self->pool.slots;
    size_t bytes = slots->bump_end - slots->bump;
    return bytes == 0 ? 0 : bytes / slots->stride; /* mostly no division */
}

/* Called when the bump range is empty: its chunk may be empty, too. */
static void unpin_bumped_chunk(nanvm_slab *self) {
    nanvm_chunk *chunk = self->bumped;
    self->bumped = NULL;
    if (chunk != NULL && --chunk->head.live == 0) {
        nanvm_free_slots_note_empty(self, chunk);
    }
}

static void set_bump_range(nanvm_slab *self, nanvm_chunk *chunk, uintptr_t begin,
                           size_t length) {
    nanvm_slots *slots = &self->pool.slots;
    unpin_bumped_chunk(self);
    self->bumped = chunk;
    chunk->head.live += length + 1;
    slots->bump = begin;
    slots->bump_end = begin + length * slots->stride;
}

static bool add_chunk(nanvm_slab *self) {
    nanvm_chunk *chunk = alloc_chunk(self);
    if (chunk == NULL) {
        return false;
    }
    nanvm_chunk_init(chunk, &self->pool, nanvm_pool_dealloc(&self->pool),
                     self->pool.most_size);
    size_t length = slots_in(&self->pool, chunk);
    if (!nanvm_free_slots_reserve(self, self->carved + length)) {
        nanvm_hold hold; /* a callback may end the manager, and free the pool */
        nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
        nanvm_chunk_free(&self->pool, chunk);
        nanvm_drop_resume_later(&hold);
        return false;
    }
    chunk->head.free_list = NULL;
    chunk->head.live = chunk->used = 0;
    chunk->is_idle = false;
    chunk->next = self->chunks;
    self->chunks = chunk;
    self->uncarved = (uintptr_t)nanvm_chunk_first(chunk);
    self->uncarved_end = self->uncarved + length * self->pool.slots.stride;
    return true;
}

/* Carves a few at a time: their headers are then in the cache when objects are
 * written. */
static void carve_some(nanvm_slab *self) {
    nanvm_chunk *chunk = self->chunks;
    size_t stride = self->pool.slots.stride;
    size_t length = (self->uncarved_end - self->uncarved) / stride;
    length = length < CARVED_AT_ONCE ? length : CARVED_AT_ONCE;
    set_bump_range(self, chunk, self->uncarved, length);
    uint32_t distance =
        nanvm_origin_distance((void *)self->uncarved, &chunk->head.origin);
    /* cppcheck-suppress knownConditionTrueFalse ; cppcheck takes CARVED_AT_ONCE for 0 */
    for (size_t i = 0; i < length; ++i, self->uncarved += stride) {
        nanvm_header_write((void *)self->uncarved, distance, NANVM_COUNT_PLAIN);
        distance += (uint32_t)(stride / word_size);
    }
    chunk->used += (uint32_t)length;
    self->carved += length;
}

/* Takes an empty chunk from the top of the stack. */
static void reuse_chunk(nanvm_slab *self, nanvm_chunk *chunk) {
    self->pool.slots.available = chunk->head.next_available;
    self->pool.peak = nanvm_slab_peak(self);
    self->round += chunk->used;
    chunk->is_idle = false;
    if (self->pool.remote != NULL) { /* objects in the chunk may have been shared */
        nanvm_origin_write(&chunk->head.origin, self->pool.slots.type,
                           nanvm_pool_dealloc(&self->pool));
    }
    set_bump_range(self, chunk, (uintptr_t)nanvm_chunk_first(chunk), chunk->used);
}

/* Puts what is left of the bump range back, into the free list of its chunk. But if the
 * range ends where the uncarved slots begin, its slots are uncarved again. A range in
 * another chunk can't end at that address, even if that chunk lies right in front of the
 * newest one. A range ends less than a stride behind the end of its chunk (see
 * slots_for()). The first uncarved slot lies more than a stride behind the start of the
 * newest chunk, because at least one slot was carved there, and used at once. */
static void end_bump_range(nanvm_slab *self) {
    nanvm_slots *slots = &self->pool.slots;
    size_t length = nanvm_slab_bump_length(self);
    if (length > 0 && slots->bump_end == self->uncarved) {
        self->uncarved = slots->bump;
        self->carved -= length;
        self->chunks->used -= (uint32_t)length;
        self->chunks->head.live -= length;
        slots->bump_end = slots->bump;
    }
    while (slots->bump_end != slots->bump) {
        slots->bump_end -= slots->stride;
        nanvm_slab_free(self, (void *)slots->bump_end);
    }
}

/* --- the magazine --- */

/* Fills the magazine with free slots of one chunk. */
static void load_magazine(nanvm_slots *slots, nanvm_chunk_head *chunk) {
    nanvm_slot *slot = chunk->free_list;
    size_t length = 0;
    for (; length < NANVM_MAGAZINE_SIZE && slot != NULL; ++length) {
        slots->magazine[length] = slot;
        slot = slot->next;
        NANVM_PREFETCH(slot);
    }
    slots->magazine_length = length;
    chunk->free_list = slot;
    chunk->live += length;
    if (slot == NULL) {
        slots->available = chunk->next_available;
    }
}

void *nanvm_slab_refill(nanvm_slab *self) {
    nanvm_slots *slots = &self->pool.slots;
    nanvm_chunk_head *top = slots->available;
    if (top == NULL) {
        if (self->uncarved == self->uncarved_end && !add_chunk(self)) {
            return NULL;
        }
        carve_some(self);
    } else if (top->free_list != NULL) {
        load_magazine(slots, top);
        self->round += slots->magazine_length;
    } else {
        reuse_chunk(self, (nanvm_chunk *)top);
    }
    return nanvm_slots_pop(slots);
}

void nanvm_slab_free(nanvm_slab *self, void *object) {
    nanvm_chunk *chunk = nanvm_chunk_of(object);
    if (!nanvm_slots_push_in_chunk(&self->pool.slots, &chunk->head, object)) {
        chunk->head.live = 0;
        nanvm_free_slots_note_empty(self, chunk);
    }
}

void nanvm_slab_settle(nanvm_slab *self) {
    nanvm_slots *slots = &self->pool.slots;
    if (self->pool.remote != NULL) {
        nanvm_free_slots_collect(self);
    }
    while (slots->magazine_length > 0) {
        slots->magazine_length -= 1;
        nanvm_slab_free(self, slots->magazine[slots->magazine_length]);
    }
    end_bump_range(self);
    unpin_bumped_chunk(self);
}

static void *pop_returned(nanvm_slab *self) {
    nanvm_shared_expect_here(&self->pool);
    nanvm_shared_note_returned(&self->pool);
    return nanvm_free_slots_pop_returned(self);
}

static void *slab_alloc(nanvm_pool *pool, size_t size) {
    nanvm_slab *self = nanvm_slab_of(pool);
    void *object = pool->remote != NULL ? pop_returned(self) : NULL;
    (void)size;
    if (object == NULL) {
        object = nanvm_free_slots_alloc(self);
    }
    return object == NULL && nanvm_pools_give_back(pool->owner)
               ? nanvm_free_slots_alloc(self)
               : object;
}

/* A shrinking object keeps its slot if the new size is at least half of the slot's, even
 * if a smaller class would do. In the smallest class it always keeps the slot. */
static void *slab_resize(nanvm_pool *pool, void *object, size_t size) {
    bool too_small = size < pool->least_size && size < pool->most_size / 2;
    return size <= pool->most_size && !too_small ? object : NULL;
}

/* --- counts --- */

/* See slab.h. Where freed slots wait in a quarantine, others are carved meanwhile. So
 * there this function is called before each object is freed, and takes off the slots that
 * wait. */
size_t nanvm_slab_peak(const nanvm_slab *self) {
    size_t used = self->carved - nanvm_slab_bump_length(self);
    if (NANVM_QUARANTINES) {
        used -= nanvm_free_slots_waiting(self);
    }
    return used > self->pool.peak ? used : self->pool.peak;
}

static size_t count_live(const nanvm_slab *self) {
    size_t live = 0;
    for (const nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        live += chunk->head.live;
    }
    return live - (self->bumped != NULL ? 1 : 0) - nanvm_slab_bump_length(self) -
           self->pool.slots.magazine_length -
           nanvm_atomic_read_relaxed(&self->pool.frozen);
}

/* O(chunks). */
static nanvm_pool_counts slab_count(nanvm_pool *pool) {
    nanvm_slab *self = nanvm_slab_of(pool);
    size_t stride = pool->slots.stride;
    if (pool->remote != NULL) {
        nanvm_shared_note_returned(pool);
        nanvm_free_slots_collect(self);
    }
    size_t peak = nanvm_slab_peak(self);
    pool->live = count_live(self);
    return (nanvm_pool_counts){pool->live, pool->live * stride, peak, peak * stride};
}

/* --- the end --- */

static void slab_destroy(nanvm_pool *pool) {
    nanvm_slab *self = nanvm_slab_of(pool);
    nanvm_slab_trim_free_taken(self);
    for (nanvm_chunk *chunk = self->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (chunk->segment == NULL) {
            nanvm_chunk_free(&self->pool, chunk);
        }
    }
    for (nanvm_segment *segment = self->segments, *next; segment != NULL;
         segment = next) {
        next = segment->next;
        nanvm_segment_free(self, segment);
    }
    nanvm_pool_destroy(pool);
}

static void slab_free_orphaned(nanvm_pool *pool, void *object) {
    nanvm_free_slots_wipe(nanvm_slab_of(pool), object);
}

static void orphan_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *pool = (nanvm_pool *)dealloc;
    slab_free_orphaned(pool, object);
    if (--pool->live == 0) {
        slab_destroy(pool);
    }
}

static const nanvm_dealloc_table orphan_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .free_block = orphan_free_block,
    .traits = {.in_pool = true, .has_most_items = NANVM_BOUNDS_LENGTHS}};

static void slab_orphan(nanvm_pool *pool) {
    pool->owner = NULL;
    if (pool->live == 0) {
        slab_destroy(pool);
    } else if (pool->remote != NULL) {
        nanvm_shared_orphan(pool);
    } else {
        nanvm_pool_set_dealloc_table(pool, &orphan_dealloc);
    }
}

/* --- the pool as a whole --- */

static const nanvm_dealloc_table slab_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .free_block = nanvm_free_slots_push,
    .share = nanvm_shared_add,
    .traits = {.in_pool = true,
               .free_inline = !NANVM_QUARANTINES,
               .has_most_items = NANVM_BOUNDS_LENGTHS}};
static const nanvm_dealloc_table leaf_dealloc = {
    .count = NANVM_COUNT_PLAIN,
    .free_block = nanvm_free_slots_push,
    .share = nanvm_shared_add,
    .traits = {.in_pool = true,
               .free_inline = !NANVM_QUARANTINES,
               .holds_nothing = !NANVM_QUARANTINES,
               .has_most_items = NANVM_BOUNDS_LENGTHS}};

static const nanvm_pool_table slab_table = {.size = sizeof(nanvm_slab),
                                            .remote_table = &nanvm_shared_slab,
                                            .alloc = slab_alloc,
                                            .resize = slab_resize,
                                            .trim = nanvm_slab_trim,
                                            .count = slab_count,
                                            .orphan = slab_orphan,
                                            .free_orphaned = slab_free_orphaned,
                                            .destroy = slab_destroy,
                                            .share_all = nanvm_live_share_slab,
                                            .visit = nanvm_live_visit_slab};

nanvm_pool *nanvm_slab_create(nanvm_manager *source, nanvm_pools *owner,
                              const nanvm_type *type, size_t slot_size) {
    nanvm_pool *self =
        nanvm_shared_start(nanvm_pool_create(&slab_table, source, owner, type));
    if (self != NULL) {
        self->slots.stride = stride_of(type, slot_size);
        self->least_size = least_size_of(type, slot_size);
        self->most_size = slot_size;
        nanvm_pool_set_dealloc_table(
            self, nanvm_type_holds_nothing(type) ? &leaf_dealloc : &slab_dealloc);
        nanvm_free_slots_watch(nanvm_slab_of(self));
    }
    return self;
}
