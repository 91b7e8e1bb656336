/* What the library promises, a test for each promise. The numbers are those of
 * the design: 1 costs of MutRef and Ref; 2 the three ways from Ref to MutRef;
 * 3 deallocs that don't count; 4 references outlive their manager; 5 no cycles by the
 * rules; 6 drop without stack; 7 out of memory, overflow and misuse; 8 counts stick. */
#include "misuse.h"
#include "run.h"
#include "stage.h"
#include "thread.h"

/* --- 1 --- */

static bool to_ref_and_back(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &point_type);
    if (made.object == NULL) {
        return false;
    }
    nanvm_header before = *nanvm_block_header(made.object);
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    assert_memory_equal(nanvm_block_header(made.object), &before, sizeof(before));
    nanvm_mut_ref back = nanvm_ref_to_mut_ref(&ref, on->manager);
    assert_ptr_equal(back.object, made.object);
    assert_memory_equal(nanvm_block_header(made.object), &before, sizeof(before));
    nanvm_mut_ref_drop(back);
    return true;
}

static void test_1_mut_ref_to_ref_and_back_touches_nothing(void **state) {
    (void)state;
    on_counting_managers(to_ref_and_back);
}

static bool back_without_memory(accounting *manager) {
    nanvm_mut_ref made = nanvm_new(&manager->manager, &point_type);
    if (made.object == NULL) {
        return false;
    }
    size_t requests = manager->requests;
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref back = nanvm_ref_to_mut_ref(&ref, &manager->manager);
    assert_int_equal(manager->requests, requests);
    nanvm_mut_ref_drop(back);
    return true;
}

static void test_1_ref_to_mut_ref_of_a_sole_owner_needs_no_memory(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, back_without_memory);
    for_each_failure(NANVM_COUNT_ATOMIC, back_without_memory);
    for_each_failure(NANVM_COUNT_CUSTOM, back_without_memory);
}

/* --- 2 --- */

static bool three_ways(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 4);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made), b = nanvm_ref_clone(a);
    nanvm_mut_ref out;
    assert_false(nanvm_ref_try_to_mut_ref(&a, &out));
    assert_true(nanvm_ref_same(a, b));
    out = nanvm_ref_clone_object(a, on->manager);
    bool done = out.object != NULL;
    assert_true(nanvm_ref_same(a, b) && nanvm_ref_count(a) == 1);
    nanvm_mut_ref_drop(out);
    out = nanvm_ref_to_mut_ref(&a, on->manager);
    done = done && out.object != NULL;
    assert_int_equal(a.object == NULL, out.object != NULL);
    nanvm_mut_ref_drop(out);
    nanvm_ref_drop(a);
    assert_int_equal(nanvm_ref_count(b), 0);
    assert_true(nanvm_ref_try_to_mut_ref(&b, &out));
    assert_ptr_equal(out.object, made.object);
    assert_null(b.object);
    nanvm_mut_ref_drop(out);
    return done;
}

static void test_2_ref_is_untouched_unless_it_was_consumed(void **state) {
    (void)state;
    on_counting_managers(three_ways);
}

static void test_2_ref_stays_the_callers_when_the_clone_runs_out_of_memory(void **state) {
    fixture *self = *state;
    nanvm_mut_ref made = tracked_new(self->manager, 4);
    nanvm_ref a = nanvm_mut_ref_to_ref(made), b = nanvm_ref_clone(a);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_ref_to_mut_ref(&a, self->manager).object);
    assert_true(nanvm_ref_same(a, b));
    assert_int_equal(nanvm_ref_count(a), 1);
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
}

/* --- 3 --- */

static void expect_shared(nanvm_ref ref) {
    nanvm_mut_ref out;
    assert_true(nanvm_ref_count(ref) > 0);
    assert_false(nanvm_ref_try_to_mut_ref(&ref, &out));
    assert_non_null(ref.object);
}

static void test_3_blocks_that_are_not_counted_look_shared(void **state) {
    (void)state;
    unsigned char buffer[200];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_mut_ref made = nanvm_new(nanvm_arena_manager(&arena), &point_type);
    expect_shared(nanvm_mut_ref_to_ref(made));
    nanvm_ref_drop(nanvm_mut_ref_to_ref(made));
    expect_shared(nanvm_mut_ref_to_ref(made));
    nanvm_arena_deinit(&arena);
}

