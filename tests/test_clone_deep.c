/* Deep copies: what they share, what may run meanwhile, and what is left of one that
 * failed. */
#include "misuse.h"
#include "run.h"
#include "stage.h"
#include "thread.h"

/* Its `clone` does what a test asks for; copies are counted as tracked objects. */
typedef struct careful {
    nanvm_ref next;
    nanvm_ref other;
    size_t number;
} careful;

static bool careful_clone(void *copy, const void *source, size_t length);

static const size_t careful_refs[] = {offsetof(careful, next), offsetof(careful, other)};
static const nanvm_type careful_type = {.name = "careful",
                                        .size = sizeof(careful),
                                        .align = NANVM_ALIGNOF(careful),
                                        .refs = careful_refs,
                                        .refs_length = 2,
                                        .drop = tracked_drop,
                                        .clone = careful_clone};

/* --- whether a copy has the shape and the content of the original --- */

enum { MOST_PAIRS = 1200, MOST_REFS = 300 };

/* Each object of the original that was found, and its copy. */
typedef struct pairing {
    nanvm_ref sources[MOST_PAIRS];
    nanvm_ref copies[MOST_PAIRS];
    size_t reached[MOST_PAIRS]; /* how many references lead to it */
    size_t length;
} pairing;

typedef struct gathered {
    nanvm_ref refs[MOST_REFS];
    size_t length;
} gathered;

static void gather(nanvm_ref reference, void *context) {
    gathered *self = context;
    assert_true(self->length < MOST_REFS);
    self->refs[self->length++] = reference;
}

static gathered refs_of(nanvm_ref ref) {
    gathered found;
    found.length = 0;
    nanvm_ref_visit(ref, gather, &found);
    return found;
}

static size_t index_of(const nanvm_ref *refs, size_t length, nanvm_ref ref) {
    size_t i = 0;
    while (i < length && !nanvm_ref_same(refs[i], ref)) {
        i++;
    }
    return i;
}

/* One of the original and one of the copy that lie at the same place. */
static void pair_up(pairing *self, nanvm_ref source, nanvm_ref copy) {
    if (source.object == NULL) {
        assert_null(copy.object);
        return;
    }
    assert_non_null(copy.object);
    size_t i = index_of(self->sources, self->length, source);
    assert_int_equal(i, index_of(self->copies, self->length, copy));
    if (i == self->length) {
        assert_true(i < MOST_PAIRS);
        self->sources[i] = source;
        self->copies[i] = copy;
        self->reached[i] = 0;
        self->length++;
    } else {
        assert_ptr_equal(self->copies[i].object, copy.object);
    }
    self->reached[i]++;
}

static void expect_same_content(nanvm_ref source, nanvm_ref copy) {
    const nanvm_type *type = nanvm_ref_type(source);
    size_t length = nanvm_ref_length(source);
    assert_ptr_equal(nanvm_ref_type(copy), type);
    assert_int_equal(nanvm_ref_length(copy), length);
    assert_true(is_aligned(copy.object, type->align));
    if (type == &node_type) {
        assert_int_equal(((const struct node *)copy.object)->value,
                         ((const struct node *)source.object)->value);
    } else if (type == &careful_type) {
        assert_int_equal(((const careful *)copy.object)->number,
                         ((const careful *)source.object)->number);
    } else if (type == &table_type) {
        const struct table *a = source.object;
        const struct table *b = copy.object;
        for (size_t i = 0; i < length; i++) {
            assert_int_equal(a->entries[i].key, b->entries[i].key);
        }
    } else if (type != &refs_type) {
        size_t size;
        assert_true(nanvm_type_size(type, length, &size));
        assert_memory_equal(source.object, copy.object, size);
    }
}

static void pair_up_refs(pairing *self, size_t i) {
    gathered of_source = refs_of(self->sources[i]);
    gathered of_copy = refs_of(self->copies[i]);
    assert_int_equal(of_source.length, of_copy.length);
    for (size_t k = 0; k < of_source.length; k++) {
        pair_up(self, of_source.refs[k], of_copy.refs[k]);
    }
}

