/* The inline functions that end scoped variables. A part of <nanvm/mem/scoped.h>. */
#ifndef NANVM_MEM_INLINE_SCOPED_H
#define NANVM_MEM_INLINE_SCOPED_H

NANVM_BEGIN_DECLS

NANVM_INLINE void nanvm_ref_cleanup(nanvm_ref *self) {
    nanvm_ref_drop(nanvm_ref_move(self));
}

NANVM_INLINE void nanvm_mut_ref_cleanup(nanvm_mut_ref *self) {
    nanvm_mut_ref_drop(nanvm_mut_ref_move(self));
}

NANVM_END_DECLS

#endif
