/* The numbers of managers, and how they are printed. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* fopencookie */
#endif

#include "run.h"
#include "skip.h"
#include "stage.h"

#if defined(_WIN32)
enum { IS_WINDOWS = 1 };
#else
enum { IS_WINDOWS = 0 };
#endif

static FILE *scratch_file(void) {
#if defined(__wasi__)
    return fopen("/tmp/stats", "w+"); /* there is no tmpfile */
#else
    return tmpfile();
#endif
}

static char *text_of(bool (*print)(const nanvm_manager *, FILE *),
                     const nanvm_manager *manager) {
    static char text[4096];
    FILE *file = scratch_file();
    assert_non_null(file);
    assert_true(print(manager, file));
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void test_local_counts_live_blocks_and_bytes(void **state) {
    fixture *self = *state;
    nanvm_mut_ref a = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref b = nanvm_new_array(self->manager, &ints_type, NULL, 2000);
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, 2);
    assert_true(stats.live_bytes >= sizeof(struct point) + 2000 * sizeof(int));
    assert_true(stats.peak_bytes >= stats.live_bytes);
    assert_true(stats.reserved_bytes >= stats.live_bytes);
    assert_true(stats.reserved_bytes <= self->source.live_bytes);
    nanvm_mut_ref_drop(a);
    nanvm_mut_ref_drop(b);
    nanvm_stats after = nanvm_stats_make(self->manager);
    assert_int_equal(after.live_blocks, 0);
    assert_int_equal(after.live_bytes, 0);
    assert_int_equal(after.peak_bytes, stats.peak_bytes);
}

static void note_peak(const nanvm_type_stats *type, void *context) {
    *(size_t *)context = type->peak_blocks;
}

/* Of the only type of a manager. */
static size_t peak_of(nanvm_manager *manager) {
    size_t peak = 0;
    nanvm_stats stats;
    memset(&stats, 0, sizeof(stats));
    stats.size = sizeof(stats);
    stats.version = NANVM_STATS_VERSION;
    stats.each = note_peak;
    stats.context = &peak;
    nanvm_manager_stats(manager, &stats);
    return peak;
}

/* Whatever waits, or is copied, in a hardened build. */
static void test_peak_is_the_most_that_were_alive_at_once(void **state) {
    (void)state;
    const size_t lengths[] = {5, 5000}; /* in a pool, and in chunks of their own */
    for (size_t i = 0; i < 2; i++) {
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_manager *manager = nanvm_local_manager(&local);
        for (size_t round = 0; round < 1000; round++) {
            nanvm_mut_ref_drop(nanvm_new_array(manager, &ints_type, NULL, lengths[i]));
        }
        assert_int_equal(peak_of(manager), 1);
        nanvm_mut_ref one = nanvm_new_array(manager, &ints_type, NULL, lengths[i]);
        nanvm_mut_ref other = nanvm_new_array(manager, &ints_type, NULL, lengths[i]);
        nanvm_mut_ref_drop(one);
        assert_int_equal(peak_of(manager), 2);
        one = nanvm_new_array(manager, &ints_type, NULL, lengths[i]);
        nanvm_mut_ref_drop(one);
        (void)nanvm_local_trim(&local);
        assert_int_equal(peak_of(manager), 2);
        nanvm_mut_ref_drop(other);
        assert_int_equal(peak_of(manager), 2);
        nanvm_local_deinit(&local);
    }
}

static void test_growing_is_no_second_object(void **state) {
    fixture *self = *state;
    nanvm_mut_ref made = nanvm_new_array(self->manager, &ints_type, NULL, 5000);
    assert_true(nanvm_mut_ref_resize(&made, self->manager, 30000));
    assert_int_equal(peak_of(self->manager), 1);
    nanvm_mut_ref_drop(made);
}

