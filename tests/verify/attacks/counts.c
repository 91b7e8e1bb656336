/* The cases of the kernel's refcount tests: a count at its limit, at zero, dead,
 * saturated and in no state at all, and every call that changes or believes it. */
#include "groups.h"

#include "child.h"
#include "forge.h"

enum { MANY = 100000 };

/* Objects whose count sticks live for ever. */
static nanvm_ref immortal(world *self, void (*forge)(const void *)) {
    nanvm_ref ref = own(self, &tracked_type);
    forge(ref.object);
    self->left += 1;
    self->left_tracked += 1;
    return ref;
}

static void must_be_stuck(nanvm_ref ref, size_t value) {
    child_goes_on();
    if (nanvm_ref_count(ref) != SIZE_MAX) {
        wrong_count("the count doesn't stick");
    }
    if (((const struct tracked *)ref.object)->value != value) {
        wrong_count("an object that lives for ever was freed");
    }
}

static void clones(nanvm_ref ref, size_t times) {
    for (size_t i = 0; i < times; i++) {
        nanvm_ref more = nanvm_ref_clone(ref);
        (void)more;
    }
}

static void drops(nanvm_ref ref, size_t times) {
    for (size_t i = 0; i < times; i++) {
        nanvm_ref_drop(ref);
    }
}

/* --- at the limit --- */

static void clone_at_limit(world *self) {
    nanvm_ref ref = immortal(self, forge_last_count);
    clones(ref, 1);
    drops(ref, 1);
    must_be_stuck(ref, self->seed);
}

static void many_past_limit(world *self) {
    nanvm_ref ref = immortal(self, forge_last_count);
    clones(ref, MANY);
    drops(ref, 2 * MANY);
    must_be_stuck(ref, self->seed);
}

static nanvm_ref parent_of(world *self, nanvm_ref child) {
    struct node node = {.left = child, .value = self->seed};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &node));
}

/* What one clone counts up is dropped again by the parents. */
static void limit_through_parent(world *self) {
    nanvm_ref child = immortal(self, forge_last_count);
    nanvm_ref parent = parent_of(self, child);
    for (size_t i = 0; i < 100; i++) {
        nanvm_mut_ref copy = nanvm_ref_clone_object(parent, self->manager);
        nanvm_mut_ref_drop(copy);
    }
    nanvm_ref_drop(parent);
    must_be_stuck(child, self->seed);
}

static void mutable_at_limit(world *self) {
    nanvm_ref ref = immortal(self, forge_last_count);
    clones(ref, 1);
    nanvm_mut_ref out;
    if (nanvm_ref_try_to_mut_ref(&ref, &out)) {
        wrong_count("exclusive access to a shared object");
    }
    must_be_stuck(ref, self->seed);
}

/* One less is still counted. */
static void drop_at_limit(world *self) {
    nanvm_ref ref = own(self, &tracked_type);
    forge_last_count(ref.object);
    size_t before = nanvm_ref_count(ref);
    drops(ref, 3);
    if (nanvm_ref_count(ref) != before - 3) {
        wrong_count("a count near its limit is wrong");
    }
    forge_new_count(ref.object);
    nanvm_ref_drop(ref);
}

/* --- saturated --- */

static void saturated_clone(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    clones(ref, MANY);
    must_be_stuck(ref, self->seed);
}

static void saturated_drop(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    drops(ref, MANY);
    must_be_stuck(ref, self->seed);
}

static void saturated_drop_mut(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    nanvm_mut_ref_drop(mut_at(ref.object));
    must_be_stuck(ref, self->seed);
}

static void saturated_try(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    nanvm_mut_ref out;
    if (nanvm_ref_try_to_mut_ref(&ref, &out)) {
        wrong_count("exclusive access to a shared object");
    }
    must_be_stuck(ref, self->seed);
}

