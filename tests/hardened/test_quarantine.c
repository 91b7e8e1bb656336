/* The dead of a hardened build: they wait, they are cleared, and they stay as they are.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/resource.h>
#endif

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"
#include "stage.h"

static void drop_again(void *context) {
    nanvm_ref_drop(*(nanvm_ref *)context);
}

static nanvm_ref make_and_drop(nanvm_manager *manager, const nanvm_type *type,
                               size_t length) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new_array(manager, type, NULL, length));
    memset((void *)(uintptr_t)ref.object, 1, 4);
    nanvm_ref_drop(ref);
    return ref;
}

/* `count` more objects of the type, dropped one by one. */
static void make_and_drop_others(nanvm_manager *manager, const nanvm_type *type,
                                 size_t length, size_t count, const void *never) {
    for (size_t i = 0; i < count; i++) {
        assert_ptr_not_equal(make_and_drop(manager, type, length).object, never);
    }
}

static void expect_waits(nanvm_manager *manager, const nanvm_type *type, size_t length,
                         size_t count) {
    nanvm_ref dead = make_and_drop(manager, type, length);
    make_and_drop_others(manager, type, length, count, dead.object);
    expect_fatal("dropped before", drop_again, &dead);
}

static void test_second_drop_is_noticed_while_others_come_and_go(void **state) {
    fixture *self = *state;
    expect_waits(self->manager, &point_type, 0, 256);
    expect_waits(self->manager, &ints_type, 4, 256);
    expect_waits(self->manager, &ints_type, 4000, 15);
    expect_waits(nanvm_global(), &point_type, 0, 1000);
    expect_waits(nanvm_global(), &ints_type, 4, 1000);
    expect_waits(nanvm_global(), &ints_type, 1000, 250);
    expect_waits(nanvm_global(), &ints_type, 4000, 63);
    expect_waits(nanvm_global(), &ints_type, 15000, 15);
    expect_waits(nanvm_global(), &ints_type, 50000, 3);
    expect_waits(nanvm_global(), &ints_type, 200000, 0);
    expect_waits(nanvm_global_plain(), &point_type, 0, 1000);
    expect_waits(nanvm_global_plain(), &ints_type, 1000, 250);
}

/* The global manager's and the plain one's push each other out. */
static void test_both_global_managers_have_one_quarantine(void **state) {
    (void)state;
    nanvm_ref dead = make_and_drop(nanvm_global_plain(), &point_type, 0);
    make_and_drop_others(nanvm_global(), &point_type, 0, 1000, dead.object);
    expect_fatal("dropped before", drop_again, &dead);
    dead = make_and_drop(nanvm_global(), &point_type, 0);
    make_and_drop_others(nanvm_global_plain(), &point_type, 0, 1000, dead.object);
    expect_fatal("dropped before", drop_again, &dead);
}

static void drop_mut_again(void *context) {
    nanvm_mut_ref dead = {(void *)(uintptr_t)((nanvm_ref *)context)->object};
    nanvm_mut_ref_drop(dead);
}

/* Whichever handle the last one was. */
static void test_second_drop_of_who_was_never_shared_is_noticed(void **state) {
    (void)state;
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &point_type);
    nanvm_ref dead = {made.object};
    nanvm_mut_ref_drop(made);
    make_and_drop_others(nanvm_global(), &point_type, 0, 1000, dead.object);
    expect_fatal("dropped before", drop_again, &dead);
    expect_fatal("dropped before", drop_mut_again, &dead);
}

static void drop_again_as_a_leaf(void *context) {
    nanvm_ref_drop_leaf(*(nanvm_ref *)context);
}

static void drop_mut_again_typed(void *context) {
    nanvm_mut_ref dead = {(void *)(uintptr_t)((nanvm_ref *)context)->object};
    nanvm_mut_ref_drop_typed(dead, &point_type);
}

static void resize_again(void *context) {
    nanvm_mut_ref dead = {(void *)(uintptr_t)((nanvm_ref *)context)->object};
    bool resized = nanvm_mut_ref_resize(&dead, nanvm_global(), 100);
    (void)resized;
}

static void test_resize_of_a_dropped_array_is_noticed(void **state) {
    fixture *self = *state;
    nanvm_ref dead = make_and_drop(nanvm_global(), &ints_type, 4);
    expect_fatal("was dropped", resize_again, &dead);
    dead = make_and_drop(self->manager, &ints_type, 4);
    expect_fatal("was dropped", resize_again, &dead);
}

/* An object in the quarantine has no origin any more. (Twice, as the compiler may know
 * the type.) */
static void test_second_drop_is_noticed_by_typed_functions(void **state) {
    (void)state;
    nanvm_ref dead = make_and_drop(nanvm_global(), &point_type, 0);
    expect_fatal("dropped before", drop_again_as_a_leaf, &dead);
    expect_fatal("dropped before", drop_mut_again_typed, &dead);
    expect_fatal("dropped before", drop_mut_again_typed, &dead);
}

static void test_slot_serves_again_in_the_end(void **state) {
    fixture *self = *state;
    size_t before = 0;
    for (size_t i = 0; i < 10000; i++) {
        (void)make_and_drop(self->manager, &point_type, 0);
        if (i == 1000) {
            before = nanvm_stats_make(self->manager).reserved_bytes;
        }
    }
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, before);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static void test_object_in_a_slot_that_serves_again_is_counted_plainly(void **state) {
    fixture *self = *state;
    make_and_drop_others(self->manager, &point_type, 0, 1000, NULL);
    nanvm_mut_ref made = nanvm_new_array(self->manager, &point_type, NULL, 0);
    assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_PLAIN);
    nanvm_mut_ref_drop(made);
}

static void test_dropped_object_is_cleared(void **state) {
    fixture *self = *state;
    static const unsigned char nothing[sizeof(struct point)];
    nanvm_ref dead = make_and_drop(self->manager, &point_type, 0);
    assert_memory_equal(dead.object, nothing, sizeof(nothing));
    dead = make_and_drop(nanvm_global(), &point_type, 0);
    assert_memory_equal(dead.object, nothing, sizeof(nothing));
    dead = make_and_drop(nanvm_global_plain(), &point_type, 0);
    assert_memory_equal(dead.object, nothing, sizeof(nothing));
}

