/* Arenas over whatever the scenario stands on. */
#include "scenes.h"

static nanvm_manager *open_arena(nanvm_arena *self, const ground *on) {
    nanvm_arena_init_growing(self, on->manager);
    return nanvm_arena_manager(self);
}

/* Types by turns, so that each needs an origin. */
static void make_mixed(nanvm_manager *manager, size_t many) {
    for (size_t i = 0; i < many; i++) {
        nanvm_mut_ref made = i % 3 == 0 ? attempt_new(manager, &line_type)
                             : i % 3 == 1
                                 ? attempt_array(manager, &ints_type, NULL, 20 * i)
                                 : attempt_new(manager, &page_type);
        nanvm_mut_ref_drop(made);
    }
}

static void chunks(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    make_mixed(manager, 12);
    nanvm_arena_deinit(&arena);
}

/* Many of one type in a row are made ahead. */
static void make_run(nanvm_manager *manager, size_t many) {
    for (size_t i = 0; i < many; i++) {
        struct point at = {(double)i, 1};
        (void)attempt_copy(manager, &point_type, &at).object;
    }
}

static void runs(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    make_run(manager, 250);
    (void)attempt_array(manager, &ints_type, NULL, 9).object;
    make_run(manager, 30);
    nanvm_arena_deinit(&arena);
}

static void reset_and_used_again(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    for (size_t round = 0; round < 4; round++) {
        make_mixed(manager, 4 + 5 * (round % 2));
        make_run(manager, 12);
        nanvm_arena_reset(&arena);
        assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    }
    nanvm_arena_reset(&arena);
    assert_int_equal(nanvm_stats_make(manager).reserved_bytes, 0);
    nanvm_arena_deinit(&arena);
}

/* What its objects hold outside is let go of at the reset, once. */
static void holders(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    nanvm_ref outside = leaf(on->manager, 1);
    size_t others = nanvm_ref_count(outside);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 12; i++) {
            (void)pair(manager, nanvm_ref_clone(outside), leaf(manager, i)).object;
        }
        nanvm_mut_ref refs = array_of_leaves(manager, 3);
        (void)attempt_resize(manager, &refs, 9);
        nanvm_mut_ref copy = attempt_clone(manager, nanvm_mut_ref_to_ref(refs));
        nanvm_mut_ref_drop(copy);
        nanvm_arena_reset(&arena);
        assert_int_equal(nanvm_ref_count(outside), others);
    }
    nanvm_ref_drop(outside);
    nanvm_arena_deinit(&arena);
}

static void closed(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    nanvm_arena_assume_self_contained(&arena);
    nanvm_ref tree = leaf(manager, 1);
    for (size_t i = 0; i < 10; i++) {
        tree = pair(manager, nanvm_ref_clone(tree), leaf(manager, i));
        (void)attempt_make_mut(manager, &tree);
    }
    nanvm_arena_deinit(&arena);
}

/* More than a chunk has, with room to spare or just what is needed. */
static void large_in_arena(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    nanvm_mut_ref a = attempt_array(manager, &ints_type, NULL, 1500);
    (void)attempt_resize(manager, &a, 2500);
    nanvm_mut_ref b = attempt_array(manager, &ints_type, NULL, 4000);
    (void)attempt_resize(manager, &a, 2600);
    (void)attempt_resize(manager, &b, 4100);
    nanvm_arena_reset(&arena);
    a = attempt_array(manager, &ints_type, NULL, 3000);
    nanvm_mut_ref_drop(a);
    nanvm_arena_deinit(&arena);
}

static bool refuse_after_more(void *object, size_t length, void *context) {
    nanvm_manager *manager = context;
    nanvm_mut_ref more = attempt_array(manager, &ints_type, NULL, length);
    (void)object;
    nanvm_mut_ref_drop(more);
    return false;
}

static bool refuse_at_once(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    return false;
}

/* What lies at the top can change its size, and go. */
static void at_the_top(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    nanvm_layout layout = nanvm_layout_make(100, 8);
    make_run(manager, 10);
    unsigned char *raw = attempt_alloc(manager, layout);
    void *grown = raw == NULL ? NULL : attempt_raw_resize(manager, raw, layout, 300);
    nanvm_manager_dealloc(manager, grown == NULL ? raw : grown,
                          nanvm_layout_make(grown == NULL ? 100 : 300, 8));
    nanvm_mut_ref ints = attempt_array(manager, &ints_type, NULL, 10);
    size_t blocks = ground_live(manager);
    (void)attempt_resize(manager, &ints, 60);
    attempt_refused(manager, &ints_type, 12, refuse_at_once, manager);
    (void)attempt_resize(manager, &ints, 61);
    (void)attempt_resize(manager, &ints, 4);
    assert_int_equal(ground_live(manager), blocks);
    make_run(manager, 10);
    attempt_refused(manager, &words_type, 300, refuse_after_more, manager);
    nanvm_arena_deinit(&arena);
}