/* Nor does it count twice in bytes, where it moves; and older peaks stay. */
static void test_growing_leaves_the_peaks(void **state) {
    fixture *self = *state;
    nanvm_mut_ref made = nanvm_new_array(self->manager, &ints_type, NULL, 30000);
    assert_true(nanvm_mut_ref_resize(&made, self->manager, 60000));
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.peak_bytes, stats.live_bytes);
    nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 60000));
    size_t most = nanvm_stats_make(self->manager).peak_bytes;
    assert_true(most > stats.peak_bytes);
    assert_true(nanvm_mut_ref_resize(&made, self->manager, 70000));
    assert_int_equal(nanvm_stats_make(self->manager).peak_bytes, most);
    assert_int_equal(peak_of(self->manager), 2);
    nanvm_mut_ref_drop(made);
}

static void test_what_could_not_be_made_is_not_counted(void **state) {
    fixture *self = *state;
    nanvm_mut_ref made = nanvm_new_array(self->manager, &ints_type, NULL, 30000);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_new_array(self->manager, &ints_type, NULL, 30000).object);
    assert_false(nanvm_mut_ref_resize(&made, self->manager, 90000));
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1);
    assert_int_equal(peak_of(self->manager), 1);
    nanvm_mut_ref_drop(made);
}

static void test_local_counts_raw_memory(void **state) {
    fixture *self = *state;
    size_t front = is_hardened ? 8 : 0; /* a checksum */
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    assert_int_equal(nanvm_stats_make(self->manager).live_bytes, 100 + front);
    memory = nanvm_manager_resize(self->manager, memory, layout, 250);
    assert_int_equal(nanvm_stats_make(self->manager).live_bytes, 250 + front);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1);
    nanvm_manager_dealloc(self->manager, memory, nanvm_layout_make(250, 8));
    assert_int_equal(nanvm_stats_make(self->manager).live_bytes, 0);
    assert_int_equal(nanvm_stats_make(self->manager).peak_bytes, 250 + front);
}

static void test_arena_counts_raw_memory(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *older = nanvm_manager_alloc(self->manager, layout);
    void *newer = nanvm_manager_alloc(self->manager, layout);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 2);
    nanvm_manager_dealloc(self->manager, newer, layout);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1);
    nanvm_manager_dealloc(self->manager, older, layout);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

typedef struct told {
    nanvm_type_stats types[8];
    size_t length;
} told;

static void tell(const nanvm_type_stats *stats, void *context) {
    told *self = context;
    assert_in_range(self->length, 0, 7);
    self->types[self->length++] = *stats;
}

static told types_of(const nanvm_manager *manager) {
    told all = {.length = 0};
    nanvm_stats stats = {.size = sizeof(stats),
                         .version = NANVM_STATS_VERSION,
                         .each = tell,
                         .context = &all};
    nanvm_manager_stats(manager, &stats);
    return all;
}

static const nanvm_type_stats *type_in(const told *all, const nanvm_type *type) {
    const nanvm_type_stats *found = NULL;
    for (size_t i = 0; i < all->length; i++) {
        if (all->types[i].type == type) {
            assert_null(found);
            found = &all->types[i];
        }
    }
    assert_non_null(found);
    return found;
}

static void test_local_tells_of_each_type_once(void **state) {
    fixture *self = *state;
    nanvm_mut_ref ints[5];
    for (size_t i = 0; i < 5; i++) {
        ints[i] = nanvm_new_array(self->manager, &ints_type, NULL, 1 + i * i * i * 20);
    }
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    nanvm_mut_ref_drop(ints[4]);
    told all = types_of(self->manager);
    assert_int_equal(all.length, 2);
    assert_int_equal(type_in(&all, &ints_type)->live_blocks, 4);
    assert_int_equal(type_in(&all, &ints_type)->peak_blocks, 5);
    assert_int_equal(type_in(&all, &point_type)->live_bytes,
                     sizeof(nanvm_header) + sizeof(struct point));
    for (size_t i = 0; i < 4; i++) {
        nanvm_mut_ref_drop(ints[i]);
    }
    nanvm_mut_ref_drop(point);
    all = types_of(self->manager);
    assert_int_equal(type_in(&all, &ints_type)->live_blocks, 0);
}

