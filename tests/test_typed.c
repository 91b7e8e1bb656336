/* References that know their type. */
#include "misuse.h"
#include "run.h"
#include "stage.h"

NANVM_TYPED(point, struct point, point_type);
NANVM_TYPED(text, struct text, text_type);

/* A type that refers to itself. */
NANVM_TYPED_HANDLES(list);
struct list {
    size_t value;
    list_ref next;
};
NANVM_TYPE_REFS(list_type, struct list, next);
NANVM_TYPED_FUNCTIONS(list, struct list, list_type);

static bool typed_life(const stage *on) {
    point_mut_ref made = point_new(on->manager);
    struct point *value = point_mut_ref_get(made);
    if (value == NULL) {
        return false;
    }
    value->x = 3;
    point_ref a = point_mut_ref_to_ref(point_mut_ref_move(&made));
    assert_null(made.untyped.object);
    point_ref b = point_ref_clone(a);
    assert_true(point_ref_same(a, b));
    assert_int_equal(point_ref_count(a), on->counts ? 1 : SIZE_MAX);
    assert_false(point_ref_is_sole(a));
    point_mut_ref copy = point_ref_to_mut_ref(&b, on->manager);
    if (copy.untyped.object == NULL) {
        point_ref_drop(a);
        point_ref_drop(b);
        return false;
    }
    assert_false(point_ref_same(a, point_mut_ref_to_ref(copy)));
    assert_true(point_mut_ref_get(copy)->x == point_ref_get(a)->x);
    if (on->counts) {
        assert_ptr_equal(point_ref_make_mut(&a, on->manager), point_ref_get(a));
    }
    assert_int_equal(point_ref_try_to_mut_ref(&a, &made), on->counts);
    point_mut_ref_drop(copy);
    point_mut_ref_drop(made);
    point_ref_drop(point_ref_move(&a));
    return true;
}

static void test_typed_pair_does_what_the_untyped_does(void **state) {
    (void)state;
    on_every_manager(typed_life);
}

static bool accept_length(void *object, size_t length, void *context) {
    (void)object;
    return length == *(size_t *)context;
}

static bool typed_arrays(const stage *on) {
    text_mut_ref a = text_new_array(on->manager, "hello", 5);
    if (a.untyped.object == NULL) {
        return false;
    }
    assert_int_equal(text_mut_ref_length(a), 5);
    bool done = text_mut_ref_resize(&a, on->manager, 50);
    assert_memory_equal(text_mut_ref_get(a)->bytes, "hello", 5);
    done = done && text_mut_ref_resize_unset(&a, on->manager, 60);
    text_ref shared = text_mut_ref_to_ref(a);
    assert_int_equal(text_ref_length(shared) == 60, done);
    text_mut_ref copy = text_ref_clone_object(shared, on->manager);
    done = done && copy.untyped.object != NULL;
    text_mut_ref shorter = text_ref_clone_resized(shared, on->manager, 4);
    done = done && shorter.untyped.object != NULL;
    assert_int_equal(text_mut_ref_length(shorter),
                     shorter.untyped.object != NULL ? 4 : 0);
    text_mut_ref_cleanup(&shorter);
    text_ref deep = text_ref_clone_deep(shared, on->manager);
    done = done && deep.untyped.object != NULL;
    assert_int_equal(text_ref_length(deep),
                     deep.untyped.object != NULL ? text_ref_length(shared) : 0);
    text_ref_cleanup(&deep);
    text_ref_cleanup(&shared);
    assert_null(shared.untyped.object);
    text_mut_ref_cleanup(&copy);
    assert_null(copy.untyped.object);
    return done;
}

static bool typed_unset(const stage *on) {
    text_mut_ref text = text_new_array_unset(on->manager, 20);
    point_mut_ref point = point_new_unset(on->manager);
    bool done = text.untyped.object != NULL && point.untyped.object != NULL;
    assert_int_equal(text_mut_ref_length(text), text.untyped.object != NULL ? 20 : 0);
    text_mut_ref_drop(text);
    point_mut_ref_drop(point);
    return done;
}

static void test_typed_objects_can_be_unset(void **state) {
    (void)state;
    on_every_manager(typed_unset);
}

