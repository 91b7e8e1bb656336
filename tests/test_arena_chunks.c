/* The chunks of an arena that grows: how little of them is lost. */
#include "run.h"
#include "skip.h"
#include "stage.h"

enum { LARGE = 1100000, HUGE_PAGES = 2 * 1024 * 1024, MOST = 32 * HUGE_PAGES };

/* The alignment of a chunk, and more than that. */
enum { SMALL_ALIGN = 8, OVER_ALIGN = 128 };

static nanvm_layout layout_of(size_t size) {
    return nanvm_layout_make(size, SMALL_ALIGN);
}

static nanvm_stats stats_of(const fixture *self) {
    return nanvm_stats_make(self->manager);
}

static size_t reserved(const fixture *self) {
    return stats_of(self).reserved_bytes;
}

static void *piece(const fixture *self, size_t size) {
    void *memory = nanvm_manager_alloc(self->manager, layout_of(size));
    assert_non_null(memory);
    return memory;
}

/* --- a source that remembers its peak --- */

static void *(*inner_alloc)(nanvm_manager *self, nanvm_layout layout);
static void *(*inner_resize)(nanvm_manager *self, void *memory, nanvm_layout layout,
                             size_t size);
static size_t source_peak;
static nanvm_layout last_asked;

static void note(const nanvm_manager *source, nanvm_layout layout) {
    size_t live = ((const accounting *)(const void *)source)->live_bytes;
    source_peak = live > source_peak ? live : source_peak;
    last_asked = layout;
}

static void *noting_alloc(nanvm_manager *self, nanvm_layout layout) {
    void *memory = inner_alloc(self, layout);
    note(self, layout);
    return memory;
}

/* What realloc does at best: the bytes before and after count once. */
static void *noting_resize(nanvm_manager *self, void *memory, nanvm_layout layout,
                           size_t size) {
    void *resized = inner_resize(self, memory, layout, size);
    note(self, nanvm_layout_make(size, layout.align));
    return resized;
}

static void open_noting(fixture *self) {
    open_arena_over_source(self);
    inner_alloc = self->source.manager_table.alloc;
    inner_resize = self->source.manager_table.resize;
    self->source.manager_table.alloc = noting_alloc;
    self->source.manager_table.resize = noting_resize;
    source_peak = 0;
    last_asked = nanvm_layout_make(0, 1);
}

FIXTURE(noting, open_noting, close_arena)

/* --- large pieces among small ones --- */

static void test_small_pieces_share_a_chunk_while_large_ones_come(void **state) {
    fixture *self = *state;
    size_t asked = 0;
    for (size_t i = 0; i < 100; i++) {
        memset(piece(self, LARGE), 1, LARGE);
        memset(piece(self, 100), 2, 100);
        asked += LARGE + 100;
    }
    assert_in_range(reserved(self), asked, asked + asked / 20);
    assert_int_equal(stats_of(self).live_blocks, 200);
    assert_in_range(stats_of(self).live_bytes, asked, asked + 200 * 16);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(stats_of(self).live_bytes, 0);
    assert_in_range(stats_of(self).peak_bytes, asked, asked + 200 * 16);
}

/* Whatever their size is, no more than an eighth is lost besides the last chunk. */
static void test_pieces_of_any_size_fill_their_chunks(void **state) {
    (void)state;
    for (size_t size = 50000; size < 1500000; size += size / 7) {
        nanvm_arena arena;
        nanvm_arena_init_growing(&arena, nanvm_global());
        nanvm_manager *manager = nanvm_arena_manager(&arena);
        size_t asked = 0;
        for (; asked < 30000000; asked += size) {
            assert_non_null(nanvm_manager_alloc(manager, layout_of(size)));
        }
        assert_in_range(nanvm_stats_make(manager).reserved_bytes, asked,
                        asked + asked / 8 + 2 * 1024 * 1024);
        nanvm_arena_deinit(&arena);
    }
}

/* The current chunk is full, and so are all chunks but one: this one is found, however
 * many large pieces came after it. */
static void test_chunk_with_most_room_stays_within_reach(void **state) {
    fixture *self = *state;
    unsigned char *before = piece(self, 100);
    for (size_t i = 0; i < 5; i++) {
        (void)piece(self, LARGE);
    }
    size_t requests = self->source.requests;
    unsigned char *after = piece(self, 100);
    assert_int_equal(self->source.requests, requests);
    assert_true(after > before && after < before + 300);
}

