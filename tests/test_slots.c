/* Slots at hand: whoever creates takes those, and asks the manager's table only where
 * there are none. */
#include "misuse.h"
#include "run.h"
#include "stage.h"

/* --- a manager whose table counts how often it is asked --- */

typedef struct spy {
    nanvm_manager *manager;
    const nanvm_manager_table *table; /* its own */
    nanvm_manager_table counting;
    size_t blocks;
    size_t resizes;
} spy;

static spy current; /* of the test that runs */

static void *counted_block(nanvm_manager *manager, const nanvm_type *type, size_t size) {
    current.blocks++;
    return current.table->new_block(manager, type, size);
}

static void *counted_resize(nanvm_manager *manager, void *object, size_t old_size,
                            size_t size) {
    current.resizes++;
    return current.table->resize_block(manager, object, old_size, size);
}

static void spy_on(nanvm_manager *manager) {
    current.manager = manager;
    current.table = manager->table;
    current.counting = *manager->table;
    current.counting.new_block = counted_block;
    current.counting.resize_block = counted_resize;
    current.blocks = current.resizes = 0;
    manager->table = &current.counting;
}

/* How often the table was asked for blocks since the last time. */
static size_t asked(void) {
    size_t blocks = current.blocks;
    current.blocks = 0;
    return blocks;
}

/* --- every way to create a point --- */

NANVM_TYPED(point, struct point, point_type);

typedef nanvm_mut_ref creator(nanvm_manager *manager);

static const nanvm_type *volatile unknown = &point_type;
static const struct point value = {3, 4};

static nanvm_mut_ref by_new(nanvm_manager *manager) {
    return nanvm_new(manager, &point_type);
}

static nanvm_mut_ref by_new_unknown(nanvm_manager *manager) {
    return nanvm_new(manager, unknown);
}

static nanvm_mut_ref by_copy(nanvm_manager *manager) {
    return nanvm_new_copy(manager, &point_type, &value);
}

static nanvm_mut_ref by_copy_unknown(nanvm_manager *manager) {
    return nanvm_new_copy(manager, unknown, &value);
}

static nanvm_mut_ref by_typed(nanvm_manager *manager) {
    return point_new(manager).untyped;
}

static nanvm_mut_ref by_typed_copy(nanvm_manager *manager) {
    return point_new_copy(manager, &value).untyped;
}

static creator *const creators[] = {by_new,          by_new_unknown, by_copy,
                                    by_copy_unknown, by_typed,       by_typed_copy};

enum {
    CREATORS = sizeof(creators) / sizeof(creators[0]),
    POINTS = 97
}; /* an odd number */

static nanvm_mut_ref points[POINTS];

static void create_all(creator *create) {
    for (size_t i = 0; i < POINTS; i++) {
        points[i] = create(current.manager);
        struct point *point = points[i].object;
        assert_non_null(point);
        assert_true((point->x == 0 && point->y == 0) || (point->x == 3 && point->y == 4));
        point->x = 5;
    }
}

static void drop_all(void) {
    for (size_t i = 0; i < POINTS; i++) {
        nanvm_mut_ref_drop(points[i]);
    }
}

/* --- a local manager --- */

static void test_fresh_slots_come_in_runs(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the manager is asked for each object, and looks at the thread");
    for (size_t i = 0; i < CREATORS; i++) {
        nanvm_local local;
        nanvm_local_init(&local);
        spy_on(nanvm_local_manager(&local));
        create_all(creators[i]);
        assert_in_range(asked(), 2, POINTS / 8);
        drop_all();
        nanvm_local_deinit(&local);
    }
}

/* Those that died last are in the magazine; the manager finds the others, eight at once.
 */
static void test_slots_of_the_dead_are_taken_without_asking(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    spy_on(self->manager);
    nanvm_mut_ref rest[15]; /* of seven runs, so that there is nothing else */
    for (size_t i = 0; i < 15; i++) {
        rest[i] = nanvm_new(current.manager, &point_type);
    }
    create_all(by_new);
    drop_all();
    asked();
    for (size_t i = 0; i < 2 * CREATORS; i++) {
        create_all(creators[i / 2]);
        assert_in_range(asked(), 1, (POINTS - NANVM_MAGAZINE_SIZE) / 8 + 1);
        drop_all();
    }
    for (size_t i = 0; i < 15; i++) {
        nanvm_mut_ref_drop(rest[i]);
    }
}

static void test_what_died_last_serves_first(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    spy_on(self->manager);
    create_all(by_new);
    const void *dropped[NANVM_MAGAZINE_SIZE];
    for (size_t i = 0; i < NANVM_MAGAZINE_SIZE; i++) {
        dropped[i] = points[i].object;
        nanvm_mut_ref_drop(points[i]);
    }
    asked();
    for (size_t i = NANVM_MAGAZINE_SIZE; i-- > 0;) {
        points[i] = creators[i % CREATORS](current.manager);
        assert_ptr_equal(points[i].object, dropped[i]);
    }
    assert_int_equal(asked(), 0);
    drop_all();
}