/* The copy shares what the original shares, and nothing with the original. */
static void expect_copy(nanvm_ref source, nanvm_ref copy, bool counts) {
    static pairing found;
    found.length = 0;
    pair_up(&found, source, copy);
    for (size_t i = 0; i < found.length; i++) {
        expect_same_content(found.sources[i], found.copies[i]);
        pair_up_refs(&found, i);
    }
    for (size_t i = 0; i < found.length; i++) {
        assert_int_equal(index_of(found.sources, found.length, found.copies[i]),
                         found.length);
        assert_int_equal(nanvm_ref_count(found.copies[i]),
                         counts ? found.reached[i] - 1 : SIZE_MAX);
    }
}

/* --- from every manager to every other --- */

typedef nanvm_ref maker(nanvm_manager *manager);

static maker *current_maker;

/* Where memory runs out, nothing has changed. */
static bool copy_between(const stage *from, const stage *to) {
    nanvm_ref source = current_maker(from->manager);
    size_t others = nanvm_ref_count(source);
    size_t live = tracked_live();
    nanvm_ref copy = nanvm_ref_null();
    if (source.object != NULL) {
        copy = nanvm_ref_clone_deep(source, to->manager);
        assert_int_equal(nanvm_ref_count(source), others);
    }
    if (copy.object != NULL) {
        expect_copy(source, copy, to->counts);
    } else if (to->counts) {
        assert_int_equal(tracked_live(), live);
    }
    nanvm_ref_drop(source);
    nanvm_ref_drop(copy);
    return copy.object != NULL;
}

enum { STAGES = 5 };

static bool copy_across(accounting *source) {
    nanvm_local local;
    nanvm_arena arena, closed;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_arena_init_growing(&arena, &source->manager);
    nanvm_arena_init_growing(&closed, &source->manager);
    nanvm_arena_assume_self_contained(&closed);
    const stage stages[STAGES] = {
        {"global", nanvm_global(), true},
        {"accounting", &source->manager, true},
        {"local", nanvm_local_manager(&local), true},
        {"arena", nanvm_arena_manager(&arena), false},
        {"self-contained arena", nanvm_arena_manager(&closed), false}};
    bool done = true;
    for (size_t i = 0; i < STAGES * STAGES && done; i++) {
        done = copy_between(&stages[i / STAGES], &stages[i % STAGES]);
    }
    nanvm_arena_deinit(&closed);
    nanvm_arena_deinit(&arena);
    nanvm_local_deinit(&local);
    assert_int_equal(tracked_live(), 0);
    return done;
}

static void between_all(maker *make) {
    current_maker = make;
    for_each_failure(NANVM_COUNT_PLAIN, copy_across);
    for_each_failure(NANVM_COUNT_ATOMIC, copy_across);
    for_each_failure(NANVM_COUNT_CUSTOM, copy_across);
}

/* Takes the references over. */
static nanvm_ref node_of(nanvm_manager *manager, size_t value, nanvm_ref left,
                         nanvm_ref right) {
    struct node fixed = {left, value, right};
    nanvm_mut_ref made = nanvm_new_copy(manager, &node_type, &fixed);
    if (made.object == NULL) {
        nanvm_ref_drop(left);
        nanvm_ref_drop(right);
    }
    return nanvm_mut_ref_to_ref(made);
}

static nanvm_ref leaf_of(nanvm_manager *manager, size_t value) {
    return nanvm_mut_ref_to_ref(tracked_new(manager, value));
}

/* Two nodes that share a third, which refers to one object twice. */
static nanvm_ref make_diamond(nanvm_manager *manager) {
    nanvm_ref leaf = leaf_of(manager, 3);
    nanvm_ref bottom = node_of(manager, 1, nanvm_ref_clone(leaf), leaf);
    nanvm_ref left = node_of(manager, 2, nanvm_ref_clone(bottom), nanvm_ref_null());
    nanvm_ref right = node_of(manager, 3, nanvm_ref_null(), bottom);
    return node_of(manager, 4, left, right);
}

