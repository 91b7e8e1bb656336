/* Raw memory: how long a piece lives, how it is counted, and that it can always shrink.
 */
#include "run.h"
#include "skip.h"
#include "stage.h"
#include "thread.h"

static const nanvm_layout small = {100, 8};

static size_t live(const nanvm_manager *manager) {
    return nanvm_stats_make(manager).live_blocks;
}

static size_t live_bytes(const nanvm_manager *manager) {
    return nanvm_stats_make(manager).live_bytes;
}

/* What a hardened build has in front of each piece, for `small`. */
static size_t bytes_of(size_t pieces) {
    return pieces * (small.size + (is_hardened ? 8 : 0));
}

static void fill(void *memory, size_t size) {
    memset(memory, 0x5a, size);
}

static bool is_filled(const void *memory, size_t size) {
    const unsigned char *bytes = memory;
    size_t i = 0;
    while (i < size && bytes[i] == 0x5a) {
        i++;
    }
    return i == size;
}

static size_t leaked; /* bytes */

static void note_leak(void *context, const nanvm_type *type, size_t blocks,
                      size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    leaked += bytes;
}

static void open_leaking(fixture *self) {
    leaked = 0;
    open_local_over_source(self);
    nanvm_local_on_leak(&self->local, note_leak, NULL);
}

FIXTURE(leaking, open_leaking, close_local)

static void *piece(const fixture *self) {
    void *memory = nanvm_manager_alloc(self->manager, small);
    assert_non_null(memory);
    fill(memory, small.size);
    return memory;
}

static void release(const fixture *self, void *memory) {
    nanvm_manager_dealloc(self->manager, memory, small);
}

/* --- after the end of a local manager --- */

static void resize_after_the_end(bool source_resizes) {
    fixture on;
    open_leaking(&on);
    if (!source_resizes) {
        on.source.manager_table.resize = NULL;
    }
    void *memory = piece(&on);
    nanvm_local_deinit(&on.local);
    assert_int_equal(leaked, bytes_of(1));
    memory = nanvm_manager_resize(on.manager, memory, small, 5000);
    assert_non_null(memory);
    assert_true(is_filled(memory, small.size));
    memory = nanvm_manager_resize(on.manager, memory, nanvm_layout_make(5000, 8), 10);
    assert_non_null(memory);
    assert_true(is_filled(memory, 10));
    nanvm_manager_dealloc(on.manager, memory, nanvm_layout_make(10, 8));
    expect_nothing_live(&on.source);
    close_local(&on);
}

static void test_piece_is_resized_after_the_end_of_its_manager(void **state) {
    (void)state;
    resize_after_the_end(true);
    resize_after_the_end(false);
}

static void test_piece_that_cannot_be_resized_after_the_end_stays_as_it_was(
    void **state) {
    fixture *self = *state;
    void *memory = piece(self);
    nanvm_local_deinit(&self->local);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_manager_resize(self->manager, memory, small, 5000));
    accounting_never_fail(&self->source);
    assert_true(is_filled(memory, small.size));
    release(self, memory);
}

static void test_bytes_of_a_resize_are_counted_where_there_were_more(void **state) {
    fixture *self = *state;
    void *first = piece(self);
    void *second = piece(self);
    release(self, second);
    size_t before = live_bytes(self->manager);
    first = nanvm_manager_resize(self->manager, first, small, small.size + 16);
    assert_int_equal(live_bytes(self->manager), before + 16);
    assert_int_equal(live(self->manager), 1);
    nanvm_manager_dealloc(self->manager, first, nanvm_layout_make(small.size + 16, 8));
    assert_int_equal(live_bytes(self->manager), 0);
}

/* --- used again after the end --- */

