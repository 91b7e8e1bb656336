/* The manager for any thread, and the one like it with plain counts. */
#if defined(__linux__)
#include <malloc.h>
#endif

#include "run.h"
#include "stage.h"
#include "thread.h"

static void test_global_manager_is_always_the_same(void **state) {
    (void)state;
    assert_ptr_equal(nanvm_global(), nanvm_global());
}

/* The first test: none of this program clones. */
static void test_global_manager_starts_without_clones(void **state) {
    (void)state;
    assert_int_equal(nanvm_stats_make(nanvm_global()).clones, 0);
}

static void test_global_objects_are_counted_atomically(void **state) {
    (void)state;
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &point_type);
    assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_ATOMIC);
    nanvm_ref ref = nanvm_ref_clone(nanvm_mut_ref_to_ref(made));
    assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_ATOMIC - 1);
    nanvm_ref_drop(ref);
    nanvm_ref_drop(ref);
}

static void test_objects_of_the_plain_manager_are_counted_plainly(void **state) {
    (void)state;
    static const nanvm_type *const types[] = {&point_type, &ints_type, &lines_type};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        nanvm_mut_ref made = nanvm_new(nanvm_global_plain(), types[i]);
        assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_PLAIN);
        nanvm_ref ref = nanvm_ref_clone(nanvm_mut_ref_to_ref(made));
        assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_PLAIN + 1);
        assert_false(nanvm_ref_is_sole(ref));
        nanvm_ref_drop(ref);
        assert_true(nanvm_ref_is_sole(ref));
        nanvm_ref_drop(ref);
    }
}

static void test_plain_manager_is_always_the_same(void **state) {
    (void)state;
    assert_ptr_equal(nanvm_global_plain(), nanvm_global_plain());
    assert_ptr_not_equal(nanvm_global_plain(), nanvm_global());
}

static void test_global_numbers_are_not_counted(void **state) {
    (void)state;
    nanvm_stats stats = nanvm_stats_make(nanvm_global());
    assert_int_equal(stats.live_blocks, NANVM_STATS_UNKNOWN);
    assert_int_equal(stats.live_bytes, NANVM_STATS_UNKNOWN);
    assert_int_equal(stats.peak_bytes, NANVM_STATS_UNKNOWN);
    assert_int_equal(stats.reserved_bytes, NANVM_STATS_UNKNOWN);
}

static void test_global_raw_memory_is_over_aligned_on_demand(void **state) {
    (void)state;
    for (size_t align = 1; align <= 8192; align *= 2) {
        nanvm_layout layout = nanvm_layout_make(align + 3, align);
        unsigned char *memory = nanvm_manager_alloc(nanvm_global(), layout);
        assert_true(is_aligned(memory, align));
        memset(memory, 0x77, layout.size);
        memory = nanvm_manager_resize(nanvm_global(), memory, layout, 3 * layout.size);
        assert_true(is_aligned(memory, align));
        assert_int_equal(memory[align + 2], 0x77);
        layout.size *= 3;
        nanvm_manager_dealloc(nanvm_global(), memory, layout);
    }
}

/* Below a word's, malloc's, and beyond: with padding in front of the origin or not. */
static void grow_and_cut(nanvm_manager *manager, size_t align) {
    nanvm_type items = {.name = "items", .align = align, .item_size = align};
    nanvm_mut_ref array = nanvm_new_array(manager, &items, NULL, 3);
    int32_t count = nanvm_block_count(array.object);
    memset(array.object, 0x77, 3 * align);
    size_t lengths[] = {1000, 2, 5, 0, 1};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_true(nanvm_mut_ref_resize(&array, manager, lengths[i]));
        assert_int_equal(nanvm_mut_ref_length(array), lengths[i]);
        assert_int_equal(nanvm_block_count(array.object), count);
        assert_true(is_aligned(array.object, align));
        const unsigned char *bytes = array.object;
        for (size_t k = 0; k < lengths[i] * align; k++) {
            size_t kept = i == 0 ? 3 : i < 4 ? 2 : 0;
            assert_int_equal(bytes[k], k < kept * align ? 0x77 : 0);
        }
    }
    nanvm_mut_ref_drop(array);
}

static void test_global_arrays_of_every_alignment_grow_and_are_cut(void **state) {
    (void)state;
    for (size_t align = 1; align <= 8192; align *= 2) {
        grow_and_cut(nanvm_global(), align);
        grow_and_cut(nanvm_global_plain(), align);
    }
}

