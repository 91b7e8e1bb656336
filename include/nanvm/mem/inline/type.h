/* What the macros of <nanvm/mem/type.h> are made of. A part of that header. */
#ifndef NANVM_MEM_INLINE_TYPE_H
#define NANVM_MEM_INLINE_TYPE_H

NANVM_BEGIN_DECLS

/* Whether nothing has to be done before the memory of an object is freed. */
NANVM_INLINE bool nanvm_type_holds_nothing(const nanvm_type *self) {
    return (self->refs_length | self->item_refs_length | NANVM_ADDRESS(self->visit) |
            NANVM_ADDRESS(self->visit_item) | NANVM_ADDRESS(self->drop)) == 0;
}

NANVM_END_DECLS

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

/* Whether a nanvm_ref initialises T and is as large. */
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
/* Turns a member of a listed type into a nanvm_ref, so that it passes for a handle. */
#define NANVM_AS_REF_(other)                                                             \
    other:                                                                               \
    *(nanvm_ref *)NULL,
#define NANVM_HANDLE_OF_(type, member)                                                   \
    _Generic(NANVM_MEMBER_(type, member), NANVM_OTHER_HANDLES(NANVM_AS_REF_) default     \
             : NANVM_MEMBER_(type, member))

#if defined(NANVM_GNU)
/* A value of the member's type is initialised by a nanvm_ref; or, if the member is a
 * nanvm_ref, by its pointer. Only a handle can be initialised so: in a struct the
 * initialiser goes to the first member, and a nanvm_ref initialises nothing but a
 * nanvm_ref. The value is in the type of a parameter: anywhere else outside of functions
 * its initialiser would have to be constant. */
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

/* Offsets: of a member in its struct, and of a member in an item from the item's
 * start. */
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
/* The name of a function that doesn't exist, for the compiler's message. */
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

#endif