static void test_piece_from_before_the_end_stays_counted(void **state) {
    fixture *self = *state;
    void *old = piece(self);
    nanvm_local_deinit(&self->local);
    void *new = piece(self);
    assert_int_equal(live(self->manager), 2);
    assert_int_equal(live_bytes(self->manager), bytes_of(2));
    release(self, old);
    assert_int_equal(live(self->manager), 1);
    assert_int_equal(live_bytes(self->manager), bytes_of(1));
    release(self, new);
    assert_int_equal(live(self->manager), 0);
    assert_int_equal(live_bytes(self->manager), 0);
}

/* Each round ends the manager with one more piece alive. */
static void test_pieces_of_several_rounds_are_counted_together(void **state) {
    fixture *self = *state;
    enum { ROUNDS = 5 };
    void *all[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        all[i] = piece(self);
        nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
        assert_int_equal(live(self->manager), i + 1);
        leaked = 0;
        nanvm_local_deinit(&self->local);
        assert_int_equal(leaked, bytes_of(i + 1));
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        assert_true(is_filled(all[i], small.size));
        release(self, all[i]);
    }
}

static void test_manager_starts_anew_when_all_pieces_are_gone(void **state) {
    fixture *self = *state;
    void *old = piece(self);
    nanvm_local_deinit(&self->local);
    release(self, old);
    void *new = piece(self);
    assert_int_equal(live(self->manager), 1);
    assert_int_equal(nanvm_stats_make(self->manager).peak_bytes, bytes_of(1));
    release(self, new);
}

/* Whatever the order in which they ended, are used again, and lose their pieces. */
static void test_each_of_several_managers_finds_its_own_account(void **state) {
    (void)state;
    enum { GROUNDS = 4 };
    for (size_t turn = 0; turn < 2 * GROUNDS; turn++) {
        fixture on[GROUNDS];
        void *memory[GROUNDS][2];
        for (size_t i = 0; i < GROUNDS; i++) {
            open_leaking(&on[i]);
            for (size_t n = 0; n < 1 + i % 2; n++) {
                memory[i][n] = piece(&on[i]);
            }
        }
        for (size_t i = 0; i < GROUNDS; i++) {
            nanvm_local_deinit(&on[i].local);
        }
        for (size_t n = 0; n < GROUNDS; n++) {
            size_t i = turn < GROUNDS ? (n + turn) % GROUNDS
                                      : (GROUNDS - 1 - n + turn) % GROUNDS;
            if (n == 1) { /* one loses its pieces while nobody uses its manager */
                release(&on[i], memory[i][0]);
                if (i % 2 == 1) {
                    release(&on[i], memory[i][1]);
                }
                memory[i][0] = piece(&on[i]);
                assert_int_equal(live(on[i].manager), 1);
                release(&on[i], memory[i][0]);
                continue;
            }
            void *more = piece(&on[i]);
            assert_int_equal(live(on[i].manager), 2 + i % 2);
            release(&on[i], more);
            release(&on[i], memory[i][0]);
            if (i % 2 == 1) {
                release(&on[i], memory[i][1]);
            }
            assert_int_equal(live(on[i].manager), 0);
        }
        for (size_t i = 0; i < GROUNDS; i++) {
            close_local(&on[i]);
        }
    }
}

/* A manager that ended, and whose account was freed with its last piece, has none to go
 * on with: another manager's account may lie at the same address by now. */
static void test_manager_takes_no_other_managers_account(void **state) {
    (void)state;
    fixture on, other;
    open_leaking(&on);
    open_leaking(&other);
    void *first = piece(&on);
    nanvm_local_deinit(&on.local);
    release(&on, first);
    void *theirs = piece(&other);
    nanvm_local_deinit(&other.local);
    void *mine = piece(&on);
    assert_int_equal(live(on.manager), 1);
    release(&on, mine);
    release(&other, theirs);
    close_local(&on);
    close_local(&other);
}