static void test_global_array_can_not_grow_beyond_memory(void **state) {
    (void)state;
    nanvm_mut_ref ints = nanvm_new_array(nanvm_global(), &ints_type, NULL, 3);
    void *before = ints.object;
    size_t most = (size_t)PTRDIFF_MAX / sizeof(int);
    assert_false(nanvm_mut_ref_resize(&ints, nanvm_global(), most));
    assert_false(nanvm_mut_ref_resize(&ints, nanvm_global(), most - 4));
    assert_ptr_equal(ints.object, before);
    assert_int_equal(nanvm_mut_ref_length(ints), 3);
    nanvm_mut_ref_drop(ints);
}

/* Its blocks can be resized by nobody else, and nobody else's by it. */
static void test_array_of_another_manager_moves_to_the_global_one(void **state) {
    (void)state;
    accounting other;
    accounting_init(&other, NANVM_COUNT_ATOMIC);
    nanvm_mut_ref ints = nanvm_new_array(&other.manager, &ints_type, NULL, 3);
    assert_true(nanvm_mut_ref_resize(&ints, nanvm_global(), 5));
    assert_int_equal(other.live_bytes, 0);
    assert_true(nanvm_mut_ref_resize(&ints, &other.manager, 7));
    assert_int_not_equal(other.live_bytes, 0);
    nanvm_mut_ref_drop(ints);
    accounting_deinit(&other);
}

/* By a resize in either direction, and by a copy: the count is that of the manager which
 * the array is in from then on. */
static void test_array_moves_between_the_plain_manager_and_the_global_one(void **state) {
    (void)state;
    static const int items[] = {1, 2, 3};
    nanvm_mut_ref ints = nanvm_new_array(nanvm_global(), &ints_type, items, 3);
    assert_true(nanvm_mut_ref_resize(&ints, nanvm_global_plain(), 1000));
    assert_int_equal(nanvm_block_count(ints.object), NANVM_COUNT_PLAIN);
    assert_true(nanvm_mut_ref_resize(&ints, nanvm_global(), 3));
    assert_int_equal(nanvm_block_count(ints.object), NANVM_COUNT_ATOMIC);
    assert_memory_equal(ints.object, items, sizeof(items));
    nanvm_ref ref = nanvm_mut_ref_to_ref(ints);
    nanvm_mut_ref copy = nanvm_ref_clone_object(ref, nanvm_global_plain());
    assert_int_equal(nanvm_block_count(copy.object), NANVM_COUNT_PLAIN);
    assert_memory_equal(copy.object, items, sizeof(items));
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(ref);
}

static void test_plain_manager_counts_what_it_has_to_clone(void **state) {
    (void)state;
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global_plain(), &point_type));
    size_t before = nanvm_stats_make(nanvm_global_plain()).clones;
    nanvm_ref other = nanvm_ref_clone(ref);
    nanvm_mut_ref_drop(nanvm_ref_to_mut_ref(&other, nanvm_global_plain()));
    assert_int_equal(nanvm_stats_make(nanvm_global_plain()).clones, before + 1);
    assert_int_equal(nanvm_stats_make(nanvm_global()).clones, 0);
    nanvm_ref_drop(ref);
}

/* Each thread with objects of its own. */
static void use_plain_manager(void *context) {
    bool *well = context;
    *well = true;
    for (size_t i = 0; i < scaled(10000); i++) {
        nanvm_ref ints = nanvm_mut_ref_to_ref(
            nanvm_new_array(nanvm_global_plain(), &ints_type, NULL, i % 1000));
        nanvm_ref other = nanvm_ref_clone(ints);
        *well =
            *well && nanvm_ref_count(ints) == 1 && nanvm_ref_length(other) == i % 1000;
        nanvm_ref_drop(other);
        nanvm_ref_drop(ints);
    }
}

static void test_threads_use_the_plain_manager_at_once(void **state) {
    (void)state;
    needs_threads();
    bool well[4];
    in_threads(use_plain_manager, 4, well, sizeof(well[0]));
    for (size_t i = 0; i < 4; i++) {
        assert_true(well[i]);
    }
}