static void expect_nothing_in(const unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static const nanvm_type byte_type = {.name = "byte", .size = 1, .align = 1};

static void test_dropped_object_of_one_byte_is_cleared(void **state) {
    (void)state;
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &byte_type);
    const unsigned char *byte = made.object;
    *(unsigned char *)made.object = 1;
    nanvm_mut_ref_drop(made);
    assert_int_equal(*byte, 0);
}

/* Its pool ends with the last of them. */
static void test_object_that_outlives_its_manager_is_cleared(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    nanvm_mut_ref made[2];
    for (size_t i = 0; i < 2; i++) {
        made[i] = nanvm_new_array(nanvm_local_manager(&local), &ints_type, NULL, 100);
        memset(made[i].object, 1, 100 * sizeof(int));
    }
    nanvm_local_deinit(&local);
    nanvm_ref dead = nanvm_mut_ref_to_ref(made[0]);
    nanvm_ref_drop(dead);
    expect_nothing_in(dead.object, 100 * sizeof(int));
    expect_fatal("dropped before", drop_again, &dead);
    nanvm_mut_ref_drop(made[1]);
}

/* What is cut off where it is, too: the block has it still. */
static void test_items_cut_off_are_cleared(void **state) {
    fixture *self = *state;
    enum { LENGTH = 1000 };
    accounting_fail_from(&self->source, 0);
    nanvm_manager *managers[] = {nanvm_global(),
                                 self->manager}; /* that has none to move to */
    for (size_t i = 0; i < 2; i++) {
        nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &ints_type, NULL, LENGTH);
        memset(made.object, 1, LENGTH * sizeof(int));
        const int *items = made.object;
        assert_true(nanvm_mut_ref_resize(&made, managers[i], 600));
        assert_ptr_equal(made.object, items);
        assert_int_equal(items[599], 0x01010101);
        expect_nothing_in((const unsigned char *)&items[600], 400 * sizeof(int));
        nanvm_mut_ref_drop(made);
    }
}

static void *after_a_cut(size_t old_length, size_t length) {
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &ints_type, NULL, old_length);
    void *before = made.object;
    assert_true(nanvm_mut_ref_resize(&made, nanvm_global(), length));
    void *after = made.object;
    nanvm_mut_ref_drop(made);
    return before == after ? before : NULL;
}

/* Its few characters lie where the fixed part is padded. */
static void test_array_that_keeps_its_size_keeps_its_block(void **state) {
    (void)state;
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &text_type, NULL, 3);
    const void *before = made.object;
    assert_true(nanvm_mut_ref_resize(&made, nanvm_global(), 2));
    assert_ptr_equal(made.object, before);
    nanvm_mut_ref_drop(made);
}

/* So that a large block doesn't wait as if it were a small one. */
static void test_array_that_is_cut_down_gives_memory_back(void **state) {
    (void)state;
    assert_non_null(after_a_cut(200, 100));
    assert_null(after_a_cut(200, 99));
    assert_non_null(after_a_cut(1001, 1000));
    assert_null(after_a_cut(300, 200));
    assert_null(after_a_cut(20000, 15000));
    assert_null(after_a_cut(300000, 200000));
    assert_non_null(after_a_cut(600000, 400000));
}

static void test_raw_memory_that_is_cut_down_gives_memory_back(void **state) {
    (void)state;
    for (size_t align = 1; align <= 4096; align *= 2) {
        nanvm_layout layout = nanvm_layout_make(20000, align);
        unsigned char *memory = nanvm_manager_alloc(nanvm_global(), layout);
        memset(memory, 1, layout.size);
        assert_ptr_equal(nanvm_manager_resize(nanvm_global(), memory, layout, 13000),
                         memory);
        layout.size = 13000;
        unsigned char *moved = nanvm_manager_resize(nanvm_global(), memory, layout, 1000);
        assert_ptr_not_equal(moved, memory);
        assert_true(is_aligned(moved, align));
        assert_int_equal(moved[999], 1);
        nanvm_manager_dealloc(nanvm_global(), moved, nanvm_layout_make(1000, align));
    }
}

/* A manager of somebody's, without blocks of its own, that frees nothing. */
static _Alignas(64) unsigned char region[1 << 18];
static size_t region_used;

static void *region_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    size_t begin = nanvm_layout_round_up(region_used, layout.align);
    region_used = begin + layout.size;
    assert_true(region_used <= sizeof(region));
    return region + begin;
}

static void keep(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)memory;
    (void)layout;
}

static nanvm_manager *region_manager(void) {
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                      .dealloc = keep};
    static const nanvm_manager_table table = {.alloc = region_alloc};
    static nanvm_dealloc dealloc = {&dealloc_table};
    static nanvm_manager manager = {.table = &table, .dealloc = &dealloc};
    region_used = 0;
    return &manager;
}

static void test_dropped_object_of_any_manager_is_cleared(void **state) {
    (void)state;
    nanvm_mut_ref made = nanvm_new_array(region_manager(), &ints_type, NULL, 100);
    memset(made.object, 1, 100 * sizeof(int));
    const unsigned char *bytes = made.object;
    nanvm_mut_ref_drop(made);
    expect_nothing_in(bytes, 100 * sizeof(int));
}

static void expect_leak(void *context, const nanvm_type *type, size_t blocks,
                        size_t bytes) {
    (void)context;
    (void)bytes;
    assert_ptr_equal(type, &ints_type);
    assert_int_equal(blocks, 1);
}

/* One that is too large to wait, and one that is the last of an orphaned pool. */
static void test_large_object_is_cleared_before_it_is_given_back(void **state) {
    (void)state;
    static const size_t lengths[] = {30000, 4000};
    for (size_t i = 0; i < 2; i++) {
        nanvm_local local;
        nanvm_local_init_from(&local, region_manager());
        nanvm_mut_ref made =
            nanvm_new_array(nanvm_local_manager(&local), &ints_type, NULL, lengths[i]);
        size_t size = lengths[i] * sizeof(int);
        const unsigned char *bytes = memset(made.object, 1, size);
        if (i == 1) {
            nanvm_local_on_leak(&local, expect_leak, NULL);
            nanvm_local_deinit(&local);
        }
        nanvm_mut_ref_drop(made);
        expect_nothing_in(bytes, size);
        if (i == 0) {
            nanvm_local_deinit(&local);
        }
    }
}

