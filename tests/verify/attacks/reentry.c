/* Callbacks that call back, and callbacks that lie. */
#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"

static world *of;        /* whom the callbacks belong to: one attack runs in a process */
static nanvm_ref itself; /* the object that is about to end */
static nanvm_mut_ref made;

static void drop_watched(world *self, void (*callback)(struct tracked *)) {
    nanvm_ref ref = own(self, &tracked_type);
    of = self;
    itself = ref_at(ref.object);
    tracked_on_drop = callback;
    nanvm_ref_drop(ref);
    tracked_on_drop = NULL;
}

/* What the program drops meanwhile may end later: nothing is checked yet. */
static void use_everything(void) {
    static const nanvm_type *const types[] = {&point_type, &node_type, &ints_type,
                                              &tracked_type};
    for (size_t i = 0; i < 1000; i++) {
        nanvm_ref more = nanvm_ref_clone(victim(of, types[i % 4], 1)->ref);
        nanvm_ref_drop(more);
    }
}

/* --- drop callbacks --- */

static void drop_itself(struct tracked *object) {
    (void)object;
    nanvm_ref_drop(itself);
}
static void drop_drops_itself(world *self) {
    drop_watched(self, drop_itself);
}

static void drop_itself_as_mut(struct tracked *object) {
    (void)object;
    nanvm_mut_ref_drop(mut_at(itself.object));
}
static void drop_drops_itself_as_mut(world *self) {
    drop_watched(self, drop_itself_as_mut);
}

static void clone_itself(struct tracked *object) {
    (void)object;
    itself = nanvm_ref_clone(itself);
}
static void drop_resurrects(world *self) {
    drop_watched(self, clone_itself);
    (void)victim(self, &tracked_type, 1);
    if (stage_counts(&self->stage)) {
        wrong_count("a dying object has a new reference");
    }
}

static void clone_itself_whole(struct tracked *object) {
    (void)object;
    made = nanvm_ref_clone_object(itself, of->manager);
}
static void drop_copies_itself(world *self) {
    drop_watched(self, clone_itself_whole);
    nanvm_mut_ref_drop(made);
}

static void do_all(struct tracked *object) {
    (void)object;
    tracked_on_drop = NULL;
    use_everything();
}
static void drop_uses_everything(world *self) {
    drop_watched(self, do_all);
}

/* The victim belongs to the program, whose reference it is. */
static record *others;
static void drop_others(struct tracked *object) {
    (void)object;
    tracked_on_drop = NULL;
    nanvm_ref_drop(ref_at(others->ref.object));
}
static void drop_drops_others(world *self) {
    others = victim(self, &node_type, 1);
    drop_watched(self, drop_others);
}

static void end_manager(struct tracked *object) {
    (void)object;
    tracked_on_drop = NULL;
    nanvm_local_deinit(&of->stage.local);
}
static void ignore_leak(void *context, const nanvm_type *type, size_t blocks,
                        size_t bytes) {
    (void)context;
    (void)type;
    (void)blocks;
    (void)bytes;
}
static void drop_ends_manager(world *self) {
    nanvm_local_on_leak(&self->stage.local, ignore_leak, NULL);
    drop_watched(self, end_manager);
}

static void trim_manager(struct tracked *object) {
    (void)object;
    (void)nanvm_local_trim(&of->stage.local);
}
static void drop_trims_manager(world *self) {
    drop_watched(self, trim_manager);
}

static void reset_arena(struct tracked *object) {
    (void)object;
    tracked_on_drop = NULL;
    nanvm_arena_reset(&of->stage.arena);
}
static void reset_in_drop(world *self) {
    (void)own(self, &tracked_type);
    model_forget_all(&self->model);
    of = self;
    tracked_on_drop = reset_arena;
    nanvm_arena_reset(&self->stage.arena);
}

static void create_in_arena(struct tracked *object) {
    (void)object;
    tracked_on_drop = NULL;
    (void)victim(of, &node_type, 1);
    (void)victim(of, &tracked_type, 1);
}
/* What is created there is let go of in the next round of the same reset. */
static void create_in_reset(world *self) {
    (void)own(self, &tracked_type);
    model_forget_all(&self->model);
    of = self;
    tracked_on_drop = create_in_arena;
    nanvm_arena_reset(&self->stage.arena);
    model_forget_all(&self->model);
}

/* --- clone callbacks --- */

static bool drop_source(struct tracked *copy, const struct tracked *source) {
    (void)copy;
    nanvm_ref_drop(ref_at(source));
    return true;
}
static bool scribble(struct tracked *copy, const struct tracked *source) {
    (void)source;
    memset((unsigned char *)laundered(copy) + sizeof(*copy), 0x41, 64);
    return true;
}
static bool refuse(struct tracked *copy, const struct tracked *source) {
    (void)source;
    memset(copy, 0x41, sizeof(*copy));
    return false;
}
static bool clone_again(struct tracked *copy, const struct tracked *source) {
    (void)copy;
    tracked_on_clone = NULL;
    made = nanvm_ref_clone_object(ref_at(source), of->manager);
    return true;
}