/* Through the table, too; an odd number, so that the compiler knows the type at the first
 * call of every second round. */
static void test_dead_serve_again_before_fresh_slots(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the dead wait");
    enum { ARRAYS = 0, NEW = 1, COPY = 2, WAYS = 3, EACH = 21 };
    for (size_t way = ARRAYS; way < WAYS; way++) {
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_manager *manager = nanvm_local_manager(&local);
        size_t reserved = 0;
        for (size_t round = 0; round < 200; round++) {
            nanvm_mut_ref made[EACH];
            for (size_t i = 0; i < EACH; i++) {
                made[i] = way == ARRAYS ? nanvm_new_array(manager, &ints_type, NULL, 9)
                          : way == NEW  ? nanvm_new(manager, unknown)
                                        : nanvm_new_copy(manager, unknown, &value);
            }
            for (size_t i = 0; i < EACH; i++) {
                nanvm_mut_ref_drop(made[i]);
            }
            size_t now = nanvm_stats_make(manager).reserved_bytes;
            assert_true(round == 0 || now == reserved);
            reserved = now;
        }
        nanvm_local_deinit(&local);
    }
}

/* What died last waits until what died before is used up. */
static void test_no_slot_is_given_twice(void **state) {
    fixture *self = *state;
    spy_on(self->manager);
    create_all(by_new);
    for (size_t round = 0; round < 40; round++) {
        for (size_t i = round % 3; i < POINTS; i += 3) {
            nanvm_mut_ref_drop(points[i]);
        }
        for (size_t i = round % 3; i < POINTS; i += 3) {
            points[i] = creators[(round + i) % CREATORS](current.manager);
            ((struct point *)points[i].object)->x = (double)i;
        }
        for (size_t i = round % 3; i < POINTS; i += 3) {
            assert_true(((struct point *)points[i].object)->x == (double)i);
        }
        assert_int_equal(nanvm_stats_make(current.manager).live_blocks, POINTS);
    }
    drop_all();
}

/* --- many that died in a random order --- */

enum { MANY = 20000 };

static nanvm_mut_ref many[MANY];

static void create_many(nanvm_manager *manager, size_t length) {
    for (size_t i = 0; i < length; i++) {
        many[i] = nanvm_new(manager, &point_type);
        assert_non_null(many[i].object);
    }
}

static void create_many_nodes(nanvm_manager *manager) {
    for (size_t i = 0; i < MANY; i++) {
        many[i] = nanvm_new(manager, &node_type);
    }
}

/* Drops what was created; 7919 and MANY have no common divisor. */
static void drop_many_in_random_order(size_t begin) {
    for (size_t i = begin; i < MANY; i++) {
        nanvm_mut_ref_drop(many[begin + (i - begin) * 7919 % (MANY - begin)]);
    }
}

/* How many follow their predecessor in memory. */
static size_t side_by_side(size_t length, size_t distance) {
    size_t found = 0;
    for (size_t i = 1; i < length; i++) {
        uintptr_t before = (uintptr_t)many[i - 1].object;
        found += (uintptr_t)many[i].object - before == distance;
    }
    return found;
}

/* A list that leads through all of them in random order. */
static nanvm_ref link_many(void) {
    nanvm_ref first = nanvm_ref_null();
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref next = many[i * 7919 % MANY];
        ((struct node *)next.object)->left = first;
        first = nanvm_mut_ref_to_ref(next);
    }
    return first;
}

/* Puts a list of as many nodes in front of another. */
static nanvm_ref with_nodes(nanvm_manager *manager, const nanvm_type *type, size_t length,
                            nanvm_ref list) {
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref node = nanvm_new(manager, type);
        assert_non_null(node.object);
        ((struct node *)node.object)->right = list;
        list = nanvm_mut_ref_to_ref(node);
    }
    return list;
}

enum { LONG = 3 * NANVM_MAGAZINE_SIZE };

/* Which gets back its slots. The drop is still in a chunk of the first one then, where
 * some objects live on. */
static void test_long_drop_goes_on_in_another_manager(void **state) {
    fixture *self = *state;
    nanvm_local other;
    nanvm_local_init(&other);
    nanvm_manager *second = nanvm_local_manager(&other);
    nanvm_ref kept = with_nodes(self->manager, &node_type, 5, nanvm_ref_null());
    nanvm_ref list = with_nodes(nanvm_global(), &node_type, LONG, nanvm_ref_null());
    list = with_nodes(second, &node_type, LONG, list);
    list = with_nodes(self->manager, &node_type, LONG, list);
    nanvm_ref_drop(list);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 5);
    assert_int_equal(nanvm_stats_make(second).live_blocks, 0);
    nanvm_ref_drop(kept);
    nanvm_local_deinit(&other);
}