static void test_what_is_shared_is_copied_once(void **state) {
    (void)state;
    between_all(make_diamond);
}

enum { ITEMS = 5 };

/* An array of arrays whose items hold references and null. */
static nanvm_ref make_arrays(nanvm_manager *manager) {
    nanvm_mut_ref refs = nanvm_new_array(manager, &refs_type, NULL, ITEMS);
    nanvm_mut_ref table = nanvm_new_array(manager, &table_type, NULL, ITEMS);
    if (refs.object == NULL || table.object == NULL) {
        nanvm_mut_ref_drop(refs);
        nanvm_mut_ref_drop(table);
        return nanvm_ref_null();
    }
    struct table *entries = table.object;
    nanvm_ref *items = refs.object;
    entries->name = leaf_of(manager, 1);
    for (size_t i = 0; i < ITEMS; i++) {
        entries->entries[i].key = i * i;
    }
    entries->entries[1].value = leaf_of(manager, 2);
    entries->entries[3].value = nanvm_ref_clone(entries->entries[1].value);
    nanvm_ref inner = nanvm_mut_ref_to_ref(table);
    items[0] = nanvm_ref_clone(inner);
    items[2] = nanvm_mut_ref_to_ref(nanvm_new_array(manager, &text_type, "inner", 5));
    items[3] = nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, NULL, 0));
    items[4] = inner;
    return nanvm_mut_ref_to_ref(refs);
}

static void test_arrays_are_copied_with_what_their_items_refer_to(void **state) {
    (void)state;
    between_all(make_arrays);
}

static nanvm_ref make_bytes(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new_array(manager, &ints_type, NULL, 2000));
}

static nanvm_ref make_nothing(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new(manager, &nothing_type));
}

static nanvm_ref make_line(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new(manager, &line_type));
}

/* Larger than what is copied word by word, and not of whole words. */
struct big {
    size_t numbers[20];
};
NANVM_TYPE(big_type, struct big);
struct odd {
    char bytes[13];
};
NANVM_TYPE(odd_type, struct odd);

static nanvm_ref make_big(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(
        nanvm_new_copy(manager, &big_type, &(struct big){{1, 2, [19] = 3}}));
}

static nanvm_ref make_odd(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(
        nanvm_new_copy(manager, &odd_type, &(struct odd){"123456789abc"}));
}

static void test_object_without_references_is_cloned(void **state) {
    (void)state;
    between_all(make_big);
    between_all(make_odd);
    between_all(make_bytes);
    between_all(make_nothing);
    between_all(make_line);
}

/* --- graphs of many objects --- */

enum { MANY = 1000 };

static nanvm_ref any_of(nanvm_ref *made, size_t length, uint32_t *dice) {
    size_t i = next_random(dice) % (length + length / 4 + 1);
    return i < length ? nanvm_ref_clone(made[i]) : nanvm_ref_null();
}

static nanvm_ref any_array(nanvm_manager *manager, nanvm_ref *made, size_t length,
                           uint32_t *dice) {
    size_t items = next_random(dice) % 6;
    nanvm_mut_ref array = nanvm_new_array(manager, &table_type, NULL, items);
    struct table *table = array.object;
    assert_non_null(table);
    table->name = any_of(made, length, dice);
    for (size_t i = 0; i < items; i++) {
        table->entries[i].key = next_random(dice);
        table->entries[i].value = any_of(made, length, dice);
    }
    return nanvm_mut_ref_to_ref(array);
}

static nanvm_ref any_object(nanvm_manager *manager, nanvm_ref *made, size_t length,
                            uint32_t *dice) {
    switch (next_random(dice) % 4) {
    case 0:
        return any_array(manager, made, length, dice);
    case 1:
        return leaf_of(manager, length);
    default:
        return node_of(manager, length, any_of(made, length, dice),
                       any_of(made, length, dice));
    }
}

/* Each refers to others that were made before it; some of them are on no way from the
 * last one. A reference from outside stays to every object, or to none. */
