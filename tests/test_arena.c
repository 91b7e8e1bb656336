/* The manager that frees everything at once. */
#include "run.h"
#include "skip.h"
#include "stage.h"

static nanvm_ref outside(void) {
    nanvm_mut_ref made = tracked_new(nanvm_global(), 1);
    assert_non_null(made.object);
    return nanvm_mut_ref_to_ref(made);
}

/* --- reset --- */

static void test_reset_runs_drop_once_for_each_object(void **state) {
    fixture *self = *state;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 1000; i++) {
            assert_non_null(tracked_new(self->manager, i).object);
        }
        assert_int_equal(tracked_live(), 1000);
        nanvm_arena_reset(&self->arena);
        assert_int_equal(tracked_live(), 0);
    }
}

static void test_reset_drops_references_into_other_managers(void **state) {
    fixture *self = *state;
    nanvm_ref shared = outside();
    struct node node = {nanvm_ref_clone(shared), 0, outside()};
    assert_non_null(nanvm_new_copy(self->manager, &node_type, &node).object);
    nanvm_ref refs[] = {nanvm_ref_clone(shared), null_ref(), outside()};
    assert_non_null(nanvm_new_array(self->manager, &refs_type, refs, 3).object);
    word words[] = {word_from_number(3), word_from_ref(nanvm_ref_clone(shared))};
    assert_non_null(nanvm_new_array(self->manager, &words_type, words, 2).object);
    struct boxed boxed = {boxed_from_ref(outside())};
    assert_non_null(nanvm_new_copy(self->manager, &boxed_type, &boxed).object);
    assert_int_equal(tracked_live(), 4);
    assert_int_equal(nanvm_ref_count(shared), 3);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(tracked_live(), 1);
    assert_int_equal(nanvm_ref_count(shared), 0);
    nanvm_ref_drop(shared);
}

static void test_clone_into_an_arena_is_let_go_of_too(void **state) {
    fixture *self = *state;
    struct node node = {.left = outside()};
    nanvm_ref made =
        nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &node));
    assert_non_null(nanvm_ref_clone_object(made, self->manager).object);
    nanvm_ref_drop(made);
    assert_int_equal(tracked_live(), 1);
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

static void test_reset_starts_at_the_beginning_of_the_buffer(void **state) {
    fixture *self = *state;
    void *first = nanvm_new(self->manager, &point_type).object;
    assert_non_null(first);
    nanvm_arena_reset(&self->arena);
    assert_ptr_equal(nanvm_new(self->manager, &point_type).object, first);
}

/* Where one was before, there may be anything now: here raw memory that is full of the
 * addresses of its type. */
static void test_no_origin_outlives_a_reset(void **state) {
    fixture *self = *state;
    enum { WORDS = 100 };
    nanvm_layout layout = nanvm_layout_make(WORDS * sizeof(void *), 8);
    assert_non_null(nanvm_manager_alloc(self->manager, nanvm_layout_make(80, 8)));
    const void *before = nanvm_new(self->manager, &point_type).object;
    assert_non_null(before);
    nanvm_arena_reset(&self->arena);
    const nanvm_type **words = nanvm_manager_alloc(self->manager, layout);
    assert_true((const void *)words < before && before < (const void *)(words + WORDS));
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = &point_type;
    }
    const void *made = nanvm_new(self->manager, &point_type).object;
    assert_true((const void *)nanvm_block_origin(made) >= (const void *)(words + WORDS));
}

static size_t fill_with_points(nanvm_arena *arena) {
    size_t made = 0;
    while (nanvm_new(nanvm_arena_manager(arena), &point_type).object != NULL) {
        made++;
    }
    return made;
}

static void test_full_arena_holds_as_much_again_after_reset(void **state) {
    (void)state;
    static unsigned char buffer[10000];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    size_t made = fill_with_points(&arena);
    assert_true(made > 300);
    for (int i = 0; i < 3; i++) {
        nanvm_arena_reset(&arena);
        assert_int_equal(fill_with_points(&arena), made);
    }
    nanvm_arena_deinit(&arena);
}

static void make_points(nanvm_arena *arena, size_t length) {
    for (size_t i = 0; i < length; i++) {
        assert_non_null(nanvm_new(nanvm_arena_manager(arena), &point_type).object);
    }
}

static void test_growing_arena_keeps_the_chunks_that_were_in_use(void **state) {
    fixture *self = *state;
    assert_int_equal(self->source.requests, 0);
    make_points(&self->arena, 3000);
    size_t blocks = self->source.live_blocks, requests = self->source.requests;
    assert_true(blocks > 1);
    nanvm_arena_reset(&self->arena);
    make_points(&self->arena, 3000);
    assert_int_equal(self->source.requests, requests);
    assert_int_equal(self->source.live_blocks, blocks);
    nanvm_arena_deinit(&self->arena);
    expect_nothing_live(&self->source);
}

static void test_growing_arena_gives_back_what_the_last_round_did_not_need(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 3000);
    nanvm_arena_reset(&self->arena);
    make_points(&self->arena, 1);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(self->source.live_blocks, 1);
    nanvm_arena_reset(&self->arena);
    expect_nothing_live(&self->source);
    make_points(&self->arena, 1);
}

static void test_kept_chunk_that_is_too_small_is_passed_over(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 1);
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 100000).object);
    nanvm_arena_reset(&self->arena);
    size_t requests = self->source.requests;
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 100000).object);
    make_points(&self->arena, 1);
    assert_int_equal(self->source.requests, requests);
}

static void test_large_arena_is_made_again_in_the_same_chunks(void **state) {
    fixture *self = *state;
    enum { POINTS = 400000 }; /* beyond several chunks of the largest size */
    make_points(&self->arena, POINTS);
    nanvm_stats first = nanvm_stats_make(self->manager);
    nanvm_arena_reset(&self->arena);
    make_points(&self->arena, POINTS);
    nanvm_stats second = nanvm_stats_make(self->manager);
    assert_int_equal(first.live_blocks, POINTS);
    assert_int_equal(second.live_bytes, first.live_bytes);
    assert_int_equal(second.reserved_bytes, first.reserved_bytes);
    assert_true(first.live_bytes <
                POINTS * (sizeof(nanvm_header) + sizeof(struct point)) + POINTS / 10);
}

static void test_object_larger_than_a_chunk_gets_one_to_fit(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 1000000);
    assert_int_equal(nanvm_mut_ref_length(ints), 1000000);
    assert_non_null(nanvm_new(self->manager, &page_type).object);
}

static void test_deinit_twice_is_deinit_once(void **state) {
    fixture *self = *state;
    assert_non_null(tracked_new(self->manager, 1).object);
    nanvm_arena_deinit(&self->arena);
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(tracked_live(), 0);
    assert_null(nanvm_new(self->manager, &point_type).object);
}

static void test_deinit_twice_gives_chunks_back_once(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 1000);
    nanvm_arena_deinit(&self->arena);
    expect_nothing_live(&self->source);
    nanvm_arena_deinit(&self->arena);
    nanvm_arena_reset(&self->arena);
}

static void test_arena_without_a_buffer_is_full(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_arena_init(&arena, NULL, 0);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    assert_null(nanvm_new(manager, &nothing_type).object);
    assert_null(nanvm_manager_alloc(manager, nanvm_layout_make(1, 1)));
    assert_int_equal(nanvm_stats_make(manager).live_bytes, 0);
    nanvm_arena_reset(&arena);
    nanvm_arena_deinit(&arena);
}

/* --- one byte short --- */

