/* Shared references: counting, turning back into the only one, cloning. */
#include "run.h"
#include "stage.h"

static void test_null_handle_is_accepted_everywhere(void **state) {
    (void)state;
    nanvm_ref null = null_ref();
    nanvm_mut_ref out = {&null};
    assert_null(nanvm_ref_get(null));
    assert_int_equal(nanvm_ref_length(null), 0);
    assert_null(nanvm_ref_clone(null).object);
    nanvm_ref_drop(null);
    assert_int_equal(nanvm_ref_count(null), 0);
    assert_false(nanvm_ref_try_to_mut_ref(&null, &out));
    assert_null(out.object);
    assert_null(nanvm_ref_clone_object(null, nanvm_global()).object);
    assert_null(nanvm_ref_to_mut_ref(&null, nanvm_global()).object);
    assert_true(nanvm_ref_same(null, null_ref()));
    assert_null(nanvm_ref_move(&null).object);
    nanvm_ref_cleanup(&null);
}

static size_t counted(const stage *on, size_t others) {
    return on->counts ? others : SIZE_MAX;
}

static bool count_up_and_down(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 6);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref refs[10] = {nanvm_mut_ref_to_ref(made)};
    for (size_t i = 1; i < 10; i++) {
        refs[i] = nanvm_ref_clone(refs[i - 1]);
        assert_true(nanvm_ref_same(refs[i], refs[0]));
        assert_int_equal(nanvm_ref_count(refs[0]), counted(on, i));
    }
    for (size_t i = 9; i > 0; i--) {
        nanvm_ref_drop(refs[i]);
        assert_int_equal(nanvm_ref_count(refs[0]), counted(on, i - 1));
        assert_int_equal(((const struct tracked *)refs[0].object)->value, 6);
        assert_int_equal(tracked_live(), 1);
    }
    nanvm_ref_drop(refs[0]);
    assert_int_equal(tracked_live(), on->counts ? 0 : 1);
    return true;
}

static void test_last_reference_drops_the_object(void **state) {
    (void)state;
    on_every_manager(count_up_and_down);
}

static bool sole_owner(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 6);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref out = {&ref};
    assert_int_equal(nanvm_ref_try_to_mut_ref(&ref, &out), on->counts);
    assert_ptr_equal(out.object, on->counts ? made.object : NULL);
    assert_ptr_equal(ref.object, on->counts ? NULL : made.object);
    nanvm_mut_ref_drop(out);
    nanvm_ref_drop(ref);
    return true;
}

static void test_sole_owner_turns_into_a_mut_ref(void **state) {
    (void)state;
    on_every_manager(sole_owner);
}

static bool sole_or_not(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 6);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    assert_int_equal(nanvm_ref_is_sole(a), on->counts);
    nanvm_ref b = nanvm_ref_clone(a);
    assert_false(nanvm_ref_is_sole(a));
    assert_false(nanvm_ref_is_sole(b));
    nanvm_ref_drop(a);
    assert_int_equal(nanvm_ref_is_sole(b), on->counts);
    assert_ptr_equal(b.object, made.object);
    nanvm_ref_drop(b);
    return true;
}

static void test_sole_owner_is_known(void **state) {
    (void)state;
    assert_false(nanvm_ref_is_sole(nanvm_ref_null()));
    on_every_manager(sole_or_not);
}

static nanvm_ref static_ref = NANVM_NULL_HANDLE;
static nanvm_mut_ref static_mut_ref = NANVM_NULL_HANDLE;

static bool null_if_out_of_memory(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &point_type);
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    bool done = made.object != NULL;
    assert_int_equal(nanvm_mut_ref_is_null(made), !done);
    assert_int_equal(nanvm_ref_is_null(ref), !done);
    nanvm_ref_drop(ref);
    return done;
}

static bool clone_many_at_once(const stage *on) {
    nanvm_ref refs[3];
    for (size_t i = 0; i < 3; i++) {
        refs[i] = nanvm_mut_ref_to_ref(nanvm_new(on->manager, &point_type));
    }
    bool all = refs[0].object != NULL && refs[1].object != NULL && refs[2].object != NULL;
    if (all) {
        nanvm_ref copies[3] = {refs[0], refs[1], refs[2]};
        nanvm_refs_clone(copies, 2);
        for (size_t i = 0; i < 3 && on->counts; i++) {
            assert_int_equal(nanvm_ref_count(refs[i]), i < 2 ? 1 : 0);
        }
        nanvm_refs_clone(NULL, 0);
        nanvm_ref_drop(copies[0]);
        nanvm_ref_drop(copies[1]);
    }
    for (size_t i = 0; i < 3; i++) {
        nanvm_ref_drop(refs[i]);
    }
    return all;
}