static nanvm_ref any_graph(nanvm_manager *manager, nanvm_ref *made, uint32_t *dice) {
    for (size_t i = 0; i < MANY; i++) {
        made[i] = any_object(manager, made, i, dice);
    }
    return node_of(manager, MANY, nanvm_ref_clone(made[MANY - 1]),
                   nanvm_ref_clone(made[MANY - 2]));
}

static void drop_made(nanvm_ref *made) {
    for (size_t i = 0; i < MANY; i++) {
        nanvm_ref_drop(nanvm_ref_move(&made[i]));
    }
}

static void copy_any_graph(nanvm_manager *from, nanvm_manager *to, bool counts,
                           uint32_t seed) {
    static nanvm_ref made[MANY];
    uint32_t dice = seed;
    nanvm_ref graph = any_graph(from, made, &dice);
    nanvm_ref copy = nanvm_ref_clone_deep(graph, to);
    expect_copy(graph, copy, counts);
    drop_made(made);
    nanvm_ref second = nanvm_ref_clone_deep(graph, to);
    expect_copy(graph, second, counts);
    expect_copy(copy, second, counts);
    nanvm_ref_drop(graph);
    nanvm_ref_drop(copy);
    nanvm_ref_drop(second);
}

static void test_graph_of_a_thousand_objects_keeps_its_shape(void **state) {
    fixture *self = *state;
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_manager *in_arena = nanvm_arena_manager(&arena);
    for (uint32_t seed = 1; seed <= 20; seed++) {
        copy_any_graph(self->manager, self->manager, true, seed);
        copy_any_graph(self->manager, nanvm_global(), true, seed);
        copy_any_graph(nanvm_global(), self->manager, true, seed);
        copy_any_graph(in_arena, self->manager, true, seed);
        copy_any_graph(self->manager, in_arena, false, seed);
        copy_any_graph(in_arena, in_arena, false, seed);
        nanvm_arena_reset(&arena);
        assert_int_equal(tracked_live(), 0);
    }
    nanvm_arena_deinit(&arena);
}

/* --- long lists, deep trees --- */

static size_t list_length;

static nanvm_ref make_list(nanvm_manager *manager, bool by_left) {
    nanvm_ref list = nanvm_ref_null();
    for (size_t i = 0; i < list_length; i++) {
        nanvm_ref leaf = nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type));
        list =
            by_left ? node_of(manager, i, list, leaf) : node_of(manager, i, leaf, list);
    }
    return list;
}

static void expect_list(nanvm_ref list, bool by_left) {
    for (size_t i = list_length; i > 0; i--) {
        const struct node *node = nanvm_ref_get(list);
        assert_non_null(node);
        assert_int_equal(node->value, i - 1);
        assert_ptr_equal(nanvm_ref_type(by_left ? node->right : node->left), &point_type);
        list = by_left ? node->left : node->right;
    }
    assert_null(list.object);
}

static void copy_list(nanvm_manager *from, nanvm_manager *to, bool by_left) {
    nanvm_ref list = make_list(from, by_left);
    nanvm_ref copy = nanvm_ref_clone_deep(list, to);
    nanvm_ref_drop(list);
    expect_list(copy, by_left);
    nanvm_ref_drop(copy);
}

static void copy_lists(void *context) {
    (void)context;
    nanvm_local local;
    nanvm_arena arena;
    nanvm_local_init(&local);
    nanvm_arena_init_growing(&arena, nanvm_global());
    for (size_t i = 0; i < 2; i++) {
        copy_list(nanvm_local_manager(&local), nanvm_local_manager(&local), i == 1);
        copy_list(nanvm_arena_manager(&arena), nanvm_local_manager(&local), i == 1);
        copy_list(nanvm_local_manager(&local), nanvm_arena_manager(&arena), i == 1);
        nanvm_arena_reset(&arena);
    }
    nanvm_arena_deinit(&arena);
    nanvm_local_deinit(&local);
}

static void test_list_of_a_million_is_copied_on_a_small_stack(void **state) {
    (void)state;
    list_length = scaled(1000000);
    on_small_stack(copy_lists, NULL, NULL);
}

