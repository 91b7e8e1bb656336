#include "ground.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "shelf.h"
#include "system.h"

static const ground *now;

const ground *ground_now(void) {
    return now;
}

/* Both global managers take each block from the system. */
static bool is_global(const nanvm_manager *manager) {
    return manager == nanvm_global() || manager == nanvm_global_plain();
}

bool ground_knows_live(const nanvm_manager *manager) {
#if defined(NANVM_HARDENED)
    return !is_global(manager);
#else
    return manager != NULL;
#endif
}

size_t ground_live(const nanvm_manager *manager) {
    size_t blocks = nanvm_stats_make(manager).live_blocks;
    if (blocks != NANVM_STATS_UNKNOWN) {
        return blocks;
    }
    return is_global(manager) ? system_live() : now->dice->live_blocks;
}

static void run_here(scene *run, ground on) {
    now = &on;
    run(&on);
    now = NULL;
}

static void run_on(scene *run, nanvm_manager *manager, nanvm_manager *other, bool counts,
                   accounting *dice) {
    ground on = {manager, other, manager, counts, dice};
    run_here(run, on);
}

/* Objects may refer to their like alone. */
static void run_on_closed(scene *run, nanvm_manager *manager, nanvm_manager *below,
                          accounting *dice) {
    ground on = {manager, manager, below, false, dice};
    run_here(run, on);
}

/* --- parts --- */

static void fail_on_leak(void *context, const nanvm_type *type, size_t blocks,
                         size_t bytes) {
    (void)context;
    fprintf(stderr, "%zu %s are alive, %zu bytes\n", blocks,
            type == NULL ? "pieces of raw memory" : type->name, bytes);
    fail();
}

static nanvm_manager *open_local(nanvm_local *self, nanvm_manager *source) {
    nanvm_local_init_from(self, source);
    nanvm_local_on_leak(self, fail_on_leak, NULL);
    return nanvm_local_manager(self);
}

static nanvm_manager *open_shared(nanvm_local *self, nanvm_manager *source) {
    nanvm_local_init_shared_from(self, source);
    nanvm_local_on_leak(self, fail_on_leak, NULL);
    return nanvm_local_manager(self);
}

/* Trimmed or not, by turns: then it has nothing left of what it took. */
static void close_local(nanvm_local *self) {
    static bool trims;
    trims = !trims;
    if (trims) {
        (void)nanvm_local_trim(self);
        nanvm_stats stats = nanvm_stats_make(nanvm_local_manager(self));
        assert_int_equal(stats.live_blocks, 0);
        assert_int_equal(stats.live_bytes, 0);
        assert_int_equal(stats.reserved_bytes, 0);
    }
    nanvm_local_deinit(self);
}

static nanvm_manager *open_arena(nanvm_arena *self, nanvm_manager *source) {
    nanvm_arena_init_growing(self, source);
    return nanvm_arena_manager(self);
}

/* --- over an accounting manager --- */

static void on_accounting(scene *run, accounting *dice) {
    nanvm_local other;
    run_on(run, &dice->manager, open_local(&other, &dice->manager), true, dice);
    close_local(&other);
}

/* What its objects refer to is never dropped. */
static void on_uncounted(scene *run, accounting *dice) {
    run_on_closed(run, &dice->manager, nanvm_global(), dice);
}

static void on_shelf(scene *run, accounting *dice) {
    shelf self;
    shelf_init(&self, dice, true);
    run_on(run, &self.manager, &dice->manager, true, dice);
}

static void on_shelf_without_resize(scene *run, accounting *dice) {
    shelf self;
    shelf_init(&self, dice, false);
    run_on(run, &self.manager, &dice->manager, true, dice);
}

static void on_local(scene *run, accounting *dice) {
    nanvm_local local;
    run_on(run, open_local(&local, &dice->manager), &dice->manager, true, dice);
    close_local(&local);
}

static void on_shared(scene *run, accounting *dice) {
    nanvm_local local;
    run_on(run, open_shared(&local, &dice->manager), &dice->manager, true, dice);
    close_local(&local);
}

/* What is below would never drop what it refers to. */
static void on_local_over_uncounted(scene *run, accounting *dice) {
    nanvm_local local;
    nanvm_manager *manager = open_local(&local, &dice->manager);
    run_on(run, manager, manager, true, dice);
    close_local(&local);
    expect_nothing_live(dice);
}

static void on_local_over_local(scene *run, accounting *dice) {
    nanvm_local inner, outer;
    nanvm_manager *source = open_local(&inner, &dice->manager);
    run_on(run, open_local(&outer, source), source, true, dice);
    close_local(&outer);
    close_local(&inner);
}

static void on_local_over_arena(scene *run, accounting *dice) {
    nanvm_arena arena;
    nanvm_local local;
    nanvm_manager *source = open_arena(&arena, &dice->manager);
    run_on(run, open_local(&local, source), &dice->manager, true, dice);
    close_local(&local);
    nanvm_arena_deinit(&arena);
}

static void on_arena(scene *run, accounting *dice) {
    nanvm_arena arena;
    run_on(run, open_arena(&arena, &dice->manager), &dice->manager, false, dice);
    nanvm_arena_deinit(&arena);
}

static void on_closed_arena(scene *run, accounting *dice) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, &dice->manager);
    nanvm_arena_assume_self_contained(&arena);
    run_on_closed(run, manager, &dice->manager, dice);
    nanvm_arena_deinit(&arena);
}

