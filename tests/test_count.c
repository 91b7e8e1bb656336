/* The arithmetic of counts, on a word alone. */
#include "run.h"

static int32_t load(const nanvm_count_word *word) {
    return nanvm_count_word_peek(word);
}

static const nanvm_type some_type = {.name = "some", .size = 8, .align = 8};

/* The word of an object's count: a hardened build looks for the object behind it. */
static void on_block(void (*test)(nanvm_count_word *word)) {
    accounting plain;
    accounting_init(&plain, NANVM_COUNT_PLAIN);
    nanvm_mut_ref made = nanvm_new(&plain.manager, &some_type);
    test(nanvm_block_count_word(made.object));
    nanvm_block_set_count(made.object, NANVM_COUNT_PLAIN);
    nanvm_mut_ref_drop(made);
    accounting_deinit(&plain);
}

static void go_up_and_down(nanvm_count_word *word) {
    assert_true(nanvm_count_add(word));
    assert_true(nanvm_count_add(word));
    assert_int_equal(load(word), 2);
    assert_int_equal(nanvm_count_others(load(word)), 2);
    assert_true(nanvm_count_try_release_plain(word, load(word)));
    assert_true(nanvm_count_try_release_plain(word, load(word)));
    assert_int_equal(load(word), NANVM_COUNT_PLAIN);
    assert_false(nanvm_count_try_release_plain(word, load(word)));
    assert_int_equal(load(word), NANVM_COUNT_PLAIN);
}

static void test_plain_count_goes_up_and_down(void **state) {
    (void)state;
    on_block(go_up_and_down);
}

static void overflow(nanvm_count_word *word) {
    nanvm_count_word_store(word, INT32_MAX);
    assert_true(nanvm_count_add(word));
    assert_int_equal(load(word), INT32_MIN);
    assert_false(nanvm_count_is_atomic(INT32_MIN));
    assert_false(nanvm_count_add(word));
    assert_false(nanvm_count_try_release_plain(word, load(word)));
    assert_int_equal(load(word), INT32_MIN);
}

static void test_plain_count_overflows_to_where_counts_stick(void **state) {
    (void)state;
    on_block(overflow);
}

static void test_atomic_count_goes_down_and_up(void **state) {
    (void)state;
    nanvm_count_word word;
    nanvm_count_word_store(&word, NANVM_COUNT_ATOMIC);
    assert_true(nanvm_count_is_sole_atomic(&word));
    assert_true(nanvm_count_add(&word));
    assert_int_equal(load(&word), NANVM_COUNT_ATOMIC - 1);
    assert_int_equal(nanvm_count_others(load(&word)), 1);
    assert_false(nanvm_count_is_sole_atomic(&word));
    assert_false(nanvm_count_try_release_plain(&word, load(&word)));
    assert_false(nanvm_count_release_atomic(&word, load(&word)));
    assert_int_equal(load(&word), NANVM_COUNT_ATOMIC);
    assert_true(nanvm_count_release_atomic(&word, load(&word)));
}

/* Another thread has dropped its reference since this one looked. */
static void test_last_one_is_noticed_after_a_late_look(void **state) {
    (void)state;
    nanvm_count_word word;
    nanvm_count_word_store(&word, NANVM_COUNT_ATOMIC);
    assert_true(nanvm_count_release_atomic(&word, NANVM_COUNT_ATOMIC - 1));
}

static void test_ranges_of_counts_are_apart(void **state) {
    (void)state;
    const int32_t others[] = {0,
                              1,
                              INT32_MAX,
                              INT32_MIN,
                              NANVM_COUNT_ATOMIC_LAST - 1,
                              NANVM_COUNT_NONE,
                              NANVM_COUNT_CUSTOM,
                              NANVM_COUNT_DEAD,
                              NANVM_COUNT_STUCK};
    assert_true(nanvm_count_is_atomic(NANVM_COUNT_ATOMIC));
    assert_true(nanvm_count_is_atomic(NANVM_COUNT_ATOMIC_LAST));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(nanvm_count_is_atomic(others[i]));
    }
}

/* Inline additions stop halfway; the cold one goes on to the limit, and there it sticks.
 */
static void test_atomic_count_sticks_at_its_limit(void **state) {
    (void)state;
    nanvm_count_word word;
    nanvm_count_word_store(&word, NANVM_COUNT_ATOMIC_INLINE);
    assert_true(nanvm_count_add(&word));
    assert_int_equal(load(&word), NANVM_COUNT_ATOMIC_INLINE - 1);
    assert_false(nanvm_count_add(&word));
    assert_int_equal(load(&word), NANVM_COUNT_ATOMIC_INLINE - 1);
    nanvm_count_word_store(&word, NANVM_COUNT_ATOMIC_LAST + 1);
    nanvm_count_add_atomic(&word);
    assert_int_equal(load(&word), NANVM_COUNT_ATOMIC_LAST);
    nanvm_count_add_atomic(&word);
    assert_int_equal(load(&word), NANVM_COUNT_STUCK);
}

static void test_count_says_whether_there_are_others(void **state) {
    (void)state;
    const int32_t shared[] = {1, INT32_MAX, NANVM_COUNT_ATOMIC - 1,
                              NANVM_COUNT_ATOMIC_LAST};
    const int32_t others[] = {0, NANVM_COUNT_ATOMIC, NANVM_COUNT_NONE, NANVM_COUNT_CUSTOM,
                              NANVM_COUNT_DEAD};
    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
        assert_true(nanvm_count_is_shared(shared[i]));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(nanvm_count_is_shared(others[i]));
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_count_says_whether_there_are_others),
    TEST(test_plain_count_goes_up_and_down),
    TEST(test_plain_count_overflows_to_where_counts_stick),
    TEST(test_atomic_count_goes_down_and_up),
    TEST(test_last_one_is_noticed_after_a_late_look),
    TEST(test_ranges_of_counts_are_apart),
    TEST(test_atomic_count_sticks_at_its_limit),
};

RUN_TESTS(tests)
