#include "scenes.h"

/* Clones into both managers, and drops. */
static void clone_twice(const ground *on, nanvm_ref ref) {
    nanvm_mut_ref a = attempt_clone(on->manager, ref);
    nanvm_mut_ref b = attempt_clone(on->other, ref);
    nanvm_mut_ref c = attempt_clone(on->manager, nanvm_mut_ref_to_ref(b));
    nanvm_mut_ref_drop(c);
    nanvm_mut_ref_drop(b);
    nanvm_mut_ref_drop(a);
}

static void clone_nodes(const ground *on) {
    nanvm_ref shared = leaf(on->manager, 1);
    nanvm_ref node = pair(on->manager, nanvm_ref_clone(shared), nanvm_ref_clone(shared));
    node = pair(on->manager, node, nanvm_ref_clone(shared));
    clone_twice(on, node);
    nanvm_ref_drop(node);
    nanvm_ref_drop(shared);
}

static void clone_references(const ground *on) {
    nanvm_mut_ref refs = array_of_leaves(on->manager, 4);
    if (refs.object != NULL) {
        nanvm_ref_drop(nanvm_ref_move(&((nanvm_ref *)refs.object)[1]));
    }
    clone_twice(on, nanvm_mut_ref_to_ref(refs));
    nanvm_mut_ref_drop(refs);
}

static void clone_tables(const ground *on) {
    nanvm_mut_ref made = attempt_array(on->manager, &table_type, NULL, 3);
    struct table *table = made.object;
    if (table != NULL) {
        table->name = leaf(on->manager, 1);
        table->entries[0].value = nanvm_ref_clone(table->name);
        table->entries[2].value = leaf(on->manager, 2);
    }
    clone_twice(on, nanvm_mut_ref_to_ref(made));
    nanvm_mut_ref_drop(made);
}

static void clone_words(const ground *on) {
    nanvm_mut_ref made = attempt_array(on->manager, &words_type, NULL, 3);
    struct words *words = made.object;
    if (words != NULL) {
        words->first = word_from_ref(leaf(on->manager, 1));
        words->items[1] = word_from_number(5);
        words->items[2] = word_from_ref(nanvm_ref_clone(word_to_ref(words->first)));
    }
    clone_twice(on, nanvm_mut_ref_to_ref(made));
    nanvm_mut_ref_drop(made);
}

static void clone_boxes(const ground *on) {
    nanvm_mut_ref made = attempt_array(on->manager, &boxes_type, NULL, 3);
    struct boxed *boxes = made.object;
    if (boxes != NULL) {
        boxes[0].bits = boxed_from_ref(leaf(on->manager, 1));
        boxes[1].bits = boxed_from_double(1.5);
        boxes[2].bits = boxed_from_ref(nanvm_ref_clone(boxed_to_ref(boxes[0].bits)));
    }
    clone_twice(on, nanvm_mut_ref_to_ref(made));
    nanvm_mut_ref_drop(made);
}

static void clone_plain_bytes(const ground *on) {
    nanvm_mut_ref ints = attempt_array(on->manager, &ints_type, NULL, 900);
    nanvm_mut_ref line = attempt_new(on->manager, &line_type);
    nanvm_mut_ref page = attempt_new(on->manager, &page_type);
    nanvm_mut_ref none = attempt_new(on->manager, &nothing_type);
    nanvm_mut_ref text = attempt_array(on->manager, &text_type, "clone", 5);
    clone_twice(on, nanvm_mut_ref_to_ref(ints));
    clone_twice(on, nanvm_mut_ref_to_ref(line));
    clone_twice(on, nanvm_mut_ref_to_ref(page));
    clone_twice(on, nanvm_mut_ref_to_ref(none));
    clone_twice(on, nanvm_mut_ref_to_ref(text));
    nanvm_mut_ref_drop(text);
    nanvm_mut_ref_drop(none);
    nanvm_mut_ref_drop(page);
    nanvm_mut_ref_drop(line);
    nanvm_mut_ref_drop(ints);
}