/* Which lie alone in their memory. */
static void test_long_drop_goes_on_with_large_structs(void **state) {
    fixture *self = *state;
    static nanvm_type large_type;
    large_type = node_type;
    large_type.size = 10000;
    nanvm_ref list = with_nodes(self->manager, &large_type, LONG, nanvm_ref_null());
    list = with_nodes(self->manager, &node_type, LONG, list);
    nanvm_ref_drop(list);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
}

/* A trim leaves chunks of which one slot was ever used, and a long drop may end there. */
static void test_long_drop_ends_in_any_chunk_after_a_trim(void **state) {
    fixture *self = *state;
    nanvm_local *local = (nanvm_local *)(void *)self->manager;
    for (size_t length = LONG; length < 8 * LONG; length++) {
        for (size_t i = 0; i < length; i++) {
            many[i] = nanvm_new(self->manager, &node_type);
        }
        (void)nanvm_local_trim(local);
        nanvm_ref list = nanvm_ref_null();
        for (size_t i = length; i-- > 0;) {
            ((struct node *)many[i].object)->right = list;
            list = nanvm_mut_ref_to_ref(many[i]);
        }
        nanvm_ref_drop(list);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
        (void)nanvm_local_trim(local);
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
    }
}

/* Chunks in which nothing lives any more serve in the order of addresses. */
static void test_slots_of_empty_chunks_come_in_order(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    for (size_t round = 0; round < 3; round++) {
        create_many_nodes(self->manager);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, MANY);
        assert_in_range(side_by_side(MANY, sizeof(struct node) + 8), MANY * 7 / 10, MANY);
        nanvm_ref_drop(link_many());
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    }
}

/* Of each two one lives on, so that no chunk is empty. */
static void test_new_objects_lie_in_one_chunk(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    create_many(self->manager, MANY);
    for (size_t i = 0; i < MANY / 2; i++) {
        nanvm_mut_ref_drop(many[i * 7919 % (MANY / 2) * 2]);
    }
    size_t chunks = 0;
    const nanvm_origin *last = NULL;
    for (size_t i = 0; i < MANY / 2; i++) {
        many[2 * i] = nanvm_new(self->manager, &point_type);
        const nanvm_origin *origin = nanvm_block_origin(many[2 * i].object);
        chunks += origin != last;
        last = origin;
    }
    assert_in_range(chunks, 2, 100);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, MANY);
    drop_many_in_random_order(0);
}

/* While one of the slots that came in order is in use, and when none is. */
static void test_slots_of_empty_chunks_are_trimmed(void **state) {
    fixture *self = *state;
    nanvm_local *local = (nanvm_local *)(void *)self->manager;
    for (size_t used = 0; used <= 64; used += 32) {
        create_many(self->manager, MANY);
        drop_many_in_random_order(0);
        create_many(self->manager, used);
        assert_true(nanvm_local_trim(local) > 0);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, used);
        assert_true((nanvm_stats_make(self->manager).reserved_bytes > 0) == (used > 0));
        for (size_t i = 0; i < used; i++) {
            assert_true(((struct point *)many[i].object)->x == 0);
            nanvm_mut_ref_drop(many[i]);
        }
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
        (void)nanvm_local_trim(local);
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
        assert_int_equal(nanvm_local_trim(local), 0);
    }
}

