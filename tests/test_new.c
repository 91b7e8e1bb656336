/* Creating objects, on every manager. */
#include "run.h"
#include "stage.h"

static bool all_zero(const void *object, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (((const unsigned char *)object)[i] != 0) {
            return false;
        }
    }
    return true;
}

/* --- new --- */

static bool new_zeroed(const stage *on) {
    nanvm_mut_ref point = nanvm_new(on->manager, &point_type);
    if (point.object == NULL) {
        return false;
    }
    assert_true(all_zero(nanvm_mut_ref_get(point), sizeof(struct point)));
    assert_true(is_aligned(point.object, _Alignof(struct point)));
    assert_int_equal(nanvm_mut_ref_length(point), 0);
    assert_ptr_equal(nanvm_ref_type(nanvm_mut_ref_to_ref(point)), &point_type);
    nanvm_mut_ref_drop(point);
    return true;
}

static void test_new_gives_a_zero_filled_object(void **state) {
    (void)state;
    on_every_manager(new_zeroed);
}

/* A slot that was used before is zero again. */
static bool new_after_drop(const stage *on) {
    for (int i = 0; i < 3; i++) {
        nanvm_mut_ref node = nanvm_new(on->manager, &node_type);
        if (node.object == NULL) {
            return false;
        }
        assert_true(all_zero(node.object, sizeof(struct node)));
        ((struct node *)node.object)->value = SIZE_MAX;
        nanvm_mut_ref_drop(node);
    }
    return true;
}

static void test_new_gives_zeros_where_an_object_died(void **state) {
    (void)state;
    on_every_manager(new_after_drop);
}

static bool make_many(const stage *on) {
    enum { MANY = 200 };
    nanvm_mut_ref all[MANY];
    size_t made = 0;
    while (made < MANY && (all[made] = nanvm_new(on->manager, &point_type)).object) {
        ((struct point *)all[made].object)->x = (double)made;
        made++;
    }
    for (size_t i = 0; i < made; i++) {
        assert_true(((struct point *)all[i].object)->x == (double)i);
        nanvm_mut_ref_drop(all[i]);
    }
    return made == MANY;
}

static void test_many_objects_keep_apart(void **state) {
    (void)state;
    on_every_manager(make_many);
}

/* --- new_copy --- */

static bool copy_takes_references(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 5);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref leaf = nanvm_mut_ref_to_ref(made);
    const struct node value = {.left = leaf, .value = 9};
    struct node same = value;
    nanvm_mut_ref node = nanvm_new_copy(on->manager, &node_type, &value);
    assert_memory_equal(&value, &same, sizeof(same));
    if (node.object == NULL) {
        /* The reference stayed here, as it was. */
        assert_int_equal(((const struct tracked *)leaf.object)->value, 5);
        nanvm_ref_drop(leaf);
        return false;
    }
    const struct node *copy = nanvm_mut_ref_get(node);
    assert_true(nanvm_ref_same(copy->left, leaf));
    assert_int_equal(copy->value, 9);
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(leaf), 0);
    }
    nanvm_mut_ref_drop(node);
    return true;
}

static void test_new_copy_takes_the_references_over(void **state) {
    (void)state;
    on_every_manager(copy_takes_references);
}

/* --- new_array --- */

static bool array_of_copies(const stage *on) {
    const int items[] = {1, 2, 3};
    nanvm_mut_ref array = nanvm_new_array(on->manager, &ints_type, items, 3);
    if (array.object == NULL) {
        return false;
    }
    assert_int_equal(nanvm_mut_ref_length(array), 3);
    assert_int_equal(nanvm_ref_length(nanvm_mut_ref_to_ref(array)), 3);
    assert_memory_equal(nanvm_mut_ref_get(array), items, sizeof(items));
    nanvm_mut_ref_drop(array);
    return true;
}

static void test_new_array_copies_its_items(void **state) {
    (void)state;
    on_every_manager(array_of_copies);
}

static bool array_of_zeros(const stage *on) {
    nanvm_mut_ref array = nanvm_new_array(on->manager, &table_type, NULL, 7);
    if (array.object == NULL) {
        return false;
    }
    assert_true(all_zero(array.object, sizeof(struct table) + 7 * sizeof(struct entry)));
    assert_int_equal(nanvm_mut_ref_length(array), 7);
    nanvm_mut_ref_drop(array);
    return true;
}

static void test_new_array_without_items_is_all_zeros(void **state) {
    (void)state;
    on_every_manager(array_of_zeros);
}

