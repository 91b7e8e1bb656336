/**
 * @file
 * The table that describes a type.
 */
#ifndef NANVM_MEM_TYPE_H
#define NANVM_MEM_TYPE_H

#include <nanvm/mem/object.h>

/**
 * @defgroup type Type
 * @brief What a value is: its size, the references in it, its callbacks.
 *
 * A #nanvm_type says how large an object is and where it keeps references. From these
 * declarations the library drops, clones and visits objects without a line of user code.
 *
 * Guide: @ref objects.
 * @{
 */

/**
 * Calls `visitor(reference, context)` for every reference in `part`, which is the fixed
 * part of an object or one item of an array.
 *
 * It is for references that aren't a plain pointer in memory, such as NaN-boxed or tagged
 * words. The library calls it to count references up when an object is cloned and down
 * when it is dropped, so it must report the same references every time, and one that is
 * stored twice must be reported twice. It must cope with a part that is all zeros, must
 * not change the part, and must not drop or create anything.
 */
typedef void nanvm_visit(const void *part, nanvm_visitor *visitor, void *context);

/**
 * A type of object: a table, usually `static const`, that outlives every object
 * it describes and every local manager that was asked to create one.
 *
 * Write it by one of the macros (#NANVM_TYPE and its siblings), or by hand:
 * every member that is left zero means "none", but `align` has to be set. Two objects
 * have the same type when they have the same table, at the same address.
 *
 * **What a callback may do.** A `drop`, a `clone`, a #nanvm_construct and a
 * #nanvm_local_leak may call every function of the library, on every manager, including
 * the one concerned: create, clone, convert, resize and drop objects, use raw memory,
 * trim and end a local manager, reset and end an arena. Four rules hold for all of them:
 *
 * - No reference to the object that the callback ends or fills may be used: in a `drop`
 *   it was dropped already; in a `clone` and a #nanvm_construct it isn't alive yet.
 * - A manager that was passed to the library function that runs the callback stays
 *   borrowed until that function returns. A local manager may be ended and initialised
 *   again, but its struct has to stay. An arena may not be reset or ended while an object
 *   is constructed in it or cloned into it.
 * - An arena may be reset only if no object outside of it refers into it, see
 *   nanvm_arena_reset().
 * - The callback must return, and not be left by `longjmp` or an exception: see
 *   @ref objects_leaving.
 *
 * A function that changes a handle or an array finishes that before it runs a `drop`: the
 * handle has its final value, and the array its final length and place. The function
 * doesn't touch them again, so changes by a callback remain.
 */
typedef struct nanvm_type {
    const char *name; /**< For reports. */
    size_t size;      /**< Bytes of the fixed part; may be 0. */
    size_t align;     /**< A power of two. */

    size_t item_size;    /**< Bytes of an item; 0 if this isn't an array. */
    size_t items_offset; /**< Where item 0 starts: `offsetof` of the flexible
                              array member. May lie in the padding at the end
                              of the fixed part. */

    const size_t *refs;      /**< Offsets of the references in the fixed part. */
    size_t refs_length;      /**< How many. */
    const size_t *item_refs; /**< Offsets of the references in an item. */
    size_t item_refs_length; /**< How many. */

    nanvm_visit *visit;      /**< Reports what `refs` can't express, or `NULL`. */
    nanvm_visit *visit_item; /**< The same for an item, or `NULL`. */

    /**
     * Lets go of what isn't a reference: a file, a socket, memory of another
     * library. Called once, when the last reference is dropped or, in an arena, at the
     * reset; the references that the object declares are released after that. It may do
     * what any callback may, see above; if it drops the last reference to an object that
     * has references or callbacks, that object ends after `drop` returns. The object
     * itself was dropped already: its bytes may be read and written, but no reference to
     * it may be used, not even for its length (use `length`). A hardened build detects
     * most of these uses, and stops the program. If `drop` overwrites a declared
     * reference, the new one is released, and not the old.
     */
    void (*drop)(void *object, size_t length);

    /**
     * Duplicates what a copy of the bytes would share, such as a file. `copy` already
     * holds the bytes of `source`, and the library counts the references in it up
     * afterwards; leave those alone. Return false on failure, after releasing whatever
     * the callback itself acquired; the library frees the copy. An object with `drop` and
     * no `clone` can't be cloned.
     *
     * It may do what any callback may, see above. `copy` may be written, but there is no
     * reference to it yet. `source` may be read and cloned, but not changed, and at least
     * one reference to it has to remain. The handle that the library function was given
     * still has its old value.
     */
    bool (*clone)(void *copy, const void *source, size_t length);
} nanvm_type;

NANVM_BEGIN_DECLS

/**
 * How many bytes an object of this type with `length` items takes, header
 * excluded.
 *
 * @param type the type.
 * @param length items; 0 if the type isn't an array.
 * @param[out] size bytes; untouched on failure.
 * @return false if the size overflows, if the alignment isn't a power of two,
 *     or if `length` isn't 0 for a type without items.
 * @ownership none changes hands.
 * @errors as above.
 * @threads any thread.
 * @cost O(1).
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 3) bool nanvm_type_size(const nanvm_type *type,
                                                                   size_t length,
                                                                   size_t *size);

NANVM_END_DECLS

/** @name Members that are references
 *  @{ */

