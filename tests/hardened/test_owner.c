/* What a hardened build notices when two threads use what one of them has. Each mistake
 * is made by a second thread, in a child process: it ends the process. */
#include <stdlib.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "thread.h"

enum { NO_SIGNAL = 0 };

static const char plain_ref[] =
    "a reference to an object of a plain local manager was used by another thread";
static const char plain_manager[] =
    "a plain local manager was used by another thread than the one";
static const char shared_manager[] =
    "a shared local manager was used by a thread that it doesn't belong to";
static const char mixed[] = "an object that any thread may use refers to one of a plain";

/* A manager of the main thread, and objects in it. */
typedef struct shop {
    nanvm_local local;
    nanvm_manager *manager;
    nanvm_ref node;  /* the only reference */
    nanvm_ref twice; /* one of two */
    nanvm_ref other; /* the other one */
    nanvm_mut_ref array;
    nanvm_ref outer;       /* of the global manager: refers to `node` */
    nanvm_ref outer_other; /* to the same */
    void *memory;
    thread_body *body;
} shop;

static const nanvm_layout piece = {100, 8};

static void fill(shop *self) {
    self->manager = nanvm_local_manager(&self->local);
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    struct node value = {{NULL}, 1, {NULL}};
    self->node = nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &value));
    self->twice = nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &value));
    self->other = nanvm_ref_clone(self->twice);
    self->array = nanvm_new_array(self->manager, &ints_type, NULL, 3);
    self->memory = nanvm_manager_alloc(self->manager, piece);
}

static void empty(shop *self) {
    nanvm_ref_drop(self->node);
    nanvm_ref_drop(self->twice);
    nanvm_ref_drop(self->other);
    nanvm_mut_ref_drop(self->array);
    nanvm_manager_dealloc(self->manager, self->memory, piece);
    nanvm_local_deinit(&self->local);
}

static void in_second_thread(void *context) {
    shop *self = context;
    in_threads(self->body, 1, self, 0);
}

/* --- mistakes with a plain count --- */

static void clone(void *context) {
    shop *self = context;
    nanvm_ref copy = nanvm_ref_clone(self->twice);
    (void)copy;
}

static void drop_one_of_two(void *context) {
    nanvm_ref_drop(((shop *)context)->twice);
}

static void drop_last(void *context) {
    nanvm_ref_drop(((shop *)context)->node);
}

static void drop_mut_ref(void *context) {
    nanvm_mut_ref_drop(((shop *)context)->array);
}

static void ask_is_sole(void *context) {
    (void)nanvm_ref_is_sole(((shop *)context)->node);
}

static void ask_count(void *context) {
    (void)nanvm_ref_count(((shop *)context)->twice);
}

static void try_to_mut_ref(void *context) {
    nanvm_mut_ref own;
    (void)!nanvm_ref_try_to_mut_ref(&((shop *)context)->node, &own);
}

static void to_mut_ref(void *context) {
    nanvm_mut_ref own = nanvm_ref_to_mut_ref(&((shop *)context)->node, nanvm_global());
    (void)own;
}

static void make_mut(void *context) {
    (void)!nanvm_ref_make_mut(&((shop *)context)->node, nanvm_global());
}

static void clone_object(void *context) {
    nanvm_mut_ref copy = nanvm_ref_clone_object(((shop *)context)->node, nanvm_global());
    (void)copy;
}

static void resize(void *context) {
    (void)!nanvm_mut_ref_resize(&((shop *)context)->array, nanvm_global(), 5);
}

static void discard(void *context) {
    nanvm_mut_ref_discard(((shop *)context)->array);
}

static void look(nanvm_ref reference, void *context) {
    (void)reference;
    (void)context;
}

static void visit(void *context) {
    nanvm_ref_visit(((shop *)context)->node, look, NULL);
}

static void share(void *context) {
    (void)!nanvm_ref_share(((shop *)context)->node);
}

/* --- mistakes with a manager --- */

static void create(void *context) {
    nanvm_mut_ref made = nanvm_new(((shop *)context)->manager, &node_type);
    (void)made;
}

static void create_array(void *context) {
    nanvm_mut_ref made =
        nanvm_new_array(((shop *)context)->manager, &ints_type, NULL, 2000);
    (void)made;
}

