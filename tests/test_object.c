/* Objects: which references they hold, and of which type they are. */
#include "objects.h"
#include "run.h"

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
    nanvm_mut_ref point = nanvm_new(nanvm_global(), &point_type);
    assert_non_null(point.object);
    return nanvm_mut_ref_to_ref(point);
}

static void test_visit_tells_of_declared_references(void **state) {
    (void)state;
    struct node value = {.left = new_point(), .right = null_ref()};
    nanvm_ref node =
        nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &value));
    seen all = visit(node);
    assert_int_equal(all.length, 2);
    assert_true(nanvm_ref_same(all.refs[0], value.left));
    assert_null(all.refs[1].object);
    nanvm_ref_drop(node);
}

static void test_visit_tells_of_fixed_part_then_items(void **state) {
    (void)state;
    struct entry entries[] = {{1, new_point()}, {2, new_point()}};
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &table_type, entries, 2);
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
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &words_type, items, 2);
    ((struct words *)nanvm_mut_ref_get(made))->first = word_from_number(7);
    nanvm_ref words = nanvm_mut_ref_to_ref(made);
    seen all = visit(words);
    assert_int_equal(all.length, 1);
    assert_true(nanvm_ref_same(all.refs[0], point));
    nanvm_ref_drop(words);
}

struct edge {
    nanvm_ref from;
    size_t weight;
    nanvm_ref to;
};
NANVM_ARRAY_OF_STRUCTS(edges_type, struct edge, from, to);

static void test_visit_tells_of_each_reference_in_an_item(void **state) {
    (void)state;
    struct edge edges[] = {{new_point(), 1, new_point()}, {null_ref(), 2, new_point()}};
    nanvm_ref graph =
        nanvm_mut_ref_to_ref(nanvm_new_array(nanvm_global(), &edges_type, edges, 2));
    seen all = visit(graph);
    assert_int_equal(all.length, 4);
    for (size_t i = 0; i < 2; i++) {
        assert_true(nanvm_ref_same(all.refs[2 * i], edges[i].from));
        assert_true(nanvm_ref_same(all.refs[2 * i + 1], edges[i].to));
    }
    nanvm_ref_drop(graph);
}

static void never_visit(const void *part, nanvm_visitor *visitor, void *context) {
    (void)part;
    (void)visitor;
    (void)context;
    fail();
}

/* Among dirty bytes, of which none may be taken for a length. */
static void test_what_is_no_array_has_no_items_to_visit(void **state) {
    fixture *self = *state;
    static const nanvm_type plain_type = {
        .name = "no array", .size = 8, .align = 8, .visit_item = never_visit};
    nanvm_ref plain = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &plain_type));
    assert_int_equal(visit(plain).length, 0);
    nanvm_mut_ref copy = nanvm_ref_clone_object(plain, self->manager);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(plain);
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
    assert_ptr_equal(nanvm_ref_type(point), &point_type);
    assert_null(nanvm_ref_type(null_ref()));
    nanvm_ref_drop(point);
}

static const struct CMUnitTest tests[] = {
    TEST(test_visit_tells_of_declared_references),
    TEST(test_visit_tells_of_fixed_part_then_items),
    TEST(test_visit_asks_the_callbacks),
    TEST(test_visit_tells_of_each_reference_in_an_item),
    TEST(test_what_is_no_array_has_no_items_to_visit, source),
    TEST(test_visit_of_null_or_of_a_leaf_tells_nothing),
    TEST(test_ref_knows_its_table),
};

RUN_TESTS(tests)
