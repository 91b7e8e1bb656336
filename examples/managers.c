/* The places to put the same object. */
#include <nanvm/mem.h>

#include "check.h"

//! [type]
struct point {
    double x, y;
};
NANVM_TYPE(point_type, struct point);
//! [type]

//! [any]
/* Whoever calls chooses where the point is kept. */
static nanvm_mut_ref point(nanvm_manager *manager, double x, double y) {
    struct point value = {x, y};
    return nanvm_new_copy(manager, &point_type, &value);
}
//! [any]

static void global(void) {
    //! [global]
    nanvm_mut_ref p = point(nanvm_global(), 1, 2);
    CHECK(nanvm_mut_ref_get(p) != NULL);
    nanvm_mut_ref_drop(p);
    //! [global]
}

static void global_plain(void) {
    //! [global_plain]
    nanvm_ref p = nanvm_mut_ref_to_ref(point(nanvm_global_plain(), 1, 2));
    nanvm_ref other = nanvm_ref_clone(p); /* counts up, and not atomically */
    nanvm_ref_drop(other);
    nanvm_ref_drop(p);
    //! [global_plain]
}

static void for_one_thread(void) {
    //! [local]
    nanvm_local local;
    nanvm_local_init(&local);

    nanvm_mut_ref p = point(nanvm_local_manager(&local), 1, 2);
    CHECK(nanvm_mut_ref_get(p) != NULL);
    nanvm_mut_ref_drop(p); /* the next point will lie here */

    nanvm_local_deinit(&local);
    //! [local]
}

//! [static]
/* Initialised without a call, before any code runs. */
static nanvm_local points = NANVM_LOCAL_INIT;

static nanvm_mut_ref point_for_good(double x, double y) {
    return point(nanvm_local_manager(&points), x, y);
}
//! [static]

static void from_a_static_manager(void) {
    nanvm_mut_ref p = point_for_good(1, 2);
    CHECK(nanvm_mut_ref_get(p) != NULL);
    nanvm_mut_ref_drop(p);
    nanvm_local_deinit(&points);
}

//! [thread]
/* As a callback without a context, for example. */
static nanvm_mut_ref new_point(void) {
    return point(nanvm_thread_manager(), 0, 0);
}
//! [thread]

static void from_the_manager_of_the_thread(void) {
    nanvm_mut_ref p = new_point();
    CHECK(nanvm_mut_ref_get(p) != NULL);
    nanvm_mut_ref_drop(p);
    nanvm_thread_deinit(); /* main's end wouldn't end it */
}

static void silent(void *context, const nanvm_type *type, size_t blocks, size_t bytes) {
    (void)type;
    (void)bytes;
    *(size_t *)context += blocks;
}

static void outliving(void) {
    size_t left = 0;
    //! [outlive]
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, silent, &left); /* told of what is alive, and no line */
    nanvm_ref p = nanvm_mut_ref_to_ref(point(nanvm_local_manager(&local), 1, 2));
    nanvm_local_deinit(&local);

    const struct point *still = nanvm_ref_get(p);
    CHECK(left == 1 && still->x == 1); /* the manager is gone, the point isn't */
    nanvm_ref_drop(p);                 /* takes the pool's memory along */
    //! [outlive]
}

static void trimming(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref_drop(point(manager, 1, 2));
    //! [trim]
    size_t before = nanvm_stats_make(manager).reserved_bytes;
    size_t returned = nanvm_local_trim(&local); /* no point is alive: all of it */
    CHECK(returned == before);
    CHECK(nanvm_stats_make(manager).reserved_bytes == 0);
    //! [trim]
    nanvm_local_deinit(&local);
}

static void arena_in_a_buffer(void) {
    //! [buffer]
    unsigned char buffer[1024];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));

    nanvm_ref p = nanvm_mut_ref_to_ref(point(nanvm_arena_manager(&arena), 1, 2));
    CHECK(nanvm_ref_count(p) == SIZE_MAX); /* not counted: looks shared to everyone */

    nanvm_arena_reset(&arena); /* p may not be used from here on */
    nanvm_arena_deinit(&arena);
    //! [buffer]
}

static void growing_arena(void) {
    //! [growing]
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_arena_assume_self_contained(
        &arena); /* its objects will refer only to each other */

    for (int i = 0; i < 10000; ++i) {
        nanvm_mut_ref p = point(nanvm_arena_manager(&arena), i, i);
        CHECK(nanvm_mut_ref_get(p) != NULL);
    }
    nanvm_arena_deinit(&arena); /* 10,000 points, in O(chunks) */
    //! [growing]
}

struct line {
    nanvm_ref from, to;
};
NANVM_TYPE_REFS(line_type, struct line, from, to);

static void out_of_an_arena(void) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    //! [out]
    nanvm_ref p = nanvm_mut_ref_to_ref(point(manager, 1, 2));
    struct line value = {p, nanvm_ref_clone(p)};
    nanvm_mut_ref line = nanvm_new_copy(manager, &line_type, &value);

    nanvm_ref result = nanvm_ref_clone_deep(nanvm_mut_ref_to_ref(line), nanvm_global());
    nanvm_arena_reset(&arena); /* the line and its point are gone, the copies aren't */

    const struct line *kept = nanvm_ref_get(result);
    CHECK(nanvm_ref_same(kept->from, kept->to)); /* one point, as before */
    CHECK(((const struct point *)nanvm_ref_get(kept->to))->y == 2);
    nanvm_ref_drop(result);
    //! [out]
    nanvm_arena_deinit(&arena);
}

static void raw(void) {
    //! [raw]
    nanvm_manager *manager = nanvm_global();
    nanvm_layout layout = {100, 64}; /* 100 bytes, on a cache line of their own */

    char *memory = nanvm_manager_alloc(manager, layout);
    CHECK(memory != NULL && (uintptr_t)memory % 64 == 0);
    char *larger = nanvm_manager_resize(manager, memory, layout, 200);
    CHECK(larger != NULL);
    layout.size = 200;
    nanvm_manager_dealloc(manager, larger, layout); /* says again what was asked for */
    //! [raw]
}

int main(void) {
    global();
    global_plain();
    for_one_thread();
    from_a_static_manager();
    from_the_manager_of_the_thread();
    outliving();
    trimming();
    arena_in_a_buffer();
    growing_arena();
    out_of_an_arena();
    raw();
    return 0;
}