/* --- raw memory --- */

typedef struct raw_memory {
    nanvm_manager *manager;
    void *memory;
    nanvm_layout layout;
} raw_memory;

static void give_raw_back(void *context) {
    raw_memory *self = context;
    nanvm_manager_dealloc(self->manager, self->memory, self->layout);
}

static void test_raw_memory_is_given_back_once(void **state) {
    (void)state;
    raw_memory self = {region_manager(), NULL, nanvm_layout_make(100, 8)};
    self.memory = nanvm_manager_alloc(self.manager, self.layout);
    memset(self.memory, 1, 100);
    give_raw_back(&self);
    const unsigned char *front = (unsigned char *)self.memory - sizeof(uint64_t);
    expect_nothing_in(front, sizeof(uint64_t) + 100); /* nor of its checksum */
    expect_fatal("memory that this manager didn't hand out", give_raw_back, &self);
}

static void test_raw_memory_that_was_left_is_cleared(void **state) {
    (void)state;
    nanvm_manager *manager = region_manager();
    nanvm_layout layout = nanvm_layout_make(100, 8);
    unsigned char *left = nanvm_manager_alloc(manager, layout);
    memset(left, 1, 100);
    unsigned char *memory = nanvm_manager_resize(manager, left, layout, 200);
    assert_non_null(memory);
    assert_int_equal(memory[99], 1);
    expect_nothing_in(left, 100);
    nanvm_manager_dealloc(manager, memory, nanvm_layout_make(200, 8));
}

static void test_raw_memory_that_is_given_back_is_cleared(void **state) {
    (void)state;
    nanvm_manager *manager = region_manager();
    nanvm_layout layout = nanvm_layout_make(100, 8);
    unsigned char *memory = nanvm_manager_alloc(manager, layout);
    memset(memory, 1, 100);
    nanvm_manager_dealloc(manager, memory, layout);
    expect_nothing_in(memory, 100);
}

static void test_raw_memory_that_is_given_back_at_once_is_cleared(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init_from(&local, region_manager());
    unsigned char *memory =
        nanvm_manager_alloc(nanvm_local_manager(&local), nanvm_layout_make(5000, 8));
    assert_non_null(memory);
    memset(memory, 1, 5000);
    nanvm_local_dealloc_raw(&local);
    expect_nothing_in(memory, 5000);
    nanvm_local_deinit(&local);
}

static bool fill_and_give_up(void *object, size_t length, void *context) {
    *(unsigned char **)context = memset(object, 1, length * sizeof(int));
    return false;
}

/* At once: a reset clears no more than is in use by then. */
static void test_what_an_arena_takes_back_is_cleared(void **state) {
    fixture *self = *state;
    enum { LENGTH = 100, SIZE = LENGTH * sizeof(int) };
    nanvm_manager *manager = self->manager;
    unsigned char *last = self->buffer + BUFFER - 1;
    *last = 1;
    unsigned char *bytes = NULL;
    assert_null(
        nanvm_new_with(manager, &ints_type, LENGTH, fill_and_give_up, &bytes).object);
    size_t prefix = nanvm_block_prefix(&ints_type);
    expect_nothing_in(bytes - prefix, prefix + SIZE);
    nanvm_layout layout = nanvm_layout_make(SIZE, 8);
    bytes = manager->table->alloc(manager, layout);
    memset(bytes, 1, SIZE);
    manager->dealloc->table->dealloc(manager->dealloc, bytes, layout);
    expect_nothing_in(bytes, SIZE);
    assert_int_equal(*last, 1); /* and nothing behind it */
}

/* The chunk that it leaves is retained. */
static void test_what_an_arena_moves_to_another_chunk_leaves_nothing_behind(
    void **state) {
    nanvm_manager *manager = ((fixture *)*state)->manager;
    enum { SMALL = 3000, LARGE = 1000000 };
    nanvm_layout small = nanvm_layout_make(SMALL, 8);
    assert_non_null(manager->table->alloc(manager, small));
    assert_non_null(manager->table->alloc(manager, nanvm_layout_make(LARGE, 8)));
    nanvm_arena_reset(&((fixture *)*state)->arena);
    unsigned char *bytes = manager->table->alloc(manager, small);
    memset(bytes, 1, SMALL);
    unsigned char *moved = manager->table->resize(manager, bytes, small, LARGE);
    assert_ptr_not_equal(moved, bytes);
    assert_int_equal(moved[SMALL - 1], 1);
    expect_nothing_in(bytes, SMALL);
}

/* A header would make a reference of the address. */
static void test_arena_writes_nothing_behind_its_newest_object(void **state) {
    fixture *self = *state;
    memset(self->buffer, 0x5a, BUFFER);
    for (size_t i = 0; i < 30; i++) {
        const struct point *made = nanvm_new(self->manager, &point_type).object;
        assert_non_null(made);
        const unsigned char *behind = (const unsigned char *)(made + 1);
        while (behind < self->buffer + BUFFER) {
            assert_int_equal(*behind++, 0x5a);
        }
    }
}

/* realloc would move it and leave it there; where it stays, the rest is cleared. */
static void test_raw_memory_of_the_global_manager_is_left_cleared(void **state) {
    (void)state;
    nanvm_manager *manager = nanvm_global();
    nanvm_layout layout = nanvm_layout_make(1000, 8);
    unsigned char *memory = manager->table->alloc(manager, layout);
    assert_null(manager->table->resize(manager, memory, layout, 1001));
    memset(memory, 1, 1000);
    assert_ptr_equal(manager->table->resize(manager, memory, layout, 600), memory);
    assert_int_equal(memory[599], 1);
    expect_nothing_in(memory + 600, 400);
    layout.size = 600;
    assert_ptr_equal(manager->table->resize(manager, memory, layout, 300), memory);
    memset(memory, 1, 600);
    unsigned char *moved = manager->table->resize(manager, memory, layout, 299);
    assert_ptr_not_equal(moved, memory);
    assert_int_equal(moved[298], 1);
    manager->dealloc->table->dealloc(manager->dealloc, moved, nanvm_layout_make(299, 8));
}