static nanvm_ref make_tree(nanvm_manager *manager, size_t depth) {
    return depth == 0 ? nanvm_ref_null()
                      : node_of(manager, depth, make_tree(manager, depth - 1),
                                make_tree(manager, depth - 1));
}

/* As many objects wait as the array has items. */
static void test_wide_array_of_trees_is_copied(void **state) {
    fixture *self = *state;
    nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, NULL, MOST_REFS);
    nanvm_ref *items = refs.object;
    for (size_t i = 0; i < MOST_REFS; i++) {
        items[i] = make_tree(self->manager, 2);
    }
    nanvm_ref source = nanvm_mut_ref_to_ref(refs);
    nanvm_ref copy = nanvm_ref_clone_deep(source, nanvm_global());
    expect_copy(source, copy, true);
    nanvm_ref_drop(copy);
    nanvm_ref_drop(source);
}

/* --- the result --- */

static void test_null_handle_has_no_copy(void **state) {
    (void)state;
    assert_null(nanvm_ref_clone_deep(nanvm_ref_null(), nanvm_global()).object);
}

static void test_copy_out_of_an_arena_outlives_its_reset(void **state) {
    fixture *self = *state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_ref leaf = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    nanvm_ref node = node_of(self->manager, 7, nanvm_ref_clone(leaf), nanvm_ref_null());
    nanvm_ref copy = nanvm_ref_clone_deep(node, nanvm_local_manager(&local));
    assert_int_equal(nanvm_ref_count(leaf), 1);
    nanvm_arena_reset(&self->arena);
    assert_int_equal(nanvm_ref_count(leaf), 0);
    assert_int_equal(((const struct node *)nanvm_ref_get(copy))->value, 7);
    assert_false(nanvm_ref_same(((const struct node *)copy.object)->left, leaf));
    nanvm_ref_drop(leaf);
    nanvm_ref_drop(copy);
    nanvm_local_deinit(&local);
}

static void test_result_is_the_only_reference_to_the_copy(void **state) {
    fixture *self = *state;
    nanvm_ref node = make_diamond(self->manager);
    nanvm_ref shared = nanvm_ref_clone(node);
    nanvm_ref copy = nanvm_ref_clone_deep(shared, self->manager);
    nanvm_mut_ref own;
    assert_true(nanvm_ref_try_to_mut_ref(&copy, &own));
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(shared);
    nanvm_ref_drop(node);
}

/* --- cycles, which only objects that aren't counted may form without a leak --- */

static nanvm_ref make_cycle(nanvm_manager *manager, nanvm_ref before) {
    nanvm_ref first = node_of(manager, 1, nanvm_ref_null(), nanvm_ref_null());
    nanvm_ref second = node_of(manager, 2, first, leaf_of(manager, 5));
    struct node *closing = (struct node *)(uintptr_t)first.object;
    closing->right = second;
    closing->left = first;
    return node_of(manager, 3, before, second);
}

static void open_cycle(nanvm_ref copy) {
    const struct node *root = nanvm_ref_get(copy);
    const struct node *second = nanvm_ref_get(root->right);
    struct node *first = (struct node *)(uintptr_t)second->left.object;
    nanvm_ref_drop(nanvm_ref_move(&first->left));
    nanvm_ref_drop(nanvm_ref_move(&first->right));
}

static void test_copy_of_a_cycle_is_a_cycle(void **state) {
    fixture *self = *state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_ref cycle = make_cycle(self->manager, nanvm_ref_null());
    nanvm_ref copy = nanvm_ref_clone_deep(cycle, manager);
    expect_copy(cycle, copy, true);
    open_cycle(copy);
    nanvm_ref_drop(copy);
    assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    nanvm_local_deinit(&local);
}

