/* The inline functions of a MutRef. A part of <nanvm/mem/mut_ref.h>. */
#ifndef NANVM_MEM_INLINE_MUT_REF_H
#define NANVM_MEM_INLINE_MUT_REF_H

#include <nanvm/mem/inline/slots.h>

NANVM_BEGIN_DECLS

/* nanvm_mut_ref_drop() of a handle that isn't null. (NANVM_COLD though it isn't rare: a
 * typed drop, which ends most objects inline, then takes an instruction less.) */
NANVM_API NANVM_COLD void nanvm_drop_mut_ref_cold(void *object);

NANVM_API void nanvm_mut_ref_discard_cold(void *object);

NANVM_INLINE nanvm_mut_ref nanvm_mut_ref_null(void) {
    nanvm_mut_ref null = NANVM_NULL_HANDLE;
    return null;
}

NANVM_INLINE bool nanvm_mut_ref_is_null(nanvm_mut_ref self) {
    return self.object == NANVM_NULL;
}

NANVM_INLINE void *nanvm_mut_ref_get(nanvm_mut_ref self) {
    return self.object;
}

NANVM_INLINE nanvm_ref nanvm_mut_ref_to_ref(nanvm_mut_ref self) {
    nanvm_ref ref;
    ref.object = self.object;
    return ref;
}

NANVM_INLINE void nanvm_mut_ref_drop(nanvm_mut_ref self) {
    if (self.object != NANVM_NULL) {
        nanvm_drop_mut_ref_cold(self.object);
    }
}

/* Frees the slot of an object of which nothing is left to release, if it has no other
 * reference and inline functions may free in its pool; else returns false. */
NANVM_INLINE bool nanvm_mut_ref_free_slot(nanvm_mut_ref self) {
    return self.object != NANVM_NULL && nanvm_block_count(self.object) == 0 &&
           nanvm_slots_free(self.object);
}

/* nanvm_mut_ref_drop() for a type that the compiler may know: an object that holds
 * nothing then ends inline, if inline functions may free in its pool. */
NANVM_INLINE void nanvm_mut_ref_drop_typed(nanvm_mut_ref self, const nanvm_type *type) {
    bool is_leaf = NANVM_IS_KNOWN(type->size) && nanvm_type_holds_nothing(type);
    if (!is_leaf || !nanvm_mut_ref_free_slot(self)) {
        nanvm_mut_ref_drop(self);
    }
}

NANVM_INLINE void nanvm_mut_ref_discard(nanvm_mut_ref self) {
    if (self.object != NANVM_NULL) {
        nanvm_mut_ref_discard_cold(self.object);
    }
}

/* nanvm_mut_ref_discard() for a type that the compiler may know. */
NANVM_INLINE void nanvm_mut_ref_discard_typed(nanvm_mut_ref self,
                                              const nanvm_type *type) {
    bool has_no_drop = NANVM_IS_KNOWN(type->size) && type->drop == NANVM_NULL;
    if (!has_no_drop || !nanvm_mut_ref_free_slot(self)) {
        nanvm_mut_ref_discard(self);
    }
}

NANVM_INLINE nanvm_mut_ref nanvm_mut_ref_move(nanvm_mut_ref *self) {
    nanvm_mut_ref moved = *self;
    self->object = NANVM_NULL;
    return moved;
}

NANVM_END_DECLS

#endif
