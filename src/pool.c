#include "pool.h"

#include <string.h>

enum { FIRST_CHUNK = 1024, LARGEST_CHUNK = 256 * 1024 };

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

/* From the start of a chunk to its first object. */
static size_t chunk_prefix(const nanvm_object *object) {
    return nanvm_layout_round_up(sizeof(nanvm_chunk) + nanvm_block_prefix(object),
                                 nanvm_block_align(object));
}

/* --- chunks --- */

static void pool_destroy(nanvm_pool *self) {
    nanvm_dealloc_memory(self->source_dealloc, self, NANVM_LAYOUT_OF(nanvm_pool));
}

static nanvm_chunk *chunk_alloc(nanvm_pool *self, size_t size) {
    size_t align = nanvm_block_align(self->object);
    nanvm_layout layout = nanvm_layout_make(
        size, align < NANVM_ALIGNOF(nanvm_chunk) ? NANVM_ALIGNOF(nanvm_chunk) : align);
    nanvm_chunk *chunk = nanvm_manager_alloc(self->source, layout);
    if (chunk != NULL) {
        chunk->origin.object = self->object;
        chunk->origin.dealloc = &self->dealloc;
        chunk->next = NULL;
        chunk->layout = layout;
        self->reserved += size;
    }
    return chunk;
}

static void chunk_free(nanvm_pool *self, nanvm_chunk *chunk) {
    self->reserved -= chunk->layout.size;
    nanvm_dealloc_memory(self->source_dealloc, chunk, chunk->layout);
}

static void chunks_free(nanvm_pool *self) {
    while (self->chunks != NULL) {
        nanvm_chunk *chunk = self->chunks;
        self->chunks = chunk->next;
        chunk_free(self, chunk);
    }
}

static size_t least_chunk_size(const nanvm_pool *self) {
    return chunk_prefix(self->object) + 2 * self->stride;
}

static size_t next_chunk_size(const nanvm_pool *self) {
    size_t least = least_chunk_size(self);
    size_t size = self->chunk_size == 0 ? FIRST_CHUNK : self->chunk_size * 2;
    size = size > LARGEST_CHUNK ? LARGEST_CHUNK : size;
    return size < least ? least : size;
}

/* --- objects that share a chunk --- */

/* Of the newest chunk; after a trim there may be none that is being carved. */
static void note_places(nanvm_pool *self) {
    nanvm_chunk *newest = self->chunks;
    if (self->bump != NULL) {
        unsigned char *first = (unsigned char *)newest + chunk_prefix(self->object);
        newest->places = (size_t)(self->bump - first) / self->stride;
    }
}

static bool pool_grow(nanvm_pool *self) {
    note_places(self);
    size_t size = next_chunk_size(self);
    nanvm_chunk *chunk = chunk_alloc(self, size);
    if (chunk == NULL) {
        size = least_chunk_size(self);
        chunk = chunk_alloc(self, size);
    }
    if (chunk == NULL) {
        return false;
    }
    size_t prefix = chunk_prefix(self->object);
    size_t places = (size - prefix - self->capacity) / self->stride + 1;
    chunk->next = self->chunks;
    self->chunks = chunk;
    self->chunk_size = size;
    self->bump = (unsigned char *)chunk + prefix;
    self->bump_end = self->bump + places * self->stride;
    return true;
}

static void *pool_carve(nanvm_pool *self) {
    if (self->bump == self->bump_end && !pool_grow(self)) {
        return NULL;
    }
    void *object = self->bump;
    self->bump += self->stride;
    self->carved += 1;
    nanvm_block_init(object, &self->chunks->origin);
    return object;
}

static void pool_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    *(void **)object = self->free;
    self->free = object;
}

static size_t free_length(const nanvm_pool *self) {
    size_t length = 0;
    for (const void *object = self->free; object != NULL;
         object = *(void *const *)object) {
        ++length;
    }
    return length;
}

static void orphan_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    (void)object;
    if (--self->live == 0) {
        chunks_free(self);
        pool_destroy(self);
    }
}

/* --- what is too large to share one, and raw memory --- */

