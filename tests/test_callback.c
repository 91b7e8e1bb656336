/* What callbacks do with the object, the handle, the arena and the manager at hand, while
 * the function that runs them is under way. */
#include <stdlib.h>

#include "run.h"
#include "stage.h"

/* --- an array whose items act when they are dropped --- */

/* The items come from the global manager, so that only the array itself depends on the
 * manager under test. */
struct actor {
    size_t id;
};

typedef void act(size_t id);

static struct {
    nanvm_manager *manager;
    nanvm_mut_ref array;
    size_t length; /* of the array, as it is to be when the first callback runs */
    act *act;
    size_t acts;    /* how often it may act */
    size_t dropped; /* actors that have ended */
    size_t live;    /* actors alive */
} scene;

static void actor_drop(void *object, size_t length) {
    (void)length;
    scene.dropped++;
    scene.live--;
    if (scene.acts > 0) {
        scene.acts--;
        scene.act(((struct actor *)object)->id);
    }
}

NANVM_TYPE_CALLBACKS(actor_type, struct actor, NULL, actor_drop, NULL);

static nanvm_ref actor_new(size_t id) {
    struct actor value = {id};
    scene.live++;
    return nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &actor_type, &value));
}

static size_t actor_id(nanvm_ref actor) {
    return actor.object == NULL ? SIZE_MAX : ((const struct actor *)actor.object)->id;
}

/* Three shapes of array: declared references, tagged words, and both with a `drop`. */
typedef struct shape {
    const nanvm_type *type;
    size_t offset; /* of the reference in an item */
    bool is_tagged;
} shape;

static void ignore_drop(void *object, size_t length) {
    (void)object;
    (void)length;
}

static bool allow_clone(void *copy, const void *source, size_t length) {
    (void)copy;
    (void)source;
    (void)length;
    return true;
}

static const size_t first_member[] = {0};
static const nanvm_type closing_type = {.name = "closing[]",
                                        .align = NANVM_ALIGNOF(nanvm_ref),
                                        .item_size = sizeof(nanvm_ref),
                                        .item_refs = first_member,
                                        .item_refs_length = 1,
                                        .drop = ignore_drop,
                                        .clone = allow_clone};

static const shape shapes[] = {{&refs_type, 0, false},
                               {&table_type, offsetof(struct entry, value), false},
                               {&words_type, 0, true},
                               {&closing_type, 0, false}};
enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };
static const shape *current;

static void *item_at(const void *array, size_t i) {
    return (void *)((uintptr_t)array + current->type->items_offset +
                    i * current->type->item_size + current->offset);
}

static nanvm_ref item_of(const void *array, size_t i) {
    const void *item = item_at(array, i);
    return current->is_tagged ? word_to_ref(*(const word *)item)
                              : *(const nanvm_ref *)item;
}

static void set_item(void *array, size_t i, nanvm_ref reference) {
    if (current->is_tagged) {
        *(word *)item_at(array, i) = word_from_ref(reference);
    } else {
        *(nanvm_ref *)item_at(array, i) = reference;
    }
}

/* Item i is an actor whose number is i. */
static bool array_open(nanvm_manager *manager, size_t length) {
    scene.manager = manager;
    scene.dropped = 0;
    scene.array = nanvm_new_array(manager, current->type, NULL, length);
    for (size_t i = 0; i < length && scene.array.object != NULL; i++) {
        set_item(scene.array.object, i, actor_new(i));
    }
    return scene.array.object != NULL;
}

static void expect_first_items(size_t length) {
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(actor_id(item_of(scene.array.object, i)), i);
    }
}

/* --- what they do with it --- */

enum { APPENDED = 1000 };

static bool append(size_t id) {
    size_t length = nanvm_mut_ref_length(scene.array);
    nanvm_manager *manager = scene.manager;
    if (!nanvm_mut_ref_resize(&scene.array, manager, length + 1)) {
        return false;
    }
    assert_null(item_of(scene.array.object, length).object);
    set_item(scene.array.object, length, actor_new(APPENDED + id));
    return true;
}

/* Every item that was appended is there, and those that were kept. */
static void expect_appended(size_t kept) {
    expect_first_items(kept);
    size_t length = nanvm_mut_ref_length(scene.array);
    for (size_t i = kept; i < length; i++) {
        assert_true(actor_id(item_of(scene.array.object, i)) >= APPENDED);
    }
}

static void act_by_appending(size_t id) {
    assert_true(nanvm_mut_ref_length(scene.array) >= scene.length);
    (void)append(id);
    expect_appended(scene.length);
}

static void act_by_appending_two(size_t id) {
    act_by_appending(id);
    act_by_appending(id);
}

static void act_by_cutting(size_t id) {
    size_t length = nanvm_mut_ref_length(scene.array);
    (void)id;
    if (length > 0) {
        (void)!nanvm_mut_ref_resize(&scene.array, scene.manager, length - 1);
    }
}

static void act_by_appending_and_cutting_all(size_t id) {
    for (size_t i = 0; i < 20 && append(id + i); i++) {
    }
    (void)!nanvm_mut_ref_resize(&scene.array, scene.manager, 0);
}

static void act_by_dropping(size_t id) {
    (void)id;
    nanvm_mut_ref_drop(nanvm_mut_ref_move(&scene.array));
}

static void act_by_replacing(size_t id) {
    act_by_dropping(id);
    scene.array = nanvm_new_array(scene.manager, current->type, NULL, 3);
    if (scene.array.object != NULL) {
        set_item(scene.array.object, 1, actor_new(APPENDED + id));
    }
}

static void act_by_cloning(size_t id) {
    nanvm_ref shared = nanvm_mut_ref_to_ref(scene.array);
    nanvm_mut_ref copy = nanvm_ref_clone_object(shared, scene.manager);
    (void)id;
    if (copy.object != NULL) {
        size_t length = nanvm_ref_length(shared);
        assert_int_equal(nanvm_mut_ref_length(copy), length);
        for (size_t i = 0; i < length; i++) {
            assert_ptr_equal(item_of(copy.object, i).object,
                             item_of(shared.object, i).object);
        }
        nanvm_mut_ref_drop(copy);
    }
}

static void act_by_writing(size_t id) {
    size_t length = nanvm_mut_ref_length(scene.array);
    if (length > 0) {
        nanvm_ref old = item_of(scene.array.object, length - 1);
        set_item(scene.array.object, length - 1, actor_new(APPENDED + id));
        nanvm_ref_drop(old);
    }
}

static act *const acts[] = {act_by_appending, act_by_appending_two,
                            act_by_cutting,   act_by_appending_and_cutting_all,
                            act_by_dropping,  act_by_replacing,
                            act_by_cloning,   act_by_writing};
enum { ACTS = sizeof(acts) / sizeof(acts[0]) };

/* --- and where --- */

typedef struct cut {
    size_t from, to;
} cut;

static const cut cuts[] = {{5, 4},  {9, 4},   {16, 0},  {17, 0},   {40, 0},
                           {40, 1}, {40, 23}, {60, 43}, {300, 200}};
enum { CUTS = sizeof(cuts) / sizeof(cuts[0]) };

/* Cuts, while each of those that are cut off does the same. Returns whether it could. */
static bool cut_while_acting(cut it, act *does, size_t times) {
    scene.length = it.to;
    scene.act = does;
    scene.acts = times;
    bool done = nanvm_mut_ref_resize(&scene.array, scene.manager, it.to);
    if (!done) {
        assert_int_equal(nanvm_mut_ref_length(scene.array), it.from);
        expect_first_items(it.from);
        assert_int_equal(scene.dropped, 0);
    } else {
        assert_true(scene.dropped >= it.from - it.to);
    }
    scene.acts = 0;
    return done;
}

enum { WAYS = SHAPES * ACTS * CUTS };

/* Without memory, if `source` isn't NULL. */
static void cut_in_one_way(nanvm_manager *manager, accounting *source, size_t way) {
    cut it = cuts[way / SHAPES % CUTS];
    current = &shapes[way % SHAPES];
    assert_true(array_open(manager, it.from));
    if (source != NULL) {
        accounting_fail_from(source, 0);
    }
    (void)cut_while_acting(it, acts[way / SHAPES / CUTS], it.from - it.to);
    nanvm_mut_ref_drop(nanvm_mut_ref_move(&scene.array));
    if (source != NULL) {
        accounting_never_fail(source);
    }
}

static void cut_in_each_way(nanvm_manager *manager, accounting *source) {
    for (size_t way = 0; way < WAYS; way++) {
        cut_in_one_way(manager, source, way);
    }
}

static void test_callback_may_use_the_array_that_is_cut(void **state) {
    (void)state;
    cut_in_each_way(nanvm_global(), NULL);
    assert_int_equal(scene.live, 0);
}

/* A new manager each time: in an old one there would be a slot for the smaller array. */
static void cut_in_each_way_in_local(accounting *source, bool fails) {
    for (size_t way = 0; way < WAYS; way++) {
        nanvm_local local;
        nanvm_local_init_from(&local, &source->manager);
        cut_in_one_way(nanvm_local_manager(&local), fails ? source : NULL, way);
        assert_int_equal(scene.live, 0);
        nanvm_local_deinit(&local);
        expect_nothing_live(source);
    }
}

