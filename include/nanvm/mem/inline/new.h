/* How objects are created: inline if the compiler knows the type and the manager has a
 * free slot at hand, else by a call. A part of <nanvm/mem/manager.h>. */
#ifndef NANVM_MEM_INLINE_NEW_H
#define NANVM_MEM_INLINE_NEW_H

#include <string.h>

#include <nanvm/mem/inline/slots.h>

NANVM_BEGIN_DECLS

/* nanvm_new() and its siblings for arrays, for types that the compiler doesn't know, and,
 * in a debug build, for all unset objects. */
NANVM_API NANVM_NODISCARD nanvm_mut_ref nanvm_new_any(nanvm_manager *manager,
                                                      const nanvm_type *type);
NANVM_API NANVM_NODISCARD nanvm_mut_ref nanvm_new_copy_any(nanvm_manager *manager,
                                                           const nanvm_type *type,
                                                           const void *value);
NANVM_API NANVM_NODISCARD nanvm_mut_ref nanvm_new_unset_any(nanvm_manager *manager,
                                                            const nanvm_type *type);

/* nanvm_new_block() of a manager that has no slot of the type at hand. */
NANVM_API NANVM_NODISCARD NANVM_NOINLINE void *nanvm_new_block_cold(
    nanvm_manager *self, const nanvm_type *type);

/* A block for a type without items, or NULL. Its bytes are in any state. Inlined, with
 * nanvm_slots_pop(): about 20 instructions on x86-64, 140 bytes. */
NANVM_INLINE NANVM_NODISCARD void *nanvm_new_block(nanvm_manager *self,
                                                   const nanvm_type *type) {
    void *object = NANVM_NULL;
    if (NANVM_TRUSTS_BLOCKS && NANVM_LIKELY(self->slots != NANVM_NULL)) {
        nanvm_slots *slots = self->slots[nanvm_slots_index(type)];
        if (NANVM_LIKELY(slots->type == type)) {
            object = nanvm_slots_pop(slots);
        }
    }
    return NANVM_LIKELY(object != NANVM_NULL) ? object : nanvm_new_block_cold(self, type);
}

NANVM_INLINE nanvm_mut_ref nanvm_new(nanvm_manager *manager, const nanvm_type *type) {
    if (NANVM_IS_KNOWN(type->size) && type->item_size == 0) {
        nanvm_mut_ref self = {nanvm_new_block(manager, type)};
        if (NANVM_LIKELY(self.object != NANVM_NULL)) {
            memset(self.object, 0, type->size);
        }
        return self;
    }
    return nanvm_new_any(manager, type);
}

NANVM_INLINE nanvm_mut_ref nanvm_new_copy(nanvm_manager *manager, const nanvm_type *type,
                                          const void *value) {
    if (NANVM_IS_KNOWN(type->size) && type->item_size == 0) {
        nanvm_mut_ref self = {nanvm_new_block(manager, type)};
        /* memcpy may not be given NULL, not even for 0 bytes. */
        if (NANVM_LIKELY(self.object != NANVM_NULL) && type->size != 0) {
            memcpy(self.object, value, type->size);
        }
        return self;
    }
    return nanvm_new_copy_any(manager, type, value);
}

NANVM_INLINE nanvm_mut_ref nanvm_new_unset(nanvm_manager *manager,
                                           const nanvm_type *type) {
    if (!NANVM_FILLS_UNSET && NANVM_IS_KNOWN(type->size) && type->item_size == 0) {
        nanvm_mut_ref self = {nanvm_new_block(manager, type)};
        return self;
    }
    return nanvm_new_unset_any(manager, type);
}

NANVM_END_DECLS

#endif
