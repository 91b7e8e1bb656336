/**
 * @file
 * The table that describes a type of object.
 */
#ifndef NANVM_MEM_OBJECT_H
#define NANVM_MEM_OBJECT_H

#include <nanvm/mem/layout.h>

/**
 * @defgroup object Object
 * @brief What a value is: its size, the references in it, its callbacks.
 *
 * An object is a value that can be stored in a block. A #nanvm_object says
 * how large it is and where it keeps references. From these declarations the
 * library drops, clones and visits objects without a line of user code.
 *
 * Guide: @ref objects.
 * @{
 */

/**
 * A shared, immutable, counted reference, or the null handle `{NULL}`.
 * See @ref ref.
 */
typedef struct nanvm_ref {
    const void *object; /**< The object itself, or `NULL`. */
} nanvm_ref;

/**
 * The only reference to an object, or the null handle `{NULL}`.
 * See @ref mut_ref.
 */
typedef struct nanvm_mut_ref {
    void *object; /**< The object itself, or `NULL`. */
} nanvm_mut_ref;

/**
 * Is told of one reference. `reference` is borrowed: it stays with the object
 * that holds it. It may be the null handle. A visitor of yours may do anything but change
 * or end the object that is visited.
 */
typedef void nanvm_visitor(nanvm_ref reference, void *context);

/**
 * Tells `visitor` of every reference in `part`, which is the fixed part of an
 * object or one item of an array.
 *
 * For references that aren't a plain pointer in memory, such as NaN-boxed or
 * tagged words. The library calls it to count references up when an object is
 * cloned and down when it is dropped, so it must report the same references
 * every time, each as often as it is stored. It must cope with a part that
 * is all zeros, must not change the part, and must not drop or create
 * anything.
 */
typedef void nanvm_visit(const void *part, nanvm_visitor *visitor, void *context);

/**
 * A type of object: a table, usually `static const`, that outlives every object
 * it describes and every local manager that was asked to create one.
 *
 * Write it by one of the macros (#NANVM_OBJECT and its siblings), or by hand:
 * every member that is left zero means "none". Two objects have the same type
 * when they have the same table, at the same address.
 *
 * **What a callback may do.** A `drop`, a `clone`, a #nanvm_construct and a
 * #nanvm_local_leak may call every function of the library, on every manager, and on the
 * one at hand: create, clone, convert, resize and drop objects, use raw memory, trim and
 * end a local manager, reset and end an arena. Four rules hold for all of them:
 *
 * - The object at hand is off limits as each says: to `drop` it is dead, to `clone` and
 *   a #nanvm_construct it isn't alive yet.
 * - The manager that the running function was given stays borrowed until that function
 *   returns. A local manager may be ended and initialised again, but its struct has to
 *   stay. An arena may not be reset or ended while an object is constructed in it or
 *   cloned into it.
 * - An arena is reset only if nothing refers into it, see nanvm_arena_reset().
 * - The callback returns: see @ref objects_leaving.
 *
 * The function that runs a `drop` has finished its own work first: a handle that it was
 * given by pointer is as it will be when the function returns, and an array has its final
 * length and place. What callbacks do to them afterwards stays as they leave it.
 */
typedef struct nanvm_object {
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
     * library. Called once, when the last reference is dropped, before the
     * references that the object declares are released. It may do what any callback
     * may, see above; drops that end an object are carried out after it returns. The
     * object itself is dead: its bytes may be read and written, but no reference to it
     * may be used, not even to ask how long it is, which is `length`; a hardened build
     * stops the program. What `drop` writes to a reference that the object declares is
     * released in place of what was there.
     */
    void (*drop)(void *object, size_t length);

    /**
     * Copies what can't be copied by its bytes. `copy` already holds the bytes
     * of `source`, and the library counts the references in it up afterwards;
     * leave those alone. Return false when it can't be done: nothing that the
     * callback itself acquired may stay behind, and the library takes back the
     * rest. An object with `drop` and no `clone` can't be cloned.
     *
     * It may do what any callback may, see above. `copy` may be written, but there is no
     * reference to it yet. `source` may be read, and cloned once more; it may not be
     * changed, and one reference to it has to stay. The handle that the call was given
     * isn't changed yet.
     */
    bool (*clone)(void *copy, const void *source, size_t length);
} nanvm_object;

NANVM_BEGIN_DECLS

/**
 * How many bytes an object of this type with `length` items takes, header
 * excluded.
 *
 * @param object the type.
 * @param length items; 0 if the type isn't an array.
 * @param[out] size bytes; untouched on failure.
 * @return false if the size overflows, if the alignment isn't a power of two,
 *     or if `length` isn't 0 for a type without items.
 * @ownership none changes hands.
 * @errors as above.
 * @threads any thread.
 * @cost O(1).
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 3) bool nanvm_object_size(
    const nanvm_object *object, size_t length, size_t *size);

/**
 * Tells `visitor` of each reference that `self` holds: those of the fixed part
 * first, then item by item.
 *
 * For what a collector, a picture of the graph, or a writer to disk needs. The visitor
 * may do anything but change or end `self`.
 *
 * @ownership `self` and what the visitor is told of stay where they are.
 * @errors stops the program if the object is dead, which is seen while its memory is
 *     still there. A null `self` holds nothing.
 * @threads as reading the object.
 * @cost O(references).
 */
NANVM_API NANVM_NONNULL(2) void nanvm_ref_visit(nanvm_ref self, nanvm_visitor *visitor,
                                                void *context);

