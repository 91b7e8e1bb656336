/* A shared local manager: one thread creates, any thread drops. */
#include <sched.h>

#include <stdatomic.h>

#include "misuse.h"
#include "run.h"
#include "skip.h"
#include "stage.h"
#include "thread.h"

enum { THREADS = 4 };

/* A shared manager over a source that accounts for every byte, from any thread. */
static void open_shared(fixture *self) {
    accounting_init(&self->source, NANVM_COUNT_ATOMIC);
    nanvm_local_init_shared_from(&self->local, &self->source.manager);
    self->manager = nanvm_local_manager(&self->local);
}

FIXTURE(shared, open_shared, close_local)

static nanvm_ref large_ints(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new_array(manager, &ints_type, NULL, 5000));
}

static nanvm_ref new_node(nanvm_manager *manager, nanvm_ref left, nanvm_ref right) {
    struct node value = {left, 0, right};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
}

/* A tree of 2^depth - 1 nodes. */
static nanvm_ref tree(nanvm_manager *manager, size_t depth) {
    return depth == 0
               ? null_ref()
               : new_node(manager, tree(manager, depth - 1), tree(manager, depth - 1));
}

static void drop_ref(void *context) {
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static void drop_elsewhere(nanvm_ref ref) {
    in_threads(drop_ref, 1, &ref, 0);
}

/* --- slots that come back --- */

static void test_slot_that_another_thread_freed_is_used_again(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("freed slots wait in a quarantine");
    needs_threads();
    enum { MOST = 17 }; /* one more than are carved at once */
    nanvm_ref refs[MOST];
    nanvm_ref dropped = nanvm_mut_ref_to_ref(tracked_new(self->manager, 0));
    const void *place = nanvm_ref_get(dropped);
    drop_elsewhere(dropped);
    assert_int_equal(tracked_live(), 0);
    size_t length = 0;
    bool found = false;
    while (!found && length < MOST) {
        refs[length] = nanvm_mut_ref_to_ref(tracked_new(self->manager, length));
        found = nanvm_ref_get(refs[length]) == place;
        length += 1;
    }
    assert_true(found);
    while (length > 0) {
        nanvm_ref_drop(refs[--length]);
    }
}

static void test_tree_that_another_thread_dropped_leaves_memory_for_the_next(
    void **state) {
    fixture *self = *state;
    needs_threads();
    size_t reserved = 0;
    for (size_t round = 0; round < 10; round++) {
        drop_elsewhere(tree(self->manager, 12));
        size_t now = nanvm_stats_make(self->manager).reserved_bytes;
        assert_true(round < 2 || now <= reserved);
        reserved = now;
    }
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

typedef struct points {
    nanvm_mut_ref *points;
    size_t length;
} points;

static void drop_points(void *context) {
    points *self = context;
    for (size_t i = 0; i < self->length; i++) {
        nanvm_mut_ref_drop(self->points[i]);
    }
}

static void make_and_drop_elsewhere(nanvm_manager *manager, size_t length) {
    static nanvm_mut_ref made[20000];
    points sent = {made, length};
    for (size_t i = 0; i < length; i++) {
        made[i] = nanvm_new(manager, &point_type);
        assert_non_null(made[i].object);
    }
    in_threads(drop_points, 1, &sent, 0);
}

/* As test_give_back.c has it for drops in the manager's thread. */
static void test_memory_that_isnt_needed_for_long_goes_back(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    needs_threads();
    make_and_drop_elsewhere(self->manager, 20000);
    size_t peak = self->source.live_bytes;
    for (size_t made = 0; made < 3 * 9 * 20000; made += 2000) {
        make_and_drop_elsewhere(self->manager, 2000);
    }
    assert_in_range(self->source.live_bytes, 1, peak / 3);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static void test_trim_gives_back_what_another_thread_dropped(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref kept = new_node(self->manager, null_ref(), null_ref());
    (void)nanvm_local_trim(&self->local);
    drop_elsewhere(tree(self->manager, 14));
    drop_elsewhere(
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &ints_type, NULL, 100000)));
    size_t before = self->source.live_bytes;
    assert_true(nanvm_local_trim(&self->local) > 400000 + 16000 * sizeof(struct node));
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    assert_true(self->source.live_bytes < before / 4);
    nanvm_ref_drop(kept);
}

/* What was taken from the list of dropped objects, for a report or for a new object,
 * isn't in the list any more. */
static void test_trim_gives_back_what_was_taken_before(void **state) {
    fixture *self = *state;
    needs_threads();
    for (size_t round = 0; round < 2; round++) {
        nanvm_ref kept = new_node(self->manager, null_ref(), null_ref());
        nanvm_ref sent = tree(self->manager, 14);
        nanvm_ref later = null_ref();
        (void)nanvm_local_trim(&self->local);
        drop_elsewhere(sent);
        if (round == 0) {
            (void)nanvm_stats_make(self->manager);
        } else {
            later = new_node(self->manager, null_ref(), null_ref());
        }
        assert_true(nanvm_local_trim(&self->local) > 15000 * sizeof(struct node));
        nanvm_ref_drop(later);
        nanvm_ref_drop(kept);
    }
}

static void test_memory_that_other_threads_freed_is_used_before_memory_runs_out(
    void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref large =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &ints_type, NULL, 100000));
    nanvm_ref small = new_node(self->manager, null_ref(), null_ref());
    (void)nanvm_local_trim(&self->local);
    drop_elsewhere(large);
    accounting_limit(&self->source, self->source.live_bytes);
    nanvm_ref grown = tree(self->manager, 12);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 4096);
    accounting_never_fail(&self->source);
    nanvm_ref_drop(grown);
    nanvm_ref_drop(small);
}

/* --- a source that drops a reference when memory comes back to it --- */

typedef struct dropper {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_ref held;
    atomic_size_t pieces;
} dropper;

static void *dropper_alloc(nanvm_manager *manager, nanvm_layout layout) {
    dropper *self = (dropper *)manager;
    (void)atomic_fetch_add(&self->pieces, 1);
    return nanvm_manager_alloc(nanvm_global(), layout);
}

static void dropper_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    dropper *self = (dropper *)(void *)((char *)dealloc - offsetof(dropper, dealloc));
    (void)atomic_fetch_sub(&self->pieces, 1);
    memset(memory, 0xA5, layout.size); /* nobody may look at it any more */
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    nanvm_ref_drop(nanvm_ref_move(&self->held));
}