static void test_callback_may_use_the_array_that_is_cut_in_a_local_manager(void **state) {
    fixture *self = *state;
    cut_in_each_way_in_local(&self->source, false);
}

static void test_callback_may_use_the_array_that_is_cut_without_memory(void **state) {
    fixture *self = *state;
    cut_in_each_way_in_local(&self->source, true);
}

static void cut_in_accounting(nanvm_count count, bool resizes) {
    accounting source;
    accounting_init(&source, count);
    source.manager_table.resize = resizes ? source.manager_table.resize : NULL;
    cut_in_each_way(&source.manager, NULL);
    cut_in_each_way(&source.manager, &source);
    assert_int_equal(scene.live, 0);
    accounting_deinit(&source);
}

static void test_callback_may_use_the_array_that_is_cut_in_a_users_manager(void **state) {
    (void)state;
    cut_in_accounting(NANVM_COUNT_PLAIN, true);
    cut_in_accounting(NANVM_COUNT_PLAIN, false);
    cut_in_accounting(NANVM_COUNT_ATOMIC, true);
    cut_in_accounting(NANVM_COUNT_CUSTOM, false);
}

/* Whatever was dropped there, or cut off, ends once. */
static void test_callback_may_use_the_array_that_is_cut_in_an_arena(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 2; i++) {
        cut_in_each_way(self->manager, i == 0 ? NULL : &self->source);
        nanvm_arena_reset(&self->arena);
        assert_int_equal(scene.live, 0);
    }
}

/* --- an array that ends while it is cut --- */

/* A local manager that has no memory left: there arrays are cut where they are. */
static void close_full(fixture *self) {
    accounting_never_fail(&self->source);
    close_local(self);
}

enum { LONG = 40 };

/* The first items are tracked, the others null. */
static nanvm_mut_ref array_of_new_tracked(nanvm_manager *manager, const shape *of,
                                          size_t length) {
    current = of;
    nanvm_mut_ref array = nanvm_new_array(manager, of->type, NULL, length);
    for (size_t i = 0; i < LONG; i++) {
        nanvm_mut_ref item = tracked_new(nanvm_global(), i);
        set_item(array.object, i, nanvm_mut_ref_to_ref(item));
    }
    return array;
}

/* Item `at` is the only reference to the owner of the array. */
static void cut_what_owns_the_array(const shape *of, size_t at, size_t length) {
    fixture on;
    open_local_over_source(&on);
    nanvm_mut_ref array = array_of_new_tracked(on.manager, of, LONG);
    nanvm_mut_ref owner = nanvm_new(nanvm_global(), &node_type);
    nanvm_ref old = item_of(array.object, at);
    set_item(array.object, at, nanvm_mut_ref_to_ref(owner));
    nanvm_ref_drop(old);
    nanvm_mut_ref *handle = (nanvm_mut_ref *)owner.object; /* its first member */
    *handle = array;
    accounting_fail_from(&on.source, 0);
    assert_true(nanvm_mut_ref_resize(handle, on.manager, length));
    assert_int_equal(tracked_live(), 0);
    close_full(&on);
}

static void test_array_may_end_by_what_is_cut_off(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        for (size_t at = 0; at < LONG; at++) {
            cut_what_owns_the_array(&shapes[i], at, 0);
            cut_what_owns_the_array(&shapes[i], at, at < 2 ? at : 2);
        }
    }
}

/* A manager whose dealloc drops the array when the last of its blocks is freed. */
typedef struct keeper {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_mut_ref array;
    size_t blocks;
} keeper;

static void *keeper_alloc(nanvm_manager *manager, nanvm_layout layout) {
    ((keeper *)manager)->blocks++;
    return nanvm_manager_alloc(nanvm_global(), layout);
}

static void keeper_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    keeper *self = (keeper *)(void *)((char *)dealloc - offsetof(keeper, dealloc));
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    if (--self->blocks == 0) {
        nanvm_mut_ref_drop(self->array);
        free(self);
    }
}

static const nanvm_manager_table keeper_manager = {.alloc = keeper_alloc};
static const nanvm_dealloc_table keeper_table = {.count = NANVM_COUNT_PLAIN,
                                                 .dealloc = keeper_dealloc};

static keeper *keeper_new(void) {
    keeper *self = calloc(1, sizeof(*self));
    assert_non_null(self);
    self->manager.table = &keeper_manager;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &keeper_table;
    return self;
}

static void cut_what_keeps_the_array(const shape *of, size_t whole, size_t at,
                                     size_t length) {
    fixture on;
    open_local_over_source(&on);
    keeper *self = keeper_new();
    self->array = array_of_new_tracked(on.manager, of, whole);
    nanvm_ref old = item_of(self->array.object, at);
    nanvm_mut_ref leaf = nanvm_new(&self->manager, &point_type);
    set_item(self->array.object, at, nanvm_mut_ref_to_ref(leaf));
    nanvm_ref_drop(old);
    accounting_fail_from(&on.source, 0);
    assert_true(nanvm_mut_ref_resize(&self->array, on.manager, length));
    assert_int_equal(tracked_live(), 0);
    close_full(&on);
}

static void test_array_may_end_by_a_dealloc_while_it_is_cut(void **state) {
    (void)state;
    for (size_t i = 0; i < SHAPES; i++) {
        for (size_t at = 0; at < LONG; at++) {
            cut_what_keeps_the_array(&shapes[i], LONG, at, 0);
            cut_what_keeps_the_array(&shapes[i], LONG, at, at < 2 ? at : 2);
        }
    }
}

/* Its memory goes back to the source with it: until then it is looked at. */
static void test_very_long_array_may_end_by_a_dealloc_while_it_is_cut(void **state) {
    (void)state;
    enum { VERY_LONG = 20000 };
    for (size_t i = 0; i < SHAPES; i++) {
        for (size_t at = 0; at < LONG; at++) {
            cut_what_keeps_the_array(&shapes[i], VERY_LONG, at, 0);
            cut_what_keeps_the_array(&shapes[i], VERY_LONG, at, at < 2 ? at : 2);
        }
    }
}

/* An item with several references, which go one by one. */
static const size_t trio_offsets[] = {0, sizeof(nanvm_ref), 2 * sizeof(nanvm_ref)};
static const nanvm_type trios_type = {.name = "trios",
                                      .align = NANVM_ALIGNOF(nanvm_ref),
                                      .item_size = 3 * sizeof(nanvm_ref),
                                      .item_refs = trio_offsets,
                                      .item_refs_length = 3};

static void cut_trios(size_t at) {
    fixture on;
    open_local_over_source(&on);
    keeper *self = keeper_new();
    self->array = nanvm_new_array(on.manager, &trios_type, NULL, 10);
    nanvm_ref *refs = self->array.object;
    for (size_t i = 0; i < 30; i++) {
        refs[i] = nanvm_mut_ref_to_ref(i == at ? nanvm_new(&self->manager, &point_type)
                                               : tracked_new(nanvm_global(), i));
    }
    accounting_fail_from(&on.source, 0);
    assert_true(nanvm_mut_ref_resize(&self->array, on.manager, 0));
    assert_int_equal(tracked_live(), 0);
    close_full(&on);
}

static void test_array_of_several_references_an_item_may_end_while_it_is_cut(
    void **state) {
    (void)state;
    for (size_t at = 0; at < 30; at++) {
        cut_trios(at);
    }
}

/* --- where the handle lies --- */

/* It is freed by the first `drop`; nobody looks at it afterwards. */
static nanvm_mut_ref *heap_handle;

static void free_handle(size_t id) {
    (void)id;
    if (heap_handle != NULL) {
        scene.array = *heap_handle;
        free(heap_handle);
        heap_handle = NULL;
    }
}

/* A self-contained arena can't refer to actors. */
static bool is_closed(const stage *on) {
    return strcmp(on->name, "self-contained arena") == 0;
}

static bool cut_by_a_handle_that_goes(const stage *on) {
    if (is_closed(on)) {
        return true;
    }
    current = &shapes[0];
    for (size_t i = 0; i < CUTS; i++) {
        if (!array_open(on->manager, cuts[i].from)) {
            return false;
        }
        heap_handle = malloc(sizeof(*heap_handle));
        *heap_handle = scene.array;
        scene.act = free_handle;
        scene.acts = 1;
        bool done = nanvm_mut_ref_resize(heap_handle, on->manager, cuts[i].to);
        assert_int_equal(heap_handle == NULL, done);
        free(heap_handle);
        scene.acts = 0;
        assert_int_equal(nanvm_mut_ref_length(scene.array),
                         done ? cuts[i].to : cuts[i].from);
        nanvm_mut_ref_drop(scene.array);
        if (!done) {
            return false;
        }
    }
    return true;
}

static void test_callback_may_free_the_handle_of_the_array_that_is_cut(void **state) {
    (void)state;
    on_every_manager(cut_by_a_handle_that_goes);
    assert_int_equal(scene.live, 0);
}

