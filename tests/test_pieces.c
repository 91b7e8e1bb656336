/* Pieces of raw memory of a local manager: small ones in slots, large ones from the
 * source, and all of them given back at once. */
#include <stdlib.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "stage.h"

/* Slots are 16 bytes apart up to FINE. */
enum { FINE = 1024, LARGEST_SLOT = 4096, LARGE = 5000, ALIGN = 8, OVER_ALIGNED = 4096 };

#define NEEDS_SLOTS() SKIP_IF_HARDENED("there each piece comes from the source")

static nanvm_layout layout_of(size_t size) {
    return nanvm_layout_make(size, ALIGN);
}

/* All bytes say which piece it is. */
static void *piece(nanvm_manager *manager, size_t size, size_t number) {
    void *memory = nanvm_manager_alloc(manager, layout_of(size));
    assert_non_null(memory);
    memset(memory, (int)(number & 0xff), size);
    return memory;
}

static void expect_bytes(const void *memory, size_t size, size_t number) {
    const unsigned char *bytes = memory;
    assert_int_equal(bytes[0], number & 0xff);
    assert_memory_equal(bytes, bytes + 1, size - 1); /* a loop of asserts is slow */
}

static void release(nanvm_manager *manager, void *memory, size_t size) {
    nanvm_manager_dealloc(manager, memory, layout_of(size));
}

static void *resized(nanvm_manager *manager, void *memory, size_t size, size_t new_size) {
    void *moved = nanvm_manager_resize(manager, memory, layout_of(size), new_size);
    assert_non_null(moved);
    return moved;
}

static nanvm_stats stats_of(const fixture *self) {
    return nanvm_stats_make(self->manager);
}

/* --- small pieces --- */

/* The size of the slot that a piece takes: an eighth of a power of two apart beyond
 * FINE. */
static size_t slot_size(size_t size) {
    size_t step = 16;
    for (size_t power = FINE; size > power; power *= 2) {
        step = power / 8;
    }
    return (size + step - 1) / step * step;
}

/* Of all sizes that have slots, those that are rounded up to the same size share them. */
static void test_piece_takes_the_slot_of_its_size_that_was_freed_last(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *alive = piece(manager, 1, 0);
    size_t least = 1;
    for (size_t size = 1; size <= LARGEST_SLOT; size++) {
        void *first = piece(manager, size, 1);
        void *last = piece(manager, size, 2);
        release(manager, first, size);
        release(manager, last, size);
        least = size > slot_size(least) ? size : least;
        assert_ptr_equal(piece(manager, slot_size(size), 3), last);
        assert_ptr_equal(piece(manager, least, 4), first);
        release(manager, last, slot_size(size));
        release(manager, first, least);
    }
    release(manager, alive, 1);
}

/* No two slots overlap. */
static void test_piece_has_all_bytes_of_its_slot(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    static void *pieces[LARGEST_SLOT + 1];
    for (size_t size = 1; size <= LARGEST_SLOT; size++) {
        pieces[size] = piece(manager, size, size);
    }
    for (size_t size = 1; size <= LARGEST_SLOT; size++) {
        expect_bytes(pieces[size], size, size);
        release(manager, pieces[size], size);
    }
}

static void test_pieces_of_all_sizes_lie_side_by_side(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    enum { PIECES = 9 };
    unsigned char *pieces[PIECES];
    size_t sizes[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        sizes[i] = 1 + i * 23;
        pieces[i] = piece(manager, sizes[i], i);
        if (i > 0) {
            size_t rounded = (sizes[i - 1] + 15) / 16 * 16;
            assert_ptr_equal(pieces[i], pieces[i - 1] + rounded);
        }
    }
    for (size_t i = 0; i < PIECES; i++) {
        expect_bytes(pieces[i], sizes[i], i);
        release(manager, pieces[i], sizes[i]);
    }
}

static void test_small_pieces_are_aligned_as_they_ask(void **state) {
    nanvm_manager *manager = ((fixture *)*state)->manager;
    enum { PIECES = 200 };
    void *pieces[PIECES];
    for (size_t align = 1; align <= 64; align *= 2) {
        for (size_t i = 0; i < PIECES; i++) {
            pieces[i] = nanvm_manager_alloc(manager, nanvm_layout_make(1 + i, align));
            assert_true(is_aligned(pieces[i], align));
        }
        for (size_t i = 0; i < PIECES; i++) {
            nanvm_manager_dealloc(manager, pieces[i], nanvm_layout_make(1 + i, align));
        }
    }
}

static void test_piece_that_is_aligned_to_sixteen_bytes_takes_a_slot(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *memory = piece(manager, 48, 1);
    nanvm_layout layout = nanvm_layout_make(40, 16);
    release(manager, memory, 48);
    assert_ptr_equal(nanvm_manager_alloc(manager, layout), memory);
    nanvm_manager_dealloc(manager, memory, layout);
}

/* Chunks have from 2 to 64 KiB, a quarter of what the account has. */
static void test_small_pieces_ask_the_source_seldom(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PIECES = 20000, SIZE = 64 };
    static void *pieces[PIECES];
    pieces[0] = piece(self->manager, SIZE, 0);
    assert_int_equal(stats_of(self).reserved_bytes, 2048);
    size_t requests = self->source.requests;
    for (size_t i = 1; i < PIECES; i++) {
        pieces[i] = piece(self->manager, SIZE, i);
    }
    assert_in_range(self->source.requests - requests, PIECES * SIZE / 65536,
                    PIECES * SIZE / 65536 + 32);
    size_t reserved = stats_of(self).reserved_bytes;
    assert_in_range(reserved, PIECES * SIZE, PIECES * SIZE + 65536 + 1024);
    for (size_t i = 0; i < PIECES; i++) {
        expect_bytes(pieces[i], SIZE, i);
        release(self->manager, pieces[i], SIZE);
    }
    assert_int_equal(stats_of(self).live_blocks, 0);
    assert_int_equal(stats_of(self).live_bytes, 0);
    assert_int_equal(stats_of(self).peak_bytes, PIECES * SIZE);
}

/* The end of a chunk, too short for the next piece, serves a shorter one. */
static void test_rest_of_a_chunk_is_used(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { HEAD = 16, FIRST = 2048, REST = FIRST - HEAD - FINE };
    unsigned char *first = piece(self->manager, FINE, 1);
    void *second = piece(self->manager, FINE, 2);
    assert_ptr_equal(piece(self->manager, REST, 3), first + FINE);
    expect_bytes(first, FINE, 1);
    expect_bytes(second, FINE, 2);
    release(self->manager, first + FINE, REST);
    release(self->manager, second, FINE);
    release(self->manager, first, FINE);
}

/* --- resize --- */

static void test_shrinking_piece_moves_and_leaves_its_slot_to_others(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *memory = piece(manager, 400, 1);
    void *behind = piece(manager, 16, 2);
    void *moved = resized(manager, memory, 400, 100);
    assert_ptr_not_equal(moved, memory);
    expect_bytes(moved, 100, 1);
    assert_ptr_equal(piece(manager, 400, 3), memory);
    expect_bytes(behind, 16, 2);
    release(manager, memory, 400);
    release(manager, moved, 100);
    release(manager, behind, 16);
}

/* If there is no memory to move to. No slot is as large as what is cut off: it becomes
 * two. */
static void test_piece_that_is_cut_leaves_its_end_to_others(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { CUT = 112, FIRST_SLOT = 3840, SECOND_SLOT = LARGEST_SLOT - CUT - FIRST_SLOT };
    unsigned char *memory = piece(self->manager, LARGEST_SLOT, 1);
    void *behind = piece(self->manager, LARGEST_SLOT, 2);
    accounting_fail_from(&self->source, 0);
    assert_ptr_equal(resized(self->manager, memory, LARGEST_SLOT, CUT), memory);
    accounting_never_fail(&self->source);
    assert_ptr_equal(piece(self->manager, FIRST_SLOT, 3), memory + CUT);
    assert_ptr_equal(piece(self->manager, SECOND_SLOT, 4), memory + CUT + FIRST_SLOT);
    expect_bytes(memory, CUT, 1);
    expect_bytes(behind, LARGEST_SLOT, 2);
    release(self->manager, memory, CUT);
    release(self->manager, memory + CUT, FIRST_SLOT);
    release(self->manager, memory + CUT + FIRST_SLOT, SECOND_SLOT);
    release(self->manager, behind, LARGEST_SLOT);
}

/* And what its slot had more than the piece had asked for. */
static void test_piece_that_is_cut_leaves_the_unused_bytes_of_its_slot(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { SIZE = 1000, SLOT = 1008, CUT = 10, CUT_SLOT = 16 };
    unsigned char *memory = piece(self->manager, SIZE, 1);
    void *behind = piece(self->manager, SIZE, 2);
    void *last = piece(self->manager, CUT, 3); /* the chunk is full */
    accounting_fail_from(&self->source, 0);
    assert_ptr_equal(resized(self->manager, memory, SIZE, CUT), memory);
    void *rest = piece(self->manager, SLOT - CUT_SLOT, 4);
    accounting_never_fail(&self->source);
    assert_ptr_equal(rest, memory + CUT_SLOT);
    expect_bytes(memory, CUT, 1);
    expect_bytes(behind, SIZE, 2);
    release(self->manager, rest, SLOT - CUT_SLOT);
    release(self->manager, memory, CUT);
    release(self->manager, behind, SIZE);
    release(self->manager, last, CUT);
}

