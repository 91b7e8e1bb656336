/* The manager for one thread: pools, leaks, and objects that outlive it. */
#include <stdlib.h>

#include "misuse.h"
#include "run.h"
#include "skip.h"
#include "stage.h"

/* --- leaks, as they are reported --- */

typedef struct leaks {
    const nanvm_type *objects[8];
    size_t blocks[8];
    size_t bytes[8];
    size_t length;
} leaks;

static void note_leak(void *context, const nanvm_type *type, size_t blocks,
                      size_t bytes) {
    leaks *self = context;
    assert_in_range(self->length, 0, 7);
    self->objects[self->length] = type;
    self->blocks[self->length] = blocks;
    self->bytes[self->length++] = bytes;
}

static leaks noted;

static void note_leaks(nanvm_local *local) {
    memset(&noted, 0, sizeof(noted));
    nanvm_local_on_leak(local, note_leak, &noted);
}

static void open_leaking(fixture *self) {
    open_local(self);
    note_leaks(&self->local);
}

static void open_leaking_over_source(fixture *self) {
    open_local_over_source(self);
    note_leaks(&self->local);
}

FIXTURE(leaking, open_leaking, close_local)
FIXTURE(leaking_over_source, open_leaking_over_source, close_local)

static size_t leak_of(const nanvm_type *type) {
    for (size_t i = 0; i < noted.length; i++) {
        if (noted.objects[i] == type) {
            return i;
        }
    }
    fail();
    return 0;
}

static void test_each_type_alive_at_deinit_is_reported_once(void **state) {
    fixture *self = *state;
    nanvm_mut_ref a = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref b = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref c = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref d = nanvm_new_array(self->manager, &ints_type, NULL, 3);
    nanvm_mut_ref e = nanvm_new_array(self->manager, &ints_type, NULL, 3000);
    nanvm_mut_ref_drop(nanvm_new(self->manager, &node_type));
    nanvm_mut_ref_drop(b);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 2);
    size_t points = leak_of(&point_type);
    assert_int_equal(noted.blocks[points], 2);
    assert_int_equal(noted.bytes[points],
                     2 * (sizeof(nanvm_header) + sizeof(struct point)));
    size_t ints = leak_of(&ints_type);
    assert_int_equal(noted.blocks[ints], 2);
    assert_true(noted.bytes[ints] >=
                3003 * sizeof(int) + 2 * (sizeof(nanvm_header) + sizeof(size_t)));
    nanvm_mut_ref_drop(a);
    nanvm_mut_ref_drop(c);
    nanvm_mut_ref_drop(d);
    nanvm_mut_ref_drop(e);
}

static void test_array_moves_to_a_manager_that_was_never_used(void **state) {
    (void)state;
    nanvm_local from;
    nanvm_local to;
    nanvm_local_init(&from);
    nanvm_local_init(&to);
    nanvm_mut_ref array =
        nanvm_new_array(nanvm_local_manager(&from), &ints_type, NULL, 3);
    assert_true(nanvm_mut_ref_resize(&array, nanvm_local_manager(&to), 300));
    assert_int_equal(nanvm_stats_make(nanvm_local_manager(&from)).live_blocks, 0);
    assert_int_equal(nanvm_stats_make(nanvm_local_manager(&to)).live_blocks, 1);
    nanvm_mut_ref_drop(array);
    nanvm_local_deinit(&from);
    nanvm_local_deinit(&to);
}

static void test_nothing_alive_at_deinit_is_no_leak(void **state) {
    fixture *self = *state;
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 0);
}

static void test_raw_memory_alive_at_deinit_is_reported_without_a_type(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED(
        "raw memory is freed through its manager, and has a checksum in front");
    nanvm_layout layout = nanvm_layout_make(40, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    nanvm_dealloc *dealloc = self->manager->dealloc;
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 1);
    assert_null(noted.objects[0]);
    assert_int_equal(noted.blocks[0], 1);
    assert_int_equal(noted.bytes[0], 40);
    dealloc->table->dealloc(dealloc, memory, layout); /* Its dealloc still lives. */
}

/* Runs in a child: what it leaks is the child's. */
static void leak_two_points(void *context) {
    static nanvm_mut_ref kept[3];
    nanvm_local local;
    nanvm_local_init(&local);
    kept[0] = nanvm_new(nanvm_local_manager(&local), &point_type);
    kept[1] = nanvm_new(nanvm_local_manager(&local), &point_type);
    if (context != NULL) {
        nanvm_local_on_leak(&local, note_leak, context);
        nanvm_local_on_leak(&local, NULL, NULL);
    }
    nanvm_local_deinit(&local);
    nanvm_mut_ref_drop(kept[0]);
    nanvm_mut_ref_drop(kept[1]);
}

static void expect_leak_line(const char *output) {
    const char *line = strstr(output, "nanvm_mem: ");
    assert_non_null(line);
    assert_non_null(strstr(line, "struct point"));
    const char *numbers = strstr(line, "2 alive, ");
    assert_non_null(numbers);
    unsigned long bytes = strtoul(numbers + strlen("2 alive, "), NULL, 10);
    assert_true(bytes > 2 * sizeof(struct point));
    assert_null(strstr(strchr(line, '\n'), "nanvm_mem: "));
}

static void test_default_report_is_one_line_a_type_on_stderr(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leak_two_points, NULL, output, sizeof(output)), 0);
    expect_leak_line(output);
}

static void test_leak_callback_of_null_is_the_default(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leak_two_points, &noted, output, sizeof(output)), 0);
    expect_leak_line(output);
}

static void leak_in_silence(void *context) {
    nanvm_local local;
    (void)context;
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    nanvm_mut_ref kept = nanvm_new(nanvm_local_manager(&local), &point_type);
    nanvm_local_deinit(&local);
    nanvm_mut_ref_drop(kept);
}

static void test_leaks_can_be_ignored(void **state) {
    (void)state;
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leak_in_silence, NULL, output, sizeof(output)), 0);
    assert_string_equal(output, "");
}

static const nanvm_type nameless_type = {.size = 8, .align = 8};

static void leak_nameless(void *context) {
    nanvm_local local;
    (void)context;
    nanvm_local_init(&local);
    nanvm_mut_ref kept = nanvm_new(nanvm_local_manager(&local), &nameless_type);
    nanvm_layout layout = nanvm_layout_make(8, 8);
    void *memory = nanvm_manager_alloc(nanvm_local_manager(&local), layout);
    nanvm_dealloc *dealloc = nanvm_local_manager(&local)->dealloc;
    nanvm_local_deinit(&local);
    nanvm_mut_ref_drop(kept);
    dealloc->table->dealloc(dealloc, memory, layout);
}

static void test_type_without_a_name_is_reported_too(void **state) {
    (void)state;
    SKIP_IF_HARDENED(
        "raw memory is freed through its manager, and has a checksum in front");
    needs_fork();
    char output[1000];
    assert_int_equal(run_in_child(leak_nameless, NULL, output, sizeof(output)), 0);
    assert_non_null(strstr(output, "?"));
    assert_non_null(strstr(output, "raw memory"));
}

/* --- objects that outlive it --- */

static nanvm_mut_ref outlive(nanvm_manager *source, const nanvm_type *type,
                             size_t length) {
    nanvm_local local;
    nanvm_local_init_from(&local, source);
    note_leaks(&local);
    nanvm_mut_ref made = nanvm_new_array(nanvm_local_manager(&local), type, NULL, length);
    nanvm_local_deinit(&local);
    memset(&local, 0xdd, sizeof(local));
    assert_int_equal(noted.length, made.object == NULL ? 0 : 1);
    return made;
}

static void test_last_object_takes_the_storage_along(void **state) {
    fixture *self = *state;
    nanvm_mut_ref small = outlive(self->manager, &point_type, 0);
    nanvm_mut_ref large = outlive(self->manager, &ints_type, 4000);
    nanvm_mut_ref page = outlive(self->manager, &page_type, 0);
    nanvm_ref ref = nanvm_ref_clone(nanvm_mut_ref_to_ref(small));
    assert_int_equal(nanvm_ref_count(ref), 1);
    ((int *)large.object)[3999] = 4;
    nanvm_ref_drop(ref);
    assert_int_equal(self->source.live_blocks > 0, true);
    nanvm_ref_drop(ref);
    nanvm_mut_ref_drop(large);
    nanvm_mut_ref_drop(page);
}

static void test_many_objects_outlive_their_manager(void **state) {
    fixture *self = *state;
    enum { MANY = 1000 };
    static nanvm_mut_ref all[MANY];
    for (size_t i = 0; i < MANY; i++) {
        all[i] = tracked_new(self->manager, i);
    }
    for (size_t i = 0; i < MANY; i += 3) {
        nanvm_mut_ref_drop(all[i]);
    }
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.blocks[0], MANY - (MANY + 2) / 3);
    for (size_t i = 0; i < MANY; i++) {
        if (i % 3 != 0) {
            assert_int_equal(((struct tracked *)all[i].object)->value, i);
            nanvm_mut_ref_drop(all[i]);
        }
    }
}

/* An orphan is cloned, taken and resized with another manager. */
static void use_orphan(nanvm_mut_ref orphan, nanvm_manager *manager) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(orphan);
    nanvm_ref other = nanvm_ref_clone(ref);
    nanvm_mut_ref copy = nanvm_ref_to_mut_ref(&ref, manager);
    assert_int_equal(nanvm_mut_ref_length(copy), nanvm_ref_length(other));
    nanvm_mut_ref_drop(copy);
    nanvm_mut_ref taken;
    assert_true(nanvm_ref_try_to_mut_ref(&other, &taken));
    size_t length = nanvm_mut_ref_length(taken);
    assert_true(nanvm_mut_ref_resize(&taken, manager, 2 * length));
    assert_true(nanvm_mut_ref_resize(&taken, manager, 3));
    nanvm_mut_ref_drop(taken);
}

static void test_orphan_is_cloned_and_resized_by_another_manager(void **state) {
    fixture *self = *state;
    for (size_t length = 10; length < 10000; length *= 7) {
        use_orphan(outlive(self->manager, &ints_type, length), nanvm_global());
        use_orphan(outlive(self->manager, &ints_type, length), self->manager);
        nanvm_local fresh;
        nanvm_local_init_from(&fresh, self->manager);
        use_orphan(outlive(self->manager, &ints_type, length),
                   nanvm_local_manager(&fresh));
        nanvm_local_deinit(&fresh);
    }
}

