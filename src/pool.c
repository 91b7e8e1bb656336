#include "pool.h"

#include <string.h>

/* Headers are written when the run is started. */
enum { FIRST_CHUNK = 1024, MEDIUM_CHUNK = 64 * 1024, FRESH_RUN = 16 };

/* From here on a region costs at most half as much again. */
enum { LARGE_POOL = 2 * NANVM_REGION_SIZE };

static const size_t word = sizeof(void *);

/* --- sizes --- */

/* Four classes between one power of two and the next: at most a fifth is lost. */
static size_t class_of(size_t size) {
    size_t step = word;
    while (step * 8 <= size - 1) {
        step *= 2;
    }
    return nanvm_layout_round_up(size, step);
}

static size_t stride_of(const nanvm_object *object, size_t capacity) {
    return nanvm_layout_round_up(nanvm_block_prefix(object) + capacity,
                                 nanvm_block_align(object));
}

size_t nanvm_pool_capacity(const nanvm_object *object, size_t size) {
    if (size > NANVM_POOL_STRIDE_MAX || object->align > NANVM_POOL_ALIGN_MAX) {
        return 0;
    }
    size_t least = size < word ? word : nanvm_layout_round_up(size, word);
    size_t capacity = object->item_size == 0 ? least : class_of(least);
    return stride_of(object, capacity) > NANVM_POOL_STRIDE_MAX ? 0 : capacity;
}

/* The smallest size whose capacity this is; those in between share the pool. */
static size_t least_of(const nanvm_object *object, size_t capacity) {
    if (capacity == 0 || object->item_size == 0) {
        return 0;
    }
    size_t least = capacity;
    while (least > 0 && nanvm_pool_capacity(object, least - 1) == capacity) {
        --least;
    }
    return least;
}

/* --- places in chunks --- */

static unsigned char *first_place(const nanvm_chunk *chunk) {
    return (unsigned char *)(uintptr_t)chunk + nanvm_chunk_prefix(chunk->origin.object);
}

static void write_headers(nanvm_pool *self, nanvm_chunk *chunk) {
    size_t stride = self->places.stride;
    size_t length = (size_t)(chunk->end - chunk->fresh) / stride;
    length = length < FRESH_RUN ? length : FRESH_RUN;
    for (size_t i = 0; i < length; ++i, chunk->fresh += stride) {
        nanvm_block_init(chunk->fresh, &chunk->origin);
    }
    self->carved += length;
}

static void start_run(nanvm_pool *self, nanvm_chunk *chunk) {
    if (chunk->unused == chunk->fresh) {
        write_headers(self, chunk);
    }
    self->places.run = chunk->unused;
    self->places.run_end = chunk->unused = chunk->fresh;
}

static void take_list(nanvm_pool *self, nanvm_chunk *chunk) {
    self->places.ready = chunk->dead;
    chunk->dead = NULL;
    chunk->dead_length = 1;
}

static size_t places_in(const nanvm_pool *self, const nanvm_chunk *chunk) {
    return (size_t)(chunk->end - first_place(chunk)) / self->places.stride;
}

/* --- one chunk after the other --- */

static size_t least_chunk_size(const nanvm_pool *self) {
    return nanvm_chunk_prefix(self->places.object) + 2 * self->places.stride;
}

/* As much as there is already, up to a medium size. */
static size_t next_chunk_size(const nanvm_pool *self) {
    size_t size = FIRST_CHUNK;
    while (size <= self->reserved && size < MEDIUM_CHUNK) {
        size *= 2;
    }
    return size;
}

static nanvm_chunk *alloc_chunk(nanvm_pool *self) {
    size_t least = least_chunk_size(self);
    size_t size = next_chunk_size(self);
    nanvm_chunk *chunk = NULL;
    if (self->reserved >= LARGE_POOL) {
        chunk = nanvm_region_chunk(self);
    }
    if (chunk == NULL && size > least) {
        chunk = nanvm_chunk_alloc(self, size);
    }
    return chunk != NULL ? chunk : nanvm_chunk_alloc(self, least);
}

static void start_chunk(nanvm_pool *self, nanvm_chunk *chunk) {
    unsigned char *end = (unsigned char *)chunk + chunk->size;
    chunk->unused = chunk->fresh = first_place(chunk);
    size_t room = (size_t)(end - chunk->unused) - self->capacity;
    chunk->end = chunk->unused + (room / self->places.stride + 1) * self->places.stride;
    chunk->dead = NULL;
    chunk->dead_length = 1;
    chunk->next_available = NULL;
    chunk->restarted = false;
}

