/* The inline functions of a MutRef. A part of <nanvm/mem/mut_ref.h>. */
#ifndef NANVM_MEM_INLINE_MUT_REF_H
#define NANVM_MEM_INLINE_MUT_REF_H

#include <nanvm/mem/inline/drop.h>

NANVM_BEGIN_DECLS

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

NANVM_INLINE nanvm_mut_ref nanvm_mut_ref_move(nanvm_mut_ref *self) {
    nanvm_mut_ref moved = *self;
    self->object = NANVM_NULL;
    return moved;
}

NANVM_END_DECLS

#endif