static const nanvm_manager_table dropper_manager = {.alloc = dropper_alloc};
static const nanvm_dealloc_table dropper_table = {.count = NANVM_COUNT_ATOMIC,
                                                  .dealloc = dropper_dealloc};

/* Ends a manager when it is dropped. */
struct ender {
    nanvm_local *local;
};

static void end_local(void *object, size_t length) {
    (void)length;
    nanvm_local_deinit(((struct ender *)object)->local);
}

NANVM_TYPE_CALLBACKS(ender_type, struct ender, NULL, end_local, NULL);

static void test_source_may_drop_while_a_large_object_comes_back(void **state) {
    (void)state;
    needs_threads();
    for (size_t round = 0; round < 2; round++) {
        dropper source = {.manager = {.table = &dropper_manager},
                          .dealloc.table = &dropper_table};
        source.manager.dealloc = &source.dealloc;
        nanvm_local local;
        nanvm_local_init_shared_from(&local, &source.manager);
        nanvm_manager *manager = nanvm_local_manager(&local);
        nanvm_ref refs[3];
        for (size_t i = 0; i < 3; i++) { /* too large to be kept */
            refs[i] =
                nanvm_mut_ref_to_ref(nanvm_new_array(manager, &ints_type, NULL, 50000));
        }
        drop_elsewhere(refs[0]);
        drop_elsewhere(refs[1]);
        struct ender value = {&local};
        source.held =
            nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &ender_type, &value));
        nanvm_ref made = null_ref();
        if (round == 0) {
            made = large_ints(manager);
        } else {
            assert_int_equal(nanvm_stats_make(manager).live_blocks, 1);
        }
        nanvm_ref_drop(refs[2]);
        nanvm_ref_drop(made);
        nanvm_local_deinit(&local);
        assert_int_equal(atomic_load(&source.pieces), 0);
    }
}

/* --- one creates, another drops, both at work --- */

enum { RING = 256 };

typedef struct ring {
    atomic_size_t produced;
    atomic_size_t consumed;
    nanvm_ref slots[RING];
    nanvm_local *local;
    size_t length;
} ring;

typedef struct end_of_ring {
    ring *ring;
    bool is_producer;
} end_of_ring;

/* Of three types, one of them large. */
static nanvm_ref new_of_kind(nanvm_manager *manager, size_t i) {
    switch (i % 3) {
    case 0:
        return nanvm_mut_ref_to_ref(tracked_new(manager, i));
    case 1:
        return new_node(manager, nanvm_mut_ref_to_ref(tracked_new(manager, i)),
                        null_ref());
    default:
        return nanvm_mut_ref_to_ref(
            nanvm_new_array(manager, &ints_type, NULL, i % 64 == 2 ? 2000 : i % 100));
    }
}

static void produce(ring *self) {
    nanvm_manager *manager = nanvm_local_manager(self->local);
    nanvm_local_take_over(self->local);
    for (size_t i = 0; i < self->length; i++) {
        while (i - atomic_load(&self->consumed) == RING) {
            sched_yield();
        }
        self->slots[i % RING] = new_of_kind(manager, i);
        atomic_store(&self->produced, i + 1);
        if (i % 1000 == 0) {
            (void)nanvm_local_trim(self->local);
            (void)nanvm_stats_make(manager);
        }
    }
    nanvm_local_hand_over(self->local);
}

static void consume(ring *self) {
    for (size_t i = 0; i < self->length; i++) {
        while (atomic_load(&self->produced) == i) {
            sched_yield();
        }
        nanvm_ref_drop(self->slots[i % RING]);
        atomic_store(&self->consumed, i + 1);
    }
}

static void work_at_ring(void *context) {
    end_of_ring *self = context;
    (self->is_producer ? produce : consume)(self->ring);
}

static void test_one_thread_creates_what_another_drops(void **state) {
    fixture *self = *state;
    needs_threads();
    static ring between;
    atomic_store(&between.produced, 0);
    atomic_store(&between.consumed, 0);
    between.local = &self->local;
    between.length = scaled(100000) + 2000;
    nanvm_local_hand_over(&self->local);
    end_of_ring ends[] = {{&between, true}, {&between, false}};
    in_threads(work_at_ring, 2, ends, sizeof(ends[0]));
    nanvm_local_take_over(&self->local);
    assert_int_equal(tracked_live(), 0);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

/* --- clones everywhere --- */

typedef struct holder {
    nanvm_ref ref;
    nanvm_ref copies[64];
} holder;

static void clone_and_drop_often(void *context) {
    holder *self = context;
    for (size_t round = 0; round < scaled(2000) + 10; round++) {
        for (size_t i = 0; i < 64; i++) {
            self->copies[i] = nanvm_ref_clone(self->ref);
        }
        for (size_t i = 0; i < 64; i++) {
            nanvm_ref_drop(self->copies[i]);
        }
    }
    nanvm_ref_drop(self->ref);
}

static void test_threads_clone_and_drop_one_tree(void **state) {
    fixture *self = *state;
    needs_threads();
    static holder holders[THREADS];
    nanvm_ref root = tree(self->manager, 6);
    for (size_t i = 0; i < THREADS; i++) {
        holders[i].ref = nanvm_ref_clone(root);
    }
    nanvm_ref_drop(root);
    in_threads(clone_and_drop_often, THREADS, holders, sizeof(holders[0]));
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

/* --- the end of the manager --- */

typedef struct lane {
    nanvm_ref *refs;
    size_t length;
    atomic_size_t *arrived;
    size_t lanes;
    nanvm_local *local; /* which this thread ends meanwhile, or NULL */
} lane;

static void wait_for_all(lane *self) {
    (void)atomic_fetch_add(self->arrived, 1);
    while (atomic_load(self->arrived) < self->lanes) {
        sched_yield();
    }
}

static void drop_or_end(void *context) {
    lane *self = context;
    wait_for_all(self);
    if (self->local != NULL) {
        nanvm_local_take_over(self->local);
        nanvm_local_deinit(self->local);
    }
    for (size_t i = 0; i < self->length; i++) {
        nanvm_ref_drop(self->refs[i]);
    }
}

/* Objects of three kinds are dropped by three threads while a fourth ends the manager.
 * close_local() sees that all memory has come back to the source. */
static void test_manager_ends_while_threads_drop_its_objects(void **state) {
    fixture *self = *state;
    needs_threads();
    enum { LENGTH = 60 };
    static nanvm_ref refs[THREADS][LENGTH];
    for (size_t round = 0; round < scaled(2000) + 20; round++) {
        atomic_size_t arrived = 0;
        lane lanes[THREADS];
        for (size_t t = 0; t < THREADS; t++) {
            size_t length = t == 0 ? 0 : 1 + round % LENGTH;
            for (size_t i = 0; i < length; i++) {
                refs[t][i] = new_of_kind(self->manager, i + round);
            }
            lanes[t] =
                (lane){refs[t], length, &arrived, THREADS, t == 0 ? &self->local : NULL};
        }
        nanvm_local_hand_over(&self->local);
        in_threads(drop_or_end, THREADS, lanes, sizeof(lanes[0]));
        assert_int_equal(tracked_live(), 0);
        assert_int_equal(self->source.live_blocks, 0);
    }
}

static void test_manager_may_end_before_its_objects(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref trees[2] = {tree(self->manager, 8), tree(self->manager, 9)};
    nanvm_ref large[2];
    for (size_t i = 0; i < 2; i++) {
        large[i] =
            nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &ints_type, NULL, 10000));
    }
    nanvm_local_deinit(&self->local);
    drop_elsewhere(trees[0]);
    drop_elsewhere(large[0]);
    assert_true(self->source.live_blocks > 0);
    nanvm_ref_drop(large[1]);
    drop_elsewhere(trees[1]);
    assert_int_equal(self->source.live_blocks, 0);
}