static void stacked(const ground *on) {
    nanvm_arena inner, outer;
    nanvm_local local;
    nanvm_manager *source = open_arena(&inner, on);
    nanvm_local_init_from(&local, source);
    nanvm_arena_init_growing(&outer, nanvm_local_manager(&local));
    nanvm_manager *manager = nanvm_arena_manager(&outer);
    nanvm_ref below = leaf(nanvm_local_manager(&local), 1);
    for (size_t i = 0; i < 5; i++) {
        (void)pair(manager, nanvm_ref_clone(below), leaf(on->manager, i)).object;
        (void)attempt_array(manager, &ints_type, NULL, 600 * i).object;
    }
    nanvm_arena_deinit(&outer);
    assert_int_equal(nanvm_ref_count(below), 0);
    nanvm_ref_drop(below);
    nanvm_local_deinit(&local);
    nanvm_arena_deinit(&inner);
}

/* `drop` makes more, in the arena that is being reset. */
static nanvm_manager *maker;

static void making_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    if (maker != NULL) {
        (void)leaf(maker, 1).object;
        (void)attempt_array(maker, &ints_type, NULL, 500).object;
    }
}

NANVM_TYPE_CALLBACKS(making_type, struct tracked, NULL, making_drop, NULL);

static void made_while_it_is_reset(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    for (size_t i = 0; i < 4; i++) {
        (void)attempt_new(manager, &making_type).object;
    }
    maker = manager;
    nanvm_arena_reset(&arena);
    maker = NULL;
    nanvm_arena_deinit(&arena);
}

/* Each round needs a larger chunk than those that were kept. */
static void kept_chunks(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    for (size_t length = 200; length < 200000; length *= 9) {
        nanvm_mut_ref ints = attempt_array(manager, &ints_type, NULL, length);
        if (ints.object == NULL) {
            assert_int_equal(nanvm_stats_make(manager).reserved_bytes, 0);
        }
        nanvm_arena_reset(&arena);
    }
    nanvm_arena_deinit(&arena);
}

/* A piece and an array, each alone in a chunk that grows with it; and then not alone. */
static void growing_chunks(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    nanvm_layout layout = nanvm_layout_make(100, 8);
    for (size_t round = 0; round < 3; round++) {
        void *memory = attempt_alloc(manager, layout);
        for (size_t size = 3000; memory != NULL && size < 40000; size *= 3) {
            void *grown = attempt_raw_resize(manager, memory, layout, size);
            if (grown != NULL) {
                memory = grown;
                layout.size = size;
            }
            if (round == 1) {
                (void)leaf(manager, size).object;
            }
        }
        nanvm_mut_ref refs = array_of_leaves(manager, 3);
        (void)attempt_resize(manager, &refs, 2000);
        (void)attempt_resize(manager, &refs, 9000);
        nanvm_arena_reset(&arena);
        layout.size = 100;
    }
    nanvm_arena_deinit(&arena);
}

/* Those that fill a chunk, and small ones between them. */
static void large_among_small(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 4; i++) {
            (void)attempt_array(manager, &ints_type, NULL, 70000).object;
            (void)leaf(manager, i).object;
        }
        nanvm_arena_reset(&arena);
    }
    nanvm_arena_deinit(&arena);
}

/* So large that its chunks are huge pages. */
static void huge(const ground *on) {
    nanvm_arena arena;
    nanvm_manager *manager = open_arena(&arena, on);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < 28; i++) {
            (void)attempted(nanvm_new_array(manager, &ints_type, NULL, 45000)).object;
        }
        nanvm_arena_reset(&arena);
    }
    nanvm_arena_deinit(&arena);
}

static const scene_entry entries[] = {
    {"arena: chunks", chunks, false},
    {"arena: runs", runs, false},
    {"arena: reset and used again", reset_and_used_again, false},
    {"arena: holders", holders, false},
    {"arena: closed", closed, false},
    {"arena: large", large_in_arena, false},
    {"arena: at the top", at_the_top, false},
    {"arena: stacked", stacked, false},
    {"arena: made while it is reset", made_while_it_is_reset, false},
    {"arena: kept chunks are too small", kept_chunks, false},
    {"arena: growing chunks", growing_chunks, false},
    {"arena: large among small", large_among_small, true},
    {"arena: huge", huge, true},
};
const scene_list arena_scenes = SCENE_LIST(entries);
