#include <string.h>

#include "pool.h"

size_t nanvm_mut_ref_length(nanvm_mut_ref self) {
    return nanvm_ref_length(nanvm_mut_ref_to_ref(self));
}

/* Whether there are others, where they are counted. */
static bool is_shared(int32_t count) {
    return count > 0 || (nanvm_count_is_atomic(count) && count != NANVM_COUNT_ATOMIC);
}

void nanvm_mut_ref_drop_cold(void *object) {
    int32_t count = nanvm_block_count(object);
    if (is_shared(count)) {
        nanvm_fatal("drop of a MutRef that isn't the only reference to its object");
    }
    if (count == 0 || nanvm_block_release(object)) {
        nanvm_object_die(object);
    }
}

/* The manager's own way: without moving, or with no more than a move. */
static void *resize_alone(nanvm_manager *manager, const nanvm_object *type, void *object,
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

static void *resize_block(nanvm_manager *manager, const nanvm_object *type, void *object,
                          size_t old_size, size_t size) {
    if (manager->table->new_block == NULL) {
        return resize_alone(manager, type, object, old_size, size);
    }
    return manager->table->resize_block == NULL
               ? NULL
               : manager->table->resize_block(manager, object, old_size, size);
}

/* The references in items that are about to be cut off. They are dropped when the
 * array is as it will be; a few, so that popping items one by one can stay in
 * place, and a resize that fails has lost nothing. */
enum { CUT_CAPACITY = 16 };

struct cut {
    nanvm_ref refs[CUT_CAPACITY];
    size_t length; /* beyond the capacity: they don't fit */
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

static void drop_cut(const struct cut *cut) {
    for (size_t i = 0; i < cut->length; ++i) {
        nanvm_ref_drop(cut->refs[i]);
    }
}

static bool resize_in_place(nanvm_manager *manager, nanvm_mut_ref *self,
                            size_t old_length, size_t length) {
    const nanvm_object *type = nanvm_block_origin(self->object)->object;
    struct cut cut;
    cut.length = 0;
    nanvm_object_visit_items(type, self->object, length, old_length, gather_visitor,
                             &cut);
    if (cut.length > CUT_CAPACITY) {
        return false;
    }
    uintptr_t before = (uintptr_t)self->object; /* which may be gone afterwards */
    void *resized =
        resize_block(manager, type, self->object, nanvm_object_size_of(type, old_length),
                     nanvm_object_size_of(type, length));
    if (resized == NULL) {
        return false;
    }
    if ((uintptr_t)resized != before) {
        nanvm_block_seal_moved(resized);
    }
    nanvm_block_set_length(resized, length);
    self->object = resized;
    drop_cut(&cut);
    return true;
}

/* Into a new block; the references move along but for those that are cut off. */
static bool move(nanvm_manager *manager, nanvm_mut_ref *self, size_t old_length,
                 size_t length) {
    void *old = self->object;
    const nanvm_object *type = nanvm_block_origin(old)->object;
    size_t size;
    void *moved = nanvm_block_new(manager, type, length, &size);
    if (moved == NULL) {
        return false;
    }
    size_t kept = length < old_length ? length : old_length;
    memcpy(moved, old, nanvm_object_size_of(type, kept));
    self->object = moved;
    nanvm_object_visit_items(type, old, kept, old_length, nanvm_object_drop_visitor,
                             NULL);
    nanvm_block_set_count(old, NANVM_COUNT_DEAD); /* not every dealloc does that */
    nanvm_block_free(old);
    return true;
}

static void clear_items(const nanvm_object *type, void *object, size_t begin,
                        size_t end) {
    if (begin < end) {
        memset(nanvm_object_item(type, object, begin), 0,
               (end - begin) * type->item_size);
    }
}

/* A block that shares its origin is freed whole, whatever its length is: it can always
 * be cut where it is. The other way round its layout would be another. */
static bool cut_where_it_is(const nanvm_mut_ref *self, size_t old_length, size_t length) {
    const nanvm_origin *origin = nanvm_block_origin(self->object);
    if (length > old_length || origin->dealloc->table->free_block == NULL) {
        return false;
    }
    nanvm_block_set_length(self->object, length);
    nanvm_object_visit_items(origin->object, self->object, length, old_length,
                             nanvm_object_drop_visitor, NULL);
    if (NANVM_IS_HARDENED) { /* when the object ends it has no more than `length` */
        clear_items(origin->object, self->object, length, old_length);
    }
    return true;
}

/* In an arena moving gives nothing back. */
static bool cut_or_move(nanvm_manager *manager, nanvm_mut_ref *self, size_t old_length,
                        size_t length) {
    const nanvm_dealloc *dealloc = nanvm_block_origin(self->object)->dealloc;
    bool stays = dealloc->table->count == NANVM_COUNT_NONE;
    return (stays && cut_where_it_is(self, old_length, length)) ||
           move(manager, self, old_length, length) ||
           cut_where_it_is(self, old_length, length);
}

/* --- resize --- */

/* Moving an object that others refer to would be a drop too many. */
static void expect_own(const void *object) {
    nanvm_block_expect_alive(object);
    if (is_shared(nanvm_block_count(object))) {
        nanvm_fatal("resize of a MutRef that isn't the only reference to its object");
    }
}

/* Bytes that the object can have where it is, whatever manager is given; 0: unknown. */
static inline size_t room_of(const void *object, const nanvm_origin *origin) {
    nanvm_pool *pool = (nanvm_pool *)origin->dealloc;
    if (origin->dealloc->table->pooled) {
        return pool->capacity;
    }
    return origin->dealloc->table == &nanvm_large_table ? nanvm_large_room(object) : 0;
}

/* The usual way of appending: a longer array, for which there is room. */
static inline bool lengthen(void *object, const nanvm_origin *origin, size_t length) {
    const nanvm_object *type = origin->object;
    if (type->item_size == 0 || length <= nanvm_block_array_length(object) ||
        !nanvm_object_is_small(type, length) ||
        type->items_offset + length * type->item_size > room_of(object, origin)) {
        return false;
    }
    nanvm_block_set_length(object, length);
    return true;
}

NANVM_NOINLINE static bool resize(nanvm_manager *manager, nanvm_mut_ref *self,
                                  size_t length) {
    expect_own(self->object);
    const nanvm_object *type = nanvm_block_origin(self->object)->object;
    size_t old_length = nanvm_block_length(type, self->object);
    size_t size;
    if (!nanvm_object_size_checked(type, length, &size)) {
        return false;
    }
    return length == old_length || resize_in_place(manager, self, old_length, length) ||
           cut_or_move(manager, self, old_length, length);
}

static inline bool resize_and_clear(nanvm_manager *manager, nanvm_mut_ref *self,
                                    size_t length, bool clears) {
    if (self->object == NULL) {
        return false;
    }
    if (NANVM_IS_HARDENED) { /* else only when there is no room: appending is to be fast
                              */
        expect_own(self->object);
    }
    const nanvm_origin *origin = nanvm_block_origin(self->object);
    const nanvm_object *type = origin->object;
    size_t old_length = nanvm_block_length(type, self->object);
    if (!lengthen(self->object, origin, length) && !resize(manager, self, length)) {
        return false;
    }
    if (clears || type->item_refs_length != 0 || type->visit_item != NULL) {
        clear_items(type, self->object, old_length, length);
    }
    return true;
}

bool nanvm_mut_ref_resize(nanvm_manager *manager, nanvm_mut_ref *self, size_t length) {
    return resize_and_clear(manager, self, length, true);
}

bool nanvm_mut_ref_resize_unset(nanvm_manager *manager, nanvm_mut_ref *self,
                                size_t length) {
    return resize_and_clear(manager, self, length, false);
}