static void *make_one(nanvm_manager *manager, const nanvm_type *type) {
    return nanvm_new(manager, type).object;
}

/* With a buffer of every size and at every offset: either the object fits and
 * lies inside, or the handle is null; and it fits in every larger buffer. */
static void try_all_buffers(const nanvm_type *type, size_t offset) {
    static _Alignas(64) unsigned char memory[12288 + 64];
    bool fitted = false;
    for (size_t size = 0; size <= 12288; size += size < 400 || size > 8100 ? 1 : 50) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, memory + offset, size);
        memset(memory + offset + size, 0x5c, 8);
        unsigned char *made = make_one(nanvm_arena_manager(&arena), type);
        assert_true(made != NULL || !fitted);
        fitted = made != NULL;
        if (fitted) {
            assert_true(made >= memory + offset);
            assert_true(made + type->size <= memory + offset + size);
            assert_true(is_aligned(made, type->align));
        }
        nanvm_arena_deinit(&arena);
        assert_memory_equal(memory + offset + size, "\x5c\x5c\x5c\x5c\x5c\x5c\x5c\x5c",
                            8);
    }
    assert_true(fitted);
}

static void test_buffer_one_byte_short_gives_null_at_every_size(void **state) {
    (void)state;
    const nanvm_type *objects[] = {&point_type,   &node_type, &ints_type, &boxed_type,
                                   &nothing_type, &line_type, &page_type};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        for (size_t offset = 0; offset < 17; offset += 1 + offset / 4) {
            try_all_buffers(objects[i], offset);
        }
    }
}

/* --- closed --- */

static bool closed_tree(accounting *source) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source->manager);
    nanvm_arena_assume_self_contained(&arena);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    nanvm_mut_ref leaf = tracked_new(manager, 1);
    struct node value = {nanvm_mut_ref_to_ref(leaf), 1, null_ref()};
    nanvm_mut_ref node = {NULL};
    for (size_t i = 0; i < 300 && leaf.object != NULL; i++) {
        node = nanvm_new_copy(manager, &node_type, &value);
        if (node.object == NULL) {
            break;
        }
        value.right = nanvm_mut_ref_to_ref(node);
    }
    nanvm_arena_reset(&arena);
    assert_int_equal(tracked_live(), 0);
    nanvm_arena_deinit(&arena);
    return node.object != NULL && source->failures == 0;
}

/* It moves, and the other arena has no part in it. */
static void test_array_of_another_arena_moves(void **state) {
    (void)state;
    nanvm_arena from;
    nanvm_arena to;
    nanvm_arena_init_growing(&from, nanvm_global());
    nanvm_arena_init_growing(&to, nanvm_global());
    int items[3] = {1, 2, 3};
    nanvm_mut_ref array =
        nanvm_new_array(nanvm_arena_manager(&from), &ints_type, items, 3);
    const void *before = array.object;
    assert_true(nanvm_mut_ref_resize(&array, nanvm_arena_manager(&to), 5));
    assert_ptr_not_equal(array.object, before);
    assert_memory_equal(array.object, items, sizeof(items));
    nanvm_arena_deinit(&from);
    assert_memory_equal(array.object, items, sizeof(items));
    nanvm_arena_deinit(&to);
}

static void test_closed_arena_still_runs_drop(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, closed_tree);
}

/* --- packing --- */

static size_t live_bytes(nanvm_arena *arena) {
    return nanvm_stats_make(nanvm_arena_manager(arena)).live_bytes;
}

static void test_object_of_the_same_type_costs_eight_bytes(void **state) {
    fixture *self = *state;
    assert_non_null(make_one(self->manager, &point_type));
    size_t before = live_bytes(&self->arena);
    for (size_t i = 0; i < 10; i++) {
        assert_non_null(make_one(self->manager, &point_type));
    }
    assert_int_equal(live_bytes(&self->arena) - before,
                     10 * (sizeof(nanvm_header) + sizeof(struct point)));
    before = live_bytes(&self->arena);
    assert_non_null(make_one(self->manager, &nothing_type));
    assert_int_equal(live_bytes(&self->arena) - before,
                     sizeof(nanvm_header) + sizeof(nanvm_origin));
}

/* Nobody looks for what it refers to, so that it needs no link; a debug build does. */
static void test_object_with_references_has_no_link_in_a_closed_arena(void **state) {
    fixture *self = *state;
    size_t align = sizeof(nanvm_count_word) > sizeof(void *) ? sizeof(nanvm_count_word)
                                                             : sizeof(void *);
    size_t front = sizeof(nanvm_header) + (is_debug ? sizeof(void *) : 0);
    size_t bytes = nanvm_layout_round_up(front + sizeof(struct node), align);
    nanvm_arena_assume_self_contained(&self->arena);
    assert_non_null(make_one(self->manager, &node_type));
    for (size_t i = 0; i < 20; i++) {
        size_t before = live_bytes(&self->arena);
        assert_non_null(make_one(self->manager, &node_type));
        assert_int_equal(live_bytes(&self->arena) - before, bytes);
    }
}

/* No word more: nothing in it has to be found at a reset. */
static void test_array_of_numbers_costs_its_length_and_a_header(void **state) {
    fixture *self = *state;
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 4).object);
    for (size_t i = 0; i < 10; i++) {
        size_t before = live_bytes(&self->arena);
        assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 4).object);
        size_t bytes = nanvm_block_prefix(&ints_type) + 4 * sizeof(int);
        size_t align = is_hardened ? 8 : sizeof(void *);
        assert_int_equal(live_bytes(&self->arena) - before,
                         nanvm_layout_round_up(bytes, align));
    }
}

/* --- runs: objects made ahead aren't seen --- */

enum { POINT_BYTES = sizeof(nanvm_header) + sizeof(struct point) };

/* In front of raw memory. */
enum { CHECKSUM = is_hardened ? 8 : 0 };

static void expect_used(nanvm_arena *arena, size_t blocks, size_t bytes) {
    nanvm_stats stats = nanvm_stats_make(nanvm_arena_manager(arena));
    assert_int_equal(stats.live_blocks, blocks);
    assert_int_equal(stats.live_bytes, bytes);
}

static void test_objects_of_a_type_lie_side_by_side_and_are_counted_one_by_one(
    void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[20000];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    unsigned char *first = make_one(nanvm_arena_manager(&arena), &point_type);
    size_t origin = live_bytes(&arena) - POINT_BYTES;
    for (size_t i = 1; i < 500; i++) {
        expect_used(&arena, i, origin + i * POINT_BYTES);
        unsigned char *made = nanvm_new(nanvm_arena_manager(&arena), &point_type).object;
        assert_ptr_equal(made, first + i * POINT_BYTES);
        assert_ptr_equal(nanvm_block_origin(made), nanvm_block_origin(first));
        nanvm_ref reference = {made};
        assert_true(nanvm_ref_count(reference) == SIZE_MAX);
    }
    assert_int_equal(nanvm_stats_make(nanvm_arena_manager(&arena)).peak_bytes,
                     origin + 500 * POINT_BYTES);
    nanvm_arena_deinit(&arena);
}

static void test_buffer_holds_as_many_objects_as_fit_and_not_one_more(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[12000];
    for (size_t length = 1; length < 300; length++) {
        for (size_t less = 0; less < 2; less++) {
            nanvm_arena arena;
            nanvm_arena_init(&arena, buffer,
                             sizeof(nanvm_origin) + length * POINT_BYTES - less);
            assert_int_equal(fill_with_points(&arena), length - less);
            nanvm_arena_deinit(&arena);
        }
    }
}

