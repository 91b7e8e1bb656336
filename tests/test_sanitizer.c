/* Where a sanitizer watches, it sees each object. The sanitizer here is a double that
 * offers the hooks of AddressSanitizer, and remembers which bytes it was told that nobody
 * may touch. */
#include <signal.h>
#include <stdlib.h>

#include "double.h"
#include "misuse.h"
#include "run.h"
#include "skip.h"
#include "stage.h"

/* --- the double --- */

enum { BYTES = 65536, RED_ZONE = 16 };

/* In front of raw memory. */
enum { CHECKSUM = is_hardened ? 8 : 0 };

static _Alignas(64) unsigned char buffer[BYTES];
static bool closed[BYTES]; /* of the buffer */
static size_t closings, openings;
static const volatile void *read_last; /* as the user's own code would read it */

#if OFFERS_DOUBLE_OF_ASAN
static void mark(const volatile void *bytes, size_t size, bool as_closed) {
    uintptr_t start = (uintptr_t)buffer;
    uintptr_t begin = (uintptr_t)bytes, end = begin + size;
    begin = begin < start ? start : begin;
    end = end > start + BYTES ? start + BYTES : end;
    if (begin < end) {
        memset(&closed[begin - start], as_closed, end - begin);
    }
}

NANVM_API void __asan_poison_memory_region(const volatile void *bytes, size_t size);
NANVM_API void __asan_unpoison_memory_region(const volatile void *bytes, size_t size);

NANVM_API void __asan_loadN(const volatile void *bytes, size_t size);

void __asan_loadN(const volatile void *bytes, size_t size) {
    assert_int_equal(size, sizeof(nanvm_header));
    read_last = bytes;
}

void __asan_poison_memory_region(const volatile void *bytes, size_t size) {
    closings++;
    mark(bytes, size, true);
}

void __asan_unpoison_memory_region(const volatile void *bytes, size_t size) {
    openings++;
    mark(bytes, size, false);
}
#endif

static void start(const char *said) {
    begin_double(OFFERS_DOUBLE_OF_ASAN, said);
    memset(closed, 0, sizeof(closed));
    closings = openings = 0;
}

/* Starts, and opens an arena in the buffer. */
static nanvm_manager *start_arena(nanvm_arena *arena) {
    start(NULL);
    nanvm_arena_init(arena, buffer, BYTES);
    return nanvm_arena_manager(arena);
}

static void expect_closed(const void *begin, size_t size, bool as_closed) {
    size_t first = (size_t)((const unsigned char *)begin - buffer);
    for (size_t i = first; i < first + size; i++) {
        assert_int_equal(closed[i], as_closed);
    }
}

/* --- arenas --- */

static void test_object_in_a_buffer_is_open_and_what_is_behind_it_closed(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    expect_closed(buffer, BYTES, true);
    for (size_t i = 0; i < 20; i++) { /* no run is made ahead */
        struct node *node = nanvm_new(manager, &node_type).object;
        expect_closed(node, sizeof(*node), false);
        expect_closed((unsigned char *)node - sizeof(nanvm_header), sizeof(nanvm_header),
                      false);
        expect_closed(node + 1, 16, true);
    }
    nanvm_arena_reset(&arena);
    expect_closed(buffer, BYTES, true);
    nanvm_arena_deinit(&arena);
    expect_closed(buffer, BYTES, false);
}

static void test_last_object_of_a_buffer_may_have_nothing_behind_it(void **state) {
    (void)state;
    start(NULL);
    for (size_t size = 0; size < 200; size++) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, size);
        while (nanvm_new(nanvm_arena_manager(&arena), &point_type).object != NULL) {
        }
        expect_closed(buffer + size, BYTES - size, false);
        nanvm_arena_deinit(&arena);
        expect_closed(buffer, BYTES, false);
    }
}

static bool give_up(void *object, size_t length, void *context) {
    (void)length;
    *(void **)context = object;
    return false;
}

