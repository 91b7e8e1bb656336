#include "scenes.h"

/* --- callbacks that need memory while something is dropped --- */

static struct {
    const ground *on;
    nanvm_ref kept;
    size_t calls;
} desk;

/* Makes, shares, clones, resizes and drops. */
static void work(nanvm_ref child) {
    nanvm_manager *manager = desk.on->manager;
    nanvm_ref fresh = leaf(manager, desk.calls);
    nanvm_ref other = nanvm_ref_clone(child);
    nanvm_mut_ref copy = attempt_clone(manager, other);
    nanvm_mut_ref items = attempt_array(manager, &refs_type, &fresh, 1);
    if (items.object == NULL) {
        nanvm_ref_drop(fresh);
    }
    (void)attempt_resize(manager, &items, 30);
    nanvm_mut_ref_drop(copy);
    nanvm_mut_ref_drop(items);
    nanvm_ref_drop(other);
}

static void worker_drop(void *object, size_t length) {
    (void)length;
    if (desk.on != NULL) {
        desk.calls++;
        work(((struct node *)object)->left);
    }
}

static const size_t worker_refs[] = {offsetof(struct node, left),
                                     offsetof(struct node, right)};
static const nanvm_type worker_type = {.name = "worker",
                                       .size = sizeof(struct node),
                                       .align = _Alignof(struct node),
                                       .refs = worker_refs,
                                       .refs_length = 2,
                                       .drop = worker_drop};

static nanvm_ref worker(const ground *on, nanvm_ref left, nanvm_ref right) {
    struct node fixed = {left, 1, right};
    nanvm_mut_ref made = attempt_copy(on->manager, &worker_type, &fixed);
    if (made.object == NULL) {
        nanvm_ref_drop(left);
        nanvm_ref_drop(right);
    }
    return nanvm_mut_ref_to_ref(made);
}

static void callbacks_that_work(const ground *on) {
    nanvm_ref chain = leaf(on->manager, 0);
    desk.on = NULL;
    for (size_t i = 0; i < 3; i++) {
        chain = worker(on, leaf(on->manager, i), chain);
    }
    nanvm_ref second = worker(on, leaf(on->manager, 5), nanvm_ref_clone(chain));
    desk.on = on;
    nanvm_ref_drop(chain);
    nanvm_ref_drop(second);
    desk.on = NULL; /* An arena calls them when all of it is let go of. */
}

/* Each that ends leaves another one behind, which ends the one before. */
static void heir_drop(void *object, size_t length) {
    (void)object;
    (void)length;
    if (desk.on != NULL && desk.calls++ < 6) {
        struct hidden fixed = {leaf(desk.on->manager, desk.calls)};
        nanvm_mut_ref made = attempt_copy(desk.on->manager, &hidden_type, &fixed);
        if (made.object == NULL) {
            nanvm_ref_drop(fixed.secret);
        }
        nanvm_ref_drop(desk.kept);
        desk.kept = nanvm_mut_ref_to_ref(made);
    }
}

NANVM_TYPE_CALLBACKS(heir_type, struct tracked, NULL, heir_drop, NULL);

static void callbacks_that_keep(const ground *on) {
    nanvm_mut_ref refs = attempt_array(on->manager, &refs_type, NULL, 4);
    for (size_t i = 0; refs.object != NULL && i < 4; i++) {
        nanvm_mut_ref made = attempt_new(on->manager, &heir_type);
        ((nanvm_ref *)refs.object)[i] = nanvm_mut_ref_to_ref(made);
    }
    desk.on = on;
    desk.calls = 0;
    desk.kept = (nanvm_ref){NULL};
    nanvm_mut_ref_drop(refs);
    desk.on = NULL;
    nanvm_ref_drop(nanvm_ref_move(&desk.kept));
}

/* --- nothing here needs memory to end --- */

static void hidden_chain(const ground *on) {
    nanvm_ref chain = leaf(on->manager, 0);
    for (size_t i = 0; i < 5; i++) {
        struct hidden hidden = {chain};
        struct boxed boxed = {boxed_from_ref(chain)};
        nanvm_mut_ref made = i % 2 == 0 ? attempt_copy(on->manager, &hidden_type, &hidden)
                                        : attempt_copy(on->manager, &boxed_type, &boxed);
        chain = made.object == NULL ? chain : nanvm_mut_ref_to_ref(made);
    }
    size_t requests = on->dice->requests;
    nanvm_ref_drop(chain);
    assert_int_equal(on->dice->requests, requests);
}

/* More references than the walk over the dead keeps aside. */
static void wide(const ground *on) {
    nanvm_mut_ref refs = array_of_leaves(on->manager, 70);
    nanvm_ref ref = nanvm_mut_ref_to_ref(refs);
    nanvm_ref both = pair(on->manager, nanvm_ref_clone(ref), ref);
    size_t requests = on->dice->requests;
    nanvm_ref_drop(both);
    assert_int_equal(on->dice->requests, requests);
}

static void shared_subtrees(const ground *on) {
    nanvm_ref tree = leaf(on->manager, 0);
    nanvm_ref kept[5];
    for (size_t i = 0; i < 5; i++) {
        kept[i] = nanvm_ref_clone(tree);
        tree = pair(on->manager, nanvm_ref_clone(tree), tree);
    }
    nanvm_ref_drop(tree);
    drop_all(kept, 5);
}

/* Through both managers, by turns. */
static void chain_across(const ground *on) {
    nanvm_ref chain = leaf(on->other, 0);
    for (size_t i = 0; i < 8; i++) {
        chain = pair(i % 2 == 0 ? on->manager : on->other, leaf(on->other, i), chain);
    }
    nanvm_ref_drop(chain);
}

static const scene_entry entries[] = {
    {"callbacks that work", callbacks_that_work, false},
    {"callbacks that keep", callbacks_that_keep, false},
    {"hidden chain", hidden_chain, false},
    {"wide", wide, false},
    {"shared subtrees", shared_subtrees, false},
    {"chain across", chain_across, false},
};
const scene_list drop_scenes = SCENE_LIST(entries);