/* malloc mostly gives the same memory again, as it was. */
static void test_raw_memory_that_moves_leaves_nothing_behind(void **state) {
    (void)state;
    enum { SIZE = 1000, LEFT = 0x5a, USED_BY_MALLOC = 64 };
    nanvm_manager *manager = nanvm_global();
    nanvm_layout layout = nanvm_layout_make(SIZE, 8);
    void *memory = manager->table->alloc(manager, layout);
    uintptr_t address = (uintptr_t)memory;
    memset(memory, LEFT, SIZE);
    void *moved = manager->table->resize(manager, memory, layout, 100);
    volatile unsigned char *again = malloc(SIZE);
    for (size_t i = USED_BY_MALLOC; i < SIZE && (uintptr_t)again == address; i++) {
        assert_int_not_equal(again[i], LEFT);
    }
    free((void *)(uintptr_t)again);
    manager->dealloc->table->dealloc(manager->dealloc, moved, nanvm_layout_make(100, 8));
}

/* However little is left of it. */
static void test_raw_memory_that_moves_keeps_its_alignment(void **state) {
    (void)state;
    nanvm_manager *manager = nanvm_global();
    nanvm_layout layout = nanvm_layout_make(20000, 4096);
    void *moved[8];
    for (size_t i = 0; i < 8; i++) { /* one may be aligned by chance */
        void *memory = manager->table->alloc(manager, layout);
        moved[i] = manager->table->resize(manager, memory, layout, 40);
        assert_ptr_not_equal(moved[i], memory);
        assert_true(is_aligned(moved[i], 4096));
    }
    layout.size = 40;
    for (size_t i = 0; i < 8; i++) {
        manager->dealloc->table->dealloc(manager->dealloc, moved[i], layout);
    }
}

/* Both are freed by one function of the system. */
static void test_raw_memory_that_is_less_than_its_alignment_stays(void **state) {
    (void)state;
    enum { ALIGN = 2 * sizeof(void *), LARGE = ALIGN + ALIGN / 4, SMALL = ALIGN * 3 / 4 };
    nanvm_manager *manager = nanvm_global();
    nanvm_layout layout = nanvm_layout_make(LARGE, ALIGN);
    void *memory = manager->table->alloc(manager, layout);
    assert_ptr_equal(manager->table->resize(manager, memory, layout, SMALL), memory);
    layout.size = SMALL;
    manager->dealloc->table->dealloc(manager->dealloc, memory, layout);
}

typedef struct written {
    nanvm_manager *manager;
    const nanvm_type *type;
    size_t length;
    size_t others;
    size_t at; /* of its bytes */
} written;

/* In a child: the memory is as it shouldn't be from here on. */
static void write_to_the_dead(void *context) {
    const written *self = context;
    nanvm_ref dead = make_and_drop(self->manager, self->type, self->length);
    ((unsigned char *)(uintptr_t)dead.object)[self->at] = 1;
    make_and_drop_others(self->manager, self->type, self->length, self->others, NULL);
}

/* In a child: what is given back is looked at, too, whenever it was dropped. */
static void write_to_the_dead_and_trim(void *context) {
    nanvm_local *local = context;
    nanvm_manager *manager = nanvm_local_manager(local);
    make_and_drop_others(manager, &point_type, 0, 1, NULL);
    nanvm_ref dead = make_and_drop(manager, &point_type, 0);
    ((unsigned char *)(uintptr_t)dead.object)[5] = 1;
    (void)nanvm_local_trim(local);
}

static void write_to_the_last_dead_and_trim(void *context) {
    nanvm_local *local = context;
    make_and_drop_others(nanvm_local_manager(local), &point_type, 0, 2, NULL);
    write_to_the_dead_and_trim(local);
}

static void write_to_the_first_dead_and_trim(void *context) {
    nanvm_local *local = context;
    nanvm_manager *manager = nanvm_local_manager(local);
    nanvm_ref dead = make_and_drop(manager, &point_type, 0);
    ((unsigned char *)(uintptr_t)dead.object)[5] = 1;
    make_and_drop_others(manager, &point_type, 0, 1, NULL);
    (void)nanvm_local_trim(local);
}

static void expect_write_noticed(misuse *wrong, void *context) {
    char output[1000];
    assert_int_equal(run_in_child(wrong, context, output, sizeof(output)), SIGABRT);
    assert_non_null(strstr(output, "written to after it was dropped"));
}

static void test_write_to_the_dead_is_noticed_by_a_trim(void **state) {
    fixture *self = *state;
    needs_fork();
    expect_write_noticed(write_to_the_dead_and_trim, &self->local);
    expect_write_noticed(write_to_the_last_dead_and_trim, &self->local);
    expect_write_noticed(write_to_the_first_dead_and_trim, &self->local);
}

static void test_write_to_the_dead_is_noticed(void **state) {
    fixture *self = *state;
    needs_fork();
    written cases[] = {{self->manager, &point_type, 0, 1000, 5},
                       {self->manager, &ints_type, 4000, 20, 5},
                       {nanvm_global(), &point_type, 0, 2000, 5},
                       {nanvm_global(), &point_type, 0, 2000, 15}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_write_noticed(write_to_the_dead, &cases[i]);
    }
}

/* At most a MiB of a kind waits, and so the first is looked at soon; a block of one MiB
 * does wait. */