static void test_many_are_cloned_at_once(void **state) {
    (void)state;
    on_every_manager(clone_many_at_once);
}

static void test_null_handle_is_null(void **state) {
    (void)state;
    assert_null(nanvm_ref_null().object);
    assert_null(nanvm_mut_ref_null().object);
    assert_null(static_ref.object);
    assert_true(nanvm_ref_is_null(static_ref));
    assert_true(nanvm_ref_is_null(nanvm_ref_null()));
    assert_true(nanvm_mut_ref_is_null(static_mut_ref));
    assert_true(nanvm_mut_ref_is_null(nanvm_mut_ref_null()));
    on_every_manager(null_if_out_of_memory);
}

static bool shared(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 6);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    nanvm_mut_ref out = {&a};
    assert_false(nanvm_ref_try_to_mut_ref(&a, &out));
    assert_null(out.object);
    assert_ptr_equal(a.object, made.object);
    assert_int_equal(nanvm_ref_count(a), counted(on, 1));
    nanvm_ref_drop(a);
    assert_int_equal(nanvm_ref_try_to_mut_ref(&b, &out), on->counts);
    nanvm_mut_ref_drop(out);
    nanvm_ref_drop(b);
    return true;
}

static void test_shared_reference_stays_a_ref(void **state) {
    (void)state;
    on_every_manager(shared);
}

/* A node whose two references are to one tracked object; null if memory runs out. */
static nanvm_mut_ref node_of_tracked(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 3);
    if (leaf.object == NULL) {
        return nanvm_mut_ref_null();
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(leaf);
    struct node value = {ref, 12, nanvm_ref_clone(ref)};
    nanvm_mut_ref node = nanvm_new_copy(on->manager, &node_type, &value);
    if (node.object == NULL) {
        nanvm_ref_drop(value.left);
        nanvm_ref_drop(value.right);
    }
    return node;
}

static bool clone_object(const stage *on) {
    nanvm_mut_ref made = node_of_tracked(on);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref node = nanvm_mut_ref_to_ref(made);
    nanvm_ref leaf = ((const struct node *)node.object)->left;
    nanvm_mut_ref copy = nanvm_ref_clone_object(node, on->manager);
    if (copy.object == NULL) {
        assert_int_equal(nanvm_ref_count(leaf), counted(on, 1));
        assert_int_equal(nanvm_ref_count(node), counted(on, 0));
        nanvm_ref_drop(node);
        return false;
    }
    assert_ptr_not_equal(copy.object, node.object);
    assert_memory_equal(copy.object, node.object, sizeof(struct node));
    assert_int_equal(nanvm_ref_count(leaf), counted(on, 3));
    assert_int_equal(nanvm_ref_count(node), counted(on, 0));
    assert_int_equal(tracked_live(), 1);
    nanvm_ref_drop(node);
    nanvm_mut_ref_drop(copy);
    return true;
}

static void test_clone_object_copies_and_counts_references(void **state) {
    (void)state;
    on_every_manager(clone_object);
}

static bool clone_array(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 3);
    if (leaf.object == NULL) {
        return false;
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(leaf);
    struct entry entries[] = {{1, ref}, {2, nanvm_ref_clone(ref)}, {3, null_ref()}};
    nanvm_mut_ref made = nanvm_new_array(on->manager, &table_type, entries, 3);
    if (made.object == NULL) {
        nanvm_ref_drop(ref);
        nanvm_ref_drop(ref);
        return false;
    }
    nanvm_ref table = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(table, on->manager);
    if (copy.object != NULL) {
        assert_int_equal(nanvm_mut_ref_length(copy), 3);
        assert_memory_equal(((struct table *)copy.object)->entries, entries,
                            sizeof(entries));
        assert_int_equal(nanvm_ref_count(ref), counted(on, 3));
    }
    nanvm_ref_drop(table);
    nanvm_mut_ref_drop(copy);
    return copy.object != NULL;
}

