#include "scenes.h"

static void resize_through(nanvm_manager *manager, nanvm_mut_ref *array,
                           const size_t *lengths, size_t steps) {
    for (size_t i = 0; i < steps; i++) {
        (void)attempt_resize(manager, array, lengths[i]);
    }
}

#define STEPS(lengths) lengths, sizeof(lengths) / sizeof((lengths)[0])

static void grow_in_steps(const ground *on) {
    static const size_t lengths[] = {1, 2, 3, 5, 9, 17, 40, 90, 200, 450, 512};
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 0);
    resize_through(on->manager, &ints, STEPS(lengths));
    nanvm_mut_ref_drop(ints);
}

static void grow_large(const ground *on) {
    static const size_t lengths[] = {600, 900, 905, 1400, 1401, 2500, 2400, 1000};
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 300);
    resize_through(on->manager, &ints, STEPS(lengths));
    nanvm_mut_ref_drop(ints);
}

static void shrink_in_steps(const ground *on) {
    static const size_t lengths[] = {700, 500, 300, 150, 149, 60, 20, 7, 3, 1, 0};
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 900);
    resize_through(on->manager, &ints, STEPS(lengths));
    nanvm_mut_ref_drop(ints);
}

/* Something behind it, so that an arena can't grow in place. */
static void grow_amid_others(const ground *on) {
    nanvm_mut_ref others[4];
    nanvm_mut_ref text = attempt_array(on->manager, &text_type, "amid", 4);
    for (size_t i = 0; i < 4; i++) {
        others[i] = attempt_new(on->manager, &point_type);
        (void)attempt_resize(on->manager, &text, 4 + 11 * (i + 1));
    }
    (void)attempt_resize(on->manager, &text, 2);
    for (size_t i = 0; i < 4; i++) {
        nanvm_mut_ref_drop(others[i]);
    }
    nanvm_mut_ref_drop(text);
}

/* `to` of `from` items are left, each with what it refers to. */
static void cut(const ground *on, size_t from, size_t to) {
    nanvm_mut_ref refs = array_of_leaves(on->manager, from);
    nanvm_ref kept = {refs.object == NULL ? NULL : ((nanvm_ref *)refs.object)[0].object};
    kept = nanvm_ref_clone(kept);
    if (attempt_resize(on->manager, &refs, to) && on->counts) {
        assert_true(tracked_live() <= (to == 0 ? 1 : to));
    }
    (void)attempt_resize(on->manager, &refs, to + 2);
    nanvm_mut_ref_drop(refs);
    nanvm_ref_drop(kept);
}

static void cut_a_few(const ground *on) {
    cut(on, 5, 4);
    cut(on, 9, 0);
}

/* More references than a resize keeps aside. */
static void cut_many(const ground *on) {
    cut(on, 24, 3);
}

static void cut_nearly_all(const ground *on) {
    cut(on, 60, 1);
}

static void resize_tables(const ground *on) {
    static const size_t lengths[] = {9, 4, 30, 1, 0, 2};
    nanvm_mut_ref table = attempt_array(on->manager, &table_type, NULL, 2);
    struct table *self = table.object;
    if (self != NULL) {
        self->name = leaf(on->manager, 1);
        self->entries[0].value = nanvm_ref_clone(self->name);
        self->entries[1].value = leaf(on->manager, 2);
    }
    resize_through(on->manager, &table, STEPS(lengths));
    nanvm_mut_ref_drop(table);
}

static void resize_words(const ground *on) {
    static const size_t lengths[] = {7, 40, 41, 3, 1, 0, 4};
    nanvm_mut_ref words = attempt_array(on->manager, &words_type, NULL, 3);
    struct words *self = words.object;
    if (self != NULL) {
        self->first = word_from_ref(leaf(on->manager, 1));
        self->items[0] = word_from_number(4);
        self->items[1] = word_from_ref(leaf(on->manager, 2));
    }
    resize_through(on->manager, &words, STEPS(lengths));
    nanvm_mut_ref_drop(words);
}

static void resize_lines(const ground *on) {
    static const size_t lengths[] = {2, 5, 12, 40, 30, 3, 0, 1};
    nanvm_mut_ref lines = attempt_array(on->manager, &lines_type, NULL, 1);
    resize_through(on->manager, &lines, STEPS(lengths));
    nanvm_mut_ref_drop(lines);
}

static void resize_unset(const ground *on) {
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 4);
    nanvm_mut_ref refs = array_of_leaves(on->manager, 2);
    for (size_t length = 3; length < 900; length = length * 3 - 2) {
        (void)attempt_resize_unset(on->manager, &ints, length);
        (void)attempt_resize_unset(on->manager, &refs, length % 40);
    }
    nanvm_mut_ref_drop(ints);
    nanvm_mut_ref_drop(refs);
}

/* From one manager to the other, and back. */
static void move_to_another(const ground *on) {
    nanvm_mut_ref refs = array_of_leaves(on->manager, 3);
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 30);
    (void)attempt_resize(on->other, &refs, 20);
    (void)attempt_resize(on->other, &ints, 800);
    (void)attempt_resize(on->manager, &refs, 70);
    (void)attempt_resize(on->manager, &ints, 2000);
    (void)attempt_resize(on->other, &refs, 1);
    (void)attempt_resize(on->other, &ints, 5);
    nanvm_mut_ref_drop(ints);
    nanvm_mut_ref_drop(refs);
}

static void resize_then_share(const ground *on) {
    nanvm_mut_ref refs = array_of_leaves(on->manager, 4);
    (void)attempt_resize(on->manager, &refs, 12);
    nanvm_ref a = nanvm_mut_ref_to_ref(refs), b = nanvm_ref_clone(a);
    nanvm_mut_ref own = attempt_to_mut_ref(on->manager, &b);
    (void)attempt_resize(on->manager, &own, 30);
    (void)attempt_resize(on->manager, &own, 2);
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(b);
    nanvm_ref_drop(a);
}

static const scene_entry entries[] = {
    {"grow in steps", grow_in_steps, false},
    {"grow large", grow_large, false},
    {"shrink in steps", shrink_in_steps, false},
    {"grow amid others", grow_amid_others, false},
    {"cut a few", cut_a_few, false},
    {"cut many", cut_many, false},
    {"cut nearly all", cut_nearly_all, false},
    {"resize tables", resize_tables, false},
    {"resize words", resize_words, false},
    {"resize lines", resize_lines, false},
    {"resize unset", resize_unset, false},
    {"move to another", move_to_another, false},
    {"resize then share", resize_then_share, false},
};
const scene_list resize_scenes = SCENE_LIST(entries);
