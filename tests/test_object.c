/* Tables: their macros, the sizes they give, the references they declare. */
#include "run.h"
#include "stage.h"

static size_t size_of(const nanvm_object *object, size_t length) {
    size_t size = 0;
    assert_true(nanvm_object_size(object, length, &size));
    return size;
}

static bool has_size(const nanvm_object *object, size_t length) {
    size_t size = 77;
    bool has = nanvm_object_size(object, length, &size);
    assert_true(has || size == 77);
    return has;
}

static void test_macro_describes_a_struct(void **state) {
    (void)state;
    assert_string_equal(point_object.name, "struct point");
    assert_int_equal(point_object.size, sizeof(struct point));
    assert_int_equal(point_object.align, _Alignof(struct point));
    assert_int_equal(point_object.item_size, 0);
    assert_null(point_object.refs);
    assert_null(point_object.drop);
}

static void test_macro_lists_the_references(void **state) {
    (void)state;
    assert_int_equal(node_object.refs_length, 2);
    assert_int_equal(node_object.refs[0], offsetof(struct node, left));
    assert_int_equal(node_object.refs[1], offsetof(struct node, right));
}

struct eight {
    nanvm_ref a, b, c, d;
    nanvm_mut_ref e, f, g, h;
};
NANVM_OBJECT_REFS(eight_object, struct eight, a, b, c, d, e, f, g, h);

static void test_macro_lists_eight_references(void **state) {
    (void)state;
    assert_int_equal(eight_object.refs_length, 8);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(eight_object.refs[i], i * sizeof(nanvm_ref));
    }
}

static void test_macro_describes_arrays(void **state) {
    (void)state;
    assert_string_equal(ints_object.name, "int[]");
    assert_int_equal(ints_object.size, 0);
    assert_int_equal(ints_object.item_size, sizeof(int));
    assert_int_equal(refs_object.item_refs_length, 1);
    assert_int_equal(text_object.item_size, 1);
    assert_int_equal(text_object.items_offset, offsetof(struct text, bytes));
}

static void test_macro_takes_callbacks(void **state) {
    (void)state;
    assert_true(tracked_object.drop == tracked_drop);
    assert_true(tracked_object.clone == tracked_clone);
    assert_true(tracked_object.visit == NULL);
}

static void test_size_of_an_array_is_fixed_part_and_items(void **state) {
    (void)state;
    assert_int_equal(size_of(&point_object, 0), sizeof(struct point));
    assert_int_equal(size_of(&ints_object, 0), 0);
    assert_int_equal(size_of(&ints_object, 5), 5 * sizeof(int));
    assert_int_equal(size_of(&nothing_object, 0), 0);
    assert_int_equal(size_of(&table_object, 3),
                     sizeof(struct table) + 3 * sizeof(struct entry));
}

static void test_items_in_the_padding_add_nothing(void **state) {
    (void)state;
    size_t padding = sizeof(struct text) - offsetof(struct text, bytes);
    assert_true(padding > 0);
    for (size_t length = 0; length <= padding; length++) {
        assert_int_equal(size_of(&text_object, length), sizeof(struct text));
    }
    assert_int_equal(size_of(&text_object, padding + 1), sizeof(struct text) + 1);
}

static void test_length_near_size_max_has_no_size(void **state) {
    (void)state;
    for (size_t less = 0; less < 100; less++) {
        assert_false(has_size(&ints_object, SIZE_MAX - less));
        assert_false(has_size(&text_object, SIZE_MAX - less));
        assert_false(has_size(&refs_object, SIZE_MAX / sizeof(nanvm_ref) - less));
    }
    /* A product that wraps to a small number. */
    assert_false(has_size(&ints_object, SIZE_MAX / sizeof(int) + 2));
}

static void test_length_of_what_is_no_array_must_be_zero(void **state) {
    (void)state;
    assert_false(has_size(&point_object, 1));
    assert_false(has_size(&nothing_object, SIZE_MAX));
}

static void test_alignment_that_is_no_power_of_two_has_no_size(void **state) {
    (void)state;
    nanvm_object object = point_object;
    const size_t bad[] = {0, 3, 6, 24, SIZE_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        object.align = bad[i];
        assert_false(has_size(&object, 0));
        assert_null(nanvm_new(nanvm_global(), &object).object);
    }
}