enum { LARGEST_CHUNK = 65536, HUGE_PIECE = 4 * LARGEST_CHUNK };

/* While it is alive, chunks have the largest size. */
static void *huge_piece(nanvm_manager *manager) {
    return piece(manager, HUGE_PIECE, 0);
}

static void test_piece_of_any_size_keeps_its_slot_up_to_the_last_byte(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *huge = huge_piece(manager);
    for (size_t least = 1, most; least <= LARGEST_SLOT; least = most + 1) {
        most = slot_size(least);
        void *memory = piece(manager, least, 1);
        void *behind = piece(manager, most, 2);
        assert_ptr_equal(resized(manager, memory, least, most), memory);
        assert_ptr_equal(resized(manager, memory, most, least), memory);
        memory = resized(manager, memory, least, most);
        void *moved = resized(manager, memory, most, most + 1);
        assert_ptr_not_equal(moved, memory);
        expect_bytes(moved, least, 1);
        expect_bytes(behind, most, 2);
        release(manager, moved, most + 1);
        release(manager, behind, most);
    }
    release(manager, huge, HUGE_PIECE);
}

static void test_last_piece_of_any_size_changes_its_size_in_place(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *huge = huge_piece(manager);
    unsigned char *memory = piece(manager, 1, 1);
    size_t size = 1;
    for (size_t next = 17; next <= LARGEST_SLOT; next = slot_size(next) + 1) {
        assert_ptr_equal(resized(manager, memory, size, next), memory);
        size = next;
    }
    unsigned char *behind = piece(manager, 16, 2);
    assert_ptr_equal(behind, memory + slot_size(size));
    release(manager, memory, size);
    release(manager, behind, 16);
    release(manager, huge, HUGE_PIECE);
}

/* Takes what is left of a chunk, in pieces of up to FINE bytes; returns how many. */
static size_t fill_chunk(nanvm_manager *manager, void **pieces, size_t *sizes,
                         size_t rest) {
    size_t length = 0;
    for (; rest > 0; ++length) {
        sizes[length] = rest < FINE ? rest : FINE;
        pieces[length] = piece(manager, sizes[length], length);
        rest -= sizes[length];
    }
    return length;
}

/* What is left of the piece and what is cut off fill its slot: neither more, while a
 * piece is alive beside it, nor less. */
static void cut(fixture *self, size_t old_size, size_t size) {
    static void *pieces[LARGEST_CHUNK / FINE];
    static size_t sizes[LARGEST_CHUNK / FINE];
    void *memory = piece(self->manager, old_size, 1);
    size_t rest = LARGEST_CHUNK - 2 * 16 - slot_size(old_size);
    size_t length = fill_chunk(self->manager, pieces, sizes, rest);
    void *last = piece(self->manager, 16, 2);
    accounting_fail_from(&self->source, 0);
    assert_ptr_equal(resized(self->manager, memory, old_size, size), memory);
    accounting_never_fail(&self->source);
    expect_bytes(memory, size, 1);
    release(self->manager, memory, size);
    for (size_t i = 0; i < length; i++) {
        expect_bytes(pieces[i], sizes[i], i);
        release(self->manager, pieces[i], sizes[i]);
    }
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    release(self->manager, last, 16);
    assert_int_equal(nanvm_local_trim(&self->local), LARGEST_CHUNK);
}

static void test_piece_of_any_size_is_cut_to_any_smaller_one(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    static const size_t sizes[] = {10,   1000, 1024, 1030, 1152, 1281,
                                   2040, 2049, 2304, 3000, 4096};
    void *huge = huge_piece(self->manager);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < i; j++) {
            if (slot_size(sizes[j]) < slot_size(sizes[i])) {
                cut(self, sizes[i], sizes[j]);
            }
        }
    }
    release(self->manager, huge, HUGE_PIECE);
}

/* Where no usual chunk can be had, or where a usual one is too small. */
static void test_chunk_for_one_piece_is_as_large_as_its_slot(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { HEAD = 16, USUAL = 2048 };
    release(self->manager, piece(self->manager, 1, 1), 1);
    (void)nanvm_local_trim(&self->local);
    for (size_t size = 1; size <= LARGEST_SLOT; size += 15) {
        size_t least = HEAD + slot_size(size);
        if (least <= USUAL) {
            accounting_fail_once(&self->source, 0);
        }
        void *memory = piece(self->manager, size, 2);
        accounting_never_fail(&self->source);
        assert_int_equal(stats_of(self).reserved_bytes, least);
        release(self->manager, memory, size);
        assert_int_equal(nanvm_local_trim(&self->local), least);
    }
}

/* What is cut off is one slot where it has just a slot's size. */
static void leave_one_slot(fixture *self, size_t size, size_t rest) {
    unsigned char *memory = piece(self->manager, size + rest, 1);
    void *behind = piece(self->manager, LARGEST_SLOT, 2);
    accounting_fail_from(&self->source, 0);
    assert_ptr_equal(resized(self->manager, memory, size + rest, size), memory);
    assert_ptr_equal(piece(self->manager, rest, 3), memory + size);
    accounting_never_fail(&self->source);
    expect_bytes(memory, size, 1);
    release(self->manager, memory + size, rest);
    release(self->manager, memory, size);
    release(self->manager, behind, LARGEST_SLOT);
    (void)nanvm_local_trim(&self->local);
}

static void test_piece_that_is_cut_leaves_one_slot_where_that_fits(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    leave_one_slot(self, 1792, 2304);
    leave_one_slot(self, 896, 1152);
    leave_one_slot(self, 1024, 1024);
}

/* A random mix of pieces that grow and shrink: what is free serves others. */
static void test_mixed_sizes_reserve_little_more_than_is_alive(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PLACES = 500, STEPS = 50000, MOST = 2000 };
    static void *pieces[PLACES];
    static size_t sizes[PLACES];
    uint32_t random = 1;
    for (size_t i = 0; i < PLACES; i++) {
        sizes[i] = 1 + next_random(&random) % MOST;
        pieces[i] = piece(self->manager, sizes[i], i);
    }
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = next_random(&random) % PLACES;
        size_t size = 1 + next_random(&random) % MOST;
        pieces[i] = resized(self->manager, pieces[i], sizes[i], size);
        sizes[i] = size;
    }
    nanvm_stats stats = stats_of(self);
    assert_in_range(stats.reserved_bytes, stats.live_bytes, 2 * stats.live_bytes);
    for (size_t i = 0; i < PLACES; i++) {
        release(self->manager, pieces[i], sizes[i]);
    }
}

static void test_last_piece_grows_in_place(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    unsigned char *memory = piece(manager, 10, 1);
    assert_ptr_equal(resized(manager, memory, 10, 16), memory);
    assert_ptr_equal(resized(manager, memory, 16, 17), memory);
    assert_ptr_equal(resized(manager, memory, 17, FINE), memory);
    expect_bytes(memory, 10, 1);
    unsigned char *next = piece(manager, 16, 2);
    assert_ptr_equal(next, memory + FINE);
    unsigned char *elsewhere = resized(manager, memory, FINE, LARGE);
    expect_bytes(elsewhere, 10, 1);
    assert_ptr_equal(piece(manager, FINE, 3), memory);
    release(manager, memory, FINE);
    release(manager, next, 16);
    release(manager, elsewhere, LARGE);
}

/* It moves to a slot of the new size, and its own is free. */
static void test_piece_in_front_of_another_grows_elsewhere(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *memory = piece(manager, 32, 1);
    void *behind = piece(manager, 32, 2);
    void *moved = resized(manager, memory, 32, 33);
    assert_ptr_not_equal(moved, memory);
    expect_bytes(moved, 32, 1);
    assert_ptr_equal(piece(manager, 32, 3), memory);
    release(manager, memory, 32);
    release(manager, behind, 32);
    release(manager, moved, 33);
}

static void test_piece_that_needs_no_other_slot_stays(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *memory = piece(manager, 17, 1);
    void *behind = piece(manager, 32, 2);
    assert_ptr_equal(resized(manager, memory, 17, 32), memory);
    assert_ptr_equal(resized(manager, memory, 32, 17), memory);
    void *other = piece(manager, 16, 3);
    assert_true((char *)other < (char *)memory || (char *)other > (char *)behind);
    release(manager, memory, 17);
    release(manager, behind, 32);
    release(manager, other, 16);
}

/* In place only while the chunk has room. */
static void test_last_piece_of_a_chunk_grows_up_to_its_end(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    enum { ROOM = 2048 - 16 };
    void *first = piece(manager, FINE, 1);
    void *last = piece(manager, 16, 2);
    assert_ptr_equal(resized(manager, last, 16, ROOM - FINE), last);
    void *moved = resized(manager, last, ROOM - FINE, FINE);
    assert_ptr_not_equal(moved, last);
    expect_bytes(moved, 16, 2);
    release(manager, first, FINE);
    release(manager, moved, FINE);
}

