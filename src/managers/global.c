#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* madvise */
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#if defined(NANVM_HARDENED)
#include "system/checker.h"
#include "hardened/quarantine.h"
#endif

#if defined(_WIN32)
#include <malloc.h>
#endif

#if defined(_WIN32)
/* Its malloc aligns a piece of any size. Memory of the two kinds is freed by two
 * functions, so a piece stays of its kind whatever size it is given. */
static bool is_over_aligned(nanvm_layout layout) {
    return layout.align > NANVM_MALLOC_ALIGN;
}

static void *alloc_aligned(nanvm_layout layout) {
    return _aligned_malloc(layout.size, layout.align);
}

static void free_aligned(void *memory) {
    _aligned_free(memory);
}
#else
/* Some mallocs align a small piece to no more than its size; mimalloc does. */
static bool is_over_aligned(nanvm_layout layout) {
    return layout.align > NANVM_MALLOC_ALIGN ||
           (layout.align > sizeof(void *) && layout.size < layout.align);
}

/* What starts and ends with a huge page, as the chunks of large pools do, is worth one:
 * 10 to 40 % of the time of whatever follows pointers through it. */
static void *advise_huge(void *memory, nanvm_layout layout) {
#if defined(MADV_HUGEPAGE)
    if (memory != NULL && layout.align >= NANVM_HUGE_PAGE) {
        (void)madvise(memory, layout.size, MADV_HUGEPAGE); /* without, it is slower */
    }
#else
    (void)layout;
#endif
    return memory;
}

static void *alloc_aligned(nanvm_layout layout) {
    layout.size = nanvm_layout_round_up(layout.size, layout.align);
    return advise_huge(aligned_alloc(layout.align, layout.size), layout);
}

static void free_aligned(void *memory) {
    free(memory);
}
#endif

static void *global_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return is_over_aligned(layout) ? alloc_aligned(layout) : malloc(layout.size);
}

#if defined(NANVM_HARDENED)
static void global_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout);

/* Gives at least half of a piece back, if there is memory to move the rest to. */
static void *move_rest(void *memory, nanvm_layout layout, size_t size) {
    void *moved = global_alloc(NULL, nanvm_layout_make(size, layout.align));
    if (moved == NULL) {
        return memory;
    }
    memcpy(moved, memory, size);
    memset(memory, 0, layout.size);
    global_dealloc(NULL, memory, layout);
    return moved;
}

/* A piece that grows is moved by the caller: realloc would leave its old bytes behind. */
static void *global_resize(nanvm_manager *self, void *memory, nanvm_layout layout,
                           size_t size) {
    (void)self;
    if (size > layout.size) {
        return NULL;
    }
    if (size < layout.size / 2) {
        return move_rest(memory, layout, size);
    }
    memset((unsigned char *)memory + size, 0, layout.size - size);
    return memory;
}
#else
static void *global_resize(nanvm_manager *self, void *memory, nanvm_layout layout,
                           size_t size) {
    (void)self;
    bool over_aligned =
        is_over_aligned(layout) || is_over_aligned(nanvm_layout_make(size, layout.align));
    void *resized = over_aligned ? NULL : realloc(memory, size);
    return resized == NULL && size <= layout.size ? memory : resized;
}
#endif

static void global_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    if (is_over_aligned(layout)) {
        free_aligned(memory);
    } else {
        free(memory);
    }
}

/* --- blocks ---
 *
 * Each has an origin of its own, as any manager's without `new_block`. Here nobody has
 * to be told of layouts: a pair of `new` and `drop` takes a third less time. */

static nanvm_dealloc the_dealloc;

static size_t global_prefix(const nanvm_object *type) {
    return nanvm_block_alone_prefix(type, NANVM_COUNT_ATOMIC);
}

/* A block starts with its origin: there is no padding in front of it. */
static inline bool starts_with_origin(const nanvm_object *type) {
    return NANVM_LIKELY(nanvm_block_align(type) <= sizeof(void *));
}