/**
 * The table of the object that `self` refers to; `NULL` for a null handle.
 *
 * @ownership borrowed; tables outlive their objects.
 * @errors none; a hardened build stops the program if the object's header or origin isn't
 *     as the library wrote it.
 * @threads any thread that may use `self`.
 * @cost O(1): two loads.
 */
NANVM_API const nanvm_object *nanvm_ref_object(nanvm_ref self);

NANVM_END_DECLS

/** @cond INTERNAL */
/* Nothing has to be done before the memory of such an object is free. */
NANVM_INLINE bool nanvm_object_holds_nothing(const nanvm_object *self) {
    return (self->refs_length | self->item_refs_length | (uintptr_t)self->visit |
            (uintptr_t)self->visit_item | (uintptr_t)self->drop) == 0;
}
/** @endcond */

/** @cond INTERNAL */
/* The offsets of up to 16 members, as a list. A member that isn't as large as
 * a reference is refused: sizeof of an array of negative length. */
#define NANVM_OFFSET_(type, member)                                                      \
    (offsetof(type, member) +                                                            \
     0 * sizeof(char[sizeof(((type *)0)->member) == sizeof(nanvm_ref) ? 1 : -1]))
#define NANVM_OFFSETS_1_(t, m) NANVM_OFFSET_(t, m)
#define NANVM_OFFSETS_2_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_1_(t, __VA_ARGS__)
#define NANVM_OFFSETS_3_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_2_(t, __VA_ARGS__)
#define NANVM_OFFSETS_4_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_3_(t, __VA_ARGS__)
#define NANVM_OFFSETS_5_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_4_(t, __VA_ARGS__)
#define NANVM_OFFSETS_6_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_5_(t, __VA_ARGS__)
#define NANVM_OFFSETS_7_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_6_(t, __VA_ARGS__)
#define NANVM_OFFSETS_8_(t, m, ...) NANVM_OFFSET_(t, m), NANVM_OFFSETS_7_(t, __VA_ARGS__)
#define NANVM_PICK_(a, b, c, d, e, f, g, h, name, ...) name
#define NANVM_OFFSETS_(type, ...)                                                        \
    NANVM_PICK_(__VA_ARGS__, NANVM_OFFSETS_8_, NANVM_OFFSETS_7_, NANVM_OFFSETS_6_,       \
                NANVM_OFFSETS_5_, NANVM_OFFSETS_4_, NANVM_OFFSETS_3_, NANVM_OFFSETS_2_,  \
                NANVM_OFFSETS_1_, 0)                                                     \
    (type, __VA_ARGS__)
#define NANVM_COUNT_OF_(array) (sizeof(array) / sizeof((array)[0]))
/** @endcond */

/** @cond INTERNAL */
#define NANVM_TABLE_(table, name, type, item_size, items_offset, refs, refs_length,      \
                     visit, drop, clone)                                                 \
    static const nanvm_object table = {name,        sizeof(type), NANVM_ALIGNOF(type),   \
                                       item_size,   items_offset, refs,                  \
                                       refs_length, NULL,         0,                     \
                                       visit,       NULL,         drop,                  \
                                       clone}
#define NANVM_ITEMS_TABLE_(table, name, item, refs, refs_length)                         \
    static const nanvm_object table = {                                                  \
        name, 0,    NANVM_ALIGNOF(item), sizeof(item), 0,    NULL,                       \
        0,    refs, refs_length,         NULL,         NULL, NULL,                       \
        NULL}
/** @endcond */

/** @name Tables in one line
 *  Each declares a `static const nanvm_object` called `table`.
 *  @{ */

/** A type without references: `NANVM_OBJECT(point_object, struct point);` */
#define NANVM_OBJECT(table, type)                                                        \
    NANVM_TABLE_(table, #type, type, 0, 0, NULL, 0, NULL, NULL, NULL)

/** A type with up to 8 members that are references:
 *  `NANVM_OBJECT_REFS(node_object, struct node, left, right);` */
#define NANVM_OBJECT_REFS(table, type, ...)                                              \
    static const size_t table##_refs[] = {NANVM_OFFSETS_(type, __VA_ARGS__)};            \
    NANVM_TABLE_(table, #type, type, 0, 0, table##_refs, NANVM_COUNT_OF_(table##_refs),  \
                 NULL, NULL, NULL)

/** A type with callbacks, any of which may be `NULL`:
 *  `NANVM_OBJECT_CALLBACKS(file_object, struct file, NULL, file_drop, file_clone);` */
#define NANVM_OBJECT_CALLBACKS(table, type, visit, drop, clone)                          \
    NANVM_TABLE_(table, #type, type, 0, 0, NULL, 0, visit, drop, clone)

/** A struct that ends in the flexible array member `items`, without references:
 *  `NANVM_ARRAY(text_object, struct text, bytes);` */
#define NANVM_ARRAY(table, type, items)                                                  \
    NANVM_TABLE_(table, #type, type, sizeof(((type *)0)->items[0]),                      \
                 offsetof(type, items), NULL, 0, NULL, NULL, NULL)

/** Items and nothing else: `NANVM_ARRAY_OF(ints_object, int);` */
#define NANVM_ARRAY_OF(table, item) NANVM_ITEMS_TABLE_(table, #item "[]", item, NULL, 0)

/** Items that are references and nothing else: `NANVM_ARRAY_OF_REFS(refs_object);` */
#define NANVM_ARRAY_OF_REFS(table)                                                       \
    static const size_t table##_item_refs[] = {0};                                       \
    NANVM_ITEMS_TABLE_(table, "nanvm_ref[]", nanvm_ref, table##_item_refs, 1)
/** @} */

/** @} */

#endif
