/* Which leaked objects lie on a cycle: what a debug build tells of them. */
#include "misuse.h"
#include "run.h"
#include "stage.h"
#include "thread.h"

/* --- what was told --- */

enum { MOST_CYCLES = 16 };

typedef struct told {
    size_t cycles;
    size_t without_memory;
    size_t lengths[MOST_CYCLES];
    size_t paths[MOST_CYCLES];
    const void *firsts[MOST_CYCLES];
} told;

static void note(void *context, const nanvm_cycle *cycle) {
    told *self = context;
    if (cycle == NULL) {
        self->without_memory += 1;
        return;
    }
    assert_in_range(self->cycles, 0, MOST_CYCLES - 1);
    self->lengths[self->cycles] = cycle->length;
    self->paths[self->cycles] = cycle->path;
    self->firsts[self->cycles++] = cycle->objects[0].object;
}

static told noted;

static void note_cycles(nanvm_local *local) {
    memset(&noted, 0, sizeof(noted));
    nanvm_local_on_leak(local, nanvm_local_ignore_leak, NULL);
    nanvm_local_on_cycle(local, note, &noted);
}

static void open_watched(fixture *self) {
    open_local(self);
    note_cycles(&self->local);
}

static void open_watched_over_source(fixture *self) {
    open_local_over_source(self);
    note_cycles(&self->local);
}

FIXTURE(watched, open_watched, close_local)
FIXTURE(watched_over_source, open_watched_over_source, close_local)

static void expect_one(size_t length, size_t path) {
    assert_int_equal(noted.without_memory, 0);
    assert_int_equal(noted.cycles, 1);
    assert_int_equal(noted.lengths[0], length);
    assert_int_equal(noted.paths[0], path);
}

static void expect_none(void) {
    assert_int_equal(noted.without_memory, 0);
    assert_int_equal(noted.cycles, 0);
}

/* --- objects that can be made to refer to anything --- */

static nanvm_ref node_to(nanvm_manager *manager, nanvm_ref left, nanvm_ref right) {
    struct node value = {.left = left, .right = right};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
}

static struct node *node_of(nanvm_ref ref) {
    return (struct node *)(uintptr_t)ref.object;
}

/* Takes the reference out of where it is stored, and drops it. */
static void cut(nanvm_ref *slot) {
    nanvm_ref_drop(nanvm_ref_move(slot));
}

/* `length` nodes, each of which refers to the one before, and the first to the last: by
 * what the rule forbids. */
static nanvm_ref ring_of(nanvm_manager *manager, size_t length) {
    nanvm_ref ring = node_to(manager, null_ref(), null_ref());
    struct node *first = nanvm_ref_make_mut(&ring, manager);
    nanvm_ref last = nanvm_ref_clone(ring);
    for (size_t i = 1; i < length; i++) {
        last = node_to(manager, last, null_ref());
    }
    first->left = last;
    return ring;
}

static void break_ring(nanvm_ref ring) {
    cut(&node_of(ring)->left);
    nanvm_ref_drop(ring);
}

/* --- rings --- */

static void expect_ring(fixture *self, size_t length) {
    nanvm_ref ring = ring_of(self->manager, length);
    nanvm_local_deinit(&self->local);
    expect_one(length, length);
    break_ring(ring);
}

static void test_object_that_refers_to_itself_is_told_of(void **state) {
    expect_ring(*state, 1);
}

static void test_two_objects_that_refer_to_each_other_are_told_of(void **state) {
    expect_ring(*state, 2);
}

static void test_many_objects_on_a_cycle_are_told_of_at_once(void **state) {
    expect_ring(*state, 1000);
}

static void deinit(void *local) {
    nanvm_local_deinit(local);
}

static void test_cycle_of_a_million_is_found_on_a_small_stack(void **state) {
    fixture *self = *state;
    size_t length = scaled(1000000);
    nanvm_ref ring = ring_of(self->manager, length);
    on_small_stack(deinit, &self->local, &self->local);
    expect_one(length, length);
    break_ring(ring);
}