static void pool_count(nanvm_pool *self) {
    self->live += 1;
    self->peak = self->live > self->peak ? self->live : self->peak;
    self->peak_bytes =
        self->reserved > self->peak_bytes ? self->reserved : self->peak_bytes;
}

static void *large_take(nanvm_pool *self, size_t size) {
    size_t prefix = chunk_prefix(self->object);
    if (prefix > INT32_MAX || size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL; /* the distance to the origin has 32 bits */
    }
    nanvm_chunk *chunk = chunk_alloc(self, prefix + size);
    if (chunk == NULL) {
        return NULL;
    }
    pool_count(self);
    void *object = (unsigned char *)chunk + prefix;
    nanvm_block_init(object, &chunk->origin);
    return object;
}

static void large_uncount(nanvm_pool *self) {
    self->live -= 1;
    if (self->owner == NULL && self->live == 0) {
        pool_destroy(self);
    }
}

static void large_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    chunk_free(self, (nanvm_chunk *)(void *)nanvm_block_origin(object));
    large_uncount(self);
}

static void raw_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_pool *self = (nanvm_pool *)dealloc;
    self->reserved -= layout.size;
    nanvm_dealloc_memory(self->source_dealloc, memory, layout);
    large_uncount(self);
}

/* Half as much again, so that appending one by one is cheap; what is asked for,
 * if that is too much. */
static void *large_grow(nanvm_pool *self, nanvm_chunk *chunk, size_t size) {
    nanvm_layout old = chunk->layout;
    size_t ample = nanvm_ample(size);
    chunk = nanvm_manager_resize(self->source, chunk, old, ample);
    if (chunk != NULL) {
        chunk->layout.size = ample;
        self->live -= 1;
        self->reserved += ample - old.size;
        pool_count(self);
    }
    return chunk;
}

static void *large_resize(nanvm_pool *self, void *object, size_t size) {
    nanvm_chunk *chunk = (nanvm_chunk *)(void *)nanvm_block_origin(object);
    size_t prefix = chunk_prefix(self->object);
    if (size > (size_t)PTRDIFF_MAX - prefix) {
        return NULL;
    }
    if (prefix + size > chunk->layout.size) {
        chunk = large_grow(self, chunk, prefix + size);
        return chunk == NULL ? NULL : (unsigned char *)chunk + prefix;
    }
    return prefix + size < chunk->layout.size / 2 ? NULL : object;
}

void *nanvm_pool_alloc(nanvm_pool *self, nanvm_layout layout) {
    void *memory = nanvm_manager_alloc(self->source, layout);
    if (memory != NULL) {
        self->reserved += layout.size;
        pool_count(self);
    }
    return memory;
}

void *nanvm_pool_realloc(nanvm_pool *self, void *memory, nanvm_layout layout,
                         size_t size) {
    nanvm_manager *source = self->source;
    if (source->table->resize == NULL) {
        return NULL;
    }
    memory = source->table->resize(source, memory, layout, size);
    if (memory != NULL) {
        self->live -= 1;
        self->reserved = self->reserved - layout.size + size;
        pool_count(self);
    }
    return memory;
}

/* --- the pool as a whole --- */

static const nanvm_dealloc_table pool_table = {NANVM_COUNT_PLAIN, NULL, NULL,
                                               pool_free_block};
static const nanvm_dealloc_table orphan_table = {NANVM_COUNT_PLAIN, NULL, NULL,
                                                 orphan_free_block};
static const nanvm_dealloc_table large_table = {NANVM_COUNT_PLAIN, NULL, NULL,
                                                large_free_block};
static const nanvm_dealloc_table raw_table = {NANVM_COUNT_PLAIN, NULL, raw_dealloc, NULL};

static const nanvm_dealloc_table *table_for(const nanvm_object *object, size_t capacity) {
    if (object == NULL) {
        return &raw_table;
    }
    return capacity == 0 ? &large_table : &pool_table;
}