/* What a trim leaves of a chunk serves again, in use or not. */
static void test_rest_of_a_chunk_serves_after_a_trim(void **state) {
    fixture *self = *state;
    create_many(self->manager, 100);
    size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
    for (size_t round = 0; round < 50; round++) {
        nanvm_mut_ref_drop(many[round]);
        (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
        many[round] = nanvm_new(self->manager, &point_type);
    }
    assert_true(is_hardened ||
                nanvm_stats_make(self->manager).reserved_bytes == reserved);
    for (size_t i = 0; i < 100; i++) {
        nanvm_mut_ref_drop(many[i]);
    }
}

/* A trim leaves no other slot free there: the slot is the last in use and the first that
 * is free. */
static void test_slot_of_the_only_object_serves_after_a_trim(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    nanvm_mut_ref only = nanvm_new(self->manager, &point_type);
    const void *slot = only.object;
    (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
    nanvm_mut_ref_drop(only);
    only = nanvm_new(self->manager, &point_type);
    assert_ptr_equal(only.object, slot);
    nanvm_mut_ref_drop(only);
}

/* Slots that were never used may serve before some that are free. */
static void test_peak_is_at_most_15_too_high(void **state) {
    fixture *self = *state;
    size_t rounds = 0;
    for (size_t most = 90; most < 120; most++, rounds++) {
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_manager *manager = nanvm_local_manager(&local);
        create_many(manager, most);
        for (size_t i = most / 2; i < most; i++) {
            nanvm_mut_ref_drop(many[i]);
        }
        for (size_t i = most / 2; i < most; i++) {
            many[i] = nanvm_new(manager, &point_type);
        }
        size_t peak = nanvm_stats_make(manager).peak_bytes /
                      (nanvm_stats_make(manager).live_bytes / most);
        assert_in_range(peak, most, is_hardened ? most : most + 15);
        for (size_t i = 0; i < most; i++) {
            nanvm_mut_ref_drop(many[i]);
        }
        nanvm_local_deinit(&local);
    }
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

/* The slots of an empty chunk are put in order again, and count as if they were new. */
static void test_peak_outlasts_the_use_of_empty_chunks(void **state) {
    fixture *self = *state;
    create_many_nodes(self->manager);
    size_t peak = nanvm_stats_make(self->manager).peak_bytes;
    nanvm_ref_drop(link_many());
    for (size_t i = 0; i < MANY; i++) {
        many[i] = nanvm_new(self->manager, &node_type);
        size_t now = nanvm_stats_make(self->manager).peak_bytes;
        assert_in_range(now, peak, is_hardened ? SIZE_MAX : peak + 15 * (peak / MANY));
    }
    nanvm_ref_drop(link_many());
}

/* Whether all of its chunks are given back, or half. */
static void test_peak_outlasts_a_trim(void **state) {
    fixture *self = *state;
    for (size_t kept = 0; kept <= MANY / 2; kept += MANY / 2) {
        create_many(self->manager, MANY);
        size_t peak = nanvm_stats_make(self->manager).peak_bytes;
        drop_many_in_random_order(kept);
        (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
        assert_int_equal(nanvm_stats_make(self->manager).peak_bytes, peak);
        for (size_t i = 0; i < kept; i++) {
            nanvm_mut_ref_drop(many[i]);
        }
        assert_int_equal(nanvm_stats_make(self->manager).peak_bytes, peak);
    }
}

/* The table is asked for each, and each type gets its own. */
static void test_types_that_share_an_entry_take_turns(void **state) {
    fixture *self = *state;
    enum { TYPES = 3 * NANVM_SLOTS_LENGTH };
    static nanvm_type types[TYPES];
    spy_on(self->manager);
    nanvm_mut_ref made[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = (nanvm_type){.name = "type", .size = 8 * (1 + i % 7), .align = 8};
        made[i] = nanvm_new(current.manager, &types[i]);
    }
    assert_int_equal(asked(), TYPES);
    for (size_t i = 0; i < TYPES; i++) {
        const nanvm_type *volatile type = &types[i];
        nanvm_mut_ref other = nanvm_new_copy(current.manager, type, made[i].object);
        assert_ptr_equal(nanvm_ref_type(nanvm_mut_ref_to_ref(other)), &types[i]);
        nanvm_mut_ref_drop(other);
        nanvm_mut_ref_drop(made[i]);
    }
}

/* --- an arena --- */

static void test_arena_makes_runs_of_what_follows_itself(void **state) {
    (void)state;
    SKIP_IF_HARDENED("each object has a checksum when it is made");
    for (size_t i = 0; i < CREATORS; i++) {
        nanvm_arena arena;
        nanvm_arena_init_growing(&arena, nanvm_global());
        spy_on(nanvm_arena_manager(&arena));
        create_all(creators[i]);
        assert_in_range(asked(), 8, 16);
        assert_int_equal(nanvm_stats_make(current.manager).live_blocks, POINTS);
        nanvm_arena_deinit(&arena);
    }
}

static void test_arena_makes_no_runs_of_what_takes_turns(void **state) {
    fixture *self = *state;
    spy_on(self->manager);
    for (size_t i = 0; i < POINTS; i++) {
        nanvm_mut_ref point = nanvm_new(current.manager, &point_type);
        nanvm_mut_ref node = nanvm_new(current.manager, &node_type);
        nanvm_mut_ref_drop(point);
        nanvm_mut_ref_drop(node);
    }
    assert_int_equal(asked(), 2 * POINTS);
}

static void test_arena_makes_no_runs_of_arrays(void **state) {
    fixture *self = *state;
    spy_on(self->manager);
    for (size_t i = 0; i < POINTS; i++) {
        nanvm_mut_ref_drop(nanvm_new_array(current.manager, &ints_type, NULL, 0));
    }
    assert_int_equal(asked(), POINTS);
}

/* --- room for an array to grow into --- */

static void test_array_grows_into_its_room_without_asking(void **state) {
    fixture *self = *state;
    spy_on(self->manager);
    nanvm_mut_ref small = nanvm_new_array(current.manager, &ints_type, NULL, 33);
    assert_true(nanvm_mut_ref_resize(&small, current.manager, 34));
    assert_true(nanvm_mut_ref_resize_unset(&small, current.manager, 35));
    assert_true(is_hardened || current.resizes == 0);
    nanvm_mut_ref large = nanvm_new_array(current.manager, &ints_type, NULL, 5000);
    assert_true(nanvm_mut_ref_resize(&large, current.manager, 7500));
    size_t before = current.resizes;
    assert_true(nanvm_mut_ref_resize(&large, current.manager, 7501));
    assert_true(nanvm_mut_ref_resize_unset(&large, current.manager, 7502));
    assert_true(is_hardened || current.resizes == before);
    assert_int_equal(nanvm_mut_ref_length(small), 35);
    assert_int_equal(nanvm_mut_ref_length(large), 7502);
    nanvm_mut_ref_drop(small);
    nanvm_mut_ref_drop(large);
}

/* How many entries `length` types take that lie at equal distances. */
static size_t entries_of(uintptr_t first, size_t distance, size_t length) {
    bool taken[NANVM_SLOTS_LENGTH] = {false};
    size_t entries = 0;
    for (size_t i = 0; i < length; i++) {
        size_t index = nanvm_slots_index((const nanvm_type *)(first + i * distance));
        assert_in_range(index, 0, NANVM_SLOTS_LENGTH - 1);
        entries += !taken[index];
        taken[index] = true;
    }
    return entries;
}

/* At random addresses 16 types take 14.2 entries on average, and 64 take 40.6. Tables lie
 * side by side, or at the same place of many pages. */
static void expect_entries(size_t distance) {
    for (uintptr_t first = 0x1000; first < 0x20000000; first = first * 3 + 8) {
        assert_in_range(entries_of(first, distance, 16), 12, 16);
        assert_in_range(entries_of(first, distance, 64), 36, 64);
    }
}

static void test_types_at_equal_distances_have_entries_of_their_own(void **state) {
    (void)state;
    for (size_t distance = 32; distance <= 512; distance += 8) {
        expect_entries(distance);
    }
    for (size_t distance = 1024; distance <= (size_t)1 << 21; distance *= 2) {
        expect_entries(distance);
    }
}

/* A leaf is freed by its dealloc if it has no slot, and in a pool that was trimmed. */
static void test_leaf_without_a_slot_that_is_freed_inline_is_freed(void **state) {
    fixture *self = *state;
    nanvm_ref large = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &page_type));
    nanvm_ref_drop_leaf(large);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    nanvm_ref small = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    nanvm_local *local = (nanvm_local *)(void *)self->manager;
    (void)nanvm_local_trim(local);
    nanvm_ref_drop_leaf(small);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    (void)nanvm_local_trim(local);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
}

static void drop_leaf(void *context) {
    nanvm_ref_drop_leaf(*(const nanvm_ref *)context);
}

static void test_second_drop_of_a_leaf_is_noticed(void **state) {
    fixture *self = *state;
    nanvm_ref leaf = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    drop_leaf(&leaf);
    expect_fatal("dropped before", drop_leaf, &leaf);
}

/* --- the ways in which a point dies --- */

typedef void ender(nanvm_manager *manager, nanvm_ref point);

static void end_alone(nanvm_manager *manager, nanvm_ref point) {
    (void)manager;
    nanvm_ref_drop(point);
}

static void end_as_own(nanvm_manager *manager, nanvm_ref point) {
    nanvm_mut_ref_drop(nanvm_ref_to_mut_ref(&point, manager));
}

static void end_as_leaf(nanvm_manager *manager, nanvm_ref point) {
    (void)manager;
    nanvm_ref_drop_leaf(point);
}

static void end_below_node(nanvm_manager *manager, nanvm_ref point) {
    struct node node = {.left = point};
    nanvm_mut_ref_drop(nanvm_new_copy(manager, &node_type, &node));
}

static void end_below_array(nanvm_manager *manager, nanvm_ref point) {
    nanvm_mut_ref_drop(nanvm_new_array(manager, &refs_type, &point, 1));
}

static void end_in_callback(nanvm_manager *manager, nanvm_ref point) {
    struct hidden hidden = {point};
    nanvm_mut_ref_drop(nanvm_new_copy(manager, &hidden_type, &hidden));
}

static void end_below_node_in_callback(nanvm_manager *manager, nanvm_ref point) {
    struct node node = {.left = point};
    nanvm_mut_ref above = nanvm_new_copy(manager, &node_type, &node);
    end_in_callback(manager, nanvm_mut_ref_to_ref(above));
}

static ender *const enders[] = {end_alone,
                                end_as_own,
                                end_as_leaf,
                                end_below_node,
                                end_below_array,
                                end_in_callback,
                                end_below_node_in_callback};

enum { ENDERS = sizeof(enders) / sizeof(enders[0]) };

static void test_point_that_died_last_serves_first(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    spy_on(self->manager);
    create_all(by_new);
    for (size_t way = 0; way < ENDERS; way++) {
        for (size_t i = 0; i < 2 * NANVM_MAGAZINE_SIZE; i++) {
            const void *dropped = points[i].object;
            enders[way](self->manager, nanvm_mut_ref_to_ref(points[i]));
            points[i] = nanvm_new(self->manager, &point_type);
            assert_ptr_equal(points[i].object, dropped);
        }
    }
    drop_all();
}

/* The first that dies after a trim takes another way. */
static void test_point_that_died_last_serves_first_after_a_trim(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    create_many(self->manager, POINTS);
    for (size_t i = 0; i < POINTS; i += 3) {
        nanvm_mut_ref_drop(many[i]);
    }
    for (size_t i = 1; i < POINTS; i += 3) {
        (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
        const void *dropped = many[i].object;
        nanvm_mut_ref_drop(many[i]);
        many[i] = nanvm_new(self->manager, &point_type);
        assert_ptr_equal(many[i].object, dropped);
    }
    for (size_t i = 1; i < POINTS; i += i % 3) {
        nanvm_mut_ref_drop(many[i]);
    }
}

/* Whatever is left of the slots that were carved last. */
static void test_node_that_died_last_serves_first(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    nanvm_mut_ref nodes[POINTS];
    for (size_t length = 0; length < POINTS; length++) {
        nodes[length] = nanvm_new(self->manager, &node_type);
        const void *dropped = nodes[length / 2].object;
        nanvm_mut_ref_drop(nodes[length / 2]);
        nodes[length / 2] = nanvm_new(self->manager, &node_type);
        assert_ptr_equal(nodes[length / 2].object, dropped);
    }
    for (size_t i = 0; i < POINTS; i++) {
        nanvm_mut_ref_drop(nodes[i]);
    }
}

/* The first few fill the magazine, and the others leave empty chunks. */
static void end_many(nanvm_manager *manager, ender *end) {
    for (size_t i = 0; i < NANVM_MAGAZINE_SIZE; i++) {
        end(manager, nanvm_mut_ref_to_ref(many[i]));
    }
    for (size_t i = 0, rest = MANY - NANVM_MAGAZINE_SIZE; i < rest; i++) {
        end(manager, nanvm_mut_ref_to_ref(many[NANVM_MAGAZINE_SIZE + i * 7919 % rest]));
    }
}

/* However the points died, their chunks serve in the order of addresses. What ends them
 * takes little memory of its own. */
static void test_slots_of_points_come_in_order(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    size_t distance = sizeof(struct point) + sizeof(nanvm_header);
    for (size_t way = 0; way <= ENDERS; way++) {
        create_many(self->manager, MANY);
        assert_in_range(side_by_side(MANY, distance), MANY * 8 / 10, MANY);
        assert_in_range(nanvm_stats_make(self->manager).reserved_bytes, MANY * distance,
                        MANY * distance * 5 / 4);
        end_many(self->manager, enders[way % ENDERS]);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    }
}

static void test_slots_of_nodes_come_in_order(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    size_t distance = sizeof(struct node) + sizeof(nanvm_header);
    for (size_t round = 0; round < 2; round++) {
        create_many_nodes(self->manager);
        assert_in_range(side_by_side(MANY, distance), MANY * 8 / 10, MANY);
        end_many(self->manager, end_alone);
    }
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

/* A version of a persistent list whose nodes lie in as many chunks: the next version gets
 * their slots. */
static void test_slots_of_a_dropped_version_serve_next(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    enum { LENGTH = NANVM_MAGAZINE_SIZE, STEP = MANY / LENGTH };
    create_many_nodes(self->manager);
    const void *dropped[LENGTH];
    nanvm_ref version = {NULL};
    for (size_t i = 0; i < LENGTH; i++) {
        dropped[i] = many[i * STEP].object;
        ((struct node *)many[i * STEP].object)->right = version;
        version = nanvm_mut_ref_to_ref(many[i * STEP]);
    }
    nanvm_ref_drop(version);
    for (size_t i = 0; i < LENGTH; i++) {
        many[i * STEP] = nanvm_new(self->manager, &node_type);
        assert_ptr_equal(many[i * STEP].object, dropped[i]);
    }
    drop_many_in_random_order(0);
}

/* A list that leads through all of them as they lie in memory: one drop leaves many
 * chunks empty that were full. */
static void test_slots_of_a_list_serve_again(void **state) {
    fixture *self = *state;
    size_t reserved = 0;
    for (size_t round = 0; round < 3; round++) {
        create_many_nodes(self->manager);
        size_t now = nanvm_stats_make(self->manager).reserved_bytes;
        assert_true(round == 0 || now == reserved || is_hardened);
        reserved = now;
        for (size_t i = 0; i + 1 < MANY; i++) {
            struct node *node = many[i].object;
            node->right = nanvm_mut_ref_to_ref(many[i + 1]);
        }
        nanvm_mut_ref_drop(many[0]);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    }
}

/* --- trees of many types, each dropped at once --- */

enum { BRANCHES = 40, TREES = 24, DEPTH = 4 };

static nanvm_type branches_type = {.name = "branches",
                                   .size = BRANCHES * sizeof(nanvm_ref),
                                   .align = NANVM_ALIGNOF(nanvm_ref),
                                   .refs_length = BRANCHES};

static void describe_branches(void) {
    static size_t offsets[BRANCHES];
    for (size_t i = 0; i < BRANCHES; i++) {
        offsets[i] = i * sizeof(nanvm_ref);
    }
    branches_type.refs = offsets;
}

typedef struct forest {
    nanvm_manager *manager;
    nanvm_ref shared[2]; /* what many trees refer to; counted plainly, and atomically */
    nanvm_ref trees[TREES];
    size_t sizes[TREES]; /* of the trees: their objects in the manager */
    size_t made;         /* in the manager */
    uint32_t random;
} forest;

static size_t any_below(forest *self, size_t limit) {
    return next_random(&self->random) / 16 % limit;
}

static nanvm_ref grow_leaf(forest *self) {
    size_t kind = any_below(self, 8);
    self->made += kind < 5;
    return kind < 4    ? nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type))
           : kind == 4 ? nanvm_mut_ref_to_ref(tracked_new(self->manager, 0))
           : kind < 7  ? nanvm_ref_clone(self->shared[kind - 5])
                       : nanvm_ref_null();
}

static nanvm_ref grow(forest *self, size_t depth);

static void grow_all(forest *self, nanvm_ref *refs, size_t length, size_t depth) {
    for (size_t i = 0; i < length; i++) {
        refs[i] = grow(self, depth);
    }
}

/* Some in memory of their own, between those of the pool. */
static nanvm_ref grow_node(forest *self, size_t depth) {
    bool is_outside = any_below(self, 8) == 0;
    struct node node = {grow(self, depth), 0, grow(self, depth)};
    self->made += !is_outside;
    return nanvm_mut_ref_to_ref(
        nanvm_new_copy(is_outside ? nanvm_global() : self->manager, &node_type, &node));
}

static nanvm_ref grow_array(forest *self, size_t depth) {
    nanvm_ref refs[5];
    grow_all(self, refs, 5, depth);
    self->made += 1;
    return nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &refs_type, refs, 5));
}

