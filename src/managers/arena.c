/* Arenas: everything is freed at once.
 *
 *   1. Blocks lie one behind the other, with a new origin where the type changes.
 *   2. Objects that may refer to something outside the arena, or have a `drop`, are
 *      linked, so that a reset finds them. For other objects a reset does nothing.
 *   3. After eight objects of one type in a row, more are made ahead at the top: the bump
 *      range, from which inline functions take objects. Anything else that changes the
 *      arena first takes back the unused objects of the bump range, so that the arena
 *      looks as if its objects had been made one by one. */
#include <string.h>

#include "debug/debug.h"
#include "hold.h"
#include "managers/arena_chunks.h"
#include "system/sanitizer.h"
#include "unwind.h"

/* The most bytes of headers and objects that are made ahead: few enough to stay in the
 * first-level cache. */
enum { LARGEST_RUN = 4096 };

/* More objects are made ahead after this many of one type in a row: if types alternate,
 * they would be made in vain. */
enum { LEAST_STREAK = 8 };

static const size_t word_size = sizeof(void *);

static nanvm_arena *arena_of(nanvm_manager *manager) {
    return (nanvm_arena *)(void *)manager;
}

static nanvm_arena *arena_of_dealloc(nanvm_dealloc *dealloc) {
    return ((nanvm_arena_part *)dealloc)->arena;
}

/* --- parts: the buffer, or the chunks --- */

static void arena_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout);
static void arena_free_block(nanvm_dealloc *dealloc, void *object);

static const nanvm_dealloc_table arena_dealloc_table = {
    .count = NANVM_COUNT_NONE,
    .dealloc = arena_dealloc,
    .free_block = arena_free_block,
    .traits = {.bounded = NANVM_BOUNDS_LENGTHS}};

void nanvm_arena_part_init(nanvm_arena_part *self, nanvm_arena *arena) {
    *self = (nanvm_arena_part){{{&arena_dealloc_table}, &arena->top}, arena};
}

static bool owns(const nanvm_arena *self, const void *object) {
    const nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    return dealloc->table == &arena_dealloc_table &&
           ((const nanvm_arena_part *)dealloc)->arena == self;
}

/* --- runs: objects made ahead, the bump range --- */

/* Whether a reset has to visit the objects. (A debug build also visits those of a
 * self-contained arena, to check their references.) */
static bool has_finalizer(const nanvm_arena *self, const nanvm_type *type) {
    return type->drop != NULL ||
           ((NANVM_IS_DEBUG || !self->self_contained) && nanvm_type_holds_refs(type));
}

static size_t arena_prefix(const nanvm_arena *self, const nanvm_type *type) {
    bool adds_link = has_finalizer(self, type) && !nanvm_type_has_callbacks(type);
    return nanvm_block_prefix(type) + (adds_link ? word_size : 0);
}

static size_t rest_of_run(const nanvm_arena *self) {
    const nanvm_slots *run = &self->bump_range;
    size_t bytes = run->bump_end - run->bump;
    return bytes == 0 ? 0 : bytes / run->stride;
}

/* `newest` is the address of the newest block's header, or of the newest piece. The
 * address of a block's object wouldn't do: a piece behind an object of 0 bytes may have
 * the same address. */
static void set_newest(nanvm_arena *self, const void *object) {
    self->newest = nanvm_block_header(object);
}

static bool is_newest(const nanvm_arena *self, const void *object) {
    return self->newest == nanvm_block_header(object);
}

NANVM_NOINLINE static void end_run_cold(nanvm_arena *self) {
    nanvm_slots *run = &self->bump_range;
    size_t rest = rest_of_run(self);
    void *last = (void *)(run->bump - run->stride);
    set_newest(self, last);
    self->top -= rest * run->stride;
    self->blocks -= rest;
    self->streak -= rest;
    if (rest > 0 && has_finalizer(self, run->type)) {
        self->finalizable = last;
    }
    run->type = NULL; /* so that no lookup by type matches the range */
    run->bump = run->bump_end = 0;
}

