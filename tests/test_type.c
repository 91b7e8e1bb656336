/* Types: the macros of their tables, the sizes they give, the references they list. */
#include <string.h>

#include "run.h"
#include "stage.h"

static size_t size_of(const nanvm_type *type, size_t length) {
    size_t size = 0;
    assert_true(nanvm_type_size(type, length, &size));
    return size;
}

static bool has_size(const nanvm_type *type, size_t length) {
    size_t size = 77;
    bool has = nanvm_type_size(type, length, &size);
    assert_true(has || size == 77);
    return has;
}

static void test_macro_describes_a_struct(void **state) {
    (void)state;
    assert_string_equal(point_type.name, "struct point");
    assert_int_equal(point_type.size, sizeof(struct point));
    assert_int_equal(point_type.align, _Alignof(struct point));
    assert_int_equal(point_type.item_size, 0);
    assert_null(point_type.refs);
    assert_null(point_type.drop);
}

static void test_macro_lists_the_references(void **state) {
    (void)state;
    assert_int_equal(node_type.refs_length, 2);
    assert_int_equal(node_type.refs[0], offsetof(struct node, left));
    assert_int_equal(node_type.refs[1], offsetof(struct node, right));
}

struct sixteen {
    nanvm_ref a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p;
};
NANVM_TYPE_REFS(list_1_type, struct sixteen, a);
NANVM_TYPE_REFS(list_2_type, struct sixteen, a, b);
NANVM_TYPE_REFS(list_3_type, struct sixteen, a, b, c);
NANVM_TYPE_REFS(list_4_type, struct sixteen, a, b, c, d);
NANVM_TYPE_REFS(list_5_type, struct sixteen, a, b, c, d, e);
NANVM_TYPE_REFS(list_6_type, struct sixteen, a, b, c, d, e, f);
NANVM_TYPE_REFS(list_7_type, struct sixteen, a, b, c, d, e, f, g);
NANVM_TYPE_REFS(list_8_type, struct sixteen, a, b, c, d, e, f, g, h);
NANVM_TYPE_REFS(list_9_type, struct sixteen, a, b, c, d, e, f, g, h, i);
NANVM_TYPE_REFS(list_10_type, struct sixteen, a, b, c, d, e, f, g, h, i, j);
NANVM_TYPE_REFS(list_11_type, struct sixteen, a, b, c, d, e, f, g, h, i, j, k);
NANVM_TYPE_REFS(list_12_type, struct sixteen, a, b, c, d, e, f, g, h, i, j, k, l);
NANVM_TYPE_REFS(list_13_type, struct sixteen, a, b, c, d, e, f, g, h, i, j, k, l, m);
NANVM_TYPE_REFS(list_14_type, struct sixteen, a, b, c, d, e, f, g, h, i, j, k, l, m, n);
NANVM_TYPE_REFS(list_15_type, struct sixteen, a, b, c, d, e, f, g, h, i, j, k, l, m, n,
                o);
NANVM_TYPE_REFS(list_16_type, struct sixteen, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o,
                p);

static const nanvm_type *const lists[] = {
    &list_1_type,  &list_2_type,  &list_3_type,  &list_4_type,
    &list_5_type,  &list_6_type,  &list_7_type,  &list_8_type,
    &list_9_type,  &list_10_type, &list_11_type, &list_12_type,
    &list_13_type, &list_14_type, &list_15_type, &list_16_type,
};

static void test_macro_lists_one_to_sixteen_references(void **state) {
    (void)state;
    for (size_t length = 1; length <= sizeof(lists) / sizeof(lists[0]); length++) {
        const nanvm_type *type = lists[length - 1];
        assert_int_equal(type->refs_length, length);
        for (size_t i = 0; i < length; i++) {
            assert_int_equal(type->refs[i], i * sizeof(nanvm_ref));
        }
    }
}

NANVM_TYPED_HANDLES(point);

/* A handle of somebody else's, around a reference. */
struct wrapped {
    nanvm_ref inner;
};
struct parent {
    size_t depth;
    point_ref parent;
};
struct parts {
    size_t value;
    point_ref typed;
    nanvm_ref child[4];
    struct parent left;
    struct wrapped wrapped;
    const nanvm_ref unchanged;
    union {
        nanvm_ref either;
        size_t other;
    };
    struct parent all[2];
};
NANVM_TYPE_REFS(parts_type, struct parts, typed, child[0], child[3], left.parent, wrapped,
                unchanged, either, all[1].parent);

static void test_macro_lists_parts_of_members_and_other_handles(void **state) {
    (void)state;
    const size_t expected[] = {
        offsetof(struct parts, typed),
        offsetof(struct parts, child),
        offsetof(struct parts, child) + 3 * sizeof(nanvm_ref),
        offsetof(struct parts, left) + offsetof(struct parent, parent),
        offsetof(struct parts, wrapped),
        offsetof(struct parts, unchanged),
        offsetof(struct parts, either),
        offsetof(struct parts, all) + sizeof(struct parent) +
            offsetof(struct parent, parent),
    };
    assert_int_equal(parts_type.refs_length, sizeof(expected) / sizeof(expected[0]));
    assert_memory_equal(parts_type.refs, expected, sizeof(expected));
}