static void test_local_tells_how_many_pieces_were_alive_at_once(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(100, 8);
    void *first = nanvm_manager_alloc(self->manager, layout);
    void *second = nanvm_manager_alloc(self->manager, layout);
    nanvm_manager_dealloc(self->manager, first, layout);
    told all = types_of(self->manager);
    assert_int_equal(type_in(&all, NULL)->live_blocks, 1);
    assert_int_equal(type_in(&all, NULL)->peak_blocks, 2);
    nanvm_manager_dealloc(self->manager, second, layout);
}

/* Whatever came between its sizes. */
static void test_local_tells_of_a_type_of_many_sizes_once(void **state) {
    fixture *self = *state;
    const nanvm_type *others[] = {&point_type, &node_type, &text_type, &tracked_type};
    nanvm_mut_ref ints[20];
    nanvm_layout layout = nanvm_layout_make(50, 8);
    for (size_t i = 0; i < 20; i++) {
        ints[i] = nanvm_new_array(self->manager, &ints_type, NULL, 2 + 40 * i);
        nanvm_mut_ref_drop(nanvm_new_array(self->manager, others[i / 4 % 3], NULL, 0));
        void *memory = nanvm_manager_alloc(self->manager, layout);
        nanvm_manager_dealloc(self->manager, memory, layout);
    }
    told all = types_of(self->manager);
    assert_int_equal(all.length, 5);
    assert_int_equal(type_in(&all, &ints_type)->live_blocks, 20);
    assert_int_equal(type_in(&all, &ints_type)->peak_blocks, 20);
    assert_int_equal(type_in(&all, NULL)->live_blocks, 0);
    for (size_t i = 0; i < 20; i++) {
        nanvm_mut_ref_drop(ints[i]);
    }
}

/* Bytes that one takes are as many as any other. */
NANVM_ARRAY_OF(chars_type, char);

static void test_local_tells_of_an_array_of_bytes_once(void **state) {
    fixture *self = *state;
    nanvm_mut_ref chars[20];
    for (size_t i = 0; i < 20; i++) {
        chars[i] = nanvm_new_array(self->manager, &chars_type, NULL, 1 + 150 * i);
        nanvm_mut_ref_drop(nanvm_new_array(self->manager, &ints_type, NULL, 1 + 40 * i));
    }
    told all = types_of(self->manager);
    assert_int_equal(all.length, 2);
    assert_int_equal(type_in(&all, &chars_type)->live_blocks, 20);
    for (size_t i = 0; i < 20; i++) {
        nanvm_mut_ref_drop(chars[i]);
    }
}

/* Of those that have a chunk each, whatever waits to be used again meanwhile. */
static void test_peak_of_large_objects_is_kept(void **state) {
    fixture *self = *state;
    nanvm_mut_ref first = nanvm_new_array(self->manager, &ints_type, NULL, 9000);
    nanvm_mut_ref second = nanvm_new_array(self->manager, &ints_type, NULL, 9000);
    nanvm_stats most = nanvm_stats_make(self->manager);
    assert_int_equal(most.peak_bytes, most.live_bytes);
    nanvm_mut_ref_drop(first);
    nanvm_mut_ref_drop(second);
    for (size_t i = 0; i < 3; i++) {
        nanvm_mut_ref other = nanvm_new_array(self->manager, &ints_type, NULL, 4000);
        told all = types_of(self->manager);
        assert_int_equal(type_in(&all, &ints_type)->peak_blocks, 2);
        assert_int_equal(nanvm_stats_make(self->manager).peak_bytes, most.peak_bytes);
        nanvm_mut_ref_drop(other);
    }
}