static void test_what_follows_objects_finds_all_the_room_there_is(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[12000];
    nanvm_layout layout = nanvm_layout_make(400, 8);
    for (size_t length = 1; length < 300; length++) {
        size_t size =
            sizeof(nanvm_origin) + length * POINT_BYTES + CHECKSUM + layout.size;
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, size);
        make_points(&arena, length);
        assert_non_null(nanvm_manager_alloc(nanvm_arena_manager(&arena), layout));
        expect_used(&arena, length + 1, size);
        assert_null(make_one(nanvm_arena_manager(&arena), &nothing_type));
        nanvm_arena_deinit(&arena);
    }
}

/* Whatever is the newest is at the top, a run in front of it or not. */
static void test_raw_memory_behind_a_run_is_given_back(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(40, 8);
    make_points(&self->arena, 100);
    size_t used = live_bytes(&self->arena);
    for (size_t i = 0; i < 3; i++) {
        void *memory = nanvm_manager_alloc(self->manager, layout);
        assert_non_null(memory);
        nanvm_manager_dealloc(self->manager, memory, layout);
        assert_int_equal(live_bytes(&self->arena), used);
    }
}

static void test_raw_memory_is_counted_when_objects_of_any_type_follow(void **state) {
    fixture *self = *state;
    static const nanvm_type *const types[] = {&point_type, &node_type, &nothing_type};
    for (size_t i = 0; i < 9; i++) {
        assert_non_null(nanvm_manager_alloc(self->manager, nanvm_layout_make(40, 8)));
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 2 * i + 1);
        assert_non_null(make_one(self->manager, types[i % 3]));
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 2 * i + 2);
    }
}

/* Not one of the objects that hold something is forgotten. */
static void test_raw_memory_that_is_given_back_takes_no_object_along(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(40, 8);
    assert_non_null(tracked_new(self->manager, 1).object);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    assert_non_null(memory);
    nanvm_manager_dealloc(self->manager, memory, layout);
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

struct large {
    unsigned char bytes[248];
};
NANVM_TYPE(large_type, struct large);

static void test_buffer_holds_large_objects_up_to_its_last_byte(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[12000];
    const size_t bytes = sizeof(nanvm_header) + sizeof(struct large);
    for (size_t length = 1; length < 40; length++) {
        size_t size = sizeof(nanvm_origin) + length * bytes;
        memset(buffer, 0x5a, sizeof(buffer));
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, size);
        for (size_t i = 0; i < length; i++) {
            assert_non_null(make_one(nanvm_arena_manager(&arena), &large_type));
        }
        assert_null(make_one(nanvm_arena_manager(&arena), &large_type));
        assert_int_equal(live_bytes(&arena), size);
        for (size_t i = size; i < sizeof(buffer); i++) {
            assert_int_equal(buffer[i], 0x5a);
        }
        nanvm_arena_deinit(&arena);
    }
}

static void test_objects_without_bytes_fill_a_buffer(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[2000];
    for (size_t length = 1; length < 60; length++) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer,
                         sizeof(nanvm_origin) + length * sizeof(nanvm_header));
        size_t made = 0;
        while (make_one(nanvm_arena_manager(&arena), &nothing_type) != NULL) {
            made++;
        }
        assert_int_equal(made, length);
        nanvm_arena_deinit(&arena);
    }
}

/* Raw memory starts at a multiple of a word: what is left of the last one is of no use.
 * (The table is asked directly, so that no checksum is in front.) */
static void test_part_of_a_word_at_the_end_is_not_handed_out(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[64];
    for (size_t size = 1; size < 2 * sizeof(void *); size++) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, size);
        nanvm_manager *manager = nanvm_arena_manager(&arena);
        size_t made = 0;
        for (unsigned char *memory; made < 5; made++) {
            memory = manager->table->alloc(manager, nanvm_layout_make(1, sizeof(void *)));
            if (memory == NULL) {
                break;
            }
            assert_ptr_equal(memory, buffer + made * sizeof(void *));
        }
        assert_int_equal(made, (size + sizeof(void *) - 1) / sizeof(void *));
        nanvm_arena_deinit(&arena);
    }
}

static void test_growing_arena_counts_the_same_bytes_as_one_in_a_buffer(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[2000];
    nanvm_arena fixed, growing;
    nanvm_arena_init(&fixed, buffer, sizeof(buffer));
    nanvm_arena_init_growing(&growing, nanvm_global());
    for (size_t i = 0; i < 50; i++) {
        make_points(&fixed, 1);
        make_points(&growing, 1);
        assert_int_equal(live_bytes(&growing), live_bytes(&fixed));
    }
    nanvm_arena_deinit(&growing);
    nanvm_arena_deinit(&fixed);
}

/* However many bytes are in use already. */
static void test_array_with_something_behind_it_moves_when_it_grows(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 3000);
    const int values[] = {1, 2, 3};
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, values, 3);
    nanvm_mut_ref behind = nanvm_new_array(self->manager, &ints_type, values, 3);
    void *before = ints.object;
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 100));
    assert_ptr_not_equal(ints.object, before);
    assert_memory_equal(ints.object, values, sizeof(values));
    assert_memory_equal(behind.object, values, sizeof(values));
    assert_int_equal(nanvm_mut_ref_length(behind), 3);
}

static void test_buffer_is_what_is_reserved_until_deinit(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, BUFFER);
        make_points(&self->arena, 1);
    }
    nanvm_arena_deinit(&self->arena);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
        expect_used(&self->arena, 0, 0);
        assert_null(make_one(self->manager, &point_type));
        nanvm_arena_reset(&self->arena);
    }
}

static bool give_up(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    return false;
}

static void test_construction_that_fails_among_others_leaves_no_trace(void **state) {
    fixture *self = *state;
    unsigned char *first = make_one(self->manager, &node_type);
    unsigned char *second = make_one(self->manager, &node_type);
    size_t stride = (size_t)(second - first);
    for (size_t i = 2; i < 50; i++) {
        size_t before = live_bytes(&self->arena);
        assert_null(nanvm_new_with(self->manager, &node_type, 0, give_up, NULL).object);
        expect_used(&self->arena, i, before);
        assert_ptr_equal(make_one(self->manager, &node_type), first + i * stride);
    }
}

static void test_reset_amid_objects_that_hold_something_lets_go_of_each_once(
    void **state) {
    fixture *self = *state;
    nanvm_ref shared = outside();
    for (size_t length = 1; length < 70; length++) {
        for (size_t i = 0; i < length; i++) {
            struct node node = {nanvm_ref_clone(shared), 0, null_ref()};
            assert_non_null(nanvm_new_copy(self->manager, &node_type, &node).object);
        }
        assert_int_equal(nanvm_ref_count(shared), length);
        nanvm_arena_reset(&self->arena);
        assert_int_equal(nanvm_ref_count(shared), 0);
    }
    nanvm_ref_drop(shared);
}

/* A run ends after any number of its objects, and those that weren't created yet, if
 * only one, aren't dropped. */
static void test_reset_drops_as_many_as_were_created(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[16000];
    for (size_t length = 1; length < 200; length++) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, sizeof(buffer));
        for (size_t i = 0; i < length; i++) {
            assert_non_null(tracked_new(nanvm_arena_manager(&arena), i).object);
        }
        assert_int_equal(tracked_live(), length);
        nanvm_arena_reset(&arena);
        assert_int_equal(tracked_live(), 0);
        nanvm_arena_deinit(&arena);
    }
}