/* The chunks of one manager are raw memory of the other, and outlive both. */
static void test_objects_of_a_manager_within_a_manager_outlive_both(void **state) {
    fixture *self = *state;
    nanvm_local inner;
    nanvm_local_init_from(&inner, self->manager);
    nanvm_local_on_leak(&inner, nanvm_local_ignore_leak, NULL);
    nanvm_mut_ref point = nanvm_new(nanvm_local_manager(&inner), &point_type);
    void *mine = piece(self);
    nanvm_local_deinit(&inner);
    nanvm_local_deinit(&self->local);
    void *later = piece(self);
    nanvm_mut_ref_drop(point);
    assert_int_equal(live(self->manager), 2);
    release(self, mine);
    release(self, later);
}

static void end_and_go_on(void *context) {
    size_t *wrong = context;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    nanvm_manager *manager = nanvm_local_manager(&local);
    for (size_t i = 0; i < scaled(2000); i++) {
        void *old = nanvm_manager_alloc(manager, small);
        nanvm_local_deinit(&local);
        void *new = nanvm_manager_alloc(manager, small);
        *wrong += live(manager) != 2;
        nanvm_manager_dealloc(manager, old, small);
        nanvm_manager_dealloc(manager, new, small);
        nanvm_local_deinit(&local);
    }
}

static void test_managers_of_several_threads_end_at_once(void **state) {
    (void)state;
    needs_threads();
    enum { THREADS = 3 };
    size_t wrong[THREADS] = {0};
    in_threads(end_and_go_on, THREADS, wrong, sizeof(wrong[0]));
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(wrong[i], 0);
    }
}

/* --- in an arena --- */

static void test_arena_counts_pieces(void **state) {
    fixture *self = *state;
    void *first = nanvm_manager_alloc(self->manager, small);
    void *second = nanvm_manager_alloc(self->manager, small);
    assert_int_equal(live(self->manager), 2);
    first = nanvm_manager_resize(self->manager, first, small, 3000);
    assert_int_equal(live(self->manager), 2);
    nanvm_manager_dealloc(self->manager, first, nanvm_layout_make(3000, 8));
    assert_int_equal(live(self->manager), 1);
    nanvm_manager_dealloc(self->manager, second, small);
    assert_int_equal(live(self->manager), 0);
    assert_non_null(nanvm_manager_alloc(self->manager, small));
    nanvm_arena_reset(&self->arena);
    assert_int_equal(live(self->manager), 0);
}

/* It is gone: giving it back is a mistake, at which a hardened build stops; but not if
 * the tables are asked directly. */
static void test_piece_that_went_with_a_reset_is_not_counted_again(void **state) {
    (void)state;
    unsigned char buffer[512];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    void *memory = manager->table->alloc(manager, small);
    nanvm_arena_reset(&arena);
    manager->dealloc->table->dealloc(manager->dealloc, memory, small);
    assert_int_equal(live(manager), 0);
    nanvm_arena_deinit(&arena);
}

static void test_arena_with_pieces_and_no_objects_can_be_closed(void **state) {
    fixture *self = *state;
    assert_non_null(nanvm_manager_alloc(self->manager, small));
    nanvm_arena_assume_self_contained(&self->arena);
}

/* --- on every manager --- */

static bool align_small(const stage *on) {
    for (size_t size = 0; size < 40; size++) {
        nanvm_layout layout = nanvm_layout_make(size, 1);
        void *memory = nanvm_manager_alloc(on->manager, layout);
        if (memory == NULL) {
            return false;
        }
        bool aligned = is_aligned(memory, sizeof(void *));
        nanvm_manager_dealloc(on->manager, memory, layout);
        assert_true(aligned);
    }
    return true;
}

/* As a manager asks that takes its memory straight from the table of another. (Some are
 * aligned by chance.) */