static void test_what_is_freed_in_an_arena_is_closed(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    void *given_up = NULL;
    assert_null(nanvm_new_with(manager, &ints_type, 5, give_up, &given_up).object);
    expect_closed(given_up, 5 * sizeof(int), true);
    nanvm_layout layout = nanvm_layout_make(40, 8);
    void *memory = nanvm_manager_alloc(manager, layout);
    expect_closed(memory, 40, false);
    nanvm_manager_dealloc(manager, memory, layout);
    expect_closed(memory, 40, true);
    memory = nanvm_manager_alloc(manager, layout);
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 5);
    void *before = ints.object;
    (void)!nanvm_new(manager, &point_type).object;
    assert_true(nanvm_mut_ref_resize(&ints, manager, 6));
    assert_ptr_not_equal(ints.object, before);
    expect_closed(before, 5 * sizeof(int), true);
    expect_closed(ints.object, 6 * sizeof(int), false);
    nanvm_arena_deinit(&arena);
}

static void test_object_that_is_given_up_in_an_arena_is_closed(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    for (size_t i = 0; i < 20; i++) {
        void *given_up = NULL;
        assert_null(nanvm_new_with(manager, &node_type, 0, give_up, &given_up).object);
        expect_closed(given_up, sizeof(struct node), true);
    }
    nanvm_arena_deinit(&arena);
}

/* In place or not. */
static void test_raw_memory_of_another_size_is_open_to_its_last_byte(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    const size_t sizes[] = {40, 80, 81, 20, 21, 1000};
    void *memory = NULL;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        nanvm_layout layout = nanvm_layout_make(i == 0 ? 0 : sizes[i - 1], 8);
        memory = nanvm_manager_resize(manager, memory, layout, sizes[i]);
        expect_closed((unsigned char *)memory - CHECKSUM, CHECKSUM + sizes[i], false);
        expect_closed((unsigned char *)memory + sizes[i], RED_ZONE, true);
    }
    nanvm_arena_deinit(&arena);
}

/* As it does where nobody watches: otherwise each item would leave a copy of the array.
 */
static void test_newest_grows_and_shrinks_in_place(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 0);
    void *before = ints.object;
    for (size_t length = 1; length < 10000; length++) {
        assert_true(nanvm_mut_ref_resize(&ints, manager, length));
        assert_ptr_equal(ints.object, before);
        expect_closed((int *)ints.object + length - 1, sizeof(int), false);
        expect_closed((int *)ints.object + length, RED_ZONE, true);
    }
    assert_true(nanvm_mut_ref_resize(&ints, manager, 10));
    expect_closed(ints.object, 10 * sizeof(int), false);
    expect_closed((int *)ints.object + 10, 9989 * sizeof(int), true);
    struct point *behind = nanvm_new(manager, &point_type).object;
    assert_true((int *)(void *)behind >= (int *)ints.object + 10 + RED_ZONE / 4);
    nanvm_arena_deinit(&arena);
}

static void test_newest_raw_memory_grows_in_place(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    nanvm_layout layout = nanvm_layout_make(40, 8);
    unsigned char *memory = nanvm_manager_alloc(manager, layout);
    assert_ptr_equal(nanvm_manager_resize(manager, memory, layout, 40), memory);
    assert_ptr_equal(nanvm_manager_resize(manager, memory, layout, 41), memory);
    expect_closed(memory, 41, false);
    expect_closed(memory + 41, RED_ZONE, true);
    nanvm_arena_deinit(&arena);
}

/* So that uses of the old address are found: it moves without its chunk, and leaves its
 * bytes closed. */
static void test_lone_array_that_grows_moves_without_its_chunk(void **state) {
    (void)state;
    start(NULL);
    nanvm_arena outer, inner;
    nanvm_arena_init(&outer, buffer, BYTES);
    nanvm_arena_init_growing(&inner, nanvm_arena_manager(&outer));
    nanvm_manager *manager = nanvm_arena_manager(&inner);
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 500);
    for (size_t length = 1500; length < 5000; length *= 3) {
        const void *before = ints.object;
        assert_true(nanvm_mut_ref_resize(&ints, manager, length));
        assert_ptr_not_equal(ints.object, before);
        expect_closed(before, length / 3 * sizeof(int), true);
        expect_closed(ints.object, length * sizeof(int), false);
    }
    nanvm_arena_deinit(&inner);
    nanvm_arena_deinit(&outer);
}