static void test_cycles_apart_are_told_of_one_by_one(void **state) {
    fixture *self = *state;
    nanvm_ref three = ring_of(self->manager, 3);
    nanvm_ref five = ring_of(self->manager, 5);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.cycles, 2);
    assert_int_equal(noted.lengths[0] + noted.lengths[1], 8);
    assert_int_equal(noted.lengths[0] * noted.lengths[1], 15);
    break_ring(three);
    break_ring(five);
}

/* --- what isn't on a cycle --- */

static void test_leak_without_a_cycle_is_not_told_of(void **state) {
    fixture *self = *state;
    nanvm_ref shared = node_to(self->manager, null_ref(), null_ref());
    nanvm_ref left = node_to(self->manager, nanvm_ref_clone(shared), null_ref());
    nanvm_ref top = node_to(self->manager, left, shared);
    nanvm_local_deinit(&self->local);
    expect_none();
    nanvm_ref_drop(top);
}

static void test_what_hangs_on_a_cycle_is_not_on_it(void **state) {
    fixture *self = *state;
    nanvm_ref ring = ring_of(self->manager, 2);
    node_of(ring)->right = node_to(self->manager, null_ref(), null_ref());
    nanvm_ref above = node_to(self->manager, nanvm_ref_clone(ring), null_ref());
    nanvm_local_deinit(&self->local);
    expect_one(2, 2);
    nanvm_ref_drop(above);
    break_ring(ring);
}

static void test_way_from_cycle_to_cycle_is_on_neither(void **state) {
    fixture *self = *state;
    nanvm_ref below = ring_of(self->manager, 3);
    nanvm_ref above = ring_of(self->manager, 3);
    node_of(above)->right = node_to(self->manager, nanvm_ref_clone(below), null_ref());
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.cycles, 2);
    assert_int_equal(noted.lengths[0], 3);
    assert_int_equal(noted.lengths[1], 3);
    break_ring(above);
    break_ring(below);
}

static void test_no_leak_is_no_cycle(void **state) {
    fixture *self = *state;
    break_ring(ring_of(self->manager, 3));
    nanvm_local_deinit(&self->local);
    expect_none();
}

static void test_manager_that_made_nothing_has_no_cycle(void **state) {
    fixture *self = *state;
    nanvm_local_deinit(&self->local);
    expect_none();
}

/* No memory is asked for, either. */
static void test_raw_memory_is_on_no_cycle(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(sizeof(void *), sizeof(void *));
    void **memory = nanvm_manager_alloc(self->manager, layout);
    *memory = memory;
    accounting_fail_from(&self->source, 0);
    nanvm_local_deinit(&self->local);
    expect_none();
    nanvm_manager_dealloc(self->manager, memory, layout);
}

static void test_cycle_beside_raw_memory_is_told_of(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(sizeof(void *), sizeof(void *));
    void *memory = nanvm_manager_alloc(self->manager, layout);
    nanvm_ref ring = ring_of(self->manager, 2);
    nanvm_local_deinit(&self->local);
    expect_one(2, 2);
    nanvm_manager_dealloc(self->manager, memory, layout);
    break_ring(ring);
}

/* The objects of a dead arena can't be looked at, and a leaked one may refer to them. */
static void test_references_out_of_the_manager_are_not_followed(void **state) {
    fixture *self = *state;
    nanvm_ref outside = node_to(nanvm_global(), null_ref(), null_ref());
    nanvm_ref inside = node_to(self->manager, nanvm_ref_clone(outside), null_ref());
    node_of(outside)->left = nanvm_ref_clone(inside);
    fixture gone;
    open_arena_over_source(&gone);
    node_of(inside)->right = node_to(gone.manager, null_ref(), null_ref());
    close_arena(&gone);
    nanvm_local_deinit(&self->local);
    expect_none();
    node_of(inside)->right = null_ref();
    cut(&node_of(outside)->left);
    nanvm_ref_drop(outside);
    nanvm_ref_drop(inside);
}

/* --- where references are --- */

static void test_array_that_holds_itself_is_told_of(void **state) {
    fixture *self = *state;
    nanvm_ref array =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &refs_type, NULL, 10));
    nanvm_ref *items = nanvm_ref_make_mut(&array, self->manager);
    items[7] = nanvm_ref_clone(array);
    nanvm_local_deinit(&self->local);
    expect_one(1, 1);
    cut(&items[7]);
    nanvm_ref_drop(array);
}