/* --- the manager of an array that is cut --- */

static nanvm_local scene_local;
static size_t live_blocks;

static void act_by_trimming(size_t id) {
    (void)id;
    (void)nanvm_local_trim(&scene_local);
    live_blocks = nanvm_stats_make(nanvm_local_manager(&scene_local)).live_blocks;
    (void)append(id);
}

static void act_by_ending_the_manager(size_t id) {
    (void)id;
    nanvm_local_deinit(&scene_local);
}

static void cut_in_a_manager_that(act *does, accounting *source, bool fails) {
    for (size_t i = 0; i < SHAPES * CUTS; i++) {
        nanvm_local_init_from(&scene_local, &source->manager);
        nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
        current = &shapes[i % SHAPES];
        cut it = cuts[i / SHAPES];
        assert_true(array_open(nanvm_local_manager(&scene_local), it.from));
        if (fails) {
            accounting_fail_from(source, 0);
        }
        live_blocks = 1;
        assert_true(cut_while_acting(it, does, it.from - it.to));
        assert_int_equal(live_blocks, 1); /* the old place of the array is free */
        accounting_never_fail(source);
        nanvm_mut_ref_drop(nanvm_mut_ref_move(&scene.array));
        nanvm_local_deinit(&scene_local);
        expect_nothing_live(source);
        assert_int_equal(scene.live, 0);
    }
}

static void test_callback_may_trim_the_manager_of_the_array_that_is_cut(void **state) {
    fixture *self = *state;
    cut_in_a_manager_that(act_by_trimming, &self->source, false);
    cut_in_a_manager_that(act_by_trimming, &self->source, true);
}

static void test_callback_may_end_the_manager_of_the_array_that_is_cut(void **state) {
    fixture *self = *state;
    cut_in_a_manager_that(act_by_ending_the_manager, &self->source, false);
    cut_in_a_manager_that(act_by_ending_the_manager, &self->source, true);
}

static nanvm_arena scene_arena;

static void act_by_resetting(size_t id) {
    (void)id;
    nanvm_arena_reset(&scene_arena);
    for (size_t i = 0; i < 50; i++) { /* over what was there */
        assert_non_null(nanvm_new(nanvm_arena_manager(&scene_arena), &node_type).object);
    }
}

/* Its handle is one into an arena that was reset: nobody may use it. */
static void test_callback_may_reset_the_arena_of_the_array_that_is_cut(void **state) {
    (void)state;
    nanvm_arena_init_growing(&scene_arena, nanvm_global());
    for (size_t i = 0; i < SHAPES * CUTS; i++) {
        current = &shapes[i % SHAPES];
        cut it = cuts[i / SHAPES];
        assert_true(array_open(nanvm_arena_manager(&scene_arena), it.from));
        assert_true(cut_while_acting(it, act_by_resetting, 1));
        nanvm_arena_reset(&scene_arena);
        assert_int_equal(scene.live, 0);
    }
    nanvm_arena_deinit(&scene_arena);
}

static void act_by_overwriting_the_arena(size_t id) {
    nanvm_layout layout = {2000, 1};
    (void)id;
    nanvm_arena_reset(&scene_arena);
    void *memory = nanvm_manager_alloc(nanvm_arena_manager(&scene_arena), layout);
    assert_non_null(memory);
    memset(memory, 0, layout.size);
}

static void cut_what_leads_into_the_arena(nanvm_manager *manager, cut it) {
    assert_true(array_open(manager, it.from));
    nanvm_ref first = item_of(scene.array.object, it.from - 1);
    set_item(
        scene.array.object, it.from - 1,
        nanvm_mut_ref_to_ref(nanvm_new(nanvm_arena_manager(&scene_arena), &node_type)));
    nanvm_ref_drop(first);
    scene.act = act_by_overwriting_the_arena;
    scene.acts = 1;
    assert_true(nanvm_mut_ref_resize(&scene.array, scene.manager, it.to));
    scene.acts = 0;
    nanvm_mut_ref_drop(nanvm_mut_ref_move(&scene.array));
    assert_int_equal(scene.live, 0);
}

/* The last item leads into the arena that the `drop` of another one resets. */
static void test_callback_may_reset_the_arena_of_another_item_that_is_cut(void **state) {
    fixture *self = *state;
    nanvm_arena_init_growing(&scene_arena, nanvm_global());
    for (size_t i = 0; i < SHAPES * CUTS; i++) {
        current = &shapes[i % SHAPES];
        cut_what_leads_into_the_arena(nanvm_global(), cuts[i / SHAPES]);
        cut_what_leads_into_the_arena(self->manager, cuts[i / SHAPES]);
    }
    nanvm_arena_deinit(&scene_arena);
}

/* --- a MutRef from a shared reference --- */

/* While it is cloned, the clone becomes the last reference but one; what it refers to
 * ends when the handle lets go of it. */
static nanvm_ref hand, other;
static const void *seen;

static void look_at_the_hand(void *object, size_t length) {
    (void)object;
    (void)length;
    seen = hand.object;
}

static bool let_go_of_the_other(void *copy, const void *source, size_t length) {
    (void)copy;
    (void)source;
    (void)length;
    nanvm_ref_drop(nanvm_ref_move(&other));
    return true;
}

NANVM_TYPE_CALLBACKS(onlooker_type, struct point, NULL, look_at_the_hand,
                     let_go_of_the_other);

static bool make_mut_of_the_last(const stage *on) {
    seen = NULL;
    hand = nanvm_mut_ref_to_ref(nanvm_new(on->manager, &onlooker_type));
    other = nanvm_ref_clone(hand);
    const void *before = hand.object;
    void *after = before == NULL ? NULL : nanvm_ref_make_mut(&hand, on->manager);
    if (after != NULL) {
        assert_ptr_not_equal(after, before);
        assert_ptr_equal(hand.object, after);
        assert_ptr_equal(seen,
                         after); /* what was there ended when it was there no more */
    }
    nanvm_ref_drop(hand);
    nanvm_ref_drop(nanvm_ref_move(&other));
    return after != NULL;
}

static void test_handle_is_final_before_make_mut_drops_what_was_there(void **state) {
    (void)state;
    on_counting_managers(make_mut_of_the_last);
}

static bool to_mut_ref_of_the_last(const stage *on) {
    hand = nanvm_mut_ref_to_ref(nanvm_new(on->manager, &onlooker_type));
    other = nanvm_ref_clone(hand);
    seen = hand.object;
    nanvm_mut_ref own = nanvm_ref_to_mut_ref(&hand, on->manager);
    if (own.object != NULL) {
        assert_null(hand.object);
        assert_null(seen);
    }
    nanvm_mut_ref_drop(own);
    nanvm_ref_drop(hand);
    nanvm_ref_drop(nanvm_ref_move(&other));
    return own.object != NULL;
}

static void test_handle_is_null_before_to_mut_ref_drops_what_was_there(void **state) {
    (void)state;
    on_counting_managers(to_mut_ref_of_the_last);
}

/* --- while an object is constructed, or cloned --- */

typedef struct work {
    nanvm_manager *manager;
    nanvm_local *local; /* or NULL */
    bool ends;
    bool refuses;
} work;

static work at_work;

/* What everyone may do with the manager at hand: returns whether it could. */
static bool work_with_the_manager(void) {
    nanvm_manager *manager = at_work.manager;
    nanvm_mut_ref refs = nanvm_new_array(manager, &refs_type, NULL, 3);
    nanvm_mut_ref leaf = tracked_new(manager, 1);
    bool done = refs.object != NULL && leaf.object != NULL;
    if (done) {
        ((nanvm_ref *)refs.object)[2] = nanvm_mut_ref_to_ref(leaf);
        done = nanvm_mut_ref_resize(&refs, manager, 50) &&
               nanvm_mut_ref_resize(&refs, manager, 1);
    } else {
        nanvm_mut_ref_drop(leaf);
    }
    nanvm_mut_ref_drop(refs);
    nanvm_layout layout = nanvm_layout_make(100, 8);
    nanvm_manager_dealloc(manager, nanvm_manager_alloc(manager, layout), layout);
    if (at_work.local != NULL) {
        (void)nanvm_local_trim(at_work.local);
    }
    if (at_work.ends) {
        nanvm_local_deinit(at_work.local);
    }
    return done;
}

static bool construct_at_work(void *object, size_t length, void *context) {
    bool *done = context;
    nanvm_ref *refs = object;
    for (size_t i = 0; i < length; i++) {
        refs[i] = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), i));
    }
    *done = work_with_the_manager();
    return !at_work.refuses;
}

/* As of any object that is as old; a local manager's, and its orphans', count plainly. */
static void expect_usual_count(nanvm_mut_ref made) {
    if (made.object != NULL && at_work.local != NULL) {
        assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_PLAIN);
    }
}