static void alloc(void *context) {
    (void)!nanvm_manager_alloc(((shop *)context)->manager, piece);
}

static void resize_piece(void *context) {
    shop *self = context;
    (void)!nanvm_manager_resize(self->manager, self->memory, piece, 1000);
}

static void dealloc(void *context) {
    shop *self = context;
    nanvm_manager_dealloc(self->manager, self->memory, piece);
}

static void dealloc_raw(void *context) {
    nanvm_local_dealloc_raw(&((shop *)context)->local);
}

static void trim(void *context) {
    (void)nanvm_local_trim(&((shop *)context)->local);
}

static void ask_stats(void *context) {
    (void)nanvm_stats_make(((shop *)context)->manager);
}

static void share_all(void *context) {
    (void)!nanvm_local_share(&((shop *)context)->local);
}

static void hand_over(void *context) {
    nanvm_local_hand_over(&((shop *)context)->local);
}

static void end(void *context) {
    nanvm_local_deinit(&((shop *)context)->local);
}

static thread_body *const with_refs[] = {
    clone,     drop_one_of_two, drop_last,  drop_mut_ref, ask_is_sole,
    ask_count, try_to_mut_ref,  to_mut_ref, make_mut,     clone_object,
    resize,    discard,         visit,      share};
static thread_body *const with_manager[] = {create,    create_array, alloc, resize_piece,
                                            dealloc,   dealloc_raw,  trim,  ask_stats,
                                            share_all, hand_over,    end};
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static void expect_stop(shop *self, thread_body *body, const char *message) {
    char output[4096];
    self->body = body;
    assert_int_not_equal(run_in_child(in_second_thread, self, output, sizeof(output)),
                         NO_SIGNAL);
    assert_non_null(strstr(output, message));
}

static void test_plain_reference_in_another_thread_stops(void **state) {
    (void)state;
    needs_threads();
    needs_fork();
    shop self;
    nanvm_local_init(&self.local);
    fill(&self);
    for (size_t i = 0; i < LENGTH(with_refs); i++) {
        expect_stop(&self, with_refs[i], plain_ref);
    }
    empty(&self);
}

static void expect_manager_stops(shop *self, const char *message) {
    fill(self);
    for (size_t i = 0; i < LENGTH(with_manager); i++) {
        expect_stop(self, with_manager[i], message);
    }
    empty(self);
}

static void test_plain_manager_in_another_thread_stops(void **state) {
    (void)state;
    needs_threads();
    needs_fork();
    shop self;
    nanvm_local_init(&self.local);
    expect_manager_stops(&self, plain_manager);
}

static void test_shared_manager_in_another_thread_stops(void **state) {
    (void)state;
    needs_threads();
    needs_fork();
    shop self;
    nanvm_local_init_shared(&self.local);
    expect_manager_stops(&self, shared_manager);
}

/* A plain object keeps its owner where another one in its chunk was shared. */
static void test_plain_reference_beside_shared_ones_stops(void **state) {
    (void)state;
    needs_threads();
    needs_fork();
    shop self;
    nanvm_local_init(&self.local);
    fill(&self);
    assert_true(nanvm_ref_share(self.node));
    expect_stop(&self, drop_one_of_two, plain_ref);
    empty(&self);
}

/* --- what is allowed --- */

static void read_only(void *context) {
    const shop *self = context;
    const struct node *node = nanvm_ref_get(self->node);
    nanvm_ref array = nanvm_mut_ref_to_ref(self->array);
    if (node->value != 1 || nanvm_ref_type(self->node) != &node_type ||
        nanvm_ref_length(array) != 3 || nanvm_ref_length(self->twice) != 0) {
        abort();
    }
}

static void use_all(void *context) {
    shop *self = context;
    nanvm_local_take_over(&self->local);
    nanvm_ref_drop(nanvm_ref_clone(self->twice));
    nanvm_mut_ref_drop(nanvm_new(self->manager, &node_type));
    if (!nanvm_mut_ref_resize(&self->array, self->manager, 2000)) {
        abort();
    }
    (void)nanvm_local_trim(&self->local);
    nanvm_local_hand_over(&self->local);
}