/* The objects before and after the large array have other origins, but one chunk. */
static void test_objects_around_a_large_array_are_what_they_are(void **state) {
    fixture *self = *state;
    struct point *points[40];
    const int *arrays[40];
    for (size_t i = 0; i < 40; i++) {
        points[i] = nanvm_new(self->manager, &point_type).object;
        assert_non_null(points[i]);
        points[i]->x = (double)i;
        nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, 100000);
        assert_non_null(array.object);
        ((int *)array.object)[99999] = (int)i;
        arrays[i] = array.object;
    }
    assert_true(reserved(self) < 40 * 400000 + 50000);
    for (size_t i = 0; i < 40; i++) {
        assert_true(points[i]->x == (double)i);
        assert_int_equal(arrays[i][99999], i);
        assert_ptr_equal(nanvm_block_origin(points[i])->type, &point_type);
        assert_ptr_equal(nanvm_block_origin(arrays[i])->type, &ints_type);
        nanvm_ref array = {arrays[i]};
        assert_int_equal(nanvm_ref_length(array), 100000);
    }
}

static void test_reset_releases_objects_in_all_chunks_once(void **state) {
    fixture *self = *state;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 50; i++) {
            assert_non_null(tracked_new(self->manager, i).object);
            nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, NULL, 50000);
            assert_non_null(refs.object);
            ((nanvm_ref *)refs.object)[49999] =
                nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
        }
        assert_int_equal(tracked_live(), 100);
        nanvm_arena_reset(&self->arena);
        assert_int_equal(tracked_live(), 0);
    }
}

/* Out of memory, where a chunk was left with much room: what fits there goes on. */
static void test_failed_request_changes_nothing(void **state) {
    fixture *self = *state;
    unsigned char *newest = piece(self, 100);
    (void)piece(self, LARGE);
    accounting_fail_from(&self->source, 0);
    nanvm_stats before = stats_of(self);
    assert_null(nanvm_manager_alloc(self->manager, layout_of(LARGE)));
    nanvm_stats after = stats_of(self);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_true((unsigned char *)piece(self, 100) < newest + 300);
    accounting_never_fail(&self->source);
}

static void test_small_pieces_find_their_chunk_again_after_a_reset(void **state) {
    fixture *self = *state;
    for (size_t round = 0; round < 4; round++) {
        size_t requests = self->source.requests;
        for (size_t i = 0; i < 20; i++) {
            (void)piece(self, LARGE + i);
            (void)piece(self, 50);
        }
        assert_int_equal(self->source.requests - requests, round == 0 ? 21 : 0);
        nanvm_arena_reset(&self->arena);
    }
}

/* --- what grows alone --- */

/* A vector that grows by doubling, with `beside` bytes taken after each step. */
static unsigned char *double_up(const fixture *self, size_t most, size_t beside) {
    unsigned char *memory = NULL;
    for (size_t size = 0, next = 64; next <= most; size = next, next *= 2) {
        memory = nanvm_manager_resize(self->manager, memory, layout_of(size), next);
        assert_non_null(memory);
        for (size_t i = size / 2; i < size; i++) {
            assert_int_equal(memory[i], (unsigned char)(i * 7));
        }
        for (size_t i = next / 2; i < next; i++) {
            memory[i] = (unsigned char)(i * 7);
        }
        if (beside > 0) {
            memset(piece(self, beside), 0xff, beside);
        }
    }
    return memory;
}

/* No byte is in memory twice, as long as the source can resize. */
static void test_lone_piece_that_doubles_takes_its_own_size(void **state) {
    SKIP_IF_HARDENED("memory that grows is moved, and wiped where it was");
    fixture *self = *state;
    (void)double_up(self, MOST, 0);
    assert_in_range(reserved(self), MOST, MOST + MOST / 20);
    assert_in_range(source_peak, MOST, MOST + MOST / 20);
    assert_in_range(stats_of(self).live_bytes, MOST, MOST + 64);
    assert_int_equal(stats_of(self).live_blocks, 1);
    nanvm_arena_reset(&self->arena);
    size_t requests = self->source.requests;
    (void)double_up(self, MOST, 0);
    assert_int_equal(self->source.requests, requests);
}

static void test_piece_that_doubles_beside_others_takes_little_more(void **state) {
    fixture *self = *state;
    (void)double_up(self, MOST / 2, 8);
    assert_in_range(reserved(self), MOST / 2, MOST / 2 + MOST / 20);
}