/* What can't be copied is reached first, or last. */
static void fail_with_cycle(nanvm_manager *from, nanvm_manager *to, bool first) {
    nanvm_ref unique = nanvm_mut_ref_to_ref(nanvm_new(from, &unique_type));
    tracked_expect(1);
    nanvm_ref cycle = make_cycle(from, first ? unique : nanvm_ref_null());
    nanvm_ref source = first ? cycle : node_of(from, 4, unique, cycle);
    size_t live = tracked_live();
    assert_null(nanvm_ref_clone_deep(source, to).object);
    assert_int_equal(tracked_live(), live);
    assert_int_equal(nanvm_stats_make(to).live_blocks, 0);
}

static void test_failure_leaves_no_cycle(void **state) {
    fixture *self = *state;
    nanvm_local local;
    nanvm_local_init(&local);
    fail_with_cycle(self->manager, nanvm_local_manager(&local), true);
    fail_with_cycle(self->manager, nanvm_local_manager(&local), false);
    nanvm_local_deinit(&local);
}

/* --- callbacks --- */

static bool no_act(careful *copy, const careful *source) {
    (void)copy;
    (void)source;
    return true;
}

typedef bool clone_act(careful *copy, const careful *source);
static clone_act *on_clone = no_act;

static bool careful_clone(void *copy, const void *source, size_t length) {
    assert_int_equal(length, 0);
    assert_memory_equal(copy, source, sizeof(careful));
    bool cloned = on_clone(copy, source);
    tracked_expect(cloned ? 1 : 0);
    return cloned;
}

static nanvm_ref careful_of(nanvm_manager *manager, size_t number, nanvm_ref next,
                            nanvm_ref other) {
    careful value = {next, other, number};
    nanvm_mut_ref made = nanvm_new_copy(manager, &careful_type, &value);
    assert_non_null(made.object);
    tracked_expect(1);
    return nanvm_mut_ref_to_ref(made);
}

/* Each also refers to the one behind the next. */
static nanvm_ref make_careful(nanvm_manager *manager, size_t length) {
    nanvm_ref behind = nanvm_ref_null();
    nanvm_ref next = nanvm_ref_null();
    for (size_t i = 0; i < length; i++) {
        nanvm_ref made = careful_of(manager, i, nanvm_ref_clone(next), behind);
        behind = next;
        next = made;
    }
    nanvm_ref_drop(behind);
    return next;
}

enum { LINKS = 40 };

static size_t clones_left;

static bool refuse_later(careful *copy, const careful *source) {
    (void)copy;
    (void)source;
    return clones_left-- > 0;
}

static void test_clone_that_refuses_leaves_nothing(void **state) {
    fixture *self = *state;
    nanvm_ref source = make_careful(self->manager, LINKS);
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    on_clone = refuse_later;
    for (size_t i = 0; i < LINKS; i++) {
        clones_left = i;
        assert_null(nanvm_ref_clone_deep(source, manager).object);
        assert_int_equal(tracked_live(), LINKS);
        assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    }
    clones_left = LINKS;
    nanvm_ref copy = nanvm_ref_clone_deep(source, manager);
    on_clone = no_act;
    assert_int_equal(clones_left, 0);
    assert_int_equal(tracked_live(), 2 * LINKS);
    nanvm_ref_drop(source);
    assert_int_equal(tracked_live(), LINKS);
    nanvm_ref_drop(copy);
    nanvm_local_deinit(&local);
}

static void test_type_with_drop_and_no_clone_has_no_copy(void **state) {
    fixture *self = *state;
    nanvm_ref unique = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &unique_type));
    tracked_expect(1);
    nanvm_ref node = node_of(self->manager, 1, leaf_of(self->manager, 1), unique);
    assert_null(nanvm_ref_clone_deep(unique, self->manager).object);
    assert_null(nanvm_ref_clone_deep(node, self->manager).object);
    assert_int_equal(tracked_live(), 2);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 3);
    nanvm_ref_drop(node);
}

