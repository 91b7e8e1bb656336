/* How objects end: on a small stack, in order, once, and while callbacks
 * drop, clone and create. */
#include "run.h"
#include "stage.h"
#include "thread.h"

static const size_t ten_million = 10000000;

static void drop_ref(void *context) {
    nanvm_ref_drop(nanvm_ref_move(context));
}

static void drop_on_small_stack(nanvm_ref ref, nanvm_local *local) {
    assert_non_null(ref.object);
    on_small_stack(drop_ref, &ref, local);
}

/* --- chains: each link is made by one of these --- */

typedef nanvm_ref link_to(nanvm_manager *manager, nanvm_ref next);

/* A reference that the table declares. */
static nanvm_ref declared_link(nanvm_manager *manager, nanvm_ref next) {
    struct node value = {.right = next};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
}

/* In the first item of an array. */
static nanvm_ref array_link(nanvm_manager *manager, nanvm_ref next) {
    return nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, &next, 1));
}

/* In a word that only `visit` understands. */
static nanvm_ref boxed_link(nanvm_manager *manager, nanvm_ref next) {
    struct boxed value = {boxed_from_ref(next)};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &boxed_type, &value));
}

/* That only `drop` knows of. */
static nanvm_ref hidden_link(nanvm_manager *manager, nanvm_ref next) {
    struct hidden value = {next};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &hidden_type, &value));
}

static nanvm_ref chain_of(nanvm_manager *manager, size_t length, link_to *link) {
    nanvm_ref chain = nanvm_mut_ref_to_ref(tracked_new(manager, 0));
    for (size_t i = 0; i < length && chain.object != NULL; i++) {
        chain = link(manager, chain);
    }
    return chain;
}

static void drop_local_chain(link_to *link) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    drop_on_small_stack(chain_of(manager, scaled(ten_million), link), &local);
    assert_int_equal(tracked_live(), 0);
    assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    nanvm_local_deinit(&local);
}

static void test_local_chain_of_ten_million_drops_on_a_small_stack(void **state) {
    (void)state;
    drop_local_chain(declared_link);
}

static void test_array_chain_of_ten_million_drops_on_a_small_stack(void **state) {
    (void)state;
    drop_local_chain(array_link);
}

static void test_boxed_chain_of_ten_million_drops_on_a_small_stack(void **state) {
    (void)state;
    drop_local_chain(boxed_link);
}

static void test_hidden_chain_of_ten_million_drops_on_a_small_stack(void **state) {
    (void)state;
    drop_local_chain(hidden_link);
}

static void test_global_chain_of_ten_million_drops_on_a_small_stack(void **state) {
    (void)state;
    drop_on_small_stack(chain_of(nanvm_global(), scaled(ten_million), declared_link),
                        NULL);
    assert_int_equal(tracked_live(), 0);
}

/* Another manager and another kind of link at each step. */
static nanvm_ref mixed_chain(nanvm_manager *const managers[3], size_t length) {
    link_to *const links[] = {declared_link, array_link, boxed_link, hidden_link};
    nanvm_ref chain = nanvm_mut_ref_to_ref(tracked_new(managers[0], 0));
    for (size_t i = 0; i < length; i++) {
        chain = links[i % 4](managers[i % 3], chain);
    }
    return chain;
}

static void test_mixed_chain_drops_on_a_small_stack(void **state) {
    fixture *self = *state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_CUSTOM);
    nanvm_manager *const managers[] = {nanvm_global(), &source.manager, self->manager};
    drop_on_small_stack(mixed_chain(managers, scaled(ten_million) / 10), &self->local);
    assert_int_equal(tracked_live(), 0);
    nanvm_local_deinit(&self->local);
    accounting_deinit(&source);
}

/* --- wide and deep trees --- */

static nanvm_mut_ref wide_node(nanvm_manager *manager, size_t width) {
    nanvm_mut_ref wide = nanvm_new_array(manager, &refs_type, NULL, width);
    assert_non_null(wide.object);
    for (size_t i = 0; i < width; i++) {
        struct node node = {.left = nanvm_mut_ref_to_ref(tracked_new(manager, i))};
        ((nanvm_ref *)wide.object)[i] =
            nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &node));
    }
    return wide;
}

static void test_node_of_a_million_ways_drops_on_a_small_stack(void **state) {
    fixture *self = *state;
    nanvm_mut_ref wide = wide_node(self->manager, scaled(1000000));
    drop_on_small_stack(nanvm_mut_ref_to_ref(wide), &self->local);
    assert_int_equal(tracked_live(), 0);
}

static void test_boxes_of_a_million_ways_drop_on_a_small_stack(void **state) {
    (void)state;
    size_t width = scaled(1000000);
    nanvm_mut_ref wide = nanvm_new_array(nanvm_global(), &boxes_type, NULL, width);
    for (size_t i = 0; i < width; i++) {
        nanvm_ref leaf = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
        ((struct boxed *)wide.object)[i].bits = boxed_from_ref(leaf);
    }
    drop_on_small_stack(nanvm_mut_ref_to_ref(wide), NULL);
    assert_int_equal(tracked_live(), 0);
}

/* Wide nodes below each other, so that many lists of the dead are open at once. */
static void test_wide_nodes_in_a_chain_drop_on_a_small_stack(void **state) {
    fixture *self = *state;
    nanvm_ref chain = null_ref();
    for (size_t i = 0; i < scaled(100000); i++) {
        nanvm_mut_ref wide = wide_node(self->manager, 5);
        nanvm_ref *refs = wide.object;
        struct node middle = {refs[2], 0, chain};
        refs[2] =
            nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &middle));
        chain = nanvm_mut_ref_to_ref(wide);
    }
    drop_on_small_stack(chain, &self->local);
    assert_int_equal(tracked_live(), 0);
}

static nanvm_ref leaf_node(nanvm_manager *manager, size_t value) {
    struct node leaf = {.value = value};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &leaf));
}