static void test_old_chunk_is_freed_at_once_where_the_source_cannot_resize(void **state) {
    fixture *self = *state;
    self->source.manager_table.resize = NULL;
    (void)double_up(self, MOST / 2, 0);
    assert_in_range(source_peak, MOST / 2, MOST / 2 + MOST / 4 + MOST / 20);
    assert_int_equal(self->source.live_blocks, 1);
    assert_int_equal(self->source.live_bytes, reserved(self));
}

/* Not even a large array, which is exactly as large as its chunk at first. */
static void test_array_that_grows_by_one_asks_rarely(void **state) {
    fixture *self = *state;
    enum { FROM = 100000, TO = 1000000 };
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, FROM);
    for (size_t i = FROM; i < TO; i++) {
        assert_true(nanvm_mut_ref_resize(&array, self->manager, i + 1));
        ((int *)array.object)[i] = (int)i;
    }
    for (size_t i = 0; i < TO; i++) {
        assert_int_equal(((int *)array.object)[i], i < FROM ? 0 : (int)i);
    }
    assert_true(self->source.requests < 60);
    if (!is_hardened) { /* which takes half as much again, to copy less often */
        assert_true(reserved(self) < TO * sizeof(int) / 10 * 11);
    }
}

/* An array with callbacks, links and references in it moves along with its chunk. */
static void test_lone_array_of_references_moves_with_its_chunk(void **state) {
    fixture *self = *state;
    enum { LENGTH = 60000 };
    nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, NULL, 1);
    *(nanvm_ref *)refs.object = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 7));
    for (size_t length = 2; length < LENGTH; length *= 2) {
        assert_true(nanvm_mut_ref_resize(&refs, self->manager, length));
        ((nanvm_ref *)refs.object)[length - 1] =
            nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), length));
    }
    assert_int_equal(self->source.live_blocks, 1);
    assert_int_equal(stats_of(self).live_blocks, 1);
    const nanvm_origin *origin = nanvm_block_origin(refs.object);
    assert_ptr_equal(origin->type, &refs_type);
    size_t live = tracked_live();
    struct node node = {nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1)), 0,
                        null_ref()};
    assert_non_null(nanvm_new_copy(self->manager, &node_type, &node).object);
    assert_int_equal(tracked_live(), live + 1);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

static void test_lone_array_moves_with_its_chunk_in_a_self_contained_arena(void **state) {
    fixture *self = *state;
    nanvm_arena_assume_self_contained(&self->arena);
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, 1);
    for (size_t length = 2; length < 60000; length *= 2) {
        assert_true(nanvm_mut_ref_resize(&array, self->manager, length));
    }
    assert_int_equal(self->source.live_blocks, 1);
}

/* Others of its type share the origin of a lone array that has moved. */
static void test_array_that_moved_shares_its_origin(void **state) {
    fixture *self = *state;
    nanvm_mut_ref first = nanvm_new_array(self->manager, &ints_type, NULL, 8);
    assert_true(nanvm_mut_ref_resize(&first, self->manager, 1100));
    nanvm_mut_ref second = nanvm_new_array(self->manager, &ints_type, NULL, 8);
    assert_ptr_equal(nanvm_block_origin(second.object), nanvm_block_origin(first.object));
    assert_true(nanvm_mut_ref_resize(&second, self->manager, 16));
    assert_int_equal(self->source.live_blocks, 1);
}

/* Neither of two moves along with the chunk: a reference to the first would dangle. */
static void test_chunk_of_two_stays_where_it_is(void **state) {
    fixture *self = *state;
    unsigned char *first = piece(self, 24);
    unsigned char *second = piece(self, 24);
    memset(first, 1, 24);
    memset(second, 2, 24);
    second = nanvm_manager_resize(self->manager, second, layout_of(24), 10000);
    assert_non_null(second);
    assert_int_equal(self->source.live_blocks, 2);
    assert_int_equal(first[23], 1);
    assert_int_equal(second[23], 2);
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 3);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 100000));
    nanvm_mut_ref more = nanvm_new_array(self->manager, &ints_type, NULL, 3);
    const void *before = ints.object;
    assert_true(nanvm_mut_ref_resize(&more, self->manager, 100000));
    assert_ptr_equal(ints.object, before);
    assert_int_equal(nanvm_mut_ref_length(ints), 100000);
}

