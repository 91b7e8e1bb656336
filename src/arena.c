/* An arena lays its blocks one behind the other, with a new origin where the type
 * changes. Objects that may hold something outside the arena are linked, so that
 * reset finds them; the others cost nothing. */
#include <string.h>

#include "internal.h"

/* Debug builds look at the references of a closed arena too, to check them. */
#if defined(NDEBUG)
enum { CHECKS_CLOSED = 0 };
#else
enum { CHECKS_CLOSED = 1 };
#endif

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1024 * 1024 };

typedef struct nanvm_arena_chunk {
    struct nanvm_arena_chunk *next;
    size_t size;
} nanvm_arena_chunk;

static const size_t word = sizeof(void *);

static nanvm_arena *arena_of(nanvm_manager *manager) {
    return (nanvm_arena *)(void *)manager;
}

static nanvm_arena *arena_of_dealloc(nanvm_dealloc *dealloc) {
    return (nanvm_arena *)(void *)((unsigned char *)dealloc -
                                   offsetof(nanvm_arena, dealloc));
}

/* --- bytes --- */

/* Room for `size` bytes, of which those behind `prefix` are aligned to `align`;
 * returns where these start, or NULL. Nothing wraps: padding is less than align. */
static unsigned char *bump(nanvm_arena *self, size_t prefix, nanvm_layout layout) {
    uintptr_t start = ((uintptr_t)self->top + word - 1) & ~(uintptr_t)(word - 1);
    size_t room =
        (uintptr_t)self->end < start ? 0 : (size_t)((uintptr_t)self->end - start);
    size_t padding = (size_t)(0 - (start + prefix)) & (layout.align - 1);
    size_t front = prefix + padding;
    if (self->top == NULL || front > room || layout.size > room - front) {
        return NULL;
    }
    unsigned char *place = self->end - (room - front);
    self->top = place + layout.size;
    return place;
}

static unsigned char *data_of(const nanvm_arena *self) {
    return self->chunks == NULL ? self->buffer : (unsigned char *)(self->chunks + 1);
}

static size_t bytes_in_use(const nanvm_arena *self) {
    return self->used + (size_t)(self->top - data_of(self));
}

static void note_peak(nanvm_arena *self) {
    size_t bytes = self->top == NULL ? 0 : bytes_in_use(self);
    self->peak = bytes > self->peak ? bytes : self->peak;
}

static void enter_chunk(nanvm_arena *self, nanvm_arena_chunk *chunk) {
    self->top = (unsigned char *)(chunk + 1);
    self->end = (unsigned char *)chunk + chunk->size;
    self->origin = NULL;
    self->newest = NULL;
}

static nanvm_layout chunk_layout(size_t size) {
    return nanvm_layout_make(size, NANVM_MALLOC_ALIGN);
}

/* With room to spare for what is large too: it may be growing. */
static size_t next_chunk_size(const nanvm_arena *self, size_t least) {
    size_t size = self->chunks == NULL ? FIRST_CHUNK : self->chunks->size * 2;
    size = size > LARGEST_CHUNK ? LARGEST_CHUNK : size;
    return size < least ? nanvm_ample(least) : size;
}

static nanvm_arena_chunk *chunk_alloc(nanvm_arena *self, size_t least) {
    size_t size = next_chunk_size(self, least);
    nanvm_arena_chunk *chunk = nanvm_manager_alloc(self->source, chunk_layout(size));
    if (chunk == NULL && size > least) {
        size = least;
        chunk = nanvm_manager_alloc(self->source, chunk_layout(size));
    }
    if (chunk != NULL) {
        chunk->size = size;
    }
    return chunk;
}

/* A chunk that has room for the layout behind `prefix`, wherever it lies. */
static bool grow(nanvm_arena *self, size_t prefix, nanvm_layout layout) {
    size_t extra = sizeof(nanvm_arena_chunk) + prefix + (layout.align - 1);
    if (self->source == NULL || layout.size > (size_t)PTRDIFF_MAX - extra) {
        return false;
    }
    nanvm_arena_chunk *chunk = chunk_alloc(self, extra + layout.size);
    if (chunk == NULL) {
        return false;
    }
    self->used = self->top == NULL ? 0 : bytes_in_use(self);
    chunk->next = self->chunks;
    self->chunks = chunk;
    enter_chunk(self, chunk);
    return true;
}