static inline void end_run(nanvm_arena *self) {
    if (self->bump_range.type != NULL) {
        end_run_cold(self);
    }
}

/* --- bytes --- */

/* For a sanitizer: moves the top past some bytes that the program may not touch. They are
 * poisoned already, as all bytes behind the top are. */
static void leave_red_zone(nanvm_arena *self) {
    size_t room = (size_t)(self->end - self->top);
    self->top += room < NANVM_RED_ZONE ? room : NANVM_RED_ZONE;
}

NANVM_COLD static void open_bytes(nanvm_arena *self, unsigned char *bytes, size_t size) {
    nanvm_sanitizer_unpoison(bytes, size);
    leave_red_zone(self);
}

NANVM_COLD static void resize_bytes(nanvm_arena *self, unsigned char *bytes,
                                    size_t old_size, size_t size) {
    if (size > old_size) {
        nanvm_sanitizer_unpoison(bytes + old_size, size - old_size);
    } else {
        nanvm_sanitizer_poison(bytes + size, old_size - size);
    }
    leave_red_zone(self);
}

/* Under a sanitizer, calls `tell` for the bytes of the buffer, or for the bytes behind
 * the head of each chunk in use. */
static void for_all_bytes(nanvm_arena *self, void (*tell)(void *bytes, size_t size)) {
    if (self->sanitized && self->buffer != NULL) {
        tell(self->buffer, (size_t)(self->end - self->buffer));
    }
    for (nanvm_arena_chunk *chunk = self->sanitized ? self->chunks : NULL; chunk != NULL;
         chunk = chunk->next) {
        tell(chunk + 1, chunk->size - sizeof(*chunk));
    }
}

/* From `address` to the next multiple of `align`. */
NANVM_WRAPS("the distance to the next multiple is -address modulo align")
static inline size_t padding_of(uintptr_t address, size_t align) {
    return (size_t)(0 - address) & (align - 1);
}

/* From `start` to an aligned address with `prefix` bytes in front. The result doesn't
 * wrap: the prefix is small, and the padding is less than the alignment. */
static inline size_t front_at(uintptr_t start, size_t prefix, size_t align) {
    return prefix + padding_of(start + prefix, align);
}

static inline bool fits(size_t room, size_t front, size_t size) {
    return front <= room && size <= room - front;
}

/* Takes memory for `layout` at the top, with `prefix` bytes in front of it; returns where
 * that memory starts, or NULL if there is no room. */
static unsigned char *bump(nanvm_arena *self, size_t prefix, nanvm_layout layout) {
    uintptr_t start = nanvm_layout_round_up((uintptr_t)self->top, word_size);
    size_t room =
        (uintptr_t)self->end < start ? 0 : (size_t)((uintptr_t)self->end - start);
    size_t front = front_at(start, prefix, layout.align);
    if (self->top == NULL || !fits(room, front, layout.size)) {
        return NULL;
    }
    unsigned char *memory = self->end - (room - front);
    self->top = memory + layout.size;
    if (NANVM_UNLIKELY(self->sanitized)) {
        open_bytes(self, memory - prefix, prefix + layout.size);
    }
    return memory;
}

static nanvm_arena_part *newest_part(nanvm_arena *self) {
    return self->chunks == NULL ? &self->own : &self->chunks->part;
}

static size_t bytes_in_use(const nanvm_arena *self) {
    size_t ahead = rest_of_run(self) * self->bump_range.stride;
    return nanvm_arena_chunks_bytes(self) - ahead;
}

static size_t peak_bytes(const nanvm_arena *self) {
    size_t bytes = bytes_in_use(self);
    return bytes > self->peak ? bytes : self->peak;
}

