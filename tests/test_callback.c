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

NANVM_OBJECT_CALLBACKS(actor_object, struct actor, NULL, actor_drop, NULL);

static nanvm_ref actor_new(size_t id) {
    struct actor value = {id};
    scene.live++;
    return nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &actor_object, &value));
}

static size_t actor_id(nanvm_ref actor) {
    return actor.object == NULL ? SIZE_MAX : ((const struct actor *)actor.object)->id;
}

/* Three shapes of array: declared references, tagged words, and both with a `drop`. */
typedef struct shape {
    const nanvm_object *type;
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
static const nanvm_object closing_object = {.name = "closing[]",
                                            .align = NANVM_ALIGNOF(nanvm_ref),
                                            .item_size = sizeof(nanvm_ref),
                                            .item_refs = first_member,
                                            .item_refs_length = 1,
                                            .drop = ignore_drop,
                                            .clone = allow_clone};

static const shape shapes[] = {{&refs_object, 0, false},
                               {&table_object, offsetof(struct entry, value), false},
                               {&words_object, 0, true},
                               {&closing_object, 0, false}};
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
    if (!nanvm_mut_ref_resize(manager, &scene.array, length + 1)) {
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
        (void)!nanvm_mut_ref_resize(scene.manager, &scene.array, length - 1);
    }
}

static void act_by_appending_and_cutting_all(size_t id) {
    for (size_t i = 0; i < 20 && append(id + i); i++) {
    }
    (void)!nanvm_mut_ref_resize(scene.manager, &scene.array, 0);
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

static const cut cuts[] = {{5, 4},  {16, 0},  {17, 0},  {40, 0},
                           {40, 1}, {40, 23}, {60, 43}, {300, 200}};
enum { CUTS = sizeof(cuts) / sizeof(cuts[0]) };

/* Cuts, while each of those that are cut off does the same. Returns whether it could. */
static bool cut_while_acting(cut it, act *does, size_t times) {
    scene.length = it.to;
    scene.act = does;
    scene.acts = times;
    bool done = nanvm_mut_ref_resize(scene.manager, &scene.array, it.to);
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

/* A new manager each time: in an old one there would be a place for the smaller array. */
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
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    cut_in_each_way_in_local(&source, false);
    accounting_deinit(&source);
}

static void test_callback_may_use_the_array_that_is_cut_without_memory(void **state) {
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    cut_in_each_way_in_local(&source, true);
    accounting_deinit(&source);
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
    (void)state;
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source.manager);
    for (size_t i = 0; i < 2; i++) {
        cut_in_each_way(nanvm_arena_manager(&arena), i == 0 ? NULL : &source);
        nanvm_arena_reset(&arena);
        assert_int_equal(scene.live, 0);
    }
    nanvm_arena_deinit(&arena);
    accounting_deinit(&source);
}

static const struct CMUnitTest tests[] = {
    TEST(test_callback_may_use_the_array_that_is_cut),
    TEST(test_callback_may_use_the_array_that_is_cut_in_a_local_manager),
    TEST(test_callback_may_use_the_array_that_is_cut_without_memory),
    TEST(test_callback_may_use_the_array_that_is_cut_in_a_users_manager),
    TEST(test_callback_may_use_the_array_that_is_cut_in_an_arena),
};

RUN_TESTS(tests)