static void clone_callbacks(const ground *on) {
    nanvm_ref tracked = leaf(on->manager, 4);
    clone_twice(on, tracked);
    tracked_refuse_to_clone(true);
    attempt_refused_clone(on->manager, tracked);
    tracked_refuse_to_clone(false);
    struct tracked fixed = {2};
    nanvm_mut_ref unique = attempt_copy(on->manager, &unique_type, &fixed);
    tracked_expect(unique.object != NULL);
    attempt_refused_clone(on->manager, nanvm_mut_ref_to_ref(unique));
    nanvm_mut_ref_drop(unique);
    nanvm_ref_drop(tracked);
}

/* --- a clone of several steps, each of which needs memory --- */

enum { DEEDS = 3 };

struct deed {
    void *papers[DEEDS];
};

static nanvm_manager *registry;
static size_t refuse_at; /* The step at which it gives up although there is memory. */

static nanvm_layout paper_layout(size_t i) {
    return nanvm_layout_make(24 + 40 * i, 8);
}

static void give_papers_back(struct deed *self, size_t length) {
    for (size_t i = 0; i < length; i++) {
        nanvm_manager_dealloc(registry, self->papers[i], paper_layout(i));
    }
}

static bool get_papers(struct deed *self) {
    for (size_t i = 0; i < DEEDS; i++) {
        self->papers[i] =
            i == refuse_at ? NULL : nanvm_manager_alloc(registry, paper_layout(i));
        if (self->papers[i] == NULL) {
            give_papers_back(self, i);
            return false;
        }
    }
    return true;
}

static void deed_drop(void *object, size_t length) {
    (void)length;
    give_papers_back(object, DEEDS);
    tracked_forget(1);
}

static bool deed_clone(void *copy, const void *source, size_t length) {
    (void)source;
    (void)length;
    bool done = get_papers(copy);
    tracked_expect(done);
    return done;
}

NANVM_TYPE_CALLBACKS(deed_type, struct deed, NULL, deed_drop, deed_clone);

static bool write_deed(void *object, size_t length, void *context) {
    (void)context;
    return deed_clone(object, NULL, length);
}

static void clone_in_steps(const ground *on) {
    registry = on->manager;
    refuse_at = SIZE_MAX;
    nanvm_mut_ref deed = attempt_with(on->manager, &deed_type, 0, write_deed, NULL);
    nanvm_ref ref = nanvm_mut_ref_to_ref(deed);
    clone_twice(on, ref);
    for (refuse_at = 0; refuse_at < DEEDS; refuse_at++) {
        attempt_refused_clone(on->manager, ref);
        attempt_refused(on->manager, &deed_type, 0, write_deed, NULL);
    }
    nanvm_ref second = nanvm_ref_clone(ref);
    refuse_at = SIZE_MAX;
    nanvm_mut_ref own = attempt_to_mut_ref(on->manager, &second);
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(second);
    nanvm_ref_drop(ref);
}

/* --- a clone that clones what only it knows of --- */

struct keeper {
    nanvm_ref secret; /* The table doesn't declare it. */
    nanvm_ref known;
};

static void keeper_drop(void *object, size_t length) {
    (void)length;
    nanvm_ref_drop(nanvm_ref_move(&((struct keeper *)object)->secret));
}

static bool keeper_clone(void *copy, const void *source, size_t length) {
    struct keeper *self = copy;
    nanvm_ref secret = ((const struct keeper *)source)->secret;
    nanvm_mut_ref deep = attempt_clone(registry, secret);
    (void)length;
    self->secret = nanvm_mut_ref_to_ref(deep);
    return deep.object != NULL || secret.object == NULL;
}

