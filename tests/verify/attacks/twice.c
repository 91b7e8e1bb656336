/* References that are dropped more often than there are. */
#include "groups.h"

enum { LARGE = 2000, MAPPED = 1000000, FEW_REFS = 3 }; /* items of 4 bytes */

static void ref(world *self) {
    nanvm_ref twice = own(self, &node_type);
    nanvm_ref_drop(twice);
    nanvm_ref_drop(ref_at(twice.object));
}

static void mut_ref(world *self) {
    nanvm_mut_ref twice = own_mut(self, &node_type);
    nanvm_mut_ref_drop(twice);
    nanvm_mut_ref_drop(mut_at(twice.object));
}

static void leaf(world *self) {
    nanvm_ref twice = own(self, &point_type);
    nanvm_ref_drop(twice);
    nanvm_ref_drop(ref_at(twice.object));
}

static void typed_leaf(world *self) {
    nanvm_ref twice = own(self, &point_type);
    drop_known_leaf(twice);
    drop_known_leaf(ref_at(twice.object));
}

static void typed_leaf_mut(world *self) {
    nanvm_mut_ref twice = own_mut(self, &point_type);
    drop_known_leaf_mut(twice);
    drop_known_leaf_mut(mut_at(twice.object));
}

static void drop_array_twice(world *self, size_t length) {
    nanvm_mut_ref twice = own_array(self, length);
    nanvm_mut_ref_drop(twice);
    nanvm_mut_ref_drop(mut_at(twice.object));
}

static void array(world *self) {
    drop_array_twice(self, 8);
}

static void large_array(world *self) {
    drop_array_twice(self, LARGE);
}

static void mapped_array(world *self) {
    drop_array_twice(self, MAPPED);
}

static void callbacks(world *self) {
    nanvm_ref twice = own(self, &tracked_type);
    nanvm_ref_drop(twice);
    nanvm_ref_drop(ref_at(twice.object));
}

/* Its children are others', too. */
static void with_refs(world *self) {
    record *child = victim(self, &point_type, 2);
    struct node node = {.left = child->ref, .value = self->seed};
    nanvm_ref twice =
        nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &node));
    child->refs -= 1;
    nanvm_ref_drop(twice);
    nanvm_ref_drop(ref_at(twice.object));
}

static void after_another(world *self) {
    nanvm_ref a = own(self, &node_type), b = own(self, &node_type);
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    nanvm_ref_drop(ref_at(a.object));
}

static void after_many(world *self) {
    nanvm_ref others[64];
    nanvm_ref twice = own(self, &node_type);
    for (size_t i = 0; i < 64; i++) {
        others[i] = own(self, &node_type);
    }
    nanvm_ref_drop(twice);
    for (size_t i = 0; i < 64; i++) {
        nanvm_ref_drop(others[i]);
    }
    nanvm_ref_drop(ref_at(twice.object));
}

static void after_reuse(world *self) {
    const void *place = killed(own(self, &node_type));
    reuse(self, place, &node_type, SOON);
    nanvm_ref_drop(ref_at(place));
}

static void after_late_reuse(world *self) {
    const void *place = killed(own(self, &node_type));
    reuse(self, place, &node_type, SOME_TIME);
    nanvm_ref_drop(ref_at(place));
}

/* The place is another type's now, where memory is shared among types. */
static void after_reuse_by_another(world *self) {
    const void *place = killed(own(self, &tracked_type));
    reuse(self, place, &point_type, SOON);
    nanvm_ref_drop(ref_at(place));
}

/* The caller's reference goes twice, and with it the program's. */
static void shared(world *self) {
    record *other = victim(self, &node_type, 2);
    nanvm_ref mine = other->ref;
    other->refs -= 1;
    nanvm_ref_drop(mine);
    nanvm_ref_drop(ref_at(mine.object));
}

/* So that for the moment nobody is dead. */
static void shared_by_three(world *self) {
    record *other = victim(self, &node_type, 3);
    nanvm_ref mine = other->ref;
    nanvm_ref_drop(mine);
    nanvm_ref_drop(ref_at(mine.object)); /* one of the program's two is gone */
    other->refs -= 1;
}

static const attack attacks[] = {
    {"ref", "drops a Ref twice", ref, ON_ALL, false},
    {"mut-ref", "drops a MutRef twice", mut_ref, ON_ALL, false},
    {"leaf", "drops an object that holds nothing twice", leaf, ON_ALL, false},
    {"typed-leaf", "the same through the typed interface", typed_leaf, ON_ALL, false},
    {"typed-leaf-mut", "the same with a typed MutRef", typed_leaf_mut, ON_ALL, false},
    {"array", "drops an array twice", array, ON_ALL, false},
    {"array-large", "drops an array of 8,000 bytes twice", large_array, ON_ALL, false},
    {"array-mapped", "drops an array of 4,000,000 bytes twice", mapped_array, ON_ALL,
     false},
    {"callbacks", "drops an object with callbacks twice", callbacks, ON_ALL, false},
    {"with-refs", "drops a parent twice, whose child is shared", with_refs, ON_ALL,
     false},
    {"after-another", "drops a, then b, then a", after_another, ON_ALL, false},
    {"after-many", "drops a, then 64 others, then a", after_many, ON_ALL, false},
    {"after-reuse", "drops again when another object has the place", after_reuse, ON_ALL,
     false},
    {"after-late-reuse", "the same, however long that takes", after_late_reuse, ON_ALL,
     false},
    {"after-reuse-type", "the same, and the other object has another type",
     after_reuse_by_another, ON_ALL, false},
    {"shared", "drops a shared one twice: the other owner has a dead object", shared,
     ON_ALL, false},
    {"shared-by-three", "drops one of three references twice: one is counted too few",
     shared_by_three, ON_ALL, false},
};

ATTACK_GROUP(twice, "Dropped twice", attacks);
