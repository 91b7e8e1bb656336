/* Pools of a local manager: what is free in them serves before there is no memory, and
 * each is found at once, however many types there are. */
#include <stdlib.h>

#include "run.h"
#include "stage.h"
#include "thread.h"

/* --- a manager over a source that is limited --- */

enum { LIMIT = 312000 };

static void open_limited(fixture *self) {
    open_local_over_source(self);
    accounting_limit(&self->source, LIMIT);
}

/* A list that takes all there is. */
static nanvm_ref fill_with_nodes(nanvm_manager *manager, size_t *length) {
    nanvm_ref list = null_ref();
    for (*length = 0;; ++*length) {
        struct node value = {list, *length, null_ref()};
        nanvm_mut_ref node = nanvm_new_copy(manager, &node_type, &value);
        if (node.object == NULL) {
            return list;
        }
        list = nanvm_mut_ref_to_ref(node);
    }
}

/* --- ways to have it all free --- */

typedef void free_all(nanvm_manager *manager);

static void free_nodes(nanvm_manager *manager) {
    size_t length;
    nanvm_ref_drop(fill_with_nodes(manager, &length));
}

/* Of each size class a few, as long as there is memory. */
static void free_arrays(nanvm_manager *manager) {
    enum { MANY = 5000 };
    static nanvm_mut_ref made[MANY];
    size_t length = 0;
    do {
        made[length] = nanvm_new_array(manager, &text_type, NULL, length * 7 % 1900);
    } while (made[length].object != NULL && ++length < MANY);
    assert_in_range(length, 100, MANY - 1);
    while (length-- > 0) {
        nanvm_mut_ref_drop(made[length]);
    }
}

/* The last large object of each type leaves its chunk behind. */
static void free_large(nanvm_manager *manager) {
    enum { TYPES = 5, WORDS = 7000 };
    static nanvm_type types[TYPES];
    nanvm_mut_ref made[TYPES];
    size_t length = 0;
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = ints_type;
        types[i].item_size = 8;
        made[i] = nanvm_new_array(manager, &types[i], NULL, WORDS);
        length += made[i].object != NULL;
    }
    assert_in_range(length, 2, TYPES);
    for (size_t i = 0; i < TYPES; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

/* --- what is asked for then --- */

/* What was there before, if it needs anything. */
typedef nanvm_mut_ref prepare(nanvm_manager *manager);

/* Whether there was memory; all is given back. */
typedef bool ask(nanvm_manager *manager, nanvm_mut_ref prepared);

static nanvm_mut_ref nothing(nanvm_manager *manager) {
    nanvm_mut_ref none = {NULL};
    (void)manager;
    return none;
}

static bool drop_made(nanvm_mut_ref made) {
    bool done = made.object != NULL;
    nanvm_mut_ref_drop(made);
    return done;
}

static bool ask_small(nanvm_manager *manager, nanvm_mut_ref prepared) {
    (void)prepared;
    return drop_made(nanvm_new(manager, &point_type));
}

static nanvm_mut_ref prepare_point(nanvm_manager *manager) {
    nanvm_mut_ref_drop(nanvm_new(manager, &point_type));
    return nothing(manager);
}

/* More than there is room for in the first chunk. */
static bool ask_many_small(nanvm_manager *manager, nanvm_mut_ref prepared) {
    enum { MANY = 100 };
    nanvm_mut_ref made[MANY];
    bool done = true;
    (void)prepared;
    for (size_t i = 0; i < MANY; i++) {
        made[i] = nanvm_new(manager, &point_type);
    }
    for (size_t i = 0; i < MANY; i++) {
        done &= drop_made(made[i]);
    }
    return done;
}

static bool ask_small_array(nanvm_manager *manager, nanvm_mut_ref prepared) {
    (void)prepared;
    return drop_made(nanvm_new_array(manager, &ints_type, NULL, 100));
}

static bool ask_large(nanvm_manager *manager, nanvm_mut_ref prepared) {
    (void)prepared;
    return drop_made(nanvm_new_array(manager, &ints_type, NULL, LIMIT / 8));
}

static bool ask_page(nanvm_manager *manager, nanvm_mut_ref prepared) {
    (void)prepared;
    return drop_made(nanvm_new(manager, &page_type));
}

static bool ask_raw(nanvm_manager *manager, nanvm_mut_ref prepared) {
    nanvm_layout layout = nanvm_layout_make(LIMIT / 2, 8);
    void *memory = nanvm_manager_alloc(manager, layout);
    (void)prepared;
    nanvm_manager_dealloc(manager, memory, layout);
    return memory != NULL;
}

/* The pool of raw memory is there already. */
static nanvm_mut_ref prepare_raw(nanvm_manager *manager) {
    assert_true(ask_raw(manager, nothing(manager)));
    return nothing(manager);
}

/* More types than the table of pools has room for. */
static bool ask_types(nanvm_manager *manager, nanvm_mut_ref prepared) {
    enum { TYPES = 100 };
    static nanvm_type types[TYPES];
    bool done = true;
    (void)prepared;
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = point_type;
        done = done && drop_made(nanvm_new(manager, &types[i]));
    }
    return done;
}