static void test_source_gets_its_chunks_back_open(void **state) {
    (void)state;
    start(NULL);
    nanvm_arena outer, inner;
    nanvm_arena_init(&outer, buffer, BYTES);
    nanvm_arena_init_growing(&inner, nanvm_arena_manager(&outer));
    void *others = nanvm_new(nanvm_arena_manager(&outer), &point_type).object;
    enum { POINTS = 400 }; /* several chunks */
    void *made[POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        made[i] = nanvm_new(nanvm_arena_manager(&inner), &point_type).object;
        expect_closed(made[i], sizeof(struct point), false);
        expect_closed((unsigned char *)made[i] + sizeof(struct point), 8, true);
    }
    nanvm_arena_reset(&inner);
    for (size_t i = 0; i < POINTS; i++) {
        expect_closed(made[i], sizeof(struct point), true);
    }
    expect_closed(others, sizeof(struct point), false);
    size_t before = openings;
    nanvm_arena_deinit(&inner);
    assert_true(openings > before);
    nanvm_arena_deinit(&outer);
    expect_closed(buffer, BYTES, false);
}

static size_t live_bytes(nanvm_manager *manager) {
    return nanvm_stats_make(manager).live_bytes;
}

/* When others lie behind, too. */
static void test_red_zone_stays_closed(void **state) {
    (void)state;
    enum { PIECES = 30 };
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    unsigned char *ends[3 * PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        struct node *node = nanvm_new(manager, &node_type).object;
        nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 50);
        assert_true(nanvm_mut_ref_resize(&ints, manager, i % 2 == 0 ? 10 : 60));
        unsigned char *memory =
            nanvm_manager_alloc(manager, nanvm_layout_make(10 + i, 8));
        ends[3 * i] = (unsigned char *)(node + 1);
        ends[3 * i + 1] =
            (unsigned char *)ints.object + nanvm_mut_ref_length(ints) * sizeof(int);
        ends[3 * i + 2] = memory + 10 + i;
    }
    for (size_t i = 0; i < 3 * (size_t)PIECES; i++) {
        expect_closed(ends[i], RED_ZONE, true);
    }
    nanvm_arena_deinit(&arena);
}

static void test_over_aligned_object_is_open_to_its_last_byte(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(nanvm_new(manager, &point_type).object);
        struct line *line = nanvm_new(manager, &line_type).object;
        expect_closed(line, sizeof(*line), false);
        expect_closed(line + 1, RED_ZONE, true);
    }
    nanvm_arena_deinit(&arena);
}

/* The red zone ends where the arena does. */
static void test_full_arena_counts_no_more_bytes_than_there_are(void **state) {
    (void)state;
    start(NULL);
    for (size_t size = 100; size < 300; size++) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, size);
        nanvm_manager *manager = nanvm_arena_manager(&arena);
        while (nanvm_new(manager, &point_type).object != NULL) {
            assert_true(live_bytes(manager) <= size);
        }
        nanvm_arena_deinit(&arena);
    }
}

/* What lies in front of an arena and behind it is nobody's but its owner's. */
static void test_arena_leaves_what_is_around_it_alone(void **state) {
    (void)state;
    start(NULL);
    enum { BEGIN = 1024, SIZE = 4096 };
    unsigned char *end = buffer + BEGIN + SIZE;
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer + BEGIN, SIZE);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    for (size_t round = 0; round < 3; round++) {
        nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 900);
        assert_true(nanvm_mut_ref_resize(&ints, manager, 890));
        assert_true(nanvm_mut_ref_resize(&ints, manager, 10));
        assert_true(nanvm_mut_ref_resize(&ints, manager, 900));
        nanvm_layout layout = nanvm_layout_make(200, 8);
        void *memory = nanvm_manager_alloc(manager, layout);
        assert_non_null(memory);
        expect_closed(buffer, BEGIN, false);
        expect_closed(end, BYTES - BEGIN - SIZE, false);
        nanvm_manager_dealloc(manager, memory, layout);
        expect_closed(memory, 200, true);
        nanvm_arena_reset(&arena);
        expect_closed(buffer + BEGIN, SIZE, true);
        expect_closed(buffer, BEGIN, false);
        expect_closed(end, BYTES - BEGIN - SIZE, false);
    }
    nanvm_arena_deinit(&arena);
    expect_closed(buffer, BYTES, false);
}