static void test_orphan_is_resized_by_a_manager_that_made_nothing_yet(void **state) {
    (void)state;
    nanvm_local fresh;
    for (size_t length = 10; length < 10000; length *= 7) {
        nanvm_mut_ref orphan = outlive(nanvm_global(), &ints_type, length);
        nanvm_local_init(&fresh);
        assert_true(
            nanvm_mut_ref_resize(&orphan, nanvm_local_manager(&fresh), length + 9999));
        nanvm_mut_ref_drop(orphan);
        nanvm_local_deinit(&fresh);
    }
}

/* --- pools --- */

static void test_dead_slot_goes_to_its_own_type_only(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait for longer");
    static nanvm_type twin;
    twin = point_type;
    nanvm_mut_ref dead = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref_drop(dead);
    enum { MANY = 200 }; /* more than there is room for before the dead one's turn */
    nanvm_mut_ref others[MANY];
    nanvm_mut_ref own[MANY];
    size_t times = 0;
    for (size_t i = 0; i < MANY; i++) {
        others[i] = nanvm_new(self->manager, &twin);
        own[i] = nanvm_new(self->manager, &point_type);
        assert_ptr_not_equal(others[i].object, dead.object);
        times += own[i].object == dead.object;
    }
    assert_int_equal(times, 1);
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref_drop(others[i]);
        nanvm_mut_ref_drop(own[i]);
    }
}

static void test_objects_of_one_type_take_their_size_and_eight_bytes(void **state) {
    fixture *self = *state;
    enum { MANY = 500 };
    static nanvm_mut_ref all[MANY];
    for (size_t i = 0; i < MANY; i++) {
        all[i] = nanvm_new(self->manager, &point_type);
    }
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, MANY);
    assert_int_equal(stats.live_bytes,
                     MANY * (sizeof(nanvm_header) + sizeof(struct point)));
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref_drop(all[i]);
    }
    stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.live_bytes, 0);
}

static void shrink_to_one(size_t length) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, length);
    size_t before = nanvm_stats_make(manager).live_bytes;
    assert_true(before >= length * sizeof(int));
    assert_true(nanvm_mut_ref_resize(&ints, manager, 1));
    assert_true(nanvm_stats_make(manager).live_bytes < before / 2);
    nanvm_mut_ref_drop(ints);
    nanvm_local_deinit(&local);
}

static void test_array_that_shrinks_a_lot_gives_its_slot_back(void **state) {
    (void)state;
    shrink_to_one(100);
    shrink_to_one(10000);
}

static bool every_size(const stage *on) {
    for (size_t length = 0; length < 3000; length += length < 100 ? 1 : 37) {
        nanvm_mut_ref text = nanvm_new_array(on->manager, &text_type, NULL, length);
        if (text.object == NULL) {
            return false;
        }
        memset(((struct text *)text.object)->bytes, 0xff, length);
        assert_int_equal(nanvm_mut_ref_length(text), length);
        nanvm_mut_ref_drop(text);
    }
    return true;
}

static void test_arrays_of_every_size_fit(void **state) {
    (void)state;
    on_counting_managers(every_size);
}

static void fill(nanvm_mut_ref array, size_t i) {
    memset(array.object, (int)(i % 251), nanvm_mut_ref_length(array) * sizeof(int));
}

static void expect_filled(nanvm_mut_ref array, size_t i) {
    const unsigned char *bytes = array.object;
    for (size_t k = 0; k < nanvm_mut_ref_length(array) * sizeof(int); k++) {
        assert_int_equal(bytes[k], i % 251);
    }
}

/* Whichever pool each is in. What died serves again: nothing more is reserved. */
static void test_arrays_of_every_size_live_together(void **state) {
    fixture *self = *state;
    enum { SIZES = 600, EACH = 3 };
    static nanvm_mut_ref all[EACH][SIZES];
    size_t reserved = SIZE_MAX;
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < EACH * SIZES; i++) {
            nanvm_mut_ref *array = &all[i % EACH][i / EACH];
            *array = nanvm_new_array(self->manager, &ints_type, NULL, i / EACH);
            fill(*array, i);
        }
        for (size_t i = 0; i < EACH * SIZES; i++) {
            expect_filled(all[i % EACH][i / EACH], i);
            nanvm_mut_ref_drop(all[i % EACH][i / EACH]);
        }
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
        if (!is_hardened && round > 0) { /* there the dead wait */
            assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, reserved);
        }
        reserved = nanvm_stats_make(self->manager).reserved_bytes;
    }
}

/* Many types of many sizes: they share what leads to their pools. */
static void test_arrays_of_many_types_are_each_what_they_are(void **state) {
    fixture *self = *state;
    enum { TYPES = 100, SIZES = 12 };
    static nanvm_type types[TYPES];
    static nanvm_mut_ref all[TYPES][SIZES];
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = ints_type;
    }
    for (size_t n = 0; n < 2 * TYPES * SIZES; n++) {
        size_t i = n * 37 % TYPES, k = n * 7 % SIZES;
        nanvm_mut_ref_drop(nanvm_mut_ref_move(&all[i][k]));
        all[i][k] = nanvm_new_array(self->manager, &types[i], NULL, 2 * k + i % 2);
        fill(all[i][k], i + k);
        const nanvm_type *type = nanvm_ref_type(nanvm_mut_ref_to_ref(all[i][k]));
        assert_ptr_equal(type, &types[i]);
    }
    for (size_t n = 0; n < TYPES * SIZES; n++) {
        if (all[n / SIZES][n % SIZES].object != NULL) {
            expect_filled(all[n / SIZES][n % SIZES], n / SIZES + n % SIZES);
        }
        nanvm_mut_ref_drop(nanvm_mut_ref_move(&all[n / SIZES][n % SIZES]));
    }
}

static void *(*usual_alloc)(nanvm_manager *self, nanvm_layout layout);

static void *refuse_tables(nanvm_manager *self, nanvm_layout layout) {
    return layout.size == 64 * sizeof(void *) ? NULL : usual_alloc(self, layout);
}

/* A table that is too full would be searched for ever. */
static void test_type_is_refused_where_the_table_of_pools_can_not_grow(void **state) {
    fixture *self = *state;
    static nanvm_type types[40];
    nanvm_mut_ref made[40];
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = refuse_tables;
    size_t refused = 0;
    for (size_t i = 0; i < 40; i++) {
        types[i] = node_type;
        made[i] = nanvm_new(self->manager, &types[i]);
        refused += made[i].object == NULL;
        assert_int_equal(made[i].object == NULL, i >= 16);
    }
    assert_int_equal(refused, 24);
    self->source.manager_table.alloc = usual_alloc;
    for (size_t i = 0; i < 40; i++) {
        nanvm_mut_ref_drop(made[i]);
        nanvm_mut_ref_drop(nanvm_new(self->manager, &types[i]));
    }
}

/* A pool is found again after the table has grown: it isn't made twice. */
static void test_types_keep_their_pools_when_the_table_grows(void **state) {
    fixture *self = *state;
    enum { TYPES = 150 };
    static nanvm_type types[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = node_type;
        nanvm_mut_ref_drop(nanvm_new(self->manager, &types[i]));
    }
    size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
    for (size_t i = 0; i < 3 * TYPES; i++) {
        nanvm_mut_ref_drop(nanvm_new(self->manager, &types[i * 67 % TYPES]));
    }
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, reserved);
}