static nanvm_mut_ref prepare_small_array(nanvm_manager *manager) {
    return nanvm_new_array(manager, &ints_type, NULL, 10);
}

static nanvm_mut_ref prepare_large_array(nanvm_manager *manager) {
    return nanvm_new_array(manager, &ints_type, NULL, 1000);
}

static bool ask_longer(nanvm_manager *manager, nanvm_mut_ref prepared) {
    bool done = nanvm_mut_ref_resize(&prepared, manager, LIMIT / 8);
    nanvm_mut_ref_drop(prepared);
    return done;
}

/* So long that there is no memory for both. */
static bool ask_much_longer(nanvm_manager *manager, nanvm_mut_ref prepared) {
    size_t length = LIMIT * 4 / 5 / sizeof(int);
    bool done = nanvm_mut_ref_resize(&prepared, manager, length);
    nanvm_mut_ref_drop(prepared);
    return done || is_hardened; /* where a large array moves */
}

static const nanvm_layout raw_layout = {LIMIT * 2 / 5, 8};
static void *raw;

static nanvm_mut_ref prepare_raw_memory(nanvm_manager *manager) {
    raw = nanvm_manager_alloc(manager, raw_layout);
    assert_non_null(raw);
    return nothing(manager);
}

static bool ask_longer_raw(nanvm_manager *manager, nanvm_mut_ref prepared) {
    nanvm_layout layout = {LIMIT * 4 / 5, 8};
    void *longer = nanvm_manager_resize(manager, raw, raw_layout, layout.size);
    (void)prepared;
    nanvm_manager_dealloc(manager, longer == NULL ? raw : longer,
                          longer == NULL ? raw_layout : layout);
    return longer != NULL;
}

static bool ask_clone(nanvm_manager *manager, nanvm_mut_ref prepared) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(prepared);
    bool done = drop_made(nanvm_ref_clone_object(ref, manager));
    nanvm_ref_drop(ref);
    return done;
}

static nanvm_mut_ref prepare_half(nanvm_manager *manager) {
    return nanvm_new_array(manager, &ints_type, NULL, LIMIT * 2 / 5 / sizeof(int));
}

/* The chunks of an arena are raw memory of its source. */
static bool ask_arena(nanvm_manager *manager, nanvm_mut_ref prepared) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, manager);
    nanvm_manager *in_arena = nanvm_arena_manager(&arena);
    (void)prepared;
    bool done = nanvm_new(in_arena, &point_type).object != NULL &&
                nanvm_new_array(in_arena, &ints_type, NULL, LIMIT / 8).object != NULL;
    nanvm_arena_deinit(&arena);
    return done;
}

/* What another local manager takes, too. */
static bool ask_nested(nanvm_manager *manager, nanvm_mut_ref prepared) {
    nanvm_local nested;
    nanvm_local_init_from(&nested, manager);
    bool done = ask_small(nanvm_local_manager(&nested), prepared) &&
                ask_types(nanvm_local_manager(&nested), prepared) &&
                ask_large(nanvm_local_manager(&nested), prepared);
    nanvm_local_deinit(&nested);
    return done;
}