/* What is on the right of each node waits, until there is no room for more of it. */
static void test_comb_drops_on_a_small_stack(void **state) {
    fixture *self = *state;
    nanvm_ref comb = nanvm_mut_ref_to_ref(tracked_new(self->manager, 0));
    for (size_t i = 0; i < scaled(1000000); i++) {
        struct node tooth = {comb, i, leaf_node(self->manager, i)};
        comb = nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, &node_type, &tooth));
    }
    drop_on_small_stack(comb, &self->local);
    assert_int_equal(tracked_live(), 0);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

enum { MANY_REFS = 100 };

struct many_refs {
    nanvm_ref refs[MANY_REFS];
};

static const nanvm_type *many_refs_object(void) {
    static size_t offsets[MANY_REFS];
    static nanvm_type object = {.name = "struct many_refs",
                                .size = sizeof(struct many_refs),
                                .align = NANVM_ALIGNOF(struct many_refs),
                                .refs = offsets,
                                .refs_length = MANY_REFS};
    for (size_t i = 0; i < MANY_REFS; i++) {
        offsets[i] = i * sizeof(nanvm_ref);
    }
    return &object;
}

static bool drop_many_refs(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, many_refs_object());
    struct many_refs *many = made.object;
    bool done = many != NULL;
    for (size_t i = 0; done && i < MANY_REFS; i += 3) {
        nanvm_mut_ref leaf = tracked_new(on->manager, i);
        many->refs[i] = nanvm_mut_ref_to_ref(leaf);
        done = leaf.object != NULL;
    }
    nanvm_mut_ref_drop(made);
    assert_true(tracked_live() == 0 || !on->counts);
    return done;
}

/* And items behind them, without any. */
static void test_many_references_in_front_of_bytes_are_dropped(void **state) {
    (void)state;
    static nanvm_type object;
    object = *many_refs_object();
    object.item_size = 1;
    object.items_offset = object.size;
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &object, "12345", 5);
    for (size_t i = 0; i < MANY_REFS; i += 7) {
        ((struct many_refs *)made.object)->refs[i] =
            nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
    }
    nanvm_mut_ref_drop(made);
    assert_int_equal(tracked_live(), 0);
}

static void test_struct_with_many_references_drops_them_all(void **state) {
    (void)state;
    on_counting_managers(drop_many_refs);
}

/* More than a drop has room for at once, each to an object of its own. */
static void test_struct_with_many_own_references_drops_them_all(void **state) {
    (void)state;
    static struct many_refs refs;
    for (size_t i = 0; i < MANY_REFS; i++) {
        refs.refs[i] = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
    }
    nanvm_mut_ref made = nanvm_new_copy(nanvm_global(), many_refs_object(), &refs);
    nanvm_mut_ref_drop(made);
    assert_int_equal(tracked_live(), 0);
}

enum { SOME_REFS = 40 };

/* Of two types that take turns, or of one. */
static nanvm_ref nest(nanvm_manager *manager, const nanvm_type *const types[2],
                      size_t depth) {
    nanvm_mut_ref made = nanvm_new(manager, types[depth % 2]);
    nanvm_ref *refs = made.object;
    refs[0] = depth > 0 ? nest(manager, types, depth - 1) : null_ref();
    for (size_t i = 1; i < SOME_REFS; i++) {
        refs[i] = nanvm_mut_ref_to_ref(tracked_new(manager, i));
    }
    return nanvm_mut_ref_to_ref(made);
}

/* What others share lives on, once more or once less often referred to; what only the
 * struct refers to dies, even if it does so twice. */
static bool drop_shared_refs(const stage *on) {
    static nanvm_type object;
    object = *many_refs_object();
    object.size = SOME_REFS * sizeof(nanvm_ref);
    object.refs_length = SOME_REFS;
    nanvm_mut_ref made = nanvm_new(on->manager, &object);
    nanvm_mut_ref tracked = tracked_new(on->manager, 1);
    nanvm_mut_ref twice = tracked_new(on->manager, 2);
    bool done = made.object != NULL && tracked.object != NULL && twice.object != NULL;
    nanvm_ref shared = nanvm_mut_ref_to_ref(tracked);
    nanvm_ref own = nanvm_mut_ref_to_ref(twice);
    if (done) {
        nanvm_ref *refs = made.object;
        for (size_t i = 0; i < SOME_REFS; i += 2) {
            refs[i] = nanvm_ref_clone(shared);
        }
        refs[SOME_REFS / 2 + 1] = nanvm_ref_clone(own);
        refs[SOME_REFS - 1] = own;
    } else {
        nanvm_ref_drop(own);
    }
    nanvm_mut_ref_drop(made);
    assert_true(!on->counts || !done || tracked_live() == 1);
    assert_true(!on->counts || !done || nanvm_ref_is_sole(shared));
    nanvm_ref_drop(shared);
    assert_true(tracked_live() == 0 || !on->counts);
    return done;
}

static void test_struct_with_many_references_leaves_shared_ones_alive(void **state) {
    (void)state;
    on_counting_managers(drop_shared_refs);
}

/* More references wait than there is room for, in pools and outside of them. */
static void test_nested_structs_with_some_references_are_dropped(void **state) {
    fixture *self = *state;
    static nanvm_type object, other;
    object = *many_refs_object();
    object.size = SOME_REFS * sizeof(nanvm_ref);
    object.refs_length = SOME_REFS;
    other = object;
    for (size_t i = 0; i < 40; i++) {
        const nanvm_type *const types[2] = {&object, i < 20 ? &object : &other};
        nanvm_manager *manager = i % 2 == 0 ? nanvm_global() : self->manager;
        nanvm_ref_drop(nest(manager, types, i % 20 / 2));
        assert_int_equal(tracked_live(), 0);
    }
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static nanvm_ref full_tree(nanvm_manager *manager, size_t depth) {
    if (depth == 0) {
        return nanvm_mut_ref_to_ref(tracked_new(manager, 1));
    }
    struct node value = {full_tree(manager, depth - 1), depth,
                         full_tree(manager, depth - 1)};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &value));
}

