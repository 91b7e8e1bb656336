/* What the files of the library share with each other, under the name of the file that
 * owns it. */
#ifndef NANVM_INTERNAL_H
#define NANVM_INTERNAL_H

#include <nanvm/mem.h>

#include "integrity.h"
#include "system/atomic.h"
#include "system/machine.h"

/* --- fatal.c ------------------------------------------------------------- */

/* Stops the program; `message` is one line that names the mistake. */
NANVM_COLD NANVM_NORETURN void nanvm_fatal(const char *message);

#define NANVM_FOREIGN_PIECE                                                              \
    "memory that this manager didn't hand out, or not with this layout"
#define NANVM_RETURNED_PIECE "memory that this manager has back already"

/* --- memory.c -------------------------------------------------------------
 *
 * Raw memory by a manager's table, without the checksum that a hardened build puts in
 * front of what users get. */

void *nanvm_memory_alloc(nanvm_manager *manager, nanvm_layout layout);

/* `memory` isn't NULL. */
void *nanvm_memory_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                          size_t size);

/* `memory` may be NULL. */
void nanvm_memory_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout);

/* Frees memory that was asked for with exactly this layout. Does nothing if `dealloc` is
 * NULL in the table, as it may be where `count` is NANVM_COUNT_NONE. */
void nanvm_memory_dealloc_by(nanvm_dealloc *self, void *memory, nanvm_layout layout);

/* --- layout --------------------------------------------------------------- */

/* Half as much again, for what may go on growing; `size` itself if that is too much. */
static inline size_t nanvm_ample(size_t size) {
    return size < (size_t)PTRDIFF_MAX / 2 ? size + size / 2 : size;
}

/* --- block.c --------------------------------------------------------------
 *
 *   a block that is allocated alone, from low addresses to high:
 *     [padding] [counter, if counted by the dealloc] [origin]
 *               [link, with callbacks] [length, of an array] [header] [object]
 *   a block that shares its origin starts at the link.
 */

static inline nanvm_length *nanvm_block_length_word(const void *object) {
    return (nanvm_length *)((uintptr_t)object - sizeof(nanvm_header)) - 1;
}

static inline void nanvm_block_set_length(void *object, size_t length) {
    nanvm_length *word = nanvm_block_length_word(object);
    word->length = length;
    nanvm_checksum_length(word);
}

static inline size_t nanvm_block_length_size(const nanvm_type *type) {
    return type->item_size == 0 ? 0 : sizeof(nanvm_length);
}

/* The link in front of an object: of a deferred one with callbacks, or of one that a
 * reset of an arena has to visit. */
static inline void **nanvm_block_link(const nanvm_type *type, void *object) {
    size_t behind = sizeof(nanvm_header) + nanvm_block_length_size(type);
    return (void **)(void *)((unsigned char *)object - behind - sizeof(void *));
}

/* The least alignment of a block, which holds words and a header. */
enum {
    NANVM_BLOCK_ALIGN_LEAST = sizeof(nanvm_count_word) > sizeof(void *)
                                  ? sizeof(nanvm_count_word)
                                  : sizeof(void *)
};

static inline size_t nanvm_block_align(const nanvm_type *type) {
    return type->align < NANVM_BLOCK_ALIGN_LEAST ? NANVM_BLOCK_ALIGN_LEAST : type->align;
}

/* Writes an origin: when it is made, and again when the chunk of a large object is
 * resized. */
static inline void nanvm_origin_write(nanvm_origin *self, const nanvm_type *type,
                                      nanvm_dealloc *dealloc) {
    self->type = type;
    self->dealloc = dealloc;
    nanvm_checksum_origin(self);
}

/* From the header of `object` back to its origin, in words. */
static inline uint32_t nanvm_origin_distance(const void *object,
                                             const nanvm_origin *origin) {
    uintptr_t header = (uintptr_t)nanvm_block_header(object);
    return (uint32_t)((header - (uintptr_t)origin) / sizeof(void *));
}

/* A plain count as an atomic one. An atomic count goes half as far: beyond its limit it
 * is stuck. */
