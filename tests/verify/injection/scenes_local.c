/* Local managers over whatever the scenario stands on. */
#include "scenes.h"

static void fail_on_leak(void *context, const nanvm_type *type, size_t blocks,
                         size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
    fail();
}

static void count_leak(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
}

static nanvm_manager *open_local(nanvm_local *self, const ground *on) {
    nanvm_local_init_from(self, on->manager);
    nanvm_local_on_leak(self, fail_on_leak, NULL);
    return nanvm_local_manager(self);
}

static void pools(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    nanvm_ref made[12];
    for (size_t i = 0; i < 12; i++) {
        nanvm_mut_ref ints = attempt_array(manager, &ints_type, NULL, i * i * 3);
        made[i] = i % 3 == 0   ? leaf(manager, i)
                  : i % 3 == 1 ? pair(manager, leaf(manager, i), leaf(on->manager, i))
                               : nanvm_mut_ref_to_ref(ints);
        if (i % 3 != 2) {
            nanvm_mut_ref_drop(ints);
        }
    }
    drop_all(made, 12);
    nanvm_local_deinit(&local);
}

/* The table of pools grows, more than once. */
static void many_types(const ground *on) {
    enum { TYPES = 36 };
    static nanvm_type types[TYPES];
    nanvm_mut_ref made[TYPES];
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = point_type;
        types[i].size = 1 + 3 * i;
        made[i] = attempt_copy(manager, &types[i], types);
    }
    for (size_t i = 0; i < TYPES; i++) {
        assert_true(made[i].object == NULL ||
                    memcmp(made[i].object, types, types[i].size) == 0);
        nanvm_mut_ref_drop(made[i]);
    }
    nanvm_local_deinit(&local);
}

static void large_objects(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    nanvm_mut_ref a = attempt_array(manager, &ints_type, NULL, 600);
    nanvm_mut_ref b = attempt_array(manager, &ints_type, NULL, 700);
    (void)attempt_resize(manager, &a, 900);
    nanvm_mut_ref_drop(b);
    b = attempt_array(manager, &ints_type, NULL, 690);
    (void)attempt_resize(manager, &b, 100);
    (void)attempt_resize(manager, &a, 2000);
    (void)nanvm_local_trim(&local);
    (void)attempt_resize(manager, &a, 800);
    nanvm_mut_ref_drop(a);
    nanvm_mut_ref_drop(b);
    nanvm_local_deinit(&local);
}

static void trimmed(const ground *on) {
    enum { MANY = 60 };
    nanvm_ref made[MANY];
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    for (size_t round = 1; round < 4; round++) {
        for (size_t i = 0; i < MANY; i++) {
            made[i] = leaf(manager, i);
        }
        for (size_t i = 0; i < MANY; i += round) {
            nanvm_ref_drop(nanvm_ref_move(&made[i]));
        }
        size_t reserved = nanvm_stats_make(manager).reserved_bytes;
        size_t requests = on->dice->requests;
        size_t given_back = nanvm_local_trim(&local);
        assert_int_equal(on->dice->requests, requests);
        assert_int_equal(nanvm_stats_make(manager).reserved_bytes, reserved - given_back);
        drop_all(made, MANY);
    }
    nanvm_local_deinit(&local);
}

/* Objects that outlive their manager, and are used by another. */
static void orphans(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    size_t leaked = 0;
    nanvm_local_on_leak(&local, count_leak, &leaked);
    nanvm_mut_ref refs = array_of_leaves(manager, 3);
    nanvm_mut_ref large = attempt_array(manager, &ints_type, NULL, 700);
    nanvm_ref both = pair(manager, leaf(manager, 8), nanvm_mut_ref_to_ref(large));
    size_t live = nanvm_stats_make(manager).live_blocks;
    nanvm_local_deinit(&local);
    assert_int_equal(leaked, live);
    memset(&local, 0xdd, sizeof(local));
    nanvm_ref second = nanvm_ref_clone(both);
    (void)attempt_make_mut(on->open, &second);
    (void)attempt_resize(on->open, &refs, 20);
    (void)attempt_resize(on->open, &refs, 1);
    nanvm_ref_drop(both);
    nanvm_ref_drop(second);
    nanvm_mut_ref_drop(refs);
}

static void stacked(const ground *on) {
    nanvm_local inner, outer;
    nanvm_manager *source = open_local(&inner, on);
    nanvm_local_init_from(&outer, source);
    nanvm_local_on_leak(&outer, fail_on_leak, NULL);
    nanvm_manager *manager = nanvm_local_manager(&outer);
    nanvm_ref a = pair(manager, leaf(source, 1), leaf(on->manager, 2));
    nanvm_mut_ref b = attempt_array(manager, &ints_type, NULL, 600);
    nanvm_mut_ref c = attempt_clone(source, a);
    (void)attempt_resize(source, &b, 900);
    (void)attempt_resize(manager, &b, 1300);
    nanvm_mut_ref_drop(c);
    nanvm_mut_ref_drop(b);
    nanvm_ref_drop(a);
    nanvm_local_deinit(&outer);
    nanvm_local_deinit(&inner);
}