/* Types of our own that hold the address of an object, too. */
#undef NANVM_OTHER_HANDLES
#define NANVM_OTHER_HANDLES(HANDLE) HANDLE(nanvm_mut_ref) HANDLE(const struct tracked *)
struct registered {
    size_t value;
    nanvm_mut_ref own;
    const struct tracked *shared;
    nanvm_ref ref;
};
NANVM_TYPE_REFS(registered_type, struct registered, own, shared, ref);
#undef NANVM_OTHER_HANDLES
#define NANVM_OTHER_HANDLES(HANDLE)

static bool drop_registered(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &registered_type);
    struct registered *value = nanvm_mut_ref_get(made);
    if (value == NULL) {
        return false;
    }
    value->own = tracked_new(on->manager, 1);
    value->shared = nanvm_ref_get(nanvm_mut_ref_to_ref(tracked_new(on->manager, 2)));
    value->ref = nanvm_mut_ref_to_ref(tracked_new(on->manager, 3));
    bool done =
        value->own.object != NULL && value->shared != NULL && value->ref.object != NULL;
    nanvm_mut_ref_drop(made);
    return done;
}

static void test_handles_that_are_registered_are_dropped(void **state) {
    (void)state;
    assert_int_equal(registered_type.refs_length, 3);
    on_every_manager(drop_registered);
}

static void test_macro_describes_arrays(void **state) {
    (void)state;
    assert_string_equal(ints_type.name, "int[]");
    assert_int_equal(ints_type.size, 0);
    assert_int_equal(ints_type.item_size, sizeof(int));
    assert_int_equal(refs_type.item_refs_length, 1);
    assert_int_equal(text_type.item_size, 1);
    assert_int_equal(text_type.items_offset, offsetof(struct text, bytes));
}

struct tuple {
    size_t hash;
    nanvm_ref fields[];
};
NANVM_ARRAY_REFS(tuple_type, struct tuple, fields);
NANVM_ARRAY_STRUCTS(map_type, struct table, entries, value);
NANVM_ARRAY_OF_STRUCTS(entries_type, struct entry, value);
NANVM_ARRAY_OF_STRUCTS(points_type, point_ref, untyped);

static size_t visits;

static void visit_word(const void *part, nanvm_visitor *visitor, void *context) {
    visits++;
    if (!word_is_number(*(const word *)part)) {
        visitor(word_to_ref(*(const word *)part), context);
    }
}

NANVM_ARRAY_VISIT(visited_type, struct words, items, visit_word, visit_word);
NANVM_ARRAY_OF_VISIT(visited_items_type, word, visit_word);

static void test_macro_describes_arrays_of_references(void **state) {
    (void)state;
    assert_int_equal(tuple_type.size, sizeof(struct tuple));
    assert_int_equal(tuple_type.items_offset, offsetof(struct tuple, fields));
    assert_int_equal(tuple_type.item_size, sizeof(nanvm_ref));
    assert_int_equal(tuple_type.item_refs_length, 1);
    assert_int_equal(tuple_type.item_refs[0], 0);
    assert_int_equal(map_type.item_size, sizeof(struct entry));
    assert_int_equal(map_type.items_offset, offsetof(struct table, entries));
    assert_int_equal(map_type.refs_length, 0);
    assert_int_equal(map_type.item_refs_length, 1);
    assert_int_equal(map_type.item_refs[0], offsetof(struct entry, value));
    assert_string_equal(entries_type.name, "struct entry[]");
    assert_int_equal(entries_type.size, 0);
    assert_int_equal(entries_type.item_size, sizeof(struct entry));
    assert_int_equal(entries_type.item_refs[0], offsetof(struct entry, value));
    assert_int_equal(points_type.item_size, sizeof(point_ref));
    assert_int_equal(points_type.item_refs_length, 1);
    assert_int_equal(points_type.item_refs[0], 0);
}

static void test_macro_describes_arrays_with_visit(void **state) {
    (void)state;
    assert_string_equal(visited_type.name, "struct words");
    assert_int_equal(visited_type.items_offset, offsetof(struct words, items));
    assert_int_equal(visited_type.item_size, sizeof(word));
    assert_true(visited_type.visit == visit_word);
    assert_true(visited_type.visit_item == visit_word);
    assert_string_equal(visited_items_type.name, "word[]");
    assert_int_equal(visited_items_type.size, 0);
    assert_int_equal(visited_items_type.item_size, sizeof(word));
    assert_true(visited_items_type.visit == NULL);
    assert_true(visited_items_type.visit_item == visit_word);
}

/* An array of two items that both hold a reference, a clone of it, and the end of both.
 */
