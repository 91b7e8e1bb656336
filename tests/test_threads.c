/* Objects of the global manager, used from several threads at once. */
#include <sched.h>

#include <stdatomic.h>

#include "run.h"
#include "stage.h"
#include "thread.h"

enum { THREADS = 4 };

static size_t rounds(void) {
    return scaled(200000);
}

/* --- counting --- */

typedef struct share {
    nanvm_ref ref;
    size_t errors;
} share;

static void clone_and_drop(void *context) {
    share *self = context;
    for (size_t i = 0; i < rounds(); i++) {
        nanvm_ref copy = nanvm_ref_clone(self->ref);
        self->errors += ((const struct tracked *)nanvm_ref_get(copy))->value != 42;
        nanvm_ref_drop(copy);
    }
    nanvm_ref_drop(nanvm_ref_move(&self->ref));
}

static void share_among_threads(nanvm_manager *manager) {
    share shares[THREADS] = {{.errors = 0}};
    nanvm_ref ref = nanvm_mut_ref_to_ref(tracked_new(manager, 42));
    for (size_t i = 0; i < THREADS; i++) {
        shares[i].ref = nanvm_ref_clone(ref);
    }
    nanvm_ref_drop(ref);
    in_threads(clone_and_drop, THREADS, shares, sizeof(shares[0]));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(shares[i].errors, 0);
    }
    assert_int_equal(tracked_live(), 0);
}

static void test_threads_clone_and_drop_one_global_object(void **state) {
    (void)state;
    needs_threads();
    share_among_threads(nanvm_global());
}

static void test_threads_clone_and_drop_one_object_of_an_atomic_manager(void **state) {
    (void)state;
    needs_threads();
    accounting manager;
    accounting_init(&manager, NANVM_COUNT_ATOMIC);
    share_among_threads(&manager.manager);
    accounting_deinit(&manager);
}

/* --- creating and dropping at once --- */

static void create_and_drop(void *context) {
    size_t *errors = context;
    for (size_t i = 0; i < rounds() / 10; i++) {
        nanvm_mut_ref leaf = tracked_new(nanvm_global(), i);
        nanvm_ref ref = nanvm_mut_ref_to_ref(leaf);
        nanvm_ref items[] = {ref, nanvm_ref_clone(ref)};
        nanvm_mut_ref array = nanvm_new_array(nanvm_global(), &refs_type, items, 2);
        *errors += !nanvm_mut_ref_resize(&array, nanvm_global(), 9);
        nanvm_mut_ref_drop(array);
    }
}

static void test_threads_create_and_drop_at_once(void **state) {
    (void)state;
    needs_threads();
    size_t errors[THREADS] = {0};
    in_threads(create_and_drop, THREADS, errors, sizeof(errors[0]));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(errors[i], 0);
    }
    assert_int_equal(tracked_live(), 0);
}

/* --- two threads, side by side over the same objects --- */

typedef struct lane {
    nanvm_ref *refs; /* One of each object's two. */
    size_t length;
    atomic_size_t *arrived;
} lane;

static void drop_in_lockstep(void *context) {
    lane *self = context;
    for (size_t i = 0; i < self->length; i++) {
        if (i % 16 == 0) { /* Wait for the other now and then. */
            size_t target = (atomic_fetch_add(self->arrived, 1) / 2 + 1) * 2;
            while (atomic_load(self->arrived) < target) {
                sched_yield();
            }
        }
        nanvm_ref_drop(self->refs[i]);
    }
}

static void test_two_threads_that_drop_at_once_free_each_object_once(void **state) {
    (void)state;
    needs_threads();
    enum { LENGTH = 4096 };
    static nanvm_ref refs[2][LENGTH];
    for (size_t round = 0; round < scaled(100) + 1; round++) {
        atomic_size_t arrived = 0;
        for (size_t i = 0; i < LENGTH; i++) {
            refs[0][i] = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
            refs[1][i] = nanvm_ref_clone(refs[0][i]);
        }
        lane lanes[] = {{refs[0], LENGTH, &arrived}, {refs[1], LENGTH, &arrived}};
        in_threads(drop_in_lockstep, 2, lanes, sizeof(lanes[0]));
        assert_int_equal(tracked_live(), 0);
    }
}

/* --- a structure that is dropped by whoever is last --- */

