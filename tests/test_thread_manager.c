/* The manager of the calling thread: made when it is first asked for, ended with it. */
#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* fork and its company; RTLD_NOW */
#endif

#include <stdlib.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"
#include "thread.h"

static size_t live_blocks(void) {
    return nanvm_stats_make(nanvm_thread_manager()).live_blocks;
}

static nanvm_ref make_list(size_t length) {
    nanvm_ref list = null_ref();
    for (size_t i = 0; i < length; i++) {
        struct node value = {list, i, null_ref()};
        list = nanvm_mut_ref_to_ref(
            nanvm_new_copy(nanvm_thread_manager(), &node_type, &value));
    }
    return list;
}

/* --- in one thread --- */

static void test_thread_has_one_manager(void **state) {
    (void)state;
    nanvm_manager *manager = nanvm_thread_manager();
    assert_ptr_equal(nanvm_thread_manager(), manager);
    assert_ptr_equal(nanvm_local_manager(nanvm_thread_local()), manager);
    nanvm_mut_ref made = nanvm_new(manager, &point_type);
    assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_PLAIN);
    assert_int_equal(live_blocks(), 1);
    nanvm_mut_ref_drop(made);
    assert_int_equal(live_blocks(), 0);
    nanvm_thread_deinit();
}

static void test_local_manager_is_there_before_the_manager_is_asked_for(void **state) {
    (void)state;
    nanvm_local *local = nanvm_thread_local();
    assert_int_equal(nanvm_local_trim(local), 0);
    assert_ptr_equal(nanvm_thread_manager(), nanvm_local_manager(local));
    nanvm_thread_deinit();
}

static void test_deinit_without_a_manager_does_nothing(void **state) {
    (void)state;
    nanvm_thread_deinit();
    nanvm_thread_deinit();
}

static void test_objects_outlive_the_deinit_of_their_manager(void **state) {
    (void)state;
    nanvm_ref list = make_list(100);
    nanvm_thread_deinit();
    assert_int_equal(live_blocks(), 0); /* of a new manager */
    nanvm_ref other = make_list(3);
    assert_int_equal(((const struct node *)nanvm_ref_get(list))->value, 99);
    nanvm_ref_drop(list);
    assert_int_equal(live_blocks(), 3);
    nanvm_ref_drop(other);
    nanvm_thread_deinit();
    nanvm_thread_deinit();
}

/* --- reports --- */

static void leave_objects(void *context) {
    (void)context;
    nanvm_ref list = make_list(10);
    nanvm_thread_deinit();
    nanvm_ref_drop(list);
}

static void test_objects_that_are_alive_are_not_reported(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leave_objects, NULL, output, sizeof(output)), 0);
    assert_string_equal(output, "");
}

static void leave_reported_objects(void *context) {
    nanvm_local_on_leak(nanvm_thread_local(), NULL, NULL);
    leave_objects(context);
}

static void test_report_of_objects_can_be_turned_on(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leave_reported_objects, NULL, output, sizeof(output)),
                     0);
    assert_non_null(strstr(output, "nanvm_mem: struct node: 10 alive, "));
}

static void *left; /* so that no leak checker finds that it is lost */

static void leave_raw_memory(void *context) {
    (void)context;
    left = nanvm_manager_alloc(nanvm_thread_manager(), nanvm_layout_make(100, 8));
    leave_objects(context);
    _Exit(left == NULL);
}

static void test_raw_memory_that_is_alive_is_reported(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leave_raw_memory, NULL, output, sizeof(output)), 0);
    assert_non_null(strstr(output, "nanvm_mem: raw memory: 1 alive, "));
    assert_non_null(strstr(output, " at the end of their thread\n"));
    assert_null(strstr(output, "node"));
}

/* What is called while the manager ends finds that very manager. */
typedef struct visit {
    nanvm_manager *manager;
    nanvm_ref made;
    size_t calls;
} visit;

