/* Copy on write of a type that the compiler knows. */
#include "run.h"
#include "stage.h"

static nanvm_mut_ref new_pair_of_points(nanvm_manager *manager) {
    nanvm_mut_ref made = nanvm_new(manager, &node_type);
    struct node *node = made.object;
    if (node != NULL) {
        node->value = 7;
        node->left = nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type));
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
    assert_true(nanvm_ref_same(copy->left, node->left));
    assert_true(nanvm_ref_same(copy->right, node->right));
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(shared), 0);
        assert_true(node->left.object == NULL || nanvm_ref_count(node->left) == 1);
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

/* Each twice in a row, of a manager that has slots at hand. */
static void test_null_handle_gives_null(void **state) {
    fixture *self = *state;
    nanvm_mut_ref_drop(nanvm_new(self->manager, &node_type));
    nanvm_ref null = nanvm_ref_null();
    assert_null(nanvm_ref_make_mut_typed(&null, self->manager, &node_type));
    assert_null(nanvm_ref_make_mut_typed(&null, self->manager, &node_type));
    assert_null(nanvm_ref_to_mut_ref_typed(&null, self->manager, &node_type).object);
    assert_null(nanvm_ref_to_mut_ref_typed(&null, self->manager, &node_type).object);
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

/* --- what isn't copied inline, or not always --- */

typedef void *copier(nanvm_ref *shared, nanvm_manager *manager, const nanvm_type *type);

static void *by_make_mut(nanvm_ref *shared, nanvm_manager *manager,
                         const nanvm_type *type) {
    return nanvm_ref_make_mut_typed(shared, manager, type);
}

static void *by_to_mut_ref(nanvm_ref *shared, nanvm_manager *manager,
                           const nanvm_type *type) {
    nanvm_mut_ref own = nanvm_ref_to_mut_ref_typed(shared, manager, type);
    if (own.object != NULL) {
        *shared = nanvm_mut_ref_to_ref(own);
    }
    return own.object;
}

/* Each twice in a row. */
static copier *const copiers[] = {by_make_mut, by_make_mut, by_to_mut_ref, by_to_mut_ref};

enum { COPIERS = sizeof(copiers) / sizeof(copiers[0]) };

typedef bool comparer(const void *a, const void *b);

/* Whether there was memory for a copy in each way. */
static bool copy_in_each_way(const stage *on, nanvm_mut_ref made, const nanvm_type *type,
                             comparer *are_same) {
    nanvm_ref kept = nanvm_mut_ref_to_ref(made);
    bool done = kept.object != NULL;
    for (size_t i = 0; i < COPIERS && done; i++) {
        nanvm_ref other = nanvm_ref_clone(kept);
        const void *own = copiers[i](&other, on->manager, type);
        done = own != NULL;
        assert_true(nanvm_ref_same(other, kept) == !done);
        assert_true(!done || (own == other.object && are_same(own, kept.object)));
        nanvm_ref_drop(other);
    }
    nanvm_ref_drop(kept);
    return done;
}

static bool are_same_tracked(const void *a, const void *b) {
    return ((const struct tracked *)a)->value == ((const struct tracked *)b)->value &&
           tracked_live() >= 2;
}

/* It is told of the copy, too. */
static bool copy_tracked(const stage *on) {
    return copy_in_each_way(on, tracked_new(on->manager, 1), &tracked_type,
                            are_same_tracked);
}

static void test_type_with_callbacks_is_cloned_by_them(void **state) {
    (void)state;
    on_counting_managers(copy_tracked);
}

static bool are_same_texts(const void *a, const void *b) {
    const struct text *text = a;
    const struct text *other = b;
    return text->hash == other->hash && memcmp(text->bytes, other->bytes, 5) == 0;
}

static bool copy_text(const stage *on) {
    nanvm_mut_ref made = nanvm_new_array(on->manager, &text_type, "12345", 5);
    return copy_in_each_way(on, made, &text_type, are_same_texts);
}

static void test_array_is_copied_with_its_items(void **state) {
    (void)state;
    on_every_manager(copy_text);
}

static bool are_same_boxes(const void *a, const void *b) {
    return ((const struct boxed *)a)->bits == ((const struct boxed *)b)->bits;
}

/* Only `visit` knows of the reference. */
static bool copy_boxed(const stage *on) {
    nanvm_ref inner = nanvm_mut_ref_to_ref(tracked_new(on->manager, 1));
    struct boxed value = {boxed_from_ref(inner)};
    nanvm_mut_ref made = {NULL};
    if (inner.object != NULL) {
        made = nanvm_new_copy(on->manager, &boxed_type, &value);
    }
    if (made.object == NULL) {
        nanvm_ref_drop(inner);
    }
    return copy_in_each_way(on, made, &boxed_type, are_same_boxes);
}

static void test_references_that_visit_knows_of_are_cloned(void **state) {
    (void)state;
    on_counting_managers(copy_boxed);
}

/* What has no `clone` gives null, and stays as it is. */
static void test_type_that_can_not_be_cloned_gives_null(void **state) {
    fixture *self = *state;
    nanvm_ref unique = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &unique_type));
    nanvm_ref other = nanvm_ref_clone(unique);
    for (size_t i = 0; i < COPIERS; i++) {
        assert_null(copiers[i](&other, self->manager, &unique_type));
        assert_true(nanvm_ref_same(other, unique));
    }
    nanvm_ref_drop(other);
    assert_int_equal(nanvm_ref_count(unique), 0);
    tracked_expect(1);
    nanvm_mut_ref_drop(nanvm_ref_to_mut_ref(&unique, self->manager));
}