static bool clone_array(const stage *on, const nanvm_type *type, size_t offset) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 5);
    if (leaf.object == NULL) {
        return false;
    }
    unsigned char items[2 * sizeof(struct entry)] = {0};
    nanvm_ref first = nanvm_mut_ref_to_ref(leaf), second = nanvm_ref_clone(first);
    memcpy(items + offset, &first, sizeof(first));
    memcpy(items + type->item_size + offset, &second, sizeof(second));
    nanvm_mut_ref made = nanvm_new_array(on->manager, type, items, 2);
    if (made.object == NULL) {
        nanvm_ref_drop(first);
        nanvm_ref_drop(second);
        return false;
    }
    nanvm_ref array = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(array, on->manager);
    bool done = copy.object != NULL;
    assert_int_equal(nanvm_ref_count(first), on->counts ? (done ? 3 : 1) : SIZE_MAX);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(array);
    return done;
}

static bool clone_arrays(const stage *on) {
    return clone_array(on, &tuple_type, 0) &&
           clone_array(on, &map_type, offsetof(struct entry, value)) &&
           clone_array(on, &entries_type, offsetof(struct entry, value)) &&
           clone_array(on, &visited_items_type, 0) && clone_array(on, &visited_type, 0);
}

static void test_arrays_of_references_are_cloned_and_dropped(void **state) {
    (void)state;
    visits = 0;
    on_every_manager(clone_arrays);
    assert_true(visits > 0);
}

static void test_macro_takes_callbacks(void **state) {
    (void)state;
    assert_true(tracked_type.drop == tracked_drop);
    assert_true(tracked_type.clone == tracked_clone);
    assert_true(tracked_type.visit == NULL);
}

static void test_size_of_an_array_is_fixed_part_and_items(void **state) {
    (void)state;
    assert_int_equal(size_of(&point_type, 0), sizeof(struct point));
    assert_int_equal(size_of(&ints_type, 0), 0);
    assert_int_equal(size_of(&ints_type, 5), 5 * sizeof(int));
    assert_int_equal(size_of(&nothing_type, 0), 0);
    assert_int_equal(size_of(&table_type, 3),
                     sizeof(struct table) + 3 * sizeof(struct entry));
}

static void test_items_in_the_padding_add_nothing(void **state) {
    (void)state;
    size_t padding = sizeof(struct text) - offsetof(struct text, bytes);
    assert_true(padding > 0);
    for (size_t length = 0; length <= padding; length++) {
        assert_int_equal(size_of(&text_type, length), sizeof(struct text));
    }
    assert_int_equal(size_of(&text_type, padding + 1), sizeof(struct text) + 1);
}

static void test_length_near_size_max_has_no_size(void **state) {
    (void)state;
    for (size_t less = 0; less < 100; less++) {
        assert_false(has_size(&ints_type, SIZE_MAX - less));
        assert_false(has_size(&text_type, SIZE_MAX - less));
        assert_false(has_size(&refs_type, SIZE_MAX / sizeof(nanvm_ref) - less));
    }
    /* A product that wraps to a small number. */
    assert_false(has_size(&ints_type, SIZE_MAX / sizeof(int) + 2));
}

static void test_length_of_what_is_no_array_must_be_zero(void **state) {
    (void)state;
    assert_false(has_size(&point_type, 1));
    assert_false(has_size(&nothing_type, SIZE_MAX));
}

static void test_alignment_that_is_no_power_of_two_has_no_size(void **state) {
    (void)state;
    nanvm_type object = point_type;
    const size_t bad[] = {0, 3, 6, 24, SIZE_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        object.align = bad[i];
        assert_false(has_size(&object, 0));
        assert_null(nanvm_new(nanvm_global(), &object).object);
    }
}

static void test_size_beyond_ptrdiff_max_has_no_size(void **state) {
    (void)state;
    nanvm_type object = {.name = "huge", .size = SIZE_MAX, .align = 1};
    assert_false(has_size(&object, 0));
    object.size = (size_t)PTRDIFF_MAX + 1;
    assert_false(has_size(&object, 0));
    object.size = 8;
    object.item_size = 1;
    object.items_offset = SIZE_MAX;
    assert_false(has_size(&object, 1));
    object.items_offset =
        (size_t)PTRDIFF_MAX; /* its sum with the length is small again */
    assert_false(has_size(&object, SIZE_MAX - 1));
}

static const struct CMUnitTest tests[] = {
    TEST(test_macro_describes_a_struct),
    TEST(test_macro_lists_the_references),
    TEST(test_macro_lists_one_to_sixteen_references),
    TEST(test_macro_lists_parts_of_members_and_other_handles),
    TEST(test_handles_that_are_registered_are_dropped),
    TEST(test_macro_describes_arrays),
    TEST(test_macro_describes_arrays_of_references),
    TEST(test_macro_describes_arrays_with_visit),
    TEST(test_arrays_of_references_are_cloned_and_dropped),
    TEST(test_macro_takes_callbacks),
    TEST(test_size_of_an_array_is_fixed_part_and_items),
    TEST(test_items_in_the_padding_add_nothing),
    TEST(test_length_near_size_max_has_no_size),
    TEST(test_length_of_what_is_no_array_must_be_zero),
    TEST(test_alignment_that_is_no_power_of_two_has_no_size),
    TEST(test_size_beyond_ptrdiff_max_has_no_size),
};

RUN_TESTS(tests)