static void test_local_that_made_nothing_has_zeros(void **state) {
    fixture *self = *state;
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.reserved_bytes, 0);
    assert_int_equal(types_of(self->manager).length, 0);
}

static void test_arena_counts_since_its_reset(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 2000; i++) {
        assert_non_null(nanvm_new(self->manager, &point_type).object);
    }
    nanvm_stats stats = nanvm_stats_make(self->manager);
    assert_int_equal(stats.live_blocks, 2000);
    assert_true(stats.live_bytes >= 2000 * (sizeof(nanvm_header) + sizeof(struct point)));
    assert_true(stats.peak_bytes >= stats.live_bytes);
    assert_int_equal(stats.reserved_bytes, self->source.live_bytes);
    nanvm_arena_reset(&self->arena);
    nanvm_stats after = nanvm_stats_make(self->manager);
    assert_int_equal(after.live_blocks, 0);
    assert_int_equal(after.live_bytes, 0);
    assert_int_equal(after.peak_bytes, stats.peak_bytes);
    assert_int_equal(after.reserved_bytes, stats.reserved_bytes);
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(nanvm_stats_make(self->manager).reserved_bytes, 0);
}

static void test_arena_in_a_buffer_reserves_its_buffer(void **state) {
    (void)state;
    unsigned char buffer[321];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    assert_int_equal(nanvm_stats_make(nanvm_arena_manager(&arena)).reserved_bytes, 321);
    nanvm_arena_deinit(&arena);
}

/* How often `to_mut_ref` clones: when shared, and only if the clone succeeds. */
static void test_clones_of_to_mut_ref_are_counted(void **state) {
    fixture *self = *state;
    nanvm_ref a = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    nanvm_ref b = nanvm_ref_clone(a);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_ref_to_mut_ref(&b, self->manager).object);
    assert_int_equal(nanvm_stats_make(self->manager).clones, 0);
    accounting_never_fail(&self->source);
    nanvm_mut_ref_drop(nanvm_ref_to_mut_ref(&b, self->manager));
    assert_int_equal(nanvm_stats_make(self->manager).clones, 1);
    nanvm_mut_ref_drop(nanvm_ref_clone_object(a, self->manager));
    nanvm_mut_ref_drop(nanvm_ref_to_mut_ref(&a, self->manager));
    assert_int_equal(nanvm_stats_make(self->manager).clones, 1);
}

static void test_older_caller_gets_what_it_knows(void **state) {
    (void)state;
    nanvm_stats stats;
    memset(&stats, 0x77, sizeof(stats));
    nanvm_stats untouched = stats;
    stats.size = offsetof(nanvm_stats, peak_bytes);
    stats.version = NANVM_STATS_VERSION;
    nanvm_manager_stats(nanvm_global(), &stats);
    assert_int_equal(stats.live_bytes, NANVM_STATS_UNKNOWN);
    assert_memory_equal(&stats.peak_bytes, &untouched.peak_bytes,
                        sizeof(stats) - offsetof(nanvm_stats, peak_bytes));
}

/* What it doesn't know, it can't ask for: whatever was on the stack before. */
static void leave_dirt(void) {
    volatile unsigned char dirt[4096];
    for (size_t i = 0; i < sizeof(dirt); i++) {
        dirt[i] = 0x77;
    }
}

static void test_older_caller_is_not_told_of_types(void **state) {
    fixture *self = *state;
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    nanvm_stats stats;
    memset(&stats, 0x77, sizeof(stats));
    stats.size = offsetof(nanvm_stats, each);
    stats.version = NANVM_STATS_VERSION;
    leave_dirt();
    nanvm_manager_stats(self->manager, &stats);
    assert_int_equal(stats.live_blocks, 1);
    nanvm_mut_ref_drop(point);
}