static void test_types_that_take_turns_are_each_what_they_are(void **state) {
    fixture *self = *state;
    const nanvm_type *types[] = {&point_type, &node_type, &line_type, &ints_type};
    for (size_t i = 0; i < 1000; i++) {
        const nanvm_type *type = types[(i / (1 + i % 7)) % 4];
        void *made = make_one(self->manager, type);
        assert_ptr_equal(nanvm_block_origin(made)->type, type);
        assert_true(is_aligned(made, type->align));
        memset(made, 0, type->size);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, i + 1);
    }
}

static void test_newest_array_grows_and_shrinks_in_place(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 4);
    void *place = ints.object;
    size_t before = live_bytes(&self->arena);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 100));
    assert_ptr_equal(ints.object, place);
    assert_int_equal(live_bytes(&self->arena) - before, 96 * sizeof(int));
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 4));
    assert_int_equal(live_bytes(&self->arena), before);
    assert_non_null(make_one(self->manager, &point_type));
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 2));
    assert_ptr_equal(ints.object, place);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 50));
    assert_ptr_not_equal(ints.object, place);
}

/* The array has no bytes: what follows starts at its address. */
static void test_raw_memory_behind_an_empty_array_is_not_taken_for_it(void **state) {
    fixture *self = *state;
    nanvm_layout layout = {64, 8};
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 0);
    unsigned char *raw = nanvm_manager_alloc(self->manager, layout);
    memset(raw, 1, layout.size);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 4));
    assert_true((unsigned char *)ints.object >= raw + layout.size);
    assert_true((unsigned char *)nanvm_manager_alloc(self->manager, layout) >=
                raw + layout.size);
    for (size_t i = 0; i < layout.size; i++) {
        assert_int_equal(raw[i], 1);
    }
}

static void test_request_that_fails_leaves_the_newest_as_it_was(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *newest = nanvm_manager_alloc(self->manager, layout);
    assert_null(nanvm_manager_alloc(self->manager, nanvm_layout_make(1000, 8)));
    assert_ptr_equal(nanvm_manager_resize(self->manager, newest, layout, 200), newest);
}

static void test_newest_raw_memory_is_given_back(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(300, 8);
    for (int i = 0; i < 10; i++) {
        void *memory = nanvm_manager_alloc(self->manager, layout);
        assert_non_null(memory);
        nanvm_manager_dealloc(self->manager, memory, layout);
    }
}

static void test_raw_memory_below_the_newest_shrinks_in_place(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *below = nanvm_manager_alloc(self->manager, layout);
    void *newest = nanvm_manager_alloc(self->manager, layout);
    memset(newest, 7, 100);
    assert_ptr_equal(nanvm_manager_resize(self->manager, below, layout, 40), below);
    assert_ptr_equal(nanvm_manager_resize(self->manager, newest, layout, 120), newest);
    assert_int_equal(((unsigned char *)newest)[99], 7);
    nanvm_layout smaller = nanvm_layout_make(40, 8);
    assert_ptr_equal(nanvm_manager_resize(self->manager, below, smaller, 20), below);
    unsigned char *third = nanvm_manager_alloc(self->manager, layout);
    assert_ptr_equal(third,
                     (unsigned char *)newest + 120 + CHECKSUM); /* nothing is lost */
}

static void test_raw_memory_is_given_back_after_a_request_that_failed(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 1);
    size_t used = live_bytes(&self->arena);
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    assert_null(nanvm_manager_alloc(self->manager, nanvm_layout_make(1000, 8)));
    nanvm_manager_dealloc(self->manager, memory, layout);
    assert_in_range(live_bytes(&self->arena), used, used + sizeof(void *));
}

static void test_newest_raw_memory_grows_to_the_last_byte(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    size_t most = SMALL_BUFFER - CHECKSUM;
    void *memory = nanvm_manager_alloc(self->manager, layout);
    assert_null(nanvm_manager_resize(self->manager, memory, layout, most + 1));
    assert_ptr_equal(nanvm_manager_resize(self->manager, memory, layout, most), memory);
}

static void test_raw_memory_of_the_same_size_stays(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *below = nanvm_manager_alloc(self->manager, layout);
    assert_non_null(nanvm_manager_alloc(self->manager, layout));
    assert_ptr_equal(nanvm_manager_resize(self->manager, below, layout, 100), below);
}

/* The table of slots has an entry for each of 64 kinds of addresses. */
static void test_objects_of_types_at_any_address_are_made_in_a_run(void **state) {
    fixture *self = *state;
    enum { TYPES = 128, EACH = 20 };
    static nanvm_type types[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        memcpy((void *)&types[i], &point_type, sizeof(types[i]));
        for (size_t n = 0; n < EACH; n++) {
            void *made = nanvm_new(self->manager, &types[i]).object;
            assert_non_null(made);
            assert_ptr_equal(nanvm_block_origin(made)->type, &types[i]);
        }
    }
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, TYPES * EACH);
}

/* Half of the reach: one origin serves both. */
static void test_large_arena_within_reach_of_an_origin_writes_one(void **state) {
    (void)state;
    if (SIZE_MAX == UINT32_MAX) {
        skip_because("with addresses of 32 bits no arena is as large");
    }
    static _Alignas(64) unsigned char buffer[400];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, (size_t)((uint64_t)1 << 34));
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    void *a = make_one(manager, &point_type);
    void *b = make_one(manager, &point_type);
    assert_ptr_equal(nanvm_block_origin(a), nanvm_block_origin(b));
    nanvm_arena_deinit(&arena);
}

/* The header tells the distance to the origin in 32 bits. The arena believes
 * that it has 64 GiB; the few bytes that it touches are there. */
static void test_arena_out_of_reach_of_an_origin_writes_another(void **state) {
    (void)state;
    if (SIZE_MAX == UINT32_MAX) {
        skip_because("with addresses of 32 bits no arena is as large");
    }
    static _Alignas(64) unsigned char buffer[400];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, (size_t)((uint64_t)1 << 36));
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    void *a = make_one(manager, &point_type);
    void *b = make_one(manager, &point_type);
    assert_ptr_not_equal(nanvm_block_origin(a), nanvm_block_origin(b));
    assert_ptr_equal(nanvm_block_origin(b)->type, &point_type);
    nanvm_arena_deinit(&arena);
}

/* --- peculiar places --- */

static void test_arena_grows_in_another_arena(void **state) {
    (void)state;
    static unsigned char buffer[50000];
    nanvm_arena outer, inner;
    nanvm_arena_init(&outer, buffer, sizeof(buffer));
    nanvm_arena_init_growing(&inner, nanvm_arena_manager(&outer));
    assert_true(fill_with_points(&inner) > 1000);
    nanvm_arena_deinit(&inner);
    nanvm_arena_deinit(&outer);
}

/* Down to what is needed at the moment, if the source has no more. */
static void test_arena_grows_in_what_little_another_arena_has(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[400];
    nanvm_arena outer, inner;
    nanvm_arena_init(&outer, buffer, sizeof(buffer));
    nanvm_arena_init_growing(&inner, nanvm_arena_manager(&outer));
    make_points(&inner, 1);
    assert_in_range(nanvm_stats_make(nanvm_arena_manager(&inner)).reserved_bytes, 1, 400);
    nanvm_arena_deinit(&inner);
    nanvm_arena_deinit(&outer);
}

static void test_arena_grows_in_a_local_manager(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_local_manager(&local));
    for (size_t i = 0; i < 5000; i++) {
        assert_non_null(tracked_new(nanvm_arena_manager(&arena), i).object);
    }
    assert_int_equal(nanvm_stats_make(nanvm_arena_manager(&arena)).live_blocks, 5000);
    nanvm_arena_deinit(&arena);
    nanvm_local_deinit(&local);
}

