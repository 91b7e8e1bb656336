/* Misuse that would corrupt memory stops the program with one line. */
#include <signal.h>
#include <stdlib.h>

#include "misuse.h"
#include "run.h"
#include "skip.h"
#include "stage.h"

/* --- misuse of the dead; the accounting manager keeps their bytes --- */

static void drop_ref(void *context) {
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static void clone_ref(void *context) {
    nanvm_ref copy = nanvm_ref_clone(*(nanvm_ref *)context);
    (void)copy;
}

static void count_ref(void *context) {
    (void)nanvm_ref_count(*(nanvm_ref *)context);
}

static void take_ref(void *context) {
    nanvm_ref self = *(nanvm_ref *)context;
    nanvm_mut_ref out;
    (void)!nanvm_ref_try_to_mut_ref(&self, &out);
}

static void clone_object_of_ref(void *context) {
    (void)nanvm_ref_clone_object(*(nanvm_ref *)context, nanvm_global()).object;
}

static void ignore_reference(nanvm_ref reference, void *context) {
    (void)reference;
    (void)context;
}

static void visit_ref(void *context) {
    nanvm_ref_visit(*(nanvm_ref *)context, ignore_reference, NULL);
}

static void resize_mut_ref(void *context) {
    (void)!nanvm_mut_ref_resize(context, nanvm_global(), 1000);
}

static void drop_mut_ref(void *context) {
    nanvm_mut_ref_drop(*(nanvm_mut_ref *)context);
}

static const nanvm_count counts[] = {NANVM_COUNT_PLAIN, NANVM_COUNT_ATOMIC,
                                     NANVM_COUNT_CUSTOM};

static void misuse_dead(nanvm_count count, const nanvm_type *type, const char *part,
                        misuse *wrong) {
    accounting manager;
    accounting_init(&manager, count);
    manager.keeps_dead = true;
    nanvm_ref dead = nanvm_mut_ref_to_ref(nanvm_new(&manager.manager, type));
    nanvm_ref_drop(dead);
    expect_nothing_live(&manager);
    expect_fatal(part, wrong, &dead);
    accounting_deinit(&manager);
}

static void misuse_all_dead(const char *part, misuse *wrong) {
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        misuse_dead(counts[i], &point_type, part, wrong);
        misuse_dead(counts[i], &node_type, part, wrong);
        misuse_dead(counts[i], &boxed_type, part, wrong);
    }
}

/* So is what ended with the node that held it. */
static void test_drop_of_what_ended_with_its_node_is_fatal(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        accounting manager;
        accounting_init(&manager, counts[i]);
        manager.keeps_dead = true;
        struct node value = {
            .left = nanvm_mut_ref_to_ref(nanvm_new(&manager.manager, &point_type)),
            .right = nanvm_mut_ref_to_ref(nanvm_new(&manager.manager, &point_type))};
        nanvm_mut_ref_drop(nanvm_new_copy(&manager.manager, &node_type, &value));
        expect_nothing_live(&manager);
        expect_fatal("drop", drop_ref, &value.left);
        expect_fatal("drop", drop_ref, &value.right);
        accounting_deinit(&manager);
    }
}

/* What ended before a drop was found to be one too many is given back. The handler leaves
 * by longjmp, after which nothing ends any more. */
static void drop_a_node_of_the_dead(void *context) {
    static accounting manager; /* nothing is a leak that these still refer to */
    static nanvm_local local;
    static nanvm_ref dead;
    accounting_init(&manager, NANVM_COUNT_PLAIN);
    manager.keeps_dead = true;
    dead = nanvm_mut_ref_to_ref(nanvm_new(&manager.manager, &point_type));
    nanvm_ref_drop(dead);
    nanvm_local_init(&local);
    struct node value = {.left = dead};
    nanvm_ref node = nanvm_mut_ref_to_ref(
        nanvm_new_copy(nanvm_local_manager(&local), &node_type, &value));
    (void)context;
    expect_fatal("drop", drop_ref, &node);
    if (nanvm_stats_make(nanvm_local_manager(&local)).live_blocks != 0) {
        abort();
    }
}

static void test_what_ended_before_a_fatal_drop_is_given_back(void **state) {
    (void)state;
    needs_fork();
    char output[4096];
    assert_int_equal(run_in_child(drop_a_node_of_the_dead, NULL, output, sizeof(output)),
                     0);
}