static nanvm_ref grow_branches(forest *self, size_t depth) {
    nanvm_ref refs[BRANCHES];
    grow_all(self, refs, 2, depth);
    grow_all(self, refs + 2, BRANCHES - 2, 0);
    self->made += 1;
    return nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &branches_type, refs));
}

static nanvm_ref grow(forest *self, size_t depth) {
    size_t kind = depth == 0 ? 0 : any_below(self, 16);
    return kind == 0   ? grow_leaf(self)
           : kind < 12 ? grow_node(self, depth - 1)
           : kind < 14 ? grow_array(self, depth - 1)
                       : grow_branches(self, depth - 1);
}

static void open_forest(forest *self, nanvm_manager *manager, uint32_t seed) {
    describe_branches();
    *self = (forest){.manager = manager, .random = seed};
    self->shared[0] = nanvm_mut_ref_to_ref(nanvm_new(manager, &node_type));
    self->shared[1] = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    self->made = 1;
}

static void close_forest(forest *self) {
    nanvm_ref_drop(self->shared[0]);
    nanvm_ref_drop(self->shared[1]);
}

static void drop_tree(forest *self, size_t i) {
    nanvm_ref_drop(nanvm_ref_move(&self->trees[i]));
    self->made -= self->sizes[i];
    self->sizes[i] = 0;
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, self->made);
}

