#include <string.h>

#include "hold.h"

/* Whether other references to the object are known. None are known in an arena, which
 * doesn't count references. */
static bool has_others(const void *object) {
    return nanvm_block_count(object) != NANVM_COUNT_NONE &&
           nanvm_count_read_others(object) > 0;
}

void nanvm_mut_ref_discard_cold(void *object) {
    if (nanvm_block_origin(object)->type->drop != NULL) {
        nanvm_fatal("discard of an object whose type has a `drop`");
    }
    if (has_others(object)) {
        nanvm_fatal("discard of a MutRef that isn't the only reference to its object");
    }
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    nanvm_block_free(object);
}

size_t nanvm_mut_ref_length(nanvm_mut_ref self) {
    return nanvm_ref_length(nanvm_mut_ref_to_ref(self));
}

/* Resizes by the manager's own `resize`, which may move the memory. */
static void *resize_alone(nanvm_manager *manager, const nanvm_type *type, void *object,
                          size_t old_size, size_t size) {
    nanvm_origin *origin = nanvm_block_origin(object);
    size_t prefix = nanvm_block_alone_prefix(type, origin->dealloc->table->count);
    nanvm_layout old = nanvm_layout_make(prefix + old_size, nanvm_block_align(type));
    nanvm_layout layout;
    if (manager->table->resize == NULL || origin->dealloc != manager->dealloc ||
        !nanvm_block_alone_layout(type, prefix, size, &layout)) {
        return NULL;
    }
    unsigned char *memory = manager->table->resize(
        manager, (unsigned char *)object - prefix, old, layout.size);
    return memory == NULL ? NULL : memory + prefix;
}

static void *resize_block(nanvm_manager *manager, const nanvm_type *type, void *object,
                          size_t old_size, size_t size) {
    if (manager->table->new_block == NULL) {
        return resize_alone(manager, type, object, old_size, size);
    }
    return manager->table->resize_block == NULL
               ? NULL
               : manager->table->resize_block(manager, object, old_size, size);
}

/* --- what is cut off ---
 *
 * When the first `drop` runs, the array has its final length and place, `*self` refers to
 * it, and all references that were cut off have been released. Drops are held until then:
 * the objects that they end wait in the list of dead objects. Until the references that
 * were cut off are released, they lie in memory that the array doesn't use again:
 *
 *   1. In place, they are copied to the stack first. If they are more than
 *      CUT_CAPACITY, resize_in_place() fails: the array moves, or 3. applies.
 *   2. In a move, they stay behind in the old block, which nothing refers to any more.
 *   3. If only the length changes (cut_where_it_is()), they are released where they lie,
 *      before their memory is used for anything else.
 *
 * Releasing starts only when the resize is certain to succeed, so that a failure loses
 * nothing. Callbacks may free the array, and what `self` points at; so neither is used
 * afterwards. */
enum { CUT_CAPACITY = 16 };

/* How an array is resized. */
typedef struct length_change {
    size_t old_length;
    size_t length;
    bool clears; /* new items are set to zeros */
} length_change;

struct cut {
    nanvm_ref refs[CUT_CAPACITY];
    size_t length; /* if more than the capacity: not all are in `refs` */
};

static void gather_visitor(nanvm_ref reference, void *context) {
    struct cut *cut = context;
    if (reference.object == NULL) {
        return;
    }
    if (cut->length < CUT_CAPACITY) {
        cut->refs[cut->length] = reference;
    }
    ++cut->length;
}

static void drop_several(const struct cut *cut) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    for (size_t i = 0; i < cut->length; ++i) {
        nanvm_ref_drop(cut->refs[i]);
    }
    nanvm_drop_resume(&hold);
}

/* Popping one item goes without a hold, which would add a tenth to its time. */
static void drop_cut(const struct cut *cut) {
    if (cut->length > 1) {
        drop_several(cut);
    } else if (cut->length == 1) {
        nanvm_ref_drop(cut->refs[0]);
    }
}