static void test_over_aligned_piece_keeps_its_alignment(void **state) {
    fixture *self = *state;
    unsigned char *memory = NULL;
    for (size_t size = 0, next = 64; next <= MOST / 16; size = next, next *= 2) {
        memory = nanvm_manager_resize(self->manager, memory,
                                      nanvm_layout_make(size, OVER_ALIGN), next);
        assert_true(is_aligned(memory, OVER_ALIGN));
        assert_true(size == 0 || memory[size - 1] == 0x3c);
        memory[next - 1] = 0x3c;
    }
}

/* The piece is not the newest any more, and returns to be it, in the chunk that it has
 * for itself; the others return to theirs. */
static void test_large_piece_grows_with_its_chunk_after_others_came(void **state) {
    fixture *self = *state;
    unsigned char *small = piece(self, 100);
    unsigned char *large = piece(self, LARGE);
    large[LARGE - 1] = 0x11;
    unsigned char *behind = piece(self, 100);
    assert_true(behind > small && behind < small + 300);
    large = nanvm_manager_resize(self->manager, large, layout_of(LARGE), 3 * LARGE);
    assert_int_equal(large[LARGE - 1], 0x11);
    assert_in_range(reserved(self), 3 * LARGE, 3 * LARGE + LARGE / 10 + 4096);
    assert_int_equal(self->source.live_blocks, 2);
    unsigned char *last = piece(self, 100);
    assert_true(last > behind && last < behind + 300);
    assert_int_equal(stats_of(self).live_blocks, 4);
}

/* So does an array with references, if no object with references or a `drop` was created
 * after it. */
static void test_array_of_references_grows_with_its_chunk_after_others_came(
    void **state) {
    fixture *self = *state;
    enum { LENGTH = 100000 };
    assert_non_null(tracked_new(self->manager, 2).object);
    nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, NULL, LENGTH);
    *(nanvm_ref *)refs.object = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    for (size_t i = 1; i < 4; i++) {
        assert_non_null(nanvm_new(self->manager, &point_type).object);
        assert_true(nanvm_mut_ref_resize(&refs, self->manager, (1 + i) * LENGTH));
        ((nanvm_ref *)refs.object)[i * LENGTH] =
            nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
        /* A hardened build's chunk then has room to spare, which a point takes. */
        assert_true((is_hardened && i > 1) || self->source.live_blocks == 2);
    }
    assert_non_null(tracked_new(self->manager, 2).object);
    assert_int_equal(tracked_live(), 6);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

/* It is the newest again, also where its chunk has the room already. */
static void test_piece_whose_chunk_is_returned_to_grows_in_place_again(void **state) {
    fixture *self = *state;
    unsigned char *first = piece(self, 3000);
    (void)piece(self, 5000);
    for (size_t size = 3000; size < 3900; size += 100) {
        assert_ptr_equal(
            nanvm_manager_resize(self->manager, first, layout_of(size), size + 100),
            first);
    }
    assert_int_equal(self->source.live_blocks, 2);
}

/* So is an array without references, which nothing has to find. */
static void test_array_whose_chunk_is_returned_to_grows_in_place_again(void **state) {
    fixture *self = *state;
    enum { LENGTH = 700 };
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, LENGTH);
    const void *before = ints.object;
    (void)piece(self, 5000);
    for (size_t length = LENGTH; length < LENGTH + 200; length += 20) {
        assert_true(nanvm_mut_ref_resize(&ints, self->manager, length + 20));
        assert_ptr_equal(ints.object, before);
    }
    assert_int_equal(self->source.live_blocks, 2);
}

/* It came last to its chunk, but isn't the first there. */
static void test_piece_that_came_back_to_a_chunk_grows_alone(void **state) {
    fixture *self = *state;
    unsigned char *first = piece(self, 100);
    memset(first, 1, 100);
    (void)piece(self, LARGE);
    unsigned char *second = piece(self, 100);
    memset(second, 2, 100);
    second = nanvm_manager_resize(self->manager, second, layout_of(100), 10000);
    assert_non_null(second);
    assert_int_equal(self->source.live_blocks, 3);
    assert_int_equal(first[99], 1);
    assert_int_equal(second[99], 2);
}