static void test_few_large_blocks_of_the_global_manager_wait(void **state) {
    (void)state;
    needs_fork();
    size_t prefix = nanvm_block_prefix(&ints_type) + sizeof(nanvm_origin);
    size_t largest = (((size_t)1 << 20) - prefix) / sizeof(int);
    written cases[] = {{nanvm_global(), &ints_type, 1000, 300, 0},
                       {nanvm_global(), &ints_type, 4000, 80, 0},
                       {nanvm_global(), &ints_type, 15000, 20, 0},
                       {nanvm_global(), &ints_type, 50000, 5, 0},
                       {nanvm_global(), &ints_type, 200000, 1, 0},
                       {nanvm_global(), &ints_type, largest, 1, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect_write_noticed(write_to_the_dead, &cases[i]);
    }
}

/* In a child: there is no such size, so all that waits is freed. */
static void write_to_the_dead_and_ask_for_all(void *context) {
    const written *self = context;
    nanvm_layout all = nanvm_layout_make(beyond_memory(4096), 8);
    nanvm_ref dead = make_and_drop(self->manager, self->type, self->length);
    ((unsigned char *)(uintptr_t)dead.object)[self->at] = 1;
    if (nanvm_manager_alloc(self->manager, all) != NULL) {
        abort();
    }
}

static void test_all_kinds_of_blocks_go_before_memory_counts_as_exhausted(void **state) {
    (void)state;
    needs_fork();
    static const size_t lengths[] = {4, 1000, 4000, 15000, 50000, 200000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        written self = {nanvm_global(), &ints_type, lengths[i], 0, 0};
        expect_write_noticed(write_to_the_dead_and_ask_for_all, &self);
    }
}

/* In a child: the note of a block that waits lies where its origin was. */
static void forge_a_note(void *context) {
    (void)context;
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &point_type);
    size_t *note = (size_t *)(void *)nanvm_block_origin(made.object);
    nanvm_mut_ref_drop(made);
    note[1] = 2; /* so few bytes are looked at */
    make_and_drop_others(nanvm_global(), &point_type, 0, 2000, NULL);
}

static void test_note_of_a_block_that_waits_can_not_be_forged(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(forge_a_note, NULL, output, sizeof(output)), SIGABRT);
    assert_non_null(strstr(output, "this manager didn't hand out"));
}

/* What waits is given back by a trim, and at the end. */
static void test_what_waits_is_not_lost(void **state) {
    fixture *self = *state;
    make_and_drop_others(self->manager, &point_type, 0, 300, NULL);
    make_and_drop_others(self->manager, &ints_type, 4000, 20, NULL);
    assert_true(nanvm_stats_make(self->manager).reserved_bytes > 16 * 4000 * sizeof(int));
    assert_true(nanvm_local_trim(&self->local) > 0);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
    make_and_drop_others(self->manager, &point_type, 0, 300, NULL);
    make_and_drop_others(self->manager, &ints_type, 4000, 20, NULL);
}

/* There is room for its address already. */
static void test_second_large_object_waits_without_more_memory(void **state) {
    fixture *self = *state;
    nanvm_mut_ref first = nanvm_new_array(self->manager, &ints_type, NULL, 4000);
    nanvm_mut_ref second = nanvm_new_array(self->manager, &ints_type, NULL, 4000);
    nanvm_mut_ref_drop(first);
    size_t before = nanvm_stats_make(self->manager).reserved_bytes;
    accounting_fail_from(&self->source, 0);
    nanvm_mut_ref_drop(second);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, before);
    accounting_never_fail(&self->source);
}

/* --- how much memory waits --- */

/* In chunks of whole pages. */
static void test_large_object_waits_whose_chunk_has_64_kib(void **state) {
    fixture *self = *state;
    make_and_drop_others(self->manager, &ints_type, 68000 / sizeof(int), 1, NULL);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
    make_and_drop_others(self->manager, &ints_type, 64000 / sizeof(int), 1, NULL);
    assert_true(nanvm_stats_make(self->manager).reserved_bytes > 64000);
}

/* 1,600 bytes each: 256 of them may not wait. */
static void test_what_waits_in_a_pool_is_bounded_in_bytes(void **state) {
    fixture *self = *state;
    make_and_drop_others(self->manager, &ints_type, 400, 1000, NULL);
    assert_in_range(nanvm_stats_make(self->manager).reserved_bytes, 30 * 1600,
                    200 * 1024);
}

/* A source that has a MiB, and knows what it gave. */
enum { LIMIT = 1 << 20, PIECES_MAX = 200 };
static size_t limited_used;
static void *limited_pieces[PIECES_MAX];

/* Where `piece` is noted; there is a free entry for NULL. */
static void **entry_of(const void *piece) {
    size_t i = 0;
    while (limited_pieces[i] != piece) {
        i++;
        assert_true(i < PIECES_MAX);
    }
    return &limited_pieces[i];
}

static void *limited_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    void *memory = layout.size > LIMIT - limited_used ? NULL : malloc(layout.size);
    limited_used += memory == NULL ? 0 : layout.size;
    *entry_of(NULL) = memory;
    return memory;
}

static void limited_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    limited_used -= layout.size;
    *entry_of(memory) = NULL;
    free(memory);
}

static nanvm_manager *limited_manager(void) {
    static const nanvm_dealloc_table dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                      .dealloc = limited_dealloc};
    static const nanvm_manager_table table = {.alloc = limited_alloc};
    static nanvm_dealloc dealloc = {&dealloc_table};
    static nanvm_manager manager = {.table = &table, .dealloc = &dealloc};
    return &manager;
}

/* The piece that begins with this address: the ring in which it waits first of all. */
static const void **ring_with(const void *first) {
    for (size_t i = 0; i < PIECES_MAX; i++) {
        const void **piece = limited_pieces[i];
        if (piece != NULL && *piece == first) {
            return piece;
        }
    }
    fail();
    return NULL;
}