static bool align_smallest(const stage *on) {
    enum { PIECES = 8 };
    nanvm_manager *manager = on->manager;
    void *pieces[PIECES];
    size_t length = 0;
    nanvm_layout layout = nanvm_layout_make(1, 64);
    for (; length < PIECES; length++) {
        pieces[length] = manager->table->alloc(manager, layout);
        if (pieces[length] == NULL) {
            break;
        }
        assert_true(is_aligned(pieces[length], layout.align));
    }
    for (size_t i = 0; i < length; i++) {
        manager->dealloc->table->dealloc(manager->dealloc, pieces[i], layout);
    }
    return length == PIECES;
}

static void test_piece_of_a_byte_is_aligned_as_its_layout_asks(void **state) {
    (void)state;
    on_every_manager(align_smallest);
}

static void test_every_piece_is_aligned_to_a_pointer(void **state) {
    (void)state;
    on_every_manager(align_small);
}

/* From whatever size and alignment, to half, to one byte, and to none. */
static void shrink_on(nanvm_manager *manager) {
    for (size_t align = 1; align <= 256; align *= 2) {
        for (size_t size = 8; size <= 100000; size *= 5) {
            size_t sizes[] = {size, size / 2 + 1, align / 2, 1, 0};
            unsigned char *memory =
                nanvm_manager_alloc(manager, nanvm_layout_make(size, align));
            assert_non_null(memory);
            fill(memory, size);
            for (size_t i = 1; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                sizes[i] = sizes[i] < sizes[i - 1] ? sizes[i] : sizes[i - 1];
                memory = nanvm_manager_resize(
                    manager, memory, nanvm_layout_make(sizes[i - 1], align), sizes[i]);
                assert_non_null(memory);
                assert_true(is_aligned(memory, align));
                assert_true(is_filled(memory, sizes[i]));
            }
            nanvm_manager_dealloc(manager, memory, nanvm_layout_make(0, align));
        }
    }
}

static void test_shrinking_keeps_the_bytes_and_the_alignment(void **state) {
    (void)state;
    shrink_on(nanvm_global());
    nanvm_local local;
    nanvm_local_init(&local);
    shrink_on(nanvm_local_manager(&local));
    nanvm_local_deinit(&local);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    shrink_on(nanvm_arena_manager(&arena));
    nanvm_arena_deinit(&arena);
}

/* The source has no memory left, and a buffer none behind the pieces. */
static void test_shrinking_takes_no_memory(void **state) {
    (void)state;
    unsigned char buffer[512];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    void *below = nanvm_manager_alloc(manager, small);
    assert_non_null(below);
    while (nanvm_manager_alloc(manager, nanvm_layout_make(8, 8)) != NULL) {
    }
    assert_non_null(nanvm_manager_resize(manager, below, small, 10));
    nanvm_arena_deinit(&arena);
}

static const struct CMUnitTest tests[] = {
    TEST(test_bytes_of_a_resize_are_counted_where_there_were_more, leaking),
    TEST(test_each_of_several_managers_finds_its_own_account),
    TEST(test_piece_is_resized_after_the_end_of_its_manager),
    TEST(test_piece_that_cannot_be_resized_after_the_end_stays_as_it_was, leaking),
    TEST(test_piece_from_before_the_end_stays_counted, leaking),
    TEST(test_pieces_of_several_rounds_are_counted_together, leaking),
    TEST(test_manager_starts_anew_when_all_pieces_are_gone, leaking),
    TEST(test_manager_takes_no_other_managers_account),
    TEST(test_objects_of_a_manager_within_a_manager_outlive_both, leaking),
    TEST(test_managers_of_several_threads_end_at_once),
    TEST(test_arena_counts_pieces, arena),
    TEST(test_piece_that_went_with_a_reset_is_not_counted_again),
    TEST(test_arena_with_pieces_and_no_objects_can_be_closed, arena),
    TEST(test_every_piece_is_aligned_to_a_pointer),
    TEST(test_piece_of_a_byte_is_aligned_as_its_layout_asks),
    TEST(test_shrinking_keeps_the_bytes_and_the_alignment),
    TEST(test_shrinking_takes_no_memory),
};

RUN_TESTS(tests)