static void use_in_report(void *context, const nanvm_type *type, size_t blocks,
                          size_t bytes) {
    visit *self = context;
    (void)type;
    (void)blocks;
    (void)bytes;
    self->calls += 1;
    assert_ptr_equal(nanvm_thread_manager(), self->manager);
    nanvm_thread_deinit(); /* is at work */
    assert_ptr_equal(nanvm_thread_manager(), self->manager);
    self->made = nanvm_mut_ref_to_ref(nanvm_new(nanvm_thread_manager(), &point_type));
}

static void test_manager_can_be_used_while_it_ends(void **state) {
    (void)state;
    visit self = {nanvm_thread_manager(), null_ref(), 0};
    nanvm_local_on_leak(nanvm_thread_local(), use_in_report, &self);
    nanvm_ref list = make_list(1);
    nanvm_thread_deinit();
    assert_int_equal(self.calls, 1);
    assert_int_equal(live_blocks(), 0);
    nanvm_ref_drop(list);
    nanvm_ref_drop(self.made);
    nanvm_thread_deinit();
}

/* --- in several threads --- */

typedef struct part {
    nanvm_manager *manager;
    nanvm_ref list;
    bool well;
} part;

static void make_result(void *context) {
    part *self = context;
    self->manager = nanvm_thread_manager();
    nanvm_ref dropped = make_list(1000);
    self->list = make_list(100);
    nanvm_ref_drop(dropped);
    self->well = live_blocks() == 100 && nanvm_thread_manager() == self->manager;
}

/* Their threads have ended: what they made is this thread's now. */
static void test_threads_have_managers_of_their_own_and_leave_results(void **state) {
    (void)state;
    needs_threads();
    part parts[4] = {{NULL, {NULL}, false}};
    nanvm_manager *own = nanvm_thread_manager();
    in_threads(make_result, 4, parts, sizeof(parts[0]));
    for (size_t i = 0; i < 4; i++) {
        assert_true(parts[i].well);
        assert_ptr_not_equal(parts[i].manager, own);
        assert_int_equal(((const struct node *)nanvm_ref_get(parts[i].list))->value, 99);
        nanvm_ref clone = nanvm_ref_clone(parts[i].list);
        assert_int_equal(nanvm_ref_count(clone), 1);
        nanvm_ref_drop(clone);
        nanvm_ref_drop(parts[i].list);
    }
    assert_int_equal(live_blocks(), 0);
    nanvm_thread_deinit();
}

static void count_end(void *context, const nanvm_type *type, size_t blocks,
                      size_t bytes) {
    size_t *ends = context;
    (void)type;
    (void)bytes;
    *ends += blocks;
}

typedef struct ending {
    size_t ends;
    nanvm_ref list;
} ending;

static void end_with_a_report(void *context) {
    ending *self = context;
    nanvm_local_on_leak(nanvm_thread_local(), count_end, &self->ends);
    self->list = make_list(7);
}

static void test_manager_ends_with_its_thread(void **state) {
    (void)state;
    needs_threads();
    ending parts[2] = {{0, {NULL}}};
    in_threads(end_with_a_report, 2, parts, sizeof(parts[0]));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(parts[i].ends, 7);
        nanvm_ref_drop(parts[i].list);
    }
}

static void end_twice(void *context) {
    ending *self = context;
    end_with_a_report(self);
    nanvm_thread_deinit();
    nanvm_ref_drop(nanvm_ref_move(&self->list));
    end_with_a_report(self);
}

static void end_early(void *context) {
    ending *self = context;
    end_with_a_report(self);
    nanvm_thread_deinit();
    nanvm_ref_drop(nanvm_ref_move(&self->list));
}

static void test_manager_that_has_ended_before_does_not_end_again(void **state) {
    (void)state;
    needs_threads();
    ending self = {0, {NULL}};
    in_threads(end_early, 1, &self, 0);
    assert_int_equal(self.ends, 7);
    in_threads(end_twice, 1, &self, 0);
    assert_int_equal(self.ends, 3 * 7);
    nanvm_ref_drop(self.list);
}

/* --- while a thread ends --- */

#if defined(_WIN32) || defined(__wasi__)

static void test_destructors_of_a_thread_use_its_manager(void **state) {
    (void)state;
    needs_fork();
}

static void test_manager_begins_anew_where_a_callback_keeps_it(void **state) {
    (void)state;
    needs_fork();
}