/* Called before bytes in use may become free. */
static void note_peak(nanvm_arena *self) {
    self->peak = peak_bytes(self);
}

/* (Given a nanvm_layout, gcc would write that to the stack in arena_alloc(), too.) */
NANVM_NOINLINE static unsigned char *alloc_in_other_chunk(nanvm_arena *self,
                                                          size_t prefix, size_t size,
                                                          size_t align) {
    nanvm_layout layout = nanvm_layout_make(size, align);
    if (!nanvm_arena_chunks_add(self, prefix, layout)) {
        return NULL;
    }
    unsigned char *memory = bump(self, prefix, layout);
    if (self->chunks->first == NULL) {
        self->chunks->first = memory - prefix;
    }
    return memory;
}

static unsigned char *alloc_bytes(nanvm_arena *self, size_t prefix, nanvm_layout layout) {
    unsigned char *memory = bump(self, prefix, layout);
    return NANVM_LIKELY(memory != NULL)
               ? memory
               : alloc_in_other_chunk(self, prefix, layout.size, layout.align);
}

/* --- raw memory --- */

static void *arena_alloc(nanvm_manager *manager, nanvm_layout layout) {
    nanvm_arena *self = arena_of(manager);
    end_run(self);
    void *memory = alloc_bytes(self, 0, layout);
    if (memory != NULL) {
        self->newest = memory;
        self->streak = 0;
        self->pieces += 1;
    }
    return memory;
}

/* What a block or a piece is to be resized to. */
typedef struct resizing {
    const nanvm_type *type; /* NULL: a piece */
    void *memory;           /* the object, or the piece */
    nanvm_layout layout;
    size_t size;
} resizing;

static void *start_of(const resizing *how) {
    return how->type == NULL ? how->memory : (void *)nanvm_block_header(how->memory);
}

/* The size of all that lies in front of an object whose block begins with an origin; 0
 * for a piece. */
static size_t front_size(const nanvm_arena *self, const nanvm_type *type) {
    return type == NULL ? 0 : arena_prefix(self, type) + sizeof(nanvm_origin);
}

/* Whether the link of a newer object leads to the block, which then can't be moved. */
static bool is_linked_to(const nanvm_arena *self, const resizing *how) {
    return how->type != NULL && has_finalizer(self, how->type) &&
           self->finalizable != how->memory;
}

/* If the block or piece is alone in the second chunk of the list, makes that chunk the
 * current one. The block or piece is then the newest again. */
static bool return_to_chunk(nanvm_arena *self, const resizing *how) {
    unsigned char *memory = how->memory;
    if (!nanvm_arena_chunks_can_move(self, how->layout.align) ||
        is_linked_to(self, how) ||
        !nanvm_arena_chunks_return_to(self, memory - front_size(self, how->type),
                                      memory + how->layout.size)) {
        return false;
    }
    self->newest = start_of(how);
    return true;
}

static void renew_block(nanvm_arena *self, const nanvm_type *type, unsigned char *front,
                        void *object) {
    self->origin = (nanvm_origin *)(void *)front;
    nanvm_origin_write(self->origin, type, &newest_part(self)->bounded.dealloc);
    if (has_finalizer(self, type)) {
        self->finalizable = object;
    }
}

/* If the newest block or piece is alone in the current chunk, grows both together.
 * Returns the new address of the block or piece, or NULL. */
static void *grow_with_chunk(nanvm_arena *self, resizing how) {
    size_t prefix = front_size(self, how.type);
    unsigned char *front = (unsigned char *)how.memory - prefix;
    front = nanvm_arena_chunks_can_move(self, how.layout.align)
                ? nanvm_arena_chunks_grow(self, front, prefix + how.size)
                : NULL;
    if (front == NULL) {
        return NULL;
    }
    how.memory = front + prefix;
    if (how.type != NULL) {
        renew_block(self, how.type, front, how.memory);
    }
    self->newest = start_of(&how);
    return how.memory;
}