/* What couldn't start can start later. */
static void started_again(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    for (size_t i = 0; i < 4; i++) {
        nanvm_ref a = leaf(manager, i), b = leaf(manager, i + 1);
        nanvm_ref_drop(a);
        nanvm_ref_drop(b);
        if (i % 2 == 0) {
            nanvm_local_deinit(&local);
            nanvm_local_deinit(&local);
            manager = open_local(&local, on);
        }
    }
    nanvm_local_deinit(&local);
}

static void raw_in_local(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    nanvm_layout layout = nanvm_layout_make(60, 8);
    void *a = attempt_alloc(manager, layout);
    void *b = attempt_alloc(manager, nanvm_layout_make(200, 64));
    void *c = a == NULL ? NULL : attempt_raw_resize(manager, a, layout, 500);
    nanvm_manager_dealloc(manager, b, nanvm_layout_make(200, 64));
    nanvm_manager_dealloc(manager, c == NULL ? a : c,
                          nanvm_layout_make(c == NULL ? 60 : 500, 8));
    assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    nanvm_local_deinit(&local);
}

/* What leaked is dropped by the report itself, which makes more meanwhile. */
static struct {
    nanvm_manager *manager;
    nanvm_ref leaked[4];
} report;

static void drop_leaked(void *context, const nanvm_type *type, size_t blocks,
                        size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
    for (size_t i = 0; i < 4; i++) {
        nanvm_ref fresh = leaf(report.manager, i);
        nanvm_ref_drop(nanvm_ref_move(&report.leaked[i]));
        nanvm_ref_drop(fresh);
    }
}

static void dropped_by_the_report(const ground *on) {
    nanvm_local local;
    size_t leaked = 0;
    report.manager = open_local(&local, on);
    nanvm_local_on_leak(&local, drop_leaked, &leaked);
    for (size_t i = 0; i < 4; i++) {
        report.leaked[i] = i % 2 == 0 ? leaf(report.manager, i)
                                      : pair(report.manager, leaf(report.manager, i),
                                             leaf(on->other, i));
    }
    nanvm_local_deinit(&local);
    drop_all(report.leaked, 4); /* Null, unless there was nothing to report. */
}

/* Small objects, arrays, a large object, and raw memory, all given back. */
static void make_and_drop_all(nanvm_manager *manager) {
    nanvm_layout layout = nanvm_layout_make(300, 8);
    nanvm_ref made[9];
    for (size_t i = 0; i < 9; i++) {
        made[i] = i % 3 == 0 ? leaf(manager, i)
                             : nanvm_mut_ref_to_ref(
                                   attempt_array(manager, &ints_type, NULL, i * i * 10));
    }
    nanvm_manager_dealloc(manager, attempt_alloc(manager, layout), layout);
    drop_all(made, 9);
}

/* A null handle where nothing is alive: nothing was kept back. */
static void expect_all_given_back(const nanvm_manager *manager, const void *made) {
    if (made == NULL) {
        assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
        assert_int_equal(nanvm_stats_make(manager).reserved_bytes, 0);
    }
}

static void all_is_free(const ground *on) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    nanvm_layout layout = nanvm_layout_make(1000, 16);
    make_and_drop_all(manager);
    nanvm_mut_ref small = attempt_new(manager, &point_type);
    expect_all_given_back(manager, small.object);
    nanvm_mut_ref_drop(small);
    make_and_drop_all(manager);
    nanvm_mut_ref large = attempt_array(manager, &text_type, NULL, 5000);
    expect_all_given_back(manager, large.object);
    nanvm_mut_ref_drop(large);
    make_and_drop_all(manager);
    void *memory = attempt_alloc(manager, layout);
    expect_all_given_back(manager, memory);
    nanvm_manager_dealloc(manager, memory, layout);
    nanvm_local_deinit(&local);
}

/* Pools so large that their chunks are parts of regions. */
static void regions(const ground *on) {
    enum { MANY = 2300 };
    static nanvm_mut_ref made[MANY];
    static const nanvm_type brick_type = {.name = "brick", .size = 2032, .align = 8};
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, on);
    size_t length = 0;
    while (length < MANY &&
           (made[length] = nanvm_new_copy(manager, &brick_type, made)).object != NULL) {
        length++;
    }
    (void)attempted_call(length == MANY);
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    (void)nanvm_local_trim(&local);
    assert_int_equal(nanvm_stats_make(manager).reserved_bytes, 0);
    nanvm_local_deinit(&local);
}

static const scene_entry entries[] = {
    {"local: pools", pools, false},
    {"local: many types", many_types, false},
    {"local: large objects", large_objects, false},
    {"local: trimmed", trimmed, false},
    {"local: orphans", orphans, false},
    {"local: stacked", stacked, false},
    {"local: started again", started_again, false},
    {"local: raw memory", raw_in_local, false},
    {"local: dropped by the report", dropped_by_the_report, false},
    {"local: all is free", all_is_free, false},
    {"local: regions", regions, true},
};
const scene_list local_scenes = SCENE_LIST(entries);