static unsigned char *take(nanvm_arena *self, size_t prefix, nanvm_layout layout) {
    unsigned char *place = bump(self, prefix, layout);
    if (place == NULL && grow(self, prefix, layout)) {
        place = bump(self, prefix, layout);
    }
    note_peak(self);
    return place;
}

/* --- raw memory --- */

static void *arena_alloc(nanvm_manager *manager, nanvm_layout layout) {
    nanvm_arena *self = arena_of(manager);
    void *memory = take(self, 0, layout);
    if (memory != NULL) {
        self->newest = memory;
    }
    return memory;
}

/* What lies at the top can grow and shrink in place. */
static void *resize_newest(nanvm_arena *self, void *memory, size_t size) {
    if (memory != self->newest || size > (size_t)(self->end - (unsigned char *)memory)) {
        return NULL;
    }
    self->top = (unsigned char *)memory + size;
    note_peak(self);
    return memory;
}

static void *arena_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                          size_t size) {
    void *resized = resize_newest(arena_of(manager), memory, size);
    return resized == NULL && size <= layout.size ? memory : resized;
}

static void arena_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_arena *self = arena_of_dealloc(dealloc);
    (void)layout;
    if (memory == self->newest) {
        self->top = memory;
        self->newest = NULL;
    }
}

/* --- blocks --- */

static bool is_held(const nanvm_arena *self, const nanvm_object *type) {
    return type->drop != NULL ||
           ((CHECKS_CLOSED || !self->closed) && nanvm_object_holds_refs(type));
}

static size_t arena_prefix(const nanvm_arena *self, const nanvm_object *type) {
    bool adds_link = is_held(self, type) && !nanvm_object_has_callbacks(type);
    return nanvm_block_prefix(type) + (adds_link ? word : 0);
}

/* The origin of the newest block serves as long as the type is the same and it
 * is in reach. */
static bool origin_serves(const nanvm_arena *self, const nanvm_object *type) {
    return self->origin != NULL && self->origin->object == type &&
           (size_t)(self->end - (unsigned char *)self->origin) / word < UINT32_MAX;
}

static unsigned char *take_with_origin(nanvm_arena *self, const nanvm_object *type,
                                       size_t prefix, nanvm_layout layout) {
    unsigned char *object = take(self, prefix + sizeof(nanvm_origin), layout);
    if (object != NULL) {
        self->origin = (nanvm_origin *)(void *)(object - prefix - sizeof(nanvm_origin));
        self->origin->object = type;
        self->origin->dealloc = &self->dealloc;
    }
    return object;
}

static void hold(nanvm_arena *self, const nanvm_object *type, void *object) {
    if (is_held(self, type)) {
        *nanvm_block_link(type, object) = self->holders;
        self->holders = object;
    }
}

static void *arena_new_block(nanvm_manager *manager, const nanvm_object *type,
                             size_t size) {
    nanvm_arena *self = arena_of(manager);
    nanvm_layout layout = nanvm_layout_make(size, nanvm_block_align(type));
    size_t prefix = arena_prefix(self, type);
    unsigned char *object = origin_serves(self, type) ? bump(self, prefix, layout) : NULL;
    if (object == NULL) {
        object = take_with_origin(self, type, prefix, layout);
    }
    if (object != NULL) {
        nanvm_block_init(object, self->origin);
        hold(self, type, object);
        self->newest = object;
        self->blocks += 1;
        note_peak(self);
    }
    return object;
}

static void *arena_resize_block(nanvm_manager *manager, void *object, size_t old_size,
                                size_t size) {
    nanvm_arena *self = arena_of(manager);
    if (nanvm_block_origin(object)->dealloc != &self->dealloc) {
        return NULL;
    }
    void *resized = resize_newest(self, object, size);
    return resized == NULL && size <= old_size ? object : resized;
}

static void rewind_to(nanvm_arena *self, const nanvm_object *type, void *object) {
    if (self->holders == object) {
        self->holders = *nanvm_block_link(type, object);
    }
    self->top = (unsigned char *)object - arena_prefix(self, type);
    self->newest = NULL;
}

/* A block that didn't come to be, or has moved. Unless it is the newest its bytes wait
 * for the reset, which passes over the dead. */
static void arena_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_arena *self = arena_of_dealloc(dealloc);
    nanvm_block_header(object)->count = NANVM_COUNT_DEAD;
    if (object == self->newest) {
        rewind_to(self, nanvm_block_origin(object)->object, object);
    }
    self->blocks -= 1;
}