static void test_cycle_by_references_in_structs_that_are_items_is_told_of(void **state) {
    fixture *self = *state;
    nanvm_ref table =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &table_type, NULL, 3));
    struct table *written = nanvm_ref_make_mut(&table, self->manager);
    written->entries[2].value =
        node_to(self->manager, nanvm_ref_clone(table), null_ref());
    nanvm_local_deinit(&self->local);
    expect_one(2, 2);
    cut(&written->entries[2].value);
    nanvm_ref_drop(table);
}

static void test_cycle_by_references_that_visit_tells_of_is_told_of(void **state) {
    fixture *self = *state;
    nanvm_ref words =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &words_type, NULL, 3));
    struct words *written = nanvm_ref_make_mut(&words, self->manager);
    written->first = word_from_number(5);
    written->items[1] =
        word_from_ref(node_to(self->manager, nanvm_ref_clone(words), null_ref()));
    nanvm_local_deinit(&self->local);
    expect_one(2, 2);
    nanvm_ref inner = word_to_ref(written->items[1]);
    written->items[1] = word_from_number(0);
    nanvm_ref_drop(inner);
    nanvm_ref_drop(words);
}

/* Tells of its reference more often each time it is called. */
static size_t visits;

static void visit_more_and_more(const void *part, nanvm_visitor *visitor, void *context) {
    const nanvm_ref *reference = part;
    visits += 1;
    for (size_t i = 0; i < 10 * visits; i++) {
        visitor(*reference, context);
    }
}

NANVM_TYPE_CALLBACKS(growing_type, nanvm_ref, visit_more_and_more, NULL, NULL);

/* The source sees what is written behind its memory. */
static void test_visit_that_tells_of_more_than_before_does_no_harm(void **state) {
    fixture *self = *state;
    nanvm_ref object = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &growing_type));
    nanvm_ref *slot = nanvm_ref_make_mut(&object, self->manager);
    *slot = object; /* counted as often as `visit` tells of it */
    visits = 0;
    nanvm_local_deinit(&self->local);
    assert_int_equal(visits, 2);
    expect_one(1, 1);
    *slot = null_ref();
    nanvm_ref_drop(object);
}

/* --- a shortest way --- */

/* A ring of six, in which each also refers to the one opposite. */
static void test_path_is_a_shortest_way_and_all_are_counted(void **state) {
    fixture *self = *state;
    nanvm_ref ring = ring_of(self->manager, 6);
    struct node *node = node_of(ring);
    for (size_t i = 0; i < 6; i++, node = node_of(node->left)) {
        node->right = nanvm_ref_clone(node_of(node_of(node->left)->left)->left);
    }
    nanvm_local_deinit(&self->local);
    expect_one(6, 2);
    for (size_t i = 0; i < 6; i++, node = node_of(node->left)) {
        cut(&node->right);
    }
    break_ring(ring);
}

/* --- which objects are alive --- */

/* As they are made, dropped and moved: in slots, and with a chunk each. */
static void test_only_live_objects_are_told_of(void **state) {
    fixture *self = *state;
    enum { LENGTH = 60 };
    nanvm_ref arrays[LENGTH];
    for (size_t i = 0; i < LENGTH; i++) {
        size_t length = i % 2 == 0 ? 4 : 1000;
        nanvm_mut_ref made = nanvm_new_array(self->manager, &refs_type, NULL, length);
        if (i % 3 == 0) {
            assert_true(nanvm_mut_ref_resize(&made, self->manager, length + 700));
        }
        arrays[i] = nanvm_mut_ref_to_ref(made);
        nanvm_ref *items = nanvm_ref_make_mut(&arrays[i], self->manager);
        items[0] = nanvm_ref_clone(arrays[i]);
    }
    for (size_t i = 0; i < LENGTH; i++) {
        if (i % 5 != 2) {
            cut((nanvm_ref *)(uintptr_t)arrays[i].object);
            nanvm_ref_drop(arrays[i]);
        }
    }
    (void)nanvm_local_trim(&self->local);
    nanvm_local_deinit(&self->local);
    assert_int_equal(noted.cycles, LENGTH / 5);
    for (size_t i = 2; i < LENGTH; i += 5) {
        cut((nanvm_ref *)(uintptr_t)arrays[i].object);
        nanvm_ref_drop(arrays[i]);
    }
}

