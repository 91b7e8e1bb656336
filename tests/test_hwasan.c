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

static const struct CMUnitTest tests[] = {
    TEST(test_each_object_of_a_local_manager_is_a_piece_of_its_own),
    TEST(test_hwasan_is_asked_before_a_dropped_object_stops_the_program),
};

RUN_TESTS(tests)