static void clear_items(const nanvm_type *type, void *object, size_t begin, size_t end) {
    if (begin < end) {
        memset(nanvm_object_item(type, object, begin), 0,
               (end - begin) * type->item_size);
    }
}

static void clear_new_items(const nanvm_type *type, void *object,
                            const length_change *how) {
    if (how->clears) {
        clear_items(type, object, how->old_length, how->length);
    }
}

static bool resize_in_place(nanvm_manager *manager, nanvm_mut_ref *self,
                            const length_change *how) {
    const nanvm_type *type = nanvm_block_origin(self->object)->type;
    struct cut cut;
    cut.length = 0;
    nanvm_object_visit_items(type, self->object, how->length, how->old_length,
                             gather_visitor, &cut);
    if (cut.length > CUT_CAPACITY) {
        return false;
    }
    uintptr_t before = (uintptr_t)self->object; /* the object may be gone afterwards */
    void *resized = resize_block(manager, type, self->object,
                                 nanvm_type_size_of(type, how->old_length),
                                 nanvm_type_size_of(type, how->length));
    if (resized == NULL) {
        return false;
    }
    if ((uintptr_t)resized != before) {
        nanvm_checksum_moved(resized);
    }
    nanvm_block_set_length(resized, how->length);
    clear_new_items(type, resized, how);
    self->object = resized;
    drop_cut(&cut);
    return true;
}

/* The items from `kept` on still hold references; the others have moved. */
static void free_old(void *old, size_t kept, size_t length) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_object_visit_items(nanvm_block_origin(old)->type, old, kept, length,
                             nanvm_object_drop_visitor, NULL);
    nanvm_block_mark_dead(old); /* not every dealloc does that */
    nanvm_block_free(old);
    nanvm_drop_resume(&hold);
}

/* Moves the array into a new block. References move along, except those that are cut
 * off. */
static bool move_array(nanvm_manager *manager, nanvm_mut_ref *self,
                       const length_change *how) {
    void *old = self->object;
    const nanvm_type *type = nanvm_block_origin(old)->type;
    size_t size;
    void *moved = nanvm_new_sized(manager, type, how->length, &size);
    if (moved == NULL) {
        return false;
    }
    size_t kept = how->length < how->old_length ? how->length : how->old_length;
    memcpy(moved, old, nanvm_type_size_of(type, kept));
    clear_new_items(type, moved, how);
    self->object = moved;
    free_old(old, kept, how->old_length);
    return true;
}

/* Drops the references that the first item declares, and leaves the array without items.
 * Each reference is cleared before it is dropped. Otherwise, if the array dies by that
 * drop, the reference could be released twice: when the dead array joins the list, its
 * first reference is released to make room for the link, and may lie in this item. */
static void cut_first_item(const nanvm_type *type, void *object) {
    unsigned char *item = nanvm_object_item(type, object, 0);
    for (size_t i = 0; i < type->item_refs_length; ++i) {
        nanvm_ref *slot = (nanvm_ref *)(void *)(item + type->item_refs[i]);
        nanvm_ref_drop(nanvm_ref_move(slot));
    }
    nanvm_block_set_length(object, 0);
}

static bool is_dead(const void *object) {
    return nanvm_block_count(object) == NANVM_COUNT_DEAD;
}

/* Called while drops are held. A drop here, or in a dealloc, may release the last
 * reference to the array itself, and a dead array needs room for a link. Without items
 * and callbacks it might have no such room, and be freed at once; so the first item is
 * cut off last. If the array is dead by then, it releases that item when it ends. */
static void cut_items(const nanvm_type *type, void *object, const length_change *how) {
    bool has_link = how->length > 0 || nanvm_type_has_callbacks(type);
    size_t kept = has_link ? how->length : 1;
    nanvm_block_set_length(object, kept);
    nanvm_object_visit_items(type, object, kept, how->old_length,
                             nanvm_object_drop_visitor, NULL);
    if (!has_link && !is_dead(object)) {
        cut_first_item(type, object);
    }
    /* Wipes the items that were cut off: the wipe when the array is freed may cover only
     * the others. A dead array is left alone, since its link may lie in such an item. */
    if (!is_dead(object)) {
        nanvm_wipe(nanvm_object_item(type, object, how->length),
                   (how->old_length - how->length) * type->item_size);
    }
}