/* Points that are made ahead are still behind those in the other chunk by then. */
static void test_large_piece_grows_with_its_chunk_after_many_points_came(void **state) {
    fixture *self = *state;
    const struct point *points[20];
    (void)piece(self, 100);
    unsigned char *large = piece(self, LARGE);
    for (size_t i = 0; i < 20; i++) {
        struct point *point = nanvm_new(self->manager, &point_type).object;
        assert_non_null(point);
        point->x = (double)i;
        points[i] = point;
    }
    large = nanvm_manager_resize(self->manager, large, layout_of(LARGE), 3 * LARGE);
    assert_non_null(large);
    memset(large, 0x44, 3 * LARGE);
    assert_int_equal(stats_of(self).live_blocks, 22);
    memset(piece(self, 16), 0x55, 16);
    assert_int_equal(stats_of(self).live_blocks, 23);
    for (size_t i = 3 * LARGE - 1000; i < 3 * LARGE; i++) {
        assert_int_equal(large[i], 0x44);
    }
    for (size_t i = 0; i < 20; i++) {
        assert_true(points[i]->x == (double)i);
    }
}

/* The first of two in a chunk that is returned to has no room behind it. */
static void test_piece_with_another_behind_it_leaves_that_alone(void **state) {
    fixture *self = *state;
    unsigned char *first = piece(self, 100);
    unsigned char *second = piece(self, 100);
    memset(first, 1, 100);
    memset(second, 2, 100);
    (void)piece(self, LARGE);
    first = nanvm_manager_resize(self->manager, first, layout_of(100), 300);
    assert_non_null(first);
    memset(first + 100, 3, 200);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(first[i], 1);
        assert_int_equal(second[i], 2);
    }
}

/* Chunks double from the beginning again. */
static void test_first_chunk_after_a_reset_is_small(void **state) {
    fixture *self = *state;
    while (last_asked.size < 100000) {
        (void)piece(self, 3000);
    }
    nanvm_arena_reset(&self->arena);
    nanvm_arena_reset(&self->arena); /* frees all chunks */
    assert_int_equal(self->source.live_blocks, 0);
    (void)piece(self, 100);
    assert_int_equal(last_asked.size, 4096);
}

/* Nor have large pieces a part in how large the chunks of others are. */
static void test_chunks_double_whatever_lies_beside_them(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 3; i++) {
        (void)piece(self, LARGE);
    }
    (void)piece(self, 3000);
    assert_int_equal(last_asked.size, 4096);
    (void)piece(self, 3000);
    assert_int_equal(last_asked.size, 8192);
}

/* To copy less, the chunk gets more room. */
static void test_array_that_grows_by_one_asks_more_rarely_where_it_is_copied(
    void **state) {
    fixture *self = *state;
    enum { FROM = 100000, TO = 1000000 };
    self->source.manager_table.resize = NULL;
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, FROM);
    for (size_t i = FROM; i < TO; i++) {
        assert_true(nanvm_mut_ref_resize(&array, self->manager, i + 1));
    }
    assert_in_range(self->source.requests, 5, 12);
}

/* The link of the newer array leads to the older: that one may not move with its chunk,
 * or give its bytes back. */
static void test_array_that_a_link_leads_to_moves_alone(void **state) {
    fixture *self = *state;
    enum { LENGTH = 100000 };
    nanvm_mut_ref older = nanvm_new_array(self->manager, &refs_type, NULL, LENGTH);
    *(nanvm_ref *)older.object = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    for (size_t i = 0; i < 5; i++) {
        assert_non_null(tracked_new(self->manager, 2).object);
        assert_true(nanvm_mut_ref_resize(&older, self->manager, LENGTH + i + 1));
    }
    assert_int_equal(tracked_live(), 6);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

/* With each request of the source failing: the piece stays as it is. */
static bool grow_alone(accounting *source) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source->manager);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    unsigned char *memory = NULL;
    size_t size = 0;
    for (size_t next = 64; next <= 1 << 20; next *= 4) {
        unsigned char *grown =
            nanvm_manager_resize(manager, memory, layout_of(size), next);
        if (grown == NULL) {
            break;
        }
        assert_true(size == 0 || grown[size - 1] == 0x77);
        memset(grown, 0x77, next);
        memory = grown;
        size = next;
    }
    assert_true(size == 0 || (memory[0] == 0x77 && memory[size - 1] == 0x77));
    assert_true(nanvm_stats_make(manager).live_bytes >= size);
    nanvm_arena_deinit(&arena);
    return size == 1 << 20 && source->failures == 0;
}

static void test_lone_piece_survives_each_failure(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, grow_alone);
}