/* Even where its chunk has room. */
static void test_small_piece_that_gets_large_leaves_its_chunk(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    void *huge = huge_piece(manager);
    void *small = piece(manager, 16, 2);
    void *large = resized(manager, small, 16, LARGE);
    assert_ptr_not_equal(large, small);
    expect_bytes(large, 16, 2);
    release(manager, large, LARGE);
    release(manager, huge, HUGE_PIECE);
}

/* An arena places the chunk right behind the large piece. */
static void test_large_piece_in_front_of_the_bump_range_moves(void **state) {
    NEEDS_SLOTS();
    (void)state;
    static _Alignas(16) unsigned char buffer[65536];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_local local;
    nanvm_local_init_from(&local, nanvm_arena_manager(&arena));
    nanvm_manager *manager = nanvm_local_manager(&local);
    unsigned char *large = piece(manager, LARGE, 1);
    unsigned char *first = piece(manager, 16, 2);
    size_t between = (size_t)(large + slot_size(LARGE) - (first + 16));
    assert_in_range(between, 16, FINE);
    void *second = piece(manager, between, 3); /* up to where a slot would end */
    void *moved = resized(manager, large, LARGE, 16);
    assert_ptr_not_equal(moved, large);
    expect_bytes(moved, 16, 1);
    release(manager, moved, 16);
    release(manager, first, 16);
    release(manager, second, between);
    nanvm_local_deinit(&local);
    nanvm_arena_deinit(&arena);
}

/* Where the source has nothing new, but makes a large piece smaller. */
static void shrink_to_slot(fixture *self, size_t size) {
    enum { HEAD = 16, USUAL_CHUNK = 2048 };
    bool asks_twice = HEAD + slot_size(size) <= USUAL_CHUNK; /* then for a smaller one */
    void *memory = piece(self->manager, LARGE, 1);
    const size_t requests[] = {0, 1};
    accounting_fail_each(&self->source, requests, asks_twice ? 2 : 1);
    memory = resized(self->manager, memory, LARGE, size);
    accounting_never_fail(&self->source);
    expect_bytes(memory, size, 1);
    assert_int_equal(stats_of(self).reserved_bytes, slot_size(size));
    release(self->manager, memory, size);
    (void)nanvm_local_trim(&self->local);
}

static void test_large_piece_that_becomes_a_slot_shrinks_to_its_size(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    for (size_t size = 1; size <= LARGEST_SLOT; size = slot_size(size) + 1) {
        shrink_to_slot(self, size);
    }
}

static void test_bytes_survive_every_change_of_size(void **state) {
    nanvm_manager *manager = ((fixture *)*state)->manager;
    static const size_t sizes[] = {1,    16,   17,     1000, 1024, 1025, 3000,
                                   4096, 4097, 100000, 2000, 40,   8};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            void *memory = piece(manager, sizes[i], i);
            void *other = piece(manager, sizes[j], 99);
            memory = resized(manager, memory, sizes[i], sizes[j]);
            expect_bytes(memory, sizes[i] < sizes[j] ? sizes[i] : sizes[j], i);
            expect_bytes(other, sizes[j], 99);
            release(manager, memory, sizes[j]);
            release(manager, other, sizes[j]);
        }
    }
}

/* Whatever the source answers: a small piece is cut, a large one stays or becomes a
 * slot. */
static void shrink_without_memory(fixture *self, size_t size, size_t new_size) {
    void *memory = piece(self->manager, size, 7);
    accounting_fail_from(&self->source, 0);
    memory = resized(self->manager, memory, size, new_size);
    assert_true(is_hardened || stats_of(self).live_bytes == new_size); /* a checksum */
    assert_int_equal(stats_of(self).live_blocks, 1);
    expect_bytes(memory, new_size, 7);
    release(self->manager, memory, new_size);
    accounting_never_fail(&self->source);
}

static void test_piece_shrinks_without_memory(void **state) {
    fixture *self = *state;
    shrink_without_memory(self, LARGE, LARGE);
    shrink_without_memory(self, LARGE, 2000);
    shrink_without_memory(self, LARGE, 1);
    shrink_without_memory(self, 1000, 1);
    shrink_without_memory(self, LARGE, LARGEST_SLOT);
    shrink_without_memory(self, LARGEST_SLOT, FINE);
    shrink_without_memory(self, LARGEST_SLOT + 1, LARGEST_SLOT - 15);
}

/* What became a slot serves others, and a trim leaves it where it is. */
static void test_large_piece_that_became_a_slot_is_used_again(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { SIZE = 640 };
    void *memory = piece(self->manager, LARGE, 1);
    void *other = piece(self->manager, LARGE, 2);
    accounting_fail_from(&self->source, 0);
    memory = resized(self->manager, memory, LARGE, SIZE);
    accounting_never_fail(&self->source);
    release(self->manager, memory, SIZE);
    (void)nanvm_local_trim(&self->local);
    assert_ptr_equal(piece(self->manager, SIZE, 3), memory);
    expect_bytes(memory, SIZE, 3);
    release(self->manager, memory, SIZE);
    release(self->manager, other, LARGE);
    assert_true(nanvm_local_trim(&self->local) >= SIZE);
    assert_int_equal(stats_of(self).reserved_bytes, 0);
}

/* A trim finds slots that lie above all chunks, between them, and below them. */
static void test_trim_keeps_slots_that_lie_in_no_chunk(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PIECES = 40, SIZE = 1008 };
    void *slots[PIECES];
    void *between[PIECES];
    void *other = piece(self->manager, LARGE, 0);
    size_t kept = 0;
    for (size_t i = 0; i < PIECES; i++) {
        void *large = piece(self->manager, LARGE, i);
        accounting_fail_from(&self->source, 0);
        slots[i] = resized(self->manager, large, LARGE, SIZE);
        accounting_never_fail(&self->source);
        kept += slots[i] == large;
        between[i] = piece(self->manager, 512, i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        release(self->manager, slots[i], SIZE);
        if (i % 4 != 0) {
            release(self->manager, between[i], 512);
        }
    }
    (void)nanvm_local_trim(&self->local);
    for (size_t i = 0; i < PIECES; i += 4) {
        expect_bytes(between[i], 512, i);
        release(self->manager, between[i], 512);
    }
    assert_true(nanvm_local_trim(&self->local) > 0);
    size_t requests = self->source.requests;
    for (size_t i = 0; i < PIECES; i++) {
        slots[i] = piece(self->manager, SIZE, i);
    }
    assert_in_range(kept, 5, PIECES);
    assert_in_range(self->source.requests - requests, 0, PIECES - kept);
    for (size_t i = 0; i < PIECES; i++) {
        expect_bytes(slots[i], SIZE, i);
        release(self->manager, slots[i], SIZE);
    }
    release(self->manager, other, LARGE);
}

/* --- what is refused --- */

/* (The manager may have given back what was free.) */
static void test_failed_growth_changes_nothing(void **state) {
    fixture *self = *state;
    static const size_t sizes[] = {100, FINE, LARGE};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *memory = piece(self->manager, sizes[i], i);
        nanvm_stats before = stats_of(self);
        accounting_fail_from(&self->source, 0);
        assert_null(
            nanvm_manager_resize(self->manager, memory, layout_of(sizes[i]), 1000000));
        accounting_never_fail(&self->source);
        assert_int_equal(stats_of(self).live_bytes, before.live_bytes);
        assert_true(stats_of(self).reserved_bytes <= before.reserved_bytes);
        expect_bytes(memory, sizes[i], i);
        release(self->manager, memory, sizes[i]);
    }
}

/* From slot to slot, when all slots are in use. */
static void test_failed_growth_of_a_small_piece_changes_nothing(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *memory = piece(self->manager, 1000, 1);
    void *behind = piece(self->manager, 1000, 2);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_manager_resize(self->manager, memory, layout_of(1000), FINE));
    accounting_never_fail(&self->source);
    expect_bytes(memory, 1000, 1);
    assert_int_equal(stats_of(self).live_bytes, 2000);
    release(self->manager, memory, 1000);
    release(self->manager, behind, 1000);
}

/* Where no whole chunk can be had, a piece gets one for itself. */
static void test_source_with_little_memory_still_serves_a_piece(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *first = piece(self->manager, FINE, 1);
    void *second = piece(self->manager, FINE - 16, 2);
    accounting_fail_once(&self->source, 0);
    void *third = piece(self->manager, 100, 3);
    assert_int_equal(stats_of(self).reserved_bytes, 2048 + 16 + 112);
    expect_bytes(second, FINE - 16, 2);
    release(self->manager, first, FINE);
    release(self->manager, second, FINE - 16);
    release(self->manager, third, 100);
}

static void test_source_without_memory_gets_back_what_is_free(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PIECES = 100 };
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = piece(self->manager, 1000, i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        release(self->manager, pieces[i], 1000);
    }
    accounting_limit(&self->source, self->source.live_bytes);
    void *large = piece(self->manager, 30000, 1);
    release(self->manager, large, 30000);
    accounting_never_fail(&self->source);
}

typedef struct offer {
    nanvm_manager *manager;
    void *memory;
    size_t size;
} offer;

static void give_back(void *context) {
    const offer *self = context;
    release(self->manager, self->memory, self->size);
}