static void saturated_to_mut(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    nanvm_ref handle = ref;
    nanvm_mut_ref copy = nanvm_ref_to_mut_ref(&handle, self->manager);
    if (copy.object == ref.object) {
        wrong_count("exclusive access to a shared object");
    }
    nanvm_mut_ref_drop(copy);
    must_be_stuck(ref, self->seed);
}

static void saturated_make_mut(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    nanvm_ref handle = ref;
    if (nanvm_ref_make_mut(&handle, self->manager) == ref.object) {
        wrong_count("exclusive access to a shared object");
    }
    nanvm_ref_drop(handle);
    must_be_stuck(ref, self->seed);
}

static void saturated_clone_object(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    nanvm_mut_ref_drop(nanvm_ref_clone_object(ref, self->manager));
    must_be_stuck(ref, self->seed);
}

static void saturated_in_dying_parent(world *self) {
    nanvm_ref ref = immortal(self, forge_stuck_count);
    nanvm_ref_drop(parent_of(self, ref));
    must_be_stuck(ref, self->seed);
}

/* --- in no state --- */

static void unknown_clone_and_drop(world *self) {
    nanvm_ref ref = immortal(self, forge_unknown_count);
    clones(ref, MANY);
    drops(ref, 2 * MANY);
    must_be_stuck(ref, self->seed);
}

/* --- from zero: an object that is dead --- */

static nanvm_ref dead(world *self, const nanvm_type *type) {
    return ref_at(killed(own(self, type)));
}

static void dead_clone(world *self) {
    nanvm_ref ref = dead(self, &node_type);
    clones(ref, 1);
    wrong_count("a dead object has a reference again");
}

static void dead_drop(world *self) {
    nanvm_ref_drop(dead(self, &node_type));
}

static void dead_drop_mut(world *self) {
    nanvm_mut_ref_drop(mut_at(dead(self, &node_type).object));
}

static void dead_count(world *self) {
    (void)nanvm_ref_count(dead(self, &node_type));
    wrong("a dead object has a count");
}

static void dead_try(world *self) {
    nanvm_ref ref = dead(self, &node_type);
    nanvm_mut_ref out;
    if (nanvm_ref_try_to_mut_ref(&ref, &out)) {
        wrong_count("exclusive access to a dead object");
    }
}

static void dead_to_mut(world *self) {
    nanvm_ref ref = dead(self, &node_type);
    nanvm_mut_ref out = nanvm_ref_to_mut_ref(&ref, self->manager);
    wrong(out.object == NULL ? "nobody said that it is dead" : "a copy of a dead object");
}

static void dead_make_mut(world *self) {
    nanvm_ref ref = dead(self, &node_type);
    (void)!nanvm_ref_make_mut(&ref, self->manager);
    wrong("a copy of a dead object");
}

static void dead_clone_object(world *self) {
    nanvm_ref ref = dead(self, &node_type);
    nanvm_mut_ref copy = nanvm_ref_clone_object(ref, self->manager);
    wrong(copy.object == NULL ? "nobody said that it is dead"
                              : "a copy of a dead object");
}

static void dead_length(world *self) {
    const void *array = killed(nanvm_mut_ref_to_ref(own_array(self, 8)));
    (void)nanvm_ref_length(ref_at(array));
    wrong("the length of a dead array was told");
}

static void dead_resize(world *self) {
    nanvm_mut_ref array = mut_at(killed(nanvm_mut_ref_to_ref(own_array(self, 8))));
    bool longer = nanvm_mut_ref_resize(&array, self->manager, 9);
    wrong(longer ? "a dead array became longer" : "nobody said that it is dead");
}

static void visit_nothing(nanvm_ref reference, void *context) {
    (void)reference;
    (void)context;
}

static void dead_visit(world *self) {
    nanvm_ref_visit(dead(self, &node_type), visit_nothing, NULL);
    wrong("the references of a dead object were told");
}

/* --- below zero: a clone that was forgotten --- */

/* Two parents hold the only reference there is. */
static void forgotten_clone(world *self) {
    nanvm_ref child = own(self, &point_type);
    nanvm_ref one = parent_of(self, child);
    nanvm_ref two = parent_of(self, child);
    nanvm_ref_drop(one);
    nanvm_ref_drop(two);
}