static void test_typed_arrays_resize_and_clone(void **state) {
    (void)state;
    on_every_manager(typed_arrays);
}

static bool typed_construct(const stage *on) {
    size_t right = 7, wrong = 8;
    text_mut_ref made = text_new_with(on->manager, 7, accept_length, &right);
    assert_null(text_new_with(on->manager, 7, accept_length, &wrong).untyped.object);
    bool done = made.untyped.object != NULL;
    text_mut_ref_drop(made);
    return done;
}

/* The compiler knows that it is an array; or it may know at one call, and not at the
 * next. */
static bool typed_empty_arrays(const stage *on) {
    text_mut_ref empty[] = {text_new(on->manager), text_new(on->manager)};
    struct text value = {.hash = 7, .tag = 'x'};
    text_mut_ref copy[] = {text_new_copy(on->manager, &value),
                           text_new_copy(on->manager, &value)};
    bool done = true;
    for (size_t i = 0; i < 2; i++) {
        bool made = empty[i].untyped.object != NULL && copy[i].untyped.object != NULL;
        if (made) {
            assert_int_equal(text_mut_ref_length(empty[i]), 0);
            assert_int_equal(text_mut_ref_get(empty[i])->hash, 0);
            assert_int_equal(text_mut_ref_length(copy[i]), 0);
            assert_int_equal(text_mut_ref_get(copy[i])->hash, 7);
            assert_int_equal(text_mut_ref_get(copy[i])->tag, 'x');
        }
        text_mut_ref_drop(empty[i]);
        text_mut_ref_drop(copy[i]);
        done = done && made;
    }
    return done;
}

static void test_typed_arrays_start_empty(void **state) {
    (void)state;
    on_every_manager(typed_empty_arrays);
}

/* What typed functions call when the compiler doesn't know the type after all. */
static const nanvm_type *volatile unknown = &point_type;

static bool drop_unknown(const stage *on) {
    const nanvm_type *type = unknown;
    nanvm_mut_ref first = nanvm_new(on->manager, type);
    nanvm_mut_ref second = nanvm_new(on->manager, type);
    bool done = first.object != NULL && second.object != NULL;
    nanvm_mut_ref_drop_typed(first, type);
    nanvm_ref_drop_typed(nanvm_mut_ref_to_ref(second), type);
    return done;
}

static void test_typed_functions_work_for_an_unknown_type(void **state) {
    (void)state;
    on_every_manager(drop_unknown);
}

/* Each twice: the compiler may know the type at one call, and not at the next. */
static bool drop_shared_leaves(const stage *on) {
    bool done = true;
    for (size_t i = 0; i < 4 && done; i++) {
        struct point value = {(double)i, 1};
        point_mut_ref made = point_new_copy(on->manager, &value);
        point_ref first = point_mut_ref_to_ref(made);
        point_ref second = point_ref_clone(first);
        done = made.untyped.object != NULL;
        point_ref_drop(second);
        point_mut_ref other = point_new(on->manager);
        if (done && on->counts) {
            assert_int_equal(point_ref_count(first), 0);
            assert_false(point_ref_same(first, point_mut_ref_to_ref(other)));
            assert_true(point_ref_get(first)->x == (double)i);
        }
        done = done && other.untyped.object != NULL;
        point_mut_ref_drop(other);
        point_ref_drop(first);
        for (size_t k = 0; k < 2; k++) {
            point_mut_ref_drop(point_mut_ref_null());
        }
        for (size_t k = 0; k < 2; k++) {
            point_ref_drop(point_ref_null());
        }
    }
    return done;
}

static void test_typed_leaf_that_is_shared_lives_on(void **state) {
    (void)state;
    on_every_manager(drop_shared_leaves);
}

static void test_typed_leaf_is_dropped_once_a_reference(void **state) {
    fixture *self = *state;
    point_ref first = point_mut_ref_to_ref(point_new(nanvm_global()));
    point_ref others[] = {point_ref_clone(first), point_ref_clone(first),
                          point_ref_clone(first), point_ref_clone(first)};
    point_ref own = point_mut_ref_to_ref(point_new(self->manager));
    point_ref more[] = {point_ref_clone(own), point_ref_clone(own), point_ref_clone(own),
                        point_ref_clone(own)};
    for (size_t i = 4; i-- > 0;) {
        point_ref_drop(others[i]);
        assert_int_equal(point_ref_count(first), i);
    }
    for (size_t i = 4; i-- > 0;) {
        point_ref_drop(more[i]);
        assert_int_equal(point_ref_count(own), i);
    }
    point_ref_drop(first);
    point_ref_drop(own);
}