static nanvm_mut_ref clone_watched(world *self, record *source,
                                   bool (*callback)(struct tracked *,
                                                    const struct tracked *)) {
    of = self;
    tracked_on_clone = callback;
    nanvm_mut_ref copy = nanvm_ref_clone_object(source->ref, self->manager);
    tracked_on_clone = NULL;
    return copy;
}

static void clone_drops_source(world *self) {
    record *source = victim(self, &tracked_type, 1);
    nanvm_mut_ref_drop(clone_watched(self, source, drop_source));
}

/* Objects of the program's lie behind the copy. */
static void clone_scribbles(world *self) {
    nanvm_ref places[8];
    for (size_t i = 0; i < 8; i++) {
        places[i] = own(self, &tracked_type);
        (void)victim(self, &tracked_type, 1);
    }
    for (size_t i = 0; i < 8; i++) {
        nanvm_ref_drop(places[i]);
    }
    nanvm_mut_ref_drop(clone_watched(self, victim(self, &tracked_type, 1), scribble));
}

static void clone_refuses(world *self) {
    record *source = victim(self, &tracked_type, 1);
    must_refuse(clone_watched(self, source, refuse).object == NULL);
}

static void clone_clones(world *self) {
    record *source = victim(self, &tracked_type, 1);
    nanvm_mut_ref_drop(clone_watched(self, source, clone_again));
    nanvm_mut_ref_drop(made);
}

/* --- constructors --- */

static bool drop_under_construction(void *object, size_t length, void *context) {
    (void)length;
    (void)context;
    nanvm_ref_drop(ref_at(object));
    return true;
}
static void construct_drops(world *self) {
    nanvm_mut_ref object =
        nanvm_new_with(self->manager, &node_type, 0, drop_under_construction, NULL);
    nanvm_mut_ref_drop(object);
}

static bool drop_and_fail(void *object, size_t length, void *context) {
    (void)drop_under_construction(object, length, context);
    return false;
}
static void construct_drops_and_fails(world *self) {
    nanvm_mut_ref object =
        nanvm_new_with(self->manager, &node_type, 0, drop_and_fail, NULL);
    if (object.object != NULL) {
        wrong("an object whose construction failed");
    }
}

static bool resize_under_construction(void *object, size_t length, void *context) {
    world *self = context;
    nanvm_mut_ref array = mut_at(object);
    (void)length;
    return nanvm_mut_ref_resize(&array, self->manager, 5000);
}
static void construct_resizes(world *self) {
    nanvm_mut_ref object =
        nanvm_new_with(self->manager, &ints_type, 8, resize_under_construction, self);
    self->may_leak += 1; /* the array has moved, and nobody knows where */
    nanvm_mut_ref_drop(object);
}

/* It stores one reference twice, and gives up: both are dropped. */
static bool store_twice_and_fail(void *object, size_t length, void *context) {
    const record *other = context;
    struct node *node = object;
    (void)length;
    node->left = node->right = other->ref;
    return false;
}
static void construct_lies(world *self) {
    record *other = victim(self, &point_type, 2);
    other->refs -= 1;
    nanvm_mut_ref object =
        nanvm_new_with(self->manager, &node_type, 0, store_twice_and_fail, other);
    must_refuse(object.object == NULL);
}

/* --- a visit that says everything twice --- */

struct secret {
    uintptr_t masked;
};

static void visit_twice(const void *part, nanvm_visitor *visitor, void *context) {
    const struct secret *secret = part;
    nanvm_ref child = {(const void *)~secret->masked};
    visitor(child, context);
    visitor(child, context);
}

static void visit_foreign(const void *part, nanvm_visitor *visitor, void *context) {
    static unsigned char bytes[64];
    (void)part;
    visitor((nanvm_ref){laundered(bytes + 32)}, context);
}

static void drop_liar(world *self, nanvm_visit *visit, nanvm_ref child) {
    static nanvm_type liar = {.name = "liar", .size = sizeof(struct secret)};
    struct secret secret = {~(uintptr_t)child.object};
    liar.align = NANVM_ALIGNOF(struct secret);
    liar.visit = visit;
    nanvm_mut_ref_drop(nanvm_new_copy(self->manager, &liar, &secret));
}

static void visit_says_twice(world *self) {
    record *child = victim(self, &point_type, 2);
    child->refs -= 1;
    drop_liar(self, visit_twice, child->ref);
}