/* To the byte, wherever its struct ends. */
static void test_caller_of_every_size_gets_so_many_bytes(void **state) {
    (void)state;
    nanvm_stats whole = nanvm_stats_make(nanvm_global());
    for (size_t size = 0; size <= sizeof(whole); size++) {
        unsigned char expected[sizeof(nanvm_stats)];
        memset(expected, 0x77, sizeof(expected));
        memcpy(expected, &size, sizeof(size));
        nanvm_stats stats;
        memcpy(&stats, expected, sizeof(expected));
        nanvm_manager_stats(nanvm_global(), &stats);
        memcpy(expected, &whole,
               size < offsetof(nanvm_stats, each) ? size : offsetof(nanvm_stats, each));
        memcpy(expected, &size, sizeof(size));
        memset(expected + sizeof(size), 0x77,
               offsetof(nanvm_stats, live_blocks) - sizeof(size));
        assert_memory_equal(&stats, expected, sizeof(expected));
    }
}

static void test_newer_caller_keeps_what_the_library_does_not_know(void **state) {
    (void)state;
    struct {
        nanvm_stats stats;
        size_t newer;
    } larger = {.newer = 5};
    larger.stats.size = sizeof(larger);
    larger.stats.version = NANVM_STATS_VERSION + 1;
    nanvm_manager_stats(nanvm_global(), &larger.stats);
    assert_int_equal(larger.newer, 5);
    assert_int_equal(larger.stats.size, sizeof(larger));
}

/* --- printing --- */

static void test_numbers_not_counted_are_printed_so(void **state) {
    fixture *self = *state;
    assert_string_equal(text_of(nanvm_stats_print, self->manager),
                        "live_blocks: not counted\n"
                        "live_bytes: not counted\n"
                        "peak_bytes: not counted\n"
                        "reserved_bytes: not counted\n"
                        "clones: 0\n");
    assert_string_equal(text_of(nanvm_stats_print_json, self->manager),
                        "{\"version\": 1, \"live_blocks\": null, \"live_bytes\": null, "
                        "\"peak_bytes\": null, \"reserved_bytes\": null, "
                        "\"clones\": 0, \"objects\": []}\n");
}

static void test_local_is_printed_as_text(void **state) {
    fixture *self = *state;
    nanvm_mut_ref point = nanvm_new(self->manager, &point_type);
    nanvm_stats stats = nanvm_stats_make(self->manager);
    char expected[500];
    snprintf(expected, sizeof(expected),
             "live_blocks: 1\nlive_bytes: %zu\npeak_bytes: %zu\nreserved_bytes: %zu\n"
             "clones: 0\n  struct point: 1 live, %zu bytes, peak 1\n",
             sizeof(nanvm_header) + sizeof(struct point), stats.peak_bytes,
             stats.reserved_bytes, sizeof(nanvm_header) + sizeof(struct point));
    assert_string_equal(text_of(nanvm_stats_print, self->manager), expected);
    nanvm_mut_ref_drop(point);
}

/* A name that JSON can't hold as it is, and none at all. */
static const nanvm_type odd_type = {.name = "a\"b\\c\n\x01\x1f ", .size = 8, .align = 8};
static const nanvm_type nameless_type = {.size = 8, .align = 8};

static const char *type_as_json(const nanvm_manager *manager, const nanvm_type *which,
                                const char *name) {
    static char text[200];
    told all = types_of(manager);
    const nanvm_type_stats *type = type_in(&all, which);
    snprintf(text, sizeof(text),
             "{\"name\": \"%s\", \"live_blocks\": %zu, \"live_bytes\": %zu, "
             "\"peak_blocks\": %zu}",
             name, type->live_blocks, type->live_bytes, type->peak_blocks);
    return text;
}