/* Drops `count` of them; returns where the first one's address waits. */
static const void **make_and_drop_all(nanvm_manager *manager, const nanvm_type *type,
                                      size_t length, size_t count) {
    nanvm_mut_ref made[300];
    for (size_t i = 0; i < count; i++) {
        made[i] = nanvm_new_array(manager, type, NULL, length);
    }
    const void *first = made[0].object;
    for (size_t i = 0; i < count; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    return ring_with(first);
}

typedef struct forgery {
    const void **ring; /* of the type */
    const nanvm_type *type;
    size_t length;
    const void *address; /* is written there */
    const char *message;
} forgery;

static nanvm_manager *manager_of_forgeries;

/* In a child: the first address in the ring is the next to be used. */
static void forge(void *context) {
    const forgery *self = context;
    *self->ring = self->address;
    (void)make_and_drop(manager_of_forgeries, self->type, self->length);
}

/* In place of an address of a dropped object the ring gets that of zeros, of a live
 * object, or of a dropped object of another type. */
static void test_ring_of_who_waits_can_not_be_forged(void **state) {
    (void)state;
    needs_fork();
    static const _Alignas(16) unsigned char nothing[20000];
    static const char no_header[] = "header was overwritten";
    static const char not_dead[] = "addresses of dead objects were overwritten";
    nanvm_local local;
    nanvm_local_init_from(&local, limited_manager());
    nanvm_manager *manager = manager_of_forgeries = nanvm_local_manager(&local);
    nanvm_mut_ref point = nanvm_new(manager, &point_type);
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 4000);
    const void **points = make_and_drop_all(manager, &point_type, 0, 300);
    const void **arrays = make_and_drop_all(manager, &ints_type, 4000, 16);
    const forgery forgeries[] = {{points, &point_type, 0, nothing + 64, no_header},
                                 {points, &point_type, 0, point.object, not_dead},
                                 {points, &point_type, 0, arrays[0], not_dead},
                                 {arrays, &ints_type, 4000, nothing + 64, no_header},
                                 {arrays, &ints_type, 4000, ints.object, not_dead},
                                 {arrays, &ints_type, 4000, points[0], not_dead}};
    for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
        forgery self = forgeries[i];
        char output[1000];
        assert_int_equal(run_in_child(forge, &self, output, sizeof(output)), SIGABRT);
        assert_non_null(strstr(output, self.message));
    }
    nanvm_mut_ref_drop(point);
    nanvm_mut_ref_drop(ints);
    nanvm_local_deinit(&local);
}

/* With nothing alive, all of the source's memory is to be had. */
static void test_what_waits_goes_before_a_source_runs_out(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init_from(&local, limited_manager());
    nanvm_manager *manager = nanvm_local_manager(&local);
    for (size_t i = 0; i < 200; i++) {
        const nanvm_type *type = i % 2 == 0 ? &ints_type : &text_type;
        nanvm_mut_ref made = nanvm_new_array(manager, type, NULL, 12000);
        assert_non_null(made.object);
        nanvm_mut_ref_drop(made);
    }
    nanvm_layout layout = nanvm_layout_make(LIMIT / 2, 8);
    void *memory = nanvm_manager_alloc(manager, layout);
    assert_non_null(memory);
    assert_null(nanvm_manager_alloc(manager, layout));
    nanvm_manager_dealloc(manager, memory, layout);
    nanvm_local_deinit(&local);
    assert_int_equal(limited_used, 0);
}

/* However short it has waited: others live beside it, so that nothing can go back. */
static void test_place_serves_at_once_where_there_is_no_other(void **state) {
    (void)state;
    enum { MANY = 1000 };
    static nanvm_mut_ref made[MANY];
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    size_t length = 0;
    for (; length < MANY; length++) {
        made[length] = nanvm_new(manager, &point_type);
        if (made[length].object == NULL) {
            break;
        }
        accounting_fail_from(&source, 0);
    }
    assert_in_range(length, 2, MANY - 1);
    void *place = made[0].object;
    nanvm_mut_ref_drop(made[0]);
    made[0] = nanvm_new(manager, &point_type);
    assert_ptr_equal(made[0].object, place);
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    accounting_never_fail(&source);
    nanvm_local_deinit(&local);
    accounting_deinit(&source);
}

#if defined(__linux__)
static rlim_t most_memory(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0) {
        abort();
    }
    return limit.rlim_max;
}

static void limit_memory(rlim_t bytes) {
    struct rlimit limit = {bytes, most_memory()};
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        abort();
    }
}

/* What counts lines needs memory when a child ends. */
static void limit_memory_no_more(void) {
    limit_memory(most_memory());
}
#else
static void limit_memory(size_t bytes) {
    (void)bytes;
}

static void limit_memory_no_more(void) {}
#endif

enum { LIMITED = 1 << 29 };