/* Nor is one that a trim found nothing to give back in. */
static void test_types_keep_their_pools_after_a_trim_when_the_table_grows(void **state) {
    fixture *self = *state;
    enum { TYPES = 200 };
    static nanvm_type types[TYPES];
    nanvm_mut_ref made[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = node_type;
        made[i] = nanvm_new(self->manager, &types[i]);
        assert_int_equal(nanvm_local_trim(&self->local), 0);
    }
    size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
    for (size_t i = 0; i < TYPES; i++) {
        nanvm_mut_ref_drop(nanvm_new(self->manager, &types[i]));
    }
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, reserved);
    for (size_t i = 0; i < TYPES; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

/* The lowest bit of where a search for a type's pool begins in the first table, of 32
 * slots, as local.c says. (By another hash the test below is only one of many types.) */
static bool begins_at_odd_slot(const nanvm_type *type) {
    uint32_t key = (uint32_t)((uintptr_t)type ^ (uintptr_t)type >> 15);
    uint32_t size = UINT32_MAX * UINT32_C(2246822507);
    return ((key * UINT32_C(2654435769) + size) >> 27 & 1) == 1;
}

/* What begins at each second slot finds room in those between, too: half of the table may
 * be full before it grows. */
static void fill_slots_that_are(bool odd, nanvm_type *types, size_t length) {
    enum { SOME = 17 };
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_mut_ref made[SOME];
    size_t found = 0;
    for (size_t i = 0; i < length && found < SOME; i++) {
        types[i] = point_type;
        if (begins_at_odd_slot(&types[i]) == odd) {
            made[found] = nanvm_new(nanvm_local_manager(&local), &types[i]);
            assert_non_null(made[found++].object);
        }
    }
    assert_int_equal(nanvm_stats_make(nanvm_local_manager(&local)).live_blocks, found);
    for (size_t i = 0; i < found; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    nanvm_local_deinit(&local);
}

static void test_types_that_begin_at_each_second_slot_have_pools(void **state) {
    (void)state;
    enum { MANY = 1000 };
    nanvm_type *types = malloc(MANY * sizeof(*types));
    assert_non_null(types);
    fill_slots_that_are(false, types, MANY);
    fill_slots_that_are(true, types, MANY);
    free(types);
}

static size_t largest_asked;

static void *note_largest(nanvm_manager *self, nanvm_layout layout) {
    largest_asked = layout.size > largest_asked ? layout.size : largest_asked;
    return usual_alloc(self, layout);
}

/* How much is asked for at once, for objects of so many types, as small as they are. */
static size_t largest_for(const nanvm_type *like, size_t types_length,
                          const size_t *lengths, size_t lengths_length) {
    nanvm_type *types = malloc(types_length * sizeof(*types));
    assert_non_null(types);
    fixture self;
    open_local_over_source(&self);
    usual_alloc = self.source.manager_table.alloc;
    self.source.manager_table.alloc = note_largest;
    largest_asked = 0;
    for (size_t i = 0; i < types_length; i++) {
        types[i] = *like;
        for (size_t k = 0; k < lengths_length; k++) {
            nanvm_mut_ref_drop(
                nanvm_new_array(self.manager, &types[i], NULL, lengths[k]));
        }
    }
    close_local(&self);
    free(types);
    return largest_asked;
}

/* That is the table: half full at the least, after it has grown a quarter. */
static void test_table_of_pools_is_no_larger_than_it_has_to_be(void **state) {
    (void)state;
    static const size_t none[] = {0}, some[] = {1, 5, 9};
    const size_t table = 4096 * sizeof(void *);
    assert_int_equal(largest_for(&node_type, 2048, none, 1), table);
    assert_true(largest_for(&ints_type, 511, some, 3) <= table);
}

/* The distance from an object to its origin has 32 bits. With addresses of 32 bits there
 * is no room for the nearer one either: nobody is asked. */
static void test_alignment_beyond_the_reach_of_an_origin_is_refused(void **state) {
    fixture *self = *state;
    static const nanvm_type far = {.name = "far", .size = 8, .align = (size_t)1 << 30};
    assert_null(nanvm_new(self->manager, &far).object); /* the source was asked in vain */
    size_t failed = self->source.requests;
    assert_null(nanvm_new(self->manager, &far).object);
    assert_int_equal(self->source.requests > failed, SIZE_MAX > UINT32_MAX);
    static const nanvm_type farther = {
        .name = "farther", .size = 8, .align = (size_t)1 << 31};
    assert_null(nanvm_new(self->manager, &farther).object);
    failed = self->source.requests;
    assert_null(nanvm_new(self->manager, &farther).object);
    assert_int_equal(self->source.requests, failed);
}

static void test_raw_memory_that_is_not_resized_is_counted_as_before(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(2000, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    nanvm_stats before = nanvm_stats_make(self->manager);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_manager_resize(self->manager, memory, layout, 3000));
    nanvm_stats after = nanvm_stats_make(self->manager);
    assert_int_equal(after.live_blocks, before.live_blocks);
    assert_int_equal(after.live_bytes, before.live_bytes);
    assert_int_equal(after.reserved_bytes, before.reserved_bytes);
    nanvm_manager_dealloc(self->manager, memory, layout);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static void test_raw_memory_that_is_resized_gives_nothing_else_back(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    size_t pieces = self->source.live_blocks;
    memory = nanvm_manager_resize(self->manager, memory, layout, 300);
    assert_non_null(memory);
    assert_int_equal(self->source.live_blocks, pieces);
    nanvm_manager_dealloc(self->manager, memory, nanvm_layout_make(300, 8));
}

/* Where nothing is free, so that nothing has come back to it meanwhile. */
static void test_source_that_has_no_memory_is_not_asked_again(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(2000, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    nanvm_mut_ref alive = nanvm_new(self->manager, &point_type);
    accounting_fail_once(&self->source, 0);
    assert_null(nanvm_new(self->manager, &node_type).object);
    accounting_fail_once(&self->source, 0);
    assert_null(nanvm_manager_alloc(self->manager, layout));
    static const size_t in_place_elsewhere_anew[] = {0, 1, 2};
    accounting_fail_each(&self->source, in_place_elsewhere_anew, 3);
    assert_null(nanvm_manager_resize(self->manager, memory, layout, 3000));
    accounting_never_fail(&self->source);
    nanvm_manager_dealloc(self->manager, memory, layout);
    nanvm_mut_ref_drop(alive);
}

/* Eight classes of arrays between one power of two and the next. */
static size_t class_of(size_t size) {
    size_t step = sizeof(void *);
    while (size > 16 * step) {
        step *= 2;
    }
    return (size + step - 1) / step * step;
}

/* Whatever an object takes is whole words, of 8 bytes in a hardened build. */
static void expect_slot(nanvm_manager *manager, const nanvm_type *type, size_t length,
                        size_t bytes) {
    size_t expected = nanvm_layout_round_up(bytes, is_hardened ? 8 : sizeof(void *));
    size_t before = nanvm_stats_make(manager).live_bytes;
    nanvm_mut_ref made = nanvm_new_array(manager, type, NULL, length);
    assert_int_equal(nanvm_stats_make(manager).live_bytes - before, expected);
    nanvm_mut_ref_drop(made);
}

/* A hardened build has a checksum behind the length. */
static size_t front_of_an_array(void) {
    return sizeof(nanvm_header) + (is_hardened ? 2 : 1) * sizeof(size_t);
}

/* Whatever was made before it, and where it might have been found room, too. */
static void test_array_takes_the_slot_of_its_class(void **state) {
    fixture *self = *state;
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    size_t front = front_of_an_array();
    for (size_t length = 1; length + 512 <= 1700; length++) {
        expect_slot(self->manager, &bytes, length + 512, front + class_of(length + 512));
        expect_slot(self->manager, &bytes, length, front + class_of(length));
        expect_slot(self->manager, &bytes, length + 512, front + class_of(length + 512));
    }
}

/* Whatever was made last, of a size whose pool is looked up at the same entry. */
static void test_array_takes_the_slot_of_its_class_after_any_other(void **state) {
    fixture *self = *state;
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    size_t front = front_of_an_array();
    for (size_t length = 1700; length > 0; length--) {
        nanvm_mut_ref large = nanvm_new_array(self->manager, &bytes, NULL, length + 4096);
        expect_slot(self->manager, &bytes, length, front + class_of(length));
        nanvm_mut_ref_drop(large);
        expect_slot(self->manager, &bytes, length, front + class_of(length));
    }
}

/* However many objects the pool at that entry had before a trim. */
static void test_array_takes_the_slot_of_its_class_after_a_trim(void **state) {
    fixture *self = *state;
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    enum { MANY = 600 };
    nanvm_mut_ref small[MANY];
    for (size_t i = 0; i < MANY; i++) {
        small[i] = nanvm_new_array(self->manager, &bytes, NULL, 16);
    }
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref_drop(small[i]);
    }
    assert_true(nanvm_local_trim(&self->local) > 0);
    size_t front = front_of_an_array();
    size_t apart =
        64 * sizeof(void *); /* of sizes that are looked up at the same entry */
    expect_slot(self->manager, &bytes, 16, front + 16);
    expect_slot(self->manager, &bytes, 16 + 2 * apart, front + class_of(16 + 2 * apart));
}

static void test_struct_takes_its_size_in_words(void **state) {
    fixture *self = *state;
    static nanvm_type types[250];
    for (size_t i = 0; i < 250; i++) {
        types[i] = (nanvm_type){.name = "struct", .size = 1 + 7 * i, .align = 1};
        size_t size = (types[i].size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
        expect_slot(self->manager, &types[i], 0, sizeof(nanvm_header) + size);
    }
}

/* Down to half of its slot an array stays where it is. */
static void test_array_that_shrinks_below_half_of_its_slot_moves(void **state) {
    fixture *self = *state;
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    nanvm_mut_ref array = nanvm_new_array(self->manager, &bytes, NULL, 320);
    void *place = array.object;
    for (size_t length = 319; length >= 160; length--) {
        assert_true(nanvm_mut_ref_resize(&array, self->manager, length));
        assert_ptr_equal(array.object, place);
    }
    assert_true(nanvm_mut_ref_resize(&array, self->manager, 159));
    assert_ptr_not_equal(array.object, place);
    nanvm_mut_ref_drop(array);
    size_t least = sizeof(void *);
    nanvm_mut_ref small = nanvm_new_array(self->manager, &bytes, NULL, least);
    place = small.object;
    for (size_t length = least; length > 0; length--) { /* there is no smaller slot */
        assert_true(nanvm_mut_ref_resize(&small, self->manager, length - 1));
        assert_ptr_equal(small.object, place);
    }
    nanvm_mut_ref_drop(small);
}

static size_t pieces_of(const nanvm_type *type, size_t length) {
    fixture self;
    open_local_over_source(&self);
    nanvm_mut_ref made[10];
    made[0] = nanvm_new_array(self.manager, type, NULL, length);
    size_t before = self.source.live_blocks;
    for (size_t i = 1; i < 10; i++) {
        made[i] = nanvm_new_array(self.manager, type, NULL, length);
        assert_true(is_aligned(made[i].object, type->align));
    }
    size_t pieces = self.source.live_blocks - before;
    for (size_t i = 0; i < 10; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    close_local(&self);
    return pieces;
}

static void test_over_aligned_objects_have_a_piece_each(void **state) {
    (void)state;
    const nanvm_type shares = {.name = "shares", .size = 64, .align = 64};
    const nanvm_type alone = {.name = "alone", .size = 64, .align = 128};
    const nanvm_type large = {.name = "large", .size = 2041, .align = 8};
    assert_true(pieces_of(&shares, 0) < 9);
    assert_int_equal(pieces_of(&alone, 0), 9);
    assert_int_equal(pieces_of(&large, 0), 9);
}

/* A slot takes 2 KiB at the most, with what is in front of the array. */
static void test_array_has_a_piece_of_its_own_where_its_class_is_too_large(void **state) {
    (void)state;
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    assert_true(pieces_of(&bytes, 1920) < 9);
    assert_int_equal(pieces_of(&bytes, 1921), 9);
}

/* Where there is memory for their pool only when what is free was given back. */
static void test_objects_share_chunks_though_memory_ran_out_before(void **state) {
    fixture *self = *state;
    enum { SOME = 10 };
    nanvm_mut_ref made[SOME];
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    accounting_fail_once(&self->source, 0);
    made[0] = nanvm_new(self->manager, &node_type);
    assert_int_equal(self->source.failures, 1);
    size_t before = self->source.live_blocks;
    for (size_t i = 1; i < SOME; i++) {
        made[i] = nanvm_new(self->manager, &node_type);
    }
    assert_true(self->source.live_blocks - before < SOME / 2);
    for (size_t i = 0; i < SOME; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

/* What chunks are asked for, of objects that are aligned to a line of the cache. */
static struct {
    size_t first;
    size_t largest;
} chunks;

static void *note_chunk(nanvm_manager *self, nanvm_layout layout) {
    if (layout.align == 64) {
        chunks.first = chunks.first == 0 ? layout.size : chunks.first;
        chunks.largest = layout.size > chunks.largest ? layout.size : chunks.largest;
    }
    return usual_alloc(self, layout);
}

static void test_chunks_have_from_256_bytes_to_64_kib(void **state) {
    static const nanvm_type short_line = {.name = "short", .size = 48, .align = 64};
    fixture *self = *state;
    enum { MANY = 6000 };
    nanvm_mut_ref lines[MANY];
    chunks.first = chunks.largest = 0;
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = note_chunk;
    for (size_t i = 0; i < MANY; i++) {
        lines[i] = nanvm_new(self->manager, &short_line);
    }
    assert_int_equal(chunks.first, 256);
    assert_int_equal(chunks.largest, 64 * 1024);
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref_drop(lines[i]);
    }
}

/* Where there is no memory for a chunk of the usual size, one for two objects will do. */
static void test_pool_makes_do_with_a_smaller_chunk(void **state) {
    fixture *self = *state;
    accounting_fail_once(&self->source, 3); /* state, table, pool, chunk */
    nanvm_mut_ref small = nanvm_new(self->manager, &point_type);
    assert_non_null(small.object);
    assert_int_equal(self->source.failures, 1);
    static const nanvm_type large = {.name = "large", .size = 1000, .align = 8};
    size_t requests = self->source.requests;
    accounting_fail_from(&self->source, 1); /* pool, chunk */
    assert_null(nanvm_new(self->manager, &large).object);
    assert_int_equal(self->source.requests - requests, 2);
    accounting_never_fail(&self->source);
    nanvm_mut_ref_drop(small);
}

NANVM_ARRAY_OF(bytes_type, unsigned char);

/* A large object gets a few bytes more than it needs, or just those. */
static size_t least_for_bytes(size_t length) {
    fixture self;
    open_local_over_source(&self);
    nanvm_mut_ref first = nanvm_new_array(self.manager, &bytes_type, NULL, 3000);
    size_t before = self.source.live_bytes;
    size_t limit = before + length;
    nanvm_mut_ref made = {NULL};
    for (; made.object == NULL; limit++) {
        accounting_limit(&self.source, limit);
        made = nanvm_new_array(self.manager, &bytes_type, NULL, length);
    }
    nanvm_mut_ref_drop(first);
    nanvm_mut_ref_drop(made);
    close_local(&self);
    return limit - before;
}

static void test_large_object_makes_do_with_the_bytes_that_it_needs(void **state) {
    (void)state;
    size_t least = least_for_bytes(3100);
    for (size_t more = 1; more < 70; more++) {
        assert_int_equal(least_for_bytes(3100 + more), least + more);
    }
}

/* A source that has no memory isn't asked for as much again at once: there must be
 * something new, fewer bytes or what was given back meanwhile. */
static struct {
    accounting source;
    size_t served;   /* requests that are, before the others fail */
    size_t refused;  /* the size of the last one that wasn't */
    size_t refusals; /* how many */
    void *(*alloc)(nanvm_manager *manager, nanvm_layout layout);
} stingy;

static void *refuse(size_t size) {
    assert_int_not_equal(size, stingy.refused);
    stingy.refused = size;
    stingy.refusals++;
    return NULL;
}

static void *stingy_alloc(nanvm_manager *manager, nanvm_layout layout) {
    if (stingy.served > 0) {
        stingy.served--;
        return stingy.alloc(manager, layout);
    }
    return refuse(layout.size);
}

static void *stingy_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                           size_t size) {
    (void)manager;
    (void)memory;
    (void)layout;
    return refuse(size);
}

static void *give_nothing(nanvm_manager *manager, nanvm_layout layout) {
    (void)manager;
    (void)layout;
    return NULL;
}

static nanvm_manager *stingy_open(nanvm_local *local, size_t served) {
    memset(&stingy, 0, sizeof(stingy));
    accounting_init(&stingy.source, NANVM_COUNT_PLAIN);
    stingy.alloc = stingy.source.manager_table.alloc;
    stingy.source.manager_table.alloc = stingy_alloc;
    stingy.served = served;
    nanvm_local_init_from(local, &stingy.source.manager);
    return nanvm_local_manager(local);
}

static void stingy_close(nanvm_local *local) {
    assert_int_not_equal(stingy.refusals, 0);
    nanvm_local_deinit(local);
    accounting_deinit(&stingy.source);
}

static void expect_different_requests(const nanvm_type *type) {
    nanvm_local local;
    nanvm_manager *manager = stingy_open(&local, 3); /* state, table, pool */
    assert_null(nanvm_new(manager, type).object);
    stingy_close(&local);
}

/* With a callback there is a word more in front. */
static void test_source_is_not_asked_for_the_same_twice(void **state) {
    (void)state;
    for (size_t size = 1; size < 3000; size++) {
        nanvm_type type = {.name = "any size", .size = size, .align = 1};
        expect_different_requests(&type);
        type.drop = tracked_drop;
        expect_different_requests(&type);
    }
}

/* Where a resize fails, it is tried to move the array. */
static void test_source_is_not_asked_to_resize_to_the_same_twice(void **state) {
    (void)state;
    SKIP_IF_HARDENED("an object that grows is created anew");
    for (size_t length = 5100; length < 12000; length += 501) {
        nanvm_local local;
        nanvm_manager *manager = stingy_open(&local, SIZE_MAX);
        nanvm_mut_ref bytes = nanvm_new_array(manager, &bytes_type, NULL, 5000);
        stingy.source.manager_table.alloc = give_nothing;
        stingy.source.manager_table.resize = stingy_resize;
        void *as_it_was = bytes.object;
        assert_false(nanvm_mut_ref_resize(&bytes, manager, length));
        assert_ptr_equal(bytes.object, as_it_was);
        nanvm_mut_ref_drop(bytes);
        stingy_close(&local);
    }
}

/* The last bytes of its fixed part are padding, in which the first items lie. */
static void test_array_whose_items_lie_in_the_padding_shrinks_in_place(void **state) {
    fixture *self = *state;
    nanvm_mut_ref text = nanvm_new_array(self->manager, &text_type, "abcde", 5);
    void *place = text.object;
    assert_true(nanvm_mut_ref_resize(&text, self->manager, 2));
    assert_ptr_equal(text.object, place);
    nanvm_mut_ref_drop(text);
}

static void test_large_orphan_is_resized_by_a_manager_that_made_nothing_yet(
    void **state) {
    (void)state;
    nanvm_local first, second;
    nanvm_local_init(&first);
    note_leaks(&first);
    nanvm_local_init(&second);
    nanvm_mut_ref ints =
        nanvm_new_array(nanvm_local_manager(&first), &ints_type, NULL, 3000);
    nanvm_local_deinit(&first);
    assert_true(nanvm_mut_ref_resize(&ints, nanvm_local_manager(&second), 30000));
    assert_int_equal(nanvm_stats_make(nanvm_local_manager(&second)).live_blocks, 1);
    nanvm_mut_ref_drop(ints);
    nanvm_local_deinit(&second);
}

/* Though the other one might make it larger where it lies. */
static void test_large_array_grows_into_the_manager_that_is_given(void **state) {
    (void)state;
    nanvm_local first, second;
    nanvm_local_init(&first);
    nanvm_local_init(&second);
    nanvm_manager *given = nanvm_local_manager(&second);
    nanvm_mut_ref point = nanvm_new(given, &point_type);
    nanvm_mut_ref ints =
        nanvm_new_array(nanvm_local_manager(&first), &ints_type, NULL, 3000);
    assert_true(nanvm_mut_ref_resize(&ints, given, 30000));
    assert_int_equal(nanvm_stats_make(given).live_blocks, 2);
    assert_int_equal(nanvm_stats_make(nanvm_local_manager(&first)).live_blocks, 0);
    nanvm_mut_ref_drop(ints);
    nanvm_mut_ref_drop(point);
    nanvm_local_deinit(&first);
    nanvm_local_deinit(&second);
}

/* More types than a first table of pools has room for. */
static bool many_types(accounting *source) {
    static nanvm_type objects[100];
    static nanvm_mut_ref all[100];
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    size_t made = 0;
    for (; made < 100; made++) {
        objects[made] = point_type;
        objects[made].size = 1 + made * 5;
        objects[made].align = (size_t)1 << made % 8;
        all[made] = nanvm_new(nanvm_local_manager(&local), &objects[made]);
        if (all[made].object == NULL) {
            break;
        }
        assert_true(is_aligned(all[made].object, objects[made].align));
        memset(all[made].object, (int)made, objects[made].size);
    }
    for (size_t i = 0; i < made; i++) {
        assert_int_equal(*(unsigned char *)all[i].object, i);
        nanvm_mut_ref_drop(all[i]);
    }
    nanvm_local_deinit(&local);
    return made == 100;
}

static void test_many_types_have_a_pool_each(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, many_types);
}

/* --- giving empty chunks back --- */

enum { MANY_POINTS = 3000 };

static nanvm_mut_ref points[MANY_POINTS];

static void make_points(nanvm_manager *manager) {
    for (size_t i = 0; i < MANY_POINTS; i++) {
        points[i] = nanvm_new(manager, &point_type);
        assert_non_null(points[i].object);
        ((struct point *)points[i].object)->x = (double)i;
    }
}

/* Drops all but every `kept`th; all, if that is 0. */
static void drop_points(size_t kept) {
    for (size_t i = 0; i < MANY_POINTS; i++) {
        if (kept == 0 || i % kept != 0) {
            nanvm_mut_ref_drop(nanvm_mut_ref_move(&points[i]));
        }
    }
}

static void drop_rest(void) {
    for (size_t i = 0; i < MANY_POINTS; i++) {
        if (points[i].object != NULL) {
            assert_true(((struct point *)points[i].object)->x == (double)i);
            nanvm_mut_ref_drop(nanvm_mut_ref_move(&points[i]));
        }
    }
}

static void test_trim_gives_all_chunks_back_when_all_are_dead(void **state) {
    fixture *self = *state;
    for (int round = 0; round < 3; round++) {
        make_points(self->manager);
        size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
        assert_true(reserved >=
                    MANY_POINTS * (sizeof(nanvm_header) + sizeof(struct point)));
        assert_int_equal(nanvm_stats_make(self->manager).live_blocks, MANY_POINTS);
        drop_points(0);
        size_t before = self->source.live_bytes;
        assert_int_equal(nanvm_local_trim(&self->local), reserved);
        assert_int_equal(before - self->source.live_bytes, reserved);
        nanvm_stats stats = nanvm_stats_make(self->manager);
        assert_int_equal(stats.reserved_bytes, 0);
        assert_int_equal(stats.live_blocks, 0);
        assert_true(stats.peak_bytes >=
                    MANY_POINTS * (sizeof(nanvm_header) + sizeof(struct point)));
        assert_int_equal(nanvm_local_trim(&self->local), 0);
    }
}

/* After each trim creation goes on, in the slots of the dead and in new ones. */
static void trim_keeping(size_t kept) {
    fixture self;
    open_local_over_source(&self);
    make_points(self.manager);
    drop_points(kept);
    size_t live = (MANY_POINTS + kept - 1) / kept;
    size_t reserved = nanvm_stats_make(self.manager).reserved_bytes;
    size_t trimmed = nanvm_local_trim(&self.local);
    assert_int_equal(nanvm_stats_make(self.manager).reserved_bytes, reserved - trimmed);
    assert_int_equal(nanvm_stats_make(self.manager).live_blocks, live);
    static nanvm_mut_ref more[MANY_POINTS];
    for (size_t i = 0; i < MANY_POINTS; i++) {
        more[i] = nanvm_new(self.manager, &point_type);
        assert_non_null(more[i].object);
    }
    assert_int_equal(nanvm_stats_make(self.manager).live_blocks, live + MANY_POINTS);
    for (size_t i = 0; i < MANY_POINTS; i++) {
        nanvm_mut_ref_drop(more[i]);
    }
    (void)nanvm_local_trim(&self.local);
    drop_rest();
    assert_true(nanvm_local_trim(&self.local) > 0);
    assert_int_equal(nanvm_stats_make(self.manager).reserved_bytes, 0);
    close_local(&self);
}

static void test_trim_keeps_the_chunks_in_which_something_is_alive(void **state) {
    (void)state;
    trim_keeping(1);
    trim_keeping(2);
    trim_keeping(100);
    trim_keeping(1000);
    trim_keeping(MANY_POINTS);
    trim_keeping(MANY_POINTS - 1); /* The newest chunk is not empty. */
}

/* Slots that were never used serve after a trim: many trims take no more memory than
 * none. */
static void test_trims_lose_no_slots(void **state) {
    fixture *self = *state;
    enum { ROUNDS = 100 };
    nanvm_mut_ref made[2 * ROUNDS];
    for (size_t i = 0; i < 2 * ROUNDS; i++) {
        made[i] = nanvm_new(self->manager, &point_type);
    }
    size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
    for (size_t i = 0; i < 2 * ROUNDS; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    (void)nanvm_local_trim(&self->local);
    for (size_t i = 0; i < ROUNDS; i++) {
        made[i] = nanvm_new(self->manager, &point_type);
        nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
        (void)nanvm_local_trim(&self->local);
    }
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, ROUNDS);
    assert_in_range(nanvm_stats_make(self->manager).reserved_bytes, 1, reserved);
    for (size_t i = 0; i < ROUNDS; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

static void test_trim_keeps_the_chunk_of_the_only_one_alive(void **state) {
    (void)state;
    for (size_t alive = 0; alive < MANY_POINTS; alive += 277) {
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_manager *manager = nanvm_local_manager(&local);
        make_points(manager);
        nanvm_mut_ref kept = nanvm_mut_ref_move(&points[alive]);
        drop_points(0);
        assert_true(nanvm_local_trim(&local) > 0);
        assert_true(nanvm_stats_make(manager).reserved_bytes > 0);
        assert_true(((struct point *)kept.object)->x == (double)alive);
        nanvm_mut_ref_drop(nanvm_new(manager, &point_type));
        nanvm_mut_ref_drop(kept);
        nanvm_local_deinit(&local);
    }
}

static void test_trim_reaches_every_type(void **state) {
    fixture *self = *state;
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 5));
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 5000));
    nanvm_mut_ref_drop(nanvm_new(self->manager, &node_type));
    size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
    assert_int_equal(nanvm_local_trim(&self->local), reserved);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
}

static void test_trim_of_a_manager_that_made_nothing_is_zero(void **state) {
    fixture *self = *state;
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    nanvm_local_deinit(&self->local);
    assert_int_equal(nanvm_local_trim(&self->local), 0);
}

static void test_trim_leaves_large_objects_and_raw_memory_alone(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 5000);
    nanvm_layout layout = nanvm_layout_make(500, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    assert_int_equal(nanvm_local_trim(&self->local), 0);
    memset(memory, 1, 500);
    assert_int_equal(nanvm_mut_ref_length(ints), 5000);
    nanvm_manager_dealloc(self->manager, memory, layout);
    nanvm_mut_ref_drop(ints);
}

static bool trim_now_and_then(accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    bool done = true;
    for (size_t i = 0; i < 400 && done; i++) {
        nanvm_mut_ref kept = tracked_new(nanvm_local_manager(&local), i);
        nanvm_mut_ref node = nanvm_new(nanvm_local_manager(&local), &node_type);
        done = kept.object != NULL && node.object != NULL;
        nanvm_mut_ref_drop(node);
        (void)nanvm_local_trim(&local);
        nanvm_mut_ref_drop(kept);
    }
    nanvm_local_deinit(&local);
    return done;
}

static void test_trim_needs_no_memory(void **state) {
    fixture *self = *state;
    for_each_failure(NANVM_COUNT_PLAIN, trim_now_and_then);
    make_points(self->manager);
    drop_points(0);
    size_t requests = self->source.requests;
    assert_true(nanvm_local_trim(&self->local) > 0);
    assert_int_equal(self->source.requests, requests);
}

static void test_objects_outlive_a_manager_that_was_trimmed(void **state) {
    fixture *self = *state;
    make_points(self->manager);
    drop_points(500);
    assert_true(nanvm_local_trim(&self->local) > 0);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 1);
    assert_int_equal(noted.blocks[0], MANY_POINTS / 500);
    drop_rest();
}

/* --- large pools, whose chunks lie in segments --- */

/* The first 4 MiB lie in chunks of their own; then come three segments of 2 MiB, and some
 * chunks of a fourth. */
enum { VERY_MANY = 480000, OUTSIDE = 190000, PER_SEGMENT = 80000 };

static nanvm_mut_ref very_many[VERY_MANY];

static void make_very_many(nanvm_manager *manager) {
    for (size_t i = 0; i < VERY_MANY; i++) {
        struct point point = {(double)i, 0};
        very_many[i] = nanvm_new_copy(manager, &point_type, &point);
        assert_non_null(very_many[i].object);
    }
}

static void drop_from(size_t begin, size_t end) {
    for (size_t i = begin; i < end; i++) {
        assert_true(((struct point *)very_many[i].object)->x == (double)i);
        nanvm_mut_ref_drop(very_many[i]);
    }
}

/* Trims, and checks what is said of it against what the source was given back. */
static size_t trim_checked(nanvm_local *local, const accounting *source) {
    size_t live = source->live_bytes;
    size_t reserved = nanvm_stats_make(nanvm_local_manager(local)).reserved_bytes;
    size_t trimmed = nanvm_local_trim(local);
    size_t left = nanvm_stats_make(nanvm_local_manager(local)).reserved_bytes;
    assert_int_equal(live - source->live_bytes, trimmed);
    assert_int_equal(reserved - left, trimmed);
    return trimmed;
}

enum { SEGMENT = 2 * 1024 * 1024 };

/* One alive keeps the segment that it lies in, and no other. */
static void trim_with_one_alive_at(size_t alive, bool in_segment) {
    fixture self;
    open_local_over_source(&self);
    make_very_many(self.manager);
    drop_from(0, alive);
    drop_from(alive + 1, VERY_MANY);
    assert_true(trim_checked(&self.local, &self.source) > 4 * SEGMENT);
    size_t left = nanvm_stats_make(self.manager).reserved_bytes;
    if (!is_hardened) { /* there objects are larger, and the dead wait */
        assert_true(in_segment ? left == SEGMENT : left < SEGMENT / 8);
        nanvm_mut_ref_drop(nanvm_new(self.manager, &point_type));
        assert_int_equal(nanvm_stats_make(self.manager).reserved_bytes, left);
    }
    drop_from(alive, alive + 1);
    left = nanvm_stats_make(self.manager).reserved_bytes;
    assert_int_equal(trim_checked(&self.local, &self.source), left);
    close_local(&self);
}

static void test_trim_keeps_the_segment_of_the_only_one_alive(void **state) {
    (void)state;
    trim_with_one_alive_at(0, false);
    trim_with_one_alive_at(OUTSIDE + PER_SEGMENT / 2, true);
    trim_with_one_alive_at(OUTSIDE + PER_SEGMENT * 3 / 2, true);
    trim_with_one_alive_at(VERY_MANY - 1, true);
}

static void test_segments_are_used_up_and_go_with_the_manager(void **state) {
    fixture *self = *state;
    make_very_many(self->manager);
    size_t used = nanvm_stats_make(self->manager).live_bytes;
    size_t more =
        is_hardened ? 8 * SEGMENT : SEGMENT + SEGMENT / 2; /* a quarantine's list */
    assert_true(self->source.live_bytes < used + more);
    drop_from(0, VERY_MANY);
}

/* Each to a cache line, which more than 4 MiB of them are in chunks of segments, too. */
static void test_objects_in_segments_are_aligned(void **state) {
    fixture *self = *state;
    enum { LINES = 8 * 1024 * 1024 / 128 };
    for (size_t i = 0; i < LINES; i++) {
        very_many[i] = nanvm_new(self->manager, &line_type);
        assert_true(is_aligned(very_many[i].object, 64));
    }
    for (size_t i = 0; i < LINES; i++) {
        nanvm_mut_ref_drop(very_many[i]);
    }
}

/* A source that has one segment, where the test wants it. */
enum { HALLS = 128 };

typedef struct estate {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    uintptr_t halls; /* so many segments, of which hardly any is touched */
    uintptr_t chosen;
    size_t asked;
} estate;

static void *estate_alloc(nanvm_manager *manager, nanvm_layout layout) {
    estate *self = (estate *)manager;
    if (layout.align < SEGMENT) {
        return nanvm_manager_alloc(nanvm_global(), layout);
    }
    return self->asked++ == 0 ? (void *)self->chosen : NULL;
}

static void estate_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    const estate *self = (estate *)(void *)((char *)dealloc - offsetof(estate, dealloc));
    if ((uintptr_t)memory != self->chosen) {
        nanvm_manager_dealloc(nanvm_global(), memory, layout);
    }
}