static bool array_takes_references(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 1);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref leaf = nanvm_mut_ref_to_ref(made);
    nanvm_ref items[] = {leaf, nanvm_ref_clone(leaf), null_ref()};
    nanvm_mut_ref array = nanvm_new_array(on->manager, &refs_type, items, 3);
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(leaf), 1);
    }
    if (array.object == NULL) {
        nanvm_ref_drop(items[0]);
        nanvm_ref_drop(items[1]);
        return false;
    }
    assert_memory_equal(nanvm_mut_ref_get(array), items, sizeof(items));
    nanvm_mut_ref_drop(array);
    return true;
}

static void test_new_array_takes_the_references_over(void **state) {
    (void)state;
    on_every_manager(array_takes_references);
}

static bool array_in_padding(const stage *on) {
    const char letters[] = "abcdefghijklmnop";
    for (size_t length = 0; length <= 16; length++) {
        nanvm_mut_ref array = nanvm_new_array(on->manager, &text_type, letters, length);
        if (array.object == NULL) {
            return false;
        }
        struct text *text = nanvm_mut_ref_get(array);
        assert_int_equal(text->hash, 0);
        assert_int_equal(text->tag, 0);
        assert_memory_equal(text->bytes, letters, length);
        size_t end = offsetof(struct text, bytes) + length;
        for (; end < sizeof(struct text); end++) {
            assert_int_equal(((unsigned char *)text)[end], 0);
        }
        memset(text, 0x55, sizeof(struct text)); /* For the next one in its slot. */
        assert_int_equal(nanvm_mut_ref_length(array), length);
        nanvm_mut_ref_drop(array);
    }
    return true;
}

static void test_items_that_start_in_the_padding_are_whole(void **state) {
    (void)state;
    on_every_manager(array_in_padding);
}

static bool empty_array(const stage *on, const nanvm_type *type) {
    nanvm_mut_ref made = nanvm_new_array(on->manager, type, NULL, 0);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref array = nanvm_mut_ref_to_ref(made);
    assert_int_equal(nanvm_ref_length(array), 0);
    nanvm_ref other = nanvm_ref_clone(array);
    assert_int_equal(nanvm_ref_count(array), on->counts ? 1 : SIZE_MAX);
    nanvm_ref_drop(array);
    nanvm_ref_drop(other);
    return true;
}

static bool empty_arrays(const stage *on) {
    return empty_array(on, &ints_type) && empty_array(on, &refs_type) &&
           empty_array(on, &text_type) && empty_array(on, &table_type) &&
           empty_array(on, &words_type);
}

/* A type that has no items has arrays of no items. */
static bool no_items_of_a_struct(const stage *on) {
    const struct point unused = {1, 2};
    nanvm_mut_ref before = nanvm_new_copy(on->manager, &point_type, &unused);
    nanvm_mut_ref made = nanvm_new_array(on->manager, &point_type, &unused, 0);
    if (made.object != NULL) {
        assert_true(all_zero(made.object, sizeof(struct point)));
        assert_int_equal(nanvm_mut_ref_length(made), 0);
    }
    if (before.object != NULL) {
        assert_memory_equal(before.object, &unused, sizeof(unused));
    }
    bool made_both = before.object != NULL && made.object != NULL;
    nanvm_mut_ref_drop(before);
    nanvm_mut_ref_drop(made);
    return made_both;
}

static void test_no_items_of_a_struct_are_a_struct_of_zeros(void **state) {
    (void)state;
    on_every_manager(no_items_of_a_struct);
}

static bool zeros_around_items(const stage *on) {
    for (size_t length = 0; length < 12; length++) {
        nanvm_mut_ref text =
            nanvm_new_array(on->manager, &text_type, "hello, world", length);
        if (text.object == NULL) {
            return false;
        }
        char expected[64] = {0};
        memcpy(expected + offsetof(struct text, bytes), "hello, world", length);
        size_t size = 0;
        assert_true(nanvm_type_size(&text_type, length, &size));
        assert_memory_equal(text.object, expected, size);
        nanvm_mut_ref_drop(text);
    }
    return true;
}

static void test_whatever_is_around_the_items_is_zero(void **state) {
    (void)state;
    on_every_manager(zeros_around_items);
}

static void test_empty_arrays_work(void **state) {
    (void)state;
    on_every_manager(empty_arrays);
}