static bool construct_in(const stage *on) {
    bool done = false;
    if (is_closed(on)) {
        return true;
    }
    at_work.manager = on->manager;
    nanvm_mut_ref made =
        nanvm_new_with(on->manager, &refs_type, 20, construct_at_work, &done);
    assert_true(made.object == NULL || !at_work.refuses);
    assert_int_equal(nanvm_mut_ref_length(made), made.object == NULL ? 0 : 20);
    expect_usual_count(made);
    if (on->counts) {
        assert_int_equal(tracked_live(), made.object == NULL ? 0 : 20);
    }
    nanvm_mut_ref_drop(made);
    return done;
}

static void test_construct_may_use_the_manager(void **state) {
    (void)state;
    memset(&at_work, 0, sizeof(at_work));
    on_every_manager(construct_in);
    at_work.refuses = true;
    on_every_manager(construct_in);
}

static bool cloning_at_work(void *copy, const void *source, size_t length) {
    (void)length;
    ((struct tracked *)copy)->value = ((const struct tracked *)source)->value + 1;
    (void)work_with_the_manager();
    return !at_work.refuses;
}

NANVM_TYPE_CALLBACKS(busy_type, struct tracked, NULL, ignore_drop, cloning_at_work);

static bool clone_in(const stage *on) {
    struct tracked value = {5};
    at_work.manager = on->manager;
    nanvm_ref source =
        nanvm_mut_ref_to_ref(nanvm_new_copy(on->manager, &busy_type, &value));
    nanvm_mut_ref copy = nanvm_ref_clone_object(source, on->manager);
    bool done = copy.object != NULL;
    if (done) {
        assert_int_equal(((struct tracked *)copy.object)->value, 6);
        expect_usual_count(copy);
    }
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(source);
    return done || (at_work.refuses && source.object != NULL);
}

static void test_clone_may_use_the_manager(void **state) {
    (void)state;
    memset(&at_work, 0, sizeof(at_work));
    on_every_manager(clone_in);
}

/* The new object outlives it, as any other. */
static void work_in_a_local_manager(scenario *run, accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    at_work.local = &local;
    stage on = {"local", nanvm_local_manager(&local), true};
    assert_true(run(&on));
    nanvm_local_deinit(&local);
    expect_nothing_live(source);
}

static void test_construct_and_clone_may_end_and_trim_the_manager(void **state) {
    fixture *self = *state;
    for (size_t i = 0; i < 4; i++) {
        memset(&at_work, 0, sizeof(at_work));
        at_work.refuses = i % 2 == 1;
        at_work.ends = i / 2 == 1;
        work_in_a_local_manager(construct_in, &self->source);
        work_in_a_local_manager(clone_in, &self->source);
    }
}

/* An object that didn't come to be is gone when the references in it are dropped. */
static bool give_up(void *object, size_t length, void *context) {
    (void)context;
    for (size_t i = 0; i < length; i++) {
        ((nanvm_ref *)object)[i] = actor_new(i);
    }
    return false;
}

static void count_blocks(size_t id) {
    (void)id;
    live_blocks = nanvm_stats_make(scene.manager).live_blocks;
}

static void test_object_that_construct_refused_is_free_before_drops_run(void **state) {
    (void)state;
    nanvm_local_init(&scene_local);
    scene.manager = nanvm_local_manager(&scene_local);
    scene.act = count_blocks;
    scene.acts = 5;
    live_blocks = 77;
    assert_null(nanvm_new_with(scene.manager, &refs_type, 5, give_up, NULL).object);
    assert_int_equal(live_blocks, 0);
    nanvm_local_deinit(&scene_local);
}

static void test_drop_may_reset_the_arena_in_which_construct_gave_up(void **state) {
    (void)state;
    nanvm_arena_init_growing(&scene_arena, nanvm_global());
    scene.act = act_by_resetting;
    for (size_t length = 1; length < 40; length++) {
        scene.acts = 1;
        assert_null(nanvm_new_with(nanvm_arena_manager(&scene_arena), &refs_type, length,
                                   give_up, NULL)
                        .object);
        assert_int_equal(scene.live, 0);
    }
    scene.acts = 0;
    nanvm_arena_deinit(&scene_arena);
}

/* --- the report of what is left in a local manager --- */

typedef struct reporter {
    nanvm_local *local;
    nanvm_mut_ref array;
    nanvm_ref kept[8];
    size_t kept_length;
    size_t reports;
} reporter;

static const nanvm_type fresh_types[8] = {
    {"a", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"b", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"c", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"d", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"e", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"f", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"g", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL},
    {"h", 8, 8, 0, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL}};

static void report_at_work(void *context, const nanvm_type *type, size_t blocks,
                           size_t bytes) {
    reporter *self = context;
    nanvm_manager *manager = nanvm_local_manager(self->local);
    (void)type;
    assert_true(blocks > 0 && bytes >= blocks);
    self->reports++;
    (void)!nanvm_mut_ref_resize(&self->array, manager, 3 + 40 * (self->reports % 3));
    for (size_t i = 0; i < 4 && self->kept_length < 8; i++, self->kept_length++) {
        nanvm_mut_ref made = nanvm_new(manager, &fresh_types[self->kept_length]);
        self->kept[self->kept_length] = nanvm_mut_ref_to_ref(made);
    }
    nanvm_mut_ref refs = nanvm_new_array(manager, &refs_type, NULL, self->reports * 9);
    nanvm_mut_ref_drop(refs);
    (void)nanvm_local_trim(self->local);
    nanvm_local_deinit(self->local);
    assert_non_null(self->local->state);
    nanvm_layout layout = nanvm_layout_make(64, 8);
    nanvm_manager_dealloc(manager, nanvm_manager_alloc(manager, layout), layout);
}

static bool report_in(accounting *source) {
    nanvm_local local;
    reporter self = {.local = &local};
    nanvm_local_init_from(&local, &source->manager);
    nanvm_local_on_leak(&local, report_at_work, &self);
    nanvm_manager *manager = nanvm_local_manager(&local);
    self.array = nanvm_new_array(manager, &ints_type, NULL, 5);
    nanvm_ref kept[] = {nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type)),
                        nanvm_mut_ref_to_ref(nanvm_new(manager, &node_type)),
                        nanvm_mut_ref_to_ref(tracked_new(manager, 1)),
                        nanvm_mut_ref_to_ref(nanvm_new(manager, &line_type))};
    nanvm_local_deinit(&local);
    for (size_t i = 0; i < self.kept_length; i++) {
        nanvm_ref_drop(self.kept[i]);
    }
    bool done = self.array.object != NULL && self.kept_length == 8;
    for (size_t i = 0; i < 4; i++) {
        done = done && kept[i].object != NULL;
        nanvm_ref_drop(kept[i]);
    }
    nanvm_mut_ref_drop(self.array);
    return done;
}

static void test_leak_report_may_use_the_manager(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, report_in);
}

/* --- an arena that lets go of its objects --- */

static size_t rounds;

/* Creates, grows what is newest, takes raw memory and drops; in two rounds. */
static void drop_in_the_arena(void *object, size_t length) {
    nanvm_manager *manager = nanvm_arena_manager(&scene_arena);
    size_t round = ((struct tracked *)object)->value;
    (void)length;
    rounds++;
    nanvm_mut_ref array = nanvm_new_array(manager, &refs_type, NULL, 2);
    ((nanvm_ref *)array.object)[0] = actor_new(1);
    assert_true(nanvm_mut_ref_resize(&array, manager, 100));
    ((nanvm_ref *)array.object)[99] = actor_new(2);
    if (round % 2 == 0) {
        assert_true(nanvm_mut_ref_resize(&array, manager, 1));
    }
    assert_non_null(nanvm_manager_alloc(manager, nanvm_layout_make(500, 16)));
    nanvm_mut_ref_drop(array);
    nanvm_arena_reset(&scene_arena);
    nanvm_arena_deinit(&scene_arena);
    if (round > 0) {
        extern const nanvm_type rounds_object_;
        struct tracked next = {round - 1};
        assert_non_null(nanvm_new_copy(manager, &rounds_object_, &next).object);
    }
}

extern const nanvm_type rounds_object_;
const nanvm_type rounds_object_ = {.name = "rounds",
                                   .size = sizeof(struct tracked),
                                   .align = NANVM_ALIGNOF(struct tracked),
                                   .drop = drop_in_the_arena};

static void create_in_the_arena(size_t id) {
    (void)id;
    assert_non_null(nanvm_new(nanvm_arena_manager(&scene_arena), &tracked_type).object);
    tracked_expect(1);
}

static void test_drop_may_use_the_arena_that_lets_go_of_it(void **state) {
    (void)state;
    nanvm_arena_init_growing(&scene_arena, nanvm_global());
    scene.act = create_in_the_arena;
    for (size_t i = 0; i < 3; i++) {
        nanvm_manager *manager = nanvm_arena_manager(&scene_arena);
        struct tracked first = {3};
        scene.acts = 5;
        rounds = 0;
        for (size_t k = 0; k < 4; k++) {
            assert_non_null(nanvm_new_copy(manager, &rounds_object_, &first).object);
        }
        nanvm_arena_reset(&scene_arena);
        assert_int_equal(rounds, 16);
        assert_int_equal(scene.live, 0);
        assert_int_equal(tracked_live(), 0);
        assert_int_equal(nanvm_stats_make(manager).live_blocks, 0);
    }
    scene.acts = 0;
    nanvm_arena_deinit(&scene_arena);
}

