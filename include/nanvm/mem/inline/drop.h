/* How a Ref is dropped: inline while the count is plain and other references remain. The
 * last one, too, is dropped inline if the type is known to hold nothing and inline
 * functions may free in the object's pool; else by a call. Where there is no count,
 * nanvm_ref_drop() does nothing, and nanvm_ref_drop_leaf() calls a function that does
 * nothing. A part of <nanvm/mem/ref.h>; src/drop.c is the rest. A MutRef's drop is in
 * mut_ref.h. */
#ifndef NANVM_MEM_INLINE_DROP_H
#define NANVM_MEM_INLINE_DROP_H

#include <nanvm/mem/inline/slots.h>

NANVM_BEGIN_DECLS

/* nanvm_ref_drop() of an object whose count was read just now, and isn't above 0. */
NANVM_API NANVM_NOINLINE void nanvm_drop_ref_cold(const void *object, int32_t count);

NANVM_INLINE void nanvm_ref_drop(nanvm_ref self) {
    if (self.object != NANVM_NULL) {
        nanvm_count_word *word = nanvm_block_count_word(self.object);
        int32_t count = nanvm_count_word_load(word);
        /* Written out: gcc would put the usual case of nanvm_count_try_release_plain()
         * out of line. */
        if (count > 0) {
            nanvm_count_word_store(word, count - 1);
        } else if (count != NANVM_COUNT_NONE) {
            nanvm_drop_ref_cold(self.object, count);
        }
    }
}

/* nanvm_ref_drop() of an object whose type is known to hold nothing. Inlined: about 7
 * instructions on x86-64, 18 where the object dies in a pool, 27 if the magazine is full;
 * 170 bytes. */
NANVM_INLINE void nanvm_ref_drop_leaf(nanvm_ref self) {
    if (self.object != NANVM_NULL) {
        nanvm_count_word *word = nanvm_block_count_word(self.object);
        int32_t count = nanvm_count_word_load(word);
        if (count > 0) {
            nanvm_count_word_store(word, count - 1);
        } else if (count < 0 || !nanvm_slots_free(NANVM_UNCONST(self.object))) {
            nanvm_drop_ref_cold(self.object, count);
        }
    }
}

/* nanvm_ref_drop() for a type that the compiler may know. */
NANVM_INLINE void nanvm_ref_drop_typed(nanvm_ref self, const nanvm_type *type) {
    if (NANVM_IS_KNOWN(type->size) && nanvm_type_holds_nothing(type)) {
        nanvm_ref_drop_leaf(self);
    } else {
        nanvm_ref_drop(self);
    }
}

NANVM_END_DECLS

#endif