struct byte {
    unsigned char value;
};
NANVM_TYPE(byte_type, struct byte);
NANVM_TYPED(byte, struct byte, byte_type);

static bool copy_bytes(const stage *on) {
    bool done = true;
    for (size_t i = 0; i < 4; i++) {
        struct byte value = {(unsigned char)(7 + i)};
        byte_mut_ref made = byte_new_copy(on->manager, &value);
        bool is_made = !byte_mut_ref_is_null(made);
        if (is_made) {
            assert_int_equal(byte_mut_ref_get(made)->value, 7 + i);
            byte_mut_ref_get(made)->value = 0;
        }
        nanvm_mut_ref_drop(made.untyped); /* which needn't know the type */
        done = done && is_made;
    }
    return done;
}

static void test_object_of_one_byte_is_copied(void **state) {
    (void)state;
    on_every_manager(copy_bytes);
}

static void drop_typed(void *context) {
    point_ref_drop(*(point_ref *)context);
}

static void drop_typed_mut(void *context) {
    point_mut_ref_drop(*(point_mut_ref *)context);
}

static void test_typed_misuse_is_noticed(void **state) {
    fixture *self = *state;
    point_mut_ref dead = point_new(self->manager);
    point_mut_ref_drop(dead);
    point_mut_ref shared = point_new(self->manager);
    point_ref first = point_mut_ref_to_ref(shared);
    point_ref second = point_ref_clone(first);
    for (size_t i = 0; i < 2; i++) {
        dead = point_new(self->manager);
        point_mut_ref_drop(dead);
        point_ref dead_ref = point_mut_ref_to_ref(dead);
        expect_fatal("dropped", drop_typed, &dead_ref);
        expect_fatal("dropped", drop_typed, &dead_ref);
        expect_fatal("dropped", drop_typed_mut, &dead);
        expect_fatal("dropped", drop_typed_mut, &dead);
        expect_fatal("only reference", drop_typed_mut, &shared);
        expect_fatal("only reference", drop_typed_mut, &shared);
        assert_int_equal(point_ref_count(first), 1);
    }
    point_ref_drop(first);
    point_ref_drop(second);
}

static void test_typed_construct_is_asked(void **state) {
    (void)state;
    on_every_manager(typed_construct);
}

static bool typed_list(const stage *on) {
    list_ref list = list_ref_null();
    for (size_t i = 0; i < 20; i++) {
        struct list value = {i, list};
        list_mut_ref made = list_new_copy(on->manager, &value);
        if (made.untyped.object == NULL) {
            list_ref_drop(list);
            return false;
        }
        list = list_mut_ref_to_ref(made);
    }
    size_t expected = 20;
    for (list_ref i = list; i.untyped.object != NULL; i = list_ref_get(i)->next) {
        assert_int_equal(list_ref_get(i)->value, --expected);
    }
    list_ref_drop(list);
    return true;
}

static void test_type_can_refer_to_itself(void **state) {
    (void)state;
    on_every_manager(typed_list);
}

/* Twice, as above, with an odd number of calls each time. */
static bool drop_typed_lists(const stage *on) {
    bool done = true;
    for (size_t i = 0; i < 2 && done; i++) {
        list_mut_ref last = list_new(on->manager);
        struct list value = {i, list_mut_ref_to_ref(last)};
        list_ref kept = list_ref_clone(value.next);
        list_mut_ref first = list_new_copy(on->manager, &value);
        done = first.untyped.object != NULL && last.untyped.object != NULL;
        if (first.untyped.object == NULL) {
            list_ref_drop(value.next);
        }
        list_mut_ref_drop(first);
        if (on->counts) {
            assert_int_equal(list_ref_count(kept), 0);
        }
        list_ref_drop(kept);
        list_ref_drop(list_ref_null());
    }
    return done;
}

static void test_typed_drop_releases_references(void **state) {
    (void)state;
    on_every_manager(drop_typed_lists);
}