static void test_second_drop_of_a_ref_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("drop", drop_ref);
}

static void test_second_drop_of_a_mut_ref_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("drop", drop_mut_ref);
}

static void test_clone_of_the_dead_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("clone", clone_ref);
}

static void test_count_of_the_dead_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("dropped", count_ref);
}

static void test_taking_the_dead_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("dropped", take_ref);
}

static void test_clone_object_of_the_dead_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("use", clone_object_of_ref);
}

static void test_visit_of_the_dead_is_fatal(void **state) {
    (void)state;
    misuse_all_dead("use", visit_ref);
}

static void read_length(void *context) {
    (void)nanvm_ref_length(*(nanvm_ref *)context);
}

/* Other builds don't look. */
static void test_length_of_the_dead_is_fatal(void **state) {
    (void)state;
    if (is_hardened) {
        misuse_all_dead("use", read_length);
        misuse_dead(NANVM_COUNT_PLAIN, &ints_type, "use", read_length);
    }
}

static void test_resize_of_the_dead_is_fatal(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        misuse_dead(counts[i], &ints_type, "use", resize_mut_ref);
        misuse_dead(counts[i], &refs_type, "use", resize_mut_ref);
    }
}

static void test_second_drop_in_a_local_manager_is_fatal(void **state) {
    fixture *self = *state;
    nanvm_ref dead = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    nanvm_ref_drop(dead);
    expect_fatal("drop", drop_ref, &dead);
    expect_fatal("clone", clone_ref, &dead);
}

/* --- a MutRef that isn't the only one --- */

static void misuse_shared(nanvm_manager *manager) {
    nanvm_mut_ref stale = nanvm_new(manager, &point_type);
    nanvm_ref ref = nanvm_mut_ref_to_ref(stale);
    nanvm_ref other = nanvm_ref_clone(ref);
    expect_fatal("MutRef", drop_mut_ref, &stale);
    assert_int_equal(nanvm_ref_count(ref), 1);
    nanvm_ref_drop(ref);
    nanvm_ref_drop(other);
}

static void test_drop_of_a_mut_ref_that_is_shared_is_fatal(void **state) {
    fixture *self = *state;
    misuse_shared(self->manager);
    nanvm_local_deinit(&self->local);
    misuse_shared(nanvm_global());
}

static void resize_to_the_same(void *context) {
    (void)!nanvm_mut_ref_resize(context, nanvm_global(), 8);
}

static void resize_shared(nanvm_manager *manager) {
    nanvm_mut_ref stale = nanvm_new_array(manager, &ints_type, NULL, 8);
    nanvm_ref ref = nanvm_mut_ref_to_ref(stale);
    nanvm_ref other = nanvm_ref_clone(ref);
    expect_fatal("resize of a MutRef", resize_mut_ref, &stale);
    expect_fatal("resize of a MutRef", resize_to_the_same, &stale);
    assert_int_equal(nanvm_ref_length(ref), 8);
    nanvm_ref_drop(ref);
    nanvm_ref_drop(other);
}

static void test_resize_of_a_mut_ref_that_is_shared_is_fatal(void **state) {
    fixture *self = *state;
    resize_shared(self->manager);
    nanvm_local_deinit(&self->local);
    resize_shared(nanvm_global());
}

/* --- an object that isn't made yet --- */

static bool drop_half_made(void *object, size_t length, void *context) {
    nanvm_ref self = {object};
    (void)length;
    nanvm_ref_drop(self);
    return *(const bool *)context;
}

static void construct_and_drop(void *context) {
    (void)nanvm_new_with(nanvm_global(), &node_type, 0, drop_half_made, context).object;
}

static void test_drop_by_the_constructor_is_fatal(void **state) {
    (void)state;
    bool results[] = {true, false};
    for (size_t i = 0; i < 2; i++) {
        char output[4096];
        int signal =
            run_in_child(construct_and_drop, &results[i], output, sizeof(output));
        assert_int_equal(signal, SIGABRT);
        assert_non_null(strstr(output, "nanvm_mem: drop"));
    }
}

/* --- arenas --- */

static void assume_self_contained(void *arena) {
    nanvm_arena_assume_self_contained(arena);
}

static void test_closing_an_arena_with_objects_is_fatal(void **state) {
    (void)state;
    unsigned char buffer[200];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    assert_non_null(nanvm_new(nanvm_arena_manager(&arena), &point_type).object);
    expect_fatal("arena", assume_self_contained, &arena);
    nanvm_arena_reset(&arena);
    nanvm_arena_assume_self_contained(&arena);
    nanvm_arena_deinit(&arena);
}

