/**
 * @file
 * Sizes and alignments of memory, with arithmetic that doesn't wrap.
 */
#ifndef NANVM_MEM_LAYOUT_H
#define NANVM_MEM_LAYOUT_H

#include <nanvm/mem/config.h>

/**
 * @defgroup layout Layout
 * @brief How much memory, and how aligned.
 *
 * A layout travels with its memory: whoever frees a piece of memory says again what was
 * asked for, so that no manager has to store it.
 *
 * Guide: @ref managers.
 * @{
 */

/** A size and an alignment, both in bytes. */
typedef struct nanvm_layout {
    size_t size;  /**< Bytes; not rounded up to `align`. */
    size_t align; /**< A power of two. */
} nanvm_layout;

NANVM_BEGIN_DECLS

/**
 * Whether `layout` can be asked of a manager: `align` is a power of two, and
 * `size`, rounded up to it, is at most `PTRDIFF_MAX` (beyond that, distances
 * inside the memory can't be expressed: C17 6.5.6p9).
 *
 * @ownership by value.
 * @errors none.
 * @threads any thread.
 * @cost O(1), inline.
 */
NANVM_INLINE bool nanvm_layout_is_valid(nanvm_layout layout);

/**
 * `size` rounded up to a multiple of `align`.
 *
 * @pre the layout {`size`, `align`} is valid.
 * @ownership by value.
 * @errors none.
 * @threads any thread.
 * @cost O(1), inline.
 */
NANVM_INLINE size_t nanvm_layout_round_up(size_t size, size_t align);

NANVM_END_DECLS

/** The layout of a C type, as an expression. */
#define NANVM_LAYOUT_OF(type) nanvm_layout_make(sizeof(type), NANVM_ALIGNOF(type))

NANVM_BEGIN_DECLS

/**
 * A layout from its two parts; it may be invalid.
 *
 * @ownership by value.
 * @errors none.
 * @threads any thread.
 * @cost O(1), inline.
 */
NANVM_INLINE nanvm_layout nanvm_layout_make(size_t size, size_t align);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/layout.h>

#endif
