/* Copy on write of a type that the compiler knows. */
#include "run.h"
#include "stage.h"

static nanvm_mut_ref new_pair_of_points(nanvm_manager *manager) {
    nanvm_mut_ref made = nanvm_new(manager, &node_type);
    struct node *node = made.object;
    if (node != NULL) {
        node->value = 7;
        node->right = nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type));
    }
    return made;
}

/* Whether the copy is as it has to be. */
static void expect_copy(const stage *on, const void *made, nanvm_ref shared) {
    const struct node *copy = made;
    const struct node *node = nanvm_ref_get(shared);
    assert_ptr_not_equal(copy, node);
    assert_int_equal(copy->value, 7);
    assert_null(copy->left.object);
    assert_true(nanvm_ref_same(copy->right, node->right));
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(shared), 0);
        assert_true(node->right.object == NULL || nanvm_ref_count(node->right) == 1);
    }
}

static bool make_mut_of_shared(const stage *on) {
    nanvm_mut_ref made = new_pair_of_points(on->manager);
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    size_t clones = nanvm_stats_make(on->manager).clones;
    void *own =
        a.object == NULL ? NULL : nanvm_ref_make_mut_typed(&a, on->manager, &node_type);
    if (own != NULL) {
        assert_ptr_equal(own, a.object);
        assert_int_equal(nanvm_stats_make(on->manager).clones, clones + 1);
        expect_copy(on, own, b);
    } else {
        assert_true(nanvm_ref_same(a, b));
        assert_int_equal(nanvm_stats_make(on->manager).clones, clones);
    }
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    return own != NULL;
}

static bool to_mut_ref_of_shared(const stage *on) {
    nanvm_mut_ref made = new_pair_of_points(on->manager);
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    nanvm_mut_ref own = {NULL};
    if (a.object != NULL) {
        own = nanvm_ref_to_mut_ref_typed(&a, on->manager, &node_type);
        assert_true(nanvm_ref_is_null(a) || nanvm_mut_ref_is_null(own));
        assert_true(nanvm_ref_is_null(a) || nanvm_ref_same(a, b));
    }
    if (own.object != NULL) {
        expect_copy(on, own.object, b);
    }
    bool done = own.object != NULL;
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    return done;
}

/* Each twice: where the tests ask for the type to be known, it is every second time. */
static bool both_of_shared(const stage *on) {
    return make_mut_of_shared(on) && make_mut_of_shared(on) && to_mut_ref_of_shared(on) &&
           to_mut_ref_of_shared(on);
}

static void test_shared_struct_is_copied_with_its_references(void **state) {
    (void)state;
    on_every_manager(both_of_shared);
}

static void test_sole_owner_writes_in_place(void **state) {
    fixture *self = *state;
    nanvm_mut_ref made = nanvm_new(self->manager, &node_type);
    nanvm_ref sole = nanvm_mut_ref_to_ref(made);
    assert_ptr_equal(nanvm_ref_make_mut_typed(&sole, self->manager, &node_type),
                     made.object);
    nanvm_mut_ref own = nanvm_ref_to_mut_ref_typed(&sole, self->manager, &node_type);
    assert_ptr_equal(own.object, made.object);
    assert_true(nanvm_ref_is_null(sole));
    nanvm_mut_ref_drop(own);
}

static void test_null_handle_gives_null(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 2; i++) {
        nanvm_ref null = nanvm_ref_null();
        assert_null(nanvm_ref_make_mut_typed(&null, self->manager, &node_type));
        assert_null(nanvm_ref_to_mut_ref_typed(&null, self->manager, &node_type).object);
    }
}

/* What a copy of the bytes and a clone of the references isn't enough for. */
static void test_only_plain_structs_are_copied_inline(void **state) {
    (void)state;
    nanvm_type type = node_type;
    assert_int_equal(nanvm_type_copies_inline(&type), !is_hardened);
    type.refs_length = NANVM_COPIED_REFS_MAX;
    assert_int_equal(nanvm_type_copies_inline(&type), !is_hardened);
    type.refs_length = NANVM_COPIED_REFS_MAX + 1;
    assert_false(nanvm_type_copies_inline(&type));
    assert_false(nanvm_type_copies_inline(&ints_type));
    assert_false(nanvm_type_copies_inline(&tracked_type));
    assert_false(nanvm_type_copies_inline(&unique_type));
    assert_false(nanvm_type_copies_inline(&boxed_type));
}

/* It is told of the copy, too. */
static bool make_mut_of_tracked(const stage *on) {
    nanvm_ref a = nanvm_mut_ref_to_ref(tracked_new(on->manager, 1));
    nanvm_ref b = nanvm_ref_clone(a);
    void *own = NULL;
    if (a.object != NULL) {
        own = nanvm_ref_make_mut_typed(&a, on->manager, &tracked_type);
        assert_true(own == NULL || tracked_live() == 2);
    }
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    return own != NULL;
}

static void test_type_with_callbacks_is_cloned_by_them(void **state) {
    (void)state;
    on_counting_managers(make_mut_of_tracked);
}

static const struct CMUnitTest tests[] = {
    TEST(test_shared_struct_is_copied_with_its_references),
    TEST(test_sole_owner_writes_in_place, local),
    TEST(test_null_handle_gives_null, local),
    TEST(test_only_plain_structs_are_copied_inline),
    TEST(test_type_with_callbacks_is_cloned_by_them),
};

RUN_TESTS(tests)