static bool drop_tree(const stage *on) {
    if (!on->counts) {
        return true;
    }
    nanvm_ref tree = null_ref();
    for (size_t i = 0; i < 6; i++) {
        struct node value = {tree, i, nanvm_ref_clone(tree)};
        nanvm_mut_ref made = i == 0 ? tracked_new(on->manager, 0)
                                    : nanvm_new_copy(on->manager, &node_type, &value);
        if (made.object == NULL) {
            nanvm_ref_drop(value.right);
            nanvm_ref_drop(value.left);
            return false;
        }
        tree = nanvm_mut_ref_to_ref(made);
    }
    nanvm_ref_drop(tree);
    return true;
}

static void test_shared_subtrees_are_dropped_once(void **state) {
    (void)state;
    on_every_manager(drop_tree);
}

static void test_full_tree_is_dropped_whole(void **state) {
    fixture *self = *state;
    nanvm_ref tree = full_tree(self->manager, 12);
    assert_int_equal(tracked_live(), 4096);
    drop_on_small_stack(tree, &self->local);
    assert_int_equal(tracked_live(), 0);
}

/* --- callbacks at work while a drop is under way --- */

static struct {
    nanvm_manager *manager;
    size_t calls;
    size_t depth;
    size_t deepest;
    size_t length;
    size_t total; /* of all lengths */ /* The last one told. */
    size_t made;
    nanvm_ref kept;
} desk;

static void desk_open(nanvm_manager *manager) {
    memset(&desk, 0, sizeof(desk));
    desk.manager = manager;
}

struct worker {
    nanvm_ref child;
    nanvm_ref sibling;
};

/* Makes, shares, clones, resizes and drops, all of it while it is dropped. */
static void work_hard(struct worker *self) {
    nanvm_mut_ref fresh = tracked_new(desk.manager, desk.calls);
    nanvm_ref other = nanvm_ref_clone(self->child);
    nanvm_mut_ref copy = nanvm_ref_clone_object(other, desk.manager);
    nanvm_mut_ref items = nanvm_new_array(desk.manager, &refs_type, NULL, 1);
    if (items.object != NULL) {
        ((nanvm_ref *)items.object)[0] = nanvm_ref_clone(other);
        (void)!nanvm_mut_ref_resize(&items, desk.manager, 40);
        desk.made++;
    }
    nanvm_mut_ref_drop(copy);
    nanvm_mut_ref_drop(items);
    nanvm_ref_drop(other);
    nanvm_mut_ref_drop(fresh);
}

static void worker_drop(void *object, size_t length) {
    desk.calls++;
    desk.depth++;
    desk.deepest = desk.depth > desk.deepest ? desk.depth : desk.deepest;
    desk.length = length;
    work_hard(object);
    desk.depth--;
}

static const size_t worker_refs[] = {offsetof(struct worker, child),
                                     offsetof(struct worker, sibling)};
static const nanvm_type worker_type = {.name = "worker",
                                       .size = sizeof(struct worker),
                                       .align = _Alignof(struct worker),
                                       .refs = worker_refs,
                                       .refs_length = 2,
                                       .drop = worker_drop};

static bool drop_workers(const stage *on) {
    enum { MANY = 30 };
    desk_open(on->manager);
    nanvm_ref chain = null_ref();
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref leaf = tracked_new(on->manager, i);
        struct worker value = {nanvm_mut_ref_to_ref(leaf), chain};
        nanvm_mut_ref made = {NULL};
        if (leaf.object != NULL) {
            made = nanvm_new_copy(on->manager, &worker_type, &value);
        }
        if (made.object == NULL) {
            nanvm_mut_ref_drop(leaf);
            nanvm_ref_drop(chain);
            return false;
        }
        chain = nanvm_mut_ref_to_ref(made);
    }
    nanvm_ref_drop(chain);
    assert_int_equal(desk.calls, MANY);
    assert_int_equal(desk.deepest, 1);
    assert_int_equal(tracked_live(), 0);
    return desk.made == MANY;
}

static void test_callbacks_drop_clone_and_create_while_a_drop_is_under_way(void **state) {
    (void)state;
    on_counting_managers(drop_workers);
}

/* Arena objects get their `drop` at reset; the same callbacks run there. */
static void test_callbacks_work_while_an_arena_is_reset(void **state) {
    fixture *self = *state;
    desk_open(nanvm_global());
    for (size_t i = 0; i < 50; i++) {
        struct worker value = {.child =
                                   nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i))};
        assert_non_null(nanvm_new_copy(self->manager, &worker_type, &value).object);
    }
    nanvm_arena_reset(&self->arena);
    assert_int_equal(desk.calls, 50);
    assert_int_equal(tracked_live(), 0);
}

/* A callback hands what the dying object held to somebody else. */
static void keeper_drop(void *object, size_t length) {
    (void)length;
    desk.kept = nanvm_ref_clone(((struct hidden *)object)->secret);
}

static const size_t keeper_refs[] = {offsetof(struct hidden, secret)};
static const nanvm_type keeper_type = {.name = "keeper",
                                       .size = sizeof(struct hidden),
                                       .align = _Alignof(struct hidden),
                                       .refs = keeper_refs,
                                       .refs_length = 1,
                                       .drop = keeper_drop};