/* --- a drop, and the manager of the object --- */

static void act_by_creating(size_t id) {
    nanvm_manager *manager = scene.manager;
    for (size_t i = 0; i < 30; i++) {
        nanvm_mut_ref_drop(nanvm_new(manager, &point_type));
        nanvm_mut_ref_drop(nanvm_new(manager, &fresh_types[(id + i) % 8]));
        nanvm_mut_ref_drop(nanvm_new_array(manager, &ints_type, NULL, i * 40));
    }
}

static void act_by_trimming_and_creating(size_t id) {
    (void)nanvm_local_trim(&scene_local);
    act_by_creating(id);
}

static void act_by_ending_and_starting_anew(size_t id) {
    nanvm_local_deinit(&scene_local);
    act_by_creating(id);
}

/* A tree in the manager itself, with nodes for the walk, arrays, and actors as leaves. */
static nanvm_ref tree_with_actors(nanvm_manager *manager, size_t depth) {
    if (depth == 0) {
        struct actor value = {0};
        scene.live++;
        return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &actor_type, &value));
    }
    nanvm_ref refs[] = {tree_with_actors(manager, depth - 1),
                        nanvm_mut_ref_to_ref(nanvm_new(manager, &point_type)),
                        tree_with_actors(manager, depth - 1)};
    struct node node = {refs[0], 0, refs[2]};
    if (depth % 3 == 0) {
        return nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refs_type, refs, 3));
    }
    nanvm_ref_drop(refs[1]);
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &node_type, &node));
}

static void drop_while(act *does, accounting *source) {
    for (size_t depth = 0; depth < 9; depth++) {
        nanvm_local_init_from(&scene_local, &source->manager);
        nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
        scene.manager = nanvm_local_manager(&scene_local);
        nanvm_ref tree = tree_with_actors(scene.manager, depth);
        scene.act = does;
        scene.acts = SIZE_MAX;
        nanvm_ref_drop(tree);
        assert_int_equal(scene.live, 0);
        scene.acts = 0;
        nanvm_local_deinit(&scene_local);
        expect_nothing_live(source);
    }
}

static void test_drop_may_trim_end_and_use_its_own_manager(void **state) {
    fixture *self = *state;
    drop_while(act_by_trimming_and_creating, &self->source);
    drop_while(act_by_ending_the_manager, &self->source);
    drop_while(act_by_ending_and_starting_anew, &self->source);
}

/* --- a source that drops references when memory comes back to it --- */

typedef struct dropper {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_ref held[64];
    size_t length;
    size_t pieces; /* of memory that are out */
    size_t most;   /* of them; 0: any number */
} dropper;

static void *dropper_alloc(nanvm_manager *manager, nanvm_layout layout) {
    dropper *self = (dropper *)manager;
    if (self->most > 0 && self->pieces >= self->most) {
        return NULL;
    }
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    self->pieces += memory != NULL;
    return memory;
}

static void dropper_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    dropper *self = (dropper *)(void *)((char *)dealloc - offsetof(dropper, dealloc));
    memset(memory, 0xA5, layout.size); /* nobody may look at it any more */
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    self->pieces--;
    if (self->length > 0) {
        nanvm_ref_drop(self->held[--self->length]);
    }
}

static const nanvm_manager_table dropper_manager = {.alloc = dropper_alloc};
static const nanvm_dealloc_table dropper_table = {.count = NANVM_COUNT_PLAIN,
                                                  .dealloc = dropper_dealloc};

static void dropper_init(dropper *self) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &dropper_manager;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &dropper_table;
}

/* The local manager of the scene, over a source that drops. */
static void dropper_open_local(dropper *self) {
    dropper_init(self);
    nanvm_local_init_from(&scene_local, &self->manager);
    scene.manager = nanvm_local_manager(&scene_local);
}

static void dropper_close_local(dropper *self) {
    nanvm_local_deinit(&scene_local);
    assert_int_equal(self->pieces, 0);
}

/* The arena of the scene, whose chunks wait after a reset. */
static void dropper_open_arena(dropper *self) {
    dropper_init(self);
    nanvm_arena_init_growing(&scene_arena, &self->manager);
    scene.manager = nanvm_arena_manager(&scene_arena);
    for (size_t i = 0; i < 2000; i++) {
        assert_non_null(nanvm_new(scene.manager, &node_type).object);
    }
    nanvm_arena_reset(&scene_arena);
}

static void dropper_close_arena(dropper *self) {
    nanvm_arena_deinit(&scene_arena);
    assert_int_equal(self->pieces, 0);
}

static void dropper_hold(dropper *self, size_t length) {
    for (; self->length < length; self->length++) {
        self->held[self->length] = actor_new(self->length);
    }
}

static void dropper_let_go(dropper *self) {
    while (self->length > 0) {
        nanvm_ref_drop(self->held[--self->length]);
    }
}

/* What is dropped meanwhile creates, and lets much of it stay. */
static nanvm_ref left[4096];
static size_t left_length;

static void leave(nanvm_mut_ref made) {
    if (left_length < sizeof(left) / sizeof(left[0])) {
        left[left_length++] = nanvm_mut_ref_to_ref(made);
    } else {
        nanvm_mut_ref_drop(made);
    }
}

static void drop_left(void) {
    while (left_length > 0) {
        nanvm_ref_drop(left[--left_length]);
    }
}

static void act_by_leaving(size_t id) {
    nanvm_manager *manager = scene.manager;
    act_by_creating(id);
    for (size_t i = 0; i < 40; i++) {
        leave(nanvm_new(manager, &point_type));
        leave(nanvm_new(manager, &fresh_types[(id + i) % 8]));
        leave(nanvm_new_array(manager, &ints_type, NULL, i % 2 == 0 ? 1 : i * 5));
    }
}

static void make_many(nanvm_manager *manager) {
    for (size_t i = 0; i < 300; i++) {
        leave(nanvm_new(manager, &point_type));
        leave(nanvm_new_array(manager, &ints_type, NULL, i * 5));
    }
}

/* What is there is as it was made. */
static void expect_left(void) {
    for (size_t i = 0; i < left_length; i++) {
        assert_int_equal(nanvm_ref_count(left[i]), 0);
        size_t length = nanvm_ref_length(left[i]);
        for (size_t k = 0; k < length; k++) {
            assert_int_equal(((const int *)left[i].object)[k], 0);
        }
    }
}

static void with_a_dropper(size_t round, bool ends) {
    dropper source;
    dropper_open_local(&source);
    nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
    scene.act = act_by_leaving;
    make_many(scene.manager);
    drop_left();
    dropper_hold(&source, round);
    scene.acts = SIZE_MAX;
    if (ends) {
        nanvm_local_deinit(&scene_local);
    } else {
        (void)nanvm_local_trim(&scene_local);
    }
    expect_left();
    scene.acts = 0;
    make_many(scene.manager);
    expect_left();
    drop_left();
    dropper_let_go(&source);
    dropper_close_local(&source);
    assert_int_equal(scene.live, 0);
}

static void act_by_ending(size_t id) {
    (void)id;
    nanvm_local_deinit(&scene_local);
}

static const nanvm_layout large_piece = {5000, 8}, small_piece = {500, 8};

static void open_with_pieces(dropper *source, nanvm_layout layout, size_t length) {
    dropper_open_local(source);
    nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
    for (size_t i = 0; i < length; i++) {
        assert_non_null(nanvm_manager_alloc(scene.manager, layout));
    }
    scene.act = act_by_ending;
    dropper_hold(source, 2);
    scene.acts = SIZE_MAX;
}

/* The manager starts anew, and ends. */
static void close_with_pieces(dropper *source) {
    scene.acts = 0;
    dropper_let_go(source);
    void *memory = nanvm_manager_alloc(scene.manager, large_piece);
    assert_non_null(memory);
    nanvm_manager_dealloc(scene.manager, memory, large_piece);
    dropper_close_local(source);
    assert_int_equal(scene.live, 0);
}

static void test_manager_may_end_while_all_of_its_raw_memory_goes(void **state) {
    (void)state;
    dropper source;
    open_with_pieces(&source, large_piece, 5);
    nanvm_local_dealloc_raw(&scene_local);
    close_with_pieces(&source);
    open_with_pieces(&source, small_piece, 50);
    nanvm_local_dealloc_raw(&scene_local);
    close_with_pieces(&source);
}

/* It grows with the ninth piece. */
static void test_manager_may_end_when_its_table_of_pieces_has_grown(void **state) {
    (void)state;
    dropper source;
    void *pieces[9];
    open_with_pieces(&source, large_piece, 0);
    for (size_t i = 0; i < 9; i++) {
        pieces[i] = nanvm_manager_alloc(scene.manager, large_piece);
        assert_non_null(pieces[i]);
        memset(pieces[i], 0x5A, large_piece.size);
    }
    nanvm_mut_ref_drop(nanvm_new(nanvm_global(), &node_type));
    for (size_t i = 0; i < 9; i++) {
        assert_int_equal(((unsigned char *)pieces[i])[large_piece.size - 1], 0x5A);
        nanvm_manager_dealloc(scene.manager, pieces[i], large_piece);
    }
    close_with_pieces(&source);
}

