/* The dead of a hardened build: they wait, they are cleared, and they stay as they are.
 */
#include <signal.h>
#include <string.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "stage.h"

static void drop_again(void *context) {
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static nanvm_ref make_and_drop(nanvm_manager *manager, const nanvm_object *type,
                               size_t length) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new_array(manager, type, NULL, length));
    memset((void *)(uintptr_t)ref.object, 1, 4);
    nanvm_ref_drop(ref);
    return ref;
}

/* `count` more objects of the type, dropped one by one. */
static void make_and_drop_others(nanvm_manager *manager, const nanvm_object *type,
                                 size_t length, size_t count, const void *never) {
    for (size_t i = 0; i < count; i++) {
        assert_ptr_not_equal(make_and_drop(manager, type, length).object, never);
    }
}

static void expect_waits(nanvm_manager *manager, const nanvm_object *type, size_t length,
                         size_t count) {
    nanvm_ref dead = make_and_drop(manager, type, length);
    make_and_drop_others(manager, type, length, count, dead.object);
    expect_fatal("dropped before", drop_again, &dead);
}

static void test_second_drop_is_noticed_while_others_come_and_go(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    expect_waits(manager, &point_object, 0, 256);
    expect_waits(manager, &ints_object, 4, 256);
    expect_waits(manager, &ints_object, 4000, 15);
    expect_waits(nanvm_global(), &point_object, 0, 1000);
    expect_waits(nanvm_global(), &ints_object, 4, 1000);
    nanvm_local_deinit(&local);
}

static void test_place_serves_again_in_the_end(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    size_t before = 0;
    for (size_t i = 0; i < 10000; i++) {
        (void)make_and_drop(manager, &point_object, 0);
        if (i == 1000) {
            before = nanvm_stats_make(manager).reserved_bytes;
        }
    }
    assert_int_equal(nanvm_stats_make(manager).reserved_bytes, before);
    assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    nanvm_local_deinit(&local);
}

static void test_dead_object_is_cleared(void **state) {
    (void)state;
    static const unsigned char nothing[sizeof(struct point)];
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_ref dead = make_and_drop(nanvm_local_manager(&local), &point_object, 0);
    assert_memory_equal(dead.object, nothing, sizeof(nothing));
    dead = make_and_drop(nanvm_global(), &point_object, 0);
    assert_memory_equal(dead.object, nothing, sizeof(nothing));
    nanvm_local_deinit(&local);
}

typedef struct written {
    nanvm_manager *manager;
    const nanvm_object *type;
    size_t length;
    size_t others;
} written;

/* In a child: the memory is as it shouldn't be from here on. */
static void write_to_the_dead(void *context) {
    const written *self = context;
    nanvm_ref dead = make_and_drop(self->manager, self->type, self->length);
    ((unsigned char *)(uintptr_t)dead.object)[5] = 1;
    make_and_drop_others(self->manager, self->type, self->length, self->others, NULL);
}

static void test_write_to_the_dead_is_noticed(void **state) {
    (void)state;
    needs_fork();
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    written cases[] = {{manager, &point_object, 0, 1000},
                       {manager, &ints_object, 4000, 20},
                       {nanvm_global(), &point_object, 0, 2000}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char output[1000];
        assert_int_equal(
            run_in_child(write_to_the_dead, &cases[i], output, sizeof(output)), SIGABRT);
        assert_non_null(strstr(output, "written to after it was dropped"));
    }
    nanvm_local_deinit(&local);
}

/* What waits is given back by a trim, and at the end. */
static void test_what_waits_is_not_lost(void **state) {
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    make_and_drop_others(manager, &point_object, 0, 300, NULL);
    make_and_drop_others(manager, &ints_object, 4000, 20, NULL);
    assert_true(nanvm_stats_make(manager).reserved_bytes > 16 * 4000 * sizeof(int));
    assert_true(nanvm_local_trim(&local) > 0);
    assert_int_equal(nanvm_stats_make(manager).reserved_bytes, 0);
    make_and_drop_others(manager, &point_object, 0, 300, NULL);
    make_and_drop_others(manager, &ints_object, 4000, 20, NULL);
    nanvm_local_deinit(&local);
    accounting_deinit(&source);
}

/* A table has to live as long as its objects do, and no longer. */
NANVM_NOINLINE static void make_and_drop_of_a_type_that_goes(void) {
    nanvm_object type = ints_object;
    (void)make_and_drop(nanvm_global(), &type, 100);
    memset((void *)&type, 0xee, sizeof(type));
}

static void test_who_waits_needs_its_type_no_more(void **state) {
    (void)state;
    make_and_drop_of_a_type_that_goes();
    make_and_drop_others(nanvm_global(), &point_object, 0, 2000, NULL);
}

static const struct CMUnitTest tests[] = {
    TEST(test_second_drop_is_noticed_while_others_come_and_go),
    TEST(test_place_serves_again_in_the_end),
    TEST(test_dead_object_is_cleared),
    TEST(test_write_to_the_dead_is_noticed),
    TEST(test_what_waits_is_not_lost),
    TEST(test_who_waits_needs_its_type_no_more),
};

RUN_TESTS(tests)