static const nanvm_manager_table estate_manager = {.alloc = estate_alloc};
static const nanvm_dealloc_table estate_table = {.count = NANVM_COUNT_PLAIN,
                                                 .dealloc = estate_dealloc};

/* Whatever lies in it ends in it. */
static void use_up_segment_at(estate *self, uintptr_t chosen) {
    self->chosen = chosen;
    self->asked = 0;
    nanvm_local local;
    nanvm_local_init_from(&local, &self->manager);
    size_t made = 0, within = 0;
    for (; self->asked < 2 && made < VERY_MANY; made++) {
        struct point point = {(double)made, 0};
        very_many[made] =
            nanvm_new_copy(nanvm_local_manager(&local), &point_type, &point);
        uintptr_t begin = (uintptr_t)very_many[made].object;
        if (begin - self->halls < HALLS * SEGMENT) {
            assert_true(begin - chosen <= SEGMENT - sizeof(struct point));
            within++;
        }
    }
    assert_true(within > PER_SEGMENT / 2);
    drop_from(0, made);
    nanvm_local_deinit(&local);
}

/* Where a segment begins with its chunks follows from a product with its address: here of
 * the least one and the largest one. */
static void test_chunks_lie_within_their_segment(void **state) {
    (void)state;
    SKIP_IF_HARDENED("there are no segments");
    estate self = {.manager = {&estate_manager, &self.dealloc, 0, NULL},
                   .dealloc = {&estate_table}};
    unsigned char *memory = malloc((HALLS + 1) * (size_t)SEGMENT);
    if (memory == NULL) {
        skip_because("there are no 258 MiB");
    }
    self.halls = ((uintptr_t)memory + SEGMENT - 1) / SEGMENT * SEGMENT;
    size_t least = 0, most = 0;
    uint32_t least_product = UINT32_MAX, most_product = 0;
    for (size_t i = 0; i < HALLS; i++) {
        uint32_t product = (uint32_t)(self.halls / SEGMENT + i) * UINT32_C(2654435769);
        least = product < least_product ? i : least;
        least_product = product < least_product ? product : least_product;
        most = product > most_product ? i : most;
        most_product = product > most_product ? product : most_product;
    }
    use_up_segment_at(&self, self.halls + least * SEGMENT);
    use_up_segment_at(&self, self.halls + most * SEGMENT);
    free(memory);
}