/* The newest block or piece lies at the top: it grows and shrinks in place. */
static void *resize_top(nanvm_arena *self, void *memory, size_t old_size, size_t size) {
    note_peak(self);
    if (size < old_size) {
        nanvm_wipe((unsigned char *)memory + size, old_size - size);
    }
    self->top = (unsigned char *)memory + size;
    if (NANVM_UNLIKELY(self->sanitized)) {
        resize_bytes(self, memory, old_size, size);
    }
    return memory;
}

/* Returns where the block or piece is now, or NULL: then it has to move elsewhere. */
static void *resize_newest(nanvm_arena *self, const resizing *how) {
    end_run(self);
    bool grows = how->size > how->layout.size;
    void *memory = how->memory;
    if (start_of(how) != self->newest && (!grows || !return_to_chunk(self, how))) {
        return grows ? NULL : memory;
    }
    if (how->size > (size_t)(self->end - (unsigned char *)memory)) {
        memory = grow_with_chunk(self, *how);
    }
    return memory == NULL ? NULL : resize_top(self, memory, how->layout.size, how->size);
}

static void *arena_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                          size_t size) {
    resizing how = {NULL, memory, layout, size};
    return resize_newest(arena_of(manager), &how);
}

/* Moves the top down to `top`, where the newest block or piece begins; its bytes are free
 * again. A hardened build wipes these bytes now, so that a reset has to wipe only the
 * bytes still in use. */
static void lower_top(nanvm_arena *self, unsigned char *top) {
    note_peak(self);
    nanvm_wipe(top, (size_t)(self->top - top));
    self->top = top;
    self->newest = NULL;
}

static void arena_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_arena *self = arena_of_dealloc(dealloc);
    end_run(self);
    if (self->sanitized) {
        nanvm_sanitizer_poison(memory, layout.size);
    } else if (memory == self->newest) {
        lower_top(self, memory);
    }
    self->pieces -= self->pieces > 0 ? 1 : 0; /* the piece may be from before a reset */
}

/* --- blocks --- */

/* Whether a new block can share the origin of the newest one: the type is the same, and
 * the distance to the origin fits into a header. */
static bool origin_serves(const nanvm_arena *self, const nanvm_type *type) {
    return self->origin != NULL && self->origin->type == type &&
           (size_t)(self->end - (unsigned char *)self->origin) / word_size < UINT32_MAX;
}

NANVM_NOINLINE static unsigned char *alloc_with_origin(nanvm_arena *self,
                                                       const nanvm_type *type,
                                                       size_t prefix,
                                                       nanvm_layout layout) {
    unsigned char *object = alloc_bytes(self, prefix + sizeof(nanvm_origin), layout);
    if (object != NULL) {
        self->origin = (nanvm_origin *)(void *)(object - prefix - sizeof(nanvm_origin));
        nanvm_origin_write(self->origin, type, &newest_part(self)->bounded.dealloc);
    }
    return object;
}

static void link_finalizable(nanvm_arena *self, const nanvm_type *type, void *object) {
    if (has_finalizer(self, type)) {
        *nanvm_block_link(type, object) = self->finalizable;
        self->finalizable = object;
    }
}

/* Leads inline functions to the bump range. Until then `manager.slots` is NULL. */
static void show_run(nanvm_arena *self) {
    for (size_t i = 0; i < NANVM_SLOTS_LENGTH; ++i) {
        self->slots[i] = &self->bump_range;
    }
    self->bump_range.first_count = NANVM_COUNT_NONE;
    self->manager.slots = self->slots;
}

/* How many objects to make ahead: no more than were made in a row already, so that few
 * are made in vain. */
static size_t next_run_length(const nanvm_arena *self, size_t stride) {
    size_t length = self->streak;
    size_t most = LARGEST_RUN / stride;
    size_t room = (size_t)(self->end - self->top) / stride;
    length = length < most ? length : most;
    return length < room ? length : room;
}

