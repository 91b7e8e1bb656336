/* The inline functions of a Ref, and the cold functions that they leave the rare cases
 * to. A part of <nanvm/mem/ref.h>. */
#ifndef NANVM_MEM_INLINE_REF_H
#define NANVM_MEM_INLINE_REF_H

#include <nanvm/mem/inline/drop.h>

NANVM_BEGIN_DECLS

/* The rare cases that inline functions leave to a call. `object` isn't null, nor is the
 * handle of nanvm_ref_count_cold(); other handles may be. */
NANVM_API NANVM_COLD void nanvm_count_add_cold(const void *object);
NANVM_API NANVM_COLD bool nanvm_count_is_sole_cold(const void *object);
NANVM_API size_t nanvm_ref_length_cold(nanvm_ref self);
NANVM_API size_t nanvm_ref_count_cold(nanvm_ref self);
NANVM_API NANVM_NODISCARD NANVM_NOINLINE nanvm_mut_ref
nanvm_ref_to_mut_ref_cold(nanvm_ref *self, nanvm_manager *manager);
NANVM_API NANVM_NODISCARD NANVM_NOINLINE void *nanvm_ref_make_mut_cold(
    nanvm_ref *self, nanvm_manager *manager);

NANVM_INLINE nanvm_ref nanvm_ref_null(void) {
    nanvm_ref null = NANVM_NULL_HANDLE;
    return null;
}

NANVM_INLINE bool nanvm_ref_is_null(nanvm_ref self) {
    return self.object == NANVM_NULL;
}

NANVM_INLINE const void *nanvm_ref_get(nanvm_ref self) {
    return self.object;
}

NANVM_INLINE const nanvm_type *nanvm_ref_type(nanvm_ref self) {
    return self.object == NANVM_NULL ? NANVM_NULL : nanvm_block_origin(self.object)->type;
}

/* The length of an array stands in front of its header. */
NANVM_INLINE size_t nanvm_ref_length(nanvm_ref self) {
    if (NANVM_TRUSTS_BLOCKS && NANVM_LIKELY(self.object != NANVM_NULL)) {
        const void *header = nanvm_block_header(self.object);
        return nanvm_block_origin(self.object)->type->item_size == 0
                   ? 0
                   : NANVM_TO(const size_t *, header)[-1];
    }
    return nanvm_ref_length_cold(self);
}

NANVM_INLINE size_t nanvm_ref_count(nanvm_ref self) {
    int32_t count = self.object == NANVM_NULL ? 0 : nanvm_block_count(self.object);
    return NANVM_LIKELY(count >= 0) ? NANVM_TO(size_t, count)
                                    : nanvm_ref_count_cold(self);
}

/* One more reference to an object. */
NANVM_INLINE void nanvm_ref_add(const void *object) {
    if (NANVM_CHECKS_CLONES) {
        nanvm_closure_check(object);
    }
    if (!nanvm_count_add(nanvm_block_count_word(object))) {
        nanvm_count_add_cold(object);
    }
}

NANVM_INLINE nanvm_ref nanvm_ref_clone(nanvm_ref self) {
    if (self.object != NANVM_NULL) {
        nanvm_ref_add(self.object);
    }
    return self;
}

NANVM_INLINE void nanvm_refs_clone(const nanvm_ref *refs, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        nanvm_ref_add(refs[i].object);
    }
}

/* Whether an object with that count has no other reference. */
NANVM_INLINE bool nanvm_count_is_sole(const void *object, int32_t count) {
    return count == 0 ||
           (count < 0 && (nanvm_count_is_atomic(count)
                              ? nanvm_count_is_sole_atomic(nanvm_block_count_word(object))
                              : nanvm_count_is_sole_cold(object)));
}

NANVM_INLINE bool nanvm_ref_is_sole(nanvm_ref self) {
    return self.object != NANVM_NULL &&
           nanvm_count_is_sole(self.object, nanvm_block_count(self.object));
}

NANVM_INLINE bool nanvm_ref_try_to_mut_ref(nanvm_ref *self, nanvm_mut_ref *out) {
    const void *object = self->object;
    out->object = NANVM_NULL;
    if (object == NANVM_NULL || !nanvm_count_is_sole(object, nanvm_block_count(object))) {
        return false;
    }
    out->object = NANVM_UNCONST(object);
    self->object = NANVM_NULL;
    return true;
}

NANVM_INLINE nanvm_mut_ref nanvm_ref_to_mut_ref(nanvm_ref *self, nanvm_manager *manager) {
    const void *object = self->object;
    if (NANVM_LIKELY(object != NANVM_NULL && nanvm_block_count(object) == 0)) {
        nanvm_mut_ref own = {NANVM_UNCONST(object)};
        self->object = NANVM_NULL;
        return own;
    }
    return nanvm_ref_to_mut_ref_cold(self, manager);
}

NANVM_INLINE void *nanvm_ref_make_mut(nanvm_ref *self, nanvm_manager *manager) {
    /* Read once, so that what the compiler knows of it (not NULL) holds below, too. */
    const void *object = self->object;
    if (NANVM_LIKELY(object != NANVM_NULL && nanvm_block_count(object) == 0)) {
        return NANVM_UNCONST(object);
    }
    return nanvm_ref_make_mut_cold(self, manager);
}

NANVM_INLINE bool nanvm_ref_same(nanvm_ref a, nanvm_ref b) {
    return a.object == b.object;
}

NANVM_INLINE nanvm_ref nanvm_ref_move(nanvm_ref *self) {
    nanvm_ref moved = *self;
    self->object = NANVM_NULL;
    return moved;
}

NANVM_END_DECLS

#endif