static void test_callback_may_end_the_manager_that_has_just_ended(void **state) {
    (void)state;
    needs_fork();
}

static void test_thread_without_a_hook_has_a_manager(void **state) {
    (void)state;
    needs_fork();
}

static void test_child_has_the_manager_of_the_thread_that_forked(void **state) {
    (void)state;
    needs_fork();
}

#else

#include <limits.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs in each round of destructors, before or after the manager has ended. */
typedef struct late {
    pthread_key_t key;
    size_t rounds;
    size_t most;
    size_t ends; /* of objects that were reported */
    nanvm_ref kept[8];
} late;

static void use_late(void *context) {
    late *self = context;
    nanvm_local_on_leak(nanvm_thread_local(), count_end, &self->ends);
    self->kept[self->rounds++] = make_list(1);
    if (self->rounds < self->most) {
        (void)pthread_setspecific(self->key, self);
    }
}

static void end_late(void *context) {
    late *self = context;
    self->kept[7] = make_list(1);
    (void)pthread_setspecific(self->key, self);
}

/* Two rounds of three: the library's destructor runs before the other one, or behind. */
static void test_destructors_of_a_thread_use_its_manager(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        late self = {.most = 2};
        if (first == 1) {
            (void)nanvm_thread_manager(); /* the library's key is there before */
        }
        assert_int_equal(pthread_key_create(&self.key, use_late), 0);
        in_threads(end_late, 1, &self, 0);
        assert_int_equal(self.rounds, 2);
        assert_true(self.ends == 2 || self.ends == 3);
        for (size_t i = 0; i < 8; i++) {
            nanvm_ref_drop(self.kept[i]);
        }
        assert_int_equal(pthread_key_delete(self.key), 0);
    }
    nanvm_thread_deinit();
}

/* A callback that runs when the manager has ended, and whose object begins it anew: it
 * waits, since another manager's source drops references while raw memory is resized. */
static nanvm_manager *revived;
static nanvm_ref revival;
static nanvm_ref held_by_source;

static void revive(void *object, size_t length) {
    (void)object;
    (void)length;
    revival = nanvm_mut_ref_to_ref(nanvm_new(revived, &point_type));
}

NANVM_TYPE_CALLBACKS(reviving_type, struct point, NULL, revive, NULL);

static void *source_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return nanvm_global()->table->alloc(nanvm_global(), layout);
}

static void source_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    nanvm_dealloc *global = nanvm_global()->dealloc;
    (void)self;
    global->table->dealloc(global, memory, layout);
    nanvm_ref_drop(nanvm_ref_move(&held_by_source));
}

static const nanvm_manager_table source_table = {.alloc = source_alloc};
static const nanvm_dealloc_table source_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                         .dealloc = source_dealloc};
static nanvm_dealloc source_frees = {&source_dealloc_table};
static nanvm_manager source = {.table = &source_table, .dealloc = &source_frees};

static nanvm_local other;
static void *piece;

/* An object of the type dies when the thread's manager has ended. */
static void leave_behind(const nanvm_type *type) {
    nanvm_layout layout = nanvm_layout_make(100000, 8);
    nanvm_local_init_from(&other, &source);
    piece = nanvm_manager_alloc(nanvm_local_manager(&other), layout);
    nanvm_mut_ref_drop(nanvm_new(nanvm_thread_manager(), &point_type));
    held_by_source = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), type));
    piece = nanvm_manager_resize(nanvm_local_manager(&other), piece, layout, 200000);
}

static void end_other(void) {
    nanvm_local_take_over(&other);
    nanvm_manager_dealloc(nanvm_local_manager(&other), piece,
                          nanvm_layout_make(200000, 8));
    nanvm_local_deinit(&other);
}

static void be_revived(void *context) {
    revived = nanvm_thread_manager();
    nanvm_local_on_leak(nanvm_thread_local(), count_end, context);
    leave_behind(&reviving_type);
}

static void test_manager_begins_anew_where_a_callback_keeps_it(void **state) {
    (void)state;
    size_t ends = 0;
    in_threads(be_revived, 1, &ends, 0);
    end_other();
    assert_non_null(nanvm_ref_get(revival));
    assert_int_equal(ends, 1);
    nanvm_ref_drop(nanvm_ref_move(&revival));
}