/* Whatever the size of a block is, as it is never less than the alignment. */
static bool is_type_over_aligned(const nanvm_object *type) {
    return type->align > NANVM_MALLOC_ALIGN;
}

NANVM_NOINLINE static void *new_any(const nanvm_object *type, size_t size) {
    size_t prefix = global_prefix(type);
    nanvm_layout layout;
    if (!nanvm_block_alone_layout(type, prefix, size, &layout)) {
        return NULL;
    }
    void *memory =
        is_type_over_aligned(type) ? alloc_aligned(layout) : malloc(layout.size);
    return memory == NULL ? NULL : nanvm_block_place(memory, prefix, type, &the_dealloc);
}

/* What is in front of most objects. */
typedef struct front {
    nanvm_origin origin;
    nanvm_header header;
} front;

static bool has_only_front(const nanvm_object *type) {
    return NANVM_LIKELY(nanvm_block_prefix_of(type) == sizeof(nanvm_header) &&
                        starts_with_origin(type));
}

static void *global_new_block(nanvm_manager *self, const nanvm_object *type,
                              size_t size) {
    (void)self;
    if (!has_only_front(type) || size > (size_t)PTRDIFF_MAX - sizeof(front)) {
        return new_any(type, size);
    }
    front *memory = malloc(sizeof(front) + size);
    if (memory == NULL) {
        return NULL;
    }
    nanvm_origin_write(&memory->origin, type, &the_dealloc);
    nanvm_header_write(memory + 1, offsetof(front, header) / sizeof(void *),
                       NANVM_COUNT_ATOMIC);
    return memory + 1;
}

#if defined(NANVM_HARDENED)
/* So many have to die after an object before its memory is free. Any thread may be the
 * one that puts the next in place of the one that has waited longest.
 *
 * That is for blocks of up to 1 KiB. Of four times the size a fourth as many wait, down
 * to one of 1 MiB: never more than 1 MiB of a kind, 6 MiB in all; and who drops large
 * objects doesn't put the small ones out. Memory of more is free at once. */
enum { WAITING = 1024, SMALLEST = 1024, KINDS = 6 };

/* KINDS for a block that doesn't wait. */
static size_t kind_of(size_t block_size) {
    size_t kind = 0;
    for (size_t most = SMALLEST; kind < KINDS && block_size > most; most *= 4) {
        ++kind;
    }
    return kind;
}

static size_t length_of(size_t kind) {
    return (size_t)WAITING >> 2 * kind;
}

/* What moves, moves by a new block: nothing stays behind in the old one. And nothing of
 * what is cut off: it isn't the object's any more when that ends. A block is of the kind
 * that its object's size says. */
static bool stays(const nanvm_object *type, size_t old_size, size_t size) {
    size_t prefix = global_prefix(type);
    return size <= old_size && size >= old_size / 2 &&
           kind_of(prefix + size) == kind_of(prefix + old_size);
}

static void *global_resize_block(nanvm_manager *self, void *object, size_t old_size,
                                 size_t size) {
    (void)self;
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (origin->dealloc != &the_dealloc || !stays(origin->object, old_size, size)) {
        return NULL;
    }
    memset((unsigned char *)object + size, 0, old_size - size);
    return object;
}
#else
static void *global_resize_block(nanvm_manager *self, void *object, size_t old_size,
                                 size_t size) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    size_t prefix = global_prefix(origin->object);
    nanvm_layout layout;
    (void)self;
    (void)old_size;
    if (origin->dealloc != &the_dealloc || is_type_over_aligned(origin->object) ||
        !nanvm_block_alone_layout(origin->object, prefix, size, &layout)) {
        return NULL;
    }
    unsigned char *memory = realloc((unsigned char *)object - prefix, layout.size);
    /* cppcheck-suppress memleak ; the object lies in it */
    return memory == NULL ? NULL : memory + prefix;
}
#endif

NANVM_NOINLINE static void free_padded(const nanvm_object *type, void *object) {
    void *memory = (unsigned char *)object - global_prefix(type);
    if (is_type_over_aligned(type)) {
        free_aligned(memory);
    } else {
        free(memory);
    }
}