static void link_run(nanvm_arena *self) {
    const nanvm_slots *run = &self->bump_range;
    if (has_finalizer(self, run->type)) {
        for (uintptr_t object = run->bump; object != run->bump_end;
             object += run->stride) {
            link_finalizable(self, run->type, (void *)object);
        }
    }
}

/* Whether prefetching helps. While chunks are smaller, the arena is in the cache
 * anyway. */
static bool is_large(const nanvm_arena *self) {
    return self->chunks != NULL && self->chunks->size >= NANVM_ARENA_LARGEST_CHUNK;
}

/* Makes `length` objects behind the newest. If the current chunk is large (see
 * is_large()), the memory of the next run is prefetched, and arrives while this run is
 * used: creating a million objects takes up to a fifth less time. (If the prefetch were
 * in a function of its own, gcc would think that it has no effect and remove it.) */
static void fill_run(nanvm_arena *self, size_t length) {
    nanvm_slots *run = &self->bump_range;
    uint32_t distance = nanvm_origin_distance((void *)run->bump, self->origin);
    run->bump_end = run->bump;
    for (size_t i = 0; i < length; ++i, run->bump_end += run->stride) {
        nanvm_header_write((void *)run->bump_end, distance, NANVM_COUNT_NONE);
        distance += (uint32_t)(run->stride / word_size);
    }
    for (size_t i = 0; i < LARGEST_RUN && is_large(self); i += NANVM_CACHE_LINE) {
        NANVM_PREFETCH((const void *)(run->bump_end + i));
    }
    link_run(self);
}

/* Makes more objects like the one that was just made at the top. */
static void make_ahead(nanvm_arena *self, const nanvm_type *type, unsigned char *object,
                       size_t stride) {
    size_t length = next_run_length(self, stride);
    if (length == 0 || NANVM_QUARANTINES || self->sanitized) {
        return;
    }
    nanvm_slots *run = &self->bump_range;
    if (self->manager.slots == NULL) {
        show_run(self);
    }
    run->type = type;
    run->stride = stride;
    run->bump = (uintptr_t)object + stride;
    fill_run(self, length);
    self->top += length * stride;
    self->blocks += length;
    self->streak += length;
}

static unsigned char *alloc_block(nanvm_arena *self, const nanvm_type *type,
                                  size_t prefix, nanvm_layout layout) {
    unsigned char *object = origin_serves(self, type) ? bump(self, prefix, layout) : NULL;
    if (object == NULL) {
        self->streak = 0;
        object = alloc_with_origin(self, type, prefix, layout);
    }
    return object;
}

static inline void *place_block(nanvm_arena *self, const nanvm_type *type, size_t size) {
    nanvm_layout layout = nanvm_layout_make(size, nanvm_block_align(type));
    size_t prefix = arena_prefix(self, type);
    unsigned char *object = alloc_block(self, type, prefix, layout);
    if (object == NULL) {
        return NULL;
    }
    nanvm_header_write(object, nanvm_origin_distance(object, self->origin),
                       NANVM_COUNT_NONE);
    link_finalizable(self, type, object);
    set_newest(self, object);
    self->blocks += 1;
    self->streak += 1;
    if (self->streak >= LEAST_STREAK && type->item_size == 0) {
        make_ahead(self, type, object,
                   nanvm_layout_round_up(prefix + size, layout.align));
    }
    return object;
}

static void *arena_new_block(nanvm_manager *manager, const nanvm_type *type,
                             size_t size) {
    nanvm_arena *self = arena_of(manager);
    void *object = !NANVM_QUARANTINES && self->bump_range.type == type
                       ? nanvm_slots_pop(&self->bump_range)
                       : NULL;
    /* cppcheck-suppress knownConditionTrueFalse ; always true in a hardened build */
    if (object == NULL) {
        end_run(self);
        object = place_block(self, type, size);
    }
    return object;
}

