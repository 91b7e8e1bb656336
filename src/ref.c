#include <string.h>

#include "unwind.h"

static const nanvm_mut_ref null_handle = {NULL};

size_t nanvm_ref_length_cold(nanvm_ref self) {
    if (self.object == NULL) {
        return 0;
    }
    if (NANVM_CHECKS_EVERY_CALL) {
        nanvm_block_expect_readable(self.object);
    }
    const nanvm_type *type = nanvm_block_origin(self.object)->type;
    return type->item_size == 0 ? 0 : nanvm_block_written_length(self.object);
}

size_t nanvm_ref_count_cold(nanvm_ref self) {
    return nanvm_count_read_others(self.object);
}

/* `*unfinished` is NULL once `clone` has returned. */
NANVM_UNUSED static void free_unfinished(void **unfinished) {
    if (*unfinished != NULL) {
        nanvm_block_free(*unfinished);
    }
}

bool nanvm_ref_call_clone(const nanvm_type *type, void *copy, const void *source,
                          size_t length) {
    int32_t count = nanvm_block_hide(copy);
    void *unfinished NANVM_ON_UNWIND(free_unfinished) = copy;
    nanvm_unwind_reads(&unfinished);
    bool cloned = type->clone(copy, source, length);
    unfinished = NULL;
    if (cloned) {
        nanvm_block_set_count(copy, count);
    }
    return cloned;
}

/* Copies the fixed part and the items that both have, and clears the other new items. */
static void copy_items(const nanvm_type *type, void *copy, size_t length,
                       const void *object, size_t kept) {
    memcpy(copy, object, nanvm_type_size_of(type, kept));
    if (kept < length) {
        memset(nanvm_object_item(type, copy, kept), 0, (length - kept) * type->item_size);
    }
}

static inline nanvm_mut_ref clone_block(const nanvm_type *type, const void *object,
                                        nanvm_manager *manager, size_t length,
                                        size_t kept) {
    size_t size;
    nanvm_mut_ref copy = {nanvm_new_sized(manager, type, length, &size)};
    if (copy.object == NULL) {
        return copy;
    }
    copy_items(type, copy.object, length, object, kept);
    if (type->clone != NULL && !nanvm_ref_call_clone(type, copy.object, object, kept)) {
        nanvm_block_free(copy.object);
        return null_handle;
    }
    if (nanvm_type_holds_refs(type)) {
        nanvm_object_clone_refs(type, copy.object, kept);
    }
    return copy;
}

/* The type of an object that can be cloned, or NULL. */
static const nanvm_type *type_to_clone(nanvm_ref self) {
    if (self.object == NULL) {
        return NULL;
    }
    nanvm_block_expect_alive(self.object);
    const nanvm_type *type = nanvm_block_origin(self.object)->type;
    return type->drop != NULL && type->clone == NULL ? NULL : type;
}

nanvm_mut_ref nanvm_ref_clone_object(nanvm_ref self, nanvm_manager *manager) {
    const nanvm_type *type = type_to_clone(self);
    if (type == NULL) {
        return null_handle;
    }
    size_t length = nanvm_block_length(type, self.object);
    return clone_block(type, self.object, manager, length, length);
}

nanvm_mut_ref nanvm_ref_clone_resized(nanvm_ref self, nanvm_manager *manager,
                                      size_t length) {
    const nanvm_type *type = type_to_clone(self);
    if (type == NULL) {
        return null_handle;
    }
    size_t old_length = nanvm_block_length(type, self.object);
    size_t kept = length < old_length ? length : old_length;
    return clone_block(type, self.object, manager, length, kept);
}

/* Clones an object so that the clone can be written, and counts it in `clones`. */
static nanvm_mut_ref clone_to_write(nanvm_ref self, nanvm_manager *manager) {
    nanvm_mut_ref out = nanvm_ref_clone_object(self, manager);
    if (out.object != NULL) {
        nanvm_atomic_increment_relaxed(&manager->clones);
    }
    return out;
}

/* This function and make_own() give the handle its final value before they drop the
 * reference that was in it: that may be the last one by now, and dropping it runs
 * callbacks. */
nanvm_mut_ref nanvm_ref_to_mut_ref_cold(nanvm_ref *self, nanvm_manager *manager) {
    nanvm_mut_ref out;
    if (nanvm_ref_try_to_mut_ref(self, &out)) {
        return out;
    }
    out = clone_to_write(*self, manager);
    if (out.object != NULL) {
        nanvm_ref_drop(nanvm_ref_move(self));
    }
    return out;
}

NANVM_NOINLINE static void *make_own(nanvm_ref *self, nanvm_manager *manager) {
    if (self->object != NULL &&
        nanvm_count_is_sole_cold(self->object)) { /* a custom count */
        return (void *)(uintptr_t)self->object;
    }
    nanvm_mut_ref copy = clone_to_write(*self, manager);
    if (copy.object != NULL) {
        nanvm_ref old = *self;
        *self = nanvm_mut_ref_to_ref(copy);
        nanvm_ref_drop(old);
    }
    return copy.object;
}

void *nanvm_ref_make_mut_cold(nanvm_ref *self, nanvm_manager *manager) {
    const void *object = self->object;
    if (object != NULL && nanvm_count_is_sole_atomic(nanvm_block_count_word(object))) {
        return (void *)(uintptr_t)object;
    }
    return make_own(self, manager);
}

bool nanvm_ref_freeze(nanvm_ref self) {
    return nanvm_ref_share_frozen(self);
}

void nanvm_ref_visit(nanvm_ref self, nanvm_visitor *visitor, void *context) {
    if (self.object != NULL) {
        nanvm_block_expect_alive(self.object);
        nanvm_object_visit(nanvm_ref_type(self), self.object, visitor, context);
    }
}
