/* The page behind a chunk of a hardened build, where the chunk is the global manager's.
 */
#if defined(__unix__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* sysconf */
#endif
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#if defined(__unix__) || defined(__APPLE__)
#include <unistd.h>
#endif

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "stage.h"

/* Windows has but one. */
static const int ends[] = {
    SIGSEGV,
#if defined(SIGBUS)
    SIGBUS,
#endif
};

static bool is_end(int signal) {
    bool found = false;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        found |= signal == ends[i];
    }
    return found;
}

/* Until nobody lets it. cmocka catches these signals otherwise. */
static void run_on(void *context) {
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        signal(ends[i], SIG_DFL);
    }
    volatile unsigned char *byte = context;
    for (size_t i = 0; i < (size_t)1 << 20; i++) {
        byte[i] = byte[i];
    }
}

static void expect_stopped(nanvm_mut_ref made) {
    char output[1000];
    assert_true(is_end(run_in_child(run_on, made.object, output, sizeof(output))));
    nanvm_mut_ref_drop(made);
}

static void test_nobody_runs_on_beyond_a_chunk(void **state) {
    fixture *self = *state;
    needs_fork();
    expect_stopped(nanvm_new(self->manager, &point_type));
    expect_stopped(nanvm_new_array(self->manager, &ints_type, NULL, 100));
    expect_stopped(nanvm_new_array(self->manager, &ints_type, NULL, 30000));
    expect_stopped(nanvm_new(self->manager, &page_type));
}

static void test_nobody_runs_on_beyond_a_chunk_from_the_plain_manager(void **state) {
    (void)state;
    needs_fork();
    nanvm_local local;
    nanvm_local_init_from(&local, nanvm_global_plain());
    expect_stopped(nanvm_new(nanvm_local_manager(&local), &point_type));
    expect_stopped(nanvm_new_array(nanvm_local_manager(&local), &ints_type, NULL, 30000));
    nanvm_local_deinit(&local);
}

/* Of 4 MiB and more, where another build would cut chunks from larger memory. */
static void test_nobody_runs_on_beyond_a_chunk_of_a_large_pool(void **state) {
    fixture *self = *state;
    needs_fork();
    enum { LARGE = 4 * 1024 * 1024, CHUNK = 64 * 1024, MANY = 4000 };
    static nanvm_mut_ref made[MANY];
    size_t length = 0;
    while (nanvm_stats_make(self->manager).reserved_bytes < LARGE + CHUNK) {
        assert_in_range(length, 0, MANY - 1);
        made[length++] = nanvm_new_array(self->manager, &ints_type, NULL, 400);
    }
    expect_stopped(made[--length]);
    while (length > 0) {
        nanvm_mut_ref_drop(made[--length]);
    }
}

/* One byte, the last of a chunk or the first behind it. */
static void touch(void *context) {
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        signal(ends[i], SIG_DFL);
    }
    volatile unsigned char *byte = context;
    *byte = *byte;
    _Exit(0); /* a leak checker would read what is closed */
}

/* Of the only chunk of a manager over nanvm_global(). */
static unsigned char *end_of_chunk(nanvm_manager *manager, nanvm_mut_ref made) {
    size_t page = 0;
#if defined(_SC_PAGESIZE)
    page = (size_t)sysconf(_SC_PAGESIZE);
#endif
    size_t size = nanvm_stats_make(manager).reserved_bytes - page;
    unsigned char *begin = (unsigned char *)nanvm_block_origin(made.object);
    assert_true(is_aligned(begin, page));
    assert_int_equal(size % page, 0);
    return begin + size;
}

static void expect_closed_behind(const nanvm_type *type, size_t length) {
    char output[1000];
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref made = nanvm_new_array(manager, type, NULL, length);
    assert_non_null(made.object);
    unsigned char *end = end_of_chunk(manager, made);
    assert_int_equal(run_in_child(touch, end - 1, output, sizeof(output)), 0);
    assert_true(is_end(run_in_child(touch, end, output, sizeof(output))));
    nanvm_mut_ref_drop(made);
    nanvm_local_deinit(&local);
}

/* Aligned to pages, of more than one. */
struct pages {
    _Alignas(4096) unsigned char bytes[2 * 4096];
};
NANVM_TYPE(pages_type, struct pages);

