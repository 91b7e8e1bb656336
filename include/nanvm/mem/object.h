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
 * An object is a value that can be stored in a block. A #nanvm_type says
 * how large it is and where it keeps references. From these declarations the
 * library drops, clones and visits objects without a line of user code.
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
 * Write it by one of the macros (#NANVM_TYPE and its siblings), or by hand:
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
} nanvm_type;

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
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 3) bool nanvm_type_size(const nanvm_type *type,
                                                                   size_t length,
                                                                   size_t *size);

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
 * @threads any thread that has `self`, or borrows it as @ref threads_read says.
 * @cost O(1): two loads.
 */
NANVM_API const nanvm_type *nanvm_ref_type(nanvm_ref self);

NANVM_END_DECLS

/** @cond INTERNAL */
/* Nothing has to be done before the memory of such an object is free. */
NANVM_INLINE bool nanvm_type_holds_nothing(const nanvm_type *self) {
    return (self->refs_length | self->item_refs_length | NANVM_ADDRESS(self->visit) |
            NANVM_ADDRESS(self->visit_item) | NANVM_ADDRESS(self->drop)) == 0;
}
/** @endcond */

/** @name Members that are references
 *  @{ */

#if !defined(NANVM_OTHER_HANDLES) || defined(DOXYGEN)
/**
 * Types, besides those that are handles anyway, whose members may be listed as
 * references. It lists nothing; for types of your own define it before this header is
 * included, or define it anew before a table:
 *
 * `#define NANVM_OTHER_HANDLES(HANDLE) HANDLE(const struct cell *) HANDLE(my_handle)`
 *
 * Handles anyway are #nanvm_ref, a typed reference, and a struct whose only member is a
 * #nanvm_ref (called `untyped`, for a compiler of C other than gcc and clang); in C++
 * also a class of the same size that is constructed from a #nanvm_ref. A member of a type
 * that is listed here must hold the address of an object, as a reference does, or `NULL`.
 *
 * A #nanvm_mut_ref is no such member unless it is listed here: when the object that holds
 * it is cloned, two objects refer to what one of them takes for its own. Store a
 * #nanvm_ref, and write through nanvm_ref_make_mut(). List it only if objects of the type
 * are never cloned.
 */
#define NANVM_OTHER_HANDLES(HANDLE)
#endif
/** @} */

/** @cond INTERNAL */
/* A member of `type`, not to be evaluated. */
#if defined(__cplusplus)
#define NANVM_MEMBER_(type, member) static_cast<type *>(nullptr)->member
#else
#define NANVM_MEMBER_(type, member) ((type *)NULL)->member
#endif

/* NANVM_IF_HANDLE_(type, member) is 0 if the member is a handle, and else doesn't
 * compile; the compiler's message contains these words. */
#define NANVM_HANDLE_EXPECTED_                                                           \
    "a member that is listed as a reference must be a nanvm_ref or another handle"

#if defined(__cplusplus)
extern "C++" {
template <typename T> struct nanvm_plain_ { typedef T type; };
template <typename T> struct nanvm_plain_<T &> : nanvm_plain_<T> {};
template <typename T> struct nanvm_plain_<const T> : nanvm_plain_<T> {};
template <typename T> struct nanvm_plain_<volatile T> : nanvm_plain_<T> {};
template <typename T> struct nanvm_plain_<const volatile T> : nanvm_plain_<T> {};

template <typename A, typename B> struct nanvm_is_same_ {
    static constexpr bool value = false;
};
template <typename A> struct nanvm_is_same_<A, A> { static constexpr bool value = true; };

/* What a nanvm_ref initialises, and is as large. */
template <typename T> T nanvm_some_();
template <typename T, typename = void> struct nanvm_is_handle_ {
    static constexpr bool value = false;
};
template <typename T>
struct nanvm_is_handle_<T, decltype(void(T{nanvm_some_<nanvm_ref>()}))> {
    static constexpr bool value = sizeof(T) == sizeof(nanvm_ref);
};

template <typename T, typename... Others> struct nanvm_is_one_of_ {
    static constexpr bool value = false;
};
template <typename T, typename First, typename... Others>
struct nanvm_is_one_of_<T, First, Others...> {
    static constexpr bool value =
        nanvm_is_same_<T, typename nanvm_plain_<First>::type>::value ||
        nanvm_is_one_of_<T, Others...>::value;
};

template <typename Member, typename... Others> struct nanvm_if_handle_ {
    typedef typename nanvm_plain_<Member>::type type;
    static_assert(nanvm_is_handle_<type>::value ||
                      nanvm_is_one_of_<type, Others...>::value,
                  NANVM_HANDLE_EXPECTED_);
    static constexpr size_t value = 0;
};
}