static void grow_tree(forest *self, size_t i) {
    size_t before = self->made;
    self->trees[i] = grow(self, any_below(self, DEPTH + 1));
    self->sizes[i] = self->made - before;
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, self->made);
}

/* Drops trees, and grows others in their place. */
static void change_forest(forest *self, size_t times) {
    for (size_t i = 0; i < times; i++) {
        size_t tree = any_below(self, TREES);
        drop_tree(self, tree);
        grow_tree(self, tree);
    }
}

static void drop_forest(forest *self) {
    for (size_t i = 0; i < TREES; i++) {
        drop_tree(self, i);
    }
}

/* The ways to drop what holds nothing. */
static void drop_point(nanvm_mut_ref point, size_t way) {
    if (way == 0) {
        nanvm_mut_ref_drop(point);
    } else if (way == 1) {
        nanvm_ref_drop_leaf(nanvm_mut_ref_to_ref(point));
    } else if (way == 2) {
        nanvm_ref_drop_typed(nanvm_mut_ref_to_ref(point), &point_type);
    } else {
        nanvm_mut_ref_drop_typed(point, &point_type);
    }
}

static void drop_each(const nanvm_type *type, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (type == &point_type) {
            drop_point(many[i], i / 30 % 4);
        } else {
            nanvm_mut_ref_drop(many[i]);
        }
    }
}