static void expect_served(free_all *make_free, prepare *before, ask *then) {
    fixture all;
    open_limited(&all);
    nanvm_mut_ref prepared = before(all.manager);
    make_free(all.manager);
    assert_true(then(all.manager, prepared));
    assert_int_equal(nanvm_stats_make(all.manager).live_blocks, 0);
    assert_true(all.source.live_bytes >= nanvm_stats_make(all.manager).reserved_bytes);
    close_local(&all);
}

static const struct {
    prepare *before;
    ask *then;
} requests[] = {
    {nothing, ask_small},
    {prepare_point, ask_small},
    {nothing, ask_small_array},
    {nothing, ask_large},
    {nothing, ask_page},
    {nothing, ask_raw},
    {nothing, ask_types},
    {prepare_small_array, ask_longer},
    {prepare_raw_memory, ask_longer_raw},
    {prepare_large_array, ask_longer},
    {nothing, ask_arena},
    {prepare_half, ask_clone},
    {nothing, ask_nested},
    {prepare_point, ask_many_small},
    {prepare_half, ask_much_longer},
    {prepare_raw, ask_raw},
};

static void expect_all_served(free_all *make_free) {
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        expect_served(make_free, requests[i].before, requests[i].then);
    }
}

static void test_pools_of_other_types_serve_before_a_null_handle(void **state) {
    (void)state;
    expect_all_served(free_nodes);
}

static void test_arrays_of_other_sizes_serve_before_a_null_handle(void **state) {
    (void)state;
    expect_all_served(free_arrays);
}

static void test_chunks_of_large_objects_serve_before_a_null_handle(void **state) {
    (void)state;
    expect_all_served(free_large);
}

/* Appending one by one: half as much again may be too much where what is asked for
 * isn't. */
static void test_large_array_grows_up_to_the_limit(void **state) {
    (void)state;
    SKIP_IF_HARDENED("a large array moves");
    fixture all;
    open_limited(&all);
    nanvm_mut_ref ints = nanvm_new_array(all.manager, &ints_type, NULL, 1000);
    size_t length = 1000;
    while (nanvm_mut_ref_resize(&ints, all.manager, length + 1)) {
        length++;
    }
    assert_int_equal(nanvm_mut_ref_length(ints), length);
    assert_in_range(LIMIT - all.source.live_bytes, 0, 7);
    nanvm_mut_ref_drop(ints);
    close_local(&all);
}

/* A large object needn't be rounded up either. */
static void test_large_object_takes_the_last_byte(void **state) {
    (void)state;
    SKIP_IF_HARDENED("a length has a checksum");
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    fixture all;
    open_limited(&all);
    nanvm_mut_ref_drop(nanvm_new_array(all.manager, &bytes, NULL, 3000));
    (void)nanvm_local_trim(&all.local);
    nanvm_mut_ref first = nanvm_new_array(all.manager, &bytes, NULL, 3000);
    size_t front =
        (size_t)((char *)first.object - (char *)nanvm_block_origin(first.object));
    size_t rest = LIMIT - all.source.live_bytes - front;
    assert_null(nanvm_new_array(all.manager, &bytes, NULL, rest + 1).object);
    nanvm_mut_ref second = nanvm_new_array(all.manager, &bytes, NULL, rest);
    assert_non_null(second.object);
    assert_int_equal(all.source.live_bytes, LIMIT);
    nanvm_mut_ref_drop(first);
    nanvm_mut_ref_drop(second);
    close_local(&all);
}

/* --- pools that were trimmed --- */

static void test_peaks_outlast_what_was_given_back(void **state) {
    (void)state;
    fixture all;
    open_limited(&all);
    size_t length;
    nanvm_ref list = fill_with_nodes(all.manager, &length);
    size_t bytes = nanvm_stats_make(all.manager).live_bytes;
    nanvm_ref_drop(list);
    assert_true(ask_large(all.manager, nothing(all.manager)));
    nanvm_stats stats = nanvm_stats_make(all.manager);
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.live_bytes, 0);
    assert_true(stats.peak_bytes >= bytes);
    list = fill_with_nodes(all.manager, &length);
    assert_int_equal(nanvm_stats_make(all.manager).live_blocks, length);
    nanvm_ref_drop(list);
    close_local(&all);
}