enum { MANY_REFS = NANVM_COPIED_REFS_MAX + 2 };

/* A struct of MANY_REFS references, of which `length` are declared and refer to `leaf`.
 */
static void copy_with_references(size_t length, nanvm_ref leaf) {
    size_t offsets[MANY_REFS];
    nanvm_ref refs[MANY_REFS];
    for (size_t i = 0; i < MANY_REFS; i++) {
        offsets[i] = (MANY_REFS - 1 - i) * sizeof(nanvm_ref);
        refs[MANY_REFS - 1 - i] = i < length ? nanvm_ref_clone(leaf) : leaf;
    }
    nanvm_type type = {.size = sizeof(refs),
                       .align = NANVM_ALIGNOF(nanvm_ref),
                       .refs = offsets,
                       .refs_length = length};
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_ref kept = nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &type, refs));
    for (size_t i = 0; i < COPIERS; i++) {
        nanvm_ref other = nanvm_ref_clone(kept);
        assert_memory_equal(copiers[i](&other, manager, &type), refs, sizeof(refs));
        assert_int_equal(nanvm_ref_count(leaf), 2 * length);
        nanvm_ref_drop(other);
        assert_int_equal(nanvm_ref_count(leaf), length);
    }
    nanvm_ref_drop(kept);
    nanvm_local_deinit(&local);
}

static void test_each_of_up_to_66_references_is_cloned(void **state) {
    fixture *self = *state;
    nanvm_ref leaf = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    for (size_t length = 0; length <= MANY_REFS; length++) {
        copy_with_references(length, leaf);
        assert_int_equal(nanvm_ref_count(leaf), 0);
    }
    nanvm_ref_drop(leaf);
}

/* As many as there is memory for, in a list. */
static nanvm_ref fill(nanvm_manager *manager) {
    nanvm_ref list = nanvm_ref_null();
    for (;;) {
        struct node value = {.right = list};
        nanvm_mut_ref node = nanvm_new_copy(manager, &node_type, &value);
        if (node.object == NULL) {
            return list;
        }
        list = nanvm_mut_ref_to_ref(node);
    }
}

static void test_shared_struct_stays_where_there_is_no_memory(void **state) {
    fixture *self = *state;
    accounting_limit(&self->source, 10000);
    nanvm_ref list = fill(self->manager);
    nanvm_ref below = ((const struct node *)nanvm_ref_get(list))->right;
    nanvm_ref other = nanvm_ref_clone(list);
    for (size_t i = 0; i < COPIERS; i++) {
        assert_null(copiers[i](&other, self->manager, &node_type));
        assert_true(nanvm_ref_same(other, list));
        assert_int_equal(nanvm_ref_count(list), 1);
        assert_int_equal(nanvm_ref_count(below), 0);
    }
    assert_null(nanvm_ref_make_mut_typed(&other, self->manager, &node_type));
    assert_null(nanvm_ref_to_mut_ref_typed(&other, self->manager, &node_type).object);
    assert_true(nanvm_ref_same(other, list));
    assert_int_equal(nanvm_stats_make(self->manager).clones, 0);
    nanvm_ref_drop(other);
    nanvm_ref_drop(list);
}

/* Objects whose references are counted atomically: what is shared comes to the manager,
 * and what isn't stays where it is. */
static void test_object_of_the_global_manager_is_copied_if_it_is_shared(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < COPIERS; i++) {
        nanvm_ref sole = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &node_type));
        const void *object = sole.object;
        assert_ptr_equal(copiers[i](&sole, self->manager, &node_type), object);
        nanvm_ref other = nanvm_ref_clone(sole);
        assert_ptr_not_equal(copiers[i](&other, self->manager, &node_type), object);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1);
        assert_int_equal(nanvm_ref_count(sole), 0);
        nanvm_ref_drop(sole);
        nanvm_ref_drop(other);
    }
    assert_int_equal(nanvm_stats_make(self->manager).clones, COPIERS);
}

/* Whether the type is known or not. */
static void test_sole_object_of_another_manager_stays_in_place(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    for (size_t i = 0; i < 4; i++) {
        nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &node_type));
        const void *object = ref.object;
        assert_ptr_equal(nanvm_ref_make_mut_typed(&ref, manager, &node_type), object);
        assert_ptr_equal(nanvm_ref_make_mut_typed(&ref, manager, &node_type), object);
        nanvm_mut_ref own = nanvm_ref_to_mut_ref_typed(&ref, manager, &node_type);
        assert_ptr_equal(own.object, object);
        nanvm_mut_ref_drop(own);
    }
    assert_int_equal(nanvm_stats_make(manager).clones, 0);
    nanvm_local_deinit(&local);
}

static const struct CMUnitTest tests[] = {
    TEST(test_sole_object_of_another_manager_stays_in_place),
    TEST(test_shared_struct_is_copied_with_its_references),
    TEST(test_sole_owner_writes_in_place, local),
    TEST(test_null_handle_gives_null, local),
    TEST(test_only_plain_structs_are_copied_inline),
    TEST(test_type_with_callbacks_is_cloned_by_them),
    TEST(test_array_is_copied_with_its_items),
    TEST(test_references_that_visit_knows_of_are_cloned),
    TEST(test_type_that_can_not_be_cloned_gives_null, local),
    TEST(test_each_of_up_to_66_references_is_cloned, local),
    TEST(test_shared_struct_stays_where_there_is_no_memory, local_over_source),
    TEST(test_object_of_the_global_manager_is_copied_if_it_is_shared, local),
};

RUN_TESTS(tests)