static inline int32_t nanvm_block_atomic_count(int32_t count) {
    return count <= (int32_t)NANVM_COUNT_ATOMIC - NANVM_COUNT_ATOMIC_LAST
               ? NANVM_COUNT_ATOMIC - count
               : NANVM_COUNT_STUCK;
}

/* Marks a new block as dropped while a callback fills it, and returns its count. So an
 * early drop is detected; and if the callback is left by longjmp, an arena has nothing to
 * release. */
static inline int32_t nanvm_block_hide(void *object) {
    int32_t count = nanvm_block_count(object);
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    return count;
}

/* Frees the memory of a block with an origin of its own; its object is gone already. */
void nanvm_block_free_alone(void *object);

/* Frees the memory of any block. */
static inline void nanvm_block_free(void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (NANVM_LIKELY(dealloc->table->free_block != NULL)) {
        dealloc->table->free_block(dealloc, object);
    } else {
        nanvm_block_free_alone(object);
    }
}

/* --- object.c ------------------------------------------------------------ */

static inline void *nanvm_object_item(const nanvm_type *type, const void *object,
                                      size_t index) {
    return (void *)((uintptr_t)object + type->items_offset + index * type->item_size);
}

/* --- type.c --------------------------------------------------------------- */

/* Whether the type has callbacks that run when an object ends (`clone` isn't one). These
 * use the bytes of a deferred object when it ends, so its link lies in front of it. */
static inline bool nanvm_type_has_callbacks(const nanvm_type *type) {
    return ((uintptr_t)type->drop | (uintptr_t)type->visit |
            (uintptr_t)type->visit_item) != 0; /* one branch for all */
}

/* References that a walk through plain structs has room for: drop.c. */
enum { NANVM_RELEASE_STACK = 64 };

/* Whether there are no callbacks, no references in items, and few in the fixed part. */
static inline bool nanvm_type_is_plain(const nanvm_type *type) {
    return !nanvm_type_has_callbacks(type) && type->item_refs_length == 0 &&
           type->refs_length <= NANVM_RELEASE_STACK;
}

static inline bool nanvm_type_holds_refs(const nanvm_type *type) {
    return (type->refs_length | type->item_refs_length | (uintptr_t)type->visit |
            (uintptr_t)type->visit_item) != 0;
}

/* For reports; NULL is raw memory. */
const char *nanvm_type_name(const nanvm_type *type);

/* The size of an object that exists: it can't overflow. */
static inline size_t nanvm_type_size_of(const nanvm_type *type, size_t length) {
    size_t with_items = type->items_offset + length * type->item_size;
    return with_items > type->size ? with_items : type->size;
}

/* Whether offset, item size and length each fit in one bit less than half a word: then
 * offset + size * length can't overflow, and is no more than PTRDIFF_MAX. (A division
 * would take a third of the time of appending.) */
static inline bool nanvm_type_is_small(const nanvm_type *type, size_t length) {
    return (type->items_offset | type->item_size | length) >> (sizeof(size_t) * 4 - 1) ==
           0;
}

/* Whether offset + item size * length is at most PTRDIFF_MAX, for an array type. */
bool nanvm_type_fits_large(const nanvm_type *type, size_t length);

static inline bool nanvm_type_fits(const nanvm_type *type, size_t length) {
    return type->item_size != 0 && (NANVM_LIKELY(nanvm_type_is_small(type, length)) ||
                                    nanvm_type_fits_large(type, length));
}

/* nanvm_type_size(), inline for new objects. */
static inline bool nanvm_type_size_checked(const nanvm_type *type, size_t length,
                                           size_t *size) {
    if (length > 0 && !nanvm_type_fits(type, length)) {
        return false;
    }
    nanvm_layout layout =
        nanvm_layout_make(nanvm_type_size_of(type, length), type->align);
    if (!nanvm_layout_is_valid(layout)) {
        return false;
    }
    *size = layout.size;
    return true;
}

/* --- block.c: lengths ------------------------------------------------------
 *
 * An overwritten length is detected before it is used to copy, clear, walk or free
 * anything: in a hardened build by its checksum, in other builds only if it is too large.
 * The items of an array have to fit into its slot, its chunk, or the part of an arena
 * that is in use. Arrays of the global manager, or of a user's, have no such bound. */

