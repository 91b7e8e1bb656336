#include "pool/pool.h"

#include <string.h>

enum { FIRST_CHUNK = 512, MEDIUM_CHUNK = 64 * 1024, RUN = 16 };

/* From here on a region costs at most half as much again, from a source that wastes
 * nothing to align it. */
enum { LARGE_POOL = 2 * NANVM_SEGMENT_SIZE };

static const size_t word_size = sizeof(void *);

/* --- sizes --- */

/* Four classes between one power of two and the next: at most a fifth is lost. */
static size_t class_of(size_t size) {
    size_t step = word_size;
    /*@ loop invariant step == 8 || step == 16 || step == 32 || step == 64 ||
                       step == 128 || step == 256 || step == word_size;
        loop invariant word_size <= step && (step == word_size || step * 4 <= size - 1);
        loop assigns step;
        loop variant size - step; */
    while (step * 8 <= size - 1) {
        step *= 2;
    }
    return nanvm_layout_round_up(size, step);
}

static size_t stride_of(const nanvm_type *type, size_t capacity) {
    return nanvm_layout_round_up(nanvm_block_prefix(type) + capacity,
                                 nanvm_block_align(type));
}

size_t nanvm_pool_slot_size(const nanvm_type *type, size_t size) {
    if (size > NANVM_POOL_STRIDE_MAX || type->align > NANVM_POOL_ALIGN_MAX) {
        return 0;
    }
    size_t least = size < word_size ? word_size : nanvm_layout_round_up(size, word_size);
    size_t capacity = type->item_size == 0 ? least : class_of(least);
    return stride_of(type, capacity) > NANVM_POOL_STRIDE_MAX ? 0 : capacity;
}

/* The smallest size whose capacity this is; those in between share the pool. */
static size_t least_size_of(const nanvm_type *type, size_t capacity) {
    if (capacity == 0 || type->item_size == 0) {
        return 0;
    }
    size_t words = capacity; /* sizes are rounded up to words first */
    /*@ loop invariant words <= capacity;
        loop assigns words;
        loop variant words; */
    while (words > word_size &&
           nanvm_pool_slot_size(type, words - word_size) == capacity) {
        words -= word_size;
    }
    return words <= word_size ? 0 : words - word_size + 1;
}

/* --- chunks --- */

static size_t least_chunk_size(const nanvm_pool *self) {
    return nanvm_chunk_prefix(self->slots.type) + 2 * self->slots.stride;
}

/* Half of what there is already, within limits, in whole cache lines. (Twice as much, as
 * is usual for one array, made the many small pools of a JSON document a quarter
 * larger, and nothing faster.) */
static size_t next_chunk_size(const nanvm_pool *self) {
    size_t size = nanvm_layout_round_up(self->reserved / 2, NANVM_CACHE_LINE);
    size = size < FIRST_CHUNK ? FIRST_CHUNK : size;
    return size < MEDIUM_CHUNK ? size : MEDIUM_CHUNK;
}

static nanvm_chunk *alloc_chunk(nanvm_pool *self) {
    size_t least = least_chunk_size(self);
    size_t size = next_chunk_size(self);
    nanvm_chunk *chunk = NULL;
    if (!NANVM_GUARDS_CHUNKS && self->reserved >= LARGE_POOL) {
        chunk = nanvm_segment_chunk(self);
    }
    /* cppcheck-suppress knownConditionTrueFalse ; true in a hardened build only */
    if (chunk == NULL && size > least) {
        chunk = nanvm_chunk_alloc(self, size);
    }
    return chunk != NULL ? chunk : nanvm_chunk_alloc(self, least);
}

void nanvm_pool_note_used(nanvm_pool *self) {
    if (self->uncarved != 0) {
        size_t bytes = self->uncarved - (uintptr_t)nanvm_chunk_first(self->chunks);
        self->chunks->used = (uint32_t)(bytes / self->slots.stride);
    }
}

