/* A local manager gives memory back to its source without being asked: what was empty in
 * a pool for eight times as many new objects as the pool has slots. */
#include <string.h>

#include "objects.h"
#include "run.h"

enum {
    MOST = 300000, /* points: 7 MiB, of which 3 lie in segments */
    MANY = 20000,  /* 480 KB */
    FEW = 5000,    /* 120 KB, less than what goes back at once */
    TURNOVERS = 8  /* in a round */
};

static nanvm_mut_ref points[MOST];

static void make_points(nanvm_manager *manager, size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        struct point point = {(double)i, 0};
        points[i] = nanvm_new_copy(manager, &point_type, &point);
        assert_non_null(points[i].object);
    }
}

static void drop_point(size_t i) {
    assert_true(((const struct point *)points[i].object)->x == (double)i);
    nanvm_mut_ref_drop(nanvm_mut_ref_move(&points[i]));
}

static void drop_points(size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        if (points[i].object != NULL) {
            drop_point(i);
        }
    }
}

/* A null handle if memory runs out. */
static nanvm_ref list_of(nanvm_manager *manager, size_t length) {
    nanvm_ref list = nanvm_ref_null();
    for (size_t i = 0; i < length; i++) {
        struct node value = {list, i, nanvm_ref_null()};
        nanvm_mut_ref made = nanvm_new_copy(manager, &node_type, &value);
        if (made.object == NULL) {
            nanvm_ref_drop(list);
            return nanvm_ref_null();
        }
        list = nanvm_mut_ref_to_ref(made);
    }
    return list;
}

/* Creates and drops those from `begin` to `end` again and again, for `rounds` rounds of a
 * pool with `slots` slots, and a little longer: what comes from the magazine doesn't
 * count. The first round of a pool begins with the pool. */
static void turn_over(nanvm_manager *manager, size_t begin, size_t end, size_t slots,
                      size_t rounds) {
    size_t length = end - begin;
    for (size_t made = 0; made < (rounds * TURNOVERS + 1) * slots; made += length) {
        make_points(manager, begin, end);
        drop_points(begin, end);
    }
}

static size_t reserved_by(nanvm_manager *manager) {
    return nanvm_stats_make(manager).reserved_bytes;
}

/* --- what goes back --- */

static void test_pool_gives_back_what_is_empty_for_long(void **state) {
    SKIP_IF_HARDENED("the dead wait");
    fixture *self = *state;
    make_points(self->manager, 0, MANY);
    nanvm_stats peak = nanvm_stats_make(self->manager);
    size_t taken = self->source.live_bytes;
    drop_points(MANY / 10, MANY);
    assert_int_equal(reserved_by(self->manager), peak.reserved_bytes);
    turn_over(self->manager, MANY / 10, MANY / 5, MANY, 2);
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_in_range(stats.reserved_bytes, 1, peak.reserved_bytes / 3);
    assert_int_equal(taken - self->source.live_bytes,
                     peak.reserved_bytes - stats.reserved_bytes);
    assert_int_equal(stats.live_blocks, MANY / 10);
    assert_true(stats.peak_bytes >= peak.peak_bytes);
    assert_true(stats.peak_bytes < peak.peak_bytes + peak.peak_bytes / 100);
    make_points(self->manager, MANY / 10, MANY);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, MANY);
    drop_points(0, MANY);
}

/* The pool of points is looked at while the program creates nodes alone. */
static void test_pool_in_which_nothing_is_created_gives_back(void **state) {
    SKIP_IF_HARDENED("the dead wait");
    fixture *self = *state;
    make_points(self->manager, 0, MANY);
    size_t peak = reserved_by(self->manager);
    drop_points(MANY / 10, MANY);
    nanvm_ref list = list_of(self->manager, FEW);
    size_t of_nodes = reserved_by(self->manager) - peak;
    nanvm_ref_drop(list);
    for (size_t i = 0; i < 3 * TURNOVERS * (MANY / FEW); i++) {
        nanvm_ref_drop(list_of(self->manager, FEW));
    }
    assert_in_range(reserved_by(self->manager) - of_nodes, 1, peak / 3);
    drop_points(0, MANY / 10);
}

