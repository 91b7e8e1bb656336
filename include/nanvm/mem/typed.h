/**
 * @file
 * References that know their type.
 */
#ifndef NANVM_MEM_TYPED_H
#define NANVM_MEM_TYPED_H

#include <nanvm/mem/ref.h>

/**
 * @defgroup typed Typed references
 * @brief A pair of handles for your struct, which don't mix with others.
 *
 * Guide: @ref references.
 * @{
 */

/**
 * Declares `<name>_ref` and `<name>_mut_ref`, so that a struct can hold
 * references to its own type. Follow it with #NANVM_TYPED_FUNCTIONS.
 *
 * Both are structs with one member, `untyped`.
 */
#define NANVM_TYPED_HANDLES(name)                                                        \
    typedef struct name##_ref {                                                          \
        nanvm_ref untyped;                                                               \
    } name##_ref;                                                                        \
    typedef struct name##_mut_ref {                                                      \
        nanvm_mut_ref untyped;                                                           \
    } name##_mut_ref

/**
 * Defines the functions of the pair that #NANVM_TYPED_HANDLES declared, for
 * `type`, which the table `table` describes. Each does what the function of
 * the same name for #nanvm_ref and #nanvm_mut_ref does:
 *
 * - @ref manager "Creating": `<name>_new(manager)`, `<name>_new_copy(manager, value)`,
 *   `<name>_new_array(manager, items, length)`, `<name>_new_unset(manager)`,
 *   `<name>_new_array_unset(manager, length)`,
 *   `<name>_new_with(manager, length, construct, context)`.
 * - @ref mut_ref "MutRef": `<name>_mut_ref_null()`, `<name>_mut_ref_is_null(self)`,
 *   `_get`, `_length`, `_to_ref`, `_drop`, `_discard`, `_move`, `_resize`,
 *   `_resize_unset` and `_cleanup`.
 * - @ref ref "Ref": `<name>_ref_null()`, `<name>_ref_is_null(self)`, `_get`, `_length`,
 *   `_clone`, `_drop`, `_count`, `_is_sole`, `_try_to_mut_ref`, `_clone_object`,
 *   `_clone_resized`, `_clone_deep`, `_to_mut_ref`, `_make_mut`, `_same`, `_move`,
 *   `_cleanup`.
 *
 * And three ways back from an untyped handle:
 *
 * - `<name>_ref_from(nanvm_ref *untyped, <name>_ref *out)` moves the reference if its
 *   object has this table; else it returns false, leaves `*untyped` alone and sets `*out`
 *   to the null handle. A null handle gives false.
 * - `<name>_mut_ref_from(nanvm_mut_ref *untyped, <name>_mut_ref *out)` does the same.
 * - `<name>_ref_view(nanvm_ref untyped)` and `<name>_mut_ref_view(nanvm_mut_ref untyped)`
 *   return the same handle with its type, without a look at the table: for when the
 *   program knows the type already. Nothing changes hands, and null stays null. If the
 *   object has another table, a hardened or debug build stops the program; any other
 *   build reads the object as `type`.
 *
 * The way to an untyped handle is the member `untyped`.
 */
#define NANVM_TYPED_FUNCTIONS(name, type, table)                                         \
    NANVM_TYPED_CREATE_(name, type, table)                                               \
    NANVM_TYPED_MUT_REF_(name, type, table)                                              \
    NANVM_TYPED_REF_(name, type, table)                                                  \
    NANVM_TYPED_FROM_(name, type, table)                                                 \
    NANVM_STATIC_ASSERT(sizeof(name##_ref) == sizeof(void *), "one pointer")

/**
 * Both of the above, for a type that doesn't refer to itself:
 * `NANVM_TYPED(point, struct point, point_type);`
 */
#define NANVM_TYPED(name, type, table)                                                   \
    NANVM_TYPED_HANDLES(name);                                                           \
    NANVM_TYPED_FUNCTIONS(name, type, table)

/** @} */

#include <nanvm/mem/inline/copy.h>
#include <nanvm/mem/inline/typed.h>

#endif