/* An object whose `drop` makes another one in its own arena. */
static nanvm_manager *maker;

static void drop_and_make(void *object, size_t length) {
    (void)object;
    (void)length;
    if (maker != NULL) {
        (void)tracked_new(maker, 1).object;
    }
}

NANVM_TYPE_CALLBACKS(making_type, struct tracked, NULL, drop_and_make, NULL);

static void test_drop_may_create_in_the_arena_that_is_reset(void **state) {
    fixture *self = *state;
    maker = self->manager;
    for (size_t i = 0; i < 1000; i++) {
        assert_non_null(make_one(maker, &making_type));
    }
    nanvm_arena_reset(&self->arena);
    assert_int_equal(tracked_live(), 0);
    maker = NULL;
}

/* Objects whose `drop` resets their arena, or ends it. */
static nanvm_arena *own_arena;
static bool ends_arena;

static void drop_and_reset(void *object, size_t length) {
    tracked_drop(object, length);
    if (ends_arena) {
        nanvm_arena_deinit(own_arena);
    } else {
        nanvm_arena_reset(own_arena);
    }
}

NANVM_TYPE_CALLBACKS(resetting_type, struct tracked, NULL, drop_and_reset, NULL);

static void test_reset_and_deinit_within_a_reset_do_nothing(void **state) {
    fixture *self = *state;
    own_arena = &self->arena;
    for (size_t round = 0; round < 6; round++) {
        ends_arena = round % 2 == 1;
        for (size_t i = 0; i < 400; i++) {
            assert_non_null(make_one(self->manager, &resetting_type));
        }
        tracked_expect(400);
        nanvm_arena_reset(&self->arena);
        assert_int_equal(tracked_live(), 0);
    }
}

static void test_deinit_within_a_reset_leaves_the_buffer(void **state) {
    fixture *self = *state;
    own_arena = &self->arena;
    ends_arena = true;
    for (size_t round = 0; round < 3; round++) {
        assert_non_null(make_one(self->manager, &resetting_type));
        tracked_expect(1);
        nanvm_arena_reset(&self->arena);
    }
}

/* --- what a review found --- */

struct reader {
    nanvm_ref seen; /* in the arena; refers to something outside */
};

static size_t values_read;

static void reader_drop(void *object, size_t length) {
    (void)length;
    const struct reader *self = object;
    const struct node *node = nanvm_ref_get(self->seen);
    values_read += ((const struct tracked *)nanvm_ref_get(node->left))->value;
}

static const size_t reader_refs[] = {offsetof(struct reader, seen)};
static const nanvm_type reader_type = {.name = "reader",
                                       .size = sizeof(struct reader),
                                       .align = NANVM_ALIGNOF(struct reader),
                                       .refs = reader_refs,
                                       .refs_length = 1,
                                       .drop = reader_drop};

static void test_callbacks_run_before_what_they_read_is_let_go_of(void **state) {
    fixture *self = *state;
    nanvm_mut_ref reader = nanvm_new(self->manager, &reader_type);
    struct node node = {outside(), 0, null_ref()};
    nanvm_mut_ref newer = nanvm_new_copy(self->manager, &node_type, &node);
    ((struct reader *)nanvm_mut_ref_get(reader))->seen = nanvm_mut_ref_to_ref(newer);
    values_read = 0;
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(values_read, 1);
}

static void test_array_that_grows_by_one_takes_few_chunks(void **state) {
    fixture *self = *state;
    size_t length = 3 * 1024 * 1024 / sizeof(int); /* far beyond the largest chunk */
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, length);
    for (size_t i = 1; i <= 1000; i++) {
        assert_true(nanvm_mut_ref_resize(&array, self->manager, length + i));
    }
    assert_true(self->source.requests < 10);
}

static void test_array_can_be_cut_where_it_is_when_the_arena_is_full(void **state) {
    (void)state;
    enum { LENGTH = 100 };
    static unsigned char buffer[LENGTH * sizeof(nanvm_ref) + 64];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    nanvm_mut_ref array = nanvm_new_array(manager, &refs_type, NULL, LENGTH);
    assert_non_null(array.object);
    for (size_t i = 0; i < LENGTH; i++) {
        ((nanvm_ref *)nanvm_mut_ref_get(array))[i] = outside();
    }
    void *before = nanvm_mut_ref_get(array);
    assert_true(nanvm_mut_ref_resize(&array, manager, 1));
    assert_ptr_equal(nanvm_mut_ref_get(array), before);
    assert_int_equal(tracked_live(), 1);
    nanvm_arena_deinit(&arena);
}

static void test_arrays_that_move_cost_no_search(void **state) {
    fixture *self = *state;
    nanvm_mut_ref first = nanvm_new_array(self->manager, &refs_type, NULL, 1);
    *(nanvm_ref *)nanvm_mut_ref_get(first) = outside();
    nanvm_mut_ref second = nanvm_new_array(self->manager, &refs_type, NULL, 1);
    *(nanvm_ref *)nanvm_mut_ref_get(second) = outside();
    assert_true(
        nanvm_mut_ref_resize(&first, self->manager, 2)); /* moves: not the newest */
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 2);
    assert_int_equal(tracked_live(), 2);
    nanvm_arena_deinit(&self->arena); /* and each is let go of once */
}

static bool hold_and_give_up(void *object, size_t length, void *context) {
    (void)length;
    (void)context;
    ((struct node *)object)->left = outside();
    return false;
}

static void test_construction_that_fails_gives_its_bytes_back(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 100; i++) {
        assert_null(
            nanvm_new_with(self->manager, &node_type, 0, hold_and_give_up, NULL).object);
    }
    assert_non_null(nanvm_new(self->manager, &node_type).object);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1);
}

static void test_arena_takes_a_smaller_chunk_where_a_large_one_fails(void **state) {
    fixture *self = *state;
    accounting_fail_once(&self->source, 0);
    assert_non_null(nanvm_new(self->manager, &point_type).object);
    assert_int_equal(self->source.failures, 1);
}

static jmp_buf escape;

static bool leave_construct(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    longjmp(escape, 1);
}

static bool leave_clone(void *copy, const void *source, size_t length) {
    return leave_construct(copy, length, (void *)(uintptr_t)source);
}

NANVM_TYPE_CALLBACKS(leaving_type, struct tracked, NULL, tracked_drop, leave_clone);

static void construct_and_leave(nanvm_manager *manager) {
    if (setjmp(escape) == 0) {
        (void)nanvm_new_with(manager, &leaving_type, 0, leave_construct, NULL).object;
        fail();
    }
}

static void clone_and_leave(nanvm_manager *manager, nanvm_ref source) {
    if (setjmp(escape) == 0) {
        (void)nanvm_ref_clone_object(source, manager).object;
        fail();
    }
}

