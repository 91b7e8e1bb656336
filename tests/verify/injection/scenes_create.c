#include "scenes.h"

static void each_type(const ground *on) {
    const nanvm_type *const types[] = {
        &point_type, &node_type,  &nothing_type, &line_type,  &page_type,
        &ints_type,  &refs_type,  &text_type,    &table_type, &words_type,
        &boxed_type, &boxes_type, &lines_type,   &hidden_type};
    enum { TYPES = sizeof(types) / sizeof(types[0]) };
    nanvm_mut_ref made[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        made[i] = attempt_new(on->manager, types[i]);
    }
    for (size_t i = 0; i < TYPES; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

/* Where the compiler knows the type, creating is inline. */
static void known_types(const ground *on) {
    struct point point = {1, 2};
    nanvm_mut_ref made[12];
    for (size_t i = 0; i < 12; i += 3) {
        made[i] = attempted(nanvm_new(on->manager, &point_type));
        made[i + 1] = attempted(nanvm_new_copy(on->manager, &point_type, &point));
        made[i + 2] = attempted(nanvm_new(on->manager, &node_type));
    }
    for (size_t i = 0; i < 12; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

/* They are written at once. */
static void unset_objects(const ground *on) {
    nanvm_mut_ref made[] = {attempted(nanvm_new_unset(on->manager, &node_type)),
                            attempted(nanvm_new_unset(on->manager, &page_type)),
                            attempted(nanvm_new_array_unset(on->manager, &refs_type, 9))};
    const size_t sizes[] = {sizeof(struct node), 4096, 9 * sizeof(nanvm_ref)};
    for (size_t i = 0; i < 3; i++) {
        if (made[i].object != NULL) {
            memset(made[i].object, 0, sizes[i]);
        }
    }
    if (made[0].object != NULL) {
        ((struct node *)made[0].object)->left = leaf(on->manager, 1);
    }
    for (size_t i = 0; i < 3; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

static void copy_takes_over(const ground *on) {
    nanvm_ref tree = pair(on->manager, leaf(on->manager, 1), leaf(on->manager, 2));
    tree = pair(on->manager, tree, nanvm_ref_clone(tree));
    tree = pair(on->manager, leaf(on->other, 3), tree);
    nanvm_ref_drop(tree);
}

static void array_takes_over(const ground *on) {
    nanvm_ref items[5];
    for (size_t i = 0; i < 5; i++) {
        items[i] = i == 3 ? nanvm_ref_clone(items[0]) : leaf(on->manager, i);
    }
    nanvm_mut_ref refs = attempt_array(on->manager, &refs_type, items, 5);
    if (refs.object == NULL) {
        drop_all(items, 5);
    }
    nanvm_mut_ref_drop(refs);
}

static void table_takes_over(const ground *on) {
    struct entry entries[] = {{1, leaf(on->manager, 1)}, {2, leaf(on->manager, 2)}};
    nanvm_mut_ref table = attempt_array(on->manager, &table_type, entries, 2);
    if (table.object == NULL) {
        nanvm_ref_drop(entries[0].value);
        nanvm_ref_drop(entries[1].value);
    } else {
        ((struct table *)table.object)->name = leaf(on->manager, 3);
    }
    nanvm_mut_ref_drop(table);
}

static void words_take_over(const ground *on) {
    word items[] = {word_from_ref(leaf(on->manager, 1)), word_from_number(7),
                    word_from_ref(leaf(on->manager, 2))};
    struct boxed boxed = {boxed_from_ref(leaf(on->manager, 3))};
    nanvm_mut_ref words = attempt_array(on->manager, &words_type, items, 3);
    nanvm_mut_ref box = attempt_copy(on->manager, &boxed_type, &boxed);
    if (words.object == NULL) {
        nanvm_ref_drop(word_to_ref(items[0]));
        nanvm_ref_drop(word_to_ref(items[2]));
    }
    if (box.object == NULL) {
        nanvm_ref_drop(boxed_to_ref(boxed.bits));
    }
    nanvm_mut_ref_drop(words);
    nanvm_mut_ref_drop(box);
}

static void arrays_of_every_size(const ground *on) {
    const size_t lengths[] = {0, 1, 2, 3, 5, 17, 90, 300, 511, 512, 700};
    nanvm_mut_ref made[11];
    for (size_t i = 0; i < 11; i++) {
        made[i] = attempt_array(on->manager, &ints_type, NULL, lengths[i]);
    }
    for (size_t i = 0; i < 11; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
}

static void large_arrays(const ground *on) {
    static const int items[1200] = {1, 2, 3};
    nanvm_mut_ref a = attempt_array(on->manager, &ints_type, items, 1200);
    nanvm_mut_ref b = attempt_array(on->manager, &ints_type, items, 1000);
    nanvm_mut_ref_drop(a); /* Its memory may wait for the next. */
    a = attempt_array(on->manager, &ints_type, items, 1100);
    nanvm_mut_ref c = attempt_array(on->manager, &ints_type, NULL, 1199);
    nanvm_mut_ref_drop(a);
    nanvm_mut_ref_drop(b);
    nanvm_mut_ref_drop(c);
}

static void over_aligned(const ground *on) {
    static const struct line lines[3] = {{{1}}, {{2}}, {{3}}};
    nanvm_mut_ref a = attempt_array(on->manager, &lines_type, lines, 3);
    nanvm_mut_ref b = attempt_copy(on->manager, &line_type, &lines[1]);
    nanvm_mut_ref c = attempt_new(on->manager, &page_type);
    nanvm_mut_ref d = attempt_array(on->manager, &lines_type, NULL, 40);
    nanvm_mut_ref_drop(a);
    nanvm_mut_ref_drop(b);
    nanvm_mut_ref_drop(c);
    nanvm_mut_ref_drop(d);
}

/* --- construction in place --- */

typedef struct plan {
    const ground *on;
    size_t stop; /* Gives up before this item. */
} plan;

static bool write_leaves(void *object, size_t length, void *context) {
    const plan *self = context;
    nanvm_ref *items = object;
    for (size_t i = 0; i < length && i < self->stop; i++) {
        items[i] = leaf(self->on->manager, i);
        if (items[i].object == NULL) {
            return false;
        }
    }
    return self->stop >= length;
}

static void construct_items(const ground *on) {
    enum { LENGTH = 4 };
    for (size_t stop = 0; stop < LENGTH; stop++) {
        plan gives_up = {on, stop};
        attempt_refused(on->manager, &refs_type, LENGTH, write_leaves, &gives_up);
    }
    plan whole = {on, LENGTH};
    nanvm_mut_ref made =
        attempt_with(on->manager, &refs_type, LENGTH, write_leaves, &whole);
    nanvm_mut_ref_drop(made);
}

static bool write_table(void *object, size_t length, void *context) {
    const plan *self = context;
    struct table *table = object;
    table->name = leaf(self->on->manager, 9);
    for (size_t i = 0; i < length && i < self->stop; i++) {
        table->entries[i].key = i;
        table->entries[i].value = nanvm_ref_clone(table->name);
    }
    return table->name.object != NULL && self->stop >= length;
}

static void construct_table(const ground *on) {
    plan gives_up = {on, 2}, whole = {on, 5};
    attempt_refused(on->manager, &table_type, 5, write_table, &gives_up);
    nanvm_mut_ref made = attempt_with(on->manager, &table_type, 5, write_table, &whole);
    attempt_refused(on->manager, &table_type, 3, write_table, &(plan){on, 0});
    nanvm_mut_ref_drop(made);
}

static bool write_words(void *object, size_t length, void *context) {
    const plan *self = context;
    struct words *words = object;
    words->first = word_from_ref(leaf(self->on->manager, 1));
    for (size_t i = 0; i < length && i < self->stop; i++) {
        words->items[i] =
            i % 2 == 0 ? word_from_number(i) : word_from_ref(leaf(self->on->manager, i));
    }
    return words->first != 0 && self->stop >= length;
}

static void construct_words(const ground *on) {
    plan gives_up = {on, 4}, whole = {on, 5};
    attempt_refused(on->manager, &words_type, 5, write_words, &gives_up);
    nanvm_mut_ref made = attempt_with(on->manager, &words_type, 5, write_words, &whole);
    nanvm_mut_ref_drop(made);
}

/* An object in an object in an object, each under construction. */
static bool write_nested(void *object, size_t length, void *context) {
    const plan *self = context;
    nanvm_ref *items = object;
    plan inner = {self->on, self->stop - 1};
    items[0] = leaf(self->on->manager, self->stop);
    if (self->stop == 0) {
        return items[0].object != NULL;
    }
    nanvm_mut_ref made =
        attempt_with(self->on->manager, &refs_type, length, write_nested, &inner);
    items[length - 1] = nanvm_mut_ref_to_ref(made);
    return items[0].object != NULL && made.object != NULL;
}

static void construct_nested(const ground *on) {
    plan whole = {on, 3};
    nanvm_mut_ref made = attempt_with(on->manager, &refs_type, 3, write_nested, &whole);
    nanvm_mut_ref_drop(made);
}

static bool refuse(void *object, size_t length, void *context) {
    (void)length;
    ((struct tracked *)object)->value = *(size_t *)context;
    return false;
}

static bool accept(void *object, size_t length, void *context) {
    (void)refuse(object, length, context);
    return true;
}

/* What didn't come to be gets no `drop`. */
static void construct_with_callbacks(const ground *on) {
    size_t number = 12, before = tracked_live(), blocks = ground_live(on->manager);
    attempt_refused(on->manager, &tracked_type, 0, refuse, &number);
    attempt_refused(on->manager, &unique_type, 0, refuse, &number);
    assert_int_equal(tracked_live(), before);
    assert_true(!ground_knows_live(on->manager) || ground_live(on->manager) == blocks);
    nanvm_mut_ref made = attempt_with(on->manager, &tracked_type, 0, accept, &number);
    tracked_expect(made.object != NULL);
    nanvm_mut_ref_drop(made);
}

static const scene_entry entries[] = {
    {"each type", each_type, false},
    {"known types", known_types, false},
    {"unset objects", unset_objects, false},
    {"copy takes over", copy_takes_over, false},
    {"array takes over", array_takes_over, false},
    {"table takes over", table_takes_over, false},
    {"words take over", words_take_over, false},
    {"arrays of every size", arrays_of_every_size, false},
    {"large arrays", large_arrays, false},
    {"over-aligned", over_aligned, false},
    {"construct items", construct_items, false},
    {"construct a table", construct_table, false},
    {"construct words", construct_words, false},
    {"construct nested", construct_nested, false},
    {"construct with callbacks", construct_with_callbacks, false},
};
const scene_list create_scenes = SCENE_LIST(entries);