static void count_leak(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
}

/* Under a sanitizer each lies in memory of its exact size. */
static void test_objects_smaller_than_a_word_may_be_dropped_elsewhere(void **state) {
    fixture *self = *state;
    needs_threads();
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 4; i++) {
            nanvm_mut_ref small =
                i % 2 == 0 ? nanvm_new(self->manager, &nothing_type)
                           : nanvm_new_array(self->manager, &ints_type, NULL, i / 2);
            nanvm_ref ref = nanvm_mut_ref_to_ref(small);
            nanvm_ref other =
                nanvm_mut_ref_to_ref(nanvm_new(self->manager, &nothing_type));
            drop_elsewhere(ref);
            drop_elsewhere(round == 0 ? other : null_ref());
            nanvm_local_deinit(&self->local);
            drop_elsewhere(round == 0 ? null_ref() : other);
            assert_int_equal(self->source.live_blocks, 0);
        }
    }
}

static void test_live_objects_are_reported_if_asked_for(void **state) {
    fixture *self = *state;
    needs_threads();
    size_t leaked = 0;
    nanvm_ref kept[2] = {tree(self->manager, 3), tree(self->manager, 3)};
    nanvm_local_on_leak(&self->local, count_leak, &leaked);
    drop_elsewhere(kept[0]);
    nanvm_local_deinit(&self->local);
    assert_int_equal(leaked, 7);
    nanvm_ref_drop(kept[1]);
}

/* --- handing the manager over --- */

typedef struct parcel {
    nanvm_local *local;
    nanvm_ref made;
} parcel;

static void create_after_taking_over(void *context) {
    parcel *self = context;
    nanvm_local_take_over(self->local);
    self->made = tree(nanvm_local_manager(self->local), 7);
    nanvm_local_hand_over(self->local);
}

static void test_another_thread_takes_the_manager_over(void **state) {
    fixture *self = *state;
    needs_threads();
    parcel sent = {&self->local, null_ref()};
    nanvm_ref before = tree(self->manager, 7);
    nanvm_local_hand_over(&self->local);
    nanvm_ref_drop(before); /* as any thread may */
    in_threads(create_after_taking_over, 1, &sent, 0);
    nanvm_ref_drop(sent.made);
    nanvm_local_take_over(&self->local);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static void create_without_having_it(void *context) {
    fixture *self = context;
    nanvm_mut_ref made = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref_drop(made);
}

static void test_creating_in_a_manager_that_was_handed_over_stops(void **state) {
    fixture *self = *state;
    nanvm_local_hand_over(&self->local); /* it has created nothing yet */
    nanvm_mut_ref_drop(nanvm_new(self->manager, &node_type));
    nanvm_local_hand_over(&self->local);
    expect_fatal("a shared local manager was used by a thread that it doesn't belong to",
                 create_without_having_it, self);
    nanvm_local_take_over(&self->local);
}

static void init_from_plain_source(void *context) {
    nanvm_local local;
    accounting *source = context;
    nanvm_local_init_shared_from(&local, &source->manager);
}

static void test_source_with_plain_counts_stops(void **state) {
    accounting plain;
    (void)state;
    accounting_init(&plain, NANVM_COUNT_PLAIN);
    expect_fatal("a shared local manager needs a source", init_from_plain_source, &plain);
    accounting_deinit(&plain);
}

/* --- counts --- */

static void test_objects_have_atomic_counts(void **state) {
    fixture *self = *state;
    for (size_t round = 0; round < 3; round++) { /* carved, from the magazine, large */
        nanvm_mut_ref made = round < 2
                                 ? nanvm_new(self->manager, &point_type)
                                 : nanvm_new_array(self->manager, &ints_type, NULL, 5000);
        assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_ATOMIC);
        nanvm_ref ref = nanvm_mut_ref_to_ref(made);
        nanvm_ref other = nanvm_ref_clone(ref);
        assert_int_equal(nanvm_ref_count(ref), 1);
        assert_false(nanvm_ref_is_sole(ref));
        nanvm_ref_drop(other);
        assert_true(nanvm_ref_is_sole(ref));
        nanvm_ref_drop(ref);
    }
}

static void test_shared_object_is_copied_to_be_written(void **state) {
    fixture *self = *state;
    nanvm_ref ref = tree(self->manager, 3);
    nanvm_ref other = nanvm_ref_clone(ref);
    struct node *own = nanvm_ref_make_mut(&ref, self->manager);
    own->value = 1;
    assert_int_equal(((const struct node *)nanvm_ref_get(other))->value, 0);
    assert_int_equal(nanvm_ref_count(own->left), 1);
    nanvm_ref_drop(other);
    nanvm_ref_drop(ref);
}

typedef struct growing {
    nanvm_mut_ref array;
    bool grown;
} growing;