static void drop_share(void *context) {
    share *self = context;
    nanvm_ref_drop(nanvm_ref_move(&self->ref));
}

static nanvm_ref chain(size_t length) {
    nanvm_ref tail = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 0));
    for (size_t i = 0; i < length; i++) {
        struct node value = {nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i)), i,
                             tail};
        tail = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &value));
    }
    return tail;
}

/* Each thread has its own head; the tails are shared. */
static void test_threads_drop_chains_that_share_their_tails(void **state) {
    (void)state;
    needs_threads();
    share shares[THREADS] = {{.errors = 0}};
    for (size_t round = 0; round < 20; round++) {
        nanvm_ref tail = chain(200);
        for (size_t i = 0; i < THREADS; i++) {
            struct node value = {.value = i, .right = nanvm_ref_clone(tail)};
            shares[i].ref =
                nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &value));
        }
        nanvm_ref_drop(tail);
        in_threads(drop_share, THREADS, shares, sizeof(shares[0]));
        assert_int_equal(tracked_live(), 0);
    }
}

/* --- the last owner becomes the only one --- */

typedef struct relay {
    nanvm_ref ref;
    atomic_size_t *winners;
} relay;

/* Reads, then drops; or, if the others are gone by now, writes without a lock:
 * what they read happened before. */
static void read_then_write(void *context) {
    relay *self = context;
    nanvm_mut_ref taken;
    if (((const struct point *)nanvm_ref_get(self->ref))->x < 0) {
        return;
    }
    if (nanvm_ref_try_to_mut_ref(&self->ref, &taken)) {
        ((struct point *)nanvm_mut_ref_get(taken))->x += 1;
        atomic_fetch_add(self->winners, 1);
        nanvm_mut_ref_drop(taken);
    } else {
        nanvm_ref_drop(nanvm_ref_move(&self->ref));
    }
}

static void test_sole_owner_is_handed_over_without_a_race(void **state) {
    (void)state;
    needs_threads();
    atomic_size_t winners = 0;
    size_t repeats = scaled(2000) + 10;
    for (size_t i = 0; i < repeats; i++) {
        relay relays[2] = {{.winners = &winners}, {.winners = &winners}};
        relays[0].ref = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
        relays[1].ref = nanvm_ref_clone(relays[0].ref);
        in_threads(read_then_write, 2, relays, sizeof(relays[0]));
    }
    assert_true(atomic_load(&winners) <= repeats);
}

/* --- everyone writes to a copy of their own --- */

static void update_often(void *context) {
    share *self = context;
    for (size_t i = 0; i < rounds() / 20; i++) {
        nanvm_mut_ref own = nanvm_ref_to_mut_ref(&self->ref, nanvm_global());
        struct node *node = nanvm_mut_ref_get(own);
        self->errors += node == NULL;
        node->value++;
        self->ref = nanvm_mut_ref_to_ref(own);
    }
}

static void test_threads_update_values_that_they_share(void **state) {
    (void)state;
    needs_threads();
    share shares[THREADS] = {{.errors = 0}};
    struct node value = {.left = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 0))};
    nanvm_ref ref =
        nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &value));
    size_t before = nanvm_stats_make(nanvm_global()).clones;
    for (size_t i = 0; i < THREADS; i++) {
        shares[i].ref = nanvm_ref_clone(ref);
    }
    in_threads(update_often, THREADS, shares, sizeof(shares[0]));
    assert_int_equal(nanvm_stats_make(nanvm_global()).clones - before, THREADS);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(shares[i].errors, 0);
        assert_int_equal(((const struct node *)shares[i].ref.object)->value,
                         rounds() / 20);
        nanvm_ref_drop(shares[i].ref);
    }
    assert_int_equal(((const struct node *)ref.object)->value, 0);
    nanvm_ref_drop(ref);
}

/* --- a local manager that moves to another thread as a whole --- */

typedef struct parcel {
    nanvm_local local;
    nanvm_mut_ref object;
} parcel;

static void finish_parcel(void *context) {
    parcel *self = context;
    nanvm_local_take_over(&self->local);
    ((struct point *)nanvm_mut_ref_get(self->object))->y = 2;
    nanvm_mut_ref other = nanvm_new(nanvm_local_manager(&self->local), &point_type);
    nanvm_mut_ref_drop(other);
    nanvm_mut_ref_drop(self->object);
    nanvm_local_deinit(&self->local);
}