static inline void free_memory(void *object) {
    nanvm_origin *origin = nanvm_block_origin(object);
    if (starts_with_origin(origin->object)) {
        free(origin);
    } else {
        free_padded(origin->object, object);
    }
}

#if defined(NANVM_HARDENED)
/* At the start of the memory of who waits, over its origin: its type may be gone by the
 * time that it is free. */
typedef struct note {
    void *object;
    size_t size; /* twice the bytes, and one if they are over-aligned */
    nanvm_memory_front front;
} note;

NANVM_STATIC_ASSERT(sizeof(note) <= sizeof(nanvm_origin), "it lies in front of a header");

static struct {
    note *notes[WAITING]; /* of larger kinds the first only */
    size_t next;
} waiting[KINDS];

static size_t size_of(const nanvm_object *type, const void *object) {
    return nanvm_object_size_of(type, nanvm_block_length(type, object));
}

static note *write_note(const nanvm_object *type, void *object, size_t size) {
    size_t prefix = global_prefix(type);
    note *self = (note *)(void *)((unsigned char *)object - prefix);
    self->object = object;
    self->size = size << 1 | (size_t)is_type_over_aligned(type);
    nanvm_seal_memory(&self->front, object, nanvm_layout_make(self->size, 1));
    return self;
}

static void free_noted(note *self) {
    size_t size = self->size;
    nanvm_seal_break_memory(&self->front, self->object, nanvm_layout_make(size, 1));
    nanvm_quarantine_check(self->object, size >> 1);
    if ((size & 1) != 0) {
        free_aligned(self);
    } else {
        free(self);
    }
}

/* Returns whether there was one that is free now; `mine` may be NULL. */
static bool replace_oldest(size_t kind, note *mine) {
    size_t turn = nanvm_atomic_raise_relaxed(&waiting[kind].next) % length_of(kind);
    note *oldest = NANVM_ATOMIC_EXCHANGE(&waiting[kind].notes[turn], mine);
    if (oldest != NULL) {
        free_noted(oldest);
    }
    return oldest != NULL;
}

static void global_free_block(nanvm_dealloc *self, void *object) {
    const nanvm_object *type = nanvm_block_origin(object)->object;
    size_t size = size_of(type, object);
    size_t kind = kind_of(global_prefix(type) + size);
    (void)self;
    nanvm_quarantine_clear(object, size);
    if (kind == KINDS || nanvm_checker_watches()) { /* that is to see when it ends */
        free_memory(object);
    } else {
        (void)replace_oldest(kind, write_note(type, object, size));
    }
}

/* What waits is memory, too, before there is none. Returns whether anything did. */
static bool free_waiting(void) {
    bool any = false;
    for (size_t kind = 0; kind < KINDS; ++kind) {
        for (size_t i = 0; i < length_of(kind); ++i) {
            any |= replace_oldest(kind, NULL);
        }
    }
    return any;
}

static void *alloc_at_last(nanvm_manager *self, nanvm_layout layout) {
    void *memory = global_alloc(self, layout);
    return memory == NULL && free_waiting() ? global_alloc(self, layout) : memory;
}

static void *new_block_at_last(nanvm_manager *self, const nanvm_object *type,
                               size_t size) {
    void *object = global_new_block(self, type, size);
    return object == NULL && free_waiting() ? global_new_block(self, type, size) : object;
}

static const nanvm_manager_table manager_table = {
    alloc_at_last, global_resize, new_block_at_last, global_resize_block, NULL};
#else
static void global_free_block(nanvm_dealloc *self, void *object) {
    (void)self;
    free_memory(object);
}

static const nanvm_manager_table manager_table = {
    global_alloc, global_resize, global_new_block, global_resize_block, NULL};
#endif

static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                  .dealloc = global_dealloc,
                                                  .free_block = global_free_block};
static nanvm_dealloc the_dealloc = {&dealloc_table};
static nanvm_manager manager = {&manager_table, &the_dealloc, 0, NULL};

nanvm_manager *nanvm_global(void) {
    return &manager;
}