static void test_clone_object_copies_arrays(void **state) {
    (void)state;
    on_every_manager(clone_array);
}

/* --- an array that changes its length --- */

/* A table with a name and `length` entries, all of which refer to `leaf`; null if memory
 * runs out. The reference is consumed. */
static nanvm_ref table_of(const stage *on, nanvm_ref leaf, size_t length) {
    nanvm_mut_ref made = nanvm_new_array(on->manager, &table_type, NULL, length);
    struct table *table = made.object;
    if (table != NULL) {
        table->name = nanvm_ref_clone(leaf);
        for (size_t i = 0; i < length; i++) {
            table->entries[i] = (struct entry){i + 1, nanvm_ref_clone(leaf)};
        }
    }
    nanvm_ref_drop(leaf);
    return nanvm_mut_ref_to_ref(made);
}

static void expect_table(const struct table *copy, const struct table *table,
                         size_t length, size_t old_length) {
    assert_true(nanvm_ref_same(copy->name, table->name));
    for (size_t i = 0; i < length; i++) {
        size_t key = i < old_length ? i + 1 : 0;
        nanvm_ref value = i < old_length ? table->entries[i].value : null_ref();
        assert_int_equal(copy->entries[i].key, key);
        assert_true(nanvm_ref_same(copy->entries[i].value, value));
    }
}

static bool clone_to(const stage *on, nanvm_ref table, size_t length) {
    enum { OLD = 5 };
    nanvm_ref name = ((const struct table *)table.object)->name;
    nanvm_mut_ref copy = nanvm_ref_clone_resized(table, on->manager, length);
    assert_int_equal(nanvm_ref_length(table), OLD);
    if (copy.object == NULL) {
        assert_int_equal(nanvm_ref_count(name), counted(on, OLD));
        return false;
    }
    size_t kept = length < OLD ? length : OLD;
    assert_int_equal(nanvm_ref_count(name), counted(on, OLD + 1 + kept));
    assert_int_equal(nanvm_mut_ref_length(copy), length);
    expect_table(copy.object, table.object, length, OLD);
    nanvm_mut_ref_drop(copy);
    assert_int_equal(nanvm_ref_count(name), counted(on, OLD));
    return true;
}

static bool clone_to_any_length(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 3);
    if (leaf.object == NULL) {
        return false;
    }
    nanvm_ref table = table_of(on, nanvm_mut_ref_to_ref(leaf), 5);
    bool done = table.object != NULL;
    for (size_t length = 0; done && length < 12; length++) {
        done = clone_to(on, table, length);
    }
    done = done && clone_to(on, table, 60);
    nanvm_ref_drop(table);
    return done;
}

static void test_clone_resized_copies_the_items_that_both_have(void **state) {
    (void)state;
    on_every_manager(clone_to_any_length);
}

/* Its items begin in the padding of the fixed part. */
static bool clone_text(const stage *on) {
    nanvm_mut_ref made = nanvm_new_array(on->manager, &text_type, "abcdefghijkl", 12);
    bool done = made.object != NULL;
    if (done) {
        ((struct text *)made.object)->hash = 77;
        ((struct text *)made.object)->tag = 't';
    }
    nanvm_ref text = nanvm_mut_ref_to_ref(made);
    for (size_t length = 0; done && length < 30; length++) {
        nanvm_mut_ref copy = nanvm_ref_clone_resized(text, on->manager, length);
        const struct text *bytes = copy.object;
        done = bytes != NULL;
        for (size_t i = 0; done && i < length; i++) {
            assert_int_equal(bytes->bytes[i], i < 12 ? (char)('a' + i) : 0);
        }
        if (done) {
            assert_int_equal(bytes->hash, 77);
            assert_int_equal(bytes->tag, 't');
            assert_int_equal(nanvm_mut_ref_length(copy), length);
        }
        nanvm_mut_ref_drop(copy);
    }
    nanvm_ref_drop(text);
    return done;
}

static void test_clone_resized_clears_new_items_in_the_padding(void **state) {
    (void)state;
    on_every_manager(clone_text);
}

