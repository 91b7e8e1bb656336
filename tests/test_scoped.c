/* Variables that drop themselves. */
#include "run.h"
#include "stage.h"

#if defined(NANVM_SCOPED)

NANVM_TYPED(thing, struct tracked, tracked_type);

static void test_scoped_references_drop_at_the_end_of_their_scope(void **state) {
    (void)state;
    {
        NANVM_SCOPED(nanvm_mut_ref) a = tracked_new(nanvm_global(), 1);
        NANVM_SCOPED(nanvm_ref) b = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 2));
        NANVM_SCOPED(nanvm_ref) c = nanvm_ref_clone(b);
        NANVM_SCOPED(nanvm_ref) null = null_ref();
        assert_non_null(a.object);
        assert_true(nanvm_ref_same(b, c) && null.object == NULL);
        assert_int_equal(tracked_live(), 2);
    }
    assert_int_equal(tracked_live(), 0);
}

static nanvm_ref hand_out(void) {
    NANVM_SCOPED(nanvm_mut_ref) made = tracked_new(nanvm_global(), 9);
    NANVM_SCOPED(nanvm_ref) ref = nanvm_mut_ref_to_ref(nanvm_mut_ref_move(&made));
    return nanvm_ref_move(&ref);
}

static void test_moved_reference_outlives_its_scope(void **state) {
    (void)state;
    nanvm_ref ref = hand_out();
    assert_int_equal(tracked_live(), 1);
    assert_int_equal(nanvm_ref_count(ref), 0);
    nanvm_ref_drop(ref);
}

static void test_typed_references_can_be_scoped(void **state) {
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct tracked value = {i};
        NANVM_SCOPED(thing_mut_ref) made = thing_new_copy(nanvm_global(), &value);
        tracked_expect(1);
        NANVM_SCOPED(thing_ref) ref = thing_mut_ref_to_ref(thing_mut_ref_move(&made));
        assert_int_equal(thing_ref_get(ref)->value, i);
        assert_int_equal(tracked_live(), 1);
    }
    assert_int_equal(tracked_live(), 0);
}

#endif

static void test_cleanup_drops_and_leaves_null(void **state) {
    (void)state;
    nanvm_mut_ref a = tracked_new(nanvm_global(), 1);
    nanvm_ref b = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 2));
    nanvm_mut_ref_cleanup(&a);
    nanvm_ref_cleanup(&b);
    assert_null(a.object);
    assert_null(b.object);
    assert_int_equal(tracked_live(), 0);
    nanvm_mut_ref_cleanup(&a);
    nanvm_ref_cleanup(&b);
}

static const struct CMUnitTest tests[] = {
#if defined(NANVM_SCOPED)
    TEST(test_scoped_references_drop_at_the_end_of_their_scope),
    TEST(test_moved_reference_outlives_its_scope),
    TEST(test_typed_references_can_be_scoped),
#endif
    TEST(test_cleanup_drops_and_leaves_null),
};

RUN_TESTS(tests)