static void test_local_is_printed_as_json(void **state) {
    fixture *self = *state;
    nanvm_mut_ref odd = nanvm_new(self->manager, &odd_type);
    nanvm_mut_ref nameless = nanvm_new(self->manager, &nameless_type);
    nanvm_mut_ref_drop(nanvm_new(self->manager, &odd_type)); /* its peak was more */
    nanvm_layout layout = nanvm_layout_make(5, 1);
    void *raw = nanvm_manager_alloc(self->manager, layout);
    const char *text = text_of(nanvm_stats_print_json, self->manager);
    assert_non_null(strstr(text, "{\"version\": 1, \"live_blocks\": 3, "));
    assert_non_null(strstr(text, "\"clones\": 0, \"objects\": [{"));
    assert_non_null(
        strstr(text, type_as_json(self->manager, &odd_type,
                                  "a\\u0022b\\u005cc\\u000a\\u0001\\u001f ")));
    assert_non_null(strstr(text, type_as_json(self->manager, &nameless_type, "?")));
    assert_non_null(strstr(text, type_as_json(self->manager, NULL, "raw memory")));
    assert_string_equal(text + strlen(text) - 4, "}]}\n");
    const char *second = strstr(strstr(text, "{\"name\"") + 1, "{\"name\"");
    assert_memory_equal(second - 3, "}, ", 3);
    assert_memory_equal(strstr(second + 1, "{\"name\"") - 3, "}, ", 3);
    nanvm_manager_dealloc(self->manager, raw, layout);
    nanvm_mut_ref_drop(odd);
    nanvm_mut_ref_drop(nameless);
}