static void test_untyped_ref_becomes_typed_if_its_table_fits(void **state) {
    (void)state;
    nanvm_ref untyped = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    text_ref text = {{&untyped}};
    assert_false(text_ref_from(&untyped, &text));
    assert_null(text.untyped.object);
    assert_non_null(untyped.object);
    point_ref point;
    assert_true(point_ref_from(&untyped, &point));
    assert_null(untyped.object);
    point_ref_drop(point_ref_move(&point));
    assert_false(point_ref_from(&untyped, &point));
    assert_null(point.untyped.object);
}

static void test_untyped_mut_ref_becomes_typed_if_its_table_fits(void **state) {
    (void)state;
    nanvm_mut_ref untyped = nanvm_new(nanvm_global(), &point_type);
    text_mut_ref text = {untyped};
    assert_false(text_mut_ref_from(&untyped, &text));
    assert_true(text_mut_ref_is_null(text));
    assert_non_null(untyped.object);
    point_mut_ref point;
    assert_true(point_mut_ref_from(&untyped, &point));
    assert_null(untyped.object);
    point_mut_ref_drop(point);
    assert_false(point_mut_ref_from(&untyped, &point));
    assert_true(point_mut_ref_is_null(point));
}

static point_ref static_point = NANVM_NULL_HANDLE;
static point_mut_ref static_mut_point = NANVM_NULL_HANDLE;

static bool null_and_not(const stage *on) {
    point_mut_ref made = point_new(on->manager);
    point_ref ref = point_mut_ref_to_ref(made);
    bool done = made.untyped.object != NULL;
    assert_int_equal(point_mut_ref_is_null(made), !done);
    assert_int_equal(point_ref_is_null(ref), !done);
    point_ref_drop(ref);
    return done;
}

static void test_typed_null_handles_are_null(void **state) {
    (void)state;
    struct list end = {7, list_ref_null()};
    assert_null(point_ref_null().untyped.object);
    assert_null(point_mut_ref_null().untyped.object);
    assert_null(static_point.untyped.object);
    assert_true(point_ref_is_null(static_point));
    assert_true(point_ref_is_null(point_ref_null()));
    assert_true(point_mut_ref_is_null(static_mut_point));
    assert_true(list_ref_is_null(end.next));
    on_every_manager(null_and_not);
}

static bool view_as_typed(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &point_type);
    if (made.object == NULL) {
        return false;
    }
    point_mut_ref_get(point_mut_ref_view(made))->x = 5;
    nanvm_ref untyped = nanvm_mut_ref_to_ref(made);
    point_ref view = point_ref_view(untyped);
    assert_ptr_equal(point_ref_get(view), untyped.object);
    assert_true(point_ref_get(view)->x == 5);
    assert_int_equal(nanvm_ref_count(untyped), on->counts ? 0 : SIZE_MAX);
    point_ref_drop(view);
    return true;
}

static void test_view_gives_an_untyped_handle_its_type(void **state) {
    (void)state;
    assert_true(point_ref_is_null(point_ref_view(nanvm_ref_null())));
    assert_true(point_mut_ref_is_null(point_mut_ref_view(nanvm_mut_ref_null())));
    on_every_manager(view_as_typed);
}

static const struct CMUnitTest tests[] = {
    TEST(test_typed_pair_does_what_the_untyped_does),
    TEST(test_typed_arrays_resize_and_clone),
    TEST(test_typed_objects_can_be_unset),
    TEST(test_typed_arrays_start_empty),
    TEST(test_typed_functions_work_for_an_unknown_type),
    TEST(test_typed_leaf_that_is_shared_lives_on),
    TEST(test_typed_leaf_is_dropped_once_a_reference, local),
    TEST(test_object_of_one_byte_is_copied),
    TEST(test_typed_misuse_is_noticed, local),
    TEST(test_typed_construct_is_asked),
    TEST(test_type_can_refer_to_itself),
    TEST(test_typed_drop_releases_references),
    TEST(test_untyped_ref_becomes_typed_if_its_table_fits),
    TEST(test_untyped_mut_ref_becomes_typed_if_its_table_fits),
    TEST(test_typed_null_handles_are_null),
    TEST(test_view_gives_an_untyped_handle_its_type),
};

RUN_TESTS(tests)