static bool clone_resized_refused(const stage *on) {
    nanvm_mut_ref unique = nanvm_new(on->manager, &unique_type);
    nanvm_mut_ref point = nanvm_new(on->manager, &point_type);
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 3);
    bool done = unique.object != NULL && point.object != NULL && ints.object != NULL;
    tracked_expect(unique.object != NULL);
    nanvm_ref refs[] = {nanvm_mut_ref_to_ref(unique), nanvm_mut_ref_to_ref(point),
                        nanvm_mut_ref_to_ref(ints), null_ref()};
    assert_null(nanvm_ref_clone_resized(refs[0], on->manager, 0).object);
    assert_null(nanvm_ref_clone_resized(refs[1], on->manager, 1).object);
    assert_null(nanvm_ref_clone_resized(refs[2], on->manager, SIZE_MAX / 2).object);
    assert_null(nanvm_ref_clone_resized(refs[3], on->manager, 0).object);
    nanvm_mut_ref copy = nanvm_ref_clone_resized(refs[1], on->manager, 0);
    done = done && copy.object != NULL;
    nanvm_mut_ref_drop(copy);
    for (size_t i = 0; i < 4; i++) {
        nanvm_ref_drop(refs[i]);
    }
    return done;
}

static void test_clone_resized_refuses_what_a_clone_or_a_resize_refuses(void **state) {
    (void)state;
    on_every_manager(clone_resized_refused);
}

static bool clone_words(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 3);
    if (leaf.object == NULL) {
        return false;
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(leaf);
    word items[] = {word_from_number(9), word_from_ref(ref), 0};
    nanvm_mut_ref made = nanvm_new_array(on->manager, &words_type, items, 3);
    if (made.object == NULL) {
        nanvm_ref_drop(ref);
        return false;
    }
    ((struct words *)made.object)->first = word_from_ref(nanvm_ref_clone(ref));
    nanvm_ref words = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(words, on->manager);
    assert_int_equal(nanvm_ref_count(ref), counted(on, copy.object == NULL ? 1 : 3));
    nanvm_ref_drop(words);
    nanvm_mut_ref_drop(copy);
    return copy.object != NULL;
}

static void test_tagged_words_are_counted_and_dropped(void **state) {
    (void)state;
    on_every_manager(clone_words);
}

static bool clone_boxes(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 3);
    if (leaf.object == NULL) {
        return false;
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(leaf);
    struct boxed one = {boxed_from_ref(ref)};
    nanvm_mut_ref box = nanvm_new_copy(on->manager, &boxed_type, &one);
    if (box.object == NULL) {
        nanvm_ref_drop(ref);
        return false;
    }
    struct boxed many[] = {{boxed_from_double(1.5)},
                           {boxed_from_ref(nanvm_mut_ref_to_ref(box))},
                           {boxed_from_double(-0.0)}};
    nanvm_mut_ref made = nanvm_new_array(on->manager, &boxes_type, many, 3);
    if (made.object == NULL) {
        nanvm_mut_ref_drop(box);
        return false;
    }
    nanvm_ref boxes = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(boxes, on->manager);
    nanvm_ref inner = nanvm_mut_ref_to_ref(box);
    assert_int_equal(nanvm_ref_count(inner), counted(on, copy.object == NULL ? 0 : 1));
    assert_true(
        nanvm_ref_same(boxed_to_ref(((struct boxed *)boxes.object)[1].bits), inner));
    nanvm_ref_drop(boxes);
    nanvm_mut_ref_drop(copy);
    return copy.object != NULL;
}

static void test_nan_boxed_references_are_counted_and_dropped(void **state) {
    (void)state;
    on_every_manager(clone_boxes);
}

static bool clone_by_callback(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 3);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(ref, on->manager);
    assert_int_equal(tracked_live(), copy.object == NULL ? 1 : 2);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(ref);
    return copy.object != NULL;
}

static void test_clone_callback_is_called(void **state) {
    (void)state;
    on_every_manager(clone_by_callback);
}

/* No `drop`, and a `clone` that leaves its mark. */
static bool mark_copy(void *copy, const void *source, size_t length) {
    (void)length;
    ((struct node *)copy)->value = ((const struct node *)source)->value + 1;
    return true;
}

