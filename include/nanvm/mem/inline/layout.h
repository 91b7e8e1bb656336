/* The arithmetic of layouts. A part of <nanvm/mem/layout.h>. */
#ifndef NANVM_MEM_INLINE_LAYOUT_H
#define NANVM_MEM_INLINE_LAYOUT_H

NANVM_BEGIN_DECLS

NANVM_INLINE bool nanvm_layout_is_valid(nanvm_layout layout) {
    return layout.align != 0 && (layout.align & (layout.align - 1)) == 0 &&
           layout.align <= NANVM_TO(size_t, PTRDIFF_MAX) &&
           layout.size <= NANVM_TO(size_t, PTRDIFF_MAX) - (layout.align - 1);
}

NANVM_INLINE size_t nanvm_layout_round_up(size_t size, size_t align) {
    return (size + (align - 1)) & ~(align - 1);
}

NANVM_INLINE nanvm_layout nanvm_layout_make(size_t size, size_t align) {
    nanvm_layout layout;
    layout.size = size;
    layout.align = align;
    return layout;
}

NANVM_END_DECLS

#endif