static void test_large_piece_of_somebody_else_is_noticed(void **state) {
    fixture *self = *state;
    nanvm_manager *global = nanvm_global();
    void *mine = piece(self->manager, LARGE, 1);
    offer theirs = {self->manager, piece(global, LARGE, 2), LARGE};
    expect_fatal("didn't hand out", give_back, &theirs);
    release(self->manager, mine, LARGE);
    offer none = {self->manager, theirs.memory, LARGE};
    expect_fatal("didn't hand out", give_back, &none);
    release(global, theirs.memory, LARGE);
}

static void test_large_piece_of_somebody_else_is_noticed_where_none_is_large(
    void **state) {
    fixture *self = *state;
    void *small = piece(self->manager, 10, 1);
    offer theirs = {self->manager, piece(nanvm_global(), LARGE, 2), LARGE};
    expect_fatal("didn't hand out", give_back, &theirs);
    release(self->manager, small, 10);
    release(nanvm_global(), theirs.memory, LARGE);
}

/* --- a source that scatters pieces of one size --- */

enum { SCATTERED = 4112, REGIONS = 8, REGION = 65536 };

/* A hardened build has a checksum in front. */
static bool is_scattered(nanvm_layout layout) {
    return layout.size == SCATTERED + (is_hardened ? sizeof(uint64_t) : 0);
}

typedef struct scatter {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    uint32_t random;
    size_t next; /* region */
    size_t given_back;
} scatter;

static _Alignas(16) unsigned char regions[REGIONS * REGION];

static void *scatter_alloc(nanvm_manager *manager, nanvm_layout layout) {
    scatter *self = (scatter *)manager;
    if (!is_scattered(layout)) {
        return nanvm_manager_alloc(nanvm_global(), layout);
    }
    size_t offset = next_random(&self->random) % (REGION - 2 * SCATTERED) / 16 * 16;
    return regions + self->next++ % REGIONS * REGION + offset;
}

static void scatter_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    if (is_scattered(layout)) {
        char *self = (char *)dealloc - offsetof(scatter, dealloc);
        ((scatter *)(void *)self)->given_back++;
    } else {
        nanvm_manager_dealloc(nanvm_global(), memory, layout);
    }
}

static const nanvm_manager_table scatter_table = {.alloc = scatter_alloc};
static const nanvm_dealloc_table scatter_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                          .dealloc = scatter_dealloc};

/* Calls `look` with the manager when the pieces fill half of the table, wherever they
 * are. */
static void scatter_pieces(void (*look)(nanvm_manager *manager, size_t round)) {
    scatter source = {
        {&scatter_table, &source.dealloc, 0, NULL}, {&scatter_dealloc_table}, 7, 0, 0};
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    for (size_t round = 0; round < 3000; round++) {
        void *pieces[REGIONS];
        for (size_t i = 0; i < REGIONS; i++) {
            pieces[i] = piece(manager, SCATTERED, i);
        }
        look(manager, round);
        for (size_t i = 0; i < REGIONS; i++) {
            expect_bytes(pieces[i], SCATTERED, i);
            release(manager, pieces[i], SCATTERED);
        }
    }
    assert_int_equal(source.next, 3000 * REGIONS);
    assert_int_equal(source.given_back, source.next);
    nanvm_local_deinit(&local);
}

static void test_large_pieces_are_given_back_at_once_wherever_they_lie(void **state) {
    (void)state;
    scatter source = {
        {&scatter_table, &source.dealloc, 0, NULL}, {&scatter_dealloc_table}, 7, 0, 0};
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    for (size_t round = 0; round < 100; round++) {
        for (size_t i = 0; i < REGIONS; i++) {
            (void)piece(nanvm_local_manager(&local), SCATTERED, i);
        }
        nanvm_local_dealloc_raw(&local);
        assert_int_equal(source.given_back, source.next);
    }
    nanvm_local_deinit(&local);
}

static void look_at_nothing(nanvm_manager *manager, size_t round) {
    (void)manager;
    (void)round;
}

static void test_large_piece_is_found_wherever_it_lies(void **state) {
    (void)state;
    scatter_pieces(look_at_nothing);
}

static void seek_in_vain(nanvm_manager *manager, size_t round) {
    unsigned char theirs[16];
    offer none = {manager, theirs + round % 16, SCATTERED};
    expect_fatal("didn't hand out", give_back, &none);
}

static void test_large_piece_of_somebody_else_is_sought_in_vain(void **state) {
    SKIP_IF_HARDENED("a checksum in front of the piece is looked at first");
    (void)state;
    scatter_pieces(seek_in_vain);
}

static void test_large_piece_that_is_given_back_twice_is_noticed(void **state) {
    SKIP_IF_HARDENED("there the wiped checksum in front of it is noticed");
    fixture *self = *state;
    void *kept = piece(self->manager, LARGE, 1);
    offer twice = {self->manager, piece(self->manager, LARGE, 2), LARGE};
    give_back(&twice);
    expect_fatal("didn't hand out", give_back, &twice);
    release(self->manager, kept, LARGE);
}

static void test_small_piece_that_is_given_back_twice_in_a_row_is_noticed(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    offer twice = {manager, piece(manager, 100, 1), 100};
    give_back(&twice);
    expect_fatal("has back already", give_back, &twice);
    void *again = piece(manager, 100, 2);
    void *other = piece(manager, 100, 3);
    assert_ptr_not_equal(again, other);
    release(manager, again, 100);
    release(manager, other, 100);
}

static void grow(void *context) {
    const offer *self = context;
    (void)resized(self->manager, self->memory, self->size, 2 * self->size);
}

static void make_large(void *context) {
    const offer *self = context;
    (void)resized(self->manager, self->memory, self->size, LARGE);
}

/* The slot that it would move to isn't used. */
static void test_piece_that_was_given_back_is_noticed_when_it_is_resized(void **state) {
    NEEDS_SLOTS();
    nanvm_manager *manager = ((fixture *)*state)->manager;
    offer dead = {manager, piece(manager, 100, 1), 100};
    void *behind = piece(manager, 100, 2);
    give_back(&dead);
    expect_fatal("has back already", grow, &dead);
    expect_fatal("has back already", make_large, &dead);
    release(manager, behind, 100);
}

/* --- large pieces --- */

/* Whatever the order in which they go, those that stay are found. */
static void test_many_large_pieces_come_and_go(void **state) {
    fixture *self = *state;
    enum { PIECES = 300, ROUNDS = 20 };
    static void *pieces[PIECES];
    static size_t sizes[PIECES];
    uint32_t random = 1;
    for (size_t round = 0; round < ROUNDS * PIECES; round++) {
        size_t i = next_random(&random) % PIECES;
        size_t size = LARGEST_SLOT + 1 + next_random(&random) % 3000;
        if (pieces[i] == NULL) {
            pieces[i] = piece(self->manager, size, i);
        } else if (size % 3 == 0) {
            pieces[i] = resized(self->manager, pieces[i], sizes[i], size);
            memset(pieces[i], (int)(i & 0xff), size);
        } else {
            expect_bytes(pieces[i], sizes[i], i);
            release(self->manager, pieces[i], sizes[i]);
            pieces[i] = NULL;
            continue;
        }
        sizes[i] = size;
    }
    for (size_t i = 0; i < PIECES; i++) {
        if (pieces[i] != NULL) {
            expect_bytes(pieces[i], sizes[i], i);
            release(self->manager, pieces[i], sizes[i]);
            pieces[i] = NULL;
        }
    }
    assert_int_equal(stats_of(self).live_bytes, 0);
}

/* However many there are, entries stay free, where a search ends. */
static void test_large_piece_goes_and_comes_beside_any_number_of_others(void **state) {
    fixture *self = *state;
    enum { PIECES = 70 };
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        release(self->manager, piece(self->manager, LARGE, i), LARGE);
        pieces[i] = piece(self->manager, LARGE, i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        expect_bytes(pieces[i], LARGE, i);
        release(self->manager, pieces[i], LARGE);
    }
    assert_int_equal(stats_of(self).live_bytes, 0);
}

static void test_table_of_large_pieces_goes_with_a_trim_when_none_is_left(void **state) {
    fixture *self = *state;
    for (size_t round = 0; round < 2; round++) {
        void *first = piece(self->manager, LARGE, 1);
        void *second = piece(self->manager, LARGE, 2);
        release(self->manager, first, LARGE);
        (void)nanvm_local_trim(&self->local); /* which the second survives */
        expect_bytes(second, LARGE, 2);
        release(self->manager, second, LARGE);
        size_t bytes = self->source.live_bytes;
        (void)nanvm_local_trim(&self->local);
        assert_true(self->source.live_bytes < bytes);
    }
}

/* Each asks the source once. */
static void test_table_of_large_pieces_grows_only_with_their_number(void **state) {
    fixture *self = *state;
    void *kept = piece(self->manager, LARGE, 1);
    size_t requests = self->source.requests;
    for (size_t i = 0; i < 1000; i++) {
        void *memory = piece(self->manager, LARGE, i);
        release(self->manager, resized(self->manager, memory, LARGE, LARGE), LARGE);
    }
    assert_in_range(self->source.requests - requests, 1000, 2000);
    release(self->manager, kept, LARGE);
}

