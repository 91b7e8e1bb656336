/* Creating objects: the cases that nanvm_new() and similar inline functions leave to a
 * call, arrays, and objects that a callback writes. */
#include <string.h>

#include "hold.h"
#include "unwind.h"

static const nanvm_mut_ref null_handle = {NULL};

static void *new_alone(nanvm_manager *manager, const nanvm_type *type, size_t size) {
    nanvm_dealloc *dealloc = manager->dealloc;
    size_t prefix = nanvm_block_alone_prefix(type, dealloc->table->count);
    nanvm_layout layout;
    if (!nanvm_block_alone_layout(type, prefix, size, &layout)) {
        return NULL;
    }
    void *memory = manager->table->alloc(manager, layout);
    return memory == NULL ? NULL : nanvm_block_write_front(memory, prefix, type, dealloc);
}

static inline void *new_of_size(nanvm_manager *manager, const nanvm_type *type,
                                size_t size) {
    return NANVM_LIKELY(manager->table->new_block != NULL)
               ? manager->table->new_block(manager, type, size)
               : new_alone(manager, type, size);
}

static inline void *new_unset(nanvm_manager *manager, const nanvm_type *type,
                              size_t length, size_t *size) {
    if (!nanvm_type_size_checked(type, length, size)) {
        return NULL;
    }
    void *object = new_of_size(manager, type, *size);
    if (object != NULL && type->item_size != 0) {
        nanvm_block_set_length(object, length);
    }
    return object;
}

void *nanvm_new_sized(nanvm_manager *manager, const nanvm_type *type, size_t length,
                      size_t *size) {
    return new_unset(manager, type, length, size);
}

void *nanvm_new_block_cold(nanvm_manager *self, const nanvm_type *type) {
    size_t size;
    return nanvm_type_size_checked(type, 0, &size) ? new_of_size(self, type, size) : NULL;
}

/* memcpy and memset may not be given NULL, not even for 0 bytes. */
static void copy_bytes(void *target, const void *source, size_t size) {
    if (size > 0) {
        memcpy(target, source, size);
    }
}

/* `size` is mostly 0: most types have nothing in front of the items or behind. */
static void clear_bytes(void *target, size_t size) {
    if (size > 0) {
        memset(target, 0, size);
    }
}

static inline nanvm_mut_ref new_zero(nanvm_manager *manager, const nanvm_type *type,
                                     size_t length) {
    size_t size = 0;
    nanvm_mut_ref self = {new_unset(manager, type, length, &size)};
    if (self.object != NULL) {
        memset(self.object, 0, size);
    }
    return self;
}

/* nanvm_new() for arrays, and for types that the compiler doesn't know. */
nanvm_mut_ref nanvm_new_any(nanvm_manager *manager, const nanvm_type *type) {
    if (type->item_size != 0) {
        return new_zero(manager, type, 0);
    }
    nanvm_mut_ref self = {nanvm_new_block(manager, type)};
    if (self.object != NULL) {
        memset(self.object, 0, type->size);
    }
    return self;
}

nanvm_mut_ref nanvm_new_copy_any(nanvm_manager *manager, const nanvm_type *type,
                                 const void *value) {
    nanvm_mut_ref self = {type->item_size == 0 ? nanvm_new_block(manager, type)
                                               : new_zero(manager, type, 0).object};
    if (self.object != NULL) {
        copy_bytes(self.object, value, type->size);
    }
    return self;
}

/* `object` may be NULL. */
static nanvm_mut_ref unset_handle(void *object, size_t size) {
    nanvm_mut_ref self = {object};
    if (object != NULL) {
        nanvm_unset_fill(object, size);
    }
    return self;
}

nanvm_mut_ref nanvm_new_array_unset(nanvm_manager *manager, const nanvm_type *type,
                                    size_t length) {
    size_t size = 0;
    void *object = new_unset(manager, type, length, &size);
    return unset_handle(object, size);
}

nanvm_mut_ref nanvm_new_unset_any(nanvm_manager *manager, const nanvm_type *type) {
    return type->item_size == 0 ? unset_handle(nanvm_new_block(manager, type), type->size)
                                : nanvm_new_array_unset(manager, type, 0);
}

/* Copies the items, and clears what is in front of them and behind. */
static void write_items(const nanvm_type *type, void *object, size_t size,
                        const void *items, size_t length) {
    unsigned char *bytes = object;
    size_t begin = type->items_offset;
    size_t end = begin + length * type->item_size;
    clear_bytes(bytes, begin);
    copy_bytes(bytes + begin, items, end - begin);
    clear_bytes(bytes + end, size - end);
}

nanvm_mut_ref nanvm_new_array(nanvm_manager *manager, const nanvm_type *type,
                              const void *items, size_t length) {
    if (items == NULL) {
        return new_zero(manager, type, length);
    }
    size_t size = 0;
    nanvm_mut_ref self = {new_unset(manager, type, length, &size)};
    if (self.object != NULL) {
        write_items(type, self.object, size, items, length);
    }
    return self;
}

/* Drops the references in an object that isn't finished, and frees it. Callbacks run only
 * when its block is gone, since they may reset the arena that the block lies in. */
static void give_up(void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    nanvm_object_visit(type, object, nanvm_object_drop_visitor, NULL);
    nanvm_block_free(object);
    nanvm_drop_resume(&hold);
}

/* `*unfinished` is NULL once `construct` has returned. */
NANVM_UNUSED static void give_up_unfinished(void **unfinished) {
    if (*unfinished != NULL) {
        give_up(*unfinished);
    }
}

static bool call_construct(nanvm_construct *construct, void *object, size_t length,
                           void *context) {
    void *unfinished NANVM_ON_UNWIND(give_up_unfinished) = object;
    nanvm_unwind_reads(&unfinished);
    bool constructed = construct(object, length, context);
    unfinished = NULL;
    return constructed;
}

nanvm_mut_ref nanvm_new_with(nanvm_manager *manager, const nanvm_type *type,
                             size_t length, nanvm_construct *construct, void *context) {
    nanvm_mut_ref self = new_zero(manager, type, length);
    if (self.object == NULL) {
        return self;
    }
    int32_t count = nanvm_block_hide(self.object);
    if (!call_construct(construct, self.object, length, context)) {
        give_up(self.object);
        return null_handle;
    }
    nanvm_block_set_count(self.object, count);
    return self;
}