/* Into a manager of the thread's own, which another thread then has to take the object
 * from: a shared one as well. */
static void grow_elsewhere(void *context) {
    growing *self = context;
    self->grown = nanvm_mut_ref_resize(&self->array, nanvm_global(), 3000);
}

static void test_array_may_grow_in_another_thread(void **state) {
    fixture *self = *state;
    needs_threads();
    const int items[] = {1, 2, 3};
    growing sent = {nanvm_new_array(self->manager, &ints_type, items, 3), false};
    in_threads(grow_elsewhere, 1, &sent, 0);
    assert_true(sent.grown);
    assert_int_equal(((const int *)nanvm_mut_ref_get(sent.array))[2], 3);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    nanvm_mut_ref_drop(sent.array);
}

/* --- shared after they were made --- */

static void open_plain(fixture *self) {
    accounting_init(&self->source, NANVM_COUNT_ATOMIC);
    nanvm_local_init_from(&self->local, &self->source.manager);
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    self->manager = nanvm_local_manager(&self->local);
}

FIXTURE(plain, open_plain, close_local)

/* References of all kinds, to objects of several pools; some are referred to twice. */
static nanvm_ref medley(nanvm_manager *manager) {
    nanvm_ref leaf = nanvm_mut_ref_to_ref(tracked_new(manager, 1));
    nanvm_ref items[] = {leaf, tree(manager, 5), null_ref(), nanvm_ref_clone(leaf)};
    nanvm_ref array =
        nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, items, 4));
    word values[] = {word_from_ref(nanvm_ref_clone(array)), word_from_number(7),
                     word_from_ref(nanvm_ref_clone(leaf))};
    nanvm_ref words =
        nanvm_mut_ref_to_ref(nanvm_new_array(manager, &words_type, values, 3));
    nanvm_ref large =
        nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, NULL, 5000));
    return new_node(manager, new_node(manager, array, words), large);
}

static size_t plain_left;
static size_t atomic_found;

static void look_at_counts(nanvm_ref ref, void *context) {
    if (!nanvm_ref_is_null(ref)) {
        int32_t count = nanvm_block_count(ref.object);
        plain_left += count >= 0;
        atomic_found += nanvm_count_is_atomic(count);
        nanvm_ref_visit(ref, look_at_counts, context);
    }
}

static void expect_counts(nanvm_ref ref, bool plain) {
    plain_left = atomic_found = 0;
    look_at_counts(ref, NULL);
    assert_int_equal(plain ? atomic_found : plain_left, 0);
}

static void test_what_a_reference_reaches_is_shared(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref other = tree(self->manager, 4);
    nanvm_ref root = medley(self->manager);
    assert_true(nanvm_ref_share(root));
    expect_counts(root, false);
    expect_counts(other, true);
    const struct node *top = nanvm_ref_get(root);
    const struct node *left = nanvm_ref_get(top->left);
    assert_int_equal(nanvm_ref_count(left->left), 1);
    assert_true(nanvm_ref_share(root));
    drop_elsewhere(root);
    assert_int_equal(tracked_live(), 0);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 15);
    nanvm_ref_drop(other);
}

static void test_plain_objects_live_on_beside_shared_ones(void **state) {
    fixture *self = *state;
    needs_threads();
    for (size_t round = 0; round < 50; round++) {
        nanvm_ref kept = tree(self->manager, 5);
        nanvm_ref sent = tree(self->manager, 5);
        nanvm_ref more = tree(self->manager, 3);
        assert_true(nanvm_ref_share(sent));
        nanvm_ref copy = nanvm_ref_clone(kept);
        drop_elsewhere(sent);
        nanvm_ref_drop(kept);
        nanvm_ref_drop(more);
        nanvm_ref_drop(copy);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
        expect_counts(copy = tree(self->manager, 6), true);
        nanvm_ref_drop(copy);
    }
}

static void test_shared_later_may_outlive_its_manager(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref root = medley(self->manager);
    nanvm_ref plain = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    assert_true(nanvm_ref_share(root));
    nanvm_local_deinit(&self->local);
    assert_false(nanvm_ref_share(plain)); /* its manager has ended */
    drop_elsewhere(root);
    nanvm_ref_drop(plain);
    assert_int_equal(self->source.live_blocks, 0);
}

/* In chunks of one pool: some have only plain objects, some shared ones, some both. */
static void test_plain_objects_of_a_pool_with_shared_ones_may_outlive_it(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref trees[3];
    nanvm_ref large[3];
    for (size_t i = 0; i < 3; i++) {
        trees[i] = tree(self->manager, 8);
        large[i] =
            nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &refs_type, NULL, 3000));
    }
    assert_true(nanvm_ref_share(trees[1]));
    assert_true(nanvm_ref_share(large[1]));
    nanvm_local_deinit(&self->local);
    nanvm_ref_drop(trees[0]);
    nanvm_ref_drop(large[0]);
    assert_true(nanvm_ref_share(trees[2]));
    drop_elsewhere(trees[1]);
    drop_elsewhere(large[1]);
    drop_elsewhere(trees[2]);
    nanvm_ref_drop(large[2]);
    assert_int_equal(self->source.live_blocks, 0);
}

/* One of each pair is shared, and the other lies in another chunk of the same pool. */
static void test_plain_objects_beside_shared_ones_may_outlive_their_manager(
    void **state) {
    fixture *self = *state;
    needs_threads();
    for (size_t round = 0; round < 4; round++) {
        bool trims = round % 2 == 1;
        nanvm_ref sent[] = {tree(self->manager, 3), large_ints(self->manager)};
        nanvm_ref kept[] = {tree(self->manager, 9), large_ints(self->manager)};
        for (size_t i = 0; i < 2; i++) {
            assert_true(nanvm_ref_share(sent[i]));
        }
        if (trims) {
            (void)nanvm_local_trim(&self->local);
        }
        nanvm_local_deinit(&self->local);
        for (size_t i = 0; i < 2; i++) { /* the last to go is plain, or shared */
            nanvm_ref_drop(round < 2 ? null_ref() : kept[i]);
            drop_elsewhere(sent[i]);
            nanvm_ref_drop(round < 2 ? kept[i] : null_ref());
        }
        assert_int_equal(self->source.live_blocks, 0);
    }
}

static bool looked_at;