/* The last one needs no more than its object takes. */
static size_t slots_for(const nanvm_pool *self, size_t room) {
    return (room - self->slot_size) / self->slots.stride + 1;
}

static size_t slots_in(const nanvm_pool *self, const nanvm_chunk *chunk) {
    const unsigned char *end = (const unsigned char *)chunk + chunk->size;
    return slots_for(self, (size_t)(end - nanvm_chunk_first(chunk)));
}

static bool add_chunk(nanvm_pool *self) {
    nanvm_chunk *chunk = alloc_chunk(self);
    if (chunk == NULL) {
        return false;
    }
    if (!nanvm_free_slots_reserve(self, self->carved + slots_in(self, chunk))) {
        nanvm_chunk_free(self, chunk);
        return false;
    }
    nanvm_pool_note_used(self);
    chunk->next = self->chunks;
    self->chunks = chunk;
    self->uncarved = (uintptr_t)nanvm_chunk_first(chunk);
    self->uncarved_end = self->uncarved + slots_in(self, chunk) * self->slots.stride;
    return true;
}

/* A run of fresh places. Their headers are written now: a few at a time, so that they are
 * in the cache when the objects are written. */
static void start_run(nanvm_pool *self) {
    size_t stride = self->slots.stride;
    size_t length = (self->uncarved_end - self->uncarved) / stride;
    length = length < RUN ? length : RUN;
    self->slots.bump = self->uncarved;
    uint32_t distance =
        nanvm_origin_distance((void *)self->uncarved, &self->chunks->origin);
    /* cppcheck-suppress knownConditionTrueFalse ; it takes RUN for less than 1 */
    for (size_t i = 0; i < length; ++i, self->uncarved += stride) {
        nanvm_header_write((void *)self->uncarved, distance, NANVM_COUNT_PLAIN);
        distance += (uint32_t)(stride / word_size);
    }
    self->slots.bump_end = self->uncarved;
    self->carved += length;
}

void *nanvm_pool_alloc_new(nanvm_pool *self, size_t size) {
    if (self->slot_size == 0) {
        return nanvm_large_alloc(self, size);
    }
    if (self->uncarved_end - self->uncarved == 0 && !add_chunk(self)) {
        return NULL;
    }
    start_run(self);
    return nanvm_slots_pop(&self->slots);
}

/* --- how objects end --- */

static void chunks_free(nanvm_pool *self) {
    for (nanvm_chunk *chunk = self->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (chunk->segment == NULL) {
            nanvm_chunk_free(self, chunk);
        }
    }
    for (nanvm_segment *region = self->segments, *next; region != NULL; region = next) {
        next = region->next;
        nanvm_segment_free(self, region);
    }
}

static void orphan_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    nanvm_free_slots_wipe(self, object);
    if (--self->live == 0) {
        chunks_free(self);
        nanvm_pool_destroy(self);
    }
}

static const nanvm_dealloc_table pool_table = {.count = NANVM_COUNT_PLAIN,
                                               .free_block = nanvm_free_slots_push,
                                               .pooled = !NANVM_QUARANTINES,
                                               .chunked = NANVM_BOUNDS_LENGTHS};
static const nanvm_dealloc_table leaf_table = {.count = NANVM_COUNT_PLAIN,
                                               .free_block = nanvm_free_slots_push,
                                               .pooled = !NANVM_QUARANTINES,
                                               .leaves = !NANVM_QUARANTINES,
                                               .chunked = NANVM_BOUNDS_LENGTHS};
static const nanvm_dealloc_table orphan_table = {.count = NANVM_COUNT_PLAIN,
                                                 .free_block = orphan_free_block,
                                                 .chunked = NANVM_BOUNDS_LENGTHS};

/* --- the pool as a whole --- */