static bool grow_array_alone(accounting *source) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source->manager);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    nanvm_mut_ref array = nanvm_new_array(manager, &refs_type, NULL, 1);
    if (array.object != NULL) {
        *(nanvm_ref *)array.object = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    }
    size_t length = 1;
    while (array.object != NULL && length < 70000 &&
           nanvm_mut_ref_resize(&array, manager, length * 3)) {
        length *= 3;
    }
    if (array.object != NULL) {
        assert_int_equal(nanvm_mut_ref_length(array), length);
        assert_int_equal(tracked_live(), 1);
    }
    nanvm_arena_deinit(&arena);
    assert_int_equal(tracked_live(), 0);
    return length >= 70000 && source->failures == 0;
}

static void test_lone_array_survives_each_failure(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, grow_array_alone);
}

/* Retained chunks that are too small are given back before the chunk fails to grow. */
static void test_retained_chunks_make_room_for_a_chunk_that_grows(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 4; i++) {
        (void)piece(self, LARGE);
    }
    nanvm_arena_reset(&self->arena);
    accounting_limit(&self->source, 6 * LARGE); /* a move needs both chunks */
    unsigned char *memory = piece(self, LARGE);
    memory[LARGE - 1] = 0x21;
    memory = nanvm_manager_resize(self->manager, memory, layout_of(LARGE), 4 * LARGE);
    assert_non_null(memory);
    assert_int_equal(memory[LARGE - 1], 0x21);
    assert_int_equal(self->source.live_blocks, 1);
}

/* Nor is more than the piece needs asked for when they are gone. */
static void test_large_piece_takes_its_own_size_after_retained_chunks_made_room(
    void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 4; i++) {
        (void)piece(self, LARGE);
    }
    nanvm_arena_reset(&self->arena);
    accounting_limit(&self->source, 7 * LARGE);
    memset(piece(self, 4 * LARGE), 1, 4 * LARGE);
    assert_int_equal(self->source.live_blocks, 1);
    assert_in_range(reserved(self), 4 * LARGE, 4 * LARGE + 200);
}

/* Lets the next resize fail, in place and by a copy. */
static void fail_next_resize(fixture *self) {
    static const size_t requests[] = {0, 1};
    accounting_fail_each(&self->source, requests, 2);
}

/* If the source has no memory to spare, the chunk gets just what the piece needs. */
static void test_chunk_that_can_not_grow_by_more_grows_by_what_is_needed(void **state) {
    fixture *self = *state;
    unsigned char *memory = piece(self, LARGE);
    memory[LARGE - 1] = 0x35;
    fail_next_resize(self);
    memory = nanvm_manager_resize(self->manager, memory, layout_of(LARGE), LARGE + 1000);
    assert_non_null(memory);
    assert_int_equal(memory[LARGE - 1], 0x35);
    assert_in_range(reserved(self), LARGE + 1000, LARGE + 1200);
    assert_int_equal(reserved(self), last_asked.size);
    memset(memory, 0x36, LARGE + 1000);
    memset(piece(self, 1000), 0x37, 1000);
    assert_int_equal(memory[LARGE + 999], 0x36);
}

/* Even if retained chunks were given back first. */
static void test_chunk_that_can_not_grow_at_all_stays_as_it_is(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 3; i++) {
        (void)piece(self, LARGE);
    }
    nanvm_arena_reset(&self->arena);
    unsigned char *memory = piece(self, LARGE);
    memset(memory, 0x61, LARGE);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_manager_resize(self->manager, memory, layout_of(LARGE), 2 * LARGE));
    accounting_never_fail(&self->source);
    assert_int_equal(memory[0], 0x61);
    assert_int_equal(memory[LARGE - 1], 0x61);
    assert_int_equal(self->source.live_blocks, 1);
}

/* The source isn't asked for what was retained, and the chunk that is left is retained in
 * its place. */
static void test_lone_piece_moves_to_a_retained_chunk(void **state) {
    fixture *self = *state;
    (void)piece(self, 100);
    (void)piece(self, LARGE);
    nanvm_arena_reset(&self->arena);
    size_t requests = self->source.requests;
    size_t before = reserved(self);
    unsigned char *memory = piece(self, 100);
    memory[99] = 0x42;
    memory = nanvm_manager_resize(self->manager, memory, layout_of(100), LARGE);
    assert_int_equal(memory[99], 0x42);
    assert_int_equal(self->source.requests, requests);
    assert_int_equal(reserved(self), before);
    nanvm_arena_reset(&self->arena); /* frees the chunk that was left */
    assert_int_equal(self->source.live_blocks, 1);
}