static void test_large_pool_goes_on_after_a_trim(void **state) {
    fixture *self = *state;
    make_very_many(self->manager);
    drop_from(OUTSIDE, OUTSIDE + 2 * PER_SEGMENT);
    assert_true(trim_checked(&self->local, &self->source) >= SEGMENT);
    for (size_t i = OUTSIDE; i < OUTSIDE + 2 * PER_SEGMENT; i++) {
        struct point point = {(double)i, 0};
        very_many[i] = nanvm_new_copy(self->manager, &point_type, &point);
    }
    assert_int_equal(trim_checked(&self->local, &self->source), 0);
    drop_from(0, VERY_MANY);
    assert_true(trim_checked(&self->local, &self->source) > 0);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
}

static void *refuse_segments(nanvm_manager *self, nanvm_layout layout) {
    return layout.align >= SEGMENT ? NULL : usual_alloc(self, layout);
}

static void test_large_pool_can_do_without_segments(void **state) {
    fixture *self = *state;
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = refuse_segments;
    make_very_many(self->manager);
    assert_true(self->source.requests < 1000); /* chunks of the usual size */
    drop_from(1, VERY_MANY);
    assert_true(trim_checked(&self->local, &self->source) > 4 * SEGMENT);
    drop_from(0, 1);
}