/* Nothing goes back before the round ends. */
static void test_pool_waits_for_the_end_of_a_round(void **state) {
    fixture *self = *state;
    make_points(self->manager, 0, MANY);
    size_t reserved = reserved_by(self->manager);
    drop_points(0, MANY);
    turn_over(self->manager, 0, MANY / 10, MANY, 1);
    assert_int_equal(reserved_by(self->manager), reserved);
}

static void test_segments_go_back(void **state) {
    SKIP_IF_HARDENED("the dead wait");
    fixture *self = *state;
    make_points(self->manager, 0, MOST);
    size_t reserved = reserved_by(self->manager);
    drop_points(MOST / 10, MOST);
    turn_over(self->manager, MOST / 10, MOST / 5, MOST, 2);
    assert_in_range(reserved_by(self->manager), 1, reserved / 2);
    drop_points(0, MOST);
}

/* The objects alive at the end of the manager keep their chunks, and no others. */
static void test_objects_outlive_a_manager_that_gave_back(void **state) {
    (void)state;
    fixture self;
    open_local_over_source(&self);
    nanvm_local_on_leak(&self.local, nanvm_local_ignore_leak, NULL);
    make_points(self.manager, 0, MANY);
    size_t reserved = reserved_by(self.manager);
    drop_points(MANY / 10, MANY);
    turn_over(self.manager, MANY / 10, MANY / 5, MANY, 2);
    assert_true(is_hardened || reserved_by(self.manager) < reserved);
    nanvm_local_deinit(&self.local);
    drop_points(0, MANY / 10);
    close_source(&self);
}

/* --- what doesn't --- */

/* A chunk in a segment goes back with its segment only. */
static void test_segment_stays_while_one_object_is_alive(void **state) {
    SKIP_IF_HARDENED("there are no segments");
    fixture *self = *state;
    enum { PER_SEGMENT = 80000, SEGMENT = 2 * 1024 * 1024 };
    make_points(self->manager, 0, MOST);
    for (size_t i = 0; i < MOST; i++) {
        if (i % (PER_SEGMENT / 2) != 0) {
            drop_point(i);
        }
    }
    turn_over(self->manager, 1, PER_SEGMENT / 2, MOST, 2);
    size_t reserved = reserved_by(self->manager);
    assert_true(reserved > SEGMENT);
    size_t requests = self->source.requests;
    turn_over(self->manager, 1, PER_SEGMENT / 2, MOST, 1);
    assert_int_equal(reserved_by(self->manager), reserved);
    assert_int_equal(self->source.requests, requests);
    drop_points(0, MOST);
}

/* Drops them in one order or another. */
typedef void drop_all(size_t length);

static void drop_forwards(size_t length) {
    drop_points(0, length);
}

static void drop_backwards(size_t length) {
    while (length-- > 0) {
        drop_point(length);
    }
}

static void drop_scattered(size_t length) {
    enum { SCATTER = 7919 }; /* no multiple of it is one of any length here */
    for (size_t i = 0; i < length; i++) {
        drop_point(i * SCATTER % length);
    }
}

static void build_and_drop(size_t length, drop_all *drop) {
    fixture self;
    open_local_over_source(&self);
    make_points(self.manager, 0, length);
    drop(length);
    make_points(self.manager, 0, length);
    drop(length);
    size_t requests = self.source.requests, pieces = self.source.live_blocks;
    for (size_t i = 0; i < 2 * TURNOVERS + 2; i++) {
        make_points(self.manager, 0, length);
        assert_int_equal(self.source.live_blocks, pieces);
        drop(length);
        assert_int_equal(self.source.live_blocks, pieces);
    }
    assert_int_equal(self.source.requests, requests);
    close_local(&self);
}