/* --- 4 --- */

static void ignore_leak(void *context, const nanvm_type *type, size_t blocks,
                        size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
}

static void test_4_references_outlive_their_local_manager(void **state) {
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    size_t leaked = 0;
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_local_on_leak(&local, ignore_leak, &leaked);
    nanvm_manager *manager = nanvm_local_manager(&local);
    struct node value = {nanvm_mut_ref_to_ref(tracked_new(manager, 1)), 3,
                         nanvm_mut_ref_to_ref(tracked_new(manager, 2))};
    nanvm_ref node = nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
    nanvm_local_deinit(&local);
    memset(&local, 0xdd, sizeof(local));
    assert_int_equal(leaked, 3);
    nanvm_ref right = nanvm_ref_clone(((const struct node *)node.object)->right);
    nanvm_ref_drop(node);
    assert_int_equal(tracked_live(), 1);
    assert_int_equal(((const struct tracked *)right.object)->value, 2);
    assert_true(source.live_blocks > 0);
    nanvm_ref_drop(right);
    expect_nothing_live(&source); /* The last block took the storage along. */
    accounting_deinit(&source);
}

/* References between managers, whichever goes first. */
static bool refer_across(accounting *source) {
    size_t leaked = 0;
    nanvm_local a, b;
    nanvm_arena arena;
    nanvm_local_init_from(&a, &source->manager);
    nanvm_local_init_from(&b, &source->manager);
    nanvm_local_on_leak(&a, ignore_leak, &leaked);
    nanvm_arena_init_growing(&arena, &source->manager);
    nanvm_manager *managers[] = {nanvm_local_manager(&a), nanvm_global(),
                                 &source->manager, nanvm_local_manager(&b),
                                 nanvm_arena_manager(&arena)};
    nanvm_ref chain = null_ref();
    bool done = true;
    for (size_t i = 0; i < 30 && done; i++) {
        /* Only what comes last may refer into the arena: it dies first. */
        struct node value = {nanvm_ref_clone(chain), i, null_ref()};
        size_t kind = i == 29 ? 4 : i % 4;
        nanvm_mut_ref made = i == 0 ? tracked_new(managers[0], 0)
                                    : nanvm_new_copy(managers[kind], &node_type, &value);
        done = made.object != NULL;
        nanvm_ref_drop(done ? chain : value.left);
        chain = done ? nanvm_mut_ref_to_ref(made) : chain;
    }
    nanvm_local_deinit(&a);
    assert_true(!done || leaked == 8);
    if (!done) {
        nanvm_ref_drop(chain); /* Else it is the arena's. */
    }
    nanvm_arena_deinit(&arena);
    nanvm_local_deinit(&b);
    return done;
}

static void test_4_managers_mix_and_end_in_any_order(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, refer_across);
    for_each_failure(NANVM_COUNT_ATOMIC, refer_across);
    for_each_failure(NANVM_COUNT_CUSTOM, refer_across);
}

/* --- 5 --- */

/* By the rules an object that is being written has one owner and isn't referred to by
 * what is written into it. Pointed at a clone of its reference that was made before, it
 * points at what it was: another object. */
static bool point_at_itself(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &node_type);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref self = nanvm_mut_ref_to_ref(made);
    nanvm_ref old = nanvm_ref_clone(self);
    nanvm_mut_ref next = nanvm_ref_to_mut_ref(&self, on->manager);
    if (next.object == NULL) {
        nanvm_ref_drop(self);
        nanvm_ref_drop(old);
        return false;
    }
    ((struct node *)next.object)->left = old;
    assert_ptr_not_equal(((struct node *)next.object)->left.object, next.object);
    nanvm_mut_ref_drop(next);
    return true;
}

static void test_5_object_pointed_at_itself_points_at_what_it_was(void **state) {
    (void)state;
    on_every_manager(point_at_itself);
}

/* --- 6; test_drop has many more --- */