static void *arena_resize_block(nanvm_manager *manager, void *object, size_t old_size,
                                size_t size) {
    nanvm_arena *self = arena_of(manager);
    if (!owns(self, object)) {
        return NULL;
    }
    const nanvm_type *type = nanvm_block_origin(object)->type;
    resizing how = {type, object, nanvm_layout_make(old_size, nanvm_block_align(type)),
                    size};
    return resize_newest(self, &how);
}

static void rewind_to(nanvm_arena *self, const nanvm_type *type, void *object) {
    if (self->finalizable == object) {
        self->finalizable = *nanvm_block_link(type, object);
    }
    lower_top(self, (unsigned char *)object - arena_prefix(self, type));
}

/* Frees a block that has moved or was discarded, or whose construction or `clone` failed.
 * The block is marked dead, so that a reset skips it. Its bytes are free at once if it is
 * the newest and there is no sanitizer; else at that reset. */
static void arena_free_block(nanvm_dealloc *dealloc, void *object) {
    nanvm_arena *self = arena_of_dealloc(dealloc);
    end_run(self);
    const nanvm_type *type = nanvm_block_origin(object)->type;
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    if (self->sanitized) {
        size_t length = type->item_size == 0 ? 0 : nanvm_block_written_length(object);
        nanvm_sanitizer_poison(object, nanvm_type_size_of(type, length));
    } else if (is_newest(self, object)) {
        rewind_to(self, type, object);
    }
    self->blocks -= 1;
}

/* --- reset --- */

typedef void let_go_step(nanvm_arena *self, const nanvm_type *type, void *object);

static void run_drop(nanvm_arena *self, const nanvm_type *type, void *object) {
    (void)self;
    if (type->drop != NULL) {
        type->drop(object, nanvm_block_length(type, object));
    }
}

static void drop_refs(nanvm_arena *self, const nanvm_type *type, void *object) {
    if (!self->self_contained) {
        nanvm_object_visit(type, object, nanvm_object_drop_visitor, NULL);
    } else {
        nanvm_self_contained_check(self, type, object);
    }
}

static void for_each_finalizable(nanvm_arena *self, void *object, let_go_step *step) {
    while (object != NULL) {
        const nanvm_type *type = nanvm_block_origin(object)->type;
        if (nanvm_block_count(object) != NANVM_COUNT_DEAD) {
            step(self, type, object);
        }
        object = *nanvm_block_link(type, object);
    }
}

static void *pop_finalizables(nanvm_arena *self) {
    end_run(self);
    void *all = self->finalizable;
    self->finalizable = NULL;
    self->newest = NULL;
    return all;
}

/* All `drop` callbacks run first: references that they may still read are released
 * afterwards. Objects that a callback creates in the arena are let go of in the next
 * round. */
static void let_go_of_all(nanvm_arena *self) {
    for (void *all = pop_finalizables(self); all != NULL; all = pop_finalizables(self)) {
        for_each_finalizable(self, all, run_drop);
        for_each_finalizable(self, all, drop_refs);
    }
}

static void wipe_part(unsigned char *begin, const unsigned char *top) {
    nanvm_wipe(begin, (size_t)(top - begin));
}

/* Wipes all bytes in use: a reference that outlived the reset finds no header there. */
static void wipe_used(nanvm_arena *self) {
    nanvm_arena_chunk *chunk = self->chunks;
    wipe_part(nanvm_arena_chunks_data(self), self->top);
    for (chunk = chunk == NULL ? NULL : chunk->next; chunk != NULL; chunk = chunk->next) {
        wipe_part((unsigned char *)(chunk + 1), chunk->top);
    }
}

NANVM_UNUSED static void stop_unless_reset(const bool *ended) {
    if (!*ended) {
        nanvm_fatal("an exception left a callback that ran while an arena was reset");
    }
}