static bool nothing_twice(const stage *on) {
    nanvm_mut_ref a = nanvm_new(on->manager, &nothing_type);
    if (a.object == NULL) {
        return false;
    }
    nanvm_mut_ref b = nanvm_new(on->manager, &nothing_type);
    if (b.object == NULL) {
        nanvm_mut_ref_drop(a);
        return false;
    }
    assert_ptr_not_equal(a.object, b.object);
    nanvm_mut_ref_drop(a);
    nanvm_mut_ref_drop(b);
    return true;
}

static void test_objects_of_no_size_are_distinct(void **state) {
    (void)state;
    on_every_manager(nothing_twice);
}

/* --- new_with --- */

typedef struct recipe {
    nanvm_manager *manager;
    size_t length; /* What `construct` must be told. */
    bool gives_up;
    bool ran_out;
} recipe;

static bool put_tracked(recipe *self, nanvm_ref *slot) {
    nanvm_mut_ref leaf = tracked_new(self->manager, 3);
    self->ran_out = leaf.object == NULL;
    *slot = nanvm_mut_ref_to_ref(leaf);
    return !self->ran_out;
}

static bool construct_table(void *object, size_t length, void *context) {
    recipe *self = context;
    struct table *table = object;
    assert_int_equal(length, self->length);
    assert_true(all_zero(object, sizeof(*table) + length * sizeof(struct entry)));
    for (size_t i = 0; i < length; i++) {
        if (!put_tracked(self, &table->entries[i].value)) {
            return false;
        }
    }
    return put_tracked(self, &table->name) && !self->gives_up;
}

static bool new_with(const stage *on) {
    recipe plan = {.manager = on->manager, .length = 2};
    nanvm_mut_ref table =
        nanvm_new_with(on->manager, &table_type, 2, construct_table, &plan);
    if (table.object == NULL) {
        return false;
    }
    assert_int_equal(nanvm_mut_ref_length(table), 2);
    assert_int_equal(tracked_live(), 3);
    nanvm_mut_ref_drop(table);
    return true;
}

static void test_new_with_writes_in_place(void **state) {
    (void)state;
    on_every_manager(new_with);
}

static bool new_with_giving_up(const stage *on) {
    recipe plan = {.manager = on->manager, .length = 3, .gives_up = true};
    nanvm_mut_ref table =
        nanvm_new_with(on->manager, &table_type, 3, construct_table, &plan);
    assert_null(table.object);
    if (on->counts) {
        assert_int_equal(tracked_live(), 0);
    }
    /* It came to its end if all four objects were made. */
    return !plan.ran_out && (tracked_live() == 4 || on->counts);
}

static bool give_up_on_accounting(accounting *manager) {
    stage on = {"accounting", &manager->manager, true};
    (void)new_with_giving_up(&on);
    return manager->failures == 0;
}

static bool give_up_on_local(accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    stage on = {"local", nanvm_local_manager(&local), true};
    (void)new_with_giving_up(&on);
    nanvm_local_deinit(&local);
    return source->failures == 0;
}

static bool give_up_on_arena(accounting *source) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source->manager);
    stage on = {"arena", nanvm_arena_manager(&arena), false};
    (void)new_with_giving_up(&on);
    nanvm_arena_deinit(&arena);
    return source->failures == 0;
}

static void test_construct_that_gives_up_leaves_nothing_behind(void **state) {
    (void)state;
    stage global = {"global", nanvm_global(), true};
    assert_true(new_with_giving_up(&global));
    for_each_failure(NANVM_COUNT_PLAIN, give_up_on_accounting);
    for_each_failure(NANVM_COUNT_ATOMIC, give_up_on_accounting);
    for_each_failure(NANVM_COUNT_CUSTOM, give_up_on_accounting);
    for_each_failure(NANVM_COUNT_PLAIN, give_up_on_local);
    for_each_failure(NANVM_COUNT_PLAIN, give_up_on_arena);
}

static bool refuse_tracked(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    ++*(int *)context;
    return false;
}

static bool refused_object_isnt_dropped(const stage *on) {
    int calls = 0;
    size_t before = tracked_live();
    nanvm_mut_ref made =
        nanvm_new_with(on->manager, &tracked_type, 0, refuse_tracked, &calls);
    assert_null(made.object);
    assert_int_equal(tracked_live(), before);
    return calls == 1;
}

static void test_object_that_construct_refused_gets_no_drop(void **state) {
    (void)state;
    on_every_manager(refused_object_isnt_dropped);
}

/* --- what can't be --- */