/* All pieces in the table are dead: they became slots. */
static void test_trim_when_the_table_of_pieces_has_grown_comes_later(void **state) {
    (void)state;
    SKIP_IF_HARDENED("there no piece has a slot");
    static const nanvm_layout slot = {1008, 8};
    dropper source;
    void *pieces[8];
    dropper_open_local(&source);
    for (size_t i = 0; i < 8; i++) {
        pieces[i] = nanvm_manager_alloc(scene.manager, large_piece);
    }
    source.most = source.pieces;
    for (size_t i = 0; i < 8; i++) {
        pieces[i] = nanvm_manager_resize(scene.manager, pieces[i], large_piece, 1008);
    }
    for (size_t i = 0; i < 8; i++) {
        nanvm_manager_dealloc(scene.manager, pieces[i], slot);
    }
    source.most = 0;
    scene.act = act_by_trimming;
    dropper_hold(&source, 1);
    scene.acts = SIZE_MAX;
    void *memory = nanvm_manager_alloc(scene.manager, large_piece);
    memset(memory, 0x5A, large_piece.size);
    nanvm_manager_dealloc(scene.manager, memory, large_piece);
    close_with_pieces(&source);
}

static void test_source_may_drop_while_a_local_manager_is_trimmed(void **state) {
    (void)state;
    for (size_t round = 1; round < 30; round++) {
        with_a_dropper(round, false);
    }
}

static void test_source_may_drop_while_a_local_manager_ends(void **state) {
    (void)state;
    for (size_t round = 1; round < 30; round++) {
        with_a_dropper(round, true);
    }
}

/* Creates an object of each type, while the source drops one whose callback creates: it
 * ends at the trim and not before. */
static void create_over_a_dropper(const nanvm_type *const *types, nanvm_mut_ref *made,
                                  size_t length, bool lets_go) {
    dropper source;
    dropper_open_local(&source);
    scene.act = act_by_creating;
    dropper_hold(&source, 1);
    scene.acts = SIZE_MAX;
    size_t dropped = scene.dropped;
    for (size_t i = 0; i < length; i++) {
        made[i] = nanvm_new(scene.manager, types[i]);
        assert_int_equal(scene.dropped, dropped);
    }
    if (lets_go) {
        dropper_let_go(&source);
    }
    assert_int_equal(source.length, 0);
    (void)nanvm_local_trim(&scene_local);
    assert_int_equal(scene.dropped, dropped + 1);
    scene.acts = 0;
    for (size_t i = 0; i < length; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    dropper_close_local(&source);
}

/* The table of pools grows, and the smaller one goes back. */
static void test_no_callback_runs_while_a_manager_makes_room_for_pools(void **state) {
    (void)state;
    enum { TYPES = 40 };
    static nanvm_type types[TYPES];
    const nanvm_type *each[TYPES];
    nanvm_mut_ref made[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        types[i] = point_type;
        each[i] = &types[i];
    }
    create_over_a_dropper(each, made, TYPES, false);
}

/* A hardened build makes room for more dropped objects, and gives the smaller room back.
 */
static void test_no_callback_runs_while_a_pool_grows(void **state) {
    (void)state;
    enum { MANY = 1000 };
    const nanvm_type *each[MANY];
    nanvm_mut_ref made[MANY];
    for (size_t i = 0; i < MANY; i++) {
        each[i] = &point_type;
    }
    create_over_a_dropper(each, made, MANY, true);
}

static void test_small_object_that_a_source_drops_while_its_pool_grows_is_not_lost(
    void **state) {
    (void)state;
    enum { MANY = 1000 };
    nanvm_mut_ref made[MANY];
    dropper source;
    dropper_open_local(&source);
    nanvm_mut_ref held = nanvm_new(scene.manager, &point_type);
    source.held[source.length++] = nanvm_mut_ref_to_ref(held);
    for (size_t i = 0; i < MANY; i++) {
        made[i] = nanvm_new(scene.manager, &point_type);
    }
    dropper_let_go(&source);
    assert_int_equal(nanvm_stats_make(scene.manager).live_blocks, MANY);
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref_drop(made[i]);
    }
    assert_int_equal(nanvm_stats_make(scene.manager).live_blocks, 0);
    dropper_close_local(&source);
}

/* Large objects that die while the memory of another is given back. */
static void test_large_object_that_a_source_drops_is_not_lost(void **state) {
    (void)state;
    enum { MANY = 40 }; /* more than a hardened build keeps */
    dropper source;
    dropper_open_local(&source);
    nanvm_ref large[MANY];
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref made =
            nanvm_new_array(scene.manager, &ints_type, NULL, 1000 + 9 * i);
        large[i] = nanvm_mut_ref_to_ref(made);
    }
    for (size_t i = 0; i < MANY; i += 2) {
        source.held[source.length++] = large[i + 1];
        nanvm_ref_drop(large[i]);
    }
    dropper_let_go(&source);
    dropper_close_local(&source);
}

/* One is alive when the manager ends, so that what died meanwhile goes with neither. */
static void test_large_object_that_a_source_drops_at_the_end_is_given_back(void **state) {
    (void)state;
    dropper source;
    dropper_open_local(&source);
    nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
    nanvm_mut_ref waits = nanvm_new_array(scene.manager, &ints_type, NULL, 1000);
    nanvm_mut_ref held = nanvm_new_array(scene.manager, &ints_type, NULL, 1100);
    nanvm_mut_ref stays = nanvm_new_array(scene.manager, &ints_type, NULL, 1200);
    nanvm_mut_ref_drop(waits);
    source.held[source.length++] = nanvm_mut_ref_to_ref(held);
    nanvm_local_deinit(&scene_local);
    assert_int_equal(source.length, 0);
    nanvm_mut_ref_drop(stays);
    assert_int_equal(source.pieces, 0);
}

/* The second ends with the memory of the first one, long after their manager. */
static void test_large_object_that_a_source_drops_after_the_end_is_not_lost(
    void **state) {
    (void)state;
    dropper source;
    dropper_open_local(&source);
    nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
    nanvm_mut_ref first = nanvm_new_array(scene.manager, &ints_type, NULL, 1000);
    nanvm_mut_ref second = nanvm_new_array(scene.manager, &ints_type, NULL, 1100);
    nanvm_local_deinit(&scene_local);
    source.held[source.length++] = nanvm_mut_ref_to_ref(second);
    nanvm_mut_ref_drop(first);
    assert_int_equal(source.length, 0);
    assert_int_equal(source.pieces, 0);
}

/* What dies during a trim is given back by it, too. */
static void test_large_object_that_a_source_drops_is_trimmed(void **state) {
    (void)state;
    enum { MANY = 20 };
    dropper source;
    dropper_open_local(&source);
    nanvm_mut_ref stays = nanvm_new_array(scene.manager, &ints_type, NULL, 900);
    for (size_t i = 0; i < MANY; i++) {
        nanvm_mut_ref made =
            nanvm_new_array(scene.manager, &ints_type, NULL, 1000 + 9 * i);
        source.held[source.length++] = nanvm_mut_ref_to_ref(made);
    }
    nanvm_ref_drop(source.held[--source.length]);
    assert_true(nanvm_local_trim(&scene_local) > 0);
    assert_int_equal(source.length, 0);
    nanvm_stats stats = nanvm_stats_make(scene.manager);
    assert_int_equal(stats.live_blocks, 1);
    assert_int_equal(stats.reserved_bytes, stats.live_bytes);
    nanvm_mut_ref_drop(stays); /* which is noticed */
    assert_int_equal(nanvm_local_trim(&scene_local), stats.reserved_bytes);
    dropper_close_local(&source);
}

/* A large array grows; with its old memory an object ends that ends the manager, which
 * was trimmed before, or not. */
static void end_while_a_large_array_grows(bool trims) {
    dropper source;
    dropper_init(&source);
    nanvm_local_init_from(&scene_local, &source.manager);
    nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
    nanvm_manager *manager = nanvm_local_manager(&scene_local);
    nanvm_mut_ref array = nanvm_new_array(manager, &ints_type, NULL, 50000);
    ((int *)array.object)[49999] = 7;
    if (trims) {
        (void)nanvm_local_trim(&scene_local);
    }
    dropper_hold(&source, 1);
    scene.act = act_by_ending_the_manager;
    scene.acts = 1;
    assert_true(nanvm_mut_ref_resize(&array, manager, 90000));
    assert_int_equal(scene.acts, 0);
    assert_int_equal(nanvm_mut_ref_length(array), 90000);
    assert_int_equal(((int *)array.object)[49999], 7);
    assert_int_equal(((int *)array.object)[89999], 0);
    nanvm_mut_ref_drop(array);
    assert_int_equal(source.pieces, 0);
    assert_int_equal(scene.live, 0);
}