static void test_size_beyond_ptrdiff_max_has_no_size(void **state) {
    (void)state;
    nanvm_object object = {.name = "huge", .size = SIZE_MAX, .align = 1};
    assert_false(has_size(&object, 0));
    object.size = (size_t)PTRDIFF_MAX + 1;
    assert_false(has_size(&object, 0));
    object.size = 8;
    object.item_size = 1;
    object.items_offset = SIZE_MAX;
    assert_false(has_size(&object, 1));
}

/* --- visiting --- */

typedef struct seen {
    nanvm_ref refs[8];
    size_t length;
} seen;

static void see(nanvm_ref reference, void *context) {
    seen *self = context;
    assert_in_range(self->length, 0, 7);
    self->refs[self->length++] = reference;
}

static seen visit(nanvm_ref self) {
    seen all = {.length = 0};
    nanvm_ref_visit(self, see, &all);
    return all;
}

static nanvm_ref new_point(void) {
    nanvm_mut_ref point = nanvm_new(nanvm_global(), &point_object);
    assert_non_null(point.object);
    return nanvm_mut_ref_to_ref(point);
}

static void test_visit_tells_of_declared_references(void **state) {
    (void)state;
    struct node value = {.left = new_point(), .right = null_ref()};
    nanvm_ref node =
        nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_object, &value));
    seen all = visit(node);
    assert_int_equal(all.length, 2);
    assert_true(nanvm_ref_same(all.refs[0], value.left));
    assert_null(all.refs[1].object);
    nanvm_ref_drop(node);
}

static void test_visit_tells_of_fixed_part_then_items(void **state) {
    (void)state;
    struct entry entries[] = {{1, new_point()}, {2, new_point()}};
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &table_object, entries, 2);
    nanvm_ref name = new_point();
    ((struct table *)nanvm_mut_ref_get(made))->name = name;
    nanvm_ref table = nanvm_mut_ref_to_ref(made);
    seen all = visit(table);
    assert_int_equal(all.length, 3);
    assert_true(nanvm_ref_same(all.refs[0], name));
    assert_true(nanvm_ref_same(all.refs[1], entries[0].value));
    assert_true(nanvm_ref_same(all.refs[2], entries[1].value));
    nanvm_ref_drop(table);
}

static void test_visit_asks_the_callbacks(void **state) {
    (void)state;
    nanvm_ref point = new_point();
    word items[] = {word_from_number(5), word_from_ref(point)};
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &words_object, items, 2);
    ((struct words *)nanvm_mut_ref_get(made))->first = word_from_number(7);
    nanvm_ref words = nanvm_mut_ref_to_ref(made);
    seen all = visit(words);
    assert_int_equal(all.length, 1);
    assert_true(nanvm_ref_same(all.refs[0], point));
    nanvm_ref_drop(words);
}

static void test_visit_of_null_or_of_a_leaf_tells_nothing(void **state) {
    (void)state;
    assert_int_equal(visit(null_ref()).length, 0);
    nanvm_ref point = new_point();
    assert_int_equal(visit(point).length, 0);
    nanvm_ref_drop(point);
}

static void test_ref_knows_its_table(void **state) {
    (void)state;
    nanvm_ref point = new_point();
    assert_ptr_equal(nanvm_ref_object(point), &point_object);
    assert_null(nanvm_ref_object(null_ref()));
    nanvm_ref_drop(point);
}

static const struct CMUnitTest tests[] = {
    TEST(test_macro_describes_a_struct),
    TEST(test_macro_lists_the_references),
    TEST(test_macro_lists_eight_references),
    TEST(test_macro_describes_arrays),
    TEST(test_macro_takes_callbacks),
    TEST(test_size_of_an_array_is_fixed_part_and_items),
    TEST(test_items_in_the_padding_add_nothing),
    TEST(test_length_near_size_max_has_no_size),
    TEST(test_length_of_what_is_no_array_must_be_zero),
    TEST(test_alignment_that_is_no_power_of_two_has_no_size),
    TEST(test_size_beyond_ptrdiff_max_has_no_size),
    TEST(test_visit_tells_of_declared_references),
    TEST(test_visit_tells_of_fixed_part_then_items),
    TEST(test_visit_asks_the_callbacks),
    TEST(test_visit_of_null_or_of_a_leaf_tells_nothing),
    TEST(test_ref_knows_its_table),
};

RUN_TESTS(tests)