/* --- arrays --- */

/* Whether its items hold references or not, and has it few or many of them. */
static void shrink_in_place(const nanvm_type *type, size_t length) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref array = nanvm_new_array(manager, type, NULL, length);
    void *place = array.object;
    assert_true(nanvm_mut_ref_resize(&array, manager, length - 1));
    assert_ptr_equal(array.object, place);
    assert_true(nanvm_mut_ref_resize(&array, manager, length));
    assert_ptr_equal(array.object, place);
    assert_int_equal(nanvm_local_trim(&local), 0); /* it is alive */
    assert_true(nanvm_mut_ref_resize(&array, manager, length - 1));
    assert_ptr_equal(array.object, place);
    nanvm_mut_ref_drop(array);
    nanvm_local_deinit(&local);
}

static void test_array_that_shrinks_a_little_stays(void **state) {
    (void)state;
    shrink_in_place(&ints_type, 30);
    shrink_in_place(&ints_type, 3000);
    shrink_in_place(&refs_type, 30);
    shrink_in_place(&refs_type, 3000);
}

static void test_large_array_takes_the_memory_of_the_one_before(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    void *place = NULL;
    size_t requests = 0;
    for (size_t length = 3000; length > 2900; length -= 9) {
        nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, length);
        assert_true(place == NULL || ints.object == place);
        assert_int_equal(((int *)ints.object)[length - 1], 0);
        memset(ints.object, 1, length * sizeof(int));
        requests = place == NULL ? self->source.requests : requests;
        place = ints.object;
        nanvm_mut_ref_drop(ints);
    }
    assert_int_equal(self->source.requests, requests);
}

static nanvm_layout last_asked;

static void *note_alloc(nanvm_manager *self, nanvm_layout layout) {
    last_asked = layout;
    return usual_alloc(self, layout);
}

/* Copies are faster between what starts at the same place in a line. */
static void test_large_array_takes_whole_lines_with_the_head_of_malloc(void **state) {
    fixture *self = *state;
    usual_alloc = self->source.manager_table.alloc;
    self->source.manager_table.alloc = note_alloc;
    for (size_t length = 1000; length < 1100; length++) {
        nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, length);
        assert_int_equal((last_asked.size + 16) % 64, 0);
        nanvm_mut_ref_drop(ints);
    }
}

/* What is much smaller doesn't take it, and it goes when another one dies. */
static void test_memory_that_waits_is_one_large_array_at_most(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    nanvm_mut_ref large = nanvm_new_array(self->manager, &ints_type, NULL, 9000);
    nanvm_mut_ref small = nanvm_new_array(self->manager, &ints_type, NULL, 1000);
    nanvm_mut_ref_drop(large);
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, 1);
    assert_in_range(stats.live_bytes, 4000, 5000);
    assert_in_range(stats.reserved_bytes, 40000, 42000);
    nanvm_mut_ref another = nanvm_new_array(self->manager, &ints_type, NULL, 1000);
    assert_in_range(nanvm_stats_make(self->manager).reserved_bytes, 44000, 46000);
    nanvm_mut_ref_drop(another);
    assert_in_range(nanvm_stats_make(self->manager).reserved_bytes, 8000, 10000);
    assert_in_range(nanvm_local_trim(&self->local), 4000, 5000);
    nanvm_mut_ref_drop(small);
    assert_int_equal(nanvm_stats_make(self->manager).live_bytes, 0);
}

static void test_memory_that_waits_goes_with_the_manager(void **state) {
    fixture *self = *state;
    size_t page = is_hardened ? 4096 : 0; /* two a chunk: its end, and the guard */
    nanvm_mut_ref first = nanvm_new_array(self->manager, &ints_type, NULL, 3000);
    nanvm_mut_ref second = nanvm_new_array(self->manager, &ints_type, NULL, 3000);
    nanvm_mut_ref third = nanvm_new_array(self->manager, &ints_type, NULL, 3000);
    nanvm_mut_ref_drop(first);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 1);
    assert_in_range(noted.bytes[0], 24000, 25000 + 4 * page);
    nanvm_mut_ref_drop(second);
    nanvm_mut_ref_drop(third);
}

static void test_very_large_array_is_given_back_at_once(void **state) {
    fixture *self = *state;
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 20000));
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
}

/* Appending one by one asks the source a few times; who doubles gets what he asks for. */
static void test_large_array_has_room_to_grow(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 1000);
    size_t requests = self->source.requests;
    for (size_t length = 1001; length <= 10000; length++) {
        assert_true(nanvm_mut_ref_resize(&ints, self->manager, length));
        assert_int_equal(((int *)ints.object)[length - 1], 0);
    }
    assert_true(self->source.requests - requests < 20);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 20000));
    assert_in_range(nanvm_stats_make(self->manager).live_bytes, 80000, 81000);
    nanvm_mut_ref_drop(ints);
}

/* Of every length, whether its chunk has a byte to spare or not. */
static void test_large_array_of_the_same_length_takes_no_more_memory(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    for (size_t length = 3000; length < 3020; length++) {
        nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, length));
        size_t reserved = nanvm_stats_make(self->manager).reserved_bytes;
        nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, length);
        assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, reserved);
        nanvm_mut_ref_drop(ints);
        (void)nanvm_local_trim(&self->local);
    }
}

/* A third of it would be in use. */
static void test_much_smaller_array_leaves_the_memory_that_waits(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the dead wait");
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 9000));
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 3000);
    assert_in_range(nanvm_stats_make(self->manager).live_bytes, 12000, 13000);
    nanvm_mut_ref_drop(ints);
}

static void test_large_array_that_shrinks_stays_down_to_half(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 20000);
    void *before = ints.object;
    size_t live = nanvm_stats_make(self->manager).live_bytes;
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 12000));
    assert_ptr_equal(ints.object, before);
    assert_int_equal(nanvm_stats_make(self->manager).live_bytes, live);
    assert_true(nanvm_mut_ref_resize(&ints, self->manager, 8000));
    assert_in_range(nanvm_stats_make(self->manager).live_bytes, 32000, 37000);
    nanvm_mut_ref_drop(ints);
}