static void test_manager_may_end_while_a_large_array_grows(void **state) {
    (void)state;
    end_while_a_large_array_grows(false);
    end_while_a_large_array_grows(true);
}

/* --- a source without memory, to which some comes back meanwhile --- */

static void fill_and_free(nanvm_manager *manager) {
    make_many(manager);
    drop_left();
    nanvm_mut_ref_drop(nanvm_new(manager, &node_type));
}

/* Creates or resizes, where the source has no memory until what is free goes back. */
typedef bool attempt_at_last(nanvm_manager *manager, nanvm_mut_ref *large);

static bool create_small(nanvm_manager *manager, nanvm_mut_ref *large) {
    nanvm_mut_ref made = nanvm_new(manager, &tracked_type);
    (void)large;
    tracked_expect(made.object != NULL);
    leave(made);
    return made.object != NULL;
}

static bool create_large(nanvm_manager *manager, nanvm_mut_ref *large) {
    nanvm_mut_ref made = nanvm_new_array(manager, &ints_type, NULL, 5000);
    (void)large;
    leave(made);
    return made.object != NULL;
}

static bool lengthen_large(nanvm_manager *manager, nanvm_mut_ref *large) {
    return nanvm_mut_ref_resize(large, manager, 9000);
}

static const nanvm_layout taken_layout = {100, 8};
static void *taken; /* given back later: callbacks that wait may run as it is */

static bool take_raw(nanvm_manager *manager, nanvm_mut_ref *large) {
    taken = nanvm_manager_alloc(manager, taken_layout);
    (void)large;
    return taken != NULL;
}

/* No callback runs in the midst of it, and each runs in the end. */
static void give_back_with_a_dropper(attempt_at_last *attempt) {
    dropper source;
    dropper_open_local(&source);
    scene.act = act_by_creating;
    nanvm_mut_ref large = nanvm_new_array(scene.manager, &ints_type, NULL, 1000);
    fill_and_free(scene.manager);
    dropper_hold(&source, 20);
    source.most = source.pieces;
    scene.acts = SIZE_MAX;
    size_t dropped = scene.dropped;
    assert_true(attempt(scene.manager, &large));
    assert_int_equal(scene.dropped, dropped);
    nanvm_manager_dealloc(scene.manager, taken, taken_layout);
    taken = NULL;
    assert_true(source.length < 20);
    source.most = 0;
    (void)nanvm_local_trim(&scene_local);
    assert_int_equal(scene.live, source.length);
    scene.acts = 0;
    dropper_let_go(&source);
    nanvm_mut_ref_drop(large);
    drop_left();
    dropper_close_local(&source);
    assert_int_equal(scene.live, 0);
}

static void test_no_callback_runs_while_a_manager_gives_back(void **state) {
    (void)state;
    give_back_with_a_dropper(create_small);
    give_back_with_a_dropper(create_large);
    give_back_with_a_dropper(lengthen_large);
    give_back_with_a_dropper(take_raw);
}

static void test_no_callback_runs_while_an_arena_gives_back(void **state) {
    (void)state;
    dropper source;
    dropper_open_arena(&source);
    scene.act = act_by_creating;
    dropper_hold(&source, 2);
    source.most = source.pieces;
    scene.acts = SIZE_MAX;
    size_t dropped = scene.dropped;
    nanvm_mut_ref made = nanvm_new_array(scene.manager, &ints_type, NULL, 100000);
    assert_non_null(made.object);
    assert_int_equal(scene.dropped, dropped);
    scene.acts = 0; /* or they take chunks of an arena that has ended */
    source.most = 0;
    nanvm_arena_deinit(&scene_arena);
    assert_int_equal(source.length, 0);
    assert_int_equal(scene.live, 0);
    assert_int_equal(source.pieces, 0);
}

/* The chunk moves with the array, as the source can't resize. */
static void test_no_callback_runs_while_a_chunk_of_an_arena_moves(void **state) {
    (void)state;
    dropper source;
    dropper_init(&source);
    nanvm_arena_init_growing(&scene_arena, &source.manager);
    scene.manager = nanvm_arena_manager(&scene_arena);
    nanvm_mut_ref made = nanvm_new_array(scene.manager, &ints_type, NULL, 100000);
    assert_non_null(made.object);
    scene.act = act_by_creating;
    dropper_hold(&source, 1);
    scene.acts = SIZE_MAX;
    size_t dropped = scene.dropped;
    assert_true(nanvm_mut_ref_resize(&made, scene.manager, 200000));
    assert_int_equal(source.length, 0);
    assert_int_equal(scene.dropped, dropped);
    scene.acts = 0;
    dropper_close_arena(&source);
    assert_int_equal(scene.dropped, dropped + 1);
    assert_int_equal(scene.live, 0);
}

static void reset_with_a_dropper(size_t round, bool ends) {
    dropper source;
    dropper_open_arena(&source);
    scene.act = act_by_creating;
    dropper_hold(&source, round);
    scene.acts = SIZE_MAX;
    if (ends) {
        nanvm_arena_deinit(&scene_arena);
    } else {
        nanvm_arena_reset(&scene_arena);
    }
    scene.acts = 0;
    act_by_creating(1);
    dropper_let_go(&source);
    dropper_close_arena(&source);
    assert_int_equal(scene.live, 0);
}

static void test_source_may_drop_while_an_arena_gives_chunks_back(void **state) {
    (void)state;
    for (size_t round = 1; round < 10; round++) {
        reset_with_a_dropper(round, false);
        reset_with_a_dropper(round, true);
    }
}

static void act_by_looking_at_the_arena(size_t id) {
    (void)id;
    nanvm_stats stats = nanvm_stats_make(nanvm_arena_manager(&scene_arena));
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.live_bytes, 0);
}

/* All of its chunks have gone by then, where it ends. */
static void test_arena_is_empty_when_what_its_source_drops_ends(void **state) {
    (void)state;
    for (size_t ends = 0; ends < 2; ends++) {
        dropper source;
        dropper_open_arena(&source);
        assert_non_null(nanvm_new(scene.manager, &node_type).object);
        dropper_hold(&source, 1);
        scene.act = act_by_looking_at_the_arena;
        scene.acts = SIZE_MAX;
        size_t dropped = scene.dropped;
        if (ends) {
            nanvm_arena_deinit(&scene_arena);
        } else {
            nanvm_arena_reset(&scene_arena);
        }
        assert_int_equal(scene.dropped, dropped + 1);
        scene.acts = 0;
        dropper_close_arena(&source);
    }
}

/* --- drops wait for the end of the outermost callback --- */

/* Each of these holds drops for a while. */
static void act_by_cutting_it_off(size_t id) {
    (void)id;
    size_t dropped = scene.dropped;
    assert_true(nanvm_mut_ref_resize(&scene.array, scene.manager, 0));
    assert_int_equal(nanvm_mut_ref_length(scene.array), 0);
    assert_int_equal(scene.dropped, dropped);
    nanvm_ref_drop(actor_new(50));
    assert_int_equal(scene.dropped, dropped);
}

static void test_what_a_callback_cuts_off_ends_after_it(void **state) {
    (void)state;
    nanvm_local_init(&scene_local);
    nanvm_manager *managers[] = {nanvm_global(), nanvm_local_manager(&scene_local)};
    for (size_t i = 0; i < 2 * SHAPES; i++) {
        current = &shapes[i % SHAPES];
        assert_true(array_open(managers[i / SHAPES], 40));
        scene.act = act_by_cutting_it_off;
        scene.acts = 1;
        nanvm_ref_drop(actor_new(60));
        assert_int_equal(scene.dropped, 42);
        assert_int_equal(scene.live, 0);
        nanvm_mut_ref_drop(scene.array);
    }
    nanvm_local_deinit(&scene_local);
}

static void act_by_creating_at_last(size_t id) {
    size_t dropped = scene.dropped;
    (void)id;
    assert_true(create_small(scene.manager, NULL));
    assert_int_equal(scene.dropped, dropped);
    nanvm_ref_drop(actor_new(50));
    assert_int_equal(scene.dropped, dropped);
}

static void test_what_a_callback_drops_where_memory_ran_out_ends_after_it(void **state) {
    (void)state;
    dropper source;
    dropper_open_local(&source);
    fill_and_free(scene.manager);
    source.most = source.pieces;
    scene.act = act_by_creating_at_last;
    scene.acts = 1;
    scene.dropped = 0;
    nanvm_ref_drop(actor_new(60));
    assert_int_equal(scene.dropped, 2);
    assert_int_equal(scene.live, 0);
    drop_left();
    dropper_close_local(&source);
}

/* --- small objects that end while others are trimmed --- */

