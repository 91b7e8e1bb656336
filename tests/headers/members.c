/* Members that tables list as references, as C and as C++. Without LISTED it compiles;
 * with the member that LISTED names, which is none, the compiler has to refuse it, in
 * words that the test looks for. TABLE says which of the tables lists it. */
#if defined(OTHER_COMPILER) /* which sees a handle by its member `untyped` */
#define NANVM_OTHER_HANDLES(HANDLE) HANDLE(struct wrapped)
#endif
#include <nanvm/mem/typed.h>

#if defined(__cplusplus)
#define SOME 1 /* C++ has no flexible array members */
#else
#define SOME
#endif

NANVM_TYPED_HANDLES(point);

struct small {
    char bytes[4];
};
struct two_ints {
    int32_t a, b;
};
struct two_refs {
    nanvm_ref a, b;
};
struct wrapped {
    nanvm_ref inner;
};
struct part {
    int depth;
    point_ref parent;
};

struct listed {
    nanvm_ref ref;
    point_ref typed;
    nanvm_ref child[4];
    struct part left;
    struct wrapped wrapped;
    nanvm_ref m7, m8, m9, m10, m11, m12, m13, m14, m15, m16, m17;

    char *char_pointer;
    const void *address;
    int64_t integer;
    double number;
    bool truth;
    nanvm_ref *pointer_to_handle;
    point_ref *pointer_to_typed;
    nanvm_mut_ref mut_ref;
    point_mut_ref typed_mut_ref;
    struct two_ints two_ints;
    struct small small;
    struct two_refs two_refs;
    const struct part *part;
};

struct refs {
    int hash;
    point_ref items[SOME];
};
struct structs {
    int hash;
    struct part items[SOME];
};
struct wrong_items {
    int hash;
    struct listed *items[SOME];
};
struct wrong_structs {
    int hash;
    struct listed items[SOME];
};

#if !defined(LISTED)
NANVM_TYPE_REFS(refs_1, struct listed, ref);
NANVM_TYPE_REFS(refs_2, struct listed, ref, typed);
NANVM_TYPE_REFS(refs_3, struct listed, ref, typed, child[0]);
NANVM_TYPE_REFS(refs_4, struct listed, ref, typed, child[0], child[3]);
NANVM_TYPE_REFS(refs_5, struct listed, ref, typed, child[0], child[3], left.parent);
NANVM_TYPE_REFS(refs_6, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped);
NANVM_TYPE_REFS(refs_7, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7);
NANVM_TYPE_REFS(refs_8, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8);
NANVM_TYPE_REFS(refs_9, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9);
NANVM_TYPE_REFS(refs_10, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10);
NANVM_TYPE_REFS(refs_11, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10, m11);
NANVM_TYPE_REFS(refs_12, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10, m11, m12);
NANVM_TYPE_REFS(refs_13, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10, m11, m12, m13);
NANVM_TYPE_REFS(refs_14, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10, m11, m12, m13, m14);
NANVM_TYPE_REFS(refs_15, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10, m11, m12, m13, m14, m15);
NANVM_TYPE_REFS(refs_16, struct listed, ref, typed, child[0], child[3], left.parent,
                wrapped, m7, m8, m9, m10, m11, m12, m13, m14, m15, m16);
NANVM_STATIC_ASSERT(NANVM_COUNT_OF_(refs_1_refs) == 1, "one");
NANVM_STATIC_ASSERT(NANVM_COUNT_OF_(refs_9_refs) == 9, "nine");
NANVM_STATIC_ASSERT(NANVM_COUNT_OF_(refs_16_refs) == 16, "sixteen");
NANVM_ARRAY_REFS(array_refs, struct refs, items);
NANVM_ARRAY_STRUCTS(array_structs, struct structs, items, parent);
NANVM_ARRAY_OF_STRUCTS(array_of_structs, struct part, parent);
NANVM_ARRAY_OF_STRUCTS(array_of_points, point_ref, untyped);

/* What somebody registers may be listed. */
#undef NANVM_OTHER_HANDLES
#define NANVM_OTHER_HANDLES(HANDLE)                                                      \
    HANDLE(nanvm_mut_ref) HANDLE(point_mut_ref) HANDLE(const struct part *)
NANVM_TYPE_REFS(registered, struct listed, ref, mut_ref, typed_mut_ref, part);

const nanvm_type *listing(size_t i);

const nanvm_type *listing(size_t i) {
    static const nanvm_type *const all[] = {
        &refs_1,    &refs_2,     &refs_3,        &refs_4,           &refs_5,
        &refs_6,    &refs_7,     &refs_8,        &refs_9,           &refs_10,
        &refs_11,   &refs_12,    &refs_13,       &refs_14,          &refs_15,
        &refs_16,   &array_refs, &array_structs, &array_of_structs, &array_of_points,
        &registered};
    NANVM_TYPE_REFS(in_a_function, struct listed, ref, left.parent);
    return i < NANVM_COUNT_OF_(all) ? all[i] : &in_a_function;
}
#else
TABLE;
#endif