/* What is freed after a trim is found again, each time, whatever it is freed by. */
static void test_each_free_after_a_failure_counts(void **state) {
    (void)state;
    fixture all;
    open_limited(&all);
    for (size_t round = 0; round < 20; round++) {
        size_t length;
        nanvm_ref list = fill_with_nodes(all.manager, &length);
        assert_true(length > 1000);
        assert_false(ask_large(all.manager, nothing(all.manager)));
        if (round % 2 == 0) {
            struct node *last = nanvm_ref_make_mut(&list, all.manager);
            nanvm_ref rest = nanvm_ref_move(&last->left);
            nanvm_ref_drop(list); /* one alone, and then the others */
            list = rest;
            assert_false(ask_large(all.manager, nothing(all.manager)));
        }
        nanvm_ref_drop(list);
        assert_true(ask_large(all.manager, nothing(all.manager)));
        free_large(all.manager);
        assert_true(ask_raw(all.manager, nothing(all.manager)));
    }
    close_local(&all);
}

/* The table of a trimmed pool isn't asked to let an array grow where it lies. */
static void *(*usual_resize_block)(nanvm_manager *self, void *object, size_t old_size,
                                   size_t size);
static size_t resizes;

static void *count_resize(nanvm_manager *self, void *object, size_t old_size,
                          size_t size) {
    resizes++;
    return usual_resize_block(self, object, old_size, size);
}

static void expect_room_at_hand(nanvm_local *local, size_t length) {
    nanvm_manager *manager = nanvm_local_manager(local);
    nanvm_mut_ref text = nanvm_new_array(manager, &text_type, NULL, length);
    assert_true(nanvm_mut_ref_resize(&text, manager, length + 1));
    void *place = text.object;
    resizes = 0;
    (void)nanvm_local_trim(local);
    assert_true(nanvm_mut_ref_resize(&text, manager, length + 2));
    assert_ptr_equal(text.object, place);
    assert_int_equal(resizes, 0);
    nanvm_mut_ref_drop(text);
}

static void test_array_in_a_trimmed_pool_grows_where_it_lies(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the table is always asked");
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_manager_table table = *manager->table;
    usual_resize_block = table.resize_block;
    table.resize_block = count_resize;
    manager->table = &table;
    expect_room_at_hand(&local, 100);
    expect_room_at_hand(&local, 5000);
    nanvm_local_deinit(&local);
}

static void test_objects_of_a_trimmed_pool_outlive_their_manager(void **state) {
    (void)state;
    for (size_t trims = 0; trims < 2; trims++) {
        fixture all;
        open_limited(&all);
        nanvm_local_on_leak(&all.local, nanvm_local_ignore_leak, NULL);
        nanvm_mut_ref point = nanvm_new(all.manager, &point_type);
        nanvm_mut_ref tracked = tracked_new(all.manager, 1);
        nanvm_mut_ref ints = nanvm_new_array(all.manager, &ints_type, NULL, 5000);
        nanvm_mut_ref_drop(nanvm_new(all.manager, &point_type));
        (void)nanvm_local_trim(&all.local);
        assert_false(trims > 0 && nanvm_local_trim(&all.local) > 0);
        nanvm_local_deinit(&all.local);
        assert_true(nanvm_mut_ref_resize(&ints, nanvm_global(), 6000));
        nanvm_mut_ref_drop(ints);
        nanvm_mut_ref_drop(point);
        nanvm_mut_ref_drop(tracked);
        accounting_deinit(&all.source);
    }
}

/* A callback drops and creates while its manager runs out of memory. */
static nanvm_manager *of_greedy;

static void drop_greedy(void *object, size_t length) {
    (void)length;
    nanvm_mut_ref_drop(nanvm_new_array(of_greedy, &ints_type, NULL, LIMIT));
    nanvm_ref_drop(*(nanvm_ref *)object);
}

NANVM_TYPE_CALLBACKS(greedy_type, struct hidden, NULL, drop_greedy, NULL);