static const size_t keeper_refs[] = {offsetof(struct keeper, known)};
static const nanvm_type keeper_type = {.name = "keeper",
                                       .size = sizeof(struct keeper),
                                       .align = _Alignof(struct keeper),
                                       .refs = keeper_refs,
                                       .refs_length = 1,
                                       .drop = keeper_drop,
                                       .clone = keeper_clone};

static nanvm_ref keep(nanvm_manager *manager, nanvm_ref secret, nanvm_ref known) {
    struct keeper fixed = {secret, known};
    nanvm_mut_ref made = attempt_copy(manager, &keeper_type, &fixed);
    if (made.object == NULL) {
        nanvm_ref_drop(secret);
        nanvm_ref_drop(known);
    }
    return nanvm_mut_ref_to_ref(made);
}

static void clone_deep(const ground *on) {
    registry = on->manager;
    nanvm_ref known = leaf(on->manager, 1);
    nanvm_ref inner = keep(on->manager, leaf(on->manager, 2), leaf(on->manager, 3));
    nanvm_ref outer = keep(on->manager, inner, nanvm_ref_clone(known));
    nanvm_mut_ref copy = attempt_clone(on->manager, outer);
    nanvm_ref second = nanvm_ref_clone(outer);
    (void)attempt_make_mut(on->manager, &second);
    nanvm_ref_drop(second);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(outer);
    nanvm_ref_drop(known);
}

/* --- all that an object leads to --- */

/* More than there is room for without memory of the system: for objects that wait, as
 * each node does, and for objects that are shared, as each leaf is. */
enum { DEEP = 70 };

static nanvm_mut_ref array_of_pairs(nanvm_manager *manager) {
    nanvm_mut_ref refs = attempt_array(manager, &refs_type, NULL, DEEP);
    for (size_t i = 0; refs.object != NULL && i < DEEP; i++) {
        nanvm_ref shared = i % 8 == 0
                               ? leaf(manager, i)
                               : nanvm_mut_ref_to_ref(attempt_new(manager, &node_type));
        ((nanvm_ref *)refs.object)[i] = pair(manager, nanvm_ref_clone(shared), shared);
    }
    return refs;
}

static void copy_all(const ground *on) {
    nanvm_mut_ref made = array_of_pairs(on->manager);
    nanvm_ref refs = nanvm_mut_ref_to_ref(made);
    nanvm_ref a = attempt_clone_deep(on->manager, refs);
    nanvm_ref b = attempt_clone_deep(on->other, refs);
    nanvm_ref c = attempt_clone_deep(on->manager, b);
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    nanvm_ref_drop(c);
    nanvm_ref_drop(refs);
}

/* The deeds get their papers from the scenario's manager. */
static void copy_all_with_callbacks(const ground *on) {
    registry = on->manager;
    refuse_at = SIZE_MAX;
    nanvm_mut_ref deed = attempt_with(on->manager, &deed_type, 0, write_deed, NULL);
    nanvm_ref shared = nanvm_mut_ref_to_ref(deed);
    nanvm_ref bottom = pair(on->manager, nanvm_ref_clone(shared), leaf(on->manager, 1));
    nanvm_ref other = pair(on->manager, shared, nanvm_ref_clone(bottom));
    nanvm_ref top = pair(on->manager, bottom, other);
    nanvm_ref a = attempt_clone_deep(on->manager, top);
    nanvm_ref b = attempt_clone_deep(on->other, top);
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    nanvm_ref_drop(top);
}

/* --- a type that has everything: references, items with references, callbacks --- */

struct ledger {
    nanvm_ref name;
    void *paper;
    struct entry entries[];
};

static void ledger_drop(void *object, size_t length) {
    (void)length;
    nanvm_manager_dealloc(registry, ((struct ledger *)object)->paper, paper_layout(0));
    tracked_forget(1);
}

static bool ledger_clone(void *copy, const void *source, size_t length) {
    struct ledger *self = copy;
    (void)source;
    (void)length;
    self->paper = refuse_at == 0 ? NULL : nanvm_manager_alloc(registry, paper_layout(0));
    tracked_expect(self->paper != NULL);
    return self->paper != NULL;
}