/* Each request for it fails in turn: for the table as well, when that grows. */
static void *alloc_at_last(fixture *self, size_t *refused) {
    void *memory = NULL;
    for (size_t n = 0; memory == NULL; n++) {
        accounting_fail_once(&self->source, n);
        memory = nanvm_manager_alloc(self->manager, layout_of(LARGE));
        *refused += memory == NULL;
    }
    accounting_never_fail(&self->source);
    return memory;
}

static void test_large_piece_that_has_no_place_in_the_table_is_refused(void **state) {
    fixture *self = *state;
    enum { PIECES = 40, GROWTHS = 3 };
    void *pieces[PIECES];
    size_t refused = 0;
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = alloc_at_last(self, &refused);
        memset(pieces[i], (int)i, LARGE);
    }
    assert_in_range(refused, PIECES + GROWTHS, PIECES + GROWTHS + 3); /* and the state */
    for (size_t i = 0; i < PIECES; i++) {
        expect_bytes(pieces[i], LARGE, i);
        release(self->manager, pieces[i], LARGE);
    }
}

/* --- trim --- */

/* In an order in which neighbours don't go together. */
static size_t scattered(size_t i, size_t length) {
    return i * 7919 % length;
}

static void test_trim_gives_chunks_back_in_which_nothing_is_alive(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PIECES = 3000, SIZE = 96, KEPT = 1500 };
    static void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = piece(self->manager, SIZE, i);
    }
    size_t reserved = stats_of(self).reserved_bytes;
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    for (size_t i = 0; i < PIECES; i++) {
        size_t n = scattered(i, PIECES);
        if (n != KEPT) {
            release(self->manager, pieces[n], SIZE);
        }
    }
    size_t bytes = nanvm_local_trim(&self->local);
    assert_int_equal(stats_of(self).reserved_bytes, reserved - bytes);
    assert_in_range(reserved - bytes, SIZE, 65536);
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    for (size_t i = 0; i < PIECES; i++) { /* all slots that are left are free or one's */
        if (i != KEPT) {
            pieces[i] = piece(self->manager, SIZE, i);
        }
    }
    for (size_t i = 0; i < PIECES; i++) {
        expect_bytes(pieces[i], SIZE, i);
        release(self->manager, pieces[i], SIZE);
    }
    assert_true(nanvm_local_trim(&self->local) > 0);
    assert_int_equal(stats_of(self).reserved_bytes, 0);
}

/* Slots of several sizes lie in one chunk, and what was cut off as well. */
static void test_trim_adds_up_slots_of_all_sizes(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PIECES = 1000 };
    static void *pieces[PIECES];
    void *kept = piece(self->manager, LARGE, 1);
    size_t before = stats_of(self).reserved_bytes;
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = piece(self->manager, 1 + i, i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        size_t n = scattered(i, PIECES);
        pieces[n] = resized(self->manager, pieces[n], 1 + n, 1 + n / 2);
        expect_bytes(pieces[n], 1 + n / 2, n);
        release(self->manager, pieces[n], 1 + n / 2);
    }
    (void)nanvm_local_trim(&self->local);
    assert_int_equal(stats_of(self).reserved_bytes, before);
    release(self->manager, kept, LARGE);
}

/* A trim counts neither too much, while a piece is alive beside the free slot, nor too
 * little, once everything is free. */
static void test_trim_knows_the_size_of_each_slot(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *huge = huge_piece(self->manager);
    for (size_t size = 16; size <= LARGEST_SLOT; size = slot_size(size + 1)) {
        void *memory = piece(self->manager, size, 2);
        void *beside = piece(self->manager, 16, 3);
        release(self->manager, memory, size);
        assert_int_equal(nanvm_local_trim(&self->local), 0);
        assert_ptr_equal(piece(self->manager, size, 4), memory);
        expect_bytes(beside, 16, 3);
        release(self->manager, memory, size);
        release(self->manager, beside, 16);
        assert_int_equal(nanvm_local_trim(&self->local), LARGEST_CHUNK);
    }
    release(self->manager, huge, HUGE_PIECE);
}

/* Slots are in order of addresses after it. */
static void test_trim_puts_slots_in_order(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { PIECES = 60, SIZE = 16 };
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = piece(self->manager, SIZE, i);
    }
    for (size_t i = 0; i < PIECES - 1; i++) {
        release(self->manager, pieces[scattered(i, PIECES - 1)], SIZE);
    }
    (void)nanvm_local_trim(&self->local);
    for (size_t i = 0; i < PIECES - 1; i++) {
        assert_ptr_equal(piece(self->manager, SIZE, i), pieces[i]);
    }
    for (size_t i = 0; i < PIECES; i++) {
        release(self->manager, pieces[i], SIZE);
    }
}

/* A trim gives back the newest chunk together with the bump range in it. */
static void test_rest_of_a_chunk_goes_with_it(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *kept = piece(self->manager, 1000, 1);
    void *second = piece(self->manager, 1000, 2);
    void *third = piece(self->manager, 1000, 3);
    release(self->manager, third, 1000);
    assert_true(nanvm_local_trim(&self->local) > 0);
    size_t requests = self->source.requests;
    void *fresh = piece(self->manager, 500, 4);
    assert_true(self->source.requests > requests);
    expect_bytes(fresh, 500, 4);
    release(self->manager, second, 1000);
    release(self->manager, fresh, 500);
    release(self->manager, kept, 1000);
}

/* An older chunk is given back; the newest goes on where it was. */
static void test_rest_of_a_chunk_stays_with_it(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *first = piece(self->manager, 1000, 1);
    void *second = piece(self->manager, 1000, 2);
    unsigned char *third = piece(self->manager, 496, 3);
    release(self->manager, first, 1000);
    release(self->manager, second, 1000);
    assert_int_equal(nanvm_local_trim(&self->local), 2048);
    assert_ptr_equal(piece(self->manager, 304, 4), third + 496);
    release(self->manager, third + 496, 304);
    release(self->manager, third, 496);
    assert_true(nanvm_local_trim(&self->local) > 0);
    assert_int_equal(stats_of(self).reserved_bytes, 0);
}

/* --- a source whose pieces lie side by side --- */

typedef struct row {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    size_t used;
    size_t limit;
} row;

static _Alignas(16) unsigned char row_bytes[16384];

static void *row_alloc(nanvm_manager *manager, nanvm_layout layout) {
    row *self = (row *)manager;
    size_t size = nanvm_layout_round_up(layout.size, 16);
    if (self->limit - self->used < size) {
        return NULL;
    }
    self->used += size;
    return row_bytes + self->used - size;
}

static void row_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    (void)dealloc;
    memset(memory, 0xdd, layout.size);
}

static const nanvm_manager_table row_table = {.alloc = row_alloc};
static const nanvm_dealloc_table row_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                      .dealloc = row_dealloc};

/* Right behind a chunk lies a large piece, which became a slot. */
static void test_slot_right_behind_a_chunk_is_not_counted_there(void **state) {
    NEEDS_SLOTS();
    (void)state;
    row source = {{&row_table, &source.dealloc, 0, NULL},
                  {&row_dealloc_table},
                  0,
                  sizeof(row_bytes)};
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    void *table = piece(manager, LARGE, 0);
    void *kept = piece(manager, 1008, 1);
    void *other = piece(manager, 1024, 2);
    unsigned char *large = piece(manager, SCATTERED, 3);
    assert_ptr_equal(large, (unsigned char *)other + 1024);
    source.limit = source.used;
    assert_ptr_equal(resized(manager, large, SCATTERED, 1008), large);
    release(manager, large, 1008);
    release(manager, other, 1024);
    (void)nanvm_local_trim(&local);
    expect_bytes(kept, 1008, 1);
    release(manager, kept, 1008);
    release(manager, table, LARGE);
    nanvm_local_deinit(&local);
}

/* --- nothing is alive --- */

enum { MANY = 1000, EACH = 160 };

/* In an order in which no two neighbours follow each other. */
static void release_scattered(nanvm_manager *manager, void **pieces, size_t length) {
    enum { STEP = 7 };
    for (size_t i = 0; i < length; i++) {
        release(manager, pieces[i * STEP % length], EACH);
    }
}

static void fill(nanvm_manager *manager, void **pieces, size_t length) {
    for (size_t i = 0; i < length; i++) {
        pieces[i] = piece(manager, EACH, i);
    }
}

/* A program that ends one state after the other gets its memory in order of addresses
 * each time, however the pieces of the state before ended. */
static void test_pieces_lie_side_by_side_again_once_all_have_died(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    static unsigned char *first[MANY];
    static unsigned char *again[MANY];
    fill(self->manager, (void **)first, MANY);
    size_t reserved = stats_of(self).reserved_bytes;
    release_scattered(self->manager, (void **)first, MANY);
    assert_int_equal(stats_of(self).reserved_bytes, reserved);
    size_t requests = self->source.requests;
    fill(self->manager, (void **)again, MANY);
    assert_int_equal(self->source.requests, requests);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(again[i], first[i]);
        expect_bytes(again[i], EACH, i);
    }
    release_scattered(self->manager, (void **)again, MANY);
    assert_int_equal(nanvm_local_trim(&self->local), reserved);
}