static void note_visit(const void *object, nanvm_visitor *visitor, void *context) {
    (void)object;
    (void)visitor;
    (void)context;
    looked_at = true;
}

static const nanvm_type noted_type = {
    .name = "noted", .size = 8, .align = 8, .visit = note_visit};

static void ignore_cycle(void *context, const nanvm_cycle *cycle) {
    (void)context;
    (void)cycle;
}

/* Another thread might be ending it. */
static void test_shared_object_isnt_visited_at_the_end_of_its_manager(void **state) {
    fixture *self = *state;
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &noted_type));
    assert_true(nanvm_ref_share(ref));
    looked_at = false;
    nanvm_local_on_cycle(&self->local, ignore_cycle, NULL);
    nanvm_local_deinit(&self->local);
    assert_false(looked_at);
    nanvm_ref_drop(ref);
}

static void test_all_objects_of_a_manager_are_shared(void **state) {
    fixture *self = *state;
    needs_threads();
    assert_true(nanvm_local_share(&self->local));
    nanvm_ref refs[] = {medley(self->manager), tree(self->manager, 9)};
    nanvm_ref_drop(tree(self->manager, 4));
    assert_true(nanvm_local_share(&self->local));
    expect_counts(refs[0], false);
    expect_counts(refs[1], false);
    nanvm_ref later = tree(self->manager, 9);
    expect_counts(later, true);
    drop_elsewhere(refs[0]);
    drop_elsewhere(refs[1]);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 511);
    nanvm_ref_drop(later);
}

typedef struct sharing {
    fixture *fixture; /* whose manager this thread shares, or NULL */
    nanvm_mut_ref *points;
    atomic_size_t *arrived;
    bool shared;
} sharing;

enum { POINTS = 2000 };

static void share_or_discard(void *context) {
    sharing *self = context;
    if (self->fixture != NULL) {
        nanvm_local_take_over(&self->fixture->local);
    }
    (void)atomic_fetch_add(self->arrived, 1);
    while (atomic_load(self->arrived) < 2) {
        sched_yield();
    }
    for (size_t i = 0; i < POINTS; i++) {
        if (self->fixture == NULL) {
            nanvm_mut_ref_discard(self->points[i]);
        } else if (i % 100 == 0) {
            self->shared = nanvm_local_share(&self->fixture->local);
        }
    }
    if (self->fixture != NULL) {
        nanvm_local_hand_over(&self->fixture->local);
    }
}

static void test_objects_are_discarded_while_others_are_shared(void **state) {
    fixture *self = *state;
    needs_threads();
    static nanvm_mut_ref sent[POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        sent[i] = nanvm_new(self->manager, &point_type);
    }
    assert_true(nanvm_local_share(&self->local));
    atomic_size_t arrived = 0;
    sharing both[] = {{self, NULL, &arrived, false}, {NULL, sent, &arrived, false}};
    nanvm_local_hand_over(&self->local);
    in_threads(share_or_discard, 2, both, sizeof(both[0]));
    nanvm_local_take_over(&self->local);
    assert_true(both[0].shared);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static void test_large_array_that_was_shared_may_grow(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref array =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &refs_type, NULL, 3000));
    assert_true(nanvm_ref_share(array));
    nanvm_mut_ref own;
    assert_true(nanvm_ref_try_to_mut_ref(&array, &own));
    assert_true(nanvm_mut_ref_resize(&own, self->manager, 9000));
    assert_true(nanvm_mut_ref_resize(&own, self->manager, 90000));
    array = nanvm_mut_ref_to_ref(own);
    assert_true(nanvm_ref_share(array)); /* it may have moved to a new block */
    drop_elsewhere(array);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static void test_objects_that_one_thread_frees_cant_be_shared(void **state) {
    fixture *self = *state;
    accounting foreign;
    accounting_init(&foreign, NANVM_COUNT_PLAIN);
    nanvm_ref inner = tree(&foreign.manager, 1);
    nanvm_ref root = new_node(self->manager, tree(self->manager, 4), inner);
    assert_false(nanvm_ref_share(root));
    expect_counts(root, true);
    assert_false(nanvm_ref_freeze(root));
    expect_counts(root, true);
    nanvm_ref_drop(root);
    accounting_deinit(&foreign);
}

static void test_plain_objects_of_malloc_can_be_shared(void **state) {
    (void)state;
    needs_threads();
    nanvm_ref root = medley(nanvm_global_plain());
    expect_counts(root, true);
    assert_true(nanvm_ref_share(root));
    expect_counts(root, false);
    drop_elsewhere(root);
    assert_int_equal(tracked_live(), 0);
}

/* The plain counts are those that would become the count of a dead object, and of one
 * without a count. */
static void test_count_beyond_the_atomic_limit_sticks(void **state) {
    fixture *self = *state;
    const int32_t counts[] = {0x5FFFFFFF, 0x4FFFFFFF, 0x40000000, INT32_MAX};
    for (size_t i = 0; i < 8; i++) {
        nanvm_ref ref = tree(self->manager, 1);
        nanvm_block_set_count(ref.object, counts[i % 4]);
        assert_true(i < 4 ? nanvm_ref_share(ref) : nanvm_local_share(&self->local));
        assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
        nanvm_ref_drop(nanvm_ref_clone(ref));
        nanvm_block_set_count(ref.object, NANVM_COUNT_ATOMIC);
        nanvm_ref_drop(ref);
    }
}

/* Shares a medley on a source of which one request fails. */
static bool share_medley(accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    accounting_never_fail(source);
    nanvm_ref root = medley(manager);
    size_t n = source->requests;
    bool shared = false;
    for (size_t i = 0; !shared; i++) {
        accounting_fail_once(source, i);
        shared = nanvm_ref_share(root);
        expect_counts(root, !shared);
    }
    assert_true(source->requests > n + 3);
    accounting_never_fail(source);
    nanvm_ref_drop(root);
    nanvm_local_deinit(&local);
    return true;
}

static void test_sharing_fails_as_a_whole(void **state) {
    accounting source;
    (void)state;
    accounting_init(&source, NANVM_COUNT_ATOMIC);
    assert_true(share_medley(&source));
    accounting_deinit(&source);
}

/* --- frozen --- */