static void test_callback_may_run_out_of_memory(void **state) {
    (void)state;
    fixture all;
    open_limited(&all);
    of_greedy = all.manager;
    nanvm_ref list = null_ref();
    size_t length = 0;
    for (nanvm_mut_ref made; (made = nanvm_new(all.manager, &greedy_type)).object != NULL;
         length++) {
        ((struct hidden *)made.object)->secret = list;
        list = nanvm_mut_ref_to_ref(made);
    }
    assert_true(length > 1000);
    nanvm_ref_drop(list);
    assert_int_equal(nanvm_stats_make(all.manager).live_blocks, 0);
    assert_true(ask_large(all.manager, nothing(all.manager)));
    close_local(&all);
}

/* --- a hard limit --- */

enum { HELD = 2000 };

/* Every other one of many objects is dead, so that no chunk is free. */
typedef struct sieve {
    nanvm_ref alive[HELD];
    const void **dead[HELD]; /* where its link is: its first word */
    const void *links[HELD];
    size_t length;
} sieve;

static sieve *sieve_new(nanvm_manager *manager) {
    sieve *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    for (; self->length < HELD; self->length++) {
        nanvm_mut_ref dies = nanvm_new(manager, &point_type);
        nanvm_mut_ref stays = nanvm_new(manager, &point_type);
        if (dies.object == NULL || stays.object == NULL) {
            nanvm_mut_ref_drop(dies);
            nanvm_mut_ref_drop(stays);
            break;
        }
        self->alive[self->length] = nanvm_mut_ref_to_ref(stays);
        self->dead[self->length] = (const void **)dies.object;
    }
    for (size_t i = 0; i < self->length; i++) {
        nanvm_ref dies = {self->dead[i]};
        nanvm_ref_drop(dies);
    }
    return self;
}

static void sieve_delete(sieve *self) {
    for (size_t i = 0; i < self->length; i++) {
        nanvm_ref_drop(self->alive[i]);
    }
    free(self);
}

/* Whoever follows a link now ends the program. */
static void sieve_break(sieve *self) {
    for (size_t i = 0; i < self->length; i++) {
        self->links[i] = *self->dead[i];
        *self->dead[i] = (const void *)(uintptr_t)1;
    }
}

static void sieve_mend(const sieve *self) {
    for (size_t i = 0; i < self->length; i++) {
        *self->dead[i] = self->links[i];
    }
}

static size_t requests_of_a_failure(fixture *all, ask *then) {
    size_t requests_before = all->source.requests;
    assert_false(then(all->manager, nothing(all->manager)));
    return all->source.requests - requests_before;
}

/* The free are looked at once, and not again until something is freed. */
static void test_failure_at_a_hard_limit_looks_at_nothing_twice(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the dead have no links");
    static ask *const asks[] = {ask_large, ask_raw, ask_types};
    fixture all;
    open_limited(&all);
    sieve *points = sieve_new(all.manager);
    assert_true(points->length > 500);
    accounting_limit(&all.source, all.source.live_bytes);
    assert_false(ask_large(all.manager, nothing(all.manager)));
    sieve_break(points);
    for (size_t i = 0; i < 300; i++) {
        assert_in_range(requests_of_a_failure(&all, asks[i % 3]), 1, 4);
    }
    sieve_mend(points);
    nanvm_mut_ref_drop(nanvm_new(all.manager, &point_type)); /* one of the dead */
    assert_false(ask_large(all.manager, nothing(all.manager)));
    sieve_delete(points);
    accounting_limit(&all.source, LIMIT);
    assert_true(ask_large(all.manager, nothing(all.manager)));
    close_local(&all);
}

/* --- many types --- */

typedef struct census {
    const nanvm_type *types;
    unsigned char *seen;
    size_t blocks;
} census;

static void count_type(const nanvm_type_stats *stats, void *context) {
    census *self = context;
    self->seen[stats->type - self->types]++;
    self->blocks += stats->live_blocks;
}