static bool keep_child(const stage *on) {
    desk_open(on->manager);
    nanvm_mut_ref leaf = tracked_new(on->manager, 8);
    if (leaf.object == NULL) {
        return false;
    }
    struct hidden value = {nanvm_mut_ref_to_ref(leaf)};
    nanvm_mut_ref keeper = nanvm_new_copy(on->manager, &keeper_type, &value);
    if (keeper.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    nanvm_mut_ref_drop(keeper);
    assert_ptr_equal(desk.kept.object, leaf.object);
    assert_int_equal(nanvm_ref_count(desk.kept), 0);
    assert_int_equal(tracked_live(), 1);
    nanvm_ref_drop(desk.kept);
    return true;
}

static void test_drop_runs_before_references_are_released(void **state) {
    (void)state;
    on_counting_managers(keep_child);
}

static void note_length(void *object, size_t length) {
    (void)object;
    desk.calls++;
    desk.length = length;
    desk.total += length;
}

static const nanvm_type noting_type = {
    .name = "noting[]", .align = 1, .item_size = 1, .drop = note_length};

static bool drop_array(const stage *on) {
    desk_open(on->manager);
    nanvm_mut_ref array = nanvm_new_array(on->manager, &noting_type, "12345", 5);
    if (array.object == NULL) {
        return false;
    }
    bool done = nanvm_mut_ref_resize(&array, on->manager, 60);
    assert_int_equal(desk.calls, 0); /* Moving is not ending. */
    nanvm_mut_ref_drop(array);
    assert_int_equal(desk.calls, 1);
    assert_int_equal(desk.length, done ? 60 : 5);
    return done;
}

static void test_drop_of_an_array_is_told_its_length(void **state) {
    (void)state;
    on_counting_managers(drop_array);
}

static const nanvm_type noting_struct = {
    .name = "noting", .size = 8, .align = 8, .drop = note_length};

static bool drop_struct(const stage *on) {
    desk_open(on->manager);
    nanvm_mut_ref made = nanvm_new(on->manager, &noting_struct);
    if (made.object == NULL) {
        return false;
    }
    desk.length = 77;
    nanvm_mut_ref_drop(made);
    assert_int_equal(desk.length, 0);
    return true;
}

/* While others wait that are linked in front of it. */
static bool drop_structs(const stage *on) {
    desk_open(on->manager);
    nanvm_ref structs[3] = {null_ref(), null_ref(), null_ref()};
    for (size_t i = 0; i < 3; i++) {
        structs[i] = nanvm_mut_ref_to_ref(nanvm_new(on->manager, &noting_struct));
    }
    nanvm_mut_ref array = nanvm_new_array(on->manager, &refs_type, structs, 3);
    bool done = array.object != NULL && structs[0].object != NULL &&
                structs[1].object != NULL && structs[2].object != NULL;
    for (size_t i = 0; i < 3 && array.object == NULL; i++) {
        nanvm_ref_drop(structs[i]);
    }
    desk.total = 0;
    nanvm_mut_ref_drop(array);
    assert_int_equal(desk.total, 0);
    return done;
}

static void test_drop_of_what_is_no_array_is_told_zero(void **state) {
    (void)state;
    on_counting_managers(drop_struct);
    on_counting_managers(drop_structs);
}

/* --- a dealloc whose own state holds a reference --- */

typedef struct holder {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_ref held;
    size_t blocks;
} holder;

static void *holder_alloc(nanvm_manager *manager, nanvm_layout layout) {
    ((holder *)manager)->blocks++;
    return nanvm_manager_alloc(nanvm_global(), layout);
}

/* The last block takes along what the dealloc held. */
static void holder_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    holder *self = (holder *)(void *)((char *)dealloc - offsetof(holder, dealloc));
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    if (--self->blocks == 0) {
        nanvm_ref_drop(nanvm_ref_move(&self->held));
    }
}

static const nanvm_manager_table holder_manager = {.alloc = holder_alloc};
static const nanvm_dealloc_table holder_table = {.count = NANVM_COUNT_PLAIN,
                                                 .dealloc = holder_dealloc};

static nanvm_ref new_tracked(size_t value) {
    return nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), value));
}

static void test_reference_that_a_dealloc_drops_is_not_lost(void **state) {
    (void)state;
    holder self = {.manager = {&holder_manager, &self.dealloc, 0, NULL},
                   .dealloc = {&holder_table}};
    struct node held = {.left = new_tracked(1)};
    self.held = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &held));
    nanvm_mut_ref leaf = nanvm_new(&self.manager, &point_type);
    nanvm_ref refs[] = {new_tracked(2), new_tracked(3), nanvm_mut_ref_to_ref(leaf),
                        new_tracked(4)};
    nanvm_mut_ref_drop(nanvm_new_array(nanvm_global(), &refs_type, refs, 4));
    assert_int_equal(tracked_live(), 0);
}

/* The same where what it dropped lies in the pool that is being walked. */
static void test_slot_of_what_a_dealloc_drops_is_not_lost(void **state) {
    (void)state;
    holder self = {.manager = {&holder_manager, &self.dealloc, 0, NULL},
                   .dealloc = {&holder_table}};
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    self.held = nanvm_mut_ref_to_ref(nanvm_new(manager, &node_type));
    nanvm_mut_ref leaf = nanvm_new(&self.manager, &point_type);
    struct node value = {.left = nanvm_mut_ref_to_ref(leaf),
                         .right = nanvm_mut_ref_to_ref(nanvm_new(manager, &node_type))};
    nanvm_mut_ref_drop(nanvm_new_copy(manager, &node_type, &value));
    assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    nanvm_local_deinit(&local);
}

/* The same while a callback runs: a leaf that dies with the node before it. */
static nanvm_ref nested;

static void drop_nested(void *object, size_t length) {
    (void)object;
    (void)length;
    nanvm_ref_drop(nanvm_ref_move(&nested));
}

NANVM_TYPE_CALLBACKS(nested_type, struct hidden, NULL, drop_nested, NULL);

static void test_reference_that_a_dealloc_drops_in_a_callback_is_not_lost(void **state) {
    (void)state;
    holder self = {.manager = {&holder_manager, &self.dealloc, 0, NULL},
                   .dealloc = {&holder_table}};
    struct node held = {.left = new_tracked(1)};
    self.held = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &held));
    struct node leaf = {.value = 1};
    nanvm_mut_ref empty = nanvm_new_copy(&self.manager, &node_type, &leaf);
    struct node outer = {nanvm_mut_ref_to_ref(empty), 0, new_tracked(2)};
    nested = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &outer));
    nanvm_mut_ref_drop(nanvm_new(nanvm_global(), &nested_type));
    assert_int_equal(tracked_live(), 0);
}