static void test_type_with_visit_has_no_copy(void **state) {
    fixture *self = *state;
    nanvm_ref fixed = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &boxed_type));
    nanvm_ref items =
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &boxes_type, NULL, 2));
    assert_null(nanvm_ref_clone_deep(fixed, self->manager).object);
    assert_null(nanvm_ref_clone_deep(items, self->manager).object);
    nanvm_ref node = node_of(self->manager, 1, fixed, items);
    assert_null(nanvm_ref_clone_deep(node, self->manager).object);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 3);
    nanvm_ref_drop(node);
}

/* The copy isn't alive yet, and the objects that are copied can be cloned. */
static nanvm_ref kept_by_clone[LINKS];

static bool clone_source(careful *copy, const careful *source) {
    nanvm_ref self = {copy};
    kept_by_clone[source->number] = nanvm_ref_clone((nanvm_ref){source});
    assert_int_equal(nanvm_ref_count(source->next), source->number > 1 ? 1 : 0);
    return is_hardened || nanvm_block_count(self.object) == NANVM_COUNT_DEAD;
}

static void test_clone_may_keep_what_is_copied(void **state) {
    fixture *self = *state;
    nanvm_ref source = make_careful(self->manager, 2);
    on_clone = clone_source;
    nanvm_ref copy = nanvm_ref_clone_deep(source, self->manager);
    on_clone = no_act;
    assert_int_equal(nanvm_ref_count(source), 1);
    assert_int_equal(nanvm_ref_count(copy), 0);
    nanvm_ref_drop(kept_by_clone[0]);
    nanvm_ref_drop(kept_by_clone[1]);
    nanvm_ref_drop(source);
    nanvm_ref_drop(copy);
}

/* References from outside to objects that are copied go, and others come. */
static bool drop_outside(careful *copy, const careful *source) {
    (void)copy;
    for (size_t i = 0; i < LINKS; i++) {
        nanvm_ref_drop(nanvm_ref_move(&kept_by_clone[i]));
    }
    if (source->next.object != NULL) {
        kept_by_clone[source->number] = nanvm_ref_clone(source->next);
    }
    return true;
}

static void test_clone_may_drop_other_references_to_what_is_copied(void **state) {
    fixture *self = *state;
    nanvm_ref source = make_careful(self->manager, LINKS);
    const careful *link = nanvm_ref_get(source);
    for (size_t i = 0; i + 1 < LINKS; i++) {
        kept_by_clone[i] = nanvm_ref_clone(link->next);
        link = nanvm_ref_get(link->next);
    }
    on_clone = drop_outside;
    nanvm_ref copy = nanvm_ref_clone_deep(source, self->manager);
    (void)drop_outside(NULL, &(careful){.number = 0});
    on_clone = no_act;
    expect_copy(source, copy, true);
    nanvm_ref_drop(source);
    nanvm_ref_drop(copy);
}

static fixture *current;

/* Copies another graph meanwhile, into the same manager. */
static bool copy_another(careful *copy, const careful *source) {
    (void)copy;
    nanvm_ref other = make_diamond(current->manager);
    on_clone = no_act;
    nanvm_ref inner = nanvm_ref_clone_deep(other, current->manager);
    nanvm_ref rest = nanvm_ref_clone_deep(source->next, current->manager);
    on_clone = copy_another;
    expect_copy(other, inner, true);
    assert_true((rest.object == NULL) == (source->next.object == NULL));
    nanvm_ref_drop(other);
    nanvm_ref_drop(inner);
    nanvm_ref_drop(rest);
    (void)nanvm_local_trim(&current->local);
    return true;
}

static void test_clone_may_copy_deeply(void **state) {
    current = *state;
    nanvm_ref source = make_careful(current->manager, 12);
    on_clone = copy_another;
    nanvm_ref copy = nanvm_ref_clone_deep(source, current->manager);
    on_clone = no_act;
    expect_copy(source, copy, true);
    nanvm_ref_drop(source);
    nanvm_ref_drop(copy);
}

static void ignore_leak(void *context, const nanvm_type *type, size_t blocks,
                        size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
}

static void fail_on_cycle(void *context, const nanvm_cycle *cycle) {
    (void)context;
    (void)cycle;
    fail();
}

