/* A child process has a copy of everything: of the managers, of the objects, of a drop
 * that is at work. */
#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* strict C11 hides fork and its company */
#endif

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"
#include "thread.h"

#if defined(_WIN32) || defined(__wasi__)

/* Whether this is the child; never, where needs_fork() has ended the test. */
static bool fork_child(void) {
    return false;
}

static void end_child(bool well) {
    (void)well;
}

static void kill_child(bool well) {
    (void)well;
}

static bool child_ended_well(void) {
    return false;
}

#else

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static bool fork_child(void) {
    child = fork();
    assert_true(child >= 0);
    return child == 0;
}

/* Without what the parent registered to be run at its end. */
static void end_child(bool well) {
    _exit(well ? 0 : 1);
}

/* No checker is to look for leaks: what threads of the parent held is lost here. */
static void kill_child(bool well) {
    if (well) {
        (void)raise(SIGKILL);
    }
    _exit(1);
}

static bool child_ended_well(void) {
    int status = 0;
    return waitpid(child, &status, 0) == child &&
           (WIFEXITED(status) ? WEXITSTATUS(status) == 0 : WTERMSIG(status) == SIGKILL);
}

#endif

/* --- what the parent has, and the child a copy of --- */

enum { NODES = 100 };

static nanvm_ref make_list(nanvm_manager *manager) {
    nanvm_ref list = null_ref();
    for (size_t i = 0; i < NODES; i++) {
        struct node value = {list, i, null_ref()};
        list = nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
    }
    return list;
}

static size_t live_blocks(nanvm_manager *manager) {
    return nanvm_stats_make(manager).live_blocks;
}

static void test_child_uses_the_local_manager_of_its_parent(void **state) {
    fixture *self = *state;
    needs_fork();
    nanvm_ref list = make_list(self->manager);
    if (fork_child()) {
        nanvm_ref other = make_list(self->manager);
        bool well = live_blocks(self->manager) == 2 * NODES;
        nanvm_ref_drop(list);
        nanvm_ref_drop(other);
        well = well && live_blocks(self->manager) == 0;
        nanvm_local_deinit(&self->local);
        end_child(well);
    }
    assert_true(child_ended_well());
    assert_int_equal(live_blocks(self->manager), NODES);
    nanvm_ref_drop(list);
    assert_int_equal(live_blocks(self->manager), 0);
}

static void test_child_resets_the_arena_of_its_parent(void **state) {
    fixture *self = *state;
    needs_fork();
    nanvm_ref list = make_list(self->manager);
    if (fork_child()) {
        nanvm_arena_reset(&self->arena);
        bool well = live_blocks(self->manager) == 0;
        nanvm_arena_deinit(&self->arena);
        end_child(well);
    }
    assert_true(child_ended_well());
    assert_int_equal(live_blocks(self->manager), NODES);
    assert_int_equal(((const struct node *)nanvm_ref_get(list))->value, NODES - 1);
}

/* Counts are copies, too: what the child drops stays alive in the parent. */
static void test_child_drops_its_copies_of_global_objects(void **state) {
    (void)state;
    needs_fork();
    nanvm_ref list = make_list(nanvm_global());
    nanvm_ref clone = nanvm_ref_clone(list);
    if (fork_child()) {
        nanvm_ref_drop(clone);
        bool well = nanvm_ref_count(list) == 0;
        nanvm_ref_drop(list);
        end_child(well);
    }
    assert_true(child_ended_well());
    assert_int_equal(nanvm_ref_count(list), 1);
    nanvm_ref_drop(clone);
    nanvm_ref_drop(list);
}

/* --- in a callback --- */

static size_t ended;
static bool in_child;

/* In its callback the process is doubled; both go on from there. */
struct forking {
    nanvm_ref rest;
};

static void forking_drop(void *object, size_t length) {
    (void)length;
    in_child = fork_child();
    nanvm_ref_drop(((const struct forking *)object)->rest);
}

static void counting_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    ended += 1;
}

NANVM_TYPE_CALLBACKS(forking_type, struct forking, NULL, forking_drop, NULL);
NANVM_TYPE_CALLBACKS(counting_type, size_t, NULL, counting_drop, NULL);

static nanvm_ref make_counting(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new(manager, &counting_type));
}

/* One that the callback drops, and one that waits behind it. */
static nanvm_ref make_forking(nanvm_manager *manager) {
    struct forking forking = {make_counting(manager)};
    struct node node = {
        nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &forking_type, &forking)), 0,
        make_counting(manager)};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &node));
}

static void test_drop_goes_on_in_a_child_that_its_callback_made(void **state) {
    fixture *self = *state;
    needs_fork();
    ended = 0;
    nanvm_ref_drop(make_forking(self->manager));
    bool well = ended == 2 && live_blocks(self->manager) == 0;
    if (in_child) {
        nanvm_ref_drop(make_counting(self->manager)); /* no drop is at work any more */
        well = well && ended == 3;
        nanvm_local_deinit(&self->local);
        end_child(well);
    }
    assert_true(well);
    assert_true(child_ended_well());
}

/* --- beside other threads --- */

static void use_global(bool *well) {
    for (size_t i = 0; i < scaled(1000); i++) {
        nanvm_ref list = make_list(nanvm_global());
        *well = *well && nanvm_ref_count(list) == 0;
        nanvm_ref_drop(list);
    }
}

/* The other thread isn't there in the child: what it was at, is. */
static void use_global_and_fork(bool *well) {
    for (int i = 0; i < 10; i++) {
        if (fork_child()) {
            bool well_there = true;
            use_global(&well_there);
            kill_child(well_there);
        }
        *well = *well && child_ended_well();
    }
}

struct part {
    void (*body)(bool *well);
    bool well;
};

static void do_part(void *context) {
    struct part *self = context;
    self->body(&self->well);
}

static void test_child_uses_the_global_manager_while_others_did(void **state) {
    (void)state;
    needs_fork();
    needs_threads();
    struct part parts[] = {{use_global_and_fork, true}, {use_global, true}};
    in_threads(do_part, 2, parts, sizeof(parts[0]));
    assert_true(parts[0].well);
    assert_true(parts[1].well);
}

static const struct CMUnitTest tests[] = {
    TEST(test_child_uses_the_local_manager_of_its_parent, local),
    TEST(test_child_resets_the_arena_of_its_parent, arena),
    TEST(test_child_drops_its_copies_of_global_objects),
    TEST(test_drop_goes_on_in_a_child_that_its_callback_made, local),
    TEST(test_child_uses_the_global_manager_while_others_did),
};

RUN_TESTS(tests)