/* What a peak needed goes back when a whole life without it is over. */
static void test_chunks_that_a_whole_life_did_not_need_go_back(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { FEW = 30 };
    static void *pieces[MANY];
    fill(self->manager, pieces, MANY);
    size_t reserved = stats_of(self).reserved_bytes;
    release_scattered(self->manager, pieces, MANY);
    fill(self->manager, pieces, FEW);
    assert_int_equal(stats_of(self).reserved_bytes, reserved);
    release_scattered(self->manager, pieces, FEW);
    assert_in_range(stats_of(self).reserved_bytes, FEW * EACH, 3 * FEW * EACH);
    fill(self->manager, pieces, FEW);
    release_scattered(self->manager, pieces, FEW);
    assert_in_range(stats_of(self).reserved_bytes, FEW * EACH, 3 * FEW * EACH);
}

/* One piece that comes and goes takes the same slot each time. */
static void test_single_piece_keeps_its_slot(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    static void *pieces[MANY];
    fill(self->manager, pieces, MANY);
    release_scattered(self->manager, pieces, MANY);
    void *first = piece(self->manager, EACH, 1);
    release(self->manager, first, EACH);
    for (size_t i = 0; i < 3; i++) {
        assert_ptr_equal(piece(self->manager, EACH, 1), first);
        release(self->manager, first, EACH);
    }
}

/* Chunks that wait are given back together with everything else, and while some of them
 * wait, a small chunk of a time without memory isn't taken for a large piece. */
static void test_chunks_that_wait_go_back_with_all_raw_memory(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    static void *pieces[MANY];
    fill(self->manager, pieces, MANY);
    release_scattered(self->manager, pieces, MANY);
    pieces[0] = piece(self->manager, EACH, 1);
    nanvm_local_dealloc_raw(&self->local);
    assert_int_equal(stats_of(self).reserved_bytes, 0);
}

static void test_chunk_of_a_time_without_memory_serves_small_pieces_alone(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *alive = piece(self->manager, 2048 - 16, 0);
    accounting_fail_once(&self->source, 0);
    void *small = piece(self->manager, 16, 1); /* alone in its chunk */
    release(self->manager, alive, 2048 - 16);
    release(self->manager, small, 16);
    alive = piece(self->manager, 2048 - 16, 0);
    void *large = piece(self->manager, LARGEST_SLOT, 2);
    small = piece(self->manager, 16, 1);
    expect_bytes(large, LARGEST_SLOT, 2);
    expect_bytes(alive, 2048 - 16, 0);
    release(self->manager, alive, 2048 - 16);
    release(self->manager, large, LARGEST_SLOT);
    release(self->manager, small, 16);
}

/* To the byte. */
static void test_chunk_that_waits_serves_a_piece_that_fills_it(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *first = piece(self->manager, LARGEST_SLOT, 1);
    void *second = piece(self->manager, LARGEST_SLOT, 2);
    release(self->manager, first, LARGEST_SLOT);
    release(self->manager, second, LARGEST_SLOT);
    size_t requests = self->source.requests;
    first = piece(self->manager, LARGEST_SLOT, 3);
    second = piece(self->manager, LARGEST_SLOT, 4);
    assert_int_equal(self->source.requests, requests);
    expect_bytes(first, LARGEST_SLOT, 3);
    release(self->manager, first, LARGEST_SLOT);
    release(self->manager, second, LARGEST_SLOT);
}

static void test_chunk_that_waits_is_kept_where_its_head_takes_the_room(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { HEAD = 16, FIRST = 2048, SIZE = 1008, PIECES = 3 }; /* in two chunks */
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = piece(self->manager, SIZE, i);
    }
    for (size_t i = 0; i < PIECES; i++) {
        release(self->manager, pieces[i], SIZE);
    }
    void *large = piece(self->manager, FIRST, 3);
    assert_int_equal(stats_of(self).reserved_bytes, 3 * FIRST + HEAD);
    size_t requests = self->source.requests;
    void *small = piece(self->manager, SIZE, 4);
    assert_int_equal(self->source.requests, requests);
    release(self->manager, small, SIZE);
    release(self->manager, large, FIRST);
}

/* The first one that is large enough. */
static void test_chunk_that_waits_serves_behind_smaller_ones(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { SMALL = 1008 };
    void *small = piece(self->manager, SMALL, 1);
    void *large = piece(self->manager, LARGEST_SLOT, 2); /* in a chunk of its own */
    release(self->manager, small, SMALL);
    release(self->manager, large, LARGEST_SLOT);
    size_t requests = self->source.requests;
    assert_ptr_equal(piece(self->manager, LARGEST_SLOT, 3), large);
    assert_ptr_equal(piece(self->manager, SMALL, 4), small);
    assert_int_equal(self->source.requests, requests);
    release(self->manager, small, SMALL);
    release(self->manager, large, LARGEST_SLOT);
}

/* Behind many small chunks a larger one isn't sought: a new one serves. */
static void test_many_small_chunks_that_wait_are_passed_over(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { CHUNKS = 20, SIZE = 1000 };
    void *pieces[CHUNKS];
    for (size_t i = 0; i < CHUNKS; i++) {
        accounting_fail_once(&self->source, i == 0 ? 99 : 0);
        pieces[i] = piece(self->manager, SIZE + (i == 0 ? 1024 : 0), i);
    }
    accounting_never_fail(&self->source);
    for (size_t i = 0; i < CHUNKS; i++) {
        expect_bytes(pieces[i], SIZE, i);
        release(self->manager, pieces[i], SIZE + (i == 0 ? 1024 : 0));
    }
    size_t requests = self->source.requests;
    void *large = piece(self->manager, LARGEST_SLOT, 1);
    assert_int_equal(self->source.requests, requests + 1);
    void *small = piece(self->manager, SIZE, 2);
    expect_bytes(large, LARGEST_SLOT, 1);
    release(self->manager, small, SIZE);
    release(self->manager, large, LARGEST_SLOT);
}

/* A large piece that became a slot goes when everything else starts anew. */
static void test_large_piece_that_became_a_slot_goes_when_nothing_is_alive(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    static void *pieces[MANY];
    void *large = piece(self->manager, 100 * LARGE, 1);
    accounting_fail_from(&self->source, 0);
    large = resized(self->manager, large, 100 * LARGE, EACH);
    accounting_never_fail(&self->source);
    fill(self->manager, pieces, MANY);
    release_scattered(self->manager, pieces, MANY);
    assert_in_range(stats_of(self).reserved_bytes, 100 * LARGE, SIZE_MAX);
    release(self->manager, large, EACH);
    assert_in_range(stats_of(self).reserved_bytes, 1, MANY * EACH * 2);
}

/* --- a source whose dealloc drops an object --- */

typedef struct dropper {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_mut_ref object; /* null: none is left to drop */
} dropper;

static void *dropper_alloc(nanvm_manager *manager, nanvm_layout layout) {
    (void)manager;
    return nanvm_manager_alloc(nanvm_global(), layout);
}

static void dropper_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    char *start = (char *)dealloc - offsetof(dropper, dealloc);
    dropper *self = (dropper *)(void *)start;
    nanvm_mut_ref object = self->object;
    self->object = nanvm_mut_ref_null();
    nanvm_mut_ref_drop(object);
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

static const nanvm_manager_table dropper_table = {.alloc = dropper_alloc};
static const nanvm_dealloc_table dropper_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                          .dealloc = dropper_dealloc};

typedef struct asker {
    nanvm_manager *manager;
    void **made;
} asker;

static void ask_for_large_piece(void *object, size_t length) {
    (void)length;
    const asker *self = object;
    *self->made = piece(self->manager, LARGE, 5);
}

static const nanvm_type asker_type = {
    .size = sizeof(asker), .align = sizeof(void *), .drop = ask_for_large_piece};

/* Its callback runs when the account has started anew: what it asks for stays. */
static void test_callback_of_a_source_may_ask_for_pieces_as_all_start_anew(void **state) {
    NEEDS_SLOTS();
    (void)state;
    enum { FEW = 30 };
    static void *pieces[MANY];
    dropper source = {{&dropper_table, &source.dealloc, 0, NULL},
                      {&dropper_dealloc_table},
                      nanvm_mut_ref_null()};
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    fill(manager, pieces, MANY);
    release_scattered(manager, pieces, MANY);
    fill(manager, pieces, FEW); /* the other chunks go back after this */
    void *made = NULL;
    const asker value = {manager, &made};
    source.object = nanvm_new_copy(nanvm_global(), &asker_type, &value);
    assert_non_null(source.object.object);
    release_scattered(manager, pieces, FEW);
    assert_null(source.object.object);
    assert_non_null(made);
    expect_bytes(made, LARGE, 5);
    assert_int_equal(nanvm_stats_make(manager).live_bytes, LARGE);
    release(manager, made, LARGE);
    nanvm_local_deinit(&local);
}

/* A manager over a source that drops an object, whose callback gives back all pieces. */
typedef struct clearing {
    dropper source;
    nanvm_local local;
    nanvm_manager *manager;
} clearing;

static void give_all_back(void *object, size_t length) {
    (void)length;
    nanvm_local_dealloc_raw(*(nanvm_local **)object);
}

static const nanvm_type clearer_type = {
    .size = sizeof(nanvm_local *), .align = sizeof(void *), .drop = give_all_back};

