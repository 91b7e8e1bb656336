#include "run.h"

static void test_layout_of_a_type_is_its_size_and_alignment(void **state) {
    (void)state;
    nanvm_layout layout = NANVM_LAYOUT_OF(double);
    assert_int_equal(layout.size, sizeof(double));
    assert_int_equal(layout.align, _Alignof(double));
    assert_true(nanvm_layout_is_valid(layout));
}

static void test_alignment_must_be_a_power_of_two(void **state) {
    (void)state;
    for (size_t align = 1; align != 0; align <<= 1) {
        bool fits = align <= (size_t)PTRDIFF_MAX;
        assert_int_equal(nanvm_layout_is_valid(nanvm_layout_make(0, align)), fits);
        if (align > 2) {
            assert_false(nanvm_layout_is_valid(nanvm_layout_make(0, align - 1)));
            assert_false(nanvm_layout_is_valid(nanvm_layout_make(0, align + 1)));
        }
    }
    assert_false(nanvm_layout_is_valid(nanvm_layout_make(0, 0)));
}

static void test_size_rounded_up_must_fit_ptrdiff(void **state) {
    (void)state;
    size_t most = (size_t)PTRDIFF_MAX;
    assert_true(nanvm_layout_is_valid(nanvm_layout_make(most, 1)));
    assert_false(nanvm_layout_is_valid(nanvm_layout_make(most + 1, 1)));
    assert_true(nanvm_layout_is_valid(nanvm_layout_make(most - 63, 64)));
    assert_false(nanvm_layout_is_valid(nanvm_layout_make(most - 62, 64)));
    assert_false(nanvm_layout_is_valid(nanvm_layout_make(SIZE_MAX, 1)));
    assert_false(nanvm_layout_is_valid(nanvm_layout_make(SIZE_MAX, 4096)));
}

static void test_round_up_gives_the_next_multiple(void **state) {
    (void)state;
    for (size_t align = 1; align <= 4096; align *= 2) {
        assert_int_equal(nanvm_layout_round_up(0, align), 0);
        assert_int_equal(nanvm_layout_round_up(1, align), align);
        assert_int_equal(nanvm_layout_round_up(align, align), align);
        assert_int_equal(nanvm_layout_round_up(align + 1, align), 2 * align);
    }
}

static void test_version_of_library_and_headers_agree(void **state) {
    (void)state;
    char version[32];
    snprintf(version, sizeof(version), "%d.%d.%d", NANVM_VERSION_MAJOR,
             NANVM_VERSION_MINOR, NANVM_VERSION_PATCH);
    assert_string_equal(NANVM_VERSION, version);
    assert_string_equal(nanvm_version(), version);
}

static const struct CMUnitTest tests[] = {
    TEST(test_layout_of_a_type_is_its_size_and_alignment),
    TEST(test_alignment_must_be_a_power_of_two),
    TEST(test_size_rounded_up_must_fit_ptrdiff),
    TEST(test_round_up_gives_the_next_multiple),
    TEST(test_version_of_library_and_headers_agree),
};

RUN_TESTS(tests)