/* What never came to be has no drop. */
static void test_reset_passes_over_what_longjmp_left_half_made(void **state) {
    fixture *self = *state;
    nanvm_mut_ref source = nanvm_new(self->manager, &leaving_type);
    tracked_expect(1);
    construct_and_leave(self->manager);
    clone_and_leave(self->manager, nanvm_mut_ref_to_ref(source));
    assert_int_equal(tracked_live(), 1);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

/* --- what drop is told --- */

static size_t told;

static void note_length(void *object, size_t length) {
    (void)object;
    told = told * 100 + length;
}

static void test_drop_at_a_reset_is_told_the_length(void **state) {
    fixture *self = *state;
    static const nanvm_type array = {
        .name = "array", .align = 8, .item_size = 8, .drop = note_length};
    static const nanvm_type plain = {
        .name = "plain", .size = 16, .align = 8, .drop = note_length};
    assert_non_null(nanvm_new_array(self->manager, &array, NULL, 7).object);
    assert_non_null(nanvm_new(self->manager, &plain).object);
    assert_non_null(nanvm_new_array(self->manager, &array, NULL, 12).object);
    told = 1;
    nanvm_arena_reset(&self->arena); /* the newest first */
    assert_int_equal(told, 1120007);
}

/* --- runs that end --- */

/* The table is asked directly, although a run may be at hand. */
static void *ask_the_table(nanvm_manager *manager, const nanvm_type *type) {
    unsigned char *made = nanvm_new_array(manager, type, NULL, 0).object;
    assert_non_null(made);
    assert_ptr_equal(nanvm_block_origin(made)->type, type);
    return made;
}

static void test_another_type_ends_a_run(void **state) {
    fixture *self = *state;
    enum { ROUNDS = 12, STREAK = 20 };
    static const nanvm_type *const types[] = {&point_type, &node_type};
    size_t *values[ROUNDS * STREAK];
    for (size_t i = 0; i < ROUNDS * STREAK; i++) {
        const nanvm_type *type = types[i / STREAK % 2];
        bool asks = i % 3 == 0;
        values[i] =
            asks ? ask_the_table(self->manager, type) : make_one(self->manager, type);
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, i + 1);
        values[i][1] = i; /* no reference there */
    }
    for (size_t i = 0; i < ROUNDS * STREAK; i++) {
        assert_int_equal(values[i][1], i);
        assert_ptr_equal(nanvm_block_origin(values[i])->type, types[i / STREAK % 2]);
    }
}

static void test_raw_memory_ends_a_run(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(64, 8);
    for (size_t round = 0; round < 5; round++) {
        make_points(&self->arena, 20);
        size_t before = live_bytes(&self->arena);
        unsigned char *memory = nanvm_manager_alloc(self->manager, layout);
        assert_in_range(live_bytes(&self->arena) - before, 64, 128);
        memset(memory, 0x77, 64);
        make_points(&self->arena, 20);
        memory = nanvm_manager_resize(self->manager, memory, layout, 32);
        assert_int_equal(memory[31], 0x77);
        nanvm_manager_dealloc(self->manager, memory, nanvm_layout_make(32, 8));
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 40 * (round + 1));
    }
}

/* --- what belongs to others --- */

static void test_array_of_another_manager_is_cut_into_the_arena(void **state) {
    (void)state;
    static _Alignas(64) unsigned char buffer[4000];
    accounting other;
    accounting_init(&other, NANVM_COUNT_PLAIN);
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_mut_ref ints = nanvm_new_array(&other.manager, &ints_type, NULL, 100);
    assert_true(nanvm_mut_ref_resize(&ints, nanvm_arena_manager(&arena), 50));
    unsigned char *place = ints.object;
    assert_true(place > buffer && place < buffer + sizeof(buffer));
    expect_nothing_live(&other);
    nanvm_arena_deinit(&arena);
    accounting_deinit(&other);
}

/* Its dealloc knows the arena, and just where that of the arena's own objects does. */
static void *neighbour_alloc(nanvm_manager *manager, nanvm_layout layout) {
    (void)manager;
    return nanvm_manager_alloc(nanvm_global(), layout);
}

static void neighbour_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    (void)dealloc;
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

static void test_array_of_a_manager_that_knows_the_arena_is_not_the_arenas(void **state) {
    fixture *self = *state;
    static const nanvm_manager_table table = {.alloc = neighbour_alloc};
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                      .dealloc = neighbour_dealloc};
    nanvm_arena_part part;
    memset((void *)&part, 0, sizeof(part));
    part.bounded.dealloc.table = &dealloc_table;
    part.arena = &self->arena;
    nanvm_manager other = {&table, &part.bounded.dealloc, 0, NULL};
    nanvm_mut_ref ints = nanvm_new_array(&other, &ints_type, NULL, 100);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 50));
    unsigned char *place = ints.object;
    assert_true(place > self->buffer && place < self->buffer + BUFFER);
    assert_int_equal(nanvm_mut_ref_length(ints), 50);
}

/* --- the peak: the most bytes that were ever in use --- */

static size_t peak_bytes(nanvm_arena *arena) {
    return nanvm_stats_make(nanvm_arena_manager(arena)).peak_bytes;
}

struct peak {
    nanvm_arena *arena;
    size_t bytes;
};

static void test_peak_survives_a_reset(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 100);
    size_t most = live_bytes(&self->arena);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(live_bytes(&self->arena), 0);
    assert_int_equal(peak_bytes(&self->arena), most);
    make_points(&self->arena, 99);
    assert_int_equal(peak_bytes(&self->arena), most);
    make_points(&self->arena, 3);
    assert_int_equal(peak_bytes(&self->arena), live_bytes(&self->arena));
    assert_true(peak_bytes(&self->arena) > most);
}

static void test_peak_counts_the_chunks_of_a_growing_arena(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 3000);
    size_t most = live_bytes(&self->arena);
    assert_true(most >= 3000 * POINT_BYTES);
    nanvm_arena_reset(&self->arena);
    make_points(&self->arena, 1);
    assert_int_equal(peak_bytes(&self->arena), most);
}

static void test_peak_counts_raw_memory_that_was_given_back(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(300, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    size_t most = live_bytes(&self->arena);
    assert_true(most >= 300);
    nanvm_manager_dealloc(self->manager, memory, layout);
    assert_int_equal(peak_bytes(&self->arena), most);
}

static void test_peak_counts_memory_that_has_shrunk(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(300, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    size_t most = live_bytes(&self->arena);
    assert_ptr_equal(nanvm_manager_resize(self->manager, memory, layout, 100), memory);
    assert_int_equal(live_bytes(&self->arena), most - 200);
    assert_int_equal(peak_bytes(&self->arena), most);
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 200);
    most = live_bytes(&self->arena);
    assert_int_equal(peak_bytes(&self->arena), most);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 100));
    assert_int_equal(live_bytes(&self->arena), most - 100 * sizeof(int));
    assert_int_equal(peak_bytes(&self->arena), most);
}

static bool note_bytes_and_give_up(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    nanvm_arena *arena = ((struct peak *)context)->arena;
    ((struct peak *)context)->bytes = live_bytes(arena);
    return false;
}

static void test_peak_counts_a_construction_that_failed(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 1);
    struct peak most = {&self->arena, 0};
    assert_null(
        nanvm_new_with(self->manager, &ints_type, 100, note_bytes_and_give_up, &most)
            .object);
    assert_true(most.bytes >= 100 * sizeof(int));
    assert_int_equal(peak_bytes(&self->arena), most.bytes);
}

/* --- chunks --- */

/* However little the kept chunk lacks. */
static void test_memory_as_large_as_a_kept_chunk_is_found_elsewhere(void **state) {
    (void)state;
    nanvm_manager *global = nanvm_global();
    for (size_t align = 1; align <= 64; align *= 2) {
        for (size_t less = 0; less <= 128; less++) {
            nanvm_arena arena;
            nanvm_arena_init_growing(&arena, global);
            nanvm_manager *manager = nanvm_arena_manager(&arena);
            make_points(&arena, 1);
            size_t kept = nanvm_stats_make(manager).reserved_bytes;
            nanvm_arena_reset(&arena);
            nanvm_layout layout = nanvm_layout_make(kept - less, align);
            unsigned char *memory = nanvm_manager_alloc(manager, layout);
            assert_non_null(memory);
            memset(memory, 1, layout.size);
            nanvm_arena_deinit(&arena);
        }
    }
}