/* The chunks beside it stay in use. */
static void test_piece_that_moves_to_a_retained_chunk_leaves_others_in_theirs(
    void **state) {
    fixture *self = *state;
    (void)piece(self, 100);
    (void)piece(self, LARGE);
    (void)piece(self, 2 * LARGE);
    nanvm_arena_reset(&self->arena);
    size_t requests = self->source.requests;
    size_t before = reserved(self);
    unsigned char *small = piece(self, 100);
    unsigned char *large = piece(self, LARGE);
    assert_non_null(
        nanvm_manager_resize(self->manager, large, layout_of(LARGE), 2 * LARGE));
    assert_int_equal(reserved(self), before);
    unsigned char *behind = piece(self, 100);
    assert_true(behind > small && behind < small + 300);
    assert_int_equal(self->source.requests, requests);
}

/* Neither a chunk that grows nor a move to a retained one makes the peak higher than what
 * was in use. */
static void test_growing_with_a_chunk_makes_the_peak_what_is_in_use(void **state) {
    fixture *self = *state;
    size_t most = 0;
    for (size_t round = 0; round < 2; round++) {
        unsigned char *memory = piece(self, LARGE);
        for (size_t i = 1; i < 4; i++) {
            memory = nanvm_manager_resize(self->manager, memory, layout_of(i * LARGE),
                                          (i + 1) * LARGE);
            assert_non_null(memory);
            size_t in_use = stats_of(self).live_bytes;
            assert_in_range(in_use, (i + 1) * LARGE, (i + 1) * LARGE + 16);
            most = in_use > most ? in_use : most;
            assert_int_equal(stats_of(self).peak_bytes, most);
        }
        nanvm_arena_reset(&self->arena);
    }
}

/* A chunk that can grow doesn't take the retained ones with it. */
static void test_retained_chunks_stay_where_a_chunk_grows_without_them(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 3; i++) {
        (void)piece(self, LARGE);
    }
    nanvm_arena_reset(&self->arena);
    unsigned char *memory = piece(self, LARGE);
    memory[LARGE - 1] = 0x52;
    memory = nanvm_manager_resize(self->manager, memory, layout_of(LARGE), 2 * LARGE);
    assert_non_null(memory);
    assert_int_equal(memory[LARGE - 1], 0x52);
    assert_int_equal(self->source.live_blocks, 3);
    size_t requests = self->source.requests;
    (void)piece(self, LARGE);
    (void)piece(self, LARGE);
    assert_int_equal(self->source.requests, requests);
}

/* Memory in huge pages has a layout of its own, with which it was asked for and is given
 * back, whatever the only piece in it wants. */
static void test_chunk_in_huge_pages_is_not_resized(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 4; i++) {
        (void)piece(self, LARGE);
    }
    unsigned char *memory = NULL;
    for (size_t i = 0; last_asked.size != HUGE_PAGES; i++) {
        assert_true(i < 1000);
        memory = piece(self, 3000);
    }
    assert_int_equal(last_asked.align, HUGE_PAGES);
    memory[2999] = 0x66;
    memory =
        nanvm_manager_resize(self->manager, memory, layout_of(3000), HUGE_PAGES + LARGE);
    assert_non_null(memory);
    assert_int_equal(memory[2999], 0x66);
}

/* However large it becomes, to the byte. */
static void test_chunk_does_not_grow_into_huge_pages(void **state) {
    fixture *self = *state;
    for (size_t size = HUGE_PAGES - 100; size <= HUGE_PAGES; size++) {
        unsigned char *memory = piece(self, LARGE);
        memory[LARGE - 1] = 0x13;
        memory = nanvm_manager_resize(self->manager, memory, layout_of(LARGE), size);
        assert_non_null(memory);
        assert_int_equal(memory[LARGE - 1], 0x13);
        memset(memory, 0x13, size);
        nanvm_arena_reset(&self->arena);
        nanvm_arena_reset(&self->arena);
    }
}

/* Nor where it gets just what is needed. */
static void test_chunk_with_nothing_to_spare_does_not_grow_into_huge_pages(void **state) {
    fixture *self = *state;
    enum { FROM = HUGE_PAGES - 10000 };
    for (size_t size = HUGE_PAGES - 100; size <= HUGE_PAGES; size++) {
        unsigned char *memory = piece(self, FROM);
        memory[FROM - 1] = 0x14;
        fail_next_resize(self);
        memory = nanvm_manager_resize(self->manager, memory, layout_of(FROM), size);
        assert_non_null(memory);
        assert_int_equal(memory[FROM - 1], 0x14);
        memset(memory, 0x14, size);
        assert_int_not_equal(last_asked.size, HUGE_PAGES);
        nanvm_arena_reset(&self->arena);
        nanvm_arena_reset(&self->arena);
    }
}