#define NANVM_AND_(other) , other
#define NANVM_IF_HANDLE_(type, member)                                                   \
    nanvm_if_handle_<decltype(NANVM_MEMBER_(type, member)) NANVM_OTHER_HANDLES(          \
        NANVM_AND_)>::value
#else
/* A nanvm_ref in place of another handle, so that both are seen as one. */
#define NANVM_AS_REF_(other)                                                             \
    other:                                                                               \
    *(nanvm_ref *)NULL,
#define NANVM_HANDLE_OF_(type, member)                                                   \
    _Generic(NANVM_MEMBER_(type, member), NANVM_OTHER_HANDLES(NANVM_AS_REF_) default     \
             : NANVM_MEMBER_(type, member))

#if defined(NANVM_GNU)
/* A value of the member's type is initialised by a nanvm_ref, or by its pointer if it is
 * one. This is how a handle differs from anything else: in a struct the initialiser goes
 * to the first member, and a nanvm_ref initialises nothing but a nanvm_ref. The value
 * stands in a parameter list, since outside of functions it would have to be a constant.
 */
typedef nanvm_ref nanvm_a_member_that_is_listed_must_be_a_nanvm_ref_or_another_handle;
#define NANVM_INIT_HANDLE_(type, member)                                                 \
    (__typeof__(NANVM_HANDLE_OF_(type, member))) {                                       \
        _Generic(                                                                        \
            NANVM_HANDLE_OF_(type, member), nanvm_ref                                    \
            : (const void *)NULL, default                                                \
            : (nanvm_a_member_that_is_listed_must_be_a_nanvm_ref_or_another_handle){     \
                NANVM_NULL})                                                             \
    }
#define NANVM_IF_HANDLE_(type, member)                                                   \
    (0 * sizeof(void (*)(char[sizeof(NANVM_INIT_HANDLE_(type, member))])) +              \
     0 * sizeof(struct {                                                                 \
         _Static_assert(sizeof(NANVM_HANDLE_OF_(type, member)) == sizeof(nanvm_ref),     \
                        NANVM_HANDLE_EXPECTED_);                                         \
         char unused;                                                                    \
     }))
#else
/* Without __typeof__ a handle is known by its member `untyped`, and the message is in the
 * compiler's own words. */
typedef struct nanvm_wrapped_ref_ {
    nanvm_ref untyped;
} nanvm_wrapped_ref_;
#define NANVM_WRAPPED_(type, member)                                                     \
    _Generic(NANVM_HANDLE_OF_(type, member), nanvm_ref                                   \
             : *(nanvm_wrapped_ref_ *)NULL, default                                      \
             : NANVM_HANDLE_OF_(type, member))
#define NANVM_IF_HANDLE_(type, member)                                                   \
    (0 * sizeof(_Generic(NANVM_WRAPPED_(type, member).untyped, nanvm_ref : 0)))
#endif
#endif

/* Offsets: of a member, and of a member in an item from where the item begins. */
#define NANVM_OFFSET_(type, unused, member)                                              \
    (offsetof(type, member) + NANVM_IF_HANDLE_(type, member))
#define NANVM_ITEM_OFFSET_(type, items, member)                                          \
    (NANVM_OFFSET_(type, , items[0].member) - offsetof(type, items))

/* f(a, b, member) for each of up to 16 members, as a list. */
#define NANVM_EACH_1_(f, a, b, m) f(a, b, m)
#define NANVM_EACH_2_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_1_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_3_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_2_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_4_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_3_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_5_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_4_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_6_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_5_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_7_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_6_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_8_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_7_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_9_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_8_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_10_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_9_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_11_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_10_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_12_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_11_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_13_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_12_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_14_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_13_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_15_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_14_(f, a, b, __VA_ARGS__)
#define NANVM_EACH_16_(f, a, b, m, ...) f(a, b, m), NANVM_EACH_15_(f, a, b, __VA_ARGS__)
/* The name of a function that isn't, for the compiler's message. */
#define NANVM_TOO_MANY_(...) nanvm_a_table_lists_at_most_16_members()
#define NANVM_PICK_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, name,    \
                    ...)                                                                 \
    name
#define NANVM_EACH_(f, a, b, ...)                                                        \
    NANVM_PICK_(__VA_ARGS__, NANVM_TOO_MANY_, NANVM_TOO_MANY_, NANVM_TOO_MANY_,          \
                NANVM_TOO_MANY_, NANVM_EACH_16_, NANVM_EACH_15_, NANVM_EACH_14_,         \
                NANVM_EACH_13_, NANVM_EACH_12_, NANVM_EACH_11_, NANVM_EACH_10_,          \
                NANVM_EACH_9_, NANVM_EACH_8_, NANVM_EACH_7_, NANVM_EACH_6_,              \
                NANVM_EACH_5_, NANVM_EACH_4_, NANVM_EACH_3_, NANVM_EACH_2_,              \
                NANVM_EACH_1_, 0)                                                        \
    (f, a, b, __VA_ARGS__)