/* The same while what the dealloc dropped has callbacks: it is at the end of the list. */
static void test_object_with_callbacks_that_a_dealloc_drops_is_not_lost(void **state) {
    (void)state;
    holder self = {.manager = {&holder_manager, &self.dealloc, 0, NULL},
                   .dealloc = {&holder_table}};
    self.held = new_tracked(1);
    nanvm_mut_ref empty = nanvm_new(&self.manager, &node_type);
    struct node outer = {nanvm_mut_ref_to_ref(empty), 0, new_tracked(2)};
    nested = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &outer));
    nanvm_mut_ref_drop(nanvm_new(nanvm_global(), &nested_type));
    assert_int_equal(tracked_live(), 0);
}

/* A dealloc that holds two, and lets go of both at once. */
typedef struct holder_of_two {
    holder holder;
    nanvm_ref second;
} holder_of_two;

static void drop_two(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    holder *self = (holder *)(void *)((char *)dealloc - offsetof(holder, dealloc));
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    nanvm_ref_drop(nanvm_ref_move(&self->held));
    nanvm_ref_drop(nanvm_ref_move(&((holder_of_two *)self)->second));
}

static const nanvm_dealloc_table two_table = {.count = NANVM_COUNT_PLAIN,
                                              .dealloc = drop_two};

static nanvm_ref node_of(nanvm_ref left) {
    struct node value = {.left = left};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &value));
}

/* Those that wait stay a list, whatever is added while the dealloc runs. */
static void drop_nested_with_two(nanvm_ref first, nanvm_ref second) {
    holder_of_two self = {
        .holder = {.manager = {&holder_manager, &self.holder.dealloc, 0, NULL},
                   .dealloc = {&two_table}}};
    self.holder.held = first;
    self.second = second;
    nanvm_mut_ref empty = nanvm_new(&self.holder.manager, &node_type);
    struct node outer = {nanvm_mut_ref_to_ref(empty), 0, new_tracked(2)};
    nested = nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &node_type, &outer));
    nanvm_mut_ref_drop(nanvm_new(nanvm_global(), &nested_type));
    assert_int_equal(tracked_live(), 0);
}

static void test_two_references_that_a_dealloc_drops_are_not_lost(void **state) {
    (void)state;
    drop_nested_with_two(new_tracked(1), new_tracked(3));
    drop_nested_with_two(node_of(new_tracked(1)), new_tracked(3));
    drop_nested_with_two(new_tracked(1), node_of(new_tracked(3)));
    drop_nested_with_two(node_of(new_tracked(1)), node_of(new_tracked(3)));
}

/* A count that somebody keeps who looks at a local manager meanwhile. */
static const nanvm_manager *watched;
static size_t seen_live;
static size_t (*count_only)(nanvm_dealloc *self, size_t *counter,
                            nanvm_ref_counter_update update);

static size_t count_and_look(nanvm_dealloc *self, size_t *counter,
                             nanvm_ref_counter_update update) {
    seen_live = nanvm_stats_make(watched).live_blocks;
    return count_only(self, counter, update);
}

static void test_count_that_is_kept_elsewhere_may_read_statistics(void **state) {
    fixture *self = *state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_CUSTOM);
    watched = self->manager;
    count_only = source.dealloc_table.ref_counter_update;
    source.dealloc_table.ref_counter_update = count_and_look;
    nanvm_ref shared = nanvm_mut_ref_to_ref(nanvm_new(&source.manager, &point_type));
    nanvm_ref chain = nanvm_ref_clone(shared);
    for (size_t i = 0; i < 5; i++) {
        chain = declared_link(self->manager, chain);
    }
    nanvm_ref other = declared_link(self->manager, null_ref());
    nanvm_ref_drop(chain);
    assert_int_equal(seen_live, 1);
    nanvm_ref_drop(other);
    nanvm_ref_drop(shared);
    accounting_deinit(&source);
}

/* --- references among items --- */

/* Null ones among them, and others that live on. */
static bool drop_items(const stage *on) {
    nanvm_ref kept = nanvm_mut_ref_to_ref(nanvm_new(on->manager, &point_type));
    nanvm_ref node = nanvm_mut_ref_to_ref(nanvm_new(on->manager, &node_type));
    bool done = kept.object != NULL && node.object != NULL;
    for (size_t length = 0; length < 5 && done; length++) {
        struct entry entries[] = {{0, null_ref()},
                                  {1, nanvm_ref_clone(kept)},
                                  {2, nanvm_ref_clone(node)},
                                  {3, null_ref()},
                                  {4, nanvm_ref_clone(kept)}};
        size_t size = length == 0 ? 0 : 5;
        nanvm_mut_ref table = nanvm_new_array(on->manager, &table_type, entries, size);
        done = table.object != NULL;
        for (size_t i = 0; i < 5 && (!done || size == 0); i++) {
            nanvm_ref_drop(entries[i].value);
        }
        if (done) {
            ((struct table *)table.object)->name =
                length % 2 == 0 ? null_ref() : nanvm_ref_clone(length < 3 ? kept : node);
            nanvm_mut_ref_drop(table);
        }
        if (on->counts) {
            assert_int_equal(nanvm_ref_count(kept), 0);
            assert_int_equal(nanvm_ref_count(node), 0);
        }
    }
    nanvm_ref_drop(kept);
    nanvm_ref_drop(node);
    return done;
}

static void test_each_reference_among_items_is_released_once(void **state) {
    (void)state;
    on_every_manager(drop_items);
}

/* Several in each item, of which nobody else has one, behind one in the fixed part. */
struct row {
    nanvm_ref from;
    size_t amount;
    nanvm_ref to;
};
struct ledger {
    nanvm_ref name;
    struct row rows[];
};
static const size_t ledger_refs[] = {offsetof(struct ledger, name)};
static const size_t row_refs[] = {offsetof(struct row, from), offsetof(struct row, to)};
static const nanvm_type ledger_type = {.name = "ledger",
                                       .size = sizeof(struct ledger),
                                       .align = NANVM_ALIGNOF(struct ledger),
                                       .item_size = sizeof(struct row),
                                       .items_offset = offsetof(struct ledger, rows),
                                       .refs = ledger_refs,
                                       .refs_length = 1,
                                       .item_refs = row_refs,
                                       .item_refs_length = 2};