static void test_empty_name_is_printed_as_such(void **state) {
    fixture *self = *state;
    static const nanvm_type nameless = {.name = "", .size = 8, .align = 8};
    nanvm_mut_ref_drop(nanvm_new(self->manager, &nameless));
    FILE *file = scratch_file();
    assert_non_null(file);
    assert_true(nanvm_stats_print_json(self->manager, file));
    char text[1000] = "";
    rewind(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_non_null(strstr(text, "{\"name\": \"\", \"live_blocks\": 0"));
    fclose(file);
}

#if defined(_WIN32)
static const char *const nowhere = "NUL";
#else
static const char *const nowhere = "/dev/null";
#endif

/* While it tells of a type, nothing can be written. */
static FILE *unsteady;

static void tell_while_it_fails(const nanvm_manager *manager, nanvm_stats *stats) {
    (void)manager;
    if (stats->each != NULL) {
        const nanvm_type_stats point = {.type = &point_type};
        assert_non_null(freopen(nowhere, "r", unsteady));
        stats->each(&point, stats->context);
        assert_non_null(freopen(nowhere, "w", unsteady));
    }
}

static void test_failed_write_among_types_is_told(void **state) {
    fixture *self = *state;
    unsteady = fopen(nowhere, "w");
    assert_non_null(unsteady);
    assert_true(nanvm_stats_print(self->manager, unsteady));
    assert_true(nanvm_stats_print_json(self->manager, unsteady));
    self->source.manager_table.stats = tell_while_it_fails;
    assert_false(nanvm_stats_print(self->manager, unsteady));
    assert_false(nanvm_stats_print_json(self->manager, unsteady));
    fclose(unsteady);
}

/* Writes succeed but for one. */
static size_t until_failure;

#if defined(__GLIBC__)
enum { SEES_EACH_WRITE = 1 };

static ssize_t write_or_fail(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    (void)bytes;
    return until_failure-- == 0 ? 0 : (ssize_t)size;
}

static bool prints(bool (*print)(const nanvm_manager *, FILE *),
                   const nanvm_manager *manager, size_t successes) {
    const cookie_io_functions_t functions = {.write = write_or_fail};
    FILE *file = fopencookie(NULL, "w", functions);
    assert_non_null(file);
    assert_int_equal(setvbuf(file, NULL, _IONBF, 0), 0);
    until_failure = successes;
    bool done = print(manager, file);
    fclose(file);
    return done;
}
#else
enum { SEES_EACH_WRITE = 0 };

static bool prints(bool (*print)(const nanvm_manager *, FILE *),
                   const nanvm_manager *manager, size_t successes) {
    (void)print;
    (void)manager;
    (void)successes;
    return false;
}
#endif

/* Whichever it is. */
static void test_each_failed_write_is_told(void **state) {
    fixture *self = *state;
    if (!SEES_EACH_WRITE) {
        skip_because("there is no fopencookie() of glibc's");
    }
    static const nanvm_type quoted = {.name = "a \"type\"", .size = 8, .align = 8};
    nanvm_mut_ref_drop(nanvm_new(self->manager, &quoted));
    nanvm_mut_ref_drop(nanvm_new(self->manager, &point_type));
    bool (*const printers[])(const nanvm_manager *, FILE *) = {nanvm_stats_print,
                                                               nanvm_stats_print_json};
    for (size_t i = 0; i < 2; i++) {
        assert_true(prints(printers[i], self->manager, SIZE_MAX));
        size_t writes = SIZE_MAX - until_failure;
        assert_true(writes > 5);
        for (size_t n = 0; n < writes; n++) {
            assert_false(prints(printers[i], self->manager, n));
        }
        assert_true(prints(printers[i], self->manager, writes));
    }
}

static void test_failed_write_is_told(void **state) {
    (void)state;
    FILE *file = fopen(nowhere, "r");
    assert_non_null(file);
    assert_false(nanvm_stats_print(nanvm_global(), file));
    assert_false(nanvm_stats_print_json(nanvm_global(), file));
    fclose(file);
}

/* Each write that follows is only kept for later, and so succeeds. */
static void test_write_that_failed_before_is_told(void **state) {
    (void)state;
    FILE *file = IS_WINDOWS ? NULL : fopen("/dev/full", "w");
    if (file == NULL) { /* wine would open this system's, and without a buffer */
        skip_because("there is no /dev/full");
        return;
    }
    assert_true(nanvm_stats_print(nanvm_global(), file));
    assert_int_not_equal(fflush(file), 0);
    assert_false(nanvm_stats_print(nanvm_global(), file));
    assert_false(nanvm_stats_print_json(nanvm_global(), file));
    fclose(file);
}

static const struct CMUnitTest tests[] = {
    TEST(test_older_caller_is_not_told_of_types, local),
    TEST(test_local_tells_of_an_array_of_bytes_once, local),
    TEST(test_peak_of_large_objects_is_kept, local),
    TEST(test_local_counts_live_blocks_and_bytes, local_over_source),
    TEST(test_peak_is_the_most_that_were_alive_at_once),
    TEST(test_growing_is_no_second_object, local),
    TEST(test_growing_leaves_the_peaks, local_over_source),
    TEST(test_what_could_not_be_made_is_not_counted, local_over_source),
    TEST(test_arena_counts_raw_memory, arena_in_buffer),
    TEST(test_local_counts_raw_memory, local),
    TEST(test_local_tells_how_many_pieces_were_alive_at_once, local),
    TEST(test_local_tells_of_each_type_once, local),
    TEST(test_local_tells_of_a_type_of_many_sizes_once, local),
    TEST(test_local_that_made_nothing_has_zeros, local),
    TEST(test_arena_counts_since_its_reset, arena_over_source),
    TEST(test_arena_in_a_buffer_reserves_its_buffer),
    TEST(test_clones_of_to_mut_ref_are_counted, source),
    TEST(test_older_caller_gets_what_it_knows),
    TEST(test_caller_of_every_size_gets_so_many_bytes),
    TEST(test_newer_caller_keeps_what_the_library_does_not_know),
    TEST(test_numbers_not_counted_are_printed_so, source),
    TEST(test_local_is_printed_as_text, local),
    TEST(test_local_is_printed_as_json, local),
    TEST(test_empty_name_is_printed_as_such, local),
    TEST(test_failed_write_among_types_is_told, source),
    TEST(test_each_failed_write_is_told, local),
    TEST(test_failed_write_is_told),
    TEST(test_write_that_failed_before_is_told),
};

RUN_TESTS(tests)