const nanvm_dealloc_table *nanvm_pool_table(const nanvm_pool *self) {
    const nanvm_type *type = self->slots.type;
    if (type == NULL) {
        return &nanvm_raw_table;
    }
    if (self->slot_size == 0) {
        return &nanvm_large_table;
    }
    return nanvm_type_holds_nothing(type) ? &leaf_table : &pool_table;
}

nanvm_pool *nanvm_pool_create(nanvm_manager *source, nanvm_pools *owner,
                              const nanvm_type *type, size_t capacity) {
    nanvm_pool *self = nanvm_memory_alloc(source, NANVM_LAYOUT_OF(nanvm_pool));
    if (self != NULL) {
        memset(self, 0, sizeof(*self));
        self->slots.type = type;
        self->slots.stride = capacity == 0 ? 0 : stride_of(type, capacity);
        self->slot_size = capacity;
        self->slots.dealloc.table = nanvm_pool_table(self);
        self->least_size = least_size_of(type, capacity);
        self->is_array = type != NULL && type->item_size != 0;
        self->owner = owner;
        self->source = source;
        self->source_dealloc = source->dealloc;
    }
    return self;
}

void nanvm_pool_destroy(nanvm_pool *self) {
    nanvm_free_slots_deinit(self);
    nanvm_dealloc_memory(self->source_dealloc, self, NANVM_LAYOUT_OF(nanvm_pool));
}

void nanvm_pool_orphan(nanvm_pool *self) {
    if (self->slots.type == NULL) {
        nanvm_raw_orphan(self);
        return;
    }
    self->owner = NULL;
    if (self->live == 0) {
        chunks_free(self);
        nanvm_pool_destroy(self);
    } else {
        self->slots.dealloc.table =
            self->slot_size == 0 ? nanvm_pool_table(self) : &orphan_table;
    }
}

nanvm_pool *nanvm_pool_of(const void *object, const nanvm_pools *owner) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    nanvm_pool *self = (nanvm_pool *)dealloc;
    bool is_pool = dealloc->table == &pool_table || dealloc->table == &leaf_table ||
                   dealloc->table == &nanvm_large_table ||
                   dealloc->table == &nanvm_trimmed_table;
    return is_pool && self->owner == owner ? self : NULL;
}

/* A place keeps an object for which a smaller class would do, down to half; the
 * smallest class has no half. */
static bool fits_slot(const nanvm_pool *self, size_t size) {
    bool too_small = size < self->least_size && size < self->slot_size / 2;
    return size <= self->slot_size && !too_small;
}

void *nanvm_pool_resize(nanvm_pool *self, void *object, size_t size) {
    if (self->slot_size == 0) {
        return nanvm_large_resize(self, object, size);
    }
    return fits_slot(self, size) ? object : NULL;
}

/* --- what is alive --- */

size_t nanvm_pool_run_length(const nanvm_pool *self) {
    const nanvm_slots *places = &self->slots;
    size_t bytes = places->bump_end - places->bump;
    return bytes == 0 ? 0 : bytes / places->stride;
}

void nanvm_pool_recount(nanvm_pool *self) {
    if (self->slot_size != 0) {
        self->live =
            self->carved - nanvm_pool_run_length(self) - nanvm_free_slots_length(self);
    }
}

size_t nanvm_pool_live_bytes(const nanvm_pool *self) {
    return self->slot_size == 0 ? self->reserved - nanvm_cache_bytes(self)
                                : self->live * self->slots.stride;
}

/* Dead places are used again before fresh ones are. Where they wait in a quarantine, this
 * is asked before each object dies. */
size_t nanvm_pool_peak(const nanvm_pool *self) {
    size_t used = self->carved - nanvm_pool_run_length(self);
    if (NANVM_QUARANTINES && self->slot_size != 0) {
        used -= nanvm_free_slots_length(self);
    }
    return used > self->peak ? used : self->peak;
}

size_t nanvm_pool_peak_bytes(const nanvm_pool *self) {
    return self->slot_size == 0 ? self->peak_bytes
                                : nanvm_pool_peak(self) * self->slots.stride;
}