static const size_t ledger_refs[] = {offsetof(struct ledger, name)};
static const size_t ledger_item_refs[] = {offsetof(struct entry, value)};
static const nanvm_type ledger_type = {
    .name = "ledger",
    .size = sizeof(struct ledger),
    .align = _Alignof(struct ledger),
    .item_size = sizeof(struct entry),
    .items_offset = offsetof(struct ledger, entries),
    .refs = ledger_refs,
    .refs_length = 1,
    .item_refs = ledger_item_refs,
    .item_refs_length = 1,
    .drop = ledger_drop,
    .clone = ledger_clone,
};

/* What can fail comes first, and what nobody else would give back comes last. */
static bool write_ledger(void *object, size_t length, void *context) {
    struct ledger *self = object;
    (void)context;
    self->name = leaf(registry, 1);
    for (size_t i = 0; i < length; i++) {
        self->entries[i].key = i;
        self->entries[i].value =
            i % 2 == 0 ? nanvm_ref_clone(self->name) : leaf(registry, i);
        if (self->entries[i].value.object == NULL) {
            return false;
        }
    }
    return ledger_clone(object, NULL, length);
}

static void clone_and_resize_all(const ground *on) {
    registry = on->manager;
    refuse_at = 0;
    attempt_refused(on->manager, &ledger_type, 3, write_ledger, NULL);
    refuse_at = SIZE_MAX;
    nanvm_mut_ref made = attempt_with(on->manager, &ledger_type, 4, write_ledger, NULL);
    (void)attempt_resize(on->manager, &made, 9);
    (void)attempt_resize(on->other, &made, 3);
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    clone_twice(on, ref);
    refuse_at = 0;
    attempt_refused_clone(on->manager, ref);
    refuse_at = SIZE_MAX;
    nanvm_ref second = nanvm_ref_clone(ref);
    nanvm_mut_ref own = attempt_to_mut_ref(on->manager, &second);
    (void)attempt_resize(on->manager, &own, 30);
    (void)attempt_resize(on->manager, &own, 1);
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(second);
    nanvm_ref_drop(ref);
}

/* Into both managers, with each length that is shorter, the same and longer. */
static void clone_resized(const ground *on) {
    nanvm_mut_ref made[] = {array_of_leaves(on->manager, 4),
                            attempt_array(on->manager, &table_type, NULL, 4),
                            attempt_array(on->manager, &text_type, "text", 4)};
    if (made[1].object != NULL) {
        ((struct table *)made[1].object)->name = leaf(on->manager, 5);
    }
    for (size_t i = 0; i < 3; i++) {
        nanvm_ref ref = nanvm_mut_ref_to_ref(made[i]);
        for (size_t length = 0; length < 10; length += 3) {
            nanvm_mut_ref a = attempt_clone_resized(on->manager, ref, length);
            nanvm_mut_ref b = attempt_clone_resized(on->other, ref, length + 1);
            nanvm_mut_ref_drop(a);
            nanvm_mut_ref_drop(b);
        }
        nanvm_ref_drop(ref);
    }
}

static const scene_entry entries[] = {
    {"clone nodes", clone_nodes, false},
    {"clone references", clone_references, false},
    {"clone tables", clone_tables, false},
    {"clone words", clone_words, false},
    {"clone boxes", clone_boxes, false},
    {"clone plain bytes", clone_plain_bytes, false},
    {"clone with callbacks", clone_callbacks, false},
    {"clone in steps", clone_in_steps, false},
    {"clone deep", clone_deep, false},
    {"copy all", copy_all, true},
    {"copy all with callbacks", copy_all_with_callbacks, false},
    {"clone resized", clone_resized, false},
    {"clone and resize all", clone_and_resize_all, false},
};
const scene_list clone_scenes = SCENE_LIST(entries);