static void test_kept_chunk_that_fits_is_taken_before_those_behind_it(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 1);
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 20000).object);
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 80000).object);
    nanvm_arena_reset(&self->arena);
    size_t requests = self->source.requests;
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 15000).object);
    make_points(&self->arena, 1);
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 80000).object);
    assert_int_equal(self->source.requests, requests);
}

/* A chunk that was just large enough is so again. */
static void test_what_is_made_again_takes_no_more_chunks(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(5000, 8);
    accounting_fail_once(&self->source, 0); /* no room to spare */
    assert_non_null(nanvm_manager_alloc(self->manager, layout));
    for (size_t round = 0; round < 3; round++) {
        nanvm_arena_reset(&self->arena);
        size_t requests = self->source.requests;
        assert_non_null(nanvm_manager_alloc(self->manager, layout));
        assert_int_equal(self->source.requests, requests);
    }
}

static void test_source_is_asked_where_no_kept_chunk_fits(void **state) {
    fixture *self = *state;
    make_points(&self->arena, 400);
    nanvm_arena_reset(&self->arena);
    size_t requests = self->source.requests;
    assert_non_null(nanvm_new_array(self->manager, &ints_type, NULL, 100000).object);
    assert_int_equal(self->source.requests, requests + 1);
}

/* More than a chunk is aligned to: memory that can't move together with its chunk. */
enum { OVER_ALIGNED = 64 };

/* A half more, if that isn't too much; if there isn't so much, what is needed. */
static void test_source_is_asked_for_half_as_much_again_at_most(void **state) {
    fixture *self = *state;
    size_t half = (size_t)PTRDIFF_MAX / 2;
    size_t most = (size_t)PTRDIFF_MAX - (OVER_ALIGNED - 1);
    for (size_t round = 0; round < 2; round++) { /* when it is small, and when large */
        size_t before = self->source.requests;
        assert_null(nanvm_manager_alloc(self->manager,
                                        nanvm_layout_make(half - 4096, OVER_ALIGNED)));
        assert_int_equal(self->source.requests - before, 2);
        assert_null(nanvm_manager_alloc(self->manager,
                                        nanvm_layout_make(half + 4096, OVER_ALIGNED)));
        assert_int_equal(self->source.requests - before, 3);
        assert_null(
            nanvm_manager_alloc(self->manager, nanvm_layout_make(most, OVER_ALIGNED)));
        assert_int_equal(self->source.requests - before, 3);
        nanvm_layout large = nanvm_layout_make(5000000, OVER_ALIGNED);
        assert_non_null(nanvm_manager_alloc(self->manager, large));
    }
}

static void *(*usual_alloc)(nanvm_manager *self, nanvm_layout layout);
static nanvm_layout last_asked;

static void *note_alloc(nanvm_manager *self, nanvm_layout layout) {
    last_asked = layout;
    return usual_alloc(self, layout);
}

/* Chunks double, up to 1 MiB; large arenas take huge pages. */
static void test_chunks_grow_with_the_arena(void **state) {
    fixture *self = *state;
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = note_alloc;
    size_t expected = 4096;
    const size_t huge = 2 * 1024 * 1024;
    while (self->source.requests < 20) {
        size_t requests = self->source.requests;
        size_t used = live_bytes(&self->arena);
        make_points(&self->arena, 1);
        if (self->source.requests > requests) {
            expected = used >= 2 * huge ? huge : expected;
            assert_int_equal(last_asked.size, expected);
            assert_int_equal(last_asked.align,
                             expected == huge ? huge : 2 * sizeof(void *));
            expected = expected < 1024 * 1024 ? 2 * expected : expected;
        }
    }
}

/* For what is large and can't grow with its chunk, half as much again; but where that is
 * too much not a byte more. */
static void test_large_chunk_has_half_as_much_again(void **state) {
    fixture *self = *state;
    accounting_limit(&self->source, 64 * 1024 * 1024);
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = note_alloc;
    accounting_fail_once(&self->source, 0); /* no room to spare */
    assert_non_null(
        nanvm_manager_alloc(self->manager, nanvm_layout_make(5000000, OVER_ALIGNED)));
    size_t front = last_asked.size - 5000000;
    size_t least = 8000000 + front;
    assert_non_null(
        nanvm_manager_alloc(self->manager, nanvm_layout_make(8000000, OVER_ALIGNED)));
    assert_int_equal(last_asked.size, least + least / 2);
    size_t requests = self->source.requests;
    size_t half = (size_t)PTRDIFF_MAX / 2;
    assert_null(nanvm_manager_alloc(self->manager,
                                    nanvm_layout_make(half - front, OVER_ALIGNED)));
    assert_int_equal(self->source.requests, requests + 1);
    assert_int_equal(last_asked.size, half);
    assert_null(nanvm_manager_alloc(self->manager,
                                    nanvm_layout_make(half - front - 1, OVER_ALIGNED)));
    assert_int_equal(self->source.requests, requests + 3);
}

/* A chunk of its own doesn't count when chunks double. */
static void test_chunk_after_a_large_one_is_of_the_usual_size(void **state) {
    fixture *self = *state;
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = note_alloc;
    assert_non_null(nanvm_manager_alloc(self->manager, nanvm_layout_make(500000, 8)));
    size_t first = self->source.requests;
    while (self->source.requests == first) {
        make_points(&self->arena, 1);
    }
    assert_int_equal(last_asked.size, 4096);
}

/* All of the memory there is was kept at a reset, in chunks that are too small. */
static void test_chunks_that_are_kept_serve_before_a_null_handle(void **state) {
    fixture *self = *state;
    enum { LIMIT = 200000 };
    accounting_limit(&self->source, LIMIT);
    for (size_t round = 0; round < 3; round++) {
        size_t before = self->source.requests;
        while (nanvm_new(self->manager, &point_type).object != NULL) {
        }
        nanvm_arena_reset(&self->arena);
        assert_true(self->source.live_bytes > LIMIT / 2);
        assert_true(self->source.requests > before);
        assert_non_null(
            nanvm_new_array(self->manager, &ints_type, NULL, LIMIT / 5).object);
        assert_in_range(self->source.live_bytes, LIMIT * 4 / 5, LIMIT);
        before = self->source.requests;
        assert_null(nanvm_new_array(self->manager, &ints_type, NULL, LIMIT / 5).object);
        assert_in_range(self->source.requests - before, 1, 2);
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes,
                         self->source.live_bytes);
        nanvm_arena_reset(&self->arena);
        nanvm_arena_reset(&self->arena); /* gives all of it back */
        assert_int_equal(self->source.live_bytes, 0);
    }
}

/* The kept chunks are given back for it, and don't suffice. */
static void test_request_beyond_all_memory_fails_and_the_arena_goes_on(void **state) {
    fixture *self = *state;
    enum { LIMIT = 200000 };
    accounting_limit(&self->source, LIMIT);
    for (size_t round = 0; round < 3; round++) {
        make_points(&self->arena, 1000);
        nanvm_arena_reset(&self->arena);
        assert_true(self->source.live_blocks > 0);
        assert_null(nanvm_new_array(self->manager, &ints_type, NULL, LIMIT).object);
        expect_nothing_live(&self->source);
        expect_used(&self->arena, 0, 0);
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
    }
}