/* One parent holds it twice. */
static void forgotten_clone_in_one(world *self) {
    nanvm_ref child = own(self, &point_type);
    struct node node = {.left = child, .value = self->seed, .right = child};
    nanvm_ref_drop(
        nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &node)));
}

static void forgotten_clone_in_array(world *self) {
    nanvm_ref child = own(self, &node_type);
    nanvm_ref items[2] = {child, child};
    nanvm_ref_drop(
        nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, &refs_type, items, 2)));
}

/* Cutting items off drops the same reference twice. */
static void forgotten_clone_cut_off(world *self) {
    nanvm_ref child = own(self, &point_type);
    nanvm_ref items[2] = {child, child};
    nanvm_mut_ref array = nanvm_new_array(self->manager, &refs_type, items, 2);
    (void)!nanvm_mut_ref_resize(&array, self->manager, 0);
    nanvm_mut_ref_drop(array);
}

#define COUNTING(name, what, run)                                                        \
    { name, what, run, ON_COUNTING, false }

static const attack attacks[] = {
    COUNTING("limit-clone", "clones at the limit of the count", clone_at_limit),
    COUNTING("limit-clone-many", "clones 100,000 times past the limit, drops 200,000",
             many_past_limit),
    COUNTING("limit-clone-parent", "clones parents of a child at the limit",
             limit_through_parent),
    COUNTING("limit-to-mut", "wants exclusive access past the limit", mutable_at_limit),
    COUNTING("limit-drop", "drops at the limit", drop_at_limit),
    COUNTING("saturated-clone", "clones a saturated one", saturated_clone),
    COUNTING("saturated-drop", "drops a saturated one 100,000 times", saturated_drop),
    COUNTING("saturated-drop-mut", "drops a saturated one as a MutRef",
             saturated_drop_mut),
    COUNTING("saturated-drop-parent", "drops a parent of a saturated one",
             saturated_in_dying_parent),
    COUNTING("saturated-try", "`try_to_mut_ref` of a saturated one", saturated_try),
    COUNTING("saturated-to-mut", "`to_mut_ref` of a saturated one", saturated_to_mut),
    COUNTING("saturated-make-mut", "`make_mut` of a saturated one", saturated_make_mut),
    COUNTING("saturated-clone-object", "`clone_object` of a saturated one",
             saturated_clone_object),
    COUNTING("negative", "clones and drops with a negative count of no meaning",
             unknown_clone_and_drop),
    COUNTING("zero-clone", "clones a dead one", dead_clone),
    COUNTING("zero-drop", "drops a dead one", dead_drop),
    COUNTING("zero-drop-mut", "drops a dead one as a MutRef", dead_drop_mut),
    COUNTING("zero-count", "asks for the count of a dead one", dead_count),
    COUNTING("zero-try", "`try_to_mut_ref` of a dead one", dead_try),
    COUNTING("zero-to-mut", "`to_mut_ref` of a dead one", dead_to_mut),
    COUNTING("zero-make-mut", "`make_mut` of a dead one", dead_make_mut),
    COUNTING("zero-clone-object", "`clone_object` of a dead one", dead_clone_object),
    COUNTING("zero-length", "asks for the length of a dead array", dead_length),
    COUNTING("zero-resize", "resizes a dead array", dead_resize),
    COUNTING("zero-visit", "visits the references of a dead one", dead_visit),
    COUNTING("negative-parents", "drops two parents that share one reference",
             forgotten_clone),
    COUNTING("negative-parent", "drops a parent that holds one reference twice",
             forgotten_clone_in_one),
    COUNTING("negative-array", "drops an array that holds one reference twice",
             forgotten_clone_in_array),
    COUNTING("negative-cut", "cuts off items that are one reference",
             forgotten_clone_cut_off),
};

ATTACK_GROUP(counts, "Counts", attacks);