static void drop_ref(void *context) {
    nanvm_ref_drop(nanvm_ref_move(context));
}

static void test_6_ten_million_links_drop_on_a_small_stack(void **state) {
    fixture *self = *state;
    nanvm_ref chain = nanvm_mut_ref_to_ref(tracked_new(self->manager, 1));
    for (size_t i = 0; i < scaled(10000000); i++) {
        /* By turns declared and dropped by a callback. */
        struct node node = {.left = chain};
        struct hidden hidden = {chain};
        chain = nanvm_mut_ref_to_ref(
            i % 2 == 0 ? nanvm_new_copy(self->manager, &node_type, &node)
                       : nanvm_new_copy(self->manager, &hidden_type, &hidden));
    }
    on_small_stack(drop_ref, &chain, &self->local);
    assert_int_equal(tracked_live(), 0);
}

/* --- 7 --- */

static bool of_everything(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 1);
    if (leaf.object == NULL) {
        return false;
    }
    struct entry entry = {1, nanvm_mut_ref_to_ref(leaf)};
    struct entry before = entry;
    nanvm_mut_ref table = nanvm_new_array(on->manager, &table_type, &entry, 1);
    assert_memory_equal(&entry, &before, sizeof(entry));
    if (table.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    bool done = nanvm_mut_ref_resize(&table, on->manager, 10);
    nanvm_ref a = nanvm_mut_ref_to_ref(table), b = nanvm_ref_clone(a);
    nanvm_mut_ref copy = nanvm_ref_to_mut_ref(&b, on->manager);
    done = done && copy.object != NULL;
    done = done && nanvm_mut_ref_resize(&copy, on->manager, 500);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(b);
    nanvm_ref_drop(a);
    return done;
}

static void test_7_nothing_leaks_whichever_allocation_fails(void **state) {
    (void)state;
    on_every_manager(of_everything);
}

static bool expect_null_handles(const stage *on) {
    nanvm_type bad = ints_type;
    assert_null(nanvm_new_array(on->manager, &bad, NULL, SIZE_MAX).object);
    assert_null(nanvm_new_array(on->manager, &bad, NULL, SIZE_MAX / sizeof(int)).object);
    bad.align = 24;
    assert_null(nanvm_new(on->manager, &bad).object);
    return true;
}

static void test_7_overflow_and_bad_alignment_give_null_handles(void **state) {
    (void)state;
    on_every_manager(expect_null_handles);
}

static void drop_dead(void *context) {
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static void test_7_count_that_would_underflow_stops_the_program(void **state) {
    fixture *self = *state;
    self->source.keeps_dead = true;
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    nanvm_ref_drop(ref);
    expect_fatal("drop", drop_dead, &ref);
}

/* --- 8 --- */

static void set_count(nanvm_ref ref, int32_t count) {
    nanvm_block_set_count(ref.object, count);
}

static void expect_stuck(nanvm_ref ref, nanvm_manager *manager) {
    nanvm_mut_ref out;
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
        nanvm_ref_drop(ref);
    }
    nanvm_ref copy = nanvm_ref_clone(ref);
    assert_int_equal(nanvm_ref_count(copy), SIZE_MAX);
    assert_false(nanvm_ref_try_to_mut_ref(&ref, &out));
    out = nanvm_ref_clone_object(ref, manager);
    assert_ptr_not_equal(out.object, ref.object);
    nanvm_mut_ref_drop(out);
    assert_int_equal(tracked_live(), 1);
}

static void stick(nanvm_manager *manager, int32_t limit, int32_t sole) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(tracked_new(manager, 1));
    set_count(ref, limit);
    size_t others = (size_t)(sole < 0 ? (int64_t)sole - limit : limit);
    assert_int_equal(nanvm_ref_count(ref), others);
    nanvm_ref copy = nanvm_ref_clone(ref);
    expect_stuck(copy, manager);
    set_count(ref, sole);
    nanvm_ref_drop(ref);
    assert_int_equal(tracked_live(), 0);
}

