/* Tables: declared references, and callbacks for what isn't a reference. */
#include <string.h>

#include <nanvm/mem.h>

#include "check.h"

//! [declared]
struct pair {
    nanvm_ref left, right;
};
NANVM_TYPE_REFS(pair_type, struct pair, left, right);
NANVM_TYPE(int_type, int);
//! [declared]

//! [parts]
struct tree {
    struct {
        int weight;
        nanvm_ref parent;
    } up;
    nanvm_ref child[4];
};
NANVM_TYPE_REFS(tree_type, struct tree, up.parent, child[0], child[1], child[2],
                child[3]);
//! [parts]

static nanvm_ref integer(int value) {
    nanvm_mut_ref created = nanvm_new_copy(nanvm_global(), &int_type, &value);
    CHECK(nanvm_mut_ref_get(created) != NULL);
    return nanvm_mut_ref_to_ref(created);
}

static void declared_references(void) {
    //! [takeover]
    struct pair value = {integer(1), integer(2)};
    nanvm_mut_ref created = nanvm_new_copy(nanvm_global(), &pair_type, &value);
    CHECK(nanvm_mut_ref_get(created) != NULL);
    nanvm_ref pair = nanvm_mut_ref_to_ref(created); /* owns both integers now */

    nanvm_mut_ref copy = nanvm_ref_clone_object(pair, nanvm_global());
    CHECK(nanvm_ref_count(value.left) == 1); /* shared by the two pairs */

    nanvm_mut_ref_drop(copy);
    CHECK(nanvm_ref_count(value.left) == 0);
    nanvm_ref_drop(pair); /* and the integers */
    //! [takeover]
}

static void parts_of_members(void) {
    nanvm_ref leaf = integer(3);
    struct tree value = {.up = {1, nanvm_ref_clone(leaf)},
                         .child = {[3] = nanvm_ref_clone(leaf)}};
    nanvm_mut_ref tree = nanvm_new_copy(nanvm_global(), &tree_type, &value);
    CHECK(!nanvm_mut_ref_is_null(tree));
    CHECK(nanvm_ref_count(leaf) == 2);
    nanvm_mut_ref_drop(tree);
    CHECK(nanvm_ref_is_sole(leaf));
    nanvm_ref_drop(leaf);
}

//! [callbacks]
/* Holds memory of another library: here, of malloc. */
struct name {
    char *text;
};

static void name_drop(void *object, size_t length) {
    struct name *self = object;
    (void)length;
    free(self->text);
}

static bool name_clone(void *copy, const void *source, size_t length) {
    struct name *self = copy;
    const struct name *other = source;
    size_t size = strlen(other->text) + 1;
    (void)length;
    self->text = malloc(size);
    if (self->text == NULL) {
        return false; /* the library takes the rest back */
    }
    memcpy(self->text, other->text, size);
    return true;
}

NANVM_TYPE_CALLBACKS(name_type, struct name, NULL, name_drop, name_clone);
//! [callbacks]

//! [construct]
static bool name_construct(void *object, size_t length, void *context) {
    struct name *self = object;
    const char *text = context;
    (void)length;
    self->text = malloc(strlen(text) + 1);
    if (self->text != NULL) {
        memcpy(self->text, text, strlen(text) + 1);
    }
    return self->text != NULL; /* false: the memory is freed, nothing stays behind */
}

static nanvm_mut_ref name_new(nanvm_manager *manager, char *text) {
    return nanvm_new_with(manager, &name_type, 0, name_construct, text);
}
//! [construct]

static void callbacks(void) {
    char text[] = "Ada";
    nanvm_ref ada = nanvm_mut_ref_to_ref(name_new(nanvm_global(), text));
    CHECK(nanvm_ref_get(ada) != NULL);
    nanvm_mut_ref other = nanvm_ref_clone_object(ada, nanvm_global());
    struct name *name = nanvm_mut_ref_get(other);
    CHECK(name != NULL && strcmp(name->text, "Ada") == 0);
    nanvm_mut_ref_drop(other);
    nanvm_ref_drop(ada);
}