/* --- reset --- */

static void check_visitor(nanvm_ref reference, void *context) {
    const nanvm_arena *self = context;
    if (reference.object != NULL &&
        nanvm_block_origin(reference.object)->dealloc != &self->dealloc) {
        nanvm_fatal("an object of a closed arena refers to an object outside it");
    }
}

typedef void let_go_step(nanvm_arena *self, const nanvm_object *type, void *object);

static void run_drop(nanvm_arena *self, const nanvm_object *type, void *object) {
    (void)self;
    if (type->drop != NULL) {
        type->drop(object, nanvm_block_length(type, object));
    }
}

static void release_refs(nanvm_arena *self, const nanvm_object *type, void *object) {
    if (!self->closed) {
        nanvm_object_visit(type, object, nanvm_object_drop_visitor, NULL);
    } else if (CHECKS_CLOSED) {
        nanvm_object_visit(type, object, check_visitor, self);
    }
}

static void for_each_holder(nanvm_arena *self, void *object, let_go_step *step) {
    while (object != NULL) {
        const nanvm_object *type = nanvm_block_origin(object)->object;
        if (nanvm_block_count(object) != NANVM_COUNT_DEAD) {
            step(self, type, object);
        }
        object = *nanvm_block_link(type, object);
    }
}

/* All callbacks first: what they may still read is let go of afterwards. What a
 * callback creates in the arena has its turn in the next round. */
static void let_go_of_all(nanvm_arena *self) {
    while (self->holders != NULL) {
        void *holders = self->holders;
        self->holders = NULL;
        self->newest = NULL;
        for_each_holder(self, holders, run_drop);
        for_each_holder(self, holders, release_refs);
    }
}

static void free_chunks(nanvm_arena *self, nanvm_arena_chunk *chunk) {
    while (chunk != NULL) {
        nanvm_arena_chunk *next = chunk->next;
        nanvm_manager_dealloc(self->source, chunk, chunk_layout(chunk->size));
        chunk = next;
    }
}

void nanvm_arena_reset(nanvm_arena *self) {
    let_go_of_all(self);
    self->blocks = 0;
    self->used = 0;
    self->top = self->buffer;
    self->origin = NULL;
    self->newest = NULL;
    if (self->chunks != NULL) {
        free_chunks(self, self->chunks->next);
        self->chunks->next = NULL;
        enter_chunk(self, self->chunks);
    }
}

void nanvm_arena_deinit(nanvm_arena *self) {
    nanvm_arena_reset(self);
    free_chunks(self, self->chunks);
    self->chunks = NULL;
    self->top = self->end = self->buffer = NULL;
}

/* --- the manager as a whole --- */

static size_t reserved_bytes(const nanvm_arena *self) {
    size_t size = self->buffer != NULL ? (size_t)(self->end - self->buffer) : 0;
    for (const nanvm_arena_chunk *chunk = self->chunks; chunk != NULL;
         chunk = chunk->next) {
        size += chunk->size;
    }
    return size;
}

static void arena_stats(const nanvm_manager *manager, nanvm_stats *stats) {
    const nanvm_arena *self = (const nanvm_arena *)(const void *)manager;
    stats->live_blocks = self->blocks;
    stats->live_bytes = self->top == NULL ? 0 : bytes_in_use(self);
    stats->peak_bytes = self->peak;
    stats->reserved_bytes = reserved_bytes(self);
}

static const nanvm_dealloc_table dealloc_table = {NANVM_COUNT_NONE, NULL,  arena_dealloc,
                                                  arena_free_block, false, false};
static const nanvm_manager_table arena_table = {
    arena_alloc, arena_resize, arena_new_block, arena_resize_block, arena_stats};

void nanvm_arena_init(nanvm_arena *self, void *buffer, size_t size) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &arena_table;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &dealloc_table;
    self->buffer = buffer;
    self->top = buffer;
    self->end = buffer == NULL ? NULL : self->buffer + size;
}

void nanvm_arena_init_growing(nanvm_arena *self, nanvm_manager *source) {
    nanvm_arena_init(self, NULL, 0);
    self->source = source;
}

void nanvm_arena_close(nanvm_arena *self) {
    if (self->blocks > 0) {
        nanvm_fatal("an arena that has objects already can't be closed");
    }
    self->closed = true;
}
