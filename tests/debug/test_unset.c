/* Objects that aren't cleared: a debug build fills them with a pattern. */
#include "run.h"
#include "stage.h"

static bool is_pattern(const void *object, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)object)[i] != 0xa5) {
            return false;
        }
    }
    return true;
}

static bool unset(const stage *on) {
    const nanvm_type *any = &node_type;
    __asm__("" : "+r"(any)); /* the compiler doesn't know it */
    nanvm_mut_ref made[] = {nanvm_new_unset(on->manager, &node_type),
                            nanvm_new_unset(on->manager, any),
                            nanvm_new_array_unset(on->manager, &table_type, 9),
                            nanvm_new_unset(on->manager, &refs_type)};
    const size_t sizes[] = {sizeof(struct node), sizeof(struct node),
                            sizeof(struct table) + 9 * sizeof(struct entry), 0};
    bool done = true;
    for (size_t i = 0; i < 4; i++) {
        if (made[i].object == NULL) {
            done = false;
            continue;
        }
        assert_true(is_pattern(made[i].object, sizes[i]));
        memset(made[i].object, 0, sizes[i]);
        nanvm_mut_ref_drop(made[i]);
    }
    return done;
}

static void test_unset_objects_hold_a_pattern(void **state) {
    (void)state;
    on_every_manager(unset);
}

static const struct CMUnitTest tests[] = {
    TEST(test_unset_objects_hold_a_pattern),
};

RUN_TESTS(tests)