static const size_t marked_refs[] = {offsetof(struct node, right)};
static const nanvm_type marked_type = {.name = "marked",
                                       .size = sizeof(struct node),
                                       .align = _Alignof(struct node),
                                       .refs = marked_refs,
                                       .refs_length = 1,
                                       .clone = mark_copy};

static bool clone_marked(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 1);
    struct node value = {.value = 7, .right = nanvm_mut_ref_to_ref(leaf)};
    nanvm_mut_ref made = {NULL};
    if (leaf.object != NULL) {
        made = nanvm_new_copy(on->manager, &marked_type, &value);
    }
    if (made.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(ref, on->manager);
    if (copy.object != NULL) {
        assert_int_equal(((struct node *)copy.object)->value, 8);
        assert_int_equal(nanvm_ref_count(value.right), counted(on, 1));
    }
    nanvm_ref_drop(ref);
    nanvm_mut_ref_drop(copy);
    return copy.object != NULL;
}

static void test_clone_callback_may_change_the_copy(void **state) {
    (void)state;
    on_every_manager(clone_marked);
}

static struct {
    const void *copy;
    const void *source;
    size_t length;
} told;

static bool note_clone(void *copy, const void *source, size_t length) {
    told.copy = copy;
    told.source = source;
    told.length = length;
    return true;
}

static const nanvm_type noting_type = {
    .name = "noting[]", .align = 1, .item_size = 3, .clone = note_clone};

static void test_clone_callback_is_told_of_both_and_of_the_length(void **state) {
    (void)state;
    nanvm_ref array = nanvm_mut_ref_to_ref(
        nanvm_new_array(nanvm_global(), &noting_type, "aabbccddeeff", 4));
    nanvm_mut_ref copy = nanvm_ref_clone_object(array, nanvm_global());
    assert_ptr_equal(told.copy, copy.object);
    assert_ptr_equal(told.source, array.object);
    assert_int_equal(told.length, 4);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(array);
}

/* Of the items that both have. */
static void test_clone_callback_is_told_of_the_items_that_are_kept(void **state) {
    (void)state;
    nanvm_ref array = nanvm_mut_ref_to_ref(
        nanvm_new_array(nanvm_global(), &noting_type, "aabbccddeeff", 4));
    for (size_t length = 0; length < 8; length++) {
        nanvm_mut_ref copy = nanvm_ref_clone_resized(array, nanvm_global(), length);
        assert_ptr_equal(told.copy, copy.object);
        assert_ptr_equal(told.source, array.object);
        assert_int_equal(told.length, length < 4 ? length : 4);
        assert_int_equal(nanvm_mut_ref_length(copy), length);
        nanvm_mut_ref_drop(copy);
    }
    nanvm_ref_drop(array);
}

static bool refuse_clone(void *copy, const void *source, size_t length) {
    (void)copy;
    (void)source;
    return length == 0;
}

static const nanvm_type refusing_type = {
    .name = "refusing[]", .align = 1, .item_size = 1, .clone = refuse_clone};

/* The accounting manager sees whether the copy is freed. */
static void test_clone_resized_that_is_refused_leaves_nothing(void **state) {
    fixture *self = *state;
    nanvm_manager *manager = &self->source.manager;
    nanvm_ref array =
        nanvm_mut_ref_to_ref(nanvm_new_array(manager, &refusing_type, "abc", 3));
    assert_null(nanvm_ref_clone_resized(array, manager, 2).object);
    assert_null(nanvm_ref_clone_resized(array, manager, 9).object);
    assert_int_equal(self->source.live_blocks, 1);
    nanvm_ref_drop(array);
}

static bool clone_refused(const stage *on) {
    nanvm_mut_ref made = tracked_new(on->manager, 3);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    tracked_refuse_to_clone(true);
    assert_null(nanvm_ref_clone_object(a, on->manager).object);
    assert_null(nanvm_ref_clone_resized(a, on->manager, 0).object);
    assert_null(nanvm_ref_to_mut_ref(&a, on->manager).object);
    tracked_refuse_to_clone(false);
    assert_ptr_equal(a.object, made.object);
    assert_int_equal(nanvm_ref_count(a), counted(on, 1));
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    return true;
}

static void test_clone_callback_that_refuses_leaves_nothing_behind(void **state) {
    (void)state;
    on_every_manager(clone_refused);
}

