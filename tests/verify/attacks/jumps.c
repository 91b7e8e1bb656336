/* `longjmp` out of every callback. What the call was about may be lost: a leak. All else
 * has to go on as before. */
#include "groups.h"

#include <setjmp.h>

#include "child.h"

static jmp_buf escape;

static void jump(void) {
    longjmp(escape, 1);
}

static void jump_from_drop(struct tracked *object) {
    (void)object;
    tracked_on_drop = NULL;
    jump();
}

static bool jump_from_clone(struct tracked *copy, const struct tracked *source) {
    (void)copy;
    (void)source;
    tracked_on_clone = NULL;
    jump();
    return true;
}

static bool jump_from_construct(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    jump();
    return true;
}

static void jump_from_visit(nanvm_ref reference, void *context) {
    (void)reference;
    (void)context;
    jump();
}

static void jump_from_dealloc(void *context) {
    custom *source = context;
    source->on_dealloc = NULL;
    jump();
}

static void jump_from_leak(void *context, const nanvm_type *type, size_t blocks,
                           size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
    jump();
}

static void out_of_drop(world *self) {
    self->may_leak += 1;
    tracked_on_drop = jump_from_drop;
    if (setjmp(escape) == 0) {
        nanvm_ref_drop(own(self, &tracked_type));
    }
}

/* Others wait in the list of the dead, and would be lost. */
static void out_of_drop_in_tree(world *self) {
    struct node node = {.left = own(self, &tracked_type)};
    nanvm_ref parent;
    self->may_leak += 2;
    tracked_on_drop = jump_from_drop;
    parent = nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &node));
    if (setjmp(escape) == 0) {
        nanvm_ref_drop(parent);
    }
}

static void out_of_drop_in_reset(world *self) {
    (void)own(self, &tracked_type);
    self->may_leak += RECORDS; /* of whose callbacks some have run */
    model_forget_all(&self->model);
    tracked_on_drop = jump_from_drop;
    if (setjmp(escape) == 0) {
        nanvm_arena_reset(&self->stage.arena);
    }
}

static void out_of_clone(world *self) {
    record *source = victim(self, &tracked_type, 1);
    self->may_leak += 1;
    tracked_on_clone = jump_from_clone;
    if (setjmp(escape) == 0) {
        nanvm_mut_ref_drop(nanvm_ref_clone_object(source->ref, self->manager));
    }
}

static void out_of_to_mut(world *self) {
    record *source = victim(self, &tracked_type, 2);
    nanvm_ref mine = source->ref;
    self->may_leak += 1;
    tracked_on_clone = jump_from_clone;
    if (setjmp(escape) == 0) {
        nanvm_mut_ref_drop(nanvm_ref_to_mut_ref(&mine, self->manager));
    }
    source->refs -= 1; /* the call didn't consume it */
    nanvm_ref_drop(ref_at(source->ref.object));
}

static void out_of_construct(world *self) {
    self->may_leak += 1;
    if (setjmp(escape) == 0) {
        nanvm_mut_ref_drop(
            nanvm_new_with(self->manager, &tracked_type, 0, jump_from_construct, NULL));
    }
}

static void out_of_visit(world *self) {
    nanvm_ref ref = victim(self, &node_type, 1)->ref;
    if (setjmp(escape) == 0) {
        nanvm_ref_visit(ref, jump_from_visit, NULL);
    }
}

static void out_of_dealloc(world *self) {
    self->may_leak += 1;
    self->stage.custom.context = &self->stage.custom;
    self->stage.custom.on_dealloc = jump_from_dealloc;
    if (setjmp(escape) == 0) {
        nanvm_ref_drop(own(self, &node_type));
    }
}

static void out_of_leak(world *self) {
    nanvm_local_on_leak(&self->stage.local, jump_from_leak, NULL);
    if (setjmp(escape) == 0) {
        nanvm_local_deinit(&self->stage.local);
    }
}

static const attack attacks[] = {
    {"drop", "jumps out of `drop`", out_of_drop, ON_COUNTING, false},
    {"drop-tree", "jumps out of `drop` below another object", out_of_drop_in_tree,
     ON_COUNTING, false},
    {"drop-reset", "jumps out of `drop` in a reset", out_of_drop_in_reset, ON_ARENAS,
     false},
    {"clone", "jumps out of `clone`", out_of_clone, ON_ALL, false},
    {"to-mut", "jumps out of `clone` in `to_mut_ref`", out_of_to_mut, ON_ALL, false},
    {"construct", "jumps out of `construct`", out_of_construct, ON_ALL, false},
    {"visit", "jumps out of a visitor", out_of_visit, ON_ALL, false},
    {"dealloc", "jumps out of `dealloc`", out_of_dealloc, ON_CUSTOM, false},
    {"leak", "jumps out of the report of what is left", out_of_leak, ON_LOCAL, false},
};

ATTACK_GROUP(jumps, "longjmp out of callbacks", attacks);