#define NANVM_COUNT_OF_(array) (sizeof(array) / sizeof((array)[0]))

/* A list of offsets called `refs`. */
#define NANVM_OFFSETS_(refs, ...) static const size_t refs[] = {__VA_ARGS__}

/* Tables: of a struct alone, of a struct with items, of items alone. */
#define NANVM_TABLE_(table, name, type, refs, refs_length, visit, drop, clone)           \
    static const nanvm_type table = {                                                    \
        name, sizeof(type), NANVM_ALIGNOF(type), 0,                                      \
        0,    refs,         refs_length,         NANVM_NULL,                             \
        0,    visit,        NANVM_NULL,          drop,                                   \
        clone}
#define NANVM_ARRAY_TABLE_(table, name, type, items, refs, refs_length, visit,           \
                           visit_item)                                                   \
    static const nanvm_type table = {name,                                               \
                                     sizeof(type),                                       \
                                     NANVM_ALIGNOF(type),                                \
                                     sizeof(NANVM_MEMBER_(type, items[0])),              \
                                     offsetof(type, items),                              \
                                     NANVM_NULL,                                         \
                                     0,                                                  \
                                     refs,                                               \
                                     refs_length,                                        \
                                     visit,                                              \
                                     visit_item,                                         \
                                     NANVM_NULL,                                         \
                                     NANVM_NULL}
#define NANVM_ITEMS_TABLE_(table, name, item, refs, refs_length, visit_item)             \
    static const nanvm_type table = {                                                    \
        name, 0,           NANVM_ALIGNOF(item), sizeof(item), 0,          NANVM_NULL, 0, \
        refs, refs_length, NANVM_NULL,          visit_item,   NANVM_NULL, NANVM_NULL}
/** @endcond */

/** @name Tables in one line
 *  Each declares a `static const nanvm_type` called `table`. A member that is listed
 *  as a reference must be a handle, see #NANVM_OTHER_HANDLES; any other doesn't compile.
 *  It may be a part of a member: `child[0]`, `left.parent`.
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
 *  `NANVM_ARRAY_REFS(tuple_object, struct tuple, fields);` */
#define NANVM_ARRAY_REFS(table, type, items)                                             \
    NANVM_OFFSETS_(table##_item_refs, NANVM_IF_HANDLE_(type, items[0]));                 \
    NANVM_ARRAY_TABLE_(table, #type, type, items, table##_item_refs,                     \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL, NANVM_NULL)

/** A struct that ends in the flexible array member `items`, which are structs with up to
 *  16 members that are references:
 *  `NANVM_ARRAY_STRUCTS(map_object, struct map, entries, key, value);` */
#define NANVM_ARRAY_STRUCTS(table, type, items, ...)                                     \
    NANVM_OFFSETS_(table##_item_refs,                                                    \
                   NANVM_EACH_(NANVM_ITEM_OFFSET_, type, items, __VA_ARGS__));           \
    NANVM_ARRAY_TABLE_(table, #type, type, items, table##_item_refs,                     \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL, NANVM_NULL)

/** A struct that ends in the flexible array member `items`, whose references are reported
 *  by callbacks, either of which may be `NULL`: `visit` for the fixed part, `visit_item`
 *  for an item: `NANVM_ARRAY_VISIT(values_object, struct values, items, NULL, visit);` */
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

/** Items and nothing else, which are structs with up to 16 members that are references:
 *  `NANVM_ARRAY_OF_STRUCTS(entries_object, struct entry, key, value);`. Typed references
 *  are such structs: `NANVM_ARRAY_OF_STRUCTS(points_object, point_ref, untyped);` */
#define NANVM_ARRAY_OF_STRUCTS(table, item, ...)                                         \
    NANVM_OFFSETS_(table##_item_refs, NANVM_EACH_(NANVM_OFFSET_, item, , __VA_ARGS__));  \
    NANVM_ITEMS_TABLE_(table, #item "[]", item, table##_item_refs,                       \
                       NANVM_COUNT_OF_(table##_item_refs), NANVM_NULL)

/** Items and nothing else, whose references are reported by a callback:
 *  `NANVM_ARRAY_OF_VISIT(values_object, struct value, value_visit);` */
#define NANVM_ARRAY_OF_VISIT(table, item, visit_item)                                    \
    NANVM_ITEMS_TABLE_(table, #item "[]", item, NANVM_NULL, 0, visit_item)
/** @} */

/** @} */

#endif