/* For nanvm_manager_stats(): as many as there ever were at once find a place. */
static void expect_slots_of_the_dead(const nanvm_type_stats *stats, void *context) {
    nanvm_manager *manager = context;
    const nanvm_type *type = stats->type;
    bool is_plain = type == &node_type || type == &point_type || type == &branches_type;
    size_t length = is_plain ? stats->peak_blocks - stats->live_blocks : 0;
    size_t reserved = nanvm_stats_make(manager).reserved_bytes;
    for (size_t i = 0; i < length; i++) {
        many[i] = nanvm_new(manager, type);
    }
    assert_true(is_hardened || nanvm_stats_make(manager).reserved_bytes == reserved);
    drop_each(type, length);
}

static void expect_that_all_dead_serve(nanvm_manager *manager) {
    nanvm_stats stats = nanvm_stats_make(manager);
    stats.each = expect_slots_of_the_dead;
    stats.context = manager;
    nanvm_manager_stats(manager, &stats);
}

static void test_every_slot_of_trees_serves_again(void **state) {
    (void)state;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        nanvm_local local;
        nanvm_local_init(&local);
        forest trees;
        open_forest(&trees, nanvm_local_manager(&local), seed);
        for (size_t round = 0; round < 4; round++) {
            change_forest(&trees, seed);
            drop_forest(&trees);
            expect_that_all_dead_serve(trees.manager);
        }
        close_forest(&trees);
        (void)nanvm_local_trim(&local);
        assert_int_equal(nanvm_stats_make(trees.manager).reserved_bytes, 0);
        nanvm_local_deinit(&local);
    }
}