static bool too_long(const stage *on) {
    const nanvm_type *objects[] = {&ints_type, &text_type, &table_type, &words_type,
                                   &lines_type};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        size_t item = objects[i]->item_size;
        for (size_t less = 0; less < 70; less++) {
            const size_t lengths[] = {SIZE_MAX - less, SIZE_MAX / item - less,
                                      beyond_memory(0) / item - less};
            for (size_t j = 0; j < 3; j++) {
                assert_null(
                    nanvm_new_array(on->manager, objects[i], NULL, lengths[j]).object);
                assert_null(
                    nanvm_new_array_unset(on->manager, objects[i], lengths[j]).object);
            }
        }
    }
    return true;
}

static void test_length_near_size_max_gives_a_null_handle(void **state) {
    (void)state;
    stage on = {"global", nanvm_global(), true};
    too_long(&on);
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    on.manager = &source.manager;
    too_long(&on);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    on.manager = nanvm_local_manager(&local);
    too_long(&on);
    nanvm_local_deinit(&local);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, &source.manager);
    on.manager = nanvm_arena_manager(&arena);
    too_long(&on);
    nanvm_arena_deinit(&arena);
    accounting_deinit(&source);
    unsigned char buffer[256];
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    too_long(&on);
    nanvm_arena_deinit(&arena);
}

static bool badly_aligned(const stage *on) {
    nanvm_type bad = ints_type;
    const size_t aligns[] = {0, 3, 12, 100, SIZE_MAX, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof(aligns) / sizeof(aligns[0]); i++) {
        bad.align = aligns[i];
        assert_null(nanvm_new(on->manager, &bad).object);
        assert_null(nanvm_new_array(on->manager, &bad, NULL, 1).object);
        assert_null(nanvm_new_array_unset(on->manager, &bad, 1).object);
        assert_null(nanvm_new_array_unset(on->manager, &bad, 0).object);
        nanvm_layout layout = nanvm_layout_make(8, aligns[i]);
        assert_null(nanvm_manager_alloc(on->manager, layout));
    }
    return true;
}

static void test_bad_alignment_gives_a_null_handle(void **state) {
    (void)state;
    on_every_manager(badly_aligned);
}

static bool length_without_items(const stage *on) {
    assert_null(nanvm_new_array(on->manager, &point_type, NULL, 1).object);
    nanvm_mut_ref point = nanvm_new_array(on->manager, &point_type, NULL, 0);
    nanvm_mut_ref_drop(point);
    return point.object != NULL;
}

static void test_array_of_what_has_no_items_gives_a_null_handle(void **state) {
    (void)state;
    on_every_manager(length_without_items);
}

static void test_alignment_beyond_all_memory_gives_a_null_handle(void **state) {
    (void)state;
    nanvm_type far = {.name = "far", .size = 1, .align = SIZE_MAX / 4 + 1};
    assert_null(nanvm_new(nanvm_global(), &far).object);
    assert_null(nanvm_new_array_unset(nanvm_global(), &far, 0).object);
    nanvm_local local;
    nanvm_local_init(&local);
    assert_null(nanvm_new(nanvm_local_manager(&local), &far).object);
    nanvm_local_deinit(&local);
    unsigned char buffer[64];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    assert_null(nanvm_new(nanvm_arena_manager(&arena), &far).object);
    nanvm_arena_deinit(&arena);
}

/* --- over-alignment --- */

static bool over_aligned(const stage *on) {
    const nanvm_type *objects[] = {&line_type, &point_type, &page_type, &line_type};
    nanvm_mut_ref all[4];
    size_t made = 0;
    while (made < 4 && (all[made] = nanvm_new(on->manager, objects[made])).object) {
        assert_true(is_aligned(all[made].object, objects[made]->align));
        memset(all[made].object, 0xff, objects[made]->size);
        made++;
    }
    for (size_t i = 0; i < made; i++) {
        nanvm_mut_ref_drop(all[i]);
    }
    return made == 4;
}

static void test_over_aligned_objects_are_aligned(void **state) {
    (void)state;
    on_every_manager(over_aligned);
}

static bool over_aligned_array(const stage *on) {
    for (size_t length = 0; length < 5; length++) {
        nanvm_mut_ref lines = nanvm_new_array(on->manager, &lines_type, NULL, length);
        if (lines.object == NULL) {
            return false;
        }
        assert_true(is_aligned(lines.object, 64));
        assert_true(all_zero(lines.object, length * sizeof(struct line)));
        assert_int_equal(nanvm_mut_ref_length(lines), length);
        nanvm_mut_ref_drop(lines);
    }
    return true;
}