/* Stops the program: the library didn't write that length. */
NANVM_COLD NANVM_NORETURN void nanvm_block_wrong_length(void);

/* The number of items that an array has room for. It stands behind the origin if the
 * dealloc has the trait `has_most_items`. */
static inline size_t nanvm_origin_most_items(const nanvm_origin *self) {
    return *(const size_t *)(const void *)(self + 1);
}

/* Whether one multiplication shows that `length` items of an object end in front of
 * `end`. (If it doesn't, nanvm_block_check_bound() decides.) */
static inline bool nanvm_block_is_in_front(const void *object, const nanvm_type *type,
                                           size_t length, const void *end) {
    uintptr_t begin = (uintptr_t)object;
    return begin <= (uintptr_t)end && nanvm_type_is_small(type, length) &&
           type->items_offset + length * type->item_size <= (uintptr_t)end - begin;
}

/* Stops the program if the array doesn't end in front of the bound. */
void nanvm_block_check_bound(const nanvm_origin *origin, const void *object,
                             size_t length);

/* The rest of this section is only for arrays, except for nanvm_block_length(). */

/* The length as it is written, for a caller that checks it by other means. */
static inline size_t nanvm_block_written_length(const void *object) {
    const nanvm_length *word = nanvm_block_length_word(object);
    nanvm_checksum_check_length(word);
    return word->length;
}

static inline void nanvm_block_check_most_items(const nanvm_origin *origin,
                                                size_t length) {
    if (NANVM_UNLIKELY(length > nanvm_origin_most_items(origin))) {
        nanvm_block_wrong_length();
    }
}

/* The next two functions stop the program if an array has no room for so many items. The
 * first is for an array whose references are counted, which can't lie in an arena. */
static inline void nanvm_block_check_outside_arena(const void *object, size_t length) {
    if (!NANVM_BOUNDS_LENGTHS) {
        return;
    }
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (NANVM_LIKELY(origin->dealloc->table->traits.has_most_items)) {
        nanvm_block_check_most_items(origin, length);
    }
}

static inline void nanvm_block_check_length(const void *object, size_t length) {
    if (!NANVM_BOUNDS_LENGTHS) {
        return;
    }
    const nanvm_origin *origin = nanvm_block_origin(object);
    const nanvm_dealloc *dealloc = origin->dealloc;
    if (NANVM_LIKELY(dealloc->table->traits.has_most_items)) {
        nanvm_block_check_most_items(origin, length);
    } else if (dealloc->table->traits.bounded &&
               !nanvm_block_is_in_front(object, origin->type, length,
                                        *((const nanvm_dealloc_bounded *)dealloc)->end)) {
        nanvm_block_check_bound(origin, object, length);
    }
}

/* The length, checked. The first function is for an array whose references are counted,
 * the second for any array. */
static inline size_t nanvm_block_length_outside_arena(const void *object) {
    size_t length = nanvm_block_written_length(object);
    nanvm_block_check_outside_arena(object, length);
    return length;
}

static inline size_t nanvm_block_array_length(const void *object) {
    size_t length = nanvm_block_written_length(object);
    nanvm_block_check_length(object, length);
    return length;
}

static inline size_t nanvm_block_length(const nanvm_type *type, const void *object) {
    return type->item_size == 0 ? 0 : nanvm_block_array_length(object);
}

/* --- object.c: references --------------------------------------------------- */

/* Calls `visitor` for each reference in items [begin, end). */
void nanvm_object_visit_items(const nanvm_type *type, const void *object, size_t begin,
                              size_t end, nanvm_visitor *visitor, void *context);

/* Calls `visitor` for each reference in the object. */
void nanvm_object_visit(const nanvm_type *type, const void *object,
                        nanvm_visitor *visitor, void *context);

/* Clones each reference in an object that was copied byte by byte, in place. `length` is
 * that of an array, else 0. */
void nanvm_object_clone_refs(const nanvm_type *type, const void *object, size_t length);

/* A visitor that drops. */
void nanvm_object_drop_visitor(nanvm_ref reference, void *context);