/* The source writes over what is given back. */
static void test_large_objects_that_were_dropped_are_not_looked_at(void **state) {
    fixture *self = *state;
    enum { LENGTH = 60 };
    nanvm_ref arrays[LENGTH];
    for (size_t i = 0; i < LENGTH; i++) {
        nanvm_mut_ref made = nanvm_new_array(self->manager, &refs_type, NULL, 1000);
        arrays[i] = nanvm_mut_ref_to_ref(made);
    }
    for (size_t step = 0; step < 3; step++) { /* last, in the middle, first */
        for (size_t i = step; i < LENGTH - 3; i += 3) {
            nanvm_ref_drop(arrays[i]);
        }
    }
    nanvm_ref *items = nanvm_ref_make_mut(&arrays[LENGTH - 2], self->manager);
    items[999] = nanvm_ref_clone(arrays[LENGTH - 2]);
    nanvm_local_deinit(&self->local);
    expect_one(1, 1);
    cut(&items[999]);
    for (size_t i = LENGTH - 3; i < LENGTH; i++) {
        nanvm_ref_drop(arrays[i]);
    }
}

static nanvm_local *filled;

/* What a callback fills is no object yet. */
static bool deinit_within(void *object, size_t length, void *context) {
    (void)length, (void)context;
    nanvm_ref *first = object;
    first->object = object;
    nanvm_local_deinit(filled);
    *first = null_ref();
    return false;
}

static void fill_beside_a_ring(const nanvm_type *type, size_t length) {
    fixture self;
    open_watched(&self);
    nanvm_ref ring = ring_of(self.manager, 2);
    filled = &self.local;
    assert_null(nanvm_new_with(self.manager, type, length, deinit_within, NULL).object);
    expect_one(2, 2);
    break_ring(ring);
    close_local(&self);
}

static void test_object_that_is_being_filled_is_not_told_of(void **state) {
    (void)state;
    fill_beside_a_ring(&node_type, 0);
    fill_beside_a_ring(&refs_type, 1000);
}

/* --- memory --- */

static void test_analysis_gives_its_memory_back(void **state) {
    fixture *self = *state;
    nanvm_ref ring = ring_of(self->manager, 100);
    nanvm_local_deinit(&self->local);
    expect_one(100, 100);
    break_ring(ring);
}

/* Returns whether there was enough memory. */
static bool report_without(size_t request) {
    fixture self;
    open_watched_over_source(&self);
    nanvm_ref ring = ring_of(self.manager, 10);
    accounting_fail_once(&self.source, request);
    nanvm_local_deinit(&self.local);
    accounting_never_fail(&self.source);
    assert_int_equal(noted.cycles + noted.without_memory, 1);
    break_ring(ring);
    close_local(&self);
    return noted.cycles == 1;
}

static void test_lack_of_memory_is_told_of(void **state) {
    (void)state;
    size_t request = 0;
    while (!report_without(request)) {
        request++;
    }
    assert_int_equal(request, 6);
}

/* --- callbacks --- */

typedef struct breaker {
    nanvm_ref rings[3];
    size_t calls;
} breaker;

static void break_all(void *context, const nanvm_cycle *cycle) {
    breaker *self = context;
    assert_int_equal(cycle->length, 4);
    self->calls += 1;
    for (size_t i = 0; i < 3 && self->calls == 1; i++) {
        break_ring(nanvm_ref_move(&self->rings[i]));
    }
}

static void test_callback_may_end_what_it_is_told_of(void **state) {
    fixture *self = *state;
    breaker breaks = {.calls = 0};
    for (size_t i = 0; i < 3; i++) {
        breaks.rings[i] = ring_of(self->manager, 4);
    }
    nanvm_local_on_cycle(&self->local, break_all, &breaks);
    nanvm_local_deinit(&self->local);
    assert_int_equal(breaks.calls, 3);
}

static void drop_all(void *context, const nanvm_type *type, size_t blocks, size_t bytes) {
    (void)type, (void)blocks, (void)bytes;
    break_ring(nanvm_ref_move(context));
}