static void test_local_manager_can_be_handed_to_another_thread(void **state) {
    (void)state;
    needs_threads();
    parcel sent;
    nanvm_local_init(&sent.local);
    sent.object = nanvm_new(nanvm_local_manager(&sent.local), &point_type);
    nanvm_local_hand_over(&sent.local);
    in_threads(finish_parcel, 1, &sent, 0);
}

/* --- an arena's objects, read by everyone --- */

static void read_arena(void *context) {
    share *self = context;
    for (size_t i = 0; i < rounds() / 10; i++) {
        nanvm_ref copy = nanvm_ref_clone(self->ref);
        const struct node *node = nanvm_ref_get(copy);
        self->errors += node->value != 7 || nanvm_ref_count(node->left) != SIZE_MAX;
        nanvm_ref_drop(copy);
    }
}

static void test_threads_read_the_objects_of_an_arena(void **state) {
    fixture *self = *state;
    needs_threads();
    struct node value = {nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type)), 7,
                         null_ref()};
    share shares[THREADS] = {{.errors = 0}};
    nanvm_ref ref =
        nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &value));
    for (size_t i = 0; i < THREADS; i++) {
        shares[i].ref = ref;
    }
    in_threads(read_arena, THREADS, shares, sizeof(shares[0]));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(shares[i].errors, 0);
    }
}

/* --- a local object, read by others while its owner counts --- */

typedef struct reading {
    nanvm_ref ref; /* borrowed: the reader counts nothing */
    nanvm_local *local;
    atomic_bool *done;
    bool is_owner;
    size_t errors;
} reading;

static void read_borrowed(void *context) {
    reading *self = context;
    do {
        const struct words *words = nanvm_ref_get(self->ref);
        size_t length = nanvm_ref_length(self->ref);
        self->errors += length != 3 || nanvm_ref_type(self->ref) != &words_type;
        self->errors += words->first != word_from_number(1);
        self->errors += words->items[2] != word_from_number(4);
        sched_yield();
    } while (!atomic_load(self->done));
}

static void clone_meanwhile(void *context) {
    reading *self = context;
    for (size_t i = 0; i < rounds() / 10; i++) {
        nanvm_ref copy = nanvm_ref_clone(self->ref);
        nanvm_ref_drop(copy);
    }
    atomic_store(self->done, true);
}

static void read_or_clone(void *context) {
    reading *self = context;
    if (self->is_owner) {
        nanvm_local_take_over(self->local);
        clone_meanwhile(self);
        nanvm_local_hand_over(self->local);
    } else {
        read_borrowed(self);
    }
}

static void test_threads_read_a_local_object_while_its_owner_counts(void **state) {
    fixture *self = *state;
    needs_threads();
    const word items[] = {word_from_number(2), word_from_number(3), word_from_number(4)};
    nanvm_mut_ref made = nanvm_new_array(self->manager, &words_type, items, 3);
    ((struct words *)nanvm_mut_ref_get(made))->first = word_from_number(1);
    atomic_bool done = false;
    reading all[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        all[i] = (reading){nanvm_mut_ref_to_ref(made), &self->local, &done, i == 0, 0};
    }
    nanvm_local_hand_over(&self->local);
    in_threads(read_or_clone, THREADS, all, sizeof(all[0]));
    nanvm_local_take_over(&self->local);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(all[i].errors, 0);
    }
    nanvm_ref_drop(all[0].ref);
}

static const struct CMUnitTest tests[] = {
    TEST(test_threads_clone_and_drop_one_global_object),
    TEST(test_threads_clone_and_drop_one_object_of_an_atomic_manager),
    TEST(test_threads_create_and_drop_at_once),
    TEST(test_two_threads_that_drop_at_once_free_each_object_once),
    TEST(test_threads_drop_chains_that_share_their_tails),
    TEST(test_sole_owner_is_handed_over_without_a_race),
    TEST(test_threads_update_values_that_they_share),
    TEST(test_local_manager_can_be_handed_to_another_thread),
    TEST(test_threads_read_the_objects_of_an_arena, arena_in_buffer),
    TEST(test_threads_read_a_local_object_while_its_owner_counts, local),
};

RUN_TESTS(tests)