/* Returns false if a reset is at work already: it still walks through the objects. */
static bool let_go(nanvm_arena *self) {
    nanvm_callback_guard frame;
    nanvm_callback_guard_check(
        &self->resetting, NANVM_FRAME_ADDRESS,
        "a drop that ran while an arena was reset was left by longjmp");
    if (self->resetting.is_set) {
        return false; /* called by a `drop` that the outer reset runs */
    }
    bool ended NANVM_ON_UNWIND(stop_unless_reset) = false;
    nanvm_unwind_reads(&ended);
    nanvm_callback_guard_enter(&self->resetting, &frame, NANVM_FRAME_ADDRESS);
    let_go_of_all(self);
    nanvm_callback_guard_leave(&self->resetting);
    ended = true;
    return true;
}

static void make_empty(nanvm_arena *self) {
    note_peak(self);
    for_all_bytes(self, nanvm_sanitizer_unpoison);
    if (NANVM_QUARANTINES) { /* in other builds nanvm_wipe() does nothing */
        wipe_used(self);
    }
    for_all_bytes(self, nanvm_sanitizer_poison);
    nanvm_arena_chunks_retain(self);
    self->blocks = self->pieces = 0;
    nanvm_arena_chunks_enter(self, self->buffer);
}

static void give_all_back(nanvm_arena *self) {
    make_empty(self);
    for_all_bytes(self, nanvm_sanitizer_unpoison);
    nanvm_arena_chunks_free_retained(self);
    self->end = self->buffer = NULL;
    nanvm_arena_chunks_enter(self, NULL);
}

/* Calls `finish` once the arena has let go of all objects. The source's dealloc may drop
 * references. These drops are held, so that their callbacks run only when the arena is
 * empty. */
static void clear(nanvm_arena *self, void (*finish)(nanvm_arena *self)) {
    if (let_go(self)) {
        nanvm_hold hold;
        nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
        finish(self);
        nanvm_drop_resume(&hold);
    }
}

void nanvm_arena_reset(nanvm_arena *self) {
    clear(self, make_empty);
}

void nanvm_arena_deinit(nanvm_arena *self) {
    clear(self, give_all_back);
}

/* --- the manager as a whole --- */

static void arena_stats(const nanvm_manager *manager, nanvm_stats *stats) {
    const nanvm_arena *self = (const nanvm_arena *)(const void *)manager;
    size_t buffer = self->buffer != NULL ? (size_t)(self->end - self->buffer) : 0;
    stats->live_blocks = self->blocks - rest_of_run(self) + self->pieces;
    stats->live_bytes = bytes_in_use(self);
    stats->peak_bytes = peak_bytes(self);
    stats->reserved_bytes = buffer + nanvm_arena_chunks_size(self);
}

static const nanvm_manager_table arena_table = {
    arena_alloc, arena_resize, arena_new_block, arena_resize_block, arena_stats};

void nanvm_arena_init(nanvm_arena *self, void *buffer, size_t size) {
    memset(self, 0, offsetof(nanvm_arena, slots)); /* show_run() fills the rest */
    self->manager.table = &arena_table;
    self->manager.dealloc = &self->own.bounded.dealloc;
    nanvm_arena_part_init(&self->own, self);
    self->buffer = buffer;
    self->top = buffer;
    self->end = buffer == NULL ? NULL : self->buffer + size;
    self->sanitized = nanvm_sanitizer_is_there();
    for_all_bytes(self, nanvm_sanitizer_poison);
}

void nanvm_arena_init_growing(nanvm_arena *self, nanvm_manager *source) {
    nanvm_arena_init(self, NULL, 0);
    self->source = source;
}

void nanvm_arena_assume_self_contained(nanvm_arena *self) {
    if (self->blocks > 0) {
        nanvm_fatal(
            "an arena that has objects already can't be assumed to be self-contained");
    }
    self->self_contained = true;
}