/* All in a child. */
static void exceed_the_limit(void *context) {
    (void)context;
    limit_memory(LIMITED);
    void *volatile memory = malloc((size_t)2 * LIMITED);
    if (memory != NULL) {
        abort();
    }
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
enum { MAY_HAVE_LIMITS = 1 };
#else
enum { MAY_HAVE_LIMITS = 0 };
#endif

/* Emulators may take no notice of them. */
static void needs_limits(void) {
    char output[1000];
    needs_fork();
    if (!MAY_HAVE_LIMITS ||
        run_in_child(exceed_the_limit, NULL, output, sizeof(output)) != 0) {
        skip_because("memory can't be limited here, or a sanitizer takes too much");
    }
}

/* Runs it in a child, which has to end by itself. */
static void expect_success(misuse *work, void *context) {
    char output[1000];
    assert_int_equal(run_in_child(work, context, output, sizeof(output)), 0);
}

static void drop_more_than_there_is(void *context) {
    const nanvm_type *type = context;
    size_t length = ((size_t)1 << 24) / type->item_size;
    limit_memory(LIMITED);
    for (size_t i = 0; i < 40; i++) {
        nanvm_mut_ref made = nanvm_new_array(nanvm_global(), type, NULL, length);
        if (made.object == NULL) {
            abort();
        }
        nanvm_mut_ref_drop(made);
    }
}

/* Compilers leave out a malloc whose memory nobody can see. */
static void use_up_all(void) {
    void *volatile last;
    for (size_t size = (size_t)1 << 24; size >= 16; size /= 2) {
        do {
            last = malloc(size);
        } while (last != NULL);
    }
}

/* An object, or a piece of raw memory of an alignment. */
static void make_when_all_is_used_up(void *context) {
    const size_t *align = context;
    nanvm_layout more_than_there_is = nanvm_layout_make(beyond_memory(4096), 8);
    for (size_t i = 0; i < 1024; i++) { /* until nothing waits any more */
        if (nanvm_manager_alloc(nanvm_global(), more_than_there_is) != NULL) {
            abort();
        }
    }
    make_and_drop_others(nanvm_global(), &ints_type, 15000, 3, NULL);
    limit_memory(1);
    use_up_all();
    const void *made =
        align != NULL
            ? nanvm_manager_alloc(nanvm_global(), nanvm_layout_make(40000, *align))
            : nanvm_new_array(nanvm_global(), &ints_type, NULL, 15000).object;
    if (made == NULL || (align != NULL && !is_aligned(made, *align))) {
        abort();
    }
    limit_memory_no_more();
}

/* There is none to move what is left to. */
static void cut_when_all_is_used_up(void *context) {
    nanvm_layout layout = nanvm_layout_make(100000, *(const size_t *)context);
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    limit_memory(1);
    use_up_all();
    if (nanvm_manager_resize(nanvm_global(), memory, layout, 5000) != memory) {
        abort();
    }
    limit_memory_no_more();
}

/* More is cut off than there is. */
static void cut_again_and_again(void *context) {
    (void)context;
    nanvm_layout layout = nanvm_layout_make((size_t)1 << 24, 8);
    limit_memory(LIMITED);
    for (size_t i = 0; i < 40; i++) {
        void *memory = nanvm_manager_alloc(nanvm_global(), layout);
        void *moved = memory == NULL
                          ? NULL
                          : nanvm_manager_resize(nanvm_global(), memory, layout, 100);
        if (moved == NULL || moved == memory) {
            abort();
        }
        nanvm_manager_dealloc(nanvm_global(), moved, nanvm_layout_make(100, 8));
    }
}

/* There is memory for both, but not if the smaller one is aligned by the size of the
 * larger. */
static void cut_what_takes_half_of_all(void *context) {
    (void)context;
    nanvm_layout layout = nanvm_layout_make(LIMITED / 2, 8);
    limit_memory(LIMITED);
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    void *moved = memory == NULL
                      ? NULL
                      : nanvm_manager_resize(nanvm_global(), memory, layout, LIMITED / 5);
    if (moved == NULL || moved == memory) {
        abort();
    }
    limit_memory_no_more();
}

static void test_large_raw_memory_moves_where_there_is_memory_for_both(void **state) {
    (void)state;
    needs_limits();
    expect_success(cut_what_takes_half_of_all, NULL);
}

static void test_raw_memory_that_was_cut_off_is_to_be_had_again(void **state) {
    (void)state;
    needs_limits();
    expect_success(cut_again_and_again, NULL);
}

static void test_raw_memory_is_cut_where_it_lies_before_there_is_none(void **state) {
    (void)state;
    needs_limits();
    for (size_t align = 1; align <= 4096; align *= 2) {
        expect_success(cut_when_all_is_used_up, &align);
    }
}

/* However they are aligned. */
static void test_large_blocks_of_the_global_manager_dont_wait(void **state) {
    (void)state;
    needs_limits();
    for (size_t align = sizeof(int); align <= 64; align *= 4) {
        nanvm_type items = {.name = "items", .align = align, .item_size = align};
        expect_success(drop_more_than_there_is, &items);
    }
}

static void test_what_waits_goes_before_the_system_runs_out(void **state) {
    (void)state;
    needs_limits();
    expect_success(make_when_all_is_used_up, NULL);
}

/* Each place is taken. */
static void make_when_as_many_wait_as_can(void *context) {
    (void)context;
    make_and_drop_others(nanvm_global(), &ints_type, 200000, 1, NULL);
    make_and_drop_others(nanvm_global(), &ints_type, 50000, 4, NULL);
    make_and_drop_others(nanvm_global(), &ints_type, 15000, 16, NULL);
    make_and_drop_others(nanvm_global(), &ints_type, 4000, 64, NULL);
    make_and_drop_others(nanvm_global(), &ints_type, 1000, 256, NULL);
    make_and_drop_others(nanvm_global(), &ints_type, 4, 1024, NULL);
    limit_memory(1);
    use_up_all();
    if (nanvm_new_array(nanvm_global(), &ints_type, NULL, 4000).object == NULL) {
        abort();
    }
    limit_memory_no_more();
}

static void test_all_that_can_wait_goes_before_the_system_runs_out(void **state) {
    (void)state;
    needs_limits();
    expect_success(make_when_as_many_wait_as_can, NULL);
}

static void test_what_waits_goes_before_there_is_no_raw_memory(void **state) {
    (void)state;
    needs_limits();
    for (size_t align = 1; align <= 4096; align *= 2) {
        expect_success(make_when_all_is_used_up, &align);
    }
}

static const nanvm_type blob_type = {.name = "blob", .size = 40000, .align = 8};

static void make_blob_when_all_is_used_up(void *context) {
    (void)context;
    make_and_drop_others(nanvm_global(), &ints_type, 15000, 3, NULL);
    limit_memory(1);
    use_up_all();
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &blob_type);
    if (made.object == NULL || nanvm_block_count(made.object) != NANVM_COUNT_ATOMIC) {
        abort();
    }
    limit_memory_no_more();
}

static void test_what_waits_goes_before_there_is_no_struct(void **state) {
    (void)state;
    needs_limits();
    expect_success(make_blob_when_all_is_used_up, NULL);
}

/* While there is memory they are left alone. */
static void test_raw_memory_takes_nothing_from_those_that_wait(void **state) {
    (void)state;
    nanvm_ref dead = make_and_drop(nanvm_global(), &point_type, 0);
    nanvm_layout layout = nanvm_layout_make(1000, 8);
    nanvm_manager_dealloc(nanvm_global(), nanvm_manager_alloc(nanvm_global(), layout),
                          layout);
    make_and_drop_others(nanvm_global(), &point_type, 0, 1000, dead.object);
}