/* Two by two, as the memory of others goes back, in pools that were trimmed before. */
static void test_small_objects_that_a_source_drops_are_trimmed(void **state) {
    (void)state;
    enum { MANY = 8 };
    dropper source;
    dropper_open_local(&source);
    nanvm_ref first[200];
    for (size_t i = 0; i < 200; i++) { /* several chunks */
        first[i] = nanvm_mut_ref_to_ref(nanvm_new(scene.manager, &point_type));
    }
    nanvm_ref others[MANY];
    for (size_t i = 0; i < MANY; i++) {
        others[i] = nanvm_mut_ref_to_ref(nanvm_new(scene.manager, &fresh_types[i]));
    }
    (void)nanvm_local_trim(&scene_local);
    for (size_t i = 0; i < MANY; i++) {
        source.held[source.length++] = others[i];
    }
    for (size_t i = 0; i < 200; i++) {
        nanvm_ref_drop(first[i]);
    }
    (void)nanvm_local_trim(&scene_local);
    assert_int_equal(source.length, 0);
    nanvm_stats stats = nanvm_stats_make(scene.manager);
    assert_int_equal(stats.live_blocks, 0);
    assert_int_equal(stats.reserved_bytes, 0);
    dropper_close_local(&source);
}

/* The last object in an older chunk dies as a newer one goes back: its slot serves again,
 * or its chunk goes back as well, but not both. */
static void test_last_object_of_a_chunk_may_die_during_a_trim(void **state) {
    (void)state;
    enum { MANY = 400 };
    dropper source;
    dropper_open_local(&source);
    nanvm_ref points[MANY];
    for (size_t i = 0; i < MANY; i++) {
        points[i] = nanvm_mut_ref_to_ref(nanvm_new(scene.manager, &point_type));
    }
    source.held[source.length++] = points[0];
    for (size_t i = 1; i < MANY; i++) {
        nanvm_ref_drop(points[i]);
    }
    (void)nanvm_local_trim(&scene_local);
    assert_int_equal(source.length, 0);
    nanvm_stats stats = nanvm_stats_make(scene.manager);
    assert_int_equal(stats.live_blocks, 0);
    assert_in_range(stats.peak_bytes, MANY * sizeof(struct point), 1 << 20);
    nanvm_mut_ref made = nanvm_new(scene.manager, &point_type);
    stats = nanvm_stats_make(scene.manager);
    assert_true(stats.reserved_bytes >= stats.live_bytes);
    nanvm_mut_ref_drop(made);
    (void)nanvm_local_trim(&scene_local);
    assert_int_equal(nanvm_stats_make(scene.manager).reserved_bytes, 0);
    dropper_close_local(&source);
}

/* --- a source to which a pool gives back what it doesn't need any more --- */

enum { ROOMS = 4096, ROOM_INTS = 20, USED_ROOMS = 400 };

static void leave_room(nanvm_manager *manager) {
    leave(nanvm_new_array(manager, &ints_type, NULL, ROOM_INTS));
}

/* A pool of 400 KB, of which only a tenth is used from now on. */
static void have_a_peak(nanvm_manager *manager) {
    while (left_length < ROOMS) {
        leave_room(manager);
    }
    drop_left();
}

/* Creates and drops until the pool gives back some of it; what the source then drops ends
 * no sooner than now. */
static void create_until_some_goes_back(const dropper *source) {
    size_t pieces = source->pieces, dropped = scene.dropped;
    for (size_t i = 0; source->pieces >= pieces; i++) {
        assert_in_range(i, 0, 3 * 8 * ROOMS / USED_ROOMS);
        for (size_t k = 0; k < USED_ROOMS; k++) {
            leave_room(scene.manager);
        }
        expect_left();
        drop_left();
    }
    assert_int_equal(scene.dropped, dropped);
}

static void give_back_unasked_with_a_dropper(act *does) {
    dropper source;
    dropper_open_local(&source);
    nanvm_local_on_leak(&scene_local, nanvm_local_ignore_leak, NULL);
    have_a_peak(scene.manager);
    dropper_hold(&source, 5);
    scene.act = does;
    scene.acts = SIZE_MAX;
    create_until_some_goes_back(&source);
    assert_true(source.length < 5);
    (void)nanvm_local_trim(&scene_local); /* lets them end */
    assert_int_equal(scene.live, source.length);
    scene.acts = 0;
    dropper_let_go(&source);
    leave_room(scene.manager);
    expect_left();
    drop_left();
    dropper_close_local(&source);
    assert_int_equal(scene.live, 0);
}

static void test_source_may_drop_what_a_pool_gives_back_unasked(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the dead wait");
    give_back_unasked_with_a_dropper(act_by_creating);
    give_back_unasked_with_a_dropper(act_by_trimming_and_creating);
    give_back_unasked_with_a_dropper(act_by_ending_the_manager);
    give_back_unasked_with_a_dropper(act_by_ending_and_starting_anew);
}

/* More of them than a magazine has room for, or just one: their slots serve again. */
static void give_back_unasked_what_holds_slots(size_t held) {
    dropper source;
    dropper_open_local(&source);
    have_a_peak(scene.manager);
    while (source.length < held) {
        leave_room(scene.manager);
        source.held[source.length++] = left[--left_length];
    }
    create_until_some_goes_back(&source);
    assert_true(source.length < held);
    dropper_let_go(&source);
    assert_int_equal(nanvm_stats_make(scene.manager).live_blocks, 0);
    (void)nanvm_local_trim(&scene_local);
    assert_int_equal(nanvm_stats_make(scene.manager).reserved_bytes, 0);
    dropper_close_local(&source);
}

static void test_no_slot_is_lost_when_a_pool_gives_back_unasked(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the dead wait");
    give_back_unasked_what_holds_slots(1);
    give_back_unasked_what_holds_slots(60);
}

static const struct CMUnitTest tests[] = {
    TEST(test_source_may_drop_what_a_pool_gives_back_unasked),
    TEST(test_no_slot_is_lost_when_a_pool_gives_back_unasked),
    TEST(test_arena_is_empty_when_what_its_source_drops_ends),
    TEST(test_what_a_callback_cuts_off_ends_after_it),
    TEST(test_what_a_callback_drops_where_memory_ran_out_ends_after_it),
    TEST(test_small_objects_that_a_source_drops_are_trimmed),
    TEST(test_last_object_of_a_chunk_may_die_during_a_trim),
    TEST(test_large_object_that_a_source_drops_at_the_end_is_given_back),
    TEST(test_large_object_that_a_source_drops_after_the_end_is_not_lost),
    TEST(test_callback_may_use_the_array_that_is_cut),
    TEST(test_callback_may_use_the_array_that_is_cut_in_a_local_manager, source),
    TEST(test_callback_may_use_the_array_that_is_cut_without_memory, source),
    TEST(test_callback_may_use_the_array_that_is_cut_in_a_users_manager),
    TEST(test_callback_may_use_the_array_that_is_cut_in_an_arena, arena_over_source),
    TEST(test_array_may_end_by_what_is_cut_off),
    TEST(test_array_may_end_by_a_dealloc_while_it_is_cut),
    TEST(test_very_long_array_may_end_by_a_dealloc_while_it_is_cut),
    TEST(test_array_of_several_references_an_item_may_end_while_it_is_cut),
    TEST(test_callback_may_free_the_handle_of_the_array_that_is_cut),
    TEST(test_callback_may_trim_the_manager_of_the_array_that_is_cut, source),
    TEST(test_callback_may_end_the_manager_of_the_array_that_is_cut, source),
    TEST(test_callback_may_reset_the_arena_of_the_array_that_is_cut),
    TEST(test_callback_may_reset_the_arena_of_another_item_that_is_cut, local),
    TEST(test_handle_is_final_before_make_mut_drops_what_was_there),
    TEST(test_handle_is_null_before_to_mut_ref_drops_what_was_there),
    TEST(test_construct_may_use_the_manager),
    TEST(test_clone_may_use_the_manager),
    TEST(test_construct_and_clone_may_end_and_trim_the_manager, source),
    TEST(test_object_that_construct_refused_is_free_before_drops_run),
    TEST(test_drop_may_reset_the_arena_in_which_construct_gave_up),
    TEST(test_leak_report_may_use_the_manager),
    TEST(test_drop_may_use_the_arena_that_lets_go_of_it),
    TEST(test_drop_may_trim_end_and_use_its_own_manager, source),
    TEST(test_manager_may_end_while_all_of_its_raw_memory_goes),
    TEST(test_manager_may_end_when_its_table_of_pieces_has_grown),
    TEST(test_trim_when_the_table_of_pieces_has_grown_comes_later),
    TEST(test_source_may_drop_while_a_local_manager_is_trimmed),
    TEST(test_source_may_drop_while_a_local_manager_ends),
    TEST(test_no_callback_runs_while_a_manager_makes_room_for_pools),
    TEST(test_no_callback_runs_while_a_pool_grows),
    TEST(test_small_object_that_a_source_drops_while_its_pool_grows_is_not_lost),
    TEST(test_large_object_that_a_source_drops_is_not_lost),
    TEST(test_source_may_drop_while_an_arena_gives_chunks_back),
    TEST(test_large_object_that_a_source_drops_is_trimmed),
    TEST(test_manager_may_end_while_a_large_array_grows),
    TEST(test_no_callback_runs_while_a_manager_gives_back),
    TEST(test_no_callback_runs_while_an_arena_gives_back),
    TEST(test_no_callback_runs_while_a_chunk_of_an_arena_moves),
};

RUN_TESTS(tests)
