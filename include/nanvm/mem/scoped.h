/**
 * @file
 * Variables that drop themselves.
 */
#ifndef NANVM_MEM_SCOPED_H
#define NANVM_MEM_SCOPED_H

#include <nanvm/mem/ref.h>

/**
 * @defgroup scoped Scoped variables
 * @brief References that are dropped at the end of their block of code.
 *
 * Guide: @ref references.
 * @{
 */

NANVM_BEGIN_DECLS

/**
 * Drops `*self` and leaves the null handle. What #NANVM_SCOPED calls.
 *
 * @ownership consumes `*self`.
 * @errors as nanvm_ref_drop().
 * @threads as nanvm_ref_drop().
 * @cost as nanvm_ref_drop().
 */
NANVM_INLINE NANVM_NONNULL(1) void nanvm_ref_cleanup(nanvm_ref *self);

/**
 * Drops `*self` and leaves the null handle. What #NANVM_SCOPED calls.
 *
 * @ownership consumes `*self`.
 * @errors as nanvm_mut_ref_drop().
 * @threads as nanvm_mut_ref_drop().
 * @cost as nanvm_mut_ref_drop().
 */
NANVM_INLINE NANVM_NONNULL(1) void nanvm_mut_ref_cleanup(nanvm_mut_ref *self);

NANVM_END_DECLS

#if defined(NANVM_GNU) || defined(DOXYGEN)
/**
 * Declares the type of a variable that drops itself when its scope ends:
 * `NANVM_SCOPED(nanvm_ref) name = ...;`. Works with #nanvm_ref, #nanvm_mut_ref
 * and every typed pair. Hand the reference out with the type's `_move`.
 * Not defined where the compiler lacks `__attribute__((cleanup))`.
 */
#define NANVM_SCOPED(type) __attribute__((cleanup(type##_cleanup))) type
#endif

/** @} */

#include <nanvm/mem/inline/scoped.h>

#endif