/* Each type is told of once; returns how many objects are alive. */
static size_t take_census(nanvm_manager *manager, const nanvm_type *types,
                          size_t length) {
    census found = {types, calloc(length, 1), 0};
    nanvm_stats stats = {.size = sizeof(stats), .version = NANVM_STATS_VERSION};
    assert_non_null(found.seen);
    stats.each = count_type;
    stats.context = &found;
    nanvm_manager_stats(manager, &stats);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(found.seen[i], 1);
    }
    free(found.seen);
    assert_int_equal(stats.live_blocks, found.blocks);
    return found.blocks;
}

static nanvm_type *types_new(size_t length) {
    nanvm_type *types = calloc(length, sizeof(*types));
    assert_non_null(types);
    for (size_t i = 0; i < length; i++) {
        types[i] = i % 4 == 3 ? ints_type : point_type;
    }
    return types;
}

/* Where each has a page of its own, and a closed one behind, they take 12 KiB each. */
static void test_many_types_are_found_and_told_of_once(void **state) {
    fixture *self = *state;
#if defined(NANVM_HARDENED)
    size_t length = scaled(50000);
#else
    size_t length = scaled(200000);
#endif
    nanvm_type *types = types_new(length);
    nanvm_mut_ref *made = calloc(length, sizeof(*made));
    assert_non_null(made);
    for (size_t i = 0; i < length; i++) {
        made[i] = nanvm_new_array(self->manager, &types[i], NULL, i % 4 == 3 ? 2 : 0);
        nanvm_mut_ref_drop(nanvm_new(self->manager, &types[i * 7919 % length]));
        assert_ptr_equal(nanvm_ref_type(nanvm_mut_ref_to_ref(made[i])), &types[i]);
    }
    assert_int_equal(take_census(self->manager, types, length), length);
    size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref_drop(nanvm_new(self->manager, &types[i * 104729 % length]));
    }
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, reserved);
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    nanvm_local_deinit(&self->local);
    free(made);
    free(types);
}

/* Arrays of many types, and of many sizes each: the pools of a type are told of as one,
 * in whatever order they came. */
static void test_pools_of_a_type_are_told_of_as_one(void **state) {
    fixture *self = *state;
    enum { FEWER = 300, SIZES = 40 };
    nanvm_type *types = types_new(FEWER);
    nanvm_mut_ref *made = calloc((size_t)FEWER * SIZES, sizeof(*made));
    assert_non_null(made);
    for (size_t n = 0; n < FEWER * SIZES; n++) {
        size_t i = n * 7919 % (FEWER * SIZES);
        bool is_array = types[i % FEWER].item_size != 0;
        made[i] = nanvm_new_array(self->manager, &types[i % FEWER], NULL,
                                  is_array ? i / FEWER * 17 : 0);
    }
    assert_int_equal(take_census(self->manager, types, FEWER), FEWER * SIZES);
    for (size_t i = 0; i < FEWER * SIZES; i++) {
        assert_ptr_equal(nanvm_ref_type(nanvm_mut_ref_to_ref(made[i])),
                         &types[i % FEWER]);
        nanvm_mut_ref_drop(made[i]);
    }
    assert_int_equal(take_census(self->manager, types, FEWER), 0);
    nanvm_local_deinit(&self->local);
    free(made);
    free(types);
}

static const struct CMUnitTest tests[] = {
    TEST(test_pools_of_other_types_serve_before_a_null_handle),
    TEST(test_arrays_of_other_sizes_serve_before_a_null_handle),
    TEST(test_chunks_of_large_objects_serve_before_a_null_handle),
    TEST(test_large_array_grows_up_to_the_limit),
    TEST(test_large_object_takes_the_last_byte),
    TEST(test_peaks_outlast_what_was_given_back),
    TEST(test_each_free_after_a_failure_counts),
    TEST(test_array_in_a_trimmed_pool_grows_where_it_lies),
    TEST(test_objects_of_a_trimmed_pool_outlive_their_manager),
    TEST(test_callback_may_run_out_of_memory),
    TEST(test_failure_at_a_hard_limit_looks_at_nothing_twice),
    TEST(test_many_types_are_found_and_told_of_once, local),
    TEST(test_pools_of_a_type_are_told_of_as_one, local),
};

RUN_TESTS(tests)