static bool add_chunk(nanvm_pool *self) {
    nanvm_chunk *chunk = alloc_chunk(self);
    if (chunk == NULL) {
        return false;
    }
    start_chunk(self, chunk);
    chunk->next = self->chunks;
    self->chunks = self->current = chunk;
    start_run(self, chunk);
    return true;
}

/* Places that died, or a run; false if the chunk is used up. */
static bool continue_chunk(nanvm_pool *self, nanvm_chunk *chunk) {
    if (chunk->dead != NULL) {
        take_list(self, chunk);
    } else if (chunk->unused != chunk->end) {
        start_run(self, chunk);
    } else {
        return false;
    }
    return true;
}

static void return_to_chunk(nanvm_pool *self) {
    nanvm_chunk *chunk = self->available;
    self->available = chunk->next_available;
    self->current = chunk;
    if (chunk->dead_length == places_in(self, chunk)) {
        chunk->dead = NULL;
        chunk->dead_length = 1;
        chunk->unused = first_place(chunk);
        chunk->restarted = true;
        start_run(self, chunk);
    } else {
        take_list(self, chunk);
    }
}

static bool refill(nanvm_pool *self) {
    if (self->current != NULL) {
        if (continue_chunk(self, self->current)) {
            return true;
        }
        self->current->dead_length = 0;
        self->current = NULL;
    }
    if (self->available == NULL) {
        return add_chunk(self);
    }
    return_to_chunk(self);
    return true;
}

void *nanvm_pool_take_new(nanvm_pool *self, size_t size) {
    if (self->capacity == 0) {
        return nanvm_large_take(self, size);
    }
    return refill(self) ? nanvm_places_take(&self->places) : NULL;
}

void nanvm_pool_offer(nanvm_chunk *chunk) {
    nanvm_pool *self = (nanvm_pool *)chunk->origin.dealloc;
    chunk->next_available = self->available;
    self->available = chunk;
}

/* --- how objects end --- */

static void free_block(nanvm_dealloc *dealloc, void *object) {
    (void)dealloc;
    (void)nanvm_places_put(object);
}

static void chunks_free(nanvm_pool *self) {
    for (nanvm_chunk *chunk = self->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (chunk->region == NULL) {
            nanvm_chunk_free(self, chunk);
        }
    }
    for (nanvm_region *region = self->regions, *next; region != NULL; region = next) {
        next = region->next;
        nanvm_region_free(self, region);
    }
}

static void orphan_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    (void)object;
    if (--self->live == 0) {
        chunks_free(self);
        nanvm_pool_destroy(self);
    }
}

static const nanvm_dealloc_table pool_table = {NANVM_COUNT_PLAIN, NULL, NULL, free_block,
                                               true};
static const nanvm_dealloc_table orphan_table = {NANVM_COUNT_PLAIN, NULL, NULL,
                                                 orphan_free_block, false};

/* --- the pool as a whole --- */

static const nanvm_dealloc_table *table_for(const nanvm_object *object, size_t capacity) {
    if (object == NULL) {
        return &nanvm_raw_table;
    }
    return capacity == 0 ? &nanvm_large_table : &pool_table;
}

nanvm_pool *nanvm_pool_create(nanvm_manager *source, const void *owner,
                              const nanvm_object *object, size_t capacity) {
    nanvm_pool *self = nanvm_manager_alloc(source, NANVM_LAYOUT_OF(nanvm_pool));
    if (self != NULL) {
        memset(self, 0, sizeof(*self));
        self->places.dealloc.table = table_for(object, capacity);
        self->places.object = object;
        self->places.stride = capacity == 0 ? 0 : stride_of(object, capacity);
        self->capacity = capacity;
        self->least = least_of(object, capacity);
        self->owner = owner;
        self->source = source;
        self->source_dealloc = source->dealloc;
    }
    return self;
}

void nanvm_pool_destroy(nanvm_pool *self) {
    nanvm_dealloc_memory(self->source_dealloc, self, NANVM_LAYOUT_OF(nanvm_pool));
}

void nanvm_pool_orphan(nanvm_pool *self) {
    self->owner = NULL;
    self->source = NULL;
    if (self->live == 0) {
        chunks_free(self);
        nanvm_pool_destroy(self);
    } else if (self->capacity != 0) {
        self->places.dealloc.table = &orphan_table;
    }
}

nanvm_pool *nanvm_pool_of(const void *object, const void *owner) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    nanvm_pool *self = (nanvm_pool *)dealloc;
    bool is_pool = dealloc->table == &pool_table || dealloc->table == &nanvm_large_table;
    return is_pool && owner != NULL && self->owner == owner ? self : NULL;
}

/* A place keeps an object for which a smaller class would do, down to half; the
 * smallest class has no half. */