#if !defined(NANVM_OTHER_HANDLES) || defined(DOXYGEN)
/**
 * A list of further types that count as handles: a member of such a type may be listed as
 * a reference. By default it is empty. For types of your own define it before this header
 * is included, or define it anew before a table:
 *
 * `#define NANVM_OTHER_HANDLES(HANDLE) HANDLE(const struct cell *) HANDLE(my_handle)`
 *
 * These are handles anyway: #nanvm_ref, a typed reference, and a struct whose only member
 * is a #nanvm_ref; in C++ also a class of the same size that is constructed from a
 * #nanvm_ref. C compilers other than gcc and clang accept such a struct only if that
 * member is called `untyped`. A member of a type that is listed here must hold the
 * address of an object, as a reference does, or `NULL`.
 *
 * A #nanvm_mut_ref is not such a handle unless it is listed here: a clone of the object
 * that holds it would hold it, too, and then neither handle would be the only one. Store
 * a #nanvm_ref, and write through nanvm_ref_make_mut(). List #nanvm_mut_ref only if
 * objects that hold one are never cloned.
 */
#define NANVM_OTHER_HANDLES(HANDLE)
#endif
/** @} */

/** @name Tables in one line
 *  Each declares a `static const nanvm_type` called `table`. A member that is listed
 *  as a reference must be a handle, see #NANVM_OTHER_HANDLES; any other doesn't compile.
 *  A part of a member may be listed, too: `child[0]`, `left.parent`.
 *  @{ */

/** A type without references: `NANVM_TYPE(point_type, struct point);` */
#define NANVM_TYPE(table, type)                                                          \
    NANVM_TABLE_(table, #type, type, NANVM_NULL, 0, NANVM_NULL, NANVM_NULL, NANVM_NULL)

/** A type with up to 16 members that are references:
 *  `NANVM_TYPE_REFS(node_type, struct node, left, right);` */
#define NANVM_TYPE_REFS(table, type, ...)                                                \
    NANVM_OFFSETS_(table##_refs, NANVM_EACH_(NANVM_OFFSET_, type, , __VA_ARGS__));       \
    NANVM_TABLE_(table, #type, type, table##_refs, NANVM_COUNT_OF_(table##_refs),        \
                 NANVM_NULL, NANVM_NULL, NANVM_NULL)

/** A type with callbacks, any of which may be `NULL`:
 *  `NANVM_TYPE_CALLBACKS(file_type, struct file, NULL, file_drop, file_clone);` */
#define NANVM_TYPE_CALLBACKS(table, type, visit, drop, clone)                            \
    NANVM_TABLE_(table, #type, type, NANVM_NULL, 0, visit, drop, clone)

/** A struct that ends in the flexible array member `items`, without references:
 *  `NANVM_ARRAY(text_type, struct text, bytes);` */
#define NANVM_ARRAY(table, type, items)                                                  \
    NANVM_ARRAY_TABLE_(table, #type, type, items, NANVM_NULL, 0, NANVM_NULL, NANVM_NULL)

/** A struct that ends in the flexible array member `items`, each of which is a reference:
 *  `NANVM_ARRAY_REFS(tuple_type, struct tuple, fields);` */
#define NANVM_ARRAY_REFS(table, type, items)                                             \
    NANVM_OFFSETS_(table##_item_refs, NANVM_IF_HANDLE_(type, items[0]));                 \
    NANVM_ARRAY_TABLE_(table, #type, type, items, table##_item_refs,                     \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL, NANVM_NULL)

/** A struct that ends in the flexible array member `items`, which are structs with up to
 *  16 members that are references:
 *  `NANVM_ARRAY_STRUCTS(map_type, struct map, entries, key, value);` */
#define NANVM_ARRAY_STRUCTS(table, type, items, ...)                                     \
    NANVM_OFFSETS_(table##_item_refs,                                                    \
                   NANVM_EACH_(NANVM_ITEM_OFFSET_, type, items, __VA_ARGS__));           \
    NANVM_ARRAY_TABLE_(table, #type, type, items, table##_item_refs,                     \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL, NANVM_NULL)

/** A struct that ends in the flexible array member `items`, whose references are reported
 *  by callbacks, either of which may be `NULL`: `visit` for the fixed part, `visit_item`
 *  for an item: `NANVM_ARRAY_VISIT(values_type, struct values, items, NULL, visit);` */
#define NANVM_ARRAY_VISIT(table, type, items, visit, visit_item)                         \
    NANVM_ARRAY_TABLE_(table, #type, type, items, NANVM_NULL, 0, visit, visit_item)

/** Items and nothing else: `NANVM_ARRAY_OF(ints_type, int);` */
#define NANVM_ARRAY_OF(table, item)                                                      \
    NANVM_ITEMS_TABLE_(table, #item "[]", item, NANVM_NULL, 0, NANVM_NULL)

/** Items that are references and nothing else: `NANVM_ARRAY_OF_REFS(refs_type);` */
#define NANVM_ARRAY_OF_REFS(table)                                                       \
    NANVM_OFFSETS_(table##_item_refs, 0);                                                \
    NANVM_ITEMS_TABLE_(table, "nanvm_ref[]", nanvm_ref, table##_item_refs,               \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL)

/** Only items, which are structs with up to 16 members that are references:
 *  `NANVM_ARRAY_OF_STRUCTS(entries_type, struct entry, key, value);`. Typed references
 *  are such structs: `NANVM_ARRAY_OF_STRUCTS(points_type, point_ref, untyped);` */
#define NANVM_ARRAY_OF_STRUCTS(table, item, ...)                                         \
    NANVM_OFFSETS_(table##_item_refs, NANVM_EACH_(NANVM_OFFSET_, item, , __VA_ARGS__));  \
    NANVM_ITEMS_TABLE_(table, #item "[]", item, table##_item_refs,                       \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL)

/** Only items; a callback reports their references: `NANVM_ARRAY_OF_VISIT(values_type,
 *  struct value, value_visit);` */
#define NANVM_ARRAY_OF_VISIT(table, item, visit_item)                                    \
    NANVM_ITEMS_TABLE_(table, #item "[]", item, NANVM_NULL, 0, visit_item)
/** @} */

/** @} */

#include <nanvm/mem/inline/type.h>

#endif