static void test_chunks_can_come_from_the_plain_manager(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init_from(&local, nanvm_global_plain());
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&local), &point_type));
    nanvm_mut_ref_drop(
        nanvm_new_array(nanvm_local_manager(&local), &ints_type, NULL, 5000));
    (void)nanvm_local_trim(&local);
    assert_int_equal(nanvm_stats_make(nanvm_local_manager(&local)).reserved_bytes, 0);
    nanvm_local_deinit(&local);
}

static void test_more_memory_than_there_is_gives_null(void **state) {
    (void)state;
    size_t most = beyond_memory(8192);
    assert_null(nanvm_new_array(nanvm_global(), &ints_type, NULL, most / 4).object);
    assert_null(nanvm_new_array(nanvm_global(), &lines_type, NULL, most / 64).object);
}

/* Two of the largest pieces are as much as there are addresses on 32 bits. */
static void take_largest(size_t align) {
    void *memory[2];
    nanvm_layout layout = nanvm_layout_make((size_t)PTRDIFF_MAX - 8192, align);
    for (size_t i = 0; i < 2; i++) {
        memory[i] = nanvm_manager_alloc(nanvm_global(), layout);
    }
    assert_true(memory[0] == NULL || memory[1] == NULL);
    for (size_t i = 0; i < 2; i++) {
        nanvm_manager_dealloc(nanvm_global(), memory[i], layout);
    }
}

static void test_more_raw_memory_than_there_is_gives_null(void **state) {
    (void)state;
    take_largest(8);
    take_largest(4096);
}

static void test_object_larger_than_all_memory_gives_a_null_handle(void **state) {
    (void)state;
    for (size_t less = 0; less <= 8192; less += 8) {
        nanvm_type huge = {.name = "huge", .size = beyond_memory(less), .align = 1};
        assert_null(nanvm_new(nanvm_global(), &huge).object);
        assert_null(nanvm_new(nanvm_global_plain(), &huge).object);
    }
}

/* Over-aligned is what is smaller than its alignment, too. */
static void test_global_raw_memory_can_shrink_below_its_alignment(void **state) {
    (void)state;
    size_t align = 2 * sizeof(void *);
    nanvm_layout layout = nanvm_layout_make(3 * align, align);
    unsigned char *memory = nanvm_manager_alloc(nanvm_global(), layout);
    memory[0] = 0x77;
    memory = nanvm_manager_resize(nanvm_global(), memory, layout, 1);
    assert_true(is_aligned(memory, align));
    assert_int_equal(memory[0], 0x77);
    nanvm_manager_dealloc(nanvm_global(), memory, nanvm_layout_make(1, align));
}

static void test_over_aligned_raw_memory_is_cut_where_it_lies(void **state) {
    (void)state;
    nanvm_layout layout = nanvm_layout_make(3 * 4096, 4096);
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    assert_ptr_equal(nanvm_manager_resize(nanvm_global(), memory, layout, 8193), memory);
    layout.size = 8193;
    assert_ptr_equal(nanvm_manager_resize(nanvm_global(), memory, layout, 8193), memory);
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

/* --- what malloc gives, and is given back --- */

/* Less than what malloc asks the system for piece by piece: that may lie anywhere. */
enum { MEDIUM = 100000, MEBIBYTE = 1024 * 1024, LARGE = 16 * MEBIBYTE };

static uintptr_t piece_comes_and_goes(size_t align) {
    nanvm_layout layout = nanvm_layout_make(MEDIUM, align);
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    assert_non_null(memory);
    uintptr_t address = (uintptr_t)memory;
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    return address;
}

static uintptr_t object_comes_and_goes(size_t align) {
    const nanvm_type medium = {.name = "medium", .size = MEDIUM, .align = align};
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &medium);
    assert_non_null(made.object);
    uintptr_t address = (uintptr_t)made.object;
    nanvm_mut_ref_drop(made);
    return address;
}

/* Sanitizers let 256 MiB wait before any of it serves again. */
static bool serves_again(uintptr_t (*comes_and_goes)(size_t align), size_t align) {
    static uintptr_t seen[4096];
    for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++) {
        seen[i] = comes_and_goes(align);
        for (size_t k = 0; k < i; k++) {
            if (seen[k] == seen[i]) {
                return true;
            }
        }
    }
    return false;
}

static void test_memory_that_is_given_back_serves_again(void **state) {
    (void)state;
    for (size_t align = 1; align <= 4096; align *= 16) {
        assert_true(serves_again(piece_comes_and_goes, align));
        assert_true(serves_again(object_comes_and_goes, align));
    }
}

