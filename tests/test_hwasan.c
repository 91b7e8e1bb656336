/* Where HWASan watches, and no other sanitizer, it sees each object, since memory is
 * the system's, and is asked before an object that was dropped stops the program. The
 * sanitizer here is a double that offers its function. */
#include "double.h"
#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"

static const volatile void *read_last; /* as the user's own code would read it */

#if OFFERS_DOUBLE
NANVM_API void __hwasan_loadN(const volatile void *bytes, size_t size);

void __hwasan_loadN(const volatile void *bytes, size_t size) {
    assert_int_equal(size, sizeof(nanvm_header));
    read_last = bytes;
}
#endif

static void start(const char *said) {
    begin_double(OFFERS_DOUBLE, said);
    read_last = NULL;
}

static void test_each_object_of_a_local_manager_is_a_piece_of_its_own(void **state) {
    (void)state;
    expect_a_piece_for_each_object(start);
}

static void expect_read(nanvm_mut_ref *dropped) {
    expect_fatal("clone of a reference", clone_dropped, dropped);
    const void *header = nanvm_block_header(dropped->object);
    assert_ptr_equal((const void *)(uintptr_t)read_last, header);
}

static void test_hwasan_is_asked_before_a_dropped_object_stops_the_program(void **state) {
    (void)state;
    with_dropped_node(start, expect_read);
}

/* They need no slots of their size: one pool serves them all. */
static void test_arrays_of_all_sizes_share_a_pool(void **state) {
    fixture *self = *state;
    start(NULL);
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 10));
    size_t before = self->source.live_blocks;
    for (size_t length = 0; length < 50; length++) {
        nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, length));
        assert_int_equal(self->source.live_blocks, before);
    }
}

/* So that the sanitizer sees its end: else 1,024 of a hardened build wait. */
static void test_block_of_the_global_manager_does_not_wait(void **state) {
    (void)state;
    if (!is_hardened) {
        skip_because("only blocks of a hardened build wait");
    }
    start(NULL);
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &node_type);
    const void *first = made.object;
    size_t seen = 0;
    for (size_t i = 0; i < 1000; i++) {
        nanvm_mut_ref_drop(made);
        made = nanvm_new(nanvm_global(), &node_type);
        seen += made.object == first;
    }
    nanvm_mut_ref_drop(made);
    assert_true(seen > 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_arrays_of_all_sizes_share_a_pool, local_over_source),
    TEST(test_block_of_the_global_manager_does_not_wait),
    TEST(test_each_object_of_a_local_manager_is_a_piece_of_its_own),
    TEST(test_hwasan_is_asked_before_a_dropped_object_stops_the_program),
};

RUN_TESTS(tests)