static void test_cycles_are_looked_for_after_leaks_are_told_of(void **state) {
    fixture *self = *state;
    nanvm_ref ring = ring_of(self->manager, 4);
    nanvm_local_on_leak(&self->local, drop_all, &ring);
    nanvm_local_deinit(&self->local);
    expect_none();
}

typedef struct maker {
    nanvm_manager *manager;
    nanvm_ref ring;
} maker;

static void make_ring(void *context, const nanvm_type *type, size_t blocks,
                      size_t bytes) {
    (void)type, (void)blocks, (void)bytes;
    maker *self = context;
    self->ring = ring_of(self->manager, 100);
}

static void test_cycles_that_a_leak_callback_made_are_told_of(void **state) {
    fixture *self = *state;
    maker makes = {.manager = self->manager};
    nanvm_local_on_leak(&self->local, make_ring, &makes);
    nanvm_ref leak = node_to(self->manager, null_ref(), null_ref());
    nanvm_local_deinit(&self->local);
    expect_one(100, 100);
    nanvm_ref_drop(leak);
    break_ring(makes.ring);
}

/* --- what is printed --- */

enum { MOST_RINGS = 11 };

typedef struct printed {
    size_t rings;
    size_t length;
    bool has_leak_callback;
    bool lacks_memory;
    bool points_back;
} printed;

/* The first `length` nodes of a ring. */
static void point_at_themselves(nanvm_ref ring, size_t length) {
    for (size_t i = 0; i < length; i++, ring = node_of(ring)->left) {
        node_of(ring)->right = nanvm_ref_clone(ring);
    }
}

static void point_at_nothing(nanvm_ref ring, size_t length) {
    for (size_t i = 0; i < length; i++, ring = node_of(ring)->left) {
        cut(&node_of(ring)->right);
    }
}

static void print_rings(void *context) {
    const printed *self = context;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    if (self->has_leak_callback) {
        nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    }
    nanvm_ref rings[MOST_RINGS];
    for (size_t i = 0; i < self->rings; i++) {
        rings[i] = ring_of(nanvm_local_manager(&local), self->length);
        point_at_themselves(rings[i], self->points_back ? self->length : 0);
    }
    if (self->lacks_memory) {
        accounting_fail_from(&source, 0);
    }
    nanvm_local_deinit(&local);
    for (size_t i = 0; i < self->rings; i++) {
        point_at_nothing(rings[i], self->length);
        break_ring(rings[i]);
    }
    accounting_deinit(&source);
}

static void print(printed how, char *output, int size) {
    needs_fork();
    assert_int_equal(run_in_child(print_rings, &how, output, size), 0);
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at++) {
        count++;
    }
    return count;
}

static void expect_part(const char *text, const char *part) {
    if (strstr(text, part) == NULL) {
        fail_msg("%s\nis not in\n%s", part, text);
    }
}

static void test_cycle_is_printed_after_the_leaks(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 1, .length = 2}, output, sizeof(output));
    const char *line = strstr(output, "nanvm_mem: 2 of these lie on a cycle: ");
    assert_non_null(line);
    assert_true(strstr(output, "nanvm_mem: struct node: 2 alive") < line);
    assert_int_equal(count_of(line, "struct node "), 3);
    assert_int_equal(count_of(line, " -> "), 2);
    const char *end = strchr(line, '\n');
    assert_non_null(end);
    assert_string_equal(end, "\n");
}

static void test_object_on_a_cycle_of_its_own_is_printed(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 1, .length = 1}, output, sizeof(output));
    expect_part(output, "nanvm_mem: 1 of these lies on a cycle: struct node ");
    assert_int_equal(count_of(output, " -> "), 1);
}

static void test_cycle_that_is_a_part_of_more_is_printed(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 1, .length = 5, .points_back = true}, output,
          sizeof(output));
    expect_part(output, "nanvm_mem: 5 of these lie on cycles, such as: struct node ");
    assert_int_equal(count_of(output, " -> "), 1);
}

static void test_long_cycle_is_printed_without_its_middle(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 1, .length = 8}, output, sizeof(output));
    assert_int_equal(count_of(output, " -> "), 8);
    assert_int_equal(count_of(output, "more"), 0);
    print((printed){.rings = 1, .length = 1008}, output, sizeof(output));
    expect_part(output, "nanvm_mem: 1008 of these lie on a cycle: ");
    expect_part(output, " -> ... (1000 more) -> struct node ");
    assert_int_equal(count_of(output, " -> "), 9);
}