//! [fixed]
/* A table by hand: members that are left out mean "none". */
struct function {
    nanvm_ref name;
    size_t arity;
    nanvm_ref constants[];
};

static const size_t function_refs[] = {offsetof(struct function, name)};
static const size_t constant_refs[] = {0};
static const nanvm_type function_type = {
    .name = "function",
    .size = sizeof(struct function),
    .align = _Alignof(struct function),
    .item_size = sizeof(nanvm_ref),
    .items_offset = offsetof(struct function, constants),
    .refs = function_refs,
    .refs_length = 1,
    .item_refs = constant_refs,
    .item_refs_length = 1,
};
//! [fixed]

//! [visit]
static void count_reference(nanvm_ref reference, void *context) {
    if (!nanvm_ref_is_null(reference)) { /* it may be the null handle */
        *(size_t *)context += 1;
    }
}

static size_t references_in(nanvm_ref object) {
    size_t count = 0;
    nanvm_ref_visit(object, count_reference, &count);
    return count;
}
//! [visit]

static void by_hand(void) {
    nanvm_ref constants[2] = {integer(7), integer(8)};
    nanvm_mut_ref created = nanvm_new_array(nanvm_global(), &function_type, constants, 2);
    struct function *function = nanvm_mut_ref_get(created);
    CHECK(function != NULL && nanvm_ref_is_null(function->name));
    function->name = integer(42);
    nanvm_ref shared = nanvm_mut_ref_to_ref(created);
    CHECK(references_in(shared) == 3);
    CHECK(nanvm_ref_type(shared) == &function_type);
    nanvm_ref_drop(shared);
}

//! [again]
/* Tasks wait in an array. One that is cut off, and is to run again, appends itself anew.
 */
NANVM_ARRAY_OF_REFS(queue_type);
static nanvm_mut_ref queue;

struct task {
    int runs_left;
};

static void task_drop(void *object, size_t length);
NANVM_TYPE_CALLBACKS(task_type, struct task, NULL, task_drop, NULL);

static bool queue_push(struct task task) {
    size_t end = nanvm_mut_ref_length(queue);
    if (!nanvm_mut_ref_resize(&queue, nanvm_global(), end + 1)) {
        return false;
    }
    nanvm_mut_ref created = nanvm_new_copy(nanvm_global(), &task_type, &task);
    nanvm_ref *tasks = nanvm_mut_ref_get(queue); /* it may have moved */
    tasks[end] = nanvm_mut_ref_to_ref(created);  /* null if there is no memory */
    return created.object != NULL;
}

static void task_drop(void *object, size_t length) {
    struct task *self = object; /* dead: there is no reference to it any more */
    (void)length;
    if (self->runs_left > 0) {
        struct task again = {self->runs_left - 1};
        CHECK(queue_push(again)); /* the queue has its final length already */
    }
}
//! [again]

static void parts(void) {
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &tree_type);
    struct tree *tree = nanvm_mut_ref_get(made);
    CHECK(tree != NULL);
    tree->up.weight = 1;
    CHECK(tree->up.weight == 1 && nanvm_ref_is_null(tree->up.parent));
    nanvm_mut_ref_drop(made);
}

static void run_tasks(void) {
    queue = nanvm_new(nanvm_global(), &queue_type);
    struct task once = {0};
    struct task twice = {1};
    CHECK(queue_push(once) && queue_push(twice) && queue_push(twice));
    CHECK(nanvm_mut_ref_resize(&queue, nanvm_global(), 0));
    CHECK(nanvm_mut_ref_length(queue) == 2); /* those that run again */
    CHECK(nanvm_mut_ref_resize(&queue, nanvm_global(), 0));
    CHECK(nanvm_mut_ref_length(queue) == 0);
    nanvm_mut_ref_drop(queue);
}

int main(void) {
    declared_references();
    parts_of_members();
    callbacks();
    by_hand();
    parts();
    run_tasks();
    return 0;
}