/* Cuts items off without moving the array. This always works if the dealloc frees a block
 * whole, whatever its length is (`free_block`). Any other block is freed with a layout
 * that depends on the length. */
static bool cut_where_it_is(const nanvm_mut_ref *self, const length_change *how) {
    void *object = self->object;
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (how->length > how->old_length || origin->dealloc->table->free_block == NULL) {
        return false;
    }
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    cut_items(origin->type, object, how);
    nanvm_drop_resume(&hold);
    return true;
}

/* In an arena an array is cut where it is: moving it would give nothing back. */
static bool cut_or_move(nanvm_manager *manager, nanvm_mut_ref *self,
                        const length_change *how) {
    const nanvm_dealloc *dealloc = nanvm_block_origin(self->object)->dealloc;
    bool stays = dealloc->table->count == NANVM_COUNT_NONE;
    return (stays && cut_where_it_is(self, how)) || move_array(manager, self, how) ||
           cut_where_it_is(self, how);
}

/* --- resize --- */

/* Stops the program if the object is dead, or if a plain or atomic count says that it has
 * other references, which would dangle once the object has moved. (Custom counts aren't
 * asked.) */
static void expect_own(const void *object) {
    nanvm_block_expect_alive(object);
    if (nanvm_count_is_shared(nanvm_block_count(object))) {
        nanvm_fatal("resize of a MutRef that isn't the only reference to its object");
    }
}

/* Lengthens an array that has room where it lies; otherwise returns false. The manager
 * that the caller passed isn't needed. This is the usual way of appending. (Only the new
 * length is compared with the bound: the old one is less.) */
static inline bool lengthen(void *object, const nanvm_origin *origin, size_t length) {
    if (!NANVM_BOUNDS_LENGTHS || origin->type->item_size == 0 ||
        !origin->dealloc->table->traits.has_most_items ||
        length <= nanvm_block_written_length(object) ||
        length > nanvm_origin_most_items(origin)) {
        return false;
    }
    nanvm_block_set_length(object, length);
    return true;
}

NANVM_NOINLINE static bool resize_array(nanvm_manager *manager, nanvm_mut_ref *self,
                                        size_t length, bool clears) {
    expect_own(self->object);
    const nanvm_type *type = nanvm_block_origin(self->object)->type;
    length_change how = {nanvm_block_length(type, self->object), length, clears};
    size_t size;
    if (!nanvm_type_size_checked(type, length, &size)) {
        return false;
    }
    return length == how.old_length || resize_in_place(manager, self, &how) ||
           cut_or_move(manager, self, &how);
}

static inline bool resize_any(nanvm_manager *manager, nanvm_mut_ref *self, size_t length,
                              bool clears) {
    if (self->object == NULL) {
        return false;
    }
    /* Otherwise resize_array() alone checks, so that appends stay fast. */
    if (NANVM_CHECKS_EVERY_CALL) {
        expect_own(self->object);
    }
    const nanvm_origin *origin = nanvm_block_origin(self->object);
    const nanvm_type *type = origin->type;
    size_t old_length =
        type->item_size == 0 ? 0 : nanvm_block_written_length(self->object);
    bool clears_any = clears || type->item_refs_length != 0 || type->visit_item != NULL;
    if (!lengthen(self->object, origin, length)) {
        return resize_array(manager, self, length, clears_any);
    }
    if (clears_any) {
        clear_items(type, self->object, old_length, length);
    }
    return true;
}

bool nanvm_mut_ref_resize(nanvm_mut_ref *self, nanvm_manager *manager, size_t length) {
    return resize_any(manager, self, length, true);
}

bool nanvm_mut_ref_resize_unset(nanvm_mut_ref *self, nanvm_manager *manager,
                                size_t length) {
    return resize_any(manager, self, length, false);
}