static bool fill_nothing(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    return true;
}

/* Not by atomic operations, which would cost several times as much. */
static void test_objects_of_every_size_are_counted_plainly(void **state) {
    fixture *self = *state;
    for (size_t length = 1; length < 100000; length *= 4) {
        nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, length);
        nanvm_mut_ref filled =
            nanvm_new_with(self->manager, &ints_type, length, fill_nothing, NULL);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(nanvm_block_count(ints.object), NANVM_COUNT_PLAIN);
            assert_int_equal(nanvm_block_count(filled.object), NANVM_COUNT_PLAIN);
            assert_true(nanvm_mut_ref_resize(&ints, self->manager, 3 * length));
            assert_true(nanvm_mut_ref_resize(&filled, self->manager, length / 3));
        }
        nanvm_mut_ref_drop(ints);
        nanvm_mut_ref_drop(filled);
    }
}

/* However little is missing to what can be asked for at all. */
static void test_array_that_no_memory_has_room_for_is_refused(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints = nanvm_new_array(self->manager, &ints_type, NULL, 1000);
    for (size_t less = 0; less < 20000; less += less < 300 ? 1 : 77) {
        size_t length = beyond_memory(less) / sizeof(int);
        assert_null(nanvm_new_array(self->manager, &ints_type, NULL, length).object);
        assert_false(nanvm_mut_ref_resize(&ints, self->manager, length));
    }
    nanvm_mut_ref_drop(ints);
}

/* --- the manager as a whole --- */

static void test_manager_without_objects_takes_no_memory(void **state) {
    fixture *self = *state;
    assert_int_equal(self->source.requests, 0);
}

static void test_manager_without_a_pool_has_zeros(void **state) {
    fixture *self = *state;
    accounting_fail_from(&self->source, 2); /* it has its state and its table */
    assert_null(nanvm_new(self->manager, &point_type).object);
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.reserved_bytes, 0);
    assert_int_equal(nanvm_local_trim(&self->local), 0);
}

static void test_deinit_twice_is_deinit_once(void **state) {
    fixture *self = *state;
    nanvm_mut_ref kept = nanvm_new(self->manager, &point_type);
    nanvm_local_deinit(&self->local);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 1);
    nanvm_mut_ref_drop(kept);
}

static void test_manager_can_be_initialised_again(void **state) {
    (void)state;
    nanvm_local local;
    for (int i = 0; i < 3; i++) {
        nanvm_local_init(&local);
        nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(&local), &point_type));
        nanvm_local_deinit(&local);
    }
}

/* --- a manager that an initialiser made --- */

static void count_cycle(void *context, const nanvm_cycle *cycle) {
    size_t *cycles = context;
    assert_int_equal(cycle->length, 1);
    *cycles += 1;
}

static nanvm_local initialised = NANVM_LOCAL_INIT;

static void test_manager_with_an_initialiser_is_as_one_that_was_initialised(
    void **state) {
    (void)state;
    nanvm_local of_block = NANVM_LOCAL_INIT;
    nanvm_local *both[] = {&initialised, &of_block};
    for (size_t i = 0; i < 2; i++) {
        nanvm_manager *manager = nanvm_local_manager(both[i]);
        assert_ptr_equal(nanvm_local_manager(both[i]), manager);
        nanvm_local usual;
        nanvm_local_init(&usual);
        size_t used = offsetof(nanvm_local, is_shared) + 1; /* padding is behind */
        assert_memory_equal(both[i], &usual, used);
        nanvm_mut_ref made = nanvm_new(manager, &point_type);
        assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_PLAIN);
        assert_int_equal(nanvm_stats_make(manager).live_blocks, 1);
        nanvm_mut_ref_drop(made);
        nanvm_local_deinit(both[i]);
    }
}

/* The first call is any: what can be done with zeros leaves them. */
static void test_manager_with_an_initialiser_needs_no_first_call(void **state) {
    (void)state;
    static const nanvm_local zeros = NANVM_LOCAL_INIT;
    nanvm_local local = NANVM_LOCAL_INIT;
    nanvm_local_deinit(&local);
    assert_int_equal(nanvm_local_trim(&local), 0);
    nanvm_local_dealloc_raw(&local);
    nanvm_local_deinit(&local);
    assert_memory_equal(&local, &zeros, sizeof(zeros));
    nanvm_stats stats = nanvm_stats_make(nanvm_local_manager(&local));
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.reserved_bytes, 0);
    nanvm_local_deinit(&local);
}

static void test_manager_with_an_initialiser_ends_and_starts_anew(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        nanvm_manager *manager = nanvm_local_manager(&initialised);
        nanvm_layout layout = nanvm_layout_make(100, 8);
        void *memory = nanvm_manager_alloc(manager, layout);
        nanvm_mut_ref made = nanvm_new_array(manager, &ints_type, NULL, 10);
        assert_non_null(memory);
        nanvm_mut_ref_drop(made);
        nanvm_manager_dealloc(manager, memory, layout);
        nanvm_local_deinit(&initialised);
        nanvm_local_deinit(&initialised);
    }
}

static void test_callbacks_of_a_manager_with_an_initialiser_can_be_set_first(
    void **state) {
    (void)state;
    size_t cycles = 0;
    nanvm_local local = NANVM_LOCAL_INIT;
    note_leaks(&local);
    nanvm_mut_ref kept = nanvm_new(nanvm_local_manager(&local), &point_type);
    nanvm_local_deinit(&local);
    assert_int_equal(noted.blocks[leak_of(&point_type)], 1);
    nanvm_mut_ref_drop(kept);

    nanvm_local other = NANVM_LOCAL_INIT;
    nanvm_local_on_cycle(&other, count_cycle, &cycles);
    note_leaks(&other);
    nanvm_ref ref =
        nanvm_mut_ref_to_ref(nanvm_new(nanvm_local_manager(&other), &node_type));
    struct node *node = nanvm_ref_make_mut(&ref, nanvm_local_manager(&other));
    node->left = nanvm_ref_clone(ref);
    nanvm_local_deinit(&other);
    assert_int_equal(cycles, is_debug);
    nanvm_ref_drop(nanvm_ref_move(&node->left));
    nanvm_ref_drop(ref);
}

/* After a callback was set the report is still the default one where none is. */
static void leak_with_an_initialiser(void *context) {
    static nanvm_mut_ref kept[2];
    nanvm_local local = NANVM_LOCAL_INIT;
    if (context != NULL) {
        nanvm_local_on_cycle(&local, count_cycle, context);
    }
    kept[0] = nanvm_new(nanvm_local_manager(&local), &point_type);
    kept[1] = nanvm_new(nanvm_local_manager(&local), &point_type);
    nanvm_local_deinit(&local);
    nanvm_mut_ref_drop(kept[0]);
    nanvm_mut_ref_drop(kept[1]);
}

static void test_manager_with_an_initialiser_reports_leaks(void **state) {
    (void)state;
    needs_fork();
    size_t cycles = 0;
    void *contexts[] = {NULL, &cycles};
    for (size_t i = 0; i < 2; i++) {
        char output[1000];
        assert_int_equal(
            run_in_child(leak_with_an_initialiser, contexts[i], output, sizeof(output)),
            0);
        expect_leak_line(output);
    }
}

static void test_manager_in_cleared_memory_is_initialised(void **state) {
    (void)state;
    nanvm_local *local = calloc(1, sizeof(nanvm_local));
    assert_non_null(local);
    nanvm_mut_ref_drop(nanvm_new(nanvm_local_manager(local), &point_type));
    nanvm_local_deinit(local);
    free(local);
}

static void test_chunks_can_come_from_a_local_manager(void **state) {
    fixture *self = *state;
    nanvm_local inner;
    nanvm_local_init_from(&inner, self->manager);
    leaks of_inner = {.length = 0};
    nanvm_local_on_leak(&inner, note_leak, &of_inner);
    nanvm_mut_ref kept = tracked_new(nanvm_local_manager(&inner), 5);
    nanvm_mut_ref_drop(tracked_new(nanvm_local_manager(&inner), 6));
    nanvm_local_deinit(&inner);
    assert_int_equal(of_inner.length, 1);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.length, 1);
    assert_int_equal(((struct tracked *)kept.object)->value, 5);
    nanvm_mut_ref_drop(kept);
}

static void test_chunks_can_come_from_an_arena(void **state) {
    (void)state;
    static unsigned char buffer[20000];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    stage on = {"local over arena", NULL, true};
    nanvm_local local;
    nanvm_local_init_from(&local, nanvm_arena_manager(&arena));
    on.manager = nanvm_local_manager(&local);
    assert_true(every_size(&on) || nanvm_stats_make(on.manager).live_blocks == 0);
    nanvm_local_deinit(&local);
    nanvm_arena_deinit(&arena);
}

/* By a clone of the very handle through which the object is written. */
static void test_cycle_is_told_of_in_a_debug_build_only(void **state) {
    fixture *self = *state;
    size_t cycles = 0;
    nanvm_local_on_cycle(&self->local, count_cycle, &cycles);
    nanvm_ref ref = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &node_type));
    struct node *node = nanvm_ref_make_mut(&ref, self->manager);
    node->left = nanvm_ref_clone(ref);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.blocks[leak_of(&node_type)], 1);
    assert_int_equal(cycles, is_debug);
    nanvm_ref_drop(nanvm_ref_move(&node->left));
    nanvm_ref_drop(ref);
}

static nanvm_ref leaked;

static void drop_the_leak(void *context, const nanvm_type *type, size_t blocks,
                          size_t bytes) {
    (void)context;
    (void)type;
    (void)bytes;
    assert_int_equal(blocks, 1);
    nanvm_ref_drop(nanvm_ref_move(&leaked));
}

static void test_leak_callback_may_drop_what_leaked(void **state) {
    fixture *self = *state;
    nanvm_local_on_leak(&self->local, drop_the_leak, NULL);
    leaked = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
}