/* More than are copied to the stack first. */
static void test_null_items_can_be_cut_off_with_others(void **state) {
    (void)state;
    enum { LENGTH = 40 };
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    nanvm_mut_ref array = nanvm_new_array(manager, &refs_type, NULL, LENGTH);
    nanvm_ref *items = array.object;
    assert_non_null(items);
    for (size_t i = 1; i < LENGTH; i += 2) {
        items[i] = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
    }
    assert_true(nanvm_mut_ref_resize(&array, manager, 0));
    assert_int_equal(tracked_live(), 0);
    nanvm_arena_deinit(&arena);
}

static const struct CMUnitTest tests[] = {
    TEST(test_null_items_can_be_cut_off_with_others),
    TEST(test_object_with_references_has_no_link_in_a_closed_arena, arena_in_buffer),
    TEST(test_raw_memory_is_counted_when_objects_of_any_type_follow, arena_in_buffer),
    TEST(test_array_of_a_manager_that_knows_the_arena_is_not_the_arenas, arena_in_buffer),
    TEST(test_request_beyond_all_memory_fails_and_the_arena_goes_on, arena_over_source),
    TEST(test_raw_memory_is_given_back_after_a_request_that_failed,
         arena_in_small_buffer),
    TEST(test_array_with_something_behind_it_moves_when_it_grows, arena),
    TEST(test_buffer_is_what_is_reserved_until_deinit, arena_in_buffer),
    TEST(test_deinit_twice_gives_chunks_back_once, arena_over_source),
    TEST(test_raw_memory_behind_a_run_is_given_back, arena_in_buffer),
    TEST(test_raw_memory_that_is_given_back_takes_no_object_along, arena_in_buffer),
    TEST(test_buffer_holds_large_objects_up_to_its_last_byte),
    TEST(test_objects_without_bytes_fill_a_buffer),
    TEST(test_part_of_a_word_at_the_end_is_not_handed_out),
    TEST(test_growing_arena_counts_the_same_bytes_as_one_in_a_buffer),
    TEST(test_newest_raw_memory_grows_to_the_last_byte, arena_in_small_buffer),
    TEST(test_raw_memory_of_the_same_size_stays, arena_in_small_buffer),
    TEST(test_objects_of_types_at_any_address_are_made_in_a_run, arena),
    TEST(test_large_arena_within_reach_of_an_origin_writes_one),
    TEST(test_arena_grows_in_what_little_another_arena_has),
    TEST(test_what_is_made_again_takes_no_more_chunks, arena_over_source),
    TEST(test_large_chunk_has_half_as_much_again, arena_over_source),
    TEST(test_chunk_after_a_large_one_is_of_the_usual_size, arena_over_source),
    TEST(test_drop_at_a_reset_is_told_the_length, arena),
    TEST(test_another_type_ends_a_run, arena),
    TEST(test_raw_memory_ends_a_run, arena),
    TEST(test_array_of_another_manager_is_cut_into_the_arena),
    TEST(test_kept_chunk_that_fits_is_taken_before_those_behind_it, arena_over_source),
    TEST(test_reset_drops_as_many_as_were_created),
    TEST(test_peak_survives_a_reset, arena_in_buffer),
    TEST(test_peak_counts_the_chunks_of_a_growing_arena, arena),
    TEST(test_peak_counts_raw_memory_that_was_given_back, arena_in_buffer),
    TEST(test_peak_counts_memory_that_has_shrunk, arena_in_buffer),
    TEST(test_peak_counts_a_construction_that_failed, arena_in_buffer),
    TEST(test_memory_as_large_as_a_kept_chunk_is_found_elsewhere),
    TEST(test_source_is_asked_where_no_kept_chunk_fits, arena_over_source),
    TEST(test_source_is_asked_for_half_as_much_again_at_most, arena_over_source),
    TEST(test_chunks_grow_with_the_arena, arena_over_source),
    TEST(test_reset_runs_drop_once_for_each_object, arena_over_source),
    TEST(test_reset_drops_references_into_other_managers, arena_in_buffer),
    TEST(test_clone_into_an_arena_is_let_go_of_too, arena_in_buffer),
    TEST(test_reset_starts_at_the_beginning_of_the_buffer, arena_in_small_buffer),
    TEST(test_no_origin_outlives_a_reset, arena_in_buffer),
    TEST(test_full_arena_holds_as_much_again_after_reset),
    TEST(test_growing_arena_keeps_the_chunks_that_were_in_use, arena_over_source),
    TEST(test_growing_arena_gives_back_what_the_last_round_did_not_need,
         arena_over_source),
    TEST(test_kept_chunk_that_is_too_small_is_passed_over, arena_over_source),
    TEST(test_large_arena_is_made_again_in_the_same_chunks, arena_over_source),
    TEST(test_object_larger_than_a_chunk_gets_one_to_fit, arena_over_source),
    TEST(test_deinit_twice_is_deinit_once, arena_in_small_buffer),
    TEST(test_arena_without_a_buffer_is_full),
    TEST(test_buffer_one_byte_short_gives_null_at_every_size),
    TEST(test_array_of_another_arena_moves),
    TEST(test_closed_arena_still_runs_drop),
    TEST(test_object_of_the_same_type_costs_eight_bytes, arena_in_buffer),
    TEST(test_array_of_numbers_costs_its_length_and_a_header, arena_in_buffer),
    TEST(test_objects_of_a_type_lie_side_by_side_and_are_counted_one_by_one),
    TEST(test_buffer_holds_as_many_objects_as_fit_and_not_one_more),
    TEST(test_what_follows_objects_finds_all_the_room_there_is),
    TEST(test_construction_that_fails_among_others_leaves_no_trace, arena_in_buffer),
    TEST(test_reset_amid_objects_that_hold_something_lets_go_of_each_once, arena),
    TEST(test_types_that_take_turns_are_each_what_they_are, arena),
    TEST(test_newest_array_grows_and_shrinks_in_place, arena_in_buffer),
    TEST(test_raw_memory_behind_an_empty_array_is_not_taken_for_it, arena_in_buffer),
    TEST(test_request_that_fails_leaves_the_newest_as_it_was, arena_in_small_buffer),
    TEST(test_newest_raw_memory_is_given_back, arena_in_small_buffer),
    TEST(test_raw_memory_below_the_newest_shrinks_in_place, arena_in_small_buffer),
    TEST(test_arena_out_of_reach_of_an_origin_writes_another),
    TEST(test_arena_grows_in_another_arena),
    TEST(test_arena_grows_in_a_local_manager),
    TEST(test_drop_may_create_in_the_arena_that_is_reset, arena_over_source),
    TEST(test_reset_and_deinit_within_a_reset_do_nothing, arena_over_source),
    TEST(test_deinit_within_a_reset_leaves_the_buffer, arena_in_buffer),
    TEST(test_callbacks_run_before_what_they_read_is_let_go_of, arena),
    TEST(test_array_that_grows_by_one_takes_few_chunks, arena_over_source),
    TEST(test_array_can_be_cut_where_it_is_when_the_arena_is_full),
    TEST(test_arrays_that_move_cost_no_search, arena),
    TEST(test_construction_that_fails_gives_its_bytes_back, arena_in_small_buffer),
    TEST(test_reset_passes_over_what_longjmp_left_half_made, arena_in_buffer),
    TEST(test_arena_takes_a_smaller_chunk_where_a_large_one_fails, arena_over_source),
    TEST(test_chunks_that_are_kept_serve_before_a_null_handle, arena_over_source),
};

RUN_TESTS(tests)