static void test_frozen_objects_are_freed_with_their_manager(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref root = medley(self->manager);
    nanvm_ref counted = tree(self->manager, 4);
    assert_true(nanvm_ref_freeze(root));
    assert_int_equal(nanvm_ref_count(root), SIZE_MAX);
    plain_left = atomic_found = 0;
    look_at_counts(root, NULL);
    assert_int_equal(plain_left + atomic_found, 0);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 15);
    drop_elsewhere(root);
    nanvm_ref_drop(root); /* as often as anyone likes */
    nanvm_ref_drop(counted);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    tracked_forget(1);
    size_t leaked = 0;
    nanvm_local_on_leak(&self->local, count_leak, &leaked);
    nanvm_local_deinit(&self->local);
    assert_int_equal(leaked, 0);
    assert_int_equal(self->source.live_blocks, 0);
}

static void test_frozen_objects_of_a_shared_manager_are_freed_with_it(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref root = medley(self->manager);
    nanvm_ref counted[] = {tree(self->manager, 4), tree(self->manager, 3)};
    assert_true(nanvm_ref_freeze(root));
    tracked_forget(1);
    drop_elsewhere(counted[0]);
    nanvm_local_deinit(&self->local);
    assert_true(self->source.live_blocks > 0);
    drop_elsewhere(counted[1]);
    assert_int_equal(self->source.live_blocks, 0);
}

static void test_plain_object_behind_a_shared_one_is_frozen(void **state) {
    fixture *self = *state;
    nanvm_ref root = tree(self->manager, 2);
    assert_true(nanvm_ref_share(root));
    struct node *node = nanvm_ref_make_mut(&root, self->manager);
    nanvm_ref_drop(nanvm_ref_move(&node->left));
    node->left = tree(self->manager, 3);
    assert_true(nanvm_ref_freeze(root));
    plain_left = atomic_found = 0;
    look_at_counts(root, NULL);
    assert_int_equal(plain_left + atomic_found, 0);
}

/* Another thread was about to count when the object was frozen. */
static void test_object_frozen_during_a_clone_is_freed_with_its_manager(void **state) {
    fixture *self = *state;
    nanvm_ref frozen = large_ints(self->manager);
    nanvm_ref counted = large_ints(self->manager);
    assert_true(nanvm_ref_freeze(frozen));
    (void)nanvm_count_word_decrement_relaxed(nanvm_block_count_word(frozen.object));
    nanvm_ref_drop(nanvm_ref_clone(frozen));
    nanvm_local_deinit(&self->local);
    nanvm_ref_drop(counted);
    assert_int_equal(self->source.live_blocks, 0);
}

typedef struct freezing {
    nanvm_ref ref;
    atomic_size_t *arrived;
    bool frozen;
} freezing;

static void freeze_with_others(void *context) {
    freezing *self = context;
    (void)atomic_fetch_add(self->arrived, 1);
    while (atomic_load(self->arrived) < 2) {
        sched_yield();
    }
    self->frozen = nanvm_ref_freeze(self->ref);
}

static void test_threads_may_freeze_the_same_objects(void **state) {
    fixture *self = *state;
    needs_threads();
    for (size_t round = 0; round < scaled(1000) + 10; round++) {
        atomic_size_t arrived = 0;
        nanvm_ref root = tree(self->manager, 7);
        freezing both[2] = {{root, &arrived, false}, {root, &arrived, false}};
        in_threads(freeze_with_others, 2, both, sizeof(both[0]));
        assert_true(both[0].frozen && both[1].frozen);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    }
}

/* The count may be one that another thread has changed after it was frozen: that thread
 * acts on what the count was before. */
static void test_frozen_large_object_is_freed_whatever_its_count_became(void **state) {
    fixture *self = *state;
    for (int change = 0; change < 3; change++) {
        nanvm_ref large[2];
        for (size_t i = 0; i < 2; i++) {
            large[i] = nanvm_mut_ref_to_ref(
                nanvm_new_array(self->manager, &ints_type, NULL, 10000));
        }
        assert_true(nanvm_ref_freeze(large[0]));
        nanvm_count_word *count = nanvm_block_count_word(large[0].object);
        if (change == 1) {
            (void)nanvm_count_word_decrement_relaxed(count);
        } else if (change == 2) {
            (void)nanvm_count_word_increment_release(count);
        }
        nanvm_local_deinit(&self->local);
        nanvm_ref_drop(large[1]);
        assert_int_equal(self->source.live_blocks, 0);
    }
}

enum { FROZEN = 500 };

typedef struct freezer {
    const nanvm_ref *refs;
    atomic_size_t *arrived;
    size_t threads;
} freezer;

static void freeze_all(void *context) {
    freezer *self = context;
    (void)atomic_fetch_add(self->arrived, 1);
    while (atomic_load(self->arrived) < self->threads) {
        sched_yield();
    }
    for (size_t i = 0; i < FROZEN; i++) {
        assert_true(nanvm_ref_freeze(self->refs[i]));
    }
}

static void test_object_that_threads_freeze_at_once_is_counted_once(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_ref counted = new_node(self->manager, null_ref(), null_ref());
    for (size_t round = 0; round < 20; round++) {
        static nanvm_ref refs[FROZEN];
        atomic_size_t arrived = 0;
        freezer freezers[2];
        for (size_t i = 0; i < FROZEN; i++) {
            refs[i] = new_node(self->manager, null_ref(), null_ref());
        }
        freezers[0] = freezers[1] = (freezer){refs, &arrived, 2};
        in_threads(freeze_all, 2, freezers, sizeof(freezers[0]));
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1);
    }
    nanvm_ref_drop(counted);
}

/* --- what else may come --- */

static void test_shared_manager_over_the_global_one_or_a_custom_one(void **state) {
    nanvm_local local;
    accounting custom;
    (void)state;
    nanvm_local_init_shared(&local);
    assert_true(nanvm_local_share(&local)); /* which has nothing yet */
    nanvm_ref_drop(new_node(nanvm_local_manager(&local), null_ref(), null_ref()));
    nanvm_local_deinit(&local);
    accounting_init(&custom, NANVM_COUNT_CUSTOM);
    nanvm_local_init_shared_from(&local, &custom.manager);
    nanvm_ref_drop(new_node(nanvm_local_manager(&local), null_ref(), null_ref()));
    nanvm_local_deinit(&local);
    accounting_deinit(&custom);
}

static void init_from_unused_local(void *context) {
    nanvm_local local;
    nanvm_local_init_shared_from(&local, nanvm_local_manager(context));
}