static void test_over_aligned_array_grows_by_one_with_few_moves(void **state) {
    fixture *self = *state;
    static const nanvm_type aligned = {
        .name = "aligned", .align = 64, .item_size = sizeof(int)};
    self->source.manager_table.resize = NULL;
    nanvm_mut_ref array = nanvm_new_array(self->manager, &aligned, NULL, 1000);
    for (size_t length = 1001; length <= 4000; length++) {
        assert_true(nanvm_mut_ref_resize(&array, self->manager, length));
    }
    assert_true(self->source.requests < 20);
    nanvm_mut_ref_drop(array);
}

/* Ends `ended` when it is dropped. */
static nanvm_local *ended;

static void end_local(void *object, size_t length) {
    (void)object;
    (void)length;
    nanvm_local_deinit(ended);
}

NANVM_TYPE_CALLBACKS(ender_type, struct point, NULL, end_local, NULL);

static void drop_leak(void *context, const nanvm_type *type, size_t blocks,
                      size_t bytes) {
    (void)type;
    (void)blocks;
    (void)bytes;
    nanvm_ref_drop(nanvm_ref_move(context));
}

static void test_deinit_within_a_leak_report_does_nothing(void **state) {
    fixture *self = *state;
    nanvm_ref kept = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    nanvm_ref ender = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &ender_type));
    ended = &self->local;
    nanvm_local_on_leak(&self->local, drop_leak, &ender);
    nanvm_local_deinit(&self->local);
    assert_null(ender.object);
    nanvm_ref_drop(kept);
}

static void drop_again(void *context) {
    nanvm_mut_ref_drop(*(nanvm_mut_ref *)context);
}

/* Its chunk waits to be used again. */
static void test_stale_handle_of_a_large_array_that_moved_is_noticed(void **state) {
    fixture *self = *state;
    nanvm_mut_ref array = nanvm_new_array(self->manager, &ints_type, NULL, 5000);
    nanvm_mut_ref stale = array;
    assert_true(nanvm_mut_ref_resize(&array, self->manager, 600));
    assert_ptr_not_equal(array.object, stale.object);
    expect_fatal("dropped before", drop_again, &stale);
    nanvm_mut_ref_drop(array);
}

/* It would be refused again: nobody gave anything back. */
static void test_source_is_asked_once_where_nothing_is_free(void **state) {
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref alive = nanvm_new(manager, &point_type);
    nanvm_layout layout = nanvm_layout_make(5000, 8);
    static const size_t account_table_memory[] = {0, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        accounting_fail_once(&source, account_table_memory[i]);
        size_t requests = source.requests;
        assert_null(nanvm_manager_alloc(manager, layout));
        assert_int_equal(source.requests, requests + account_table_memory[i] + 1);
        accounting_never_fail(&source);
    }
    nanvm_mut_ref_drop(alive);
    nanvm_local_deinit(&local);
    accounting_deinit(&source);
}

/* Of a size that has its entry in the table of those that were used last. */
static void test_small_array_after_a_large_one_takes_little(void **state) {
    (void)state;
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_mut_ref large = nanvm_new_array(manager, &bytes, NULL, 4096 + 100);
    size_t before = nanvm_stats_make(manager).live_bytes;
    nanvm_mut_ref small = nanvm_new_array(manager, &bytes, NULL, 100);
    assert_in_range(nanvm_stats_make(manager).live_bytes - before, 100, 1000);
    nanvm_mut_ref_drop(large);
    nanvm_mut_ref_drop(small);
    nanvm_local_deinit(&local);
}

static const struct CMUnitTest tests[] = {
    TEST(test_source_is_asked_once_where_nothing_is_free),
    TEST(test_small_array_after_a_large_one_takes_little),
    TEST(test_array_takes_the_slot_of_its_class_after_any_other, local),
    TEST(test_array_takes_the_slot_of_its_class_after_a_trim, local),
    TEST(test_array_that_no_memory_has_room_for_is_refused, local),
    TEST(test_large_array_of_the_same_length_takes_no_more_memory, local),
    TEST(test_much_smaller_array_leaves_the_memory_that_waits, local),
    TEST(test_large_array_that_shrinks_stays_down_to_half, local),
    TEST(test_objects_of_every_size_are_counted_plainly, local),
    TEST(test_leak_callback_may_drop_what_leaked, local_over_source),
    TEST(test_cycle_is_told_of_in_a_debug_build_only, leaking),
    TEST(test_over_aligned_array_grows_by_one_with_few_moves, local_over_source),
    TEST(test_chunks_lie_within_their_segment),
    TEST(test_large_array_grows_into_the_manager_that_is_given),
    TEST(test_large_object_makes_do_with_the_bytes_that_it_needs),
    TEST(test_source_is_not_asked_for_the_same_twice),
    TEST(test_source_is_not_asked_to_resize_to_the_same_twice),
    TEST(test_array_whose_items_lie_in_the_padding_shrinks_in_place, local),
    TEST(test_each_type_alive_at_deinit_is_reported_once, leaking),
    TEST(test_array_moves_to_a_manager_that_was_never_used),
    TEST(test_nothing_alive_at_deinit_is_no_leak, leaking),
    TEST(test_raw_memory_alive_at_deinit_is_reported_without_a_type, leaking_over_source),
    TEST(test_default_report_is_one_line_a_type_on_stderr),
    TEST(test_leak_callback_of_null_is_the_default),
    TEST(test_leaks_can_be_ignored),
    TEST(test_type_without_a_name_is_reported_too),
    TEST(test_last_object_takes_the_storage_along, source),
    TEST(test_many_objects_outlive_their_manager, leaking_over_source),
    TEST(test_orphan_is_cloned_and_resized_by_another_manager, source),
    TEST(test_orphan_is_resized_by_a_manager_that_made_nothing_yet),
    TEST(test_dead_slot_goes_to_its_own_type_only, local),
    TEST(test_objects_of_one_type_take_their_size_and_eight_bytes, local),
    TEST(test_array_that_shrinks_a_lot_gives_its_slot_back),
    TEST(test_arrays_of_every_size_fit),
    TEST(test_arrays_of_every_size_live_together, local),
    TEST(test_arrays_of_many_types_are_each_what_they_are, local),
    TEST(test_type_is_refused_where_the_table_of_pools_can_not_grow, local_over_source),
    TEST(test_types_keep_their_pools_when_the_table_grows, local),
    TEST(test_types_keep_their_pools_after_a_trim_when_the_table_grows, local),
    TEST(test_types_that_begin_at_each_second_slot_have_pools),
    TEST(test_table_of_pools_is_no_larger_than_it_has_to_be),
    TEST(test_alignment_beyond_the_reach_of_an_origin_is_refused, local_over_source),
    TEST(test_raw_memory_that_is_not_resized_is_counted_as_before, local_over_source),
    TEST(test_raw_memory_that_is_resized_gives_nothing_else_back, local_over_source),
    TEST(test_source_that_has_no_memory_is_not_asked_again, local_over_source),
    TEST(test_many_types_have_a_pool_each),
    TEST(test_trim_gives_all_chunks_back_when_all_are_dead, local_over_source),
    TEST(test_trim_keeps_the_chunks_in_which_something_is_alive),
    TEST(test_trims_lose_no_slots, local),
    TEST(test_trim_keeps_the_chunk_of_the_only_one_alive),
    TEST(test_trim_of_a_manager_that_made_nothing_is_zero, local),
    TEST(test_trim_reaches_every_type, local),
    TEST(test_large_array_takes_whole_lines_with_the_head_of_malloc, local_over_source),
    TEST(test_trim_leaves_large_objects_and_raw_memory_alone, local),
    TEST(test_trim_needs_no_memory, local_over_source),
    TEST(test_objects_outlive_a_manager_that_was_trimmed, leaking_over_source),
    TEST(test_trim_keeps_the_segment_of_the_only_one_alive),
    TEST(test_array_takes_the_slot_of_its_class, local),
    TEST(test_struct_takes_its_size_in_words, local),
    TEST(test_array_that_shrinks_below_half_of_its_slot_moves, local),
    TEST(test_over_aligned_objects_have_a_piece_each),
    TEST(test_array_has_a_piece_of_its_own_where_its_class_is_too_large),
    TEST(test_objects_share_chunks_though_memory_ran_out_before, local_over_source),
    TEST(test_chunks_have_from_256_bytes_to_64_kib, local_over_source),
    TEST(test_pool_makes_do_with_a_smaller_chunk, local_over_source),
    TEST(test_large_orphan_is_resized_by_a_manager_that_made_nothing_yet),
    TEST(test_objects_in_segments_are_aligned, local),
    TEST(test_segments_are_used_up_and_go_with_the_manager, local_over_source),
    TEST(test_large_pool_goes_on_after_a_trim, local_over_source),
    TEST(test_large_pool_can_do_without_segments, local_over_source),
    TEST(test_array_that_shrinks_a_little_stays),
    TEST(test_large_array_takes_the_memory_of_the_one_before, local_over_source),
    TEST(test_memory_that_waits_is_one_large_array_at_most, local),
    TEST(test_memory_that_waits_goes_with_the_manager, leaking_over_source),
    TEST(test_very_large_array_is_given_back_at_once, local),
    TEST(test_large_array_has_room_to_grow, local_over_source),
    TEST(test_manager_without_objects_takes_no_memory, local_over_source),
    TEST(test_manager_without_a_pool_has_zeros, local_over_source),
    TEST(test_deinit_twice_is_deinit_once, leaking),
    TEST(test_manager_can_be_initialised_again),
    TEST(test_manager_with_an_initialiser_is_as_one_that_was_initialised),
    TEST(test_manager_with_an_initialiser_needs_no_first_call),
    TEST(test_manager_with_an_initialiser_ends_and_starts_anew),
    TEST(test_callbacks_of_a_manager_with_an_initialiser_can_be_set_first),
    TEST(test_manager_with_an_initialiser_reports_leaks),
    TEST(test_manager_in_cleared_memory_is_initialised),
    TEST(test_chunks_can_come_from_a_local_manager, leaking_over_source),
    TEST(test_chunks_can_come_from_an_arena),
    TEST(test_deinit_within_a_leak_report_does_nothing, local),
    TEST(test_stale_handle_of_a_large_array_that_moved_is_noticed, local),
};

RUN_TESTS(tests)