static void test_over_aligned_arrays_are_aligned(void **state) {
    (void)state;
    on_every_manager(over_aligned_array);
}

static bool every_alignment(const stage *on) {
    for (size_t align = 1; align <= 8192; align *= 2) {
        nanvm_type object = {.name = "aligned", .size = 3, .align = align};
        nanvm_mut_ref made = nanvm_new(on->manager, &object);
        if (made.object == NULL) {
            return false;
        }
        assert_true(is_aligned(made.object, align));
        assert_true(all_zero(made.object, 3));
        nanvm_mut_ref_drop(made);
    }
    return true;
}

static void test_every_alignment_to_8192_is_served(void **state) {
    (void)state;
    stage global = {"global", nanvm_global(), true};
    assert_true(every_alignment(&global));
    static unsigned char buffer[1 << 16];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer + 1, sizeof(buffer) - 1);
    stage on = {"arena", nanvm_arena_manager(&arena), false};
    /* Its tables are gone with the call, so each gets an arena of its own. */
    for (size_t align = 1; align <= 8192; align *= 2) {
        nanvm_type object = {.name = "aligned", .size = 3, .align = align};
        assert_true(is_aligned(nanvm_new(on.manager, &object).object, align));
        nanvm_arena_reset(&arena);
    }
    nanvm_arena_deinit(&arena);
}

/* --- objects that aren't cleared --- */

/* Where objects have died, so that their bytes are there. */
static bool unset_is_written(const stage *on) {
    const nanvm_type *types[] = {&point_type, &node_type, &line_type, &nothing_type};
    for (size_t i = 0; i < 12; i++) {
        const nanvm_type *type = types[i % 4];
        nanvm_mut_ref made = nanvm_new_unset(on->manager, type);
        if (made.object == NULL) {
            return false;
        }
        nanvm_ref ref = nanvm_mut_ref_to_ref(made);
        assert_true(is_aligned(made.object, type->align));
        assert_ptr_equal(nanvm_ref_type(ref), type);
        assert_int_equal(nanvm_ref_length(ref), 0);
        memset(made.object, 0, type->size);
        nanvm_mut_ref_drop(made);
    }
    return true;
}

static void test_unset_object_is_as_any_other_once_it_is_written(void **state) {
    (void)state;
    on_every_manager(unset_is_written);
}

/* Where the compiler knows the type. */
static bool unset_node(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 1);
    nanvm_mut_ref made = {NULL};
    if (leaf.object != NULL) {
        made = nanvm_new_unset(on->manager, &node_type);
    }
    if (made.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    struct node *node = made.object;
    node->left = nanvm_mut_ref_to_ref(leaf);
    node->value = 7;
    node->right = nanvm_ref_clone(node->left);
    assert_int_equal(tracked_live(), 1);
    nanvm_mut_ref_drop(made);
    return true;
}

static void test_unset_object_takes_references(void **state) {
    (void)state;
    on_every_manager(unset_node);
}

static bool unset_array(const stage *on) {
    for (size_t length = 0; length < 3000; length = length * 3 + 1) {
        nanvm_mut_ref made = nanvm_new_array_unset(on->manager, &table_type, length);
        if (made.object == NULL) {
            return false;
        }
        assert_int_equal(nanvm_mut_ref_length(made), length);
        struct table *table = made.object;
        table->name = null_ref();
        memset((void *)table->entries, 0, length * sizeof(struct entry));
        bool done = nanvm_mut_ref_resize(&made, on->manager, length + 2);
        nanvm_mut_ref_drop(made);
        if (!done) {
            return false;
        }
    }
    return true;
}

static void test_unset_array_is_as_any_other_once_it_is_written(void **state) {
    (void)state;
    on_every_manager(unset_array);
}

/* Where longer arrays have died, so that their lengths are there. */
static bool unset_array_is_empty(const stage *on) {
    const nanvm_type *types[] = {&text_type, &ints_type};
    for (size_t i = 0; i < 8; i++) {
        const nanvm_type *type = types[i / 4];
        nanvm_mut_ref before = nanvm_new_array(on->manager, type, NULL, 3);
        if (before.object == NULL) {
            return false;
        }
        nanvm_mut_ref_drop(before);
        nanvm_mut_ref made = nanvm_new_unset(on->manager, type);
        if (made.object == NULL) {
            return false;
        }
        assert_int_equal(nanvm_mut_ref_length(made), 0);
        nanvm_mut_ref_drop(made);
    }
    return true;
}

static void test_unset_object_of_a_type_with_items_is_empty(void **state) {
    (void)state;
    on_every_manager(unset_array_is_empty);
}