/* From the table itself, so that no checksum is in front, and malloc knows the piece. */
static void *piece_alloc(nanvm_layout layout) {
    return nanvm_global()->table->alloc(nanvm_global(), layout);
}

static void *piece_resize(void *memory, nanvm_layout layout, size_t size) {
    return nanvm_global()->table->resize(nanvm_global(), memory, layout, size);
}

static void piece_dealloc(void *memory, nanvm_layout layout) {
    nanvm_dealloc *dealloc = nanvm_global()->dealloc;
    dealloc->table->dealloc(dealloc, memory, layout);
}

/* The bytes of a piece of `size` bytes, as far as malloc tells. */
static size_t bytes_of(void *memory, size_t size) {
#if defined(__GLIBC__)
    (void)size;
    return malloc_usable_size(memory);
#else
    (void)memory;
    return size;
#endif
}

static void test_raw_memory_that_is_cut_gives_back_the_rest(void **state) {
    (void)state;
    const size_t word_size = sizeof(void *);
    const nanvm_layout cut[] = {
        {1, word_size}, {100, word_size}, {2 * word_size, 2 * word_size}};
    for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
        nanvm_layout layout = nanvm_layout_make(LARGE, cut[i].align);
        void *memory = piece_alloc(layout);
        memory = piece_resize(memory, layout, cut[i].size);
        assert_in_range(bytes_of(memory, cut[i].size), cut[i].size, MEBIBYTE);
        piece_dealloc(memory, cut[i]);
    }
}

static void test_over_aligned_raw_memory_is_rounded_up_to_its_alignment(void **state) {
    (void)state;
    nanvm_layout layout = nanvm_layout_make(5 * MEBIBYTE, 4096);
    void *memory = piece_alloc(layout);
    assert_in_range(bytes_of(memory, layout.size), layout.size, 6 * MEBIBYTE);
    piece_dealloc(memory, layout);
}

/* It is aligned as it has to be: by its size it would waste as much again. */
static void test_raw_memory_is_not_aligned_by_its_size(void **state) {
    (void)state;
    nanvm_layout layout = nanvm_layout_make(8192, 4096);
    void *memory[32];
    size_t length = sizeof(memory) / sizeof(memory[0]);
    size_t by_size = 0;
    for (size_t i = 0; i < length; i++) {
        memory[i] = piece_alloc(layout);
        assert_true(is_aligned(memory[i], layout.align));
        by_size += is_aligned(memory[i], layout.size);
    }
#if defined(__GLIBC__) && !defined(__SANITIZE_THREAD__) /* which aligns by size */
    assert_true(by_size < length);
#else
    (void)by_size;
#endif
    for (size_t i = 0; i < length; i++) {
        piece_dealloc(memory[i], layout);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_global_manager_starts_without_clones),
    TEST(test_over_aligned_raw_memory_is_cut_where_it_lies),
    TEST(test_memory_that_is_given_back_serves_again),
    TEST(test_raw_memory_that_is_cut_gives_back_the_rest),
    TEST(test_over_aligned_raw_memory_is_rounded_up_to_its_alignment),
    TEST(test_raw_memory_is_not_aligned_by_its_size),
    TEST(test_object_larger_than_all_memory_gives_a_null_handle),
    TEST(test_global_raw_memory_can_shrink_below_its_alignment),
    TEST(test_global_manager_is_always_the_same),
    TEST(test_global_objects_are_counted_atomically),
    TEST(test_objects_of_the_plain_manager_are_counted_plainly),
    TEST(test_plain_manager_is_always_the_same),
    TEST(test_array_moves_between_the_plain_manager_and_the_global_one),
    TEST(test_plain_manager_counts_what_it_has_to_clone),
    TEST(test_threads_use_the_plain_manager_at_once),
    TEST(test_chunks_can_come_from_the_plain_manager),
    TEST(test_global_numbers_are_not_counted),
    TEST(test_global_raw_memory_is_over_aligned_on_demand),
    TEST(test_global_arrays_of_every_alignment_grow_and_are_cut),
    TEST(test_global_array_can_not_grow_beyond_memory),
    TEST(test_array_of_another_manager_moves_to_the_global_one),
    TEST(test_more_memory_than_there_is_gives_null),
    TEST(test_more_raw_memory_than_there_is_gives_null),
};

RUN_TESTS(tests)