static bool clone_of_unique(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &unique_type);
    if (made.object == NULL) {
        return false;
    }
    tracked_expect(1);
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    assert_null(nanvm_ref_clone_object(a, on->manager).object);
    assert_null(nanvm_ref_to_mut_ref(&a, on->manager).object);
    assert_ptr_equal(a.object, made.object);
    assert_int_equal(nanvm_ref_count(a), counted(on, 1));
    nanvm_ref_drop(b);
    nanvm_ref_drop(a);
    return true;
}

static void test_object_with_drop_and_no_clone_can_not_be_cloned(void **state) {
    (void)state;
    on_every_manager(clone_of_unique);
}

static bool to_mut_ref_of_shared(const stage *on) {
    nanvm_mut_ref made = node_of_tracked(on);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    nanvm_mut_ref out = nanvm_ref_to_mut_ref(&a, on->manager);
    if (out.object == NULL) {
        assert_ptr_equal(a.object, b.object);
        assert_int_equal(nanvm_ref_count(a), counted(on, 1));
        nanvm_ref_drop(a);
        nanvm_ref_drop(b);
        return false;
    }
    assert_null(a.object);
    assert_ptr_not_equal(out.object, b.object);
    assert_int_equal(nanvm_ref_count(b), counted(on, 0));
    ((struct node *)out.object)->value = 1;
    assert_int_equal(((const struct node *)b.object)->value, 12);
    nanvm_mut_ref_drop(out);
    nanvm_ref_drop(b);
    return true;
}

static void test_to_mut_ref_of_a_shared_object_clones_it(void **state) {
    (void)state;
    on_every_manager(to_mut_ref_of_shared);
}

static bool to_mut_ref_of_sole(const stage *on) {
    nanvm_mut_ref made = node_of_tracked(on);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref out = nanvm_ref_to_mut_ref(&a, on->manager);
    assert_ptr_equal(out.object, made.object);
    assert_null(a.object);
    nanvm_mut_ref_drop(out);
    return true;
}

static void test_to_mut_ref_of_a_sole_owner_is_in_place(void **state) {
    (void)state;
    on_counting_managers(to_mut_ref_of_sole);
}

static bool make_mut_of_shared(const stage *on) {
    nanvm_mut_ref made = node_of_tracked(on);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    nanvm_ref b = nanvm_ref_clone(a);
    struct node *own = nanvm_ref_make_mut(&a, on->manager);
    if (own == NULL) {
        assert_ptr_equal(a.object, b.object);
        assert_int_equal(nanvm_ref_count(a), counted(on, 1));
    } else {
        assert_ptr_equal(a.object, own);
        assert_ptr_not_equal(own, b.object);
        assert_int_equal(nanvm_ref_count(b), counted(on, 0));
        own->value = 1;
        assert_int_equal(((const struct node *)b.object)->value, 12);
    }
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    return own != NULL;
}

static void test_make_mut_of_a_shared_object_clones_it(void **state) {
    (void)state;
    on_every_manager(make_mut_of_shared);
}

static bool make_mut_of_sole(const stage *on) {
    nanvm_mut_ref made = node_of_tracked(on);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref a = nanvm_mut_ref_to_ref(made);
    assert_ptr_equal(nanvm_ref_make_mut(&a, on->manager), made.object);
    assert_ptr_equal(a.object, made.object);
    nanvm_ref_drop(a);
    return true;
}

static void test_make_mut_of_a_sole_owner_is_in_place(void **state) {
    (void)state;
    on_counting_managers(make_mut_of_sole);
}

static void test_make_mut_of_nothing_is_nothing(void **state) {
    (void)state;
    nanvm_ref null = nanvm_ref_null();
    assert_null(nanvm_ref_make_mut(&null, nanvm_global()));
    assert_null(null.object);
}

static void test_move_hands_over_and_leaves_null(void **state) {
    (void)state;
    nanvm_ref a = nanvm_mut_ref_to_ref(nanvm_new(nanvm_global(), &point_type));
    nanvm_ref b = nanvm_ref_move(&a);
    assert_null(a.object);
    assert_false(nanvm_ref_same(a, b));
    assert_int_equal(nanvm_ref_count(b), 0);
    nanvm_ref_drop(b);
}

