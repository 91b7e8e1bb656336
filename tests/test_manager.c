/* What a manager is asked for but objects: raw memory, from every one of them. */
#include "run.h"
#include "stage.h"

static bool raw_memory(const stage *on) {
    nanvm_layout layout = nanvm_layout_make(10, 1);
    char *memory = nanvm_manager_alloc(on->manager, layout);
    if (memory == NULL) {
        return false;
    }
    memcpy(memory, "0123456789", 10);
    char *grown = nanvm_manager_resize(on->manager, memory, layout, 100);
    if (grown == NULL) {
        assert_memory_equal(memory, "0123456789", 10);
        nanvm_manager_dealloc(on->manager, memory, layout);
        return false;
    }
    assert_memory_equal(grown, "0123456789", 10);
    memset(grown + 10, 1, 90);
    layout.size = 100;
    char *shrunk = nanvm_manager_resize(on->manager, grown, layout, 3);
    if (shrunk == NULL) {
        assert_memory_equal(grown, "0123456789", 10);
        nanvm_manager_dealloc(on->manager, grown, layout);
        return false;
    }
    assert_memory_equal(shrunk, "012", 3);
    layout.size = 3;
    nanvm_manager_dealloc(on->manager, shrunk, layout);
    return true;
}

static void test_raw_memory_is_resized_with_its_content(void **state) {
    (void)state;
    on_every_manager(raw_memory);
}

static bool raw_of_many_sizes(const stage *on) {
    for (size_t size = 0; size < 600; size = size * 3 / 2 + 1) {
        for (size_t align = 1; align <= 256; align *= 4) {
            nanvm_layout layout = nanvm_layout_make(size, align);
            unsigned char *memory = nanvm_manager_alloc(on->manager, layout);
            if (memory == NULL) {
                return false;
            }
            assert_true(is_aligned(memory, align));
            memset(memory, 0xee, size);
            unsigned char *moved =
                nanvm_manager_resize(on->manager, memory, layout, size + 17);
            if (moved == NULL) {
                nanvm_manager_dealloc(on->manager, memory, layout);
                return false;
            }
            assert_true(is_aligned(moved, align));
            assert_true(size == 0 || (moved[0] == 0xee && moved[size - 1] == 0xee));
            layout.size = size + 17;
            nanvm_manager_dealloc(on->manager, moved, layout);
        }
    }
    return true;
}

static void test_raw_memory_keeps_its_alignment_when_it_moves(void **state) {
    (void)state;
    on_every_manager(raw_of_many_sizes);
}

static bool raw_from_null(const stage *on) {
    nanvm_layout layout = nanvm_layout_make(0, 8);
    void *memory = nanvm_manager_resize(on->manager, NULL, layout, 24);
    if (memory == NULL) {
        return false;
    }
    memset(memory, 1, 24);
    layout.size = 24;
    nanvm_manager_dealloc(on->manager, memory, layout);
    nanvm_manager_dealloc(on->manager, NULL, layout);
    return true;
}

static void test_raw_memory_of_null_is_allocated_anew(void **state) {
    (void)state;
    on_every_manager(raw_from_null);
}

static bool raw_to_nothing(const stage *on) {
    nanvm_layout layout = nanvm_layout_make(40, 8);
    void *memory = nanvm_manager_alloc(on->manager, layout);
    if (memory == NULL) {
        return false;
    }
    void *empty = nanvm_manager_resize(on->manager, memory, layout, 0);
    if (empty != NULL) {
        layout.size = 0;
        memory = empty;
    }
    nanvm_manager_dealloc(on->manager, memory, layout);
    return empty != NULL;
}

static void test_raw_memory_can_shrink_to_no_bytes(void **state) {
    (void)state;
    on_every_manager(raw_to_nothing);
}

static bool raw_too_large(const stage *on) {
    nanvm_layout layout = nanvm_layout_make(8, 1);
    unsigned char *memory = nanvm_manager_alloc(on->manager, layout);
    if (memory == NULL) {
        return false;
    }
    memset(memory, 7, 8);
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX - 7, (size_t)PTRDIFF_MAX + 1,
                            beyond_memory(0), beyond_memory(7)};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_null(nanvm_manager_alloc(on->manager, nanvm_layout_make(sizes[i], 1)));
        assert_null(nanvm_manager_resize(on->manager, memory, layout, sizes[i]));
        assert_true(memory[0] == 7 && memory[7] == 7);
    }
    nanvm_manager_dealloc(on->manager, memory, layout);
    return true;
}

static void test_raw_memory_too_large_is_null(void **state) {
    (void)state;
    on_every_manager(raw_too_large);
}

static const struct CMUnitTest tests[] = {
    TEST(test_raw_memory_is_resized_with_its_content),
    TEST(test_raw_memory_keeps_its_alignment_when_it_moves),
    TEST(test_raw_memory_of_null_is_allocated_anew),
    TEST(test_raw_memory_can_shrink_to_no_bytes),
    TEST(test_raw_memory_too_large_is_null),
};

RUN_TESTS(tests)