void *nanvm_pool_resize(nanvm_pool *self, void *object, size_t size) {
    if (self->capacity == 0) {
        return nanvm_large_resize(self, object, size);
    }
    bool too_small = size < self->least && size < self->capacity / 2;
    return size > self->capacity || too_small ? NULL : object;
}

/* --- what is alive --- */

static size_t run_length(const nanvm_places *places) {
    return places->run == places->run_end
               ? 0
               : (size_t)(places->run_end - places->run) / places->stride;
}

static void put_list_back(void *object) {
    while (object != NULL) {
        void *next = *(nanvm_places_link *)object;
        nanvm_chunk *chunk = nanvm_chunk_of(object);
        *(nanvm_places_link *)object = chunk->dead;
        nanvm_chunk_put_list(chunk, object, 1);
        object = next;
    }
}

/* Into their chunks. */
static void put_back(nanvm_pool *self) {
    put_list_back(self->places.ready);
    put_list_back(self->places.dead);
    self->places.ready = self->places.dead = NULL;
}

/* Nothing dead is at hand. */
static size_t live_in(const nanvm_pool *self, const nanvm_chunk *chunk) {
    size_t given = (size_t)(chunk->unused - first_place(chunk)) / self->places.stride;
    size_t dead = chunk->dead_length;
    if (chunk == self->current) {
        dead += run_length(&self->places) - 1;
    }
    return given - dead;
}

void nanvm_pool_recount(nanvm_pool *self) {
    if (self->capacity != 0) {
        put_back(self);
        self->live = 0;
        for (nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
            self->live += live_in(self, chunk);
        }
    }
}

size_t nanvm_pool_live_bytes(const nanvm_pool *self) {
    return self->capacity == 0 ? self->reserved : self->live * self->places.stride;
}

/* Places that were used so far: all of them, but for those in a first run. */
size_t nanvm_pool_peak(const nanvm_pool *self) {
    bool first_run = self->current != NULL && !self->current->restarted;
    size_t used = self->carved - (first_run ? run_length(&self->places) : 0);
    return used > self->peak ? used : self->peak;
}

size_t nanvm_pool_peak_bytes(const nanvm_pool *self) {
    return self->capacity == 0 ? self->peak_bytes
                               : nanvm_pool_peak(self) * self->places.stride;
}

/* --- giving memory back --- */

static void forget_current(nanvm_pool *self) {
    self->places.run = self->places.run_end = NULL;
    self->current = NULL;
}

static void count_empty(nanvm_pool *self) {
    for (nanvm_region *region = self->regions; region != NULL; region = region->next) {
        region->empty = 0;
    }
    for (nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        if (chunk->region != NULL && live_in(self, chunk) == 0) {
            chunk->region->empty += 1;
        }
    }
}

static bool is_spare_region(const nanvm_region *region) {
    return region->empty == region->chunks;
}

static bool is_spare(const nanvm_pool *self, const nanvm_chunk *chunk) {
    return chunk->region == NULL ? live_in(self, chunk) == 0
                                 : is_spare_region(chunk->region);
}

static void give_back(nanvm_pool *self, nanvm_chunk *chunk) {
    if (chunk == self->current) {
        forget_current(self);
    }
    self->carved -= (size_t)(chunk->fresh - first_place(chunk)) / self->places.stride;
    if (chunk->region == NULL) {
        nanvm_chunk_free(self, chunk);
    }
}

/* Chunks keep their order. */
static void trim_chunks(nanvm_pool *self) {
    nanvm_chunk **link = &self->chunks;
    for (nanvm_chunk *chunk = self->chunks, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        if (is_spare(self, chunk)) {
            give_back(self, chunk);
            continue;
        }
        if (chunk != self->current && chunk->dead_length != 0) {
            nanvm_pool_offer(chunk);
        }
        *link = chunk;
        link = &chunk->next;
    }
    *link = NULL;
}

static void trim_regions(nanvm_pool *self) {
    nanvm_region **link = &self->regions;
    for (nanvm_region *region = self->regions, *next; region != NULL; region = next) {
        next = region->next;
        if (is_spare_region(region)) {
            nanvm_region_free(self, region);
        } else {
            *link = region;
            link = &region->next;
        }
    }
    *link = NULL;
}

size_t nanvm_pool_trim(nanvm_pool *self) {
    size_t reserved = self->reserved;
    if (self->capacity == 0) {
        return 0;
    }
    self->peak = nanvm_pool_peak(self);
    put_back(self);
    count_empty(self);
    self->available = NULL;
    trim_chunks(self);
    trim_regions(self);
    return reserved - self->reserved;
}