static void clearing_init(clearing *self) {
    self->source = (dropper){{&dropper_table, &self->source.dealloc, 0, NULL},
                             {&dropper_dealloc_table},
                             nanvm_mut_ref_null()};
    nanvm_local_init_from(&self->local, &self->source.manager);
    self->manager = nanvm_local_manager(&self->local);
}

static void clearing_arm(clearing *self) {
    nanvm_local *local = &self->local;
    self->source.object = nanvm_new_copy(nanvm_global(), &clearer_type, &local);
    assert_non_null(self->source.object.object);
}

static void clearing_deinit(clearing *self) {
    assert_null(self->source.object.object);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
    assert_int_equal(nanvm_stats_make(self->manager).live_bytes, 0);
    nanvm_local_deinit(&self->local);
}

/* As a large piece goes back; the others go, too. */
static void test_callback_may_give_all_back_as_a_piece_is_given_back(void **state) {
    (void)state;
    clearing self;
    clearing_init(&self);
    void *large = piece(self.manager, LARGE, 1);
    (void)piece(self.manager, EACH, 2);
    (void)piece(self.manager, LARGE, 3);
    clearing_arm(&self);
    release(self.manager, large, LARGE);
    clearing_deinit(&self);
}

/* As the last piece goes back, and with it chunks that aren't needed. */
static void test_callback_may_give_all_back_as_all_start_anew(void **state) {
    NEEDS_SLOTS();
    (void)state;
    enum { FEW = 30 };
    static void *pieces[MANY];
    clearing self;
    clearing_init(&self);
    fill(self.manager, pieces, MANY);
    release_scattered(self.manager, pieces, MANY);
    fill(self.manager, pieces, FEW);
    clearing_arm(&self);
    release_scattered(self.manager, pieces, FEW);
    clearing_deinit(&self);
}

/* As the account of a manager that has ended goes with its last piece. */
static void test_callback_may_give_all_back_as_the_account_ends(void **state) {
    (void)state;
    static const size_t sizes[] = {EACH, LARGE};
    for (size_t i = 0; i < 2; i++) {
        clearing self;
        clearing_init(&self);
        nanvm_local_on_leak(&self.local, nanvm_local_ignore_leak, NULL);
        void *last = piece(self.manager, sizes[i], 1);
        nanvm_local_deinit(&self.local);
        clearing_arm(&self);
        release(self.manager, last, sizes[i]);
        clearing_deinit(&self);
    }
}

/* The caller has the resized piece before the callback runs. */
static void test_callback_that_gives_all_back_waits_for_a_resize(void **state) {
    (void)state;
    clearing self;
    clearing_init(&self);
    void *large = piece(self.manager, LARGE, 1);
    clearing_arm(&self);
    large = resized(self.manager, large, LARGE, 2 * LARGE);
    expect_bytes(large, LARGE, 1);
    nanvm_mut_ref_drop(tracked_new(nanvm_global(), 1)); /* the callback's turn */
    clearing_deinit(&self);
}

/* The state goes back, since there is no memory for more of the manager. */
static void test_callback_may_use_a_manager_that_has_not_started(void **state) {
    (void)state;
    static const size_t failures[] = {0, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        accounting limited;
        accounting_init(&limited, NANVM_COUNT_PLAIN);
        nanvm_local local;
        nanvm_local_init_from(&local, &limited.manager);
        nanvm_manager *manager = nanvm_local_manager(&local);
        accounting_fail_once(&limited, failures[i]);
        void *memory = nanvm_manager_alloc(manager, layout_of(EACH));
        assert_true(memory == NULL || i == 2);
        accounting_never_fail(&limited);
        void *again = piece(manager, EACH, 1);
        release(manager, again, EACH);
        nanvm_manager_dealloc(manager, memory, layout_of(EACH));
        nanvm_local_deinit(&local);
        accounting_deinit(&limited);
    }
}

/* --- sizes that drift --- */

/* Of each size there is a peak, of which one piece stays: its slots serve no other size.
 */
static void test_slots_of_sizes_that_nobody_asks_for_go_back(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    enum { BYTES = 1000000, SIZES = 20 };
    static void *pieces[BYTES / 16];
    void *kept[SIZES];
    size_t size = 16;
    for (size_t round = 0; round < SIZES; round++, size += 48) {
        size_t length = BYTES / size;
        for (size_t i = 0; i < length; i++) {
            pieces[i] = piece(self->manager, size, i);
        }
        nanvm_stats stats = stats_of(self);
        assert_in_range(stats.reserved_bytes, BYTES, 4 * (size_t)BYTES);
        for (size_t i = 1; i < length; i++) {
            expect_bytes(pieces[i], size, i);
            release(self->manager, pieces[i], size);
        }
        kept[round] = pieces[0];
    }
    size = 16;
    for (size_t round = 0; round < SIZES; round++, size += 48) {
        expect_bytes(kept[round], size, 0);
        release(self->manager, kept[round], size);
    }
}

/* An arena would keep what goes back. */
static void test_slots_over_an_arena_stay(void **state) {
    NEEDS_SLOTS();
    (void)state;
    enum { LENGTH = 20000 };
    static void *pieces[LENGTH];
    fixture self;
    open_arena(&self);
    nanvm_local_init_from(&self.local, nanvm_arena_manager(&self.arena));
    nanvm_manager *manager = nanvm_local_manager(&self.local);
    fill(manager, pieces, LENGTH);
    release_scattered(manager, pieces + 1, LENGTH - 1);
    size_t reserved = nanvm_stats_make(manager).reserved_bytes;
    enum { OTHERS = 20 }; /* more than a chunk has room for */
    void *others[OTHERS];
    for (size_t i = 0; i < OTHERS; i++) {
        others[i] = piece(manager, LARGEST_SLOT, i);
    }
    assert_in_range(nanvm_stats_make(manager).reserved_bytes, reserved, SIZE_MAX);
    for (size_t i = 0; i < OTHERS; i++) {
        release(manager, others[i], LARGEST_SLOT);
    }
    release(manager, pieces[0], EACH);
    nanvm_local_deinit(&self.local);
    close_arena(&self);
}

/* Something is freed after a trim, by a resize as well. */
static void test_trim_looks_again_once_something_is_free(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    void *kept = piece(self->manager, 1000, 1);
    void *large = piece(self->manager, 1000, 2);
    void *memory = piece(self->manager, 1000, 3);
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    memory = resized(self->manager, memory, 1000, LARGE);
    assert_true(nanvm_local_trim(&self->local) > 0);
    release(self->manager, memory, LARGE);
    release(self->manager, large, 1000);
    release(self->manager, kept, 1000);
    assert_true(nanvm_local_trim(&self->local) > 0);
    assert_int_equal(stats_of(self).reserved_bytes, 0);
}

/* --- all at once --- */

static void make_all_kinds(const fixture *self) {
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        for (size_t i = 0; i < 20; i++) {
            (void)piece(self->manager, size, i);
        }
    }
    void *memory =
        nanvm_manager_alloc(self->manager, nanvm_layout_make(100, OVER_ALIGNED));
    assert_true(is_aligned(memory, OVER_ALIGNED));
}

static void test_all_pieces_are_given_back_at_once(void **state) {
    fixture *self = *state;
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    nanvm_stats before = stats_of(self);
    for (size_t round = 0; round < 3; round++) {
        make_all_kinds(self);
        nanvm_local_dealloc_raw(&self->local);
        nanvm_stats after = stats_of(self);
        assert_int_equal(after.live_blocks, 1);
        assert_int_equal(after.live_bytes, before.live_bytes);
        assert_int_equal(after.reserved_bytes, before.reserved_bytes);
    }
    void *memory = piece(self->manager, 10, 1);
    expect_bytes(memory, 10, 1);
    release(self->manager, memory, 10);
    assert_true(((struct point *)point.object)->x == 0);
    nanvm_mut_ref_drop(point);
}

/* However many there are. */
static void test_any_number_of_large_pieces_is_given_back_at_once(void **state) {
    fixture *self = *state;
    (void)piece(self->manager, LARGE, 1);
    nanvm_local_dealloc_raw(&self->local);
    size_t blocks = self->source.live_blocks;
    for (size_t pieces = 1; pieces < 100; pieces++) {
        for (size_t i = 0; i < pieces; i++) {
            (void)piece(self->manager, LARGE, i);
        }
        nanvm_local_dealloc_raw(&self->local);
        assert_int_equal(self->source.live_blocks, blocks);
    }
}

/* Before the manager is used again, or after. */
static void test_all_pieces_are_given_back_after_the_end(void **state) {
    fixture *self = *state;
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    for (size_t round = 0; round < 2; round++) {
        make_all_kinds(self);
        nanvm_local_deinit(&self->local);
        nanvm_local_dealloc_raw(&self->local);
        expect_nothing_live(&self->source);
        nanvm_local_dealloc_raw(&self->local);
    }
    void *memory = piece(self->manager, 100, 1);
    nanvm_local_deinit(&self->local);
    release(self->manager, memory, 100);
    nanvm_local_dealloc_raw(&self->local); /* the account is gone */
    memory = piece(self->manager, 100, 1);
    nanvm_local_deinit(&self->local);
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    nanvm_local_dealloc_raw(&self->local);
    assert_int_equal(stats_of(self).live_blocks, 0);
}