static void test_local_manager_is_no_source_of_a_shared_one(void **state) {
    fixture *self = *state;
    expect_fatal("a shared local manager needs a source", init_from_unused_local,
                 &self->local);
}

static void test_large_object_of_an_orphan_cant_be_shared(void **state) {
    fixture *self = *state;
    nanvm_ref large =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &ints_type, NULL, 10000));
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    nanvm_local_deinit(&self->local);
    assert_false(nanvm_ref_share(large));
    nanvm_ref_drop(large);
}

static void test_manager_with_raw_memory_is_shared_twice(void **state) {
    fixture *self = *state;
    nanvm_layout layout = {40, 8};
    void *raw = nanvm_manager_alloc(self->manager, layout);
    nanvm_ref root = medley(self->manager);
    accounting_limit(&self->source, self->source.live_bytes);
    assert_false(nanvm_local_share(&self->local));
    expect_counts(root, true);
    accounting_never_fail(&self->source);
    accounting_limit(&self->source, SIZE_MAX);
    assert_true(nanvm_local_share(&self->local));
    assert_true(nanvm_local_share(&self->local));
    expect_counts(root, false);
    nanvm_ref_drop(root);
    nanvm_manager_dealloc(self->manager, raw, layout);
}

static void test_stuck_large_object_is_no_frozen_one(void **state) {
    fixture *self = *state;
    nanvm_ref large[2];
    for (size_t i = 0; i < 2; i++) {
        large[i] =
            nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &ints_type, NULL, 10000));
    }
    assert_true(nanvm_ref_freeze(large[0]));
    nanvm_block_set_count(large[1].object, NANVM_COUNT_STUCK);
    nanvm_local_deinit(&self->local);
    nanvm_block_set_count(large[1].object, NANVM_COUNT_ATOMIC); /* the test's own */
    nanvm_ref_drop(large[1]);
    assert_int_equal(self->source.live_blocks, 0);
}

static void test_array_of_a_manager_that_was_handed_over_moves(void **state) {
    fixture *self = *state;
    nanvm_local own;
    nanvm_local_init(&own);
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, 900);
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&own), &point_type));
    nanvm_local_hand_over(&self->local);
    assert_true(nanvm_mut_ref_resize(&array, nanvm_local_manager(&own), 2000));
    nanvm_mut_ref_drop(array);
    nanvm_local_take_over(&self->local);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    nanvm_local_deinit(&own);
}

/* More than a page of those that wait, which grow again when some have been looked at. */
static void test_many_objects_that_hold_others_are_shared(void **state) {
    fixture *self = *state;
    enum { MANY = 9000 };
    nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, NULL, MANY);
    for (size_t i = 0; i < MANY; i++) {
        ((nanvm_ref *)refs.object)[i] = tree(self->manager, 3);
    }
    nanvm_ref root = nanvm_mut_ref_to_ref(refs);
    assert_true(nanvm_ref_share(root));
    expect_counts(root, false);
    nanvm_ref_drop(root);
}

static void test_frozen_objects_of_the_global_manager_stay(void **state) {
    static nanvm_ref kept;
    (void)state;
    skip_under_memcheck("the object is never freed");
    kept = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    assert_true(nanvm_ref_freeze(kept));
    nanvm_ref_drop(kept);
    assert_int_equal(nanvm_ref_count(kept), SIZE_MAX);
}

static void test_what_comes_behind_an_object_that_cant_be_shared_stays_plain(
    void **state) {
    fixture *self = *state;
    accounting foreign;
    accounting_init(&foreign, NANVM_COUNT_PLAIN);
    nanvm_ref root =
        new_node(self->manager, tree(&foreign.manager, 1), tree(self->manager, 2));
    assert_false(nanvm_ref_share(root));
    expect_counts(root, true);
    nanvm_ref_drop(root);
    accounting_deinit(&foreign);
}

typedef struct handed {
    nanvm_ref ref;
    bool shared;
} handed;

static void share_here(void *context) {
    handed *self = context;
    self->shared = nanvm_ref_share(self->ref);
}