static void test_first_cycles_are_printed_and_the_others_counted(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 8, .length = 2}, output, sizeof(output));
    assert_int_equal(count_of(output, "on a cycle: "), 8);
    assert_int_equal(count_of(output, "more"), 0);
    print((printed){.rings = 11, .length = 2}, output, sizeof(output));
    assert_int_equal(count_of(output, "on a cycle: "), 8);
    expect_part(output, "nanvm_mem: 6 more of these lie on other cycles\n");
}

static void test_lack_of_memory_is_printed(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 1, .length = 2, .lacks_memory = true}, output,
          sizeof(output));
    expect_part(output,
                "nanvm_mem: no memory to find out which of these lie on a cycle\n");
}

static void test_nothing_is_printed_where_leaks_are_not(void **state) {
    (void)state;
    char output[4000];
    print((printed){.rings = 1, .length = 2, .has_leak_callback = true}, output,
          sizeof(output));
    assert_string_equal(output, "");
}

/* --- any graph, compared with what can be reached --- */

enum { MOST_NODES = 12, NO_WAY = 1000 };

typedef struct world {
    nanvm_ref nodes[MOST_NODES]; /* arrays of references */
    bool refers[MOST_NODES][MOST_NODES];
    size_t ways[MOST_NODES][MOST_NODES];
    bool told[MOST_NODES];
    size_t length;
} world;

static nanvm_ref *items_of(const world *self, size_t node) {
    return (nanvm_ref *)(uintptr_t)self->nodes[node].object;
}

static size_t index_of(const world *self, nanvm_ref object) {
    size_t i = 0;
    while (i < self->length && self->nodes[i].object != object.object) {
        i++;
    }
    assert_in_range(i, 0, self->length - 1);
    return i;
}

/* Floyd's: how many references lead from one to another, at the least. */
static void measure_ways(world *self) {
    for (size_t k = 0; k < self->length; k++) {
        for (size_t i = 0; i < self->length; i++) {
            for (size_t j = 0; j < self->length; j++) {
                size_t over_k = self->ways[i][k] + self->ways[k][j];
                if (over_k < self->ways[i][j]) {
                    self->ways[i][j] = over_k;
                }
            }
        }
    }
}

static bool reaches(const world *self, size_t from, size_t to) {
    return self->ways[from][to] < NO_WAY;
}

/* All of a component, none twice, and a shortest way. */
static void check_cycle(void *context, const nanvm_cycle *cycle) {
    world *self = context;
    size_t first = index_of(self, cycle->objects[0]);
    assert_int_equal(cycle->path, self->ways[first][first]);
    for (size_t i = 0; i < cycle->length; i++) {
        size_t node = index_of(self, cycle->objects[i]);
        assert_false(self->told[node]);
        self->told[node] = true;
        assert_true(reaches(self, first, node) && reaches(self, node, first));
    }
    for (size_t i = 0; i < cycle->path; i++) {
        size_t next = i + 1 == cycle->path ? 0 : i + 1;
        assert_true(self->refers[index_of(self, cycle->objects[i])]
                                [index_of(self, cycle->objects[next])]);
    }
    size_t mutual = 0;
    for (size_t i = 0; i < self->length; i++) {
        mutual += reaches(self, first, i) && reaches(self, i, first);
    }
    assert_int_equal(mutual, cycle->length);
}

/* Some have a chunk each, some are dropped before others come. */
static void make_nodes(world *self, nanvm_manager *manager, uint32_t *random) {
    self->length = 1 + next_random(random) % MOST_NODES;
    for (size_t i = 0; i < self->length; i++) {
        size_t room = next_random(random) % 4 == 0 ? 600 : MOST_NODES + i;
        nanvm_mut_ref brief = nanvm_new_array(manager, &refs_type, NULL, room);
        self->nodes[i] =
            nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, NULL, room));
        if (next_random(random) % 2 == 0) {
            nanvm_mut_ref_drop(brief);
            brief = nanvm_new_array(manager, &refs_type, NULL, 1);
        }
        nanvm_mut_ref_drop(brief);
    }
}