static void reset_arena(void *arena) {
    nanvm_arena_reset(arena);
}

/* Other builds don't look. */
static void expect_outside_reference(nanvm_arena *arena) {
    if (is_debug) {
        expect_fatal("self-contained", reset_arena, arena);
    } else {
        reset_arena(arena);
    }
}

static void refer_outside(const nanvm_type *type, void *value, nanvm_ref outside) {
    unsigned char buffer[500];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_arena_assume_self_contained(&arena);
    assert_non_null(nanvm_new_copy(nanvm_arena_manager(&arena), type, value).object);
    expect_outside_reference(&arena);
    assert_int_equal(nanvm_ref_count(outside), 0);
}

static void test_outside_reference_from_a_closed_arena_is_fatal(void **state) {
    (void)state;
    nanvm_ref outside = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    struct node node = {.right = outside};
    refer_outside(&node_type, &node, outside);
    struct boxed boxed = {boxed_from_ref(outside)};
    refer_outside(&boxed_type, &boxed, outside);
    nanvm_ref_drop(outside);
}

/* --- the handler --- */

static void ignore_message(const char *message) {
    (void)message;
}

static void test_setting_a_handler_returns_the_previous_one(void **state) {
    (void)state;
    assert_true(nanvm_fatal_set_handler(ignore_message) == NULL);
    assert_true(nanvm_fatal_set_handler(NULL) == ignore_message);
    assert_true(nanvm_fatal_set_handler(NULL) == NULL);
}

static void drop_shared(void *context) {
    nanvm_mut_ref stale = nanvm_new(nanvm_global(), &point_type);
    nanvm_ref ref = nanvm_mut_ref_to_ref(stale);
    (void)context;
    ref = nanvm_ref_clone(ref);
    nanvm_mut_ref_drop(stale);
}

static void test_default_handler_prints_one_line_and_aborts(void **state) {
    (void)state;
    needs_fork();
    char output[4096];
    assert_int_equal(run_in_child(drop_shared, NULL, output, sizeof(output)), SIGABRT);
    const char *begin = strstr(output, "nanvm_mem: ");
    assert_non_null(begin);
    const char *end = strchr(begin, '\n');
    assert_non_null(end);
    assert_null(strstr(end, "nanvm_mem: "));
    assert_non_null(strstr(begin, "MutRef"));
}

static void drop_shared_ignoring(void *context) {
    nanvm_fatal_set_handler(ignore_message);
    drop_shared(context);
}

static void test_handler_that_returns_is_followed_by_abort(void **state) {
    (void)state;
    needs_fork();
    char output[4096];
    int signal = run_in_child(drop_shared_ignoring, NULL, output, sizeof(output));
    assert_int_equal(signal, SIGABRT);
    assert_null(strstr(output, "nanvm_mem: "));
}

static const struct CMUnitTest tests[] = {
    TEST(test_drop_of_what_ended_with_its_node_is_fatal),
    TEST(test_what_ended_before_a_fatal_drop_is_given_back),
    TEST(test_second_drop_of_a_ref_is_fatal),
    TEST(test_second_drop_of_a_mut_ref_is_fatal),
    TEST(test_clone_of_the_dead_is_fatal),
    TEST(test_count_of_the_dead_is_fatal),
    TEST(test_taking_the_dead_is_fatal),
    TEST(test_clone_object_of_the_dead_is_fatal),
    TEST(test_visit_of_the_dead_is_fatal),
    TEST(test_length_of_the_dead_is_fatal),
    TEST(test_resize_of_the_dead_is_fatal),
    TEST(test_second_drop_in_a_local_manager_is_fatal, local),
    TEST(test_drop_of_a_mut_ref_that_is_shared_is_fatal, local),
    TEST(test_resize_of_a_mut_ref_that_is_shared_is_fatal, local),
    TEST(test_drop_by_the_constructor_is_fatal),
    TEST(test_closing_an_arena_with_objects_is_fatal),
    TEST(test_outside_reference_from_a_closed_arena_is_fatal),
    TEST(test_setting_a_handler_returns_the_previous_one),
    TEST(test_default_handler_prints_one_line_and_aborts),
    TEST(test_handler_that_returns_is_followed_by_abort),
};

RUN_TESTS(tests)