static void drop_ledger(nanvm_manager *manager, size_t length) {
    struct row rows[4];
    for (size_t i = 0; i < length; i++) {
        rows[i].from = nanvm_mut_ref_to_ref(tracked_new(manager, i));
        rows[i].amount = SIZE_MAX;
        rows[i].to = nanvm_mut_ref_to_ref(tracked_new(manager, i));
    }
    nanvm_mut_ref made = nanvm_new_array(manager, &ledger_type, rows, length);
    ((struct ledger *)made.object)->name = nanvm_mut_ref_to_ref(tracked_new(manager, 9));
    assert_int_equal(tracked_live(), 2 * length + 1);
    nanvm_mut_ref_drop(made);
    assert_int_equal(tracked_live(), 0);
}

static void test_several_references_of_each_item_are_dropped(void **state) {
    fixture *self = *state;
    for (size_t length = 0; length <= 4; length++) {
        drop_ledger(nanvm_global(), length);
        drop_ledger(self->manager, length);
    }
}

/* In the fixed part there may be several, too. */
struct shelf {
    nanvm_ref left, middle, right;
    struct entry entries[];
};
static const size_t shelf_refs[] = {offsetof(struct shelf, left),
                                    offsetof(struct shelf, middle),
                                    offsetof(struct shelf, right)};
static const size_t shelf_item_refs[] = {offsetof(struct entry, value)};
static const nanvm_type shelf_type = {.name = "shelf",
                                      .size = sizeof(struct shelf),
                                      .align = NANVM_ALIGNOF(struct shelf),
                                      .item_size = sizeof(struct entry),
                                      .items_offset = sizeof(struct shelf),
                                      .refs = shelf_refs,
                                      .refs_length = 3,
                                      .item_refs = shelf_item_refs,
                                      .item_refs_length = 1};

/* A bit says whether each of the three is null. */
static bool drop_shelf(const stage *on, size_t bits) {
    nanvm_ref kept = nanvm_mut_ref_to_ref(tracked_new(on->manager, 1));
    nanvm_mut_ref made = nanvm_new_array(on->manager, &shelf_type, NULL, bits % 3);
    bool done = kept.object != NULL && made.object != NULL;
    if (done) {
        struct shelf *shelf = made.object;
        shelf->left = bits & 1 ? null_ref() : nanvm_ref_clone(kept);
        shelf->middle = bits & 2 ? null_ref() : nanvm_ref_clone(kept);
        shelf->right = bits & 4 ? null_ref() : nanvm_ref_clone(kept);
    }
    nanvm_mut_ref_drop(made);
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(kept), 0);
    }
    nanvm_ref_drop(kept);
    return done;
}

/* The same without items: then it is for the walk. */
struct trio {
    nanvm_ref left, middle, right;
};
NANVM_TYPE_REFS(trio_type, struct trio, left, middle, right);

static bool drop_trio(const stage *on, size_t bits) {
    nanvm_ref kept = nanvm_mut_ref_to_ref(tracked_new(on->manager, 1));
    struct trio trio = {bits & 1 ? null_ref() : nanvm_ref_clone(kept),
                        bits & 2 ? null_ref() : nanvm_ref_clone(kept),
                        bits & 4 ? null_ref() : nanvm_ref_clone(kept)};
    nanvm_mut_ref made = nanvm_new_copy(on->manager, &trio_type, &trio);
    bool done = kept.object != NULL && made.object != NULL;
    if (made.object == NULL) {
        nanvm_ref_drop(trio.left);
        nanvm_ref_drop(trio.middle);
        nanvm_ref_drop(trio.right);
    }
    nanvm_mut_ref_drop(made);
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(kept), 0);
    }
    nanvm_ref_drop(kept);
    return done;
}

/* More references wait than a walk has room for. */
struct wide {
    nanvm_ref refs[30];
};
static size_t wide_refs[30];
static const nanvm_type wide_type = {.name = "wide",
                                     .size = sizeof(struct wide),
                                     .align = NANVM_ALIGNOF(struct wide),
                                     .refs = wide_refs,
                                     .refs_length = 30};

static void set_wide_refs(void) {
    for (size_t i = 0; i < 30; i++) {
        wide_refs[i] = i * sizeof(nanvm_ref);
    }
}

static nanvm_ref wide_tree(nanvm_manager *manager, size_t depth) {
    struct wide wide;
    for (size_t i = 0; i < 30; i++) {
        bool goes_on = depth > 0 && i % 10 == depth;
        wide.refs[i] = goes_on
                           ? wide_tree(manager, depth - 1)
                           : nanvm_mut_ref_to_ref(tracked_new(manager, depth * 100 + i));
    }
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &wide_type, &wide));
}

static void test_wide_trees_are_dropped_whole(void **state) {
    fixture *self = *state;
    set_wide_refs();
    nanvm_ref in_local = wide_tree(self->manager, 5);
    nanvm_ref in_global = wide_tree(nanvm_global(), 5);
    nanvm_ref_drop(in_local);
    nanvm_ref_drop(in_global);
    assert_int_equal(tracked_live(), 0);
}

/* Where the walk has no room left, a node that holds nothing is given back all the same.
 */
static nanvm_ref wide_tree_of_nodes(nanvm_manager *manager, size_t depth) {
    struct wide wide = {.refs = {{NULL}}};
    for (size_t i = 0; i < 30 && depth > 0; i++) {
        wide.refs[i] = wide_tree_of_nodes(manager, depth - 1);
    }
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &wide_type, &wide));
}

static void test_wide_trees_leave_nothing_in_a_pool(void **state) {
    fixture *self = *state;
    set_wide_refs();
    nanvm_ref tree = wide_tree_of_nodes(self->manager, 2);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 1 + 30 + 900);
    nanvm_ref_drop(tree);
    assert_int_equal(nanvm_stats_make(self->manager).live_blocks, 0);
}