static void visit_says_foreign(world *self) {
    drop_liar(self, visit_foreign, null_ref());
}

/* --- a dealloc of the user's --- */

static void drop_again(void *context) {
    custom *source = context;
    source->on_dealloc = NULL;
    nanvm_ref_drop(itself);
}

static nanvm_ref watch_dealloc(world *self, void (*callback)(void *)) {
    nanvm_ref ref = own(self, &node_type);
    of = self;
    itself = ref_at(ref.object);
    self->stage.custom.context = &self->stage.custom;
    self->stage.custom.on_dealloc = callback;
    return ref;
}

static void dealloc_drops_again(world *self) {
    nanvm_ref_drop(watch_dealloc(self, drop_again));
}

static void create_in_dealloc(void *context) {
    custom *source = context;
    source->on_dealloc = NULL;
    for (size_t i = 0; i < 10; i++) {
        (void)victim(of, &tracked_type, 1);
    }
}
static void dealloc_creates(world *self) {
    nanvm_ref_drop(watch_dealloc(self, create_in_dealloc));
}

static void use_all_in_dealloc(void *context) {
    custom *source = context;
    source->on_dealloc = NULL;
    use_everything();
}
static void dealloc_uses_everything(world *self) {
    nanvm_ref_drop(watch_dealloc(self, use_all_in_dealloc));
}

/* Allowed: the last block takes the dealloc along. */
static void free_self(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    (void)layout;
    free(memory);
    memset(custom_of(dealloc), 0x41, sizeof(custom));
    free(custom_of(dealloc));
}
static void dealloc_frees_itself(world *self) {
    static const nanvm_dealloc_table table = {.count = NANVM_COUNT_PLAIN,
                                              .dealloc = free_self};
    custom *other = malloc(sizeof(*other));
    custom_init(other);
    other->dealloc.table = &table;
    nanvm_mut_ref_drop(nanvm_new(&other->manager, &tracked_type));
    self->left_tracked -= 1; /* it was created by hand */
}

#define ALL(name, what, run)                                                             \
    { name, what, run, ON_ALL, false }
#define COUNTING(name, what, run)                                                        \
    { name, what, run, ON_COUNTING, false }

static const attack attacks[] = {
    COUNTING("drop-drop", "`drop` drops its object again", drop_drops_itself),
    COUNTING("drop-drop-mut", "`drop` drops its object as a MutRef",
             drop_drops_itself_as_mut),
    COUNTING("drop-clone", "`drop` clones the reference to its object", drop_resurrects),
    COUNTING("drop-copy", "`drop` makes a copy of its object", drop_copies_itself),
    COUNTING("drop-all", "`drop` creates, clones, drops and resizes",
             drop_uses_everything),
    COUNTING("drop-others", "`drop` drops somebody else's reference", drop_drops_others),
    {"drop-deinit", "`drop` ends the manager", drop_ends_manager, ON_LOCAL, false},
    {"drop-trim", "`drop` trims the manager", drop_trims_manager, ON_LOCAL, false},
    {"drop-reset", "`drop` resets the arena that is being reset", reset_in_drop,
     ON_ARENAS, false},
    {"drop-create", "`drop` creates in the arena that is being reset", create_in_reset,
     ON_ARENAS, false},
    ALL("clone-drop", "`clone` drops the source", clone_drops_source),
    {"clone-scribble", "`clone` writes 64 bytes behind the copy", clone_scribbles, ON_ALL,
     true},
    ALL("clone-refuse", "`clone` writes into the copy, and refuses", clone_refuses),
    ALL("clone-clone", "`clone` clones the source again", clone_clones),
    ALL("construct-drop", "`construct` drops what it constructs", construct_drops),
    ALL("construct-drop-fail", "the same, and returns false", construct_drops_and_fails),
    ALL("construct-resize", "`construct` resizes what it constructs", construct_resizes),
    ALL("construct-twice", "`construct` stores a reference twice, and returns false",
        construct_lies),
    COUNTING("visit-twice", "`visit` tells of a reference twice", visit_says_twice),
    COUNTING("visit-foreign", "`visit` tells of foreign memory", visit_says_foreign),
    {"dealloc-drop", "`dealloc` drops the object again", dealloc_drops_again, ON_CUSTOM,
     false},
    {"dealloc-create", "`dealloc` creates objects", dealloc_creates, ON_CUSTOM, false},
    {"dealloc-all", "`dealloc` creates, clones, drops and resizes",
     dealloc_uses_everything, ON_CUSTOM, false},
    {"dealloc-self", "`dealloc` frees itself", dealloc_frees_itself, ON_CUSTOM, false},
};

ATTACK_GROUP(reentry, "Callbacks that call back or lie", attacks);
