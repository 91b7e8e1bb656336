/* The page behind a chunk of a hardened build. */
#include <signal.h>
#include <string.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "stage.h"

/* Windows has but one. */
static const int ends[] = {
    SIGSEGV,
#if defined(SIGBUS)
    SIGBUS,
#endif
};

static bool is_end(int signal) {
    bool found = false;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        found |= signal == ends[i];
    }
    return found;
}

/* Until nobody lets it. cmocka catches these signals otherwise. */
static void run_on(void *context) {
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        signal(ends[i], SIG_DFL);
    }
    volatile unsigned char *byte = context;
    for (size_t i = 0; i < (size_t)1 << 20; i++) {
        byte[i] = byte[i];
    }
}

static void expect_stopped(nanvm_mut_ref made) {
    char output[1000];
    assert_true(is_end(run_in_child(run_on, made.object, output, sizeof(output))));
    nanvm_mut_ref_drop(made);
}

static void test_nobody_runs_on_beyond_a_chunk(void **state) {
    (void)state;
    needs_fork();
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    expect_stopped(nanvm_new(manager, &point_object));
    expect_stopped(nanvm_new_array(manager, &ints_object, NULL, 100));
    expect_stopped(nanvm_new_array(manager, &ints_object, NULL, 30000));
    expect_stopped(nanvm_new(manager, &page_object));
    nanvm_local_deinit(&local);
}

/* The page is open when it goes back to where it came from: accounting managers write to
 * what they free. */
static void test_guards_are_opened_again(void **state) {
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref_drop(nanvm_new(manager, &point_object));
    nanvm_mut_ref_drop(nanvm_new_array(manager, &ints_object, NULL, 30000));
    nanvm_local_deinit(&local);
    accounting_deinit(&source);
}

/* The system has a limit of its own; beyond, chunks go without. */
static void test_more_chunks_than_there_may_be_guards(void **state) {
    (void)state;
    enum { CHUNKS = 17000 };
    static nanvm_mut_ref made[CHUNKS];
    nanvm_local local;
    nanvm_local_init(&local);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < CHUNKS; i++) {
            made[i] = nanvm_new(nanvm_local_manager(&local), &page_object);
            assert_non_null(made[i].object);
        }
        for (size_t i = 0; i < CHUNKS; i++) {
            nanvm_mut_ref_drop(made[i]);
        }
    }
    expect_stopped(nanvm_new(nanvm_local_manager(&local), &page_object));
    nanvm_local_deinit(&local);
}

static const struct CMUnitTest tests[] = {
    TEST(test_more_chunks_than_there_may_be_guards),
    TEST(test_nobody_runs_on_beyond_a_chunk),
    TEST(test_guards_are_opened_again),
};

RUN_TESTS(tests)