static void test_building_the_same_again_gives_nothing_back(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the dead wait, and there may be more of them each time");
    static const size_t lengths[] = {17, 1000, FEW, MANY, 2 * MANY};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        build_and_drop(lengths[i], drop_forwards);
        build_and_drop(lengths[i], drop_backwards);
        build_and_drop(lengths[i], drop_scattered);
    }
}

static void test_dropping_the_same_list_again_gives_nothing_back(void **state) {
    fixture *self = *state;
    nanvm_ref_drop(list_of(self->manager, MANY));
    nanvm_ref_drop(list_of(self->manager, MANY));
    size_t requests = self->source.requests, pieces = self->source.live_blocks;
    for (size_t i = 0; i < 2 * TURNOVERS + 2; i++) {
        nanvm_ref_drop(list_of(self->manager, MANY));
        assert_int_equal(self->source.live_blocks, pieces);
    }
    assert_int_equal(self->source.requests, requests);
}

static void keep_all(fixture *self, size_t most, size_t used) {
    SKIP_IF_HARDENED("no pool gives back");
    make_points(self->manager, 0, most);
    size_t reserved = reserved_by(self->manager);
    drop_points(0, most);
    turn_over(self->manager, 0, used, most, 2);
    assert_int_equal(reserved_by(self->manager), reserved);
}

static void test_small_pool_keeps_what_it_has(void **state) {
    fixture *self = *state;
    keep_all(self, FEW, FEW / 100);
}

static void test_pool_keeps_what_is_a_tenth_of_it(void **state) {
    fixture *self = *state;
    keep_all(self, 6 * MANY, 6 * MANY - 6 * MANY / 10);
}

/* What goes back to an arena serves nobody. */
static void test_pool_over_an_arena_keeps_what_it_has(void **state) {
    (void)state;
    SKIP_IF_HARDENED("no pool gives back");
    fixture self;
    open_arena(&self);
    nanvm_local_init_from(&self.local, nanvm_arena_manager(&self.arena));
    self.manager = nanvm_local_manager(&self.local);
    keep_all(&self, MANY, MANY / 10);
    nanvm_local_deinit(&self.local);
    close_arena(&self);
}

/* --- without memory --- */

static bool have_a_peak(accounting *source) {
    enum { LENGTH = 6000 };
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    bool done = true;
    nanvm_ref list = list_of(manager, LENGTH);
    nanvm_ref_drop(list);
    for (size_t i = 0; i < 3 * TURNOVERS * 10 && done; i++) {
        list = list_of(manager, LENGTH / 10);
        done = list.object != NULL;
        nanvm_ref_drop(list);
    }
    nanvm_local_deinit(&local);
    return done;
}

static void test_giving_back_needs_no_memory(void **state) {
    (void)state;
    SKIP_IF_HARDENED("no pool gives back");
    for_each_failure(NANVM_COUNT_PLAIN, have_a_peak);
}

static const struct CMUnitTest tests[] = {
    TEST(test_pool_gives_back_what_is_empty_for_long, local_over_source),
    TEST(test_pool_in_which_nothing_is_created_gives_back, local_over_source),
    TEST(test_pool_waits_for_the_end_of_a_round, local_over_source),
    TEST(test_segments_go_back, local_over_source),
    TEST(test_objects_outlive_a_manager_that_gave_back),
    TEST(test_segment_stays_while_one_object_is_alive, local_over_source),
    TEST(test_building_the_same_again_gives_nothing_back),
    TEST(test_dropping_the_same_list_again_gives_nothing_back, local_over_source),
    TEST(test_small_pool_keeps_what_it_has, local_over_source),
    TEST(test_pool_keeps_what_is_a_tenth_of_it, local_over_source),
    TEST(test_pool_over_an_arena_keeps_what_it_has),
    TEST(test_giving_back_needs_no_memory),
};

RUN_TESTS(tests)
