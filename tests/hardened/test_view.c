/* A typed view of an untyped handle: of an object of another type it stops the program.
 */
#include "misuse.h"
#include "run.h"
#include "stage.h"

NANVM_TYPED(text, struct text, text_type);

static void view_as_text(void *context) {
    (void)!text_ref_get(text_ref_view(*(nanvm_ref *)context));
}

static void view_as_mut_text(void *context) {
    (void)!text_mut_ref_get(text_mut_ref_view(*(nanvm_mut_ref *)context));
}

static bool view_as_another(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &point_type);
    if (made.object == NULL) {
        return false;
    }
    expect_fatal("another type", view_as_mut_text, &made);
    nanvm_ref untyped = nanvm_mut_ref_to_ref(made);
    expect_fatal("another type", view_as_text, &untyped);
    nanvm_ref_drop(untyped);
    return true;
}

static void test_view_of_another_type_is_noticed(void **state) {
    (void)state;
    on_every_manager(view_as_another);
}
static const struct CMUnitTest tests[] = {
    TEST(test_view_of_another_type_is_noticed),
};

RUN_TESTS(tests)