/* One of just that size is in huge pages, and goes back as such. */
static void test_chunk_that_has_just_the_size_of_a_huge_page_is_given_back(void **state) {
    fixture *self = *state;
    for (size_t align = SMALL_ALIGN; align <= OVER_ALIGN; align *= 16) {
        for (size_t size = HUGE_PAGES - 256; size < HUGE_PAGES - 40; size++) {
            nanvm_layout layout = nanvm_layout_make(size, align);
            if (align == OVER_ALIGN) { /* which leaves room in the chunk, if it may */
                accounting_fail_once(&self->source, 0);
            }
            unsigned char *memory = nanvm_manager_alloc(self->manager, layout);
            assert_true(is_aligned(memory, align));
            memory[size - 1] = 1;
            nanvm_arena_reset(&self->arena);
            nanvm_arena_reset(&self->arena);
        }
    }
    accounting_never_fail(&self->source);
}

static const struct CMUnitTest tests[] = {
    TEST(test_small_pieces_share_a_chunk_while_large_ones_come, noting),
    TEST(test_pieces_of_any_size_fill_their_chunks),
    TEST(test_chunk_with_most_room_stays_within_reach, noting),
    TEST(test_objects_around_a_large_array_are_what_they_are, noting),
    TEST(test_reset_releases_objects_in_all_chunks_once, noting),
    TEST(test_failed_request_changes_nothing, noting),
    TEST(test_small_pieces_find_their_chunk_again_after_a_reset, noting),
    TEST(test_lone_piece_that_doubles_takes_its_own_size, noting),
    TEST(test_piece_that_doubles_beside_others_takes_little_more, noting),
    TEST(test_old_chunk_is_freed_at_once_where_the_source_cannot_resize, noting),
    TEST(test_array_that_grows_by_one_asks_rarely, noting),
    TEST(test_lone_array_of_references_moves_with_its_chunk, noting),
    TEST(test_lone_array_moves_with_its_chunk_in_a_self_contained_arena, noting),
    TEST(test_array_that_moved_shares_its_origin, noting),
    TEST(test_chunk_of_two_stays_where_it_is, noting),
    TEST(test_over_aligned_piece_keeps_its_alignment, noting),
    TEST(test_large_piece_grows_with_its_chunk_after_others_came, noting),
    TEST(test_array_of_references_grows_with_its_chunk_after_others_came, noting),
    TEST(test_piece_whose_chunk_is_returned_to_grows_in_place_again, noting),
    TEST(test_large_piece_grows_with_its_chunk_after_many_points_came, noting),
    TEST(test_array_whose_chunk_is_returned_to_grows_in_place_again, noting),
    TEST(test_piece_that_came_back_to_a_chunk_grows_alone, noting),
    TEST(test_piece_with_another_behind_it_leaves_that_alone, noting),
    TEST(test_first_chunk_after_a_reset_is_small, noting),
    TEST(test_chunks_double_whatever_lies_beside_them, noting),
    TEST(test_array_that_grows_by_one_asks_more_rarely_where_it_is_copied, noting),
    TEST(test_array_that_a_link_leads_to_moves_alone, noting),
    TEST(test_lone_piece_survives_each_failure),
    TEST(test_lone_array_survives_each_failure),
    TEST(test_retained_chunks_make_room_for_a_chunk_that_grows, noting),
    TEST(test_large_piece_takes_its_own_size_after_retained_chunks_made_room, noting),
    TEST(test_chunk_that_can_not_grow_by_more_grows_by_what_is_needed, noting),
    TEST(test_chunk_that_can_not_grow_at_all_stays_as_it_is, noting),
    TEST(test_lone_piece_moves_to_a_retained_chunk, noting),
    TEST(test_piece_that_moves_to_a_retained_chunk_leaves_others_in_theirs, noting),
    TEST(test_retained_chunks_stay_where_a_chunk_grows_without_them, noting),
    TEST(test_growing_with_a_chunk_makes_the_peak_what_is_in_use, noting),
    TEST(test_chunk_in_huge_pages_is_not_resized, noting),
    TEST(test_chunk_that_has_just_the_size_of_a_huge_page_is_given_back, noting),
    TEST(test_chunk_does_not_grow_into_huge_pages, noting),
    TEST(test_chunk_with_nothing_to_spare_does_not_grow_into_huge_pages, noting),
};

RUN_TESTS(tests)