static bool ended_again;

static void end_again(void *object, size_t length) {
    (void)object;
    (void)length;
    nanvm_thread_deinit();
    ended_again = true;
}

NANVM_TYPE_CALLBACKS(ending_type, struct point, NULL, end_again, NULL);

static void test_callback_may_end_the_manager_that_has_just_ended(void **state) {
    (void)state;
    ended_again = false;
    leave_behind(&ending_type);
    assert_false(ended_again);
    nanvm_thread_deinit();
    assert_true(ended_again);
    assert_int_equal(live_blocks(), 0); /* of a new manager */
    nanvm_thread_deinit();
    end_other();
}

/* All keys are taken, before the library has one. */
static void ask_without_a_hook(void *context) {
    static pthread_key_t keys[PTHREAD_KEYS_MAX + 1];
    static ending self;
    size_t length = 0;
    (void)context;
    while (pthread_key_create(&keys[length], NULL) == 0) {
        length += 1;
    }
    in_threads(end_with_a_report, 1, &self, 0);
    bool well = length > 0 && self.ends == 0;
    nanvm_ref list = make_list(5);
    nanvm_manager *manager = nanvm_thread_manager();
    well = well && live_blocks() == 5;
    nanvm_thread_deinit();
    well = well && nanvm_thread_manager() == manager && live_blocks() == 0;
    nanvm_ref_drop(list);
    nanvm_ref_drop(make_list(5));
    nanvm_thread_deinit();
    _Exit(well ? 0 : 1); /* what the other thread has is lost */
}

static void test_thread_without_a_hook_has_a_manager(void **state) {
    (void)state;
    needs_fork();
    skip_under_memcheck("the child loses what its thread has");
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        ask_without_a_hook(NULL);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void fork_and_use(void *context) {
    bool *well = context;
    nanvm_ref list = make_list(10);
    nanvm_manager *manager = nanvm_thread_manager();
    pid_t child = fork();
    if (child == 0) {
        bool same = nanvm_thread_manager() == manager && live_blocks() == 10;
        nanvm_ref_drop(list);
        nanvm_ref_drop(make_list(20));
        same = same && live_blocks() == 0;
        nanvm_thread_deinit();
        _exit(same ? 0 : 1);
    }
    int status = 1;
    *well = waitpid(child, &status, 0) == child && status == 0 && live_blocks() == 10;
    nanvm_ref_drop(list);
}

static void test_child_has_the_manager_of_the_thread_that_forked(void **state) {
    (void)state;
    bool well[2] = {false, false};
    needs_fork();
    skip_under_memcheck("the child loses the stack of its parent's thread");
    fork_and_use(&well[0]);
    nanvm_thread_deinit();
    in_threads(fork_and_use, 1, &well[1], 0);
    assert_true(well[0] && well[1]);
}

#endif

static const struct CMUnitTest tests[] = {
    TEST(test_thread_without_a_hook_has_a_manager), /* first: there is no key yet */
    TEST(test_thread_has_one_manager),
    TEST(test_local_manager_is_there_before_the_manager_is_asked_for),
    TEST(test_deinit_without_a_manager_does_nothing),
    TEST(test_objects_outlive_the_deinit_of_their_manager),
    TEST(test_objects_that_are_alive_are_not_reported),
    TEST(test_report_of_objects_can_be_turned_on),
    TEST(test_raw_memory_that_is_alive_is_reported),
    TEST(test_manager_can_be_used_while_it_ends),
    TEST(test_threads_have_managers_of_their_own_and_leave_results),
    TEST(test_manager_ends_with_its_thread),
    TEST(test_manager_that_has_ended_before_does_not_end_again),
    TEST(test_destructors_of_a_thread_use_its_manager),
    TEST(test_manager_begins_anew_where_a_callback_keeps_it),
    TEST(test_callback_may_end_the_manager_that_has_just_ended),
    TEST(test_child_has_the_manager_of_the_thread_that_forked),
};

RUN_TESTS(tests)