/* A trim while they live: what is left of chunks serves, and is given back in the end. */
static void test_trees_outlive_trims(void **state) {
    fixture *self = *state;
    nanvm_local *local = (nanvm_local *)(void *)self->manager;
    for (uint32_t seed = 1; seed <= 40; seed++) {
        forest trees;
        open_forest(&trees, self->manager, seed);
        for (size_t round = 0; round < 20; round++) {
            change_forest(&trees, 3);
            (void)nanvm_local_trim(local);
            change_forest(&trees, any_below(&trees, 3));
        }
        drop_forest(&trees);
        close_forest(&trees);
        (void)nanvm_local_trim(local);
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
    }
}

/* Others live on, so that its slot isn't given back. */
static void test_second_drop_after_a_trim_is_noticed(void **state) {
    fixture *self = *state;
    nanvm_mut_ref other = nanvm_new(self->manager, &point_type);
    nanvm_ref leaf = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
    drop_leaf(&leaf);
    expect_fatal("dropped before", drop_leaf, &leaf);
    nanvm_mut_ref_drop(other);
}

/* Slots that a trim gave back don't count once more. */
static void test_peak_counts_no_slot_twice(void **state) {
    fixture *self = *state;
    for (size_t round = 0; round < 3; round++) {
        create_many(self->manager, MANY);
        nanvm_stats stats = nanvm_stats_make(self->manager);
        size_t size = stats.live_bytes / MANY;
        assert_in_range(stats.peak_bytes / size, MANY, MANY + 15);
        drop_many_in_random_order(0);
        (void)nanvm_local_trim((nanvm_local *)(void *)self->manager);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_peak_counts_no_slot_twice, local),
    TEST(test_point_that_died_last_serves_first, local),
    TEST(test_point_that_died_last_serves_first_after_a_trim, local),
    TEST(test_node_that_died_last_serves_first, local),
    TEST(test_slots_of_a_dropped_version_serve_next, local),
    TEST(test_long_drop_goes_on_in_another_manager, local),
    TEST(test_long_drop_goes_on_with_large_structs, local),
    TEST(test_long_drop_ends_in_any_chunk_after_a_trim, local),
    TEST(test_slots_of_points_come_in_order, local),
    TEST(test_slots_of_nodes_come_in_order, local),
    TEST(test_slots_of_a_list_serve_again, local),
    TEST(test_every_slot_of_trees_serves_again, local),
    TEST(test_trees_outlive_trims, local),
    TEST(test_fresh_slots_come_in_runs),
    TEST(test_slots_of_the_dead_are_taken_without_asking, local),
    TEST(test_what_died_last_serves_first, local),
    TEST(test_slots_of_empty_chunks_come_in_order, local),
    TEST(test_new_objects_lie_in_one_chunk, local),
    TEST(test_slots_of_empty_chunks_are_trimmed, local),
    TEST(test_rest_of_a_chunk_serves_after_a_trim, local),
    TEST(test_slot_of_the_only_object_serves_after_a_trim, local),
    TEST(test_peak_is_at_most_15_too_high, local),
    TEST(test_peak_outlasts_a_trim, local),
    TEST(test_peak_outlasts_the_use_of_empty_chunks, local),
    TEST(test_dead_serve_again_before_fresh_slots),
    TEST(test_no_slot_is_given_twice, local),
    TEST(test_types_that_share_an_entry_take_turns, local),
    TEST(test_arena_makes_runs_of_what_follows_itself),
    TEST(test_arena_makes_no_runs_of_what_takes_turns, arena),
    TEST(test_arena_makes_no_runs_of_arrays, arena),
    TEST(test_array_grows_into_its_room_without_asking, local),
    TEST(test_leaf_without_a_slot_that_is_freed_inline_is_freed, local),
    TEST(test_second_drop_of_a_leaf_is_noticed, local),
    TEST(test_second_drop_after_a_trim_is_noticed, local),
    TEST(test_types_at_equal_distances_have_entries_of_their_own),
};

RUN_TESTS(tests)
