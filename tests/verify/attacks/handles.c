/* Handles that were consumed, and are used all the same. */
#include "groups.h"

#include "child.h"

/* The program has the Ref, an attacker the MutRef that it was. */
static nanvm_mut_ref stale_mut(world *self, const nanvm_type *type, size_t refs) {
    return mut_at(victim(self, type, refs)->ref.object);
}

static void drop_after_to_ref(world *self) {
    nanvm_mut_ref_drop(stale_mut(self, &node_type, 1));
}

static void drop_leaf_after_to_ref(world *self) {
    drop_known_leaf_mut(stale_mut(self, &point_type, 1));
}

static void drop_after_clone(world *self) {
    nanvm_mut_ref_drop(stale_mut(self, &node_type, 2));
}

static void drop_leaf_after_clone(world *self) {
    drop_known_leaf_mut(stale_mut(self, &point_type, 2));
}

/* Both turn it into a Ref, and drop that. */
static void to_ref_twice(world *self) {
    nanvm_mut_ref stale = stale_mut(self, &node_type, 1);
    nanvm_ref_drop(nanvm_mut_ref_to_ref(stale));
}

static void resize_after_clone(world *self) {
    record *other = victim(self, &ints_type, 2);
    nanvm_mut_ref stale = mut_at(other->ref.object);
    (void)!nanvm_mut_ref_resize(&stale, self->manager, 1000);
    other->refs -= 1; /* that reference is lost */
    self->may_leak += 1;
}

static void resize_little_after_clone(world *self) {
    record *other = victim(self, &ints_type, 2);
    nanvm_mut_ref stale = mut_at(other->ref.object);
    (void)!nanvm_mut_ref_resize(&stale, self->manager, other->length + 1);
    nanvm_ref_drop(ref_at(other->ref.object));
    other->refs -= 1;
}

/* The program has the MutRef, an attacker the Ref that it was. */
static nanvm_mut_ref taken(nanvm_ref *stale, world *self, const nanvm_type *type) {
    nanvm_ref ref = own(self, type);
    nanvm_mut_ref out;
    *stale = ref_at(ref.object);
    if (!nanvm_ref_try_to_mut_ref(&ref, &out)) {
        return mut_at(stale->object); /* an arena's is never alone */
    }
    return out;
}

static void keep(world *self, const nanvm_type *type, nanvm_mut_ref object) {
    nanvm_ref ref = nanvm_mut_ref_to_ref(object);
    child_goes_on();
    model_fill(type, object.object, 0, self->seed);
    (void)model_keep(&self->model, model_adopt(&self->model, type, ref, 0, self->seed));
}

static void drop_after_try(world *self) {
    nanvm_ref stale;
    nanvm_mut_ref object = taken(&stale, self, &point_type);
    nanvm_ref_drop(stale);
    keep(self, &point_type, object);
}

static void clone_after_try(world *self) {
    nanvm_ref stale;
    nanvm_mut_ref object = taken(&stale, self, &node_type);
    nanvm_ref more = nanvm_ref_clone(stale);
    (void)more;
    nanvm_mut_ref_drop(object);
}

static void try_twice(world *self) {
    nanvm_ref stale;
    nanvm_mut_ref object = taken(&stale, self, &point_type), second;
    if (nanvm_ref_try_to_mut_ref(&stale, &second)) {
        nanvm_mut_ref_drop(second);
    }
    keep(self, &point_type, object);
}

static void drop_after_move(world *self) {
    nanvm_ref ref = own(self, &point_type);
    nanvm_ref stale = ref_at(ref.object);
    nanvm_ref moved = nanvm_ref_move(&ref);
    nanvm_ref_drop(stale);
    keep(self, &point_type, mut_at(moved.object));
}

/* The handle that was left behind is null: nothing happens. */
static void drop_moved_from(world *self) {
    nanvm_ref ref = own(self, &point_type);
    nanvm_ref moved = nanvm_ref_move(&ref);
    nanvm_ref_drop(ref);
    nanvm_ref_drop(ref);
    keep(self, &point_type, mut_at(moved.object));
}

/* The array has moved: the old handle refers to what it left. */
static nanvm_mut_ref moved_array(world *self) {
    nanvm_mut_ref array = own_array(self, 8);
    nanvm_mut_ref stale = mut_at(array.object);
    (void)own_array(self, 8); /* in an arena, so that it can't stay */
    self->may_leak += 1;
    if (!nanvm_mut_ref_resize(&array, self->manager, 5000)) {
        wrong("no memory for the attack");
    }
    (void)keep_array(self, array, 5000, self->seed);
    return stale;
}

static void drop_after_resize(world *self) {
    nanvm_mut_ref_drop(moved_array(self));
}

static void resize_after_resize(world *self) {
    nanvm_mut_ref stale = moved_array(self);
    (void)!nanvm_mut_ref_resize(&stale, self->manager, 3000);
    self->may_leak += 1;
}

static const attack attacks[] = {
    {"to-ref-drop", "drops a MutRef that has become a Ref", drop_after_to_ref, ON_ALL,
     false},
    {"to-ref-drop-leaf", "the same through the typed interface", drop_leaf_after_to_ref,
     ON_ALL, false},
    {"to-ref-clone-drop", "drops a MutRef that has become a Ref, and was cloned",
     drop_after_clone, ON_ALL, false},
    {"to-ref-clone-drop-leaf", "the same through the typed interface",
     drop_leaf_after_clone, ON_ALL, false},
    {"to-ref-twice", "turns a MutRef into two Refs, and drops one", to_ref_twice, ON_ALL,
     false},
    {"to-ref-clone-resize", "resizes a MutRef that has become a Ref, and was cloned",
     resize_after_clone, ON_ALL, false},
    {"to-ref-clone-append", "the same, where there is room", resize_little_after_clone,
     ON_ALL, false},
    {"try-drop", "drops the Ref that has become a MutRef", drop_after_try, ON_ALL, false},
    {"try-clone", "clones the Ref that has become a MutRef", clone_after_try, ON_ALL,
     false},
    {"try-twice", "`try_to_mut_ref` of two copies of a Ref, and drops one", try_twice,
     ON_ALL, false},
    {"move-drop", "drops a copy of a handle that was moved", drop_after_move, ON_ALL,
     false},
    {"moved-from", "drops the handle that was moved from", drop_moved_from, ON_ALL,
     false},
    {"resize-drop", "drops the old handle of an array that has moved", drop_after_resize,
     ON_ALL, false},
    {"resize-resize", "resizes the old handle of an array that has moved",
     resize_after_resize, ON_ALL, false},
};

ATTACK_GROUP(handles, "Consumed handles", attacks);