/* --- block.c: blocks with an origin of their own ------------------------- */

/* nanvm_block_prefix(), inline for new objects. */
static inline size_t nanvm_block_prefix_of(const nanvm_type *type) {
    return sizeof(nanvm_header) + nanvm_block_length_size(type) +
           (nanvm_type_has_callbacks(type) ? sizeof(void *) : 0);
}

/* From the start of the memory to the object. */
static inline size_t nanvm_block_alone_prefix(const nanvm_type *type, nanvm_count count) {
    size_t prefix = nanvm_block_prefix_of(type) + sizeof(nanvm_origin) +
                    (count == NANVM_COUNT_CUSTOM ? sizeof(size_t) : 0);
    return nanvm_layout_round_up(prefix, nanvm_block_align(type));
}

/* The memory for an object of `size` bytes. False if that is too large. */
static inline bool nanvm_block_alone_layout(const nanvm_type *type, size_t prefix,
                                            size_t size, nanvm_layout *layout) {
    if (size > (size_t)PTRDIFF_MAX - prefix) {
        return false;
    }
    *layout = nanvm_layout_make(prefix + size, nanvm_block_align(type));
    return nanvm_layout_is_valid(*layout);
}

/* Writes what is in front of an object that lies `prefix` bytes into `memory`; returns
 * the object. */
void *nanvm_block_write_front(void *memory, size_t prefix, const nanvm_type *type,
                              nanvm_dealloc *dealloc);

/* --- count.c ------------------------------------------------------------- */

/* One reference less to an object whose count is below 0; true if it was the last. */
bool nanvm_count_release(const void *object);

/* As many references more; false if the count isn't atomic, or is stuck. */
bool nanvm_count_add_many(const void *object, int32_t more);

/* As many references less, none of which is the last. */
void nanvm_count_release_many(const void *object, int32_t less);

/* The same as nanvm_count_release(), whatever the count is: a plain one inline. */
static inline bool nanvm_count_release_inline(const void *object) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    int32_t count = nanvm_count_word_load(word);
    if (nanvm_count_try_release_plain(word, count)) {
        return false;
    }
    return count == 0 || nanvm_count_release(object);
}

/* How many other references there are; SIZE_MAX if that isn't known. */
size_t nanvm_count_read_others(const void *object);

/* Stops the program: a dropped object was used. */
NANVM_COLD NANVM_NORETURN void nanvm_count_stop_dead(const void *object);

static inline void nanvm_block_expect_alive(const void *object) {
    if (NANVM_UNLIKELY(nanvm_block_count(object) == NANVM_COUNT_DEAD)) {
        nanvm_count_stop_dead(object);
    }
}

/* --- ref_share.c ----------------------------------------------------------- */

/* nanvm_ref_freeze(). */
bool nanvm_ref_share_frozen(nanvm_ref self);

/* --- ref.c --------------------------------------------------------------- */

/* Calls the type's `clone` for a copy that has the bytes of the object, and hides the
 * copy meanwhile. If that returns false, the copy is left to be freed; if it is left by
 * an exception, the copy is freed. */
bool nanvm_ref_call_clone(const nanvm_type *type, void *copy, const void *source,
                          size_t length);

/* The same, for what a thread may do that only reads. */
static inline void nanvm_block_expect_readable(const void *object) {
    if (NANVM_UNLIKELY(nanvm_count_word_peek(nanvm_block_count_word(object)) ==
                       NANVM_COUNT_DEAD)) {
        nanvm_count_stop_dead(object);
    }
}

/* --- unset.c, in debug/ ---------------------------------------------------- */

#if defined(NANVM_DEBUG)
/* Fills a new object with a pattern. A sanitizer is told that the bytes are undefined. */
void nanvm_unset_fill(void *object, size_t size);
#else
static inline void nanvm_unset_fill(void *object, size_t size) {
    (void)object;
    (void)size;
}
#endif

/* --- new.c --------------------------------------------------------------- */

/* A new block, whose length is set and whose `*size` bytes are in any state; NULL on
 * failure. */
void *nanvm_new_sized(nanvm_manager *manager, const nanvm_type *type, size_t length,
                      size_t *size);

#endif