static void test_reset_drops_references_while_it_is_watched(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    struct node node = {.left = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1))};
    assert_non_null(nanvm_new_copy(manager, &node_type, &node).object);
    assert_int_equal(tracked_live(), 1);
    nanvm_arena_reset(&arena);
    assert_int_equal(tracked_live(), 0);
    nanvm_arena_deinit(&arena);
}

/* All of it, however much was in use. */
static void test_reset_closes_what_was_in_use(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    while (nanvm_new(manager, &node_type).object != NULL) {
    }
    nanvm_arena_reset(&arena);
    expect_closed(buffer, BYTES, true);
    nanvm_arena_deinit(&arena);
}

/* The chunks of one arena lie among the objects of another. */
static void test_growing_arena_leaves_what_is_around_its_chunks_alone(void **state) {
    (void)state;
    start(NULL);
    enum { OTHERS = 20, POINTS = 40 };
    nanvm_arena outer, inner;
    nanvm_arena_init(&outer, buffer, BYTES);
    nanvm_manager *around = nanvm_arena_manager(&outer);
    nanvm_arena_init_growing(&inner, around);
    struct point *others[OTHERS];
    unsigned char *first = NULL;
    for (size_t i = 0; i < OTHERS; i++) {
        others[i] = nanvm_new(around, &point_type).object;
        for (size_t n = 0; n < POINTS; n++) {
            void *made = nanvm_new(nanvm_arena_manager(&inner), &point_type).object;
            first = first == NULL ? made : first;
        }
        if (i % 5 == 4) {
            nanvm_arena_reset(&inner);
            expect_closed(first - sizeof(nanvm_header) - sizeof(nanvm_origin),
                          sizeof(nanvm_origin), true);
        }
        for (size_t n = 0; n <= i; n++) {
            expect_closed(others[n], sizeof(*others[n]), false);
        }
    }
    nanvm_arena_deinit(&inner);
    for (size_t n = 0; n < OTHERS; n++) {
        expect_closed(others[n], sizeof(*others[n]), false);
        expect_closed(others[n] + 1, RED_ZONE, true);
    }
    nanvm_arena_deinit(&outer);
}

/* A source that hands out the buffer, and expects to be told of every byte of a chunk
 * before it is given back. */
static size_t given_back;

static void *source_alloc(nanvm_manager *self, nanvm_layout layout) {
    size_t *used = (size_t *)(void *)(self + 1);
    *used = (*used + layout.align - 1) & ~(layout.align - 1);
    if (layout.size > BYTES - *used) {
        return NULL;
    }
    void *memory = buffer + *used;
    *used += layout.size;
    return memory;
}

static void source_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    expect_closed(memory, layout.size, false);
    given_back++;
}

static void test_chunks_are_given_back_open(void **state) {
    (void)state;
    start(NULL);
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_NONE,
                                                      .dealloc = source_dealloc};
    static nanvm_dealloc dealloc = {&dealloc_table};
    static const nanvm_manager_table table = {.alloc = source_alloc};
    struct {
        nanvm_manager manager;
        size_t used;
    } source = {{&table, &dealloc, 0, NULL}, 0};
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source.manager);
    given_back = 0;
    for (size_t round = 0; round < 2; round++) { /* what was in use, and what wasn't */
        for (size_t i = 0; i < 400 && round == 0; i++) {
            assert_non_null(nanvm_new(nanvm_arena_manager(&arena), &point_type).object);
        }
        nanvm_arena_reset(&arena);
    }
    assert_true(given_back > 2);
    nanvm_arena_deinit(&arena);
    expect_closed(buffer, BYTES, false);
}

/* No more of a buffer is used up than there has to be. */
static void test_red_zone_has_sixteen_bytes(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_manager *manager = start_arena(&arena);
    nanvm_layout layout = nanvm_layout_make(40, 8);
    unsigned char *memory = nanvm_manager_alloc(manager, layout);
    for (size_t i = 0; i < 10; i++) {
        unsigned char *next = nanvm_manager_alloc(manager, layout);
        assert_ptr_equal(next, memory + 40 + RED_ZONE + CHECKSUM);
        memory = next;
    }
    nanvm_arena_deinit(&arena);
}

