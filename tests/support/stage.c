#include "stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

bool is_aligned(const void *object, size_t align) {
    return ((uintptr_t)object & (align - 1)) == 0;
}

static bool run_on(scenario *run, const char *name, nanvm_manager *manager, bool counts) {
    stage on = {name, manager, counts};
    return run(&on);
}

/* --- managers whose memory can't be made to fail --- */

static void fail_on_leak(void *context, const nanvm_type *type, size_t blocks,
                         size_t bytes) {
    (void)context;
    fprintf(stderr, "%zu %s are alive, %zu bytes\n", blocks,
            type == NULL ? "pieces of raw memory" : type->name, bytes);
    fail();
}

static void expect_no_tracked(void) {
    assert_int_equal(tracked_live(), 0);
}

static void on_global(scenario *run) {
    assert_true(run_on(run, "global", nanvm_global(), true));
    assert_true(run_on(run, "global, plain", nanvm_global_plain(), true));
    expect_no_tracked();
}

static bool run_on_local(scenario *run, nanvm_local *local, const char *name) {
    nanvm_local_on_leak(local, fail_on_leak, NULL);
    bool done = run_on(run, name, nanvm_local_manager(local), true);
    nanvm_local_deinit(local);
    return done;
}

static void on_local(scenario *run) {
    nanvm_local local;
    nanvm_local_init(&local);
    assert_true(run_on_local(run, &local, "local"));
    expect_no_tracked();
}

/* --- managers that stand on an accounting one --- */

typedef bool accounted_stage(scenario *run, accounting *source);

static bool on_source(scenario *run, accounting *source) {
    return run_on(run, "accounting", &source->manager,
                  source->dealloc_table.count != NANVM_COUNT_NONE);
}

static bool on_source_without_resize(scenario *run, accounting *source) {
    source->manager_table.resize = NULL;
    return on_source(run, source);
}

static bool on_local_from_source(scenario *run, accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    return run_on_local(run, &local, "local over accounting");
}

/* Its source's counts have to be atomic. */
static bool on_shared_local_from_source(scenario *run, accounting *source) {
    nanvm_local local;
    nanvm_local_init_shared_from(&local, &source->manager);
    return run_on_local(run, &local, "shared local over accounting");
}

static bool on_local_without_resize(scenario *run, accounting *source) {
    source->manager_table.resize = NULL;
    return on_local_from_source(run, source);
}

static bool run_on_arena(scenario *run, nanvm_arena *arena, const char *name) {
    bool done = run_on(run, name, nanvm_arena_manager(arena), false);
    nanvm_arena_deinit(arena);
    return done;
}

static bool on_growing_arena(scenario *run, accounting *source) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source->manager);
    return run_on_arena(run, &arena, "growing arena");
}

static bool on_closed_arena(scenario *run, accounting *source) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source->manager);
    nanvm_arena_assume_self_contained(&arena);
    return run_on_arena(run, &arena, "self-contained arena");
}

/* What the scenario of for_each_failure() is made of; one test runs at a time. */
static scenario *current_run;
static accounted_stage *current_stage;

static bool run_current(accounting *source) {
    return current_stage(current_run, source);
}

static void with_failures(scenario *run, accounted_stage *on, nanvm_count count) {
    current_run = run;
    current_stage = on;
    for_each_failure(count, run_current);
}

/* --- an arena in a buffer --- */

enum { LARGEST_BUFFER = 1 << 16 };

/* A copy of the exact size, so that a sanitizer sees a write beyond it. */
static bool on_buffer(scenario *run, size_t size) {
    nanvm_arena arena;
    unsigned char *buffer = malloc(size + 1);
    assert_non_null(buffer);
    nanvm_arena_init(&arena, buffer + 1, size);
    bool done = run_on_arena(run, &arena, "arena in a buffer");
    free(buffer);
    expect_no_tracked();
    return done;
}

static void on_every_buffer(scenario *run) {
    size_t size = 0;
    while (!on_buffer(run, size)) {
        size++;
        assert_true(size < LARGEST_BUFFER);
    }
    assert_true(on_buffer(run, LARGEST_BUFFER));
}

void on_counting_managers(scenario *run) {
    on_global(run);
    on_local(run);
    with_failures(run, on_source, NANVM_COUNT_PLAIN);
    with_failures(run, on_source, NANVM_COUNT_ATOMIC);
    with_failures(run, on_source, NANVM_COUNT_CUSTOM);
    with_failures(run, on_source_without_resize, NANVM_COUNT_PLAIN);
    with_failures(run, on_local_from_source, NANVM_COUNT_PLAIN);
    with_failures(run, on_local_from_source, NANVM_COUNT_ATOMIC);
    with_failures(run, on_local_without_resize, NANVM_COUNT_PLAIN);
    with_failures(run, on_shared_local_from_source, NANVM_COUNT_ATOMIC);
}

void on_every_manager(scenario *run) {
    on_counting_managers(run);
    with_failures(run, on_growing_arena, NANVM_COUNT_PLAIN);
    with_failures(run, on_closed_arena, NANVM_COUNT_PLAIN);
    on_every_buffer(run);
}