/* A debug build looks for cycles then, through all copies there are. */
static bool end_manager(careful *copy, const careful *source) {
    (void)copy;
    (void)source;
    nanvm_local_deinit(&current->local);
    return true;
}

static void test_clone_may_end_the_manager(void **state) {
    current = *state;
    nanvm_ref source = make_careful(nanvm_global(), LINKS);
    nanvm_local_on_leak(&current->local, ignore_leak, NULL);
    nanvm_local_on_cycle(&current->local, fail_on_cycle, NULL);
    on_clone = end_manager;
    nanvm_ref copy = nanvm_ref_clone_deep(source, current->manager);
    on_clone = no_act;
    expect_copy(source, copy, true);
    nanvm_ref_drop(source);
    nanvm_ref_drop(copy);
}

/* --- misuse --- */

static void copy_into_arena(void *context) {
    static unsigned char buffer[BUFFER];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    (void)nanvm_ref_clone_deep(*(nanvm_ref *)context, nanvm_arena_manager(&arena)).object;
}

/* In an arena that other objects are counted in, what is dead stays where it is. */
static void test_copy_of_a_dead_object_stops_the_program(void **state) {
    fixture *self = *state;
    nanvm_mut_ref array = nanvm_new_array(self->manager, &refs_type, NULL, 2);
    nanvm_ref behind = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    nanvm_ref node = node_of(self->manager, 1, nanvm_ref_null(), nanvm_ref_null());
    ((struct node *)(uintptr_t)node.object)->left = nanvm_mut_ref_to_ref(array);
    nanvm_block_set_count(array.object, NANVM_COUNT_DEAD);
    expect_fatal("was dropped", copy_into_arena, &node);
    nanvm_block_set_count(array.object, NANVM_COUNT_NONE);
    nanvm_block_set_count(node.object, NANVM_COUNT_DEAD);
    expect_fatal("was dropped", copy_into_arena, &node);
    nanvm_block_set_count(node.object, NANVM_COUNT_NONE);
    nanvm_ref_drop(behind);
}

static void test_array_with_an_overwritten_length_stops_the_program(void **state) {
    fixture *self = *state;
    nanvm_mut_ref array = nanvm_new_array(self->manager, &refs_type, NULL, 2);
    nanvm_ref node =
        node_of(self->manager, 1, nanvm_ref_null(), nanvm_mut_ref_to_ref(array));
    size_t *length = (size_t *)(void *)nanvm_block_header(array.object) - 1;
    size_t old = *length;
    *length = SIZE_MAX / 16;
    expect_fatal("length", copy_into_arena, &node);
    *length = old;
    nanvm_ref_drop(node);
}

static const struct CMUnitTest tests[] = {
    TEST(test_what_is_shared_is_copied_once),
    TEST(test_arrays_are_copied_with_what_their_items_refer_to),
    TEST(test_object_without_references_is_cloned),
    TEST(test_graph_of_a_thousand_objects_keeps_its_shape, local),
    TEST(test_list_of_a_million_is_copied_on_a_small_stack),
    TEST(test_wide_array_of_trees_is_copied, local),
    TEST(test_null_handle_has_no_copy),
    TEST(test_copy_out_of_an_arena_outlives_its_reset, arena),
    TEST(test_result_is_the_only_reference_to_the_copy, local),
    TEST(test_copy_of_a_cycle_is_a_cycle, arena),
    TEST(test_failure_leaves_no_cycle, arena),
    TEST(test_clone_that_refuses_leaves_nothing, local),
    TEST(test_type_with_drop_and_no_clone_has_no_copy, local),
    TEST(test_type_with_visit_has_no_copy, local),
    TEST(test_clone_may_keep_what_is_copied, local),
    TEST(test_clone_may_drop_other_references_to_what_is_copied, local),
    TEST(test_clone_may_copy_deeply, local),
    TEST(test_clone_may_end_the_manager, local),
    TEST(test_copy_of_a_dead_object_stops_the_program, arena),
    TEST(test_array_with_an_overwritten_length_stops_the_program, local),
};

RUN_TESTS(tests)