/* A hardened build has a checksum behind the length. */
static bool overwrite_and_give_up(void *object, size_t length, void *context) {
    (void)length;
    size_t *header = (size_t *)(void *)nanvm_block_header(object);
    header[is_hardened ? -2 : -1] = *(const size_t *)context;
    return false;
}

static void construct_by_overwriting(void *context) {
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, BYTES);
    (void)nanvm_new_with(nanvm_arena_manager(&arena), &ints_type, 4,
                         overwrite_and_give_up, context)
        .object;
}

/* Else bytes that aren't the array's would be closed. */
static void test_length_that_construct_overwrote_is_found(void **state) {
    (void)state;
    start(NULL);
    needs_fork();
    size_t lengths[] = {1000, BYTES, SIZE_MAX / sizeof(int) + 2, SIZE_MAX};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        char output[4096];
        int status =
            run_in_child(construct_by_overwriting, &lengths[i], output, sizeof(output));
        assert_int_equal(status, SIGABRT);
        assert_non_null(strstr(output, "the length of an array was overwritten"));
    }
}

/* --- local managers --- */

/* How many pieces a local manager of `source` has, less those that it has when empty. */
static size_t pieces(accounting *source, const nanvm_type *type, size_t objects) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    size_t length = type->item_size == 0 ? 0 : 3;
    nanvm_mut_ref first = nanvm_new_array(manager, type, NULL, length);
    size_t before = source->live_blocks;
    nanvm_mut_ref made[100];
    for (size_t i = 0; i < objects; i++) {
        made[i] = nanvm_new_array(manager, type, NULL, length);
    }
    size_t more = source->live_blocks - before;
    for (size_t i = 0; i < objects; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    nanvm_mut_ref_drop(first);
    nanvm_local_deinit(&local);
    return more;
}

static void test_each_object_of_a_local_manager_is_a_piece_of_its_own(void **state) {
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    const nanvm_type *types[] = {&point_type, &node_type, &ints_type};
    for (size_t i = 0; i < 3; i++) {
        start(NULL);
        assert_int_equal(pieces(&source, types[i], 100), 100);
        start("on");
        assert_int_equal(pieces(&source, types[i], 100), 100);
        start("off");
        assert_true(pieces(&source, types[i], 100) < 50);
    }
    accounting_deinit(&source);
}

/* And the source sees at once that an object is dead, and where an array ends. */
static void test_piece_is_freed_at_once_and_no_larger_than_asked(void **state) {
    fixture *self = *state;
    const accounting *source = &self->source;
    start(NULL);
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 1));
    size_t empty = source->live_bytes;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 1001);
    size_t front = source->live_bytes - empty - 1001 * sizeof(int);
    assert_true(front < 200);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 1003));
    assert_int_equal(source->live_bytes - empty, front + 1003 * sizeof(int));
    nanvm_mut_ref_drop(ints);
    assert_int_equal(source->live_bytes, empty);
}

static void test_small_piece_of_raw_memory_comes_from_the_source(void **state) {
    fixture *self = *state;
    const accounting *source = &self->source;
    start(NULL);
    for (size_t size = 1; size <= 1000; size += 333) {
        nanvm_layout layout = nanvm_layout_make(size, 8);
        void *before = nanvm_manager_alloc(self->manager, layout);
        size_t pieces = source->live_blocks;
        void *memory = nanvm_manager_alloc(self->manager, layout);
        assert_int_equal(source->live_blocks, pieces + 1);
        nanvm_manager_dealloc(self->manager, memory, layout);
        assert_int_equal(source->live_blocks, pieces);
        nanvm_manager_dealloc(self->manager, before, layout);
    }
}

/* From the global manager, where a hardened build has pages otherwise. */
static void test_object_from_the_global_manager_ends_where_its_memory_does(void **state) {
    (void)state;
    start(NULL);
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref first = nanvm_new_array(manager, &ints_type, NULL, 1001);
    size_t before = nanvm_stats_make(manager).reserved_bytes;
    nanvm_mut_ref second = nanvm_new_array(manager, &ints_type, NULL, 1003);
    size_t more = nanvm_stats_make(manager).reserved_bytes - before;
    assert_int_equal(more, before + 2 * sizeof(int));
    nanvm_mut_ref_drop(first);
    nanvm_mut_ref_drop(second);
    nanvm_local_deinit(&local);
}