static void test_manager_without_pieces_has_none_to_give_back(void **state) {
    fixture *self = *state;
    nanvm_local_dealloc_raw(&self->local);
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    nanvm_local_dealloc_raw(&self->local);
    assert_int_equal(stats_of(self).live_blocks, 0);
}

/* --- after the end of the manager --- */

static void test_small_pieces_outlive_their_manager(void **state) {
    fixture *self = *state;
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    enum { PIECES = 100 };
    void *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = piece(self->manager, 1 + i * 20, i);
    }
    (void)nanvm_local_trim(&self->local);
    nanvm_local_deinit(&self->local);
    for (size_t i = 0; i < PIECES; i++) {
        size_t n = scattered(i, PIECES);
        expect_bytes(pieces[n], 1 + n * 20, n);
        release(self->manager, pieces[n], 1 + n * 20);
    }
    expect_nothing_live(&self->source);
}

/* The account of a manager that goes on with it is trimmed as before. */
static void test_manager_that_is_used_again_trims_its_old_pieces(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    void *memory = piece(self->manager, 100, 1);
    (void)nanvm_local_trim(&self->local);
    nanvm_local_deinit(&self->local);
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    release(self->manager, memory, 100);
    assert_int_equal(nanvm_local_trim(&self->local), 2048);
    nanvm_mut_ref_drop(point);
}

static void test_manager_that_is_used_again_trims_what_it_had_not_trimmed(void **state) {
    NEEDS_SLOTS();
    fixture *self = *state;
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    void *memory = piece(self->manager, 100, 1);
    nanvm_local_deinit(&self->local);
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    release(self->manager, memory, 100);
    assert_int_equal(nanvm_local_trim(&self->local), 2048);
    nanvm_mut_ref_drop(point);
}

/* In a hardened build as well. */
static void test_manager_that_is_used_again_trims_its_old_table(void **state) {
    fixture *self = *state;
    nanvm_local_on_leak(&self->local, nanvm_local_ignore_leak, NULL);
    void *memory = piece(self->manager, LARGE, 1);
    nanvm_local_deinit(&self->local);
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    release(self->manager, memory, LARGE);
    size_t bytes = self->source.live_bytes;
    (void)nanvm_local_trim(&self->local);
    assert_true(self->source.live_bytes < bytes);
    nanvm_mut_ref_drop(point);
}

static const struct CMUnitTest tests[] = {
    TEST(test_manager_that_is_used_again_trims_its_old_table, local_over_source),
    TEST(test_manager_that_is_used_again_trims_what_it_had_not_trimmed,
         local_over_source),
    TEST(test_piece_that_needs_no_other_slot_stays, local_over_source),
    TEST(test_piece_that_is_aligned_to_sixteen_bytes_takes_a_slot, local_over_source),
    TEST(test_large_piece_of_somebody_else_is_noticed_where_none_is_large,
         local_over_source),
    TEST(test_large_piece_is_found_wherever_it_lies),
    TEST(test_large_pieces_are_given_back_at_once_wherever_they_lie),
    TEST(test_large_piece_of_somebody_else_is_sought_in_vain),
    TEST(test_large_piece_goes_and_comes_beside_any_number_of_others, local_over_source),
    TEST(test_table_of_large_pieces_goes_with_a_trim_when_none_is_left,
         local_over_source),
    TEST(test_table_of_large_pieces_grows_only_with_their_number, local_over_source),
    TEST(test_rest_of_a_chunk_goes_with_it, local_over_source),
    TEST(test_rest_of_a_chunk_stays_with_it, local_over_source),
    TEST(test_slot_right_behind_a_chunk_is_not_counted_there),
    TEST(test_piece_takes_the_slot_of_its_size_that_was_freed_last, local_over_source),
    TEST(test_pieces_of_all_sizes_lie_side_by_side, local_over_source),
    TEST(test_small_pieces_are_aligned_as_they_ask, local_over_source),
    TEST(test_small_pieces_ask_the_source_seldom, local_over_source),
    TEST(test_rest_of_a_chunk_is_used, local_over_source),
    TEST(test_pieces_lie_side_by_side_again_once_all_have_died, local_over_source),
    TEST(test_chunks_that_a_whole_life_did_not_need_go_back, local_over_source),
    TEST(test_single_piece_keeps_its_slot, local_over_source),
    TEST(test_chunks_that_wait_go_back_with_all_raw_memory, local_over_source),
    TEST(test_chunk_of_a_time_without_memory_serves_small_pieces_alone,
         local_over_source),
    TEST(test_chunk_that_waits_serves_a_piece_that_fills_it, local_over_source),
    TEST(test_chunk_that_waits_is_kept_where_its_head_takes_the_room, local_over_source),
    TEST(test_many_small_chunks_that_wait_are_passed_over, local_over_source),
    TEST(test_large_piece_that_became_a_slot_goes_when_nothing_is_alive,
         local_over_source),
    TEST(test_piece_has_all_bytes_of_its_slot, local_over_source),
    TEST(test_shrinking_piece_moves_and_leaves_its_slot_to_others, local_over_source),
    TEST(test_piece_that_is_cut_leaves_its_end_to_others, local_over_source),
    TEST(test_piece_that_is_cut_leaves_the_unused_bytes_of_its_slot, local_over_source),
    TEST(test_mixed_sizes_reserve_little_more_than_is_alive, local_over_source),
    TEST(test_last_piece_grows_in_place, local_over_source),
    TEST(test_piece_in_front_of_another_grows_elsewhere, local_over_source),
    TEST(test_last_piece_of_a_chunk_grows_up_to_its_end, local_over_source),
    TEST(test_small_piece_that_gets_large_leaves_its_chunk, local_over_source),
    TEST(test_large_piece_in_front_of_the_bump_range_moves),
    TEST(test_large_piece_that_becomes_a_slot_shrinks_to_its_size, local_over_source),
    TEST(test_callback_may_give_all_back_as_a_piece_is_given_back),
    TEST(test_callback_may_give_all_back_as_all_start_anew),
    TEST(test_callback_may_give_all_back_as_the_account_ends),
    TEST(test_callback_that_gives_all_back_waits_for_a_resize),
    TEST(test_callback_may_use_a_manager_that_has_not_started),
    TEST(test_slots_over_an_arena_stay),
    TEST(test_slots_of_sizes_that_nobody_asks_for_go_back, local_over_source),
    TEST(test_callback_of_a_source_may_ask_for_pieces_as_all_start_anew),
    TEST(test_piece_of_any_size_keeps_its_slot_up_to_the_last_byte, local_over_source),
    TEST(test_last_piece_of_any_size_changes_its_size_in_place, local_over_source),
    TEST(test_piece_of_any_size_is_cut_to_any_smaller_one, local_over_source),
    TEST(test_chunk_for_one_piece_is_as_large_as_its_slot, local_over_source),
    TEST(test_piece_that_was_given_back_is_noticed_when_it_is_resized, local_over_source),
    TEST(test_chunk_that_waits_serves_behind_smaller_ones, local_over_source),
    TEST(test_piece_that_is_cut_leaves_one_slot_where_that_fits, local_over_source),
    TEST(test_bytes_survive_every_change_of_size, local_over_source),
    TEST(test_piece_shrinks_without_memory, local_over_source),
    TEST(test_large_piece_that_became_a_slot_is_used_again, local_over_source),
    TEST(test_trim_keeps_slots_that_lie_in_no_chunk, local_over_source),
    TEST(test_failed_growth_changes_nothing, local_over_source),
    TEST(test_failed_growth_of_a_small_piece_changes_nothing, local_over_source),
    TEST(test_source_with_little_memory_still_serves_a_piece, local_over_source),
    TEST(test_source_without_memory_gets_back_what_is_free, local_over_source),
    TEST(test_large_piece_of_somebody_else_is_noticed, local_over_source),
    TEST(test_large_piece_that_is_given_back_twice_is_noticed, local_over_source),
    TEST(test_small_piece_that_is_given_back_twice_in_a_row_is_noticed,
         local_over_source),
    TEST(test_many_large_pieces_come_and_go, local_over_source),
    TEST(test_large_piece_that_has_no_place_in_the_table_is_refused, local_over_source),
    TEST(test_trim_gives_chunks_back_in_which_nothing_is_alive, local_over_source),
    TEST(test_trim_adds_up_slots_of_all_sizes, local_over_source),
    TEST(test_trim_knows_the_size_of_each_slot, local_over_source),
    TEST(test_trim_puts_slots_in_order, local_over_source),
    TEST(test_trim_looks_again_once_something_is_free, local_over_source),
    TEST(test_all_pieces_are_given_back_at_once, local_over_source),
    TEST(test_manager_without_pieces_has_none_to_give_back, local_over_source),
    TEST(test_any_number_of_large_pieces_is_given_back_at_once, local_over_source),
    TEST(test_all_pieces_are_given_back_after_the_end, local_over_source),
    TEST(test_small_pieces_outlive_their_manager, local_over_source),
    TEST(test_manager_that_is_used_again_trims_its_old_pieces, local_over_source),
};

RUN_TESTS(tests)
