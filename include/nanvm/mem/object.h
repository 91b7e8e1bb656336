/**
 * @file
 * What refers to an object, and how it is visited.
 */
#ifndef NANVM_MEM_OBJECT_H
#define NANVM_MEM_OBJECT_H

#include <nanvm/mem/layout.h>

/**
 * @defgroup object Object
 * @brief A value that lives in memory of a manager.
 *
 * An object is a value in a block. A program refers to it by a handle: a #nanvm_mut_ref,
 * which is the only reference, or a #nanvm_ref, of which there may be several. An
 * object's @ref type says what it is; @ref mut_ref and @ref ref say what can be done with
 * it.
 *
 * Guide: @ref objects.
 * @{
 */

/**
 * A shared, immutable, counted reference, or the null handle: nanvm_ref_null(),
 * #NANVM_NULL_HANDLE. See @ref ref.
 */
typedef struct nanvm_ref {
    const void *object; /**< The object itself, or `NULL`. */
} nanvm_ref;

/**
 * The only reference to an object, or the null handle: nanvm_mut_ref_null(),
 * #NANVM_NULL_HANDLE. See @ref mut_ref.
 */
typedef struct nanvm_mut_ref {
    void *object; /**< The object itself, or `NULL`. */
} nanvm_mut_ref;

/** Initialises a variable that is a handle, a typed one included, to the null handle:
 *  `static nanvm_ref last = NANVM_NULL_HANDLE;`. In an expression, and for a member of a
 *  struct, write nanvm_ref_null(), nanvm_mut_ref_null(), `point_ref_null()`. */
#if defined(__cplusplus) && !defined(DOXYGEN)
#define NANVM_NULL_HANDLE                                                                \
    {}
#else
#define NANVM_NULL_HANDLE                                                                \
    { 0 }
#endif

/**
 * The library calls a visitor for each reference in an object. `reference` is borrowed:
 * it stays with the object that holds it. It may be the null handle. A visitor of yours
 * may do anything but change or end the object that is visited.
 */
typedef void nanvm_visitor(nanvm_ref reference, void *context);

/** @} */

#endif
