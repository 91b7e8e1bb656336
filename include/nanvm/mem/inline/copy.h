/* Copy on write of a struct whose type the compiler knows: its size and the offsets of
 * its references are constants, and the copy is made inline. A part of
 * <nanvm/mem/typed.h>. */
#ifndef NANVM_MEM_INLINE_COPY_H
#define NANVM_MEM_INLINE_COPY_H

#include <string.h>

#include <nanvm/mem/inline/new.h>
#include <nanvm/mem/inline/ref.h>

NANVM_BEGIN_DECLS

/* The most references of a struct that is copied inline. Each reference takes about 6
 * instructions. The loop is unrolled eight times, which takes some 200 bytes of code. */
enum { NANVM_COPIED_REFS_MAX = 64 };

/* Whether a copy takes nothing but a copy of the bytes and a clone of each declared
 * reference. */
NANVM_INLINE bool nanvm_type_copies_inline(const nanvm_type *self) {
    return NANVM_TRUSTS_BLOCKS && self->item_size == 0 &&
           self->refs_length <= NANVM_COPIED_REFS_MAX &&
           (NANVM_ADDRESS(self->visit) | NANVM_ADDRESS(self->drop) |
            NANVM_ADDRESS(self->clone)) == 0;
}

/* Whether an object with that count has other references, and is copied inline. Only a
 * manager of one thread has `slots`: there `clones` is counted without an atomic
 * operation. */
NANVM_INLINE bool nanvm_copy_is_inline(int32_t count, const nanvm_manager *manager,
                                       const nanvm_type *type) {
    return NANVM_IS_KNOWN(type->size) && nanvm_type_copies_inline(type) && count > 0 &&
           manager->slots != NANVM_NULL;
}

/* Copies an object for which nanvm_copy_is_inline() is true; NULL if memory runs out. */
NANVM_INLINE void *nanvm_copy_shared(const void *object, nanvm_manager *manager,
                                     const nanvm_type *type) {
    void *copy = nanvm_new_block(manager, type);
    if (NANVM_LIKELY(copy != NANVM_NULL)) {
        memcpy(copy, object, type->size);
        NANVM_UNROLL(8)
        for (size_t i = 0; i < type->refs_length; ++i) {
            const void *place = NANVM_TO(const unsigned char *, object) + type->refs[i];
            nanvm_ref cloned = nanvm_ref_clone(*NANVM_TO(const nanvm_ref *, place));
            (void)cloned; /* it is in the copy already */
        }
        manager->clones += 1;
    }
    return copy;
}

/* nanvm_ref_make_mut() for an object of type `type`. */
NANVM_INLINE void *nanvm_ref_make_mut_typed(nanvm_ref *self, nanvm_manager *manager,
                                            const nanvm_type *type) {
    /* Read once, so that what the compiler knows of it (not NULL) holds below, too. */
    const void *object = self->object;
    int32_t count = object == NANVM_NULL ? -1 : nanvm_block_count(object);
    if (NANVM_LIKELY(count == 0)) {
        return NANVM_UNCONST(object);
    }
    if (nanvm_copy_is_inline(count, manager, type)) {
        nanvm_ref old = *self;
        void *copy = nanvm_copy_shared(object, manager, type);
        if (NANVM_LIKELY(copy != NANVM_NULL)) {
            self->object = copy;
            nanvm_ref_drop(old);
        }
        return copy;
    }
    return nanvm_ref_make_mut_cold(self, manager);
}

/* nanvm_ref_to_mut_ref() for an object of type `type`. */
NANVM_INLINE nanvm_mut_ref nanvm_ref_to_mut_ref_typed(nanvm_ref *self,
                                                      nanvm_manager *manager,
                                                      const nanvm_type *type) {
    const void *object = self->object;
    int32_t count = object == NANVM_NULL ? -1 : nanvm_block_count(object);
    if (NANVM_LIKELY(count == 0)) {
        nanvm_mut_ref own = {NANVM_UNCONST(object)};
        self->object = NANVM_NULL;
        return own;
    }
    if (nanvm_copy_is_inline(count, manager, type)) {
        nanvm_mut_ref copy = {nanvm_copy_shared(object, manager, type)};
        if (NANVM_LIKELY(copy.object != NANVM_NULL)) {
            nanvm_ref_drop(nanvm_ref_move(self));
        }
        return copy;
    }
    return nanvm_ref_to_mut_ref_cold(self, manager);
}

NANVM_END_DECLS

#endif