/* As long as the thread that has the manager waits. */
static void test_another_thread_shares_without_taking_over(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the other thread has to take the manager over");
    needs_threads();
    handed sent = {tree(self->manager, 5), false};
    in_threads(share_here, 1, &sent, 0);
    nanvm_local_take_over(&self->local);
    assert_true(sent.shared);
    expect_counts(sent.ref, false);
    nanvm_ref_drop(sent.ref);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

/* (Without recursion.) */
static void expect_plain_list(nanvm_ref list) {
    for (; !nanvm_ref_is_null(list); list = ((const struct node *)list.object)->left) {
        assert_true(nanvm_block_count(list.object) >= 0);
    }
}

/* What was frozen before stays frozen. */
static void test_freezing_fails_behind_a_shared_object(void **state) {
    fixture *self = *state;
    accounting foreign;
    accounting_init(&foreign, NANVM_COUNT_PLAIN);
    nanvm_ref root = tree(self->manager, 1);
    assert_true(nanvm_ref_share(root));
    nanvm_ref inner = tree(&foreign.manager, 1);
    ((struct node *)nanvm_ref_make_mut(&root, self->manager))->left = inner;
    assert_true(nanvm_ref_share(root)); /* nobody looks behind it */
    assert_false(nanvm_ref_freeze(root));
    expect_counts(inner, true);
    nanvm_ref_drop(inner); /* what is frozen drops nothing */
    accounting_deinit(&foreign);
}

/* Several pages of objects become plain again, one of them with a count beyond the limit
 * of atomic counts. */
static void test_many_objects_become_plain_again(void **state) {
    fixture *self = *state;
    enum { MANY = 20000 };
    accounting foreign;
    accounting_init(&foreign, NANVM_COUNT_PLAIN);
    nanvm_ref stuck = tree(self->manager, 1);
    nanvm_ref root = new_node(self->manager, tree(&foreign.manager, 1), stuck);
    nanvm_block_set_count(stuck.object, 0x5FFFFFFF);
    for (size_t i = 0; i < MANY; i++) {
        root = new_node(self->manager, root, null_ref());
    }
    assert_false(nanvm_ref_share(root));
    assert_int_equal(nanvm_block_count(stuck.object), INT32_MAX);
    nanvm_block_set_count(stuck.object, 0); /* as it was made */
    expect_plain_list(root);
    nanvm_ref_drop(root);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    accounting_deinit(&foreign);
}

static void test_plain_manager_over_a_custom_source_is_shared(void **state) {
    nanvm_local local;
    accounting custom;
    (void)state;
    needs_threads();
    accounting_init(&custom, NANVM_COUNT_CUSTOM);
    nanvm_local_init_from(&local, &custom.manager);
    nanvm_ref root = tree(nanvm_local_manager(&local), 5);
    assert_true(nanvm_ref_share(root));
    expect_counts(root, false);
    drop_elsewhere(root);
    nanvm_local_deinit(&local);
    accounting_deinit(&custom);
}

static void test_plain_manager_over_a_plain_source_isnt_shared(void **state) {
    nanvm_local local;
    accounting plain;
    (void)state;
    accounting_init(&plain, NANVM_COUNT_PLAIN);
    nanvm_local_init_from(&local, &plain.manager);
    nanvm_ref root = tree(nanvm_local_manager(&local), 5);
    assert_false(nanvm_ref_share(root));
    assert_false(nanvm_local_share(&local));
    expect_counts(root, true);
    nanvm_ref_drop(root);
    nanvm_local_deinit(&local);
    accounting_deinit(&plain);
}

static void share_dead(void *context) {
    assert_true(nanvm_ref_share(*(nanvm_ref *)context));
}

static void test_sharing_a_dead_object_stops(void **state) {
    fixture *self = *state;
    nanvm_ref ref = new_node(self->manager, null_ref(), null_ref());
    nanvm_ref_drop(ref);
    expect_fatal("use of a reference to an object that was dropped", share_dead, &ref);
}

static void no_cycle(void *context, const nanvm_cycle *cycle) {
    (void)cycle;
    *(bool *)context = true;
}

static void test_shared_manager_looks_for_no_cycles(void **state) {
    fixture *self = *state;
    bool called = false;
    nanvm_ref kept = tree(self->manager, 2);
    nanvm_local_on_cycle(&self->local, no_cycle, &called);
    nanvm_local_deinit(&self->local);
    assert_false(called);
    nanvm_ref_drop(kept);
}

static const struct CMUnitTest tests[] = {
    TEST(test_slot_that_another_thread_freed_is_used_again, shared),
    TEST(test_tree_that_another_thread_dropped_leaves_memory_for_the_next, shared),
    TEST(test_memory_that_isnt_needed_for_long_goes_back, shared),
    TEST(test_trim_gives_back_what_another_thread_dropped, shared),
    TEST(test_trim_gives_back_what_was_taken_before, shared),
    TEST(test_memory_that_other_threads_freed_is_used_before_memory_runs_out, shared),
    TEST(test_source_may_drop_while_a_large_object_comes_back),
    TEST(test_one_thread_creates_what_another_drops, shared),
    TEST(test_threads_clone_and_drop_one_tree, shared),
    TEST(test_manager_ends_while_threads_drop_its_objects, shared),
    TEST(test_manager_may_end_before_its_objects, shared),
    TEST(test_objects_smaller_than_a_word_may_be_dropped_elsewhere, shared),
    TEST(test_live_objects_are_reported_if_asked_for, shared),
    TEST(test_another_thread_takes_the_manager_over, shared),
    TEST(test_creating_in_a_manager_that_was_handed_over_stops, shared),
    TEST(test_source_with_plain_counts_stops),
    TEST(test_objects_have_atomic_counts, shared),
    TEST(test_shared_object_is_copied_to_be_written, shared),
    TEST(test_array_may_grow_in_another_thread, shared),
    TEST(test_what_a_reference_reaches_is_shared, plain),
    TEST(test_plain_objects_live_on_beside_shared_ones, plain),
    TEST(test_shared_later_may_outlive_its_manager, plain),
    TEST(test_plain_objects_of_a_pool_with_shared_ones_may_outlive_it, plain),
    TEST(test_plain_objects_beside_shared_ones_may_outlive_their_manager, plain),
    TEST(test_shared_object_isnt_visited_at_the_end_of_its_manager, plain),
    TEST(test_all_objects_of_a_manager_are_shared, plain),
    TEST(test_objects_are_discarded_while_others_are_shared, plain),
    TEST(test_large_array_that_was_shared_may_grow, plain),
    TEST(test_objects_that_one_thread_frees_cant_be_shared, plain),
    TEST(test_plain_objects_of_malloc_can_be_shared),
    TEST(test_count_beyond_the_atomic_limit_sticks, plain),
    TEST(test_sharing_fails_as_a_whole),
    TEST(test_frozen_objects_are_freed_with_their_manager, plain),
    TEST(test_frozen_objects_of_a_shared_manager_are_freed_with_it, shared),
    TEST(test_plain_object_behind_a_shared_one_is_frozen, plain),
    TEST(test_object_frozen_during_a_clone_is_freed_with_its_manager, shared),
    TEST(test_threads_may_freeze_the_same_objects, shared),
    TEST(test_frozen_large_object_is_freed_whatever_its_count_became, shared),
    TEST(test_object_that_threads_freeze_at_once_is_counted_once, shared),
    TEST(test_shared_manager_over_the_global_one_or_a_custom_one),
    TEST(test_local_manager_is_no_source_of_a_shared_one, plain),
    TEST(test_large_object_of_an_orphan_cant_be_shared, plain),
    TEST(test_manager_with_raw_memory_is_shared_twice, plain),
    TEST(test_stuck_large_object_is_no_frozen_one, shared),
    TEST(test_array_of_a_manager_that_was_handed_over_moves, shared),
    TEST(test_many_objects_that_hold_others_are_shared, plain),
    TEST(test_frozen_objects_of_the_global_manager_stay),
    TEST(test_what_comes_behind_an_object_that_cant_be_shared_stays_plain, plain),
    TEST(test_another_thread_shares_without_taking_over, plain),
    TEST(test_freezing_fails_behind_a_shared_object, plain),
    TEST(test_many_objects_become_plain_again, plain),
    TEST(test_plain_manager_over_a_custom_source_is_shared),
    TEST(test_plain_manager_over_a_plain_source_isnt_shared),
    TEST(test_sharing_a_dead_object_stops, plain),
    TEST(test_shared_manager_looks_for_no_cycles, shared),
};

RUN_TESTS(tests)