/* More of them than a local manager finds inline. */
static void test_unset_objects_of_many_types_keep_apart(void **state) {
    fixture *self = *state;
    enum { TYPES = 100, OBJECTS = 3 * TYPES };
    static nanvm_type types[TYPES];
    nanvm_mut_ref made[OBJECTS];
    for (size_t i = 0; i < OBJECTS; i++) {
        nanvm_type *type = &types[i % TYPES];
        if (i < TYPES) {
            *type = (nanvm_type){.name = "one of many", .size = 8 + i * 8, .align = 8};
        }
        made[i] = nanvm_new_unset(self->manager, type);
        assert_non_null(made[i].object);
        memset(made[i].object, 0, type->size);
    }
    for (size_t i = 0; i < OBJECTS; i++) {
        assert_ptr_equal(nanvm_ref_type(nanvm_mut_ref_to_ref(made[i])),
                         &types[i % TYPES]);
        nanvm_mut_ref_drop(made[i]);
    }
}

/* However its references look. */
static bool discard_unset(const stage *on) {
    nanvm_mut_ref made[] = {nanvm_new_unset(on->manager, &node_type),
                            nanvm_new_unset(on->manager, &refs_type),
                            nanvm_new_array_unset(on->manager, &refs_type, 100)};
    bool done = true;
    for (size_t i = 0; i < 3; i++) {
        done = done && made[i].object != NULL;
    }
    if (made[0].object != NULL) {
        memset(made[0].object, 0x17, sizeof(struct node));
    }
    if (made[2].object != NULL) {
        memset(made[2].object, 0x17, 100 * sizeof(nanvm_ref));
    }
    for (size_t i = 0; i < 3; i++) {
        nanvm_mut_ref_discard(made[i]);
    }
    return done;
}

static void test_unset_object_can_be_discarded(void **state) {
    (void)state;
    on_counting_managers(discard_unset);
}

static bool refuse_unset(const stage *on) {
    static const nanvm_type odd = {.name = "odd", .size = 8, .align = 3};
    assert_null(nanvm_new_unset(on->manager, &odd).object);
    assert_null(nanvm_new_array_unset(on->manager, &point_type, 1).object);
    assert_null(nanvm_new_array_unset(on->manager, &ints_type, SIZE_MAX / 2).object);
    nanvm_mut_ref none = nanvm_new_array_unset(on->manager, &point_type, 0);
    nanvm_mut_ref_drop(none);
    return none.object != NULL;
}

static void test_unset_object_of_no_valid_size_is_null(void **state) {
    (void)state;
    on_every_manager(refuse_unset);
}

static const struct CMUnitTest tests[] = {
    TEST(test_unset_object_is_as_any_other_once_it_is_written),
    TEST(test_unset_object_takes_references),
    TEST(test_unset_array_is_as_any_other_once_it_is_written),
    TEST(test_unset_object_of_a_type_with_items_is_empty),
    TEST(test_unset_objects_of_many_types_keep_apart, local),
    TEST(test_unset_object_can_be_discarded),
    TEST(test_unset_object_of_no_valid_size_is_null),
    TEST(test_new_gives_a_zero_filled_object),
    TEST(test_new_gives_zeros_where_an_object_died),
    TEST(test_many_objects_keep_apart),
    TEST(test_new_copy_takes_the_references_over),
    TEST(test_new_array_copies_its_items),
    TEST(test_new_array_without_items_is_all_zeros),
    TEST(test_new_array_takes_the_references_over),
    TEST(test_items_that_start_in_the_padding_are_whole),
    TEST(test_whatever_is_around_the_items_is_zero),
    TEST(test_empty_arrays_work),
    TEST(test_no_items_of_a_struct_are_a_struct_of_zeros),
    TEST(test_objects_of_no_size_are_distinct),
    TEST(test_new_with_writes_in_place),
    TEST(test_construct_that_gives_up_leaves_nothing_behind),
    TEST(test_object_that_construct_refused_gets_no_drop),
    TEST(test_length_near_size_max_gives_a_null_handle),
    TEST(test_bad_alignment_gives_a_null_handle),
    TEST(test_array_of_what_has_no_items_gives_a_null_handle),
    TEST(test_alignment_beyond_all_memory_gives_a_null_handle),
    TEST(test_over_aligned_objects_are_aligned),
    TEST(test_over_aligned_arrays_are_aligned),
    TEST(test_every_alignment_to_8192_is_served),
};

RUN_TESTS(tests)