static void test_page_behind_a_chunk_is_closed(void **state) {
    (void)state;
    needs_fork();
    expect_closed_behind(&point_type, 0);
    expect_closed_behind(&ints_type, 100);
    expect_closed_behind(&ints_type, 30000);
    expect_closed_behind(&page_type, 0);
    expect_closed_behind(&pages_type, 0);
}

/* The page is open when its chunk goes back: that memory serves for anything. */
static void test_guards_are_opened_again(void **state) {
    fixture *self = *state;
    enum { ARRAYS = 20, BYTES = 120000 };
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    for (size_t i = 0; i < ARRAYS; i++) {
        nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 30000));
    }
    nanvm_local_deinit(&self->local);
    void *memory[ARRAYS];
    for (size_t i = 0; i < ARRAYS; i++) {
        memory[i] = malloc(BYTES);
        assert_non_null(memory[i]);
        memset(memory[i], 1, BYTES);
    }
    for (size_t i = 0; i < ARRAYS; i++) {
        free(memory[i]);
    }
}

/* Whatever the size of the chunk: smaller ones go back to the heap, and not to the
 * system. */
static void test_guards_of_chunks_in_the_heap_are_opened_again(void **state) {
    (void)state;
    enum { ARRAYS = 40, BYTES = 30000 };
    for (size_t length = 600; length < 10000; length *= 2) {
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_mut_ref made[ARRAYS];
        for (size_t i = 0; i < ARRAYS; i++) {
            made[i] =
                nanvm_new_array(nanvm_local_manager(&local), &ints_type, NULL, length);
            assert_non_null(made[i].object);
        }
        for (size_t i = 0; i < ARRAYS; i++) {
            nanvm_mut_ref_drop(made[i]);
        }
        nanvm_local_deinit(&local);
        void *memory[ARRAYS];
        for (size_t i = 0; i < ARRAYS; i++) {
            memory[i] = malloc(BYTES);
            assert_non_null(memory[i]);
            memset(memory[i], 1, BYTES);
        }
        for (size_t i = 0; i < ARRAYS; i++) {
            free(memory[i]);
        }
    }
}

/* --- sources that would be hurt by guards --- */

static void expect_one_point(void *context, const nanvm_type *type, size_t blocks,
                             size_t bytes) {
    (void)context;
    (void)bytes;
    assert_ptr_equal(type, &point_type);
    assert_int_equal(blocks, 1);
}

static void leave_a_point_alive(nanvm_manager *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, source);
    nanvm_local_on_leak(&local, expect_one_point, NULL);
    nanvm_mut_ref left = nanvm_new(nanvm_local_manager(&local), &point_type);
    assert_non_null(left.object);
    nanvm_local_deinit(&local);
}

static _Alignas(64) unsigned char buffer[1 << 17];

/* It lets go of all that it handed out, and clears it. */
static void test_arena_as_a_source_can_be_reset(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    leave_a_point_alive(nanvm_arena_manager(&arena));
    nanvm_arena_reset(&arena);
    nanvm_arena_deinit(&arena);
    memset(buffer, 1, sizeof(buffer));
}

/* A source whose region goes at once, as dealloc.h allows. */
static size_t region_used;

static void *region_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    size_t begin = nanvm_layout_round_up((uintptr_t)buffer + region_used, layout.align) -
                   (uintptr_t)buffer;
    bool fits = begin <= sizeof(buffer) && layout.size <= sizeof(buffer) - begin;
    region_used = fits ? begin + layout.size : region_used;
    return fits ? buffer + begin : NULL;
}

static void test_region_as_a_source_has_no_holes_afterwards(void **state) {
    (void)state;
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_NONE};
    static const nanvm_manager_table table = {.alloc = region_alloc};
    nanvm_dealloc dealloc = {&dealloc_table};
    nanvm_manager region = {.table = &table, .dealloc = &dealloc};
    region_used = 0;
    leave_a_point_alive(&region);
    memset(buffer, 1, sizeof(buffer));
}

/* A source that has no memory aligned to pages, as the guide's is. */
static void *word_aligned_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return layout.align <= 2 * sizeof(void *) ? malloc(layout.size) : NULL;
}