static void on_arena_over_local(scene *run, accounting *dice) {
    nanvm_local local;
    nanvm_arena arena;
    nanvm_manager *source = open_local(&local, &dice->manager);
    run_on(run, open_arena(&arena, source), source, false, dice);
    nanvm_arena_deinit(&arena);
    close_local(&local);
}

static void on_arena_over_arena(scene *run, accounting *dice) {
    nanvm_arena inner, outer;
    nanvm_manager *source = open_arena(&inner, &dice->manager);
    run_on(run, open_arena(&outer, source), &dice->manager, false, dice);
    nanvm_arena_deinit(&outer);
    nanvm_arena_deinit(&inner);
}

/* --- over the system's malloc --- */

static void on_global(scene *run, accounting *dice) {
    nanvm_local other;
    system_arm(dice);
    run_on(run, nanvm_global(), open_local(&other, nanvm_global()), true, dice);
    close_local(&other);
    system_disarm();
}

static void on_global_plain(scene *run, accounting *dice) {
    nanvm_local other;
    system_arm(dice);
    run_on(run, nanvm_global_plain(), open_local(&other, nanvm_global_plain()), true,
           dice);
    close_local(&other);
    system_disarm();
}

static void on_local_over_global(scene *run, accounting *dice) {
    nanvm_local local;
    system_arm(dice);
    run_on(run, open_local(&local, nanvm_global()), nanvm_global(), true, dice);
    close_local(&local);
    system_disarm();
}

static void on_shared_over_global(scene *run, accounting *dice) {
    nanvm_local local;
    system_arm(dice);
    run_on(run, open_shared(&local, nanvm_global()), nanvm_global(), true, dice);
    close_local(&local);
    system_disarm();
}

static void on_arena_over_global(scene *run, accounting *dice) {
    nanvm_arena arena;
    system_arm(dice);
    run_on(run, open_arena(&arena, nanvm_global()), nanvm_global(), false, dice);
    nanvm_arena_deinit(&arena);
    system_disarm();
}

const manager_kind kinds[] = {
    {"accounting, plain", NANVM_COUNT_PLAIN, true, on_accounting},
    {"accounting, atomic", NANVM_COUNT_ATOMIC, true, on_accounting},
    {"accounting, custom", NANVM_COUNT_CUSTOM, true, on_accounting},
    {"accounting, uncounted", NANVM_COUNT_NONE, true, on_uncounted},
    {"accounting, plain, without resize", NANVM_COUNT_PLAIN, false, on_accounting},
    {"accounting, custom, without resize", NANVM_COUNT_CUSTOM, false, on_accounting},
    {"own blocks, plain", NANVM_COUNT_PLAIN, true, on_shelf},
    {"own blocks, atomic, without resize", NANVM_COUNT_ATOMIC, true,
     on_shelf_without_resize},
    {"global", NANVM_COUNT_PLAIN, true, on_global},
    {"global, plain", NANVM_COUNT_PLAIN, true, on_global_plain},
    {"local over plain", NANVM_COUNT_PLAIN, true, on_local},
    {"local over atomic", NANVM_COUNT_ATOMIC, true, on_local},
    {"shared local over atomic", NANVM_COUNT_ATOMIC, true, on_shared},
    {"local over custom, without resize", NANVM_COUNT_CUSTOM, false, on_local},
    {"local over uncounted", NANVM_COUNT_NONE, true, on_local_over_uncounted},
    {"local over global", NANVM_COUNT_PLAIN, true, on_local_over_global},
    {"shared local over global", NANVM_COUNT_PLAIN, true, on_shared_over_global},
    {"local over local", NANVM_COUNT_PLAIN, true, on_local_over_local},
    {"local over arena", NANVM_COUNT_PLAIN, true, on_local_over_arena},
    {"arena over plain", NANVM_COUNT_PLAIN, true, on_arena},
    {"self-contained arena over plain", NANVM_COUNT_PLAIN, true, on_closed_arena},
    {"arena over global", NANVM_COUNT_PLAIN, true, on_arena_over_global},
    {"arena over local", NANVM_COUNT_PLAIN, true, on_arena_over_local},
    {"arena over arena", NANVM_COUNT_PLAIN, true, on_arena_over_arena},
};
const size_t kinds_length = sizeof(kinds) / sizeof(kinds[0]);

/* --- in a buffer --- */

/* Nothing is asked of it. */
static accounting no_dice;

static void in_buffer(scene *run, void *buffer, size_t size) {
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, size);
    run_on(run, nanvm_arena_manager(&arena), nanvm_global(), false, &no_dice);
    nanvm_arena_deinit(&arena);
}

static void in_closed_buffer(scene *run, void *buffer, size_t size) {
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, size);
    nanvm_arena_assume_self_contained(&arena);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    run_on_closed(run, manager, nanvm_global(), &no_dice);
    nanvm_arena_deinit(&arena);
}

static void in_local_over_buffer(scene *run, void *buffer, size_t size) {
    nanvm_arena arena;
    nanvm_local local;
    nanvm_arena_init(&arena, buffer, size);
    nanvm_manager *manager = open_local(&local, nanvm_arena_manager(&arena));
    run_on(run, manager, nanvm_global(), true, &no_dice);
    close_local(&local);
    nanvm_arena_deinit(&arena);
}

const buffer_kind buffer_kinds[] = {
    {"arena in a buffer", in_buffer},
    {"self-contained arena in a buffer", in_closed_buffer},
    {"local over an arena in a buffer", in_local_over_buffer},
};
const size_t buffer_kinds_length = sizeof(buffer_kinds) / sizeof(buffer_kinds[0]);