static void drop_orphan(void *context) {
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static void test_reading_handing_over_and_orphans_are_allowed(void **state) {
    (void)state;
    needs_threads();
    for (size_t is_shared = 0; is_shared < 2; is_shared++) {
        shop self;
        is_shared ? nanvm_local_init_shared(&self.local) : nanvm_local_init(&self.local);
        fill(&self);
        in_threads(read_only, 1, &self, 0);
        nanvm_local_hand_over(&self.local);
        in_threads(use_all, 1, &self, 0);
        nanvm_local_take_over(&self.local);
        nanvm_ref orphan = nanvm_ref_clone(self.node);
        empty(&self);
        in_threads(drop_orphan, 1, &orphan, 0);
    }
}

static void test_manager_that_was_handed_over_stops_whoever_uses_it(void **state) {
    (void)state;
    shop self;
    nanvm_local_init(&self.local);
    fill(&self);
    nanvm_local_hand_over(&self.local);
    expect_fatal(plain_manager, create, &self);
    expect_fatal(plain_ref, clone, &self);
    nanvm_local_take_over(&self.local);
    empty(&self);
}

static void use_in_child(void *context) {
    shop *self = context;
    nanvm_mut_ref_drop(nanvm_new(self->manager, &node_type));
    empty(self);
}

static void test_child_has_what_its_thread_had(void **state) {
    (void)state;
    char output[4096];
    needs_fork();
    shop self;
    nanvm_local_init(&self.local);
    fill(&self);
    assert_int_equal(run_in_child(use_in_child, &self, output, sizeof(output)),
                     NO_SIGNAL);
    empty(&self);
}

/* --- objects that any thread may use, and what they refer to --- */

static void drop_outer(void *context) {
    nanvm_ref_drop(((shop *)context)->outer);
}

static void clone_outer(void *context) {
    nanvm_ref copy = nanvm_ref_clone(((shop *)context)->outer);
    (void)copy;
}

static void read_outer(void *context) {
    const struct node *outer = nanvm_ref_get(((shop *)context)->outer);
    if (outer->value != 7) {
        abort();
    }
}

static void test_shared_object_that_refers_to_a_plain_one_stops(void **state) {
    (void)state;
    needs_threads();
    needs_fork();
    shop self;
    nanvm_local_init(&self.local);
    fill(&self);
    struct node value = {nanvm_ref_clone(self.node), 7, {NULL}};
    self.outer = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &value));
    self.outer_other = nanvm_ref_clone(self.outer); /* this thread may */
    in_threads(read_outer, 1, &self, 0);
    expect_stop(&self, drop_outer, mixed);
    if (is_debug) {
        expect_stop(&self, clone_outer, mixed);
    }
    nanvm_ref_drop(self.outer_other);
    expect_stop(&self, drop_outer, mixed);
    nanvm_ref_drop(self.outer);
    empty(&self);
}

/* The reference that is behind those looked at is noticed when it is released. */
static void test_plain_item_far_behind_stops_at_the_end(void **state) {
    (void)state;
    needs_threads();
    needs_fork();
    shop self;
    nanvm_local_init(&self.local);
    fill(&self);
    nanvm_mut_ref array = nanvm_new_array(nanvm_global(), &refs_type, NULL, 100);
    ((nanvm_ref *)array.object)[99] = nanvm_ref_clone(self.node);
    self.outer = nanvm_mut_ref_to_ref(array);
    expect_stop(&self, drop_outer, plain_ref);
    nanvm_ref_drop(self.outer);
    empty(&self);
}

static const struct CMUnitTest tests[] = {
    TEST(test_plain_reference_in_another_thread_stops),
    TEST(test_plain_manager_in_another_thread_stops),
    TEST(test_shared_manager_in_another_thread_stops),
    TEST(test_plain_reference_beside_shared_ones_stops),
    TEST(test_reading_handing_over_and_orphans_are_allowed),
    TEST(test_manager_that_was_handed_over_stops_whoever_uses_it),
    TEST(test_child_has_what_its_thread_had),
    TEST(test_shared_object_that_refers_to_a_plain_one_stops),
    TEST(test_plain_item_far_behind_stops_at_the_end),
};

RUN_TESTS(tests)