nanvm_pool *nanvm_pool_create(nanvm_manager *source, const void *owner,
                              const nanvm_object *object, size_t capacity) {
    nanvm_pool *self = nanvm_manager_alloc(source, NANVM_LAYOUT_OF(nanvm_pool));
    if (self != NULL) {
        memset(self, 0, sizeof(*self));
        self->dealloc.table = table_for(object, capacity);
        self->stride = capacity == 0 ? 0 : stride_of(object, capacity);
        self->object = object;
        self->capacity = capacity;
        self->least = least_of(object, capacity);
        self->owner = owner;
        self->source = source;
        self->source_dealloc = source->dealloc;
    }
    return self;
}

void *nanvm_pool_take_new(nanvm_pool *self, size_t size) {
    return self->capacity == 0 ? large_take(self, size) : pool_carve(self);
}

nanvm_pool *nanvm_pool_of(const void *object, const void *owner) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    nanvm_pool *self = (nanvm_pool *)dealloc;
    bool is_pool = dealloc->table == &pool_table || dealloc->table == &large_table;
    return is_pool && owner != NULL && self->owner == owner ? self : NULL;
}

/* A place keeps an object for which a smaller class would do, down to half; the
 * smallest class has no half. */
void *nanvm_pool_resize(nanvm_pool *self, void *object, size_t size) {
    if (self->capacity == 0) {
        return large_resize(self, object, size);
    }
    bool too_small = size < self->least && size < self->capacity / 2;
    return size > self->capacity || too_small ? NULL : object;
}

void nanvm_pool_recount(nanvm_pool *self) {
    if (self->capacity != 0) {
        self->live = self->carved - free_length(self);
    }
}

size_t nanvm_pool_live_bytes(const nanvm_pool *self) {
    return self->capacity == 0 ? self->reserved : self->live * self->stride;
}

/* Places are used again before a new one is: all of them were alive at once. */
size_t nanvm_pool_peak(const nanvm_pool *self) {
    return self->carved > self->peak ? self->carved : self->peak;
}

size_t nanvm_pool_peak_bytes(const nanvm_pool *self) {
    return self->capacity == 0 ? self->peak_bytes : nanvm_pool_peak(self) * self->stride;
}

/* --- giving memory back --- */

static nanvm_chunk *chunk_of(const void *object) {
    return (nanvm_chunk *)(void *)nanvm_block_origin(object);
}

static void count_dead(nanvm_pool *self) {
    note_places(self);
    for (nanvm_chunk *chunk = self->chunks; chunk != NULL; chunk = chunk->next) {
        chunk->dead = 0;
    }
    for (void *object = self->free; object != NULL; object = *(void **)object) {
        chunk_of(object)->dead += 1;
    }
}

static bool is_empty(const nanvm_chunk *chunk) {
    return chunk->dead == chunk->places;
}

/* Takes the places in empty chunks off the free list. */
static void forget_places(nanvm_pool *self) {
    void **link = &self->free;
    while (*link != NULL) {
        if (is_empty(chunk_of(*link))) {
            *link = *(void **)*link;
        } else {
            link = (void **)*link;
        }
    }
}

static void unlink_and_free(nanvm_pool *self, nanvm_chunk **link) {
    nanvm_chunk *chunk = *link;
    if (chunk == self->chunks) {
        self->bump = self->bump_end = NULL;
        self->chunk_size = 0;
    }
    self->carved -= chunk->places;
    *link = chunk->next;
    chunk_free(self, chunk);
}

size_t nanvm_pool_trim(nanvm_pool *self) {
    size_t reserved = self->reserved;
    if (self->capacity == 0) {
        return 0;
    }
    self->peak = nanvm_pool_peak(self);
    count_dead(self);
    forget_places(self);
    for (nanvm_chunk **link = &self->chunks; *link != NULL;) {
        if (is_empty(*link)) {
            unlink_and_free(self, link);
        } else {
            link = &(*link)->next;
        }
    }
    return reserved - self->reserved;
}

void nanvm_pool_orphan(nanvm_pool *self) {
    self->owner = NULL;
    self->source = NULL;
    if (self->live == 0) {
        chunks_free(self);
        pool_destroy(self);
    } else if (self->capacity != 0) {
        self->dealloc.table = &orphan_table;
    }
}