static bool drop_shelves(const stage *on) {
    bool done = true;
    for (size_t bits = 0; bits < 8 && done; bits++) {
        done = drop_shelf(on, bits) && drop_trio(on, bits);
    }
    return done;
}

static void test_each_reference_in_front_of_items_is_released_once(void **state) {
    (void)state;
    on_every_manager(drop_shelves);
}

/* --- types that take turns --- */

/* Its reference isn't where that of a node is. */
struct pair {
    size_t number;
    nanvm_ref rest;
};
NANVM_TYPE_REFS(pair_type, struct pair, rest);

static nanvm_ref link_new(nanvm_manager *manager, nanvm_ref rest, size_t i) {
    struct pair pair = {i, rest};
    struct node node = {null_ref(), i, rest};
    return nanvm_mut_ref_to_ref(i % 3 == 0 ? nanvm_new_copy(manager, &node_type, &node)
                                           : nanvm_new_copy(manager, &pair_type, &pair));
}

static bool drop_alternating(const stage *on) {
    nanvm_ref rest = nanvm_mut_ref_to_ref(tracked_new(on->manager, 1));
    bool done = rest.object != NULL;
    for (size_t i = 0; i < 10 && done; i++) {
        nanvm_ref longer = link_new(on->manager, rest, i);
        done = longer.object != NULL;
        rest = done ? longer : rest;
    }
    nanvm_ref_drop(rest);
    assert_true(!on->counts || tracked_live() == 0);
    return done;
}

static void test_types_that_take_turns_are_each_released(void **state) {
    (void)state;
    on_every_manager(drop_alternating);
}

/* --- leaves, which need no walk --- */

static nanvm_ref new_point(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type));
}

static bool drop_leaves(const stage *on) {
    struct node value = {new_point(on->manager), 0, new_point(on->manager)};
    nanvm_mut_ref node = nanvm_new_copy(on->manager, &node_type, &value);
    nanvm_ref kept = nanvm_ref_clone(value.right);
    bool done = node.object != NULL && value.left.object != NULL && kept.object != NULL;
    if (node.object == NULL) {
        nanvm_ref_drop(value.left);
        nanvm_ref_drop(value.right);
    }
    nanvm_mut_ref_drop(node);
    if (done && on->counts) {
        assert_int_equal(nanvm_ref_count(kept), 0);
    }
    nanvm_ref_drop(kept);
    return done;
}

static void test_leaves_end_with_their_node(void **state) {
    (void)state;
    on_every_manager(drop_leaves);
}

/* It has a fixed part and items, neither of them with references. */
static bool drop_array_leaf(const stage *on) {
    nanvm_mut_ref text = nanvm_new_array(on->manager, &text_type, "12345", 5);
    struct node value = {nanvm_mut_ref_to_ref(text), 0, null_ref()};
    nanvm_mut_ref node = nanvm_new_copy(on->manager, &node_type, &value);
    bool done = node.object != NULL && text.object != NULL;
    nanvm_mut_ref_drop(node.object != NULL ? node : text);
    return done;
}

static void test_array_without_references_ends_with_its_node(void **state) {
    (void)state;
    on_every_manager(drop_array_leaf);
}

/* It holds references in its fixed part and in its items, and has no callbacks. */
static bool drop_table_below(const stage *on) {
    nanvm_mut_ref name = tracked_new(on->manager, 1);
    nanvm_mut_ref value = tracked_new(on->manager, 2);
    struct entry entry = {0, nanvm_mut_ref_to_ref(value)};
    nanvm_mut_ref table = nanvm_new_array(on->manager, &table_type, &entry, 1);
    struct node parent = {nanvm_mut_ref_to_ref(table), 0, null_ref()};
    nanvm_mut_ref node = nanvm_new_copy(on->manager, &node_type, &parent);
    bool done = name.object != NULL && value.object != NULL && table.object != NULL &&
                node.object != NULL;
    if (table.object != NULL) {
        ((struct table *)table.object)->name = nanvm_mut_ref_to_ref(name);
    } else {
        nanvm_mut_ref_drop(name);
        nanvm_mut_ref_drop(value);
    }
    nanvm_mut_ref_drop(node.object != NULL ? node : table);
    assert_true(!on->counts || tracked_live() == 0);
    return done;
}

static void test_references_in_items_end_with_the_node_above(void **state) {
    (void)state;
    on_every_manager(drop_table_below);
}

/* --- the first reference, in whose place the dead are linked --- */

static bool drop_with_null_first(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 1);
    if (leaf.object == NULL) {
        return false;
    }
    struct entry entries[] = {{0, null_ref()}, {1, nanvm_mut_ref_to_ref(leaf)}};
    nanvm_mut_ref table = nanvm_new_array(on->manager, &table_type, entries, 2);
    if (table.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    nanvm_mut_ref_drop(table);
    assert_int_equal(tracked_live(), on->counts ? 0 : 1);
    return true;
}

static void test_references_behind_a_null_one_are_released(void **state) {
    (void)state;
    on_every_manager(drop_with_null_first);
}

static void test_shared_child_survives_its_parents(void **state) {
    (void)state;
    nanvm_ref leaf = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    for (size_t i = 0; i < 100; i++) {
        struct node value = {nanvm_ref_clone(leaf), i, nanvm_ref_clone(leaf)};
        nanvm_mut_ref_drop(nanvm_new_copy(nanvm_global(), &node_type, &value));
    }
    assert_int_equal(nanvm_ref_count(leaf), 0);
    assert_int_equal(tracked_live(), 1);
    nanvm_ref_drop(leaf);
}

/* --- what a callback drops is put on a list --- */

static const size_t loose_item_refs[] = {offsetof(struct entry, value)};
static const nanvm_type loose_type = {.name = "loose entries",
                                      .align = NANVM_ALIGNOF(struct entry),
                                      .item_size = sizeof(struct entry),
                                      .item_refs = loose_item_refs,
                                      .item_refs_length = 1};