static void word_aligned_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)layout;
    free(memory);
}

static void test_source_needs_no_memory_aligned_to_pages(void **state) {
    (void)state;
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                      .dealloc = word_aligned_dealloc};
    static const nanvm_manager_table table = {.alloc = word_aligned_alloc};
    nanvm_dealloc dealloc = {&dealloc_table};
    nanvm_manager source = {.table = &table, .dealloc = &dealloc};
    nanvm_local local;
    nanvm_local_init_from(&local, &source);
    nanvm_mut_ref made = nanvm_new(nanvm_local_manager(&local), &point_type);
    assert_non_null(made.object);
    nanvm_mut_ref_drop(made);
    made = nanvm_new_array(nanvm_local_manager(&local), &ints_type, NULL, 30000);
    assert_non_null(made.object);
    nanvm_mut_ref_drop(made);
    nanvm_local_deinit(&local);
}

/* Where nobody tells, there are none. */
static size_t count_mappings(void) {
    size_t lines = 0;
#if defined(__linux__)
    FILE *maps = fopen("/proc/self/maps", "r");
    for (int byte = 0; maps != NULL && (byte = fgetc(maps)) != EOF;) {
        lines += byte == '\n';
    }
    if (maps != NULL) {
        fclose(maps);
    }
#endif
    return lines;
}

/* The system has a limit of its own; beyond, chunks go without, and the program has the
 * other half of its mappings. */
static void test_more_chunks_than_there_may_be_guards(void **state) {
    fixture *self = *state;
    enum { CHUNKS = 18000, MAPPINGS = 2 * 17000 };
    static nanvm_mut_ref made[CHUNKS];
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < CHUNKS; i++) {
            made[i] = nanvm_new(self->manager, &page_type);
            assert_non_null(made[i].object);
        }
        assert_true(count_mappings() < MAPPINGS);
        for (size_t i = 0; i < CHUNKS; i++) {
            nanvm_mut_ref_drop(made[i]);
        }
    }
    expect_stopped(nanvm_new(self->manager, &page_type));
}

static void test_requests_that_fail_take_no_guards(void **state) {
    (void)state;
    enum { REQUESTS = 17000 };
    needs_fork();
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    size_t length = beyond_memory(1 << 20) / sizeof(int);
    for (size_t i = 0; i < REQUESTS; i++) {
        assert_null(nanvm_new_array(manager, &ints_type, NULL, length).object);
    }
    expect_stopped(nanvm_new(manager, &point_type));
    nanvm_local_deinit(&local);
}

static size_t reserved_for_a_point(nanvm_manager *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, source);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref point = nanvm_new(manager, &point_type);
    size_t bytes = nanvm_stats_make(manager).reserved_bytes;
    nanvm_mut_ref_drop(point);
    nanvm_local_deinit(&local);
    return bytes;
}

/* As long as it can't be used for anything else. */
static void test_guard_counts_as_reserved(void **state) {
    (void)state;
    needs_fork();
    accounting source; /* whose chunks have no guards */
    accounting_init(&source, NANVM_COUNT_PLAIN);
    enum { LEAST_PAGE = 4096 };
    assert_true(reserved_for_a_point(&source.manager) < LEAST_PAGE);
    assert_true(reserved_for_a_point(nanvm_global()) >= 2 * LEAST_PAGE);
    accounting_deinit(&source);
}

static const struct CMUnitTest tests[] = {
    TEST(test_requests_that_fail_take_no_guards),
    TEST(test_guard_counts_as_reserved),
    TEST(test_guards_of_chunks_in_the_heap_are_opened_again),
    TEST(test_more_chunks_than_there_may_be_guards, local),
    TEST(test_nobody_runs_on_beyond_a_chunk, local),
    TEST(test_nobody_runs_on_beyond_a_chunk_from_the_plain_manager),
    TEST(test_nobody_runs_on_beyond_a_chunk_of_a_large_pool, local),
    TEST(test_page_behind_a_chunk_is_closed),
    TEST(test_guards_are_opened_again, local),
    TEST(test_arena_as_a_source_can_be_reset),
    TEST(test_region_as_a_source_has_no_holes_afterwards),
    TEST(test_source_needs_no_memory_aligned_to_pages),
};

RUN_TESTS(tests)