/* A size that nobody has is still refused. */
static void test_all_that_waits_may_not_be_enough(void **state) {
    (void)state;
    const nanvm_type huge = {.name = "huge", .size = beyond_memory(8192), .align = 8};
    make_and_drop_others(nanvm_global(), &point_type, 0, 1, NULL);
    assert_null(nanvm_new(nanvm_global(), &huge).object);
    make_and_drop_others(nanvm_global(), &point_type, 0, 1, NULL);
    assert_null(
        nanvm_manager_alloc(nanvm_global(), nanvm_layout_make(beyond_memory(4096), 8)));
    assert_null(
        nanvm_manager_alloc(nanvm_global(), nanvm_layout_make(beyond_memory(4096), 8)));
}

/* A table has to live as long as its objects do, and no longer. */
NANVM_NOINLINE static void make_and_drop_of_a_type_that_goes(void) {
    nanvm_type type = ints_type;
    (void)make_and_drop(nanvm_global(), &type, 100);
    memset((void *)&type, 0xee, sizeof(type));
}

static void test_who_waits_needs_its_type_no_more(void **state) {
    (void)state;
    make_and_drop_of_a_type_that_goes();
    make_and_drop_others(nanvm_global(), &point_type, 0, 2000, NULL);
}

/* --- arrays that grow --- */

/* Though nothing was dropped since the last trim. */
static void test_chunk_that_an_array_left_is_trimmed(void **state) {
    fixture *self = *state;
    nanvm_mut_ref made = nanvm_new_array(self->manager, &ints_type, NULL, 4000);
    make_and_drop(self->manager, &ints_type, 4000);
    assert_true(nanvm_local_trim(&self->local) > 0);
    assert_true(nanvm_mut_ref_resize(&made, self->manager, 8000));
    assert_true(nanvm_local_trim(&self->local) > 0);
    nanvm_mut_ref_drop(made);
}

/* Where there is no memory for half as much again, it takes what it needs, and stays the
 * only object. */
static void test_array_grows_by_what_there_is(void **state) {
    fixture *self = *state;
    static const size_t ample[] = {0, 1}; /* first in whole cache lines */
    nanvm_mut_ref made = nanvm_new_array(self->manager, &ints_type, NULL, 30000);
    accounting_fail_each(&self->source, ample, 2);
    assert_true(nanvm_mut_ref_resize(&made, self->manager, 31000));
    assert_int_equal(self->source.failures, 2);
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_true(stats.live_bytes < 32000 * sizeof(int));
    assert_int_equal(stats.peak_bytes, stats.live_bytes);
    nanvm_mut_ref_drop(made);
}

static const struct CMUnitTest tests[] = {
    TEST(test_second_drop_is_noticed_while_others_come_and_go, local),
    TEST(test_both_global_managers_have_one_quarantine),
    TEST(test_second_drop_of_who_was_never_shared_is_noticed),
    TEST(test_second_drop_is_noticed_by_typed_functions),
    TEST(test_resize_of_a_dropped_array_is_noticed, local),
    TEST(test_slot_serves_again_in_the_end, local),
    TEST(test_place_serves_at_once_where_there_is_no_other),
    TEST(test_object_in_a_slot_that_serves_again_is_counted_plainly, local),
    TEST(test_dropped_object_is_cleared, local),
    TEST(test_dropped_object_of_one_byte_is_cleared),
    TEST(test_object_that_outlives_its_manager_is_cleared),
    TEST(test_items_cut_off_are_cleared, source),
    TEST(test_array_that_keeps_its_size_keeps_its_block),
    TEST(test_array_that_is_cut_down_gives_memory_back),
    TEST(test_dropped_object_of_any_manager_is_cleared),
    TEST(test_large_object_is_cleared_before_it_is_given_back),
    TEST(test_raw_memory_is_given_back_once),
    TEST(test_raw_memory_that_was_left_is_cleared),
    TEST(test_chunk_that_an_array_left_is_trimmed, local_over_source),
    TEST(test_array_grows_by_what_there_is, local_over_source),
    TEST(test_raw_memory_that_is_given_back_is_cleared),
    TEST(test_what_an_arena_takes_back_is_cleared, arena_in_buffer),
    TEST(test_raw_memory_that_is_given_back_at_once_is_cleared),
    TEST(test_what_an_arena_moves_to_another_chunk_leaves_nothing_behind, arena),
    TEST(test_arena_writes_nothing_behind_its_newest_object, arena_in_buffer),
    TEST(test_raw_memory_that_moves_leaves_nothing_behind),
    TEST(test_raw_memory_that_moves_keeps_its_alignment),
    TEST(test_raw_memory_of_the_global_manager_is_left_cleared),
    TEST(test_raw_memory_that_is_less_than_its_alignment_stays),
    TEST(test_write_to_the_dead_is_noticed, local),
    TEST(test_write_to_the_dead_is_noticed_by_a_trim, local),
    TEST(test_few_large_blocks_of_the_global_manager_wait),
    TEST(test_all_kinds_of_blocks_go_before_memory_counts_as_exhausted),
    TEST(test_note_of_a_block_that_waits_can_not_be_forged),
    TEST(test_what_waits_is_not_lost, local_over_source),
    TEST(test_second_large_object_waits_without_more_memory, local_over_source),
    TEST(test_large_object_waits_whose_chunk_has_64_kib, local),
    TEST(test_what_waits_in_a_pool_is_bounded_in_bytes, local),
    TEST(test_ring_of_who_waits_can_not_be_forged),
    TEST(test_what_waits_goes_before_a_source_runs_out),
    TEST(test_large_blocks_of_the_global_manager_dont_wait),
    TEST(test_what_waits_goes_before_the_system_runs_out),
    TEST(test_all_that_can_wait_goes_before_the_system_runs_out),
    TEST(test_raw_memory_that_was_cut_off_is_to_be_had_again),
    TEST(test_large_raw_memory_moves_where_there_is_memory_for_both),
    TEST(test_what_waits_goes_before_there_is_no_struct),
    TEST(test_raw_memory_takes_nothing_from_those_that_wait),
    TEST(test_raw_memory_is_cut_where_it_lies_before_there_is_none),
    TEST(test_raw_memory_that_is_cut_down_gives_memory_back),
    TEST(test_what_waits_goes_before_there_is_no_raw_memory),
    TEST(test_all_that_waits_may_not_be_enough),
    TEST(test_who_waits_needs_its_type_no_more),
};

RUN_TESTS(tests)