/* An object whose `drop` drops `secret`, with an object that is being dropped around it.
 */
static bool hide_and_drop(const stage *on, nanvm_ref secret) {
    struct hidden value = {secret};
    nanvm_mut_ref hiding = nanvm_new_copy(on->manager, &hidden_type, &value);
    if (hiding.object == NULL) {
        nanvm_ref_drop(secret);
        return false;
    }
    nanvm_mut_ref_drop(hiding);
    assert_true(!on->counts || tracked_live() == 0);
    return true;
}

/* The same with a copy of `value`, whose only reference is `held`. */
static bool hide_and_drop_copy(const stage *on, const nanvm_type *type, const void *value,
                               nanvm_ref held) {
    nanvm_mut_ref made = {NULL};
    if (held.object != NULL) {
        made = nanvm_new_copy(on->manager, type, value);
    }
    if (made.object == NULL) {
        nanvm_ref_drop(held);
        return false;
    }
    return hide_and_drop(on, nanvm_mut_ref_to_ref(made));
}

/* The only reference of a pair isn't at its start. */
static bool drop_hidden_pair(const stage *on) {
    struct pair value = {SIZE_MAX, nanvm_mut_ref_to_ref(tracked_new(on->manager, 1))};
    return hide_and_drop_copy(on, &pair_type, &value, value.rest);
}

static void test_only_reference_of_what_a_callback_drops_is_released(void **state) {
    (void)state;
    on_every_manager(drop_hidden_pair);
}

/* Its first reference is the last one to an object without any. */
static bool drop_hidden_node(const stage *on) {
    struct node value = {new_point(on->manager), 0, null_ref()};
    return hide_and_drop_copy(on, &node_type, &value, value.left);
}

static void test_leaf_of_what_a_callback_drops_is_freed(void **state) {
    (void)state;
    on_every_manager(drop_hidden_node);
}

/* Nor are those of items. */
static bool drop_hidden_entries(const stage *on) {
    struct entry entries[3] = {{.key = SIZE_MAX}, {.key = 1}, {.key = 2}};
    bool done = true;
    for (size_t i = 0; i < 3; i++) {
        entries[i].value = nanvm_mut_ref_to_ref(tracked_new(on->manager, i));
        done = done && entries[i].value.object != NULL;
    }
    nanvm_mut_ref loose = {NULL};
    if (done) {
        loose = nanvm_new_array(on->manager, &loose_type, entries, 3);
    }
    if (loose.object == NULL) {
        for (size_t i = 0; i < 3; i++) {
            nanvm_ref_drop(entries[i].value);
        }
        return false;
    }
    return hide_and_drop(on, nanvm_mut_ref_to_ref(loose));
}

static void test_items_of_what_a_callback_drops_are_released(void **state) {
    (void)state;
    on_every_manager(drop_hidden_entries);
}

static const struct CMUnitTest tests[] = {
    TEST(test_only_reference_of_what_a_callback_drops_is_released),
    TEST(test_leaf_of_what_a_callback_drops_is_freed),
    TEST(test_items_of_what_a_callback_drops_are_released),
    TEST(test_local_chain_of_ten_million_drops_on_a_small_stack),
    TEST(test_array_chain_of_ten_million_drops_on_a_small_stack),
    TEST(test_boxed_chain_of_ten_million_drops_on_a_small_stack),
    TEST(test_hidden_chain_of_ten_million_drops_on_a_small_stack),
    TEST(test_global_chain_of_ten_million_drops_on_a_small_stack),
    TEST(test_mixed_chain_drops_on_a_small_stack, local),
    TEST(test_node_of_a_million_ways_drops_on_a_small_stack, local),
    TEST(test_boxes_of_a_million_ways_drop_on_a_small_stack),
    TEST(test_wide_nodes_in_a_chain_drop_on_a_small_stack, local),
    TEST(test_comb_drops_on_a_small_stack, local),
    TEST(test_struct_with_many_references_drops_them_all),
    TEST(test_struct_with_many_references_leaves_shared_ones_alive),
    TEST(test_struct_with_many_own_references_drops_them_all),
    TEST(test_nested_structs_with_some_references_are_dropped, local),
    TEST(test_many_references_in_front_of_bytes_are_dropped),
    TEST(test_shared_subtrees_are_dropped_once),
    TEST(test_full_tree_is_dropped_whole, local),
    TEST(test_callbacks_drop_clone_and_create_while_a_drop_is_under_way),
    TEST(test_callbacks_work_while_an_arena_is_reset, arena_over_source),
    TEST(test_drop_runs_before_references_are_released),
    TEST(test_drop_of_an_array_is_told_its_length),
    TEST(test_reference_that_a_dealloc_drops_is_not_lost),
    TEST(test_reference_that_a_dealloc_drops_in_a_callback_is_not_lost),
    TEST(test_object_with_callbacks_that_a_dealloc_drops_is_not_lost),
    TEST(test_each_reference_in_front_of_items_is_released_once),
    TEST(test_wide_trees_are_dropped_whole, local),
    TEST(test_wide_trees_leave_nothing_in_a_pool, local),
    TEST(test_slot_of_what_a_dealloc_drops_is_not_lost),
    TEST(test_types_that_take_turns_are_each_released),
    TEST(test_leaves_end_with_their_node),
    TEST(test_array_without_references_ends_with_its_node),
    TEST(test_references_in_items_end_with_the_node_above),
    TEST(test_drop_of_what_is_no_array_is_told_zero),
    TEST(test_two_references_that_a_dealloc_drops_are_not_lost),
    TEST(test_count_that_is_kept_elsewhere_may_read_statistics, local),
    TEST(test_each_reference_among_items_is_released_once),
    TEST(test_several_references_of_each_item_are_dropped, local),
    TEST(test_references_behind_a_null_one_are_released),
    TEST(test_shared_child_survives_its_parents),
};

RUN_TESTS(tests)