static void make_edges(world *self, uint32_t *random) {
    for (size_t i = 0; i < MOST_NODES * MOST_NODES; i++) {
        self->ways[i / MOST_NODES][i % MOST_NODES] = NO_WAY;
    }
    size_t count = next_random(random) % (2 * self->length + 1);
    for (size_t i = 0; i < count; i++) {
        size_t from = next_random(random) % self->length;
        size_t to = next_random(random) % self->length;
        nanvm_ref *slot = &items_of(self, from)[to];
        if (slot->object == NULL) {
            *slot = nanvm_ref_clone(self->nodes[to]);
            self->refers[from][to] = true;
            self->ways[from][to] = 1;
        }
    }
}

static void end_world(world *self) {
    for (size_t i = 0; i < self->length; i++) {
        for (size_t j = 0; j < self->length; j++) {
            if (self->refers[i][j]) {
                cut(&items_of(self, i)[j]);
            }
        }
    }
    for (size_t i = 0; i < self->length; i++) {
        nanvm_ref_drop(self->nodes[i]);
    }
}

static void test_any_graph_is_told_of_as_it_is(void **state) {
    (void)state;
    uint32_t random = 2463534242U;
    for (size_t round = 0; round < scaled(5000); round++) {
        world self = {.length = 0};
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
        nanvm_local_on_cycle(&local, check_cycle, &self);
        make_nodes(&self, nanvm_local_manager(&local), &random);
        make_edges(&self, &random);
        measure_ways(&self);
        nanvm_local_deinit(&local);
        for (size_t i = 0; i < self.length; i++) {
            assert_int_equal(self.told[i], reaches(&self, i, i));
        }
        end_world(&self);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_object_that_refers_to_itself_is_told_of, watched),
    TEST(test_two_objects_that_refer_to_each_other_are_told_of, watched),
    TEST(test_many_objects_on_a_cycle_are_told_of_at_once, watched),
    TEST(test_cycle_of_a_million_is_found_on_a_small_stack, watched),
    TEST(test_cycles_apart_are_told_of_one_by_one, watched),
    TEST(test_leak_without_a_cycle_is_not_told_of, watched),
    TEST(test_what_hangs_on_a_cycle_is_not_on_it, watched),
    TEST(test_way_from_cycle_to_cycle_is_on_neither, watched),
    TEST(test_no_leak_is_no_cycle, watched),
    TEST(test_manager_that_made_nothing_has_no_cycle, watched),
    TEST(test_raw_memory_is_on_no_cycle, watched_over_source),
    TEST(test_cycle_beside_raw_memory_is_told_of, watched),
    TEST(test_references_out_of_the_manager_are_not_followed, watched),
    TEST(test_array_that_holds_itself_is_told_of, watched),
    TEST(test_cycle_by_references_in_structs_that_are_items_is_told_of, watched),
    TEST(test_cycle_by_references_that_visit_tells_of_is_told_of, watched),
    TEST(test_visit_that_tells_of_more_than_before_does_no_harm, watched_over_source),
    TEST(test_path_is_a_shortest_way_and_all_are_counted, watched),
    TEST(test_only_live_objects_are_told_of, watched),
    TEST(test_large_objects_that_were_dropped_are_not_looked_at, watched_over_source),
    TEST(test_object_that_is_being_filled_is_not_told_of),
    TEST(test_analysis_gives_its_memory_back, watched_over_source),
    TEST(test_lack_of_memory_is_told_of),
    TEST(test_callback_may_end_what_it_is_told_of, watched),
    TEST(test_cycles_are_looked_for_after_leaks_are_told_of, watched),
    TEST(test_cycles_that_a_leak_callback_made_are_told_of, watched_over_source),
    TEST(test_cycle_is_printed_after_the_leaks),
    TEST(test_object_on_a_cycle_of_its_own_is_printed),
    TEST(test_cycle_that_is_a_part_of_more_is_printed),
    TEST(test_long_cycle_is_printed_without_its_middle),
    TEST(test_first_cycles_are_printed_and_the_others_counted),
    TEST(test_lack_of_memory_is_printed),
    TEST(test_nothing_is_printed_where_leaks_are_not),
    TEST(test_any_graph_is_told_of_as_it_is),
};

RUN_TESTS(tests)