/* --- all of it --- */

static bool small_life(const stage *on) {
    nanvm_mut_ref leaf = nanvm_new(on->manager, &page_type);
    struct node value = {nanvm_mut_ref_to_ref(leaf), 1, null_ref()};
    nanvm_mut_ref node = nanvm_new_copy(on->manager, &node_type, &value);
    if (node.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    nanvm_mut_ref_drop(node);
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 3);
    bool done = leaf.object != NULL && ints.object != NULL &&
                nanvm_mut_ref_resize(&ints, on->manager, 300) &&
                nanvm_mut_ref_resize(&ints, on->manager, 2);
    nanvm_mut_ref_drop(ints);
    return done;
}

static void test_every_manager_works_while_it_is_watched(void **state) {
    (void)state;
    start(NULL);
    on_every_manager(small_life);
}

static void test_nobody_is_told_where_the_environment_says_off(void **state) {
    (void)state;
    start("off");
    on_every_manager(small_life);
    assert_int_equal(closings, 0);
    assert_int_equal(openings, 0);
}

/* The memory of what was dropped is still there, so that the library sees it first. */

static void drop_dropped(void *context) {
    nanvm_mut_ref_drop(*(nanvm_mut_ref *)context);
}

static void use_dropped(void *context) {
    (void)nanvm_ref_count(nanvm_mut_ref_to_ref(*(nanvm_mut_ref *)context));
}

static void expect_read(const char *message, misuse *wrong, nanvm_mut_ref dead) {
    read_last = NULL;
    expect_fatal(message, wrong, &dead);
    assert_ptr_equal((const void *)(uintptr_t)read_last, nanvm_block_header(dead.object));
}

static void expect_reads(nanvm_mut_ref *dropped) {
    expect_read("drop of a reference", drop_dropped, *dropped);
    expect_read("clone of a reference", clone_dropped, *dropped);
    expect_read("use of a reference", use_dropped, *dropped);
}

static void test_sanitizer_is_asked_before_a_dropped_object_stops_the_program(
    void **state) {
    (void)state;
    with_dropped_node(start, expect_reads);
}

static const struct CMUnitTest tests[] = {
    TEST(test_object_that_is_given_up_in_an_arena_is_closed),
    TEST(test_raw_memory_of_another_size_is_open_to_its_last_byte),
    TEST(test_chunks_are_given_back_open),
    TEST(test_red_zone_stays_closed),
    TEST(test_red_zone_has_sixteen_bytes),
    TEST(test_length_that_construct_overwrote_is_found),
    TEST(test_over_aligned_object_is_open_to_its_last_byte),
    TEST(test_full_arena_counts_no_more_bytes_than_there_are),
    TEST(test_arena_leaves_what_is_around_it_alone),
    TEST(test_reset_closes_what_was_in_use),
    TEST(test_reset_drops_references_while_it_is_watched),
    TEST(test_growing_arena_leaves_what_is_around_its_chunks_alone),
    TEST(test_object_in_a_buffer_is_open_and_what_is_behind_it_closed),
    TEST(test_last_object_of_a_buffer_may_have_nothing_behind_it),
    TEST(test_what_is_freed_in_an_arena_is_closed),
    TEST(test_newest_grows_and_shrinks_in_place),
    TEST(test_newest_raw_memory_grows_in_place),
    TEST(test_lone_array_that_grows_moves_without_its_chunk),
    TEST(test_source_gets_its_chunks_back_open),
    TEST(test_each_object_of_a_local_manager_is_a_piece_of_its_own),
    TEST(test_piece_is_freed_at_once_and_no_larger_than_asked, local_over_source),
    TEST(test_small_piece_of_raw_memory_comes_from_the_source, local_over_source),
    TEST(test_object_from_the_global_manager_ends_where_its_memory_does),
    TEST(test_every_manager_works_while_it_is_watched),
    TEST(test_nobody_is_told_where_the_environment_says_off),
    TEST(test_sanitizer_is_asked_before_a_dropped_object_stops_the_program),
};

RUN_TESTS(tests)