static void test_8_plain_count_sticks_at_its_limit(void **state) {
    (void)state;
    accounting manager;
    accounting_init(&manager, NANVM_COUNT_PLAIN);
    stick(&manager.manager, INT32_MAX, NANVM_COUNT_PLAIN);
    accounting_deinit(&manager);
    nanvm_local local;
    nanvm_local_init(&local);
    stick(nanvm_local_manager(&local), INT32_MAX, NANVM_COUNT_PLAIN);
    nanvm_local_deinit(&local);
}

static void test_8_atomic_count_sticks_at_its_limit(void **state) {
    (void)state;
    stick(nanvm_global(), -0x40000000, NANVM_COUNT_ATOMIC);
    accounting manager;
    accounting_init(&manager, NANVM_COUNT_ATOMIC);
    stick(&manager.manager, -0x40000000, NANVM_COUNT_ATOMIC);
    accounting_deinit(&manager);
}

static void test_8_count_next_to_its_limit_still_counts(void **state) {
    (void)state;
    accounting manager;
    accounting_init(&manager, NANVM_COUNT_PLAIN);
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(&manager.manager, &point_type));
    set_count(ref, INT32_MAX - 1);
    ref = nanvm_ref_clone(ref);
    assert_int_equal(nanvm_ref_count(ref), INT32_MAX);
    nanvm_ref_drop(ref);
    assert_int_equal(nanvm_ref_count(ref), INT32_MAX - 1);
    set_count(ref, 0);
    nanvm_ref_drop(ref);
    accounting_deinit(&manager);
    ref = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    set_count(ref, -0x40000000 + 1);
    ref = nanvm_ref_clone(ref);
    assert_int_equal(nanvm_ref_count(ref), 0x3fffffff);
    nanvm_ref_drop(ref);
    assert_int_equal(nanvm_ref_count(ref), 0x3ffffffe);
    set_count(ref, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(ref);
}

static void test_8_atomic_count_goes_on_where_it_is_not_inline(void **state) {
    (void)state;
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    set_count(ref, -0x20000000 + 2);
    for (size_t others = 0x1ffffffe; others < 0x20000002; others++) {
        ref = nanvm_ref_clone(ref);
        assert_int_equal(nanvm_ref_count(ref), others);
    }
    for (size_t others = 0x20000001; others > 0x1ffffffd; others--) {
        assert_int_equal(nanvm_ref_count(ref), others);
        nanvm_ref_drop(ref);
    }
    set_count(ref, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(ref);
}

static void test_8_object_that_holds_a_stuck_one_dies_alone(void **state) {
    (void)state;
    nanvm_ref leaf = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    set_count(leaf, INT32_MIN);
    struct node value = {.left = leaf};
    nanvm_mut_ref_drop(nanvm_new_copy(nanvm_global(), &node_type, &value));
    assert_int_equal(tracked_live(), 1);
    set_count(leaf, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(leaf);
}

static const struct CMUnitTest tests[] = {
    TEST(test_1_mut_ref_to_ref_and_back_touches_nothing),
    TEST(test_1_ref_to_mut_ref_of_a_sole_owner_needs_no_memory),
    TEST(test_2_ref_is_untouched_unless_it_was_consumed),
    TEST(test_2_ref_stays_the_callers_when_the_clone_runs_out_of_memory, source),
    TEST(test_3_blocks_that_are_not_counted_look_shared),
    TEST(test_4_references_outlive_their_local_manager),
    TEST(test_4_managers_mix_and_end_in_any_order),
    TEST(test_5_object_pointed_at_itself_points_at_what_it_was),
    TEST(test_6_ten_million_links_drop_on_a_small_stack, local),
    TEST(test_7_nothing_leaks_whichever_allocation_fails),
    TEST(test_7_overflow_and_bad_alignment_give_null_handles),
    TEST(test_7_count_that_would_underflow_stops_the_program, source),
    TEST(test_8_plain_count_sticks_at_its_limit),
    TEST(test_8_atomic_count_sticks_at_its_limit),
    TEST(test_8_count_next_to_its_limit_still_counts),
    TEST(test_8_atomic_count_goes_on_where_it_is_not_inline),
    TEST(test_8_object_that_holds_a_stuck_one_dies_alone),
};

RUN_TESTS(tests)
