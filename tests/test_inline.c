/* What inline functions do where the compiler knows the type. Most compilers know it only
 * when they optimise; here it is always known. */
#define NANVM_INLINE static inline
#include <nanvm/mem/config.h>
#undef NANVM_IS_KNOWN
#define NANVM_IS_KNOWN(x) true

#include <string.h>

static size_t copies, copies_of_null;

static inline void *copy_noted(void *target, const void *source, size_t size) {
    unsigned char *to = target;
    const unsigned char *from = source;
    copies++;
    copies_of_null += source == NULL;
    for (size_t i = 0; i < size; i++) {
        to[i] = from[i];
    }
    return target;
}

#define memcpy copy_noted
#include <nanvm/mem.h>
#undef memcpy

#include "run.h"
#include "stage.h"

/* memcpy may not be given NULL, not even for 0 bytes. */
static bool copy_nothing(const stage *on) {
    nanvm_mut_ref made = nanvm_new_copy(on->manager, &nothing_type, NULL);
    bool done = !nanvm_mut_ref_is_null(made);
    nanvm_mut_ref_drop(made);
    return done;
}

static void test_copy_of_nothing_reads_nothing(void **state) {
    (void)state;
    copies_of_null = 0;
    on_every_manager(copy_nothing);
    assert_int_equal(copies_of_null, 0);
}

static bool copy_point(const stage *on) {
    const struct point value = {3, 4};
    nanvm_mut_ref made = nanvm_new_copy(on->manager, &point_type, &value);
    bool done = !nanvm_mut_ref_is_null(made);
    if (done) {
        assert_memory_equal(nanvm_mut_ref_get(made), &value, sizeof(value));
    }
    nanvm_mut_ref_drop(made);
    return done;
}

static void test_copy_of_a_known_type_is_inline(void **state) {
    (void)state;
    copies = 0;
    on_every_manager(copy_point);
    assert_true(copies > 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_copy_of_nothing_reads_nothing),
    TEST(test_copy_of_a_known_type_is_inline),
};

RUN_TESTS(tests)