static bool clone_between(nanvm_manager *from, nanvm_manager *to) {
    stage on = {"from", from, true};
    nanvm_mut_ref made = node_of_tracked(&on);
    if (made.object == NULL) {
        return false;
    }
    nanvm_ref node = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref copy = nanvm_ref_clone_object(node, to);
    nanvm_ref_drop(node);
    assert_int_equal(tracked_live(), copy.object == NULL ? 0 : 1);
    nanvm_mut_ref_drop(copy);
    return copy.object != NULL;
}

static bool clone_across(accounting *source) {
    nanvm_local local;
    nanvm_local_init_from(&local, &source->manager);
    nanvm_manager *managers[] = {nanvm_global(), &source->manager,
                                 nanvm_local_manager(&local)};
    bool done = true;
    for (size_t i = 0; i < 9 && done; i++) {
        done = clone_between(managers[i / 3], managers[i % 3]);
    }
    nanvm_local_deinit(&local);
    return done;
}

static void test_clone_can_live_in_another_manager(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, clone_across);
    for_each_failure(NANVM_COUNT_CUSTOM, clone_across);
}

/* References in the fixed part alone. */
struct labelled {
    nanvm_ref label;
    char bytes[];
};
static const size_t labelled_refs[] = {offsetof(struct labelled, label)};
static const nanvm_type labelled_type = {.name = "labelled",
                                         .size = sizeof(struct labelled),
                                         .align = NANVM_ALIGNOF(struct labelled),
                                         .refs = labelled_refs,
                                         .refs_length = 1,
                                         .items_offset = offsetof(struct labelled, bytes),
                                         .item_size = 1};

static void test_clone_of_an_array_whose_items_hold_nothing(void **state) {
    fixture *self = *state;
    enum { BYTES = 100 };
    nanvm_mut_ref array = nanvm_new_array(self->manager, &labelled_type, NULL, BYTES);
    struct labelled *value = array.object;
    value->label = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    memset(value->bytes, 7, BYTES);
    nanvm_ref shared = nanvm_mut_ref_to_ref(array);
    nanvm_mut_ref copy = nanvm_ref_clone_object(shared, self->manager);
    const struct labelled *copied = copy.object;
    assert_memory_equal(copied->bytes, value->bytes, BYTES);
    assert_ptr_equal(copied->label.object, value->label.object);
    assert_int_equal(nanvm_ref_count(copied->label), 1);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(shared);
}

static const struct CMUnitTest tests[] = {
    TEST(test_clone_of_an_array_whose_items_hold_nothing, local),
    TEST(test_null_handle_is_accepted_everywhere),
    TEST(test_last_reference_drops_the_object),
    TEST(test_sole_owner_turns_into_a_mut_ref),
    TEST(test_sole_owner_is_known),
    TEST(test_null_handle_is_null),
    TEST(test_many_are_cloned_at_once),
    TEST(test_shared_reference_stays_a_ref),
    TEST(test_clone_object_copies_and_counts_references),
    TEST(test_clone_object_copies_arrays),
    TEST(test_clone_resized_copies_the_items_that_both_have),
    TEST(test_clone_resized_clears_new_items_in_the_padding),
    TEST(test_clone_resized_refuses_what_a_clone_or_a_resize_refuses),
    TEST(test_clone_callback_is_told_of_the_items_that_are_kept),
    TEST(test_clone_resized_that_is_refused_leaves_nothing, source),
    TEST(test_tagged_words_are_counted_and_dropped),
    TEST(test_nan_boxed_references_are_counted_and_dropped),
    TEST(test_clone_callback_is_called),
    TEST(test_clone_callback_is_told_of_both_and_of_the_length),
    TEST(test_clone_callback_may_change_the_copy),
    TEST(test_clone_callback_that_refuses_leaves_nothing_behind),
    TEST(test_object_with_drop_and_no_clone_can_not_be_cloned),
    TEST(test_to_mut_ref_of_a_shared_object_clones_it),
    TEST(test_to_mut_ref_of_a_sole_owner_is_in_place),
    TEST(test_make_mut_of_a_shared_object_clones_it),
    TEST(test_make_mut_of_a_sole_owner_is_in_place),
    TEST(test_make_mut_of_nothing_is_nothing),
    TEST(test_move_hands_over_and_leaves_null),
    TEST(test_clone_can_live_in_another_manager),
};

RUN_TESTS(tests)
