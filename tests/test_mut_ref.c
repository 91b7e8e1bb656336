/* The only reference to an object; arrays that grow and shrink. */
#include "misuse.h"
#include "run.h"
#include "skip.h"
#include "stage.h"

static const nanvm_mut_ref null_mut_ref = NANVM_NULL_HANDLE;

static void test_null_handle_is_accepted_everywhere(void **state) {
    (void)state;
    nanvm_mut_ref null = null_mut_ref;
    assert_null(nanvm_mut_ref_get(null));
    assert_int_equal(nanvm_mut_ref_length(null), 0);
    assert_null(nanvm_mut_ref_to_ref(null).object);
    nanvm_mut_ref_drop(null);
    assert_null(nanvm_mut_ref_move(&null).object);
    assert_false(nanvm_mut_ref_resize(&null, nanvm_global(), 0));
    assert_false(nanvm_mut_ref_resize(&null, nanvm_global(), 5));
    assert_false(nanvm_mut_ref_resize_unset(&null, nanvm_global(), 5));
    nanvm_mut_ref_cleanup(&null);
}

static bool write_then_share(const stage *on) {
    nanvm_mut_ref point = nanvm_new(on->manager, &point_type);
    if (point.object == NULL) {
        return false;
    }
    ((struct point *)nanvm_mut_ref_get(point))->x = 4;
    nanvm_ref ref = nanvm_mut_ref_to_ref(point);
    assert_ptr_equal(nanvm_ref_get(ref), nanvm_mut_ref_get(point));
    assert_true(((const struct point *)nanvm_ref_get(ref))->x == 4);
    nanvm_ref_drop(ref);
    return true;
}

static void test_to_ref_keeps_the_object_in_place(void **state) {
    (void)state;
    on_every_manager(write_then_share);
}

static void test_move_hands_over_and_leaves_null(void **state) {
    (void)state;
    nanvm_mut_ref a = nanvm_new(nanvm_global(), &point_type);
    void *object = a.object;
    nanvm_mut_ref b = nanvm_mut_ref_move(&a);
    assert_null(a.object);
    assert_ptr_equal(b.object, object);
    nanvm_mut_ref_drop(b);
}

/* --- discard --- */

/* Moves the references out of a node before it is freed. */
static bool discard_an_empty_shell(const stage *on) {
    nanvm_mut_ref made = nanvm_new(on->manager, &node_type);
    nanvm_mut_ref leaf = nanvm_new(on->manager, &point_type);
    if (made.object == NULL || leaf.object == NULL) {
        nanvm_mut_ref_drop(made);
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    struct node *node = made.object;
    node->left = nanvm_mut_ref_to_ref(leaf);
    node->right = nanvm_ref_clone(node->left);
    nanvm_ref left = node->left, right = node->right; /* and not cleared there */
    nanvm_mut_ref_discard(made);
    nanvm_ref_drop(left);
    assert_ptr_equal(nanvm_ref_type(right), &point_type);
    nanvm_ref_drop(right);
    return true;
}

static bool discard_one_typed(nanvm_manager *manager) {
    nanvm_mut_ref made = nanvm_new(manager, &node_type);
    nanvm_mut_ref leaf = nanvm_new(manager, &point_type);
    bool done = made.object != NULL && leaf.object != NULL;
    if (done) {
        nanvm_ref left = nanvm_mut_ref_to_ref(leaf);
        ((struct node *)made.object)->left = left;
        nanvm_mut_ref_discard_typed(made, &node_type);
        nanvm_ref_drop(left);
    } else {
        nanvm_mut_ref_drop(made);
        nanvm_mut_ref_drop(leaf);
    }
    return done;
}

/* One of a known type, and one of an unknown one. */
static bool discard_typed(const stage *on) {
    return discard_one_typed(on->manager) && discard_one_typed(on->manager);
}

NANVM_TYPED(node, struct node, node_type);

static void test_discard_leaves_references_alone(void **state) {
    (void)state;
    const nanvm_type *volatile unknown = &node_type;
    node_mut_ref_discard(node_new(nanvm_global()));
    nanvm_mut_ref_discard_typed(nanvm_new(nanvm_global(), &node_type), unknown);
    on_every_manager(discard_an_empty_shell);
    on_every_manager(discard_typed);
    nanvm_mut_ref_discard(null_mut_ref);
    nanvm_mut_ref_discard_typed(null_mut_ref, &node_type);
    nanvm_mut_ref_discard_typed(null_mut_ref, &node_type);
}

static void discard(void *context) {
    nanvm_mut_ref_discard(*(const nanvm_mut_ref *)context);
}

static void discard_a_known_one(void *context) {
    nanvm_mut_ref_discard_typed(*(const nanvm_mut_ref *)context, &node_type);
}

static void expect_discard_of_shared_noticed(nanvm_manager *manager) {
    nanvm_mut_ref made = nanvm_new(manager, &node_type);
    nanvm_ref other = nanvm_ref_clone(nanvm_mut_ref_to_ref(made));
    expect_fatal("isn't the only reference", discard, &made);
    expect_fatal("isn't the only reference", discard_a_known_one, &made);
    expect_fatal("isn't the only reference", discard_a_known_one, &made);
    nanvm_ref_drop(other);
    nanvm_mut_ref_discard(made);
}

static void test_discard_of_a_shared_object_is_noticed(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    expect_discard_of_shared_noticed(nanvm_global());
    expect_discard_of_shared_noticed(nanvm_local_manager(&local));
    nanvm_local_deinit(&local);
}

static void discard_a_tracked_one(void *context) {
    nanvm_mut_ref_discard_typed(*(const nanvm_mut_ref *)context, &tracked_type);
}

static void test_discard_of_what_has_a_drop_is_noticed(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_mut_ref made = tracked_new(nanvm_local_manager(&local), 1);
    expect_fatal("has a `drop`", discard, &made);
    expect_fatal("has a `drop`", discard_a_tracked_one, &made);
    expect_fatal("has a `drop`", discard_a_tracked_one, &made);
    nanvm_mut_ref_drop(made);
    nanvm_local_deinit(&local);
}

/* A reset doesn't look at what was discarded. */
static void test_discarded_objects_are_not_released_by_a_reset(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_arena arena;
    nanvm_local_init(&local);
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_mut_ref made = nanvm_new(nanvm_arena_manager(&arena), &node_type);
    nanvm_ref outside =
        nanvm_mut_ref_to_ref(nanvm_new(nanvm_local_manager(&local), &point_type));
    ((struct node *)made.object)->left = outside;
    nanvm_mut_ref_discard(made);
    nanvm_arena_deinit(&arena);
    assert_int_equal(nanvm_ref_count(outside), 0);
    nanvm_ref_drop(outside);
    nanvm_local_deinit(&local);
}

/* --- resize --- */

/* How many items in front of the first that isn't i + 1. */
static size_t filled_items(const int *items, size_t length) {
    size_t i = 0;
    while (i < length && items[i] == (int)i + 1) {
        i++;
    }
    return i;
}

/* Item i is i + 1, up to `filled`; zeros behind. */
static void expect_items(nanvm_mut_ref ints, size_t filled, size_t length) {
    assert_int_equal(nanvm_mut_ref_length(ints), length);
    const int *items = nanvm_mut_ref_get(ints);
    size_t i = filled_items(items, filled < length ? filled : length);
    assert_int_equal(i, filled < length ? filled : length);
    while (i < length && items[i] == 0) {
        i++;
    }
    assert_int_equal(i, length);
}

static void fill(nanvm_mut_ref ints) {
    int *items = nanvm_mut_ref_get(ints);
    size_t length = nanvm_mut_ref_length(ints);
    for (size_t i = 0; i < length; i++) {
        items[i] = (int)i + 1;
    }
}

static bool grow_step_by_step(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 0);
    for (size_t length = 1; length < 1200 && ints.object != NULL;
         length += length / 7 + 1) {
        size_t before = nanvm_mut_ref_length(ints);
        void *place = ints.object;
        if (!nanvm_mut_ref_resize(&ints, on->manager, length)) {
            assert_ptr_equal(ints.object, place);
            expect_items(ints, before, before);
            nanvm_mut_ref_drop(nanvm_mut_ref_move(&ints));
            break;
        }
        expect_items(ints, before, length);
        fill(ints);
    }
    bool done = ints.object != NULL;
    nanvm_mut_ref_drop(ints);
    return done;
}

static void test_growing_keeps_items_and_zeroes_new_ones(void **state) {
    (void)state;
    on_every_manager(grow_step_by_step);
}

static bool shrink_step_by_step(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 1500);
    if (ints.object == NULL) {
        return false;
    }
    fill(ints);
    bool done = true;
    for (size_t length = 1500; length > 0 && done; length = length * 4 / 5) {
        size_t before = nanvm_mut_ref_length(ints);
        done = nanvm_mut_ref_resize(&ints, on->manager, length);
        expect_items(ints, before, done ? length : before);
    }
    done = done && nanvm_mut_ref_resize(&ints, on->manager, 0);
    done = done && nanvm_mut_ref_length(ints) == 0;
    nanvm_mut_ref_drop(ints);
    return done;
}

static void test_shrinking_keeps_the_items_that_are_left(void **state) {
    (void)state;
    on_every_manager(shrink_step_by_step);
}

static bool shrink_then_grow(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 8);
    if (ints.object == NULL) {
        return false;
    }
    fill(ints);
    bool done = nanvm_mut_ref_resize(&ints, on->manager, 7) &&
                nanvm_mut_ref_resize(&ints, on->manager, 8);
    if (done) {
        expect_items(ints, 7, 8);
    }
    nanvm_mut_ref_drop(ints);
    return done;
}

static void test_item_that_was_cut_off_comes_back_as_zero(void **state) {
    (void)state;
    on_every_manager(shrink_then_grow);
}

static bool grow_unset(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 3);
    bool done = ints.object != NULL;
    for (size_t length = 4; length < 3000 && done; length = length * 3 / 2) {
        size_t before = nanvm_mut_ref_length(ints);
        fill(ints);
        done = nanvm_mut_ref_resize_unset(&ints, on->manager, length);
        assert_int_equal(nanvm_mut_ref_length(ints), done ? length : before);
        assert_int_equal(filled_items(nanvm_mut_ref_get(ints), before), before);
    }
    done = done && nanvm_mut_ref_resize_unset(&ints, on->manager, 2);
    nanvm_mut_ref_drop(ints);
    return done;
}

static void test_unset_items_come_behind_those_that_are_kept(void **state) {
    (void)state;
    on_every_manager(grow_unset);
}

/* An array of `length` tracked objects, or null. */
static nanvm_mut_ref array_of_tracked(const stage *on, size_t length) {
    nanvm_mut_ref refs = nanvm_new_array(on->manager, &refs_type, NULL, length);
    for (size_t i = 0; i < length && refs.object != NULL; i++) {
        nanvm_mut_ref item = tracked_new(on->manager, i);
        ((nanvm_ref *)refs.object)[i] = nanvm_mut_ref_to_ref(item);
        if (item.object == NULL) {
            nanvm_mut_ref_drop(nanvm_mut_ref_move(&refs));
        }
    }
    return refs;
}

static bool cut_to(const stage *on, size_t from, size_t to) {
    nanvm_mut_ref refs = array_of_tracked(on, from);
    if (refs.object == NULL) {
        return false;
    }
    bool done = nanvm_mut_ref_resize(&refs, on->manager, to);
    assert_int_equal(nanvm_mut_ref_length(refs), done ? to : from);
    if (on->counts) {
        assert_int_equal(tracked_live(), done ? to : from);
    }
    for (size_t i = 0; i < nanvm_mut_ref_length(refs); i++) {
        nanvm_ref item = ((nanvm_ref *)refs.object)[i];
        assert_int_equal(((const struct tracked *)item.object)->value, i);
    }
    nanvm_mut_ref_drop(refs);
    return done;
}

static bool cut_one(const stage *on) {
    return cut_to(on, 5, 4);
}

static bool cut_a_few(const stage *on) {
    return cut_to(on, 40, 24);
}

static bool cut_many(const stage *on) {
    return cut_to(on, 60, 3);
}

static bool cut_all(const stage *on) {
    return cut_to(on, 20, 0);
}

static void test_references_that_are_cut_off_are_dropped(void **state) {
    (void)state;
    on_every_manager(cut_one);
    on_every_manager(cut_a_few);
    on_every_manager(cut_many);
    on_every_manager(cut_all);
}

static bool grow_references(const stage *on) {
    nanvm_mut_ref refs = array_of_tracked(on, 3);
    if (refs.object == NULL) {
        return false;
    }
    bool done = nanvm_mut_ref_resize(&refs, on->manager, 100);
    size_t length = done ? 100 : 3;
    assert_int_equal(nanvm_mut_ref_length(refs), length);
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(((nanvm_ref *)refs.object)[i].object != NULL, i < 3);
    }
    nanvm_mut_ref_drop(refs);
    return done;
}

static void test_references_move_along_uncounted(void **state) {
    (void)state;
    on_every_manager(grow_references);
}

static bool grow_references_unset(const stage *on) {
    nanvm_mut_ref refs = array_of_tracked(on, 3);
    if (refs.object == NULL) {
        return false;
    }
    bool done = nanvm_mut_ref_resize_unset(&refs, on->manager, 2) &&
                nanvm_mut_ref_resize_unset(&refs, on->manager, 100);
    for (size_t i = 2; i < 100 && done; i++) {
        assert_null(((nanvm_ref *)refs.object)[i].object);
    }
    nanvm_mut_ref_drop(refs);
    return done;
}

static void test_unset_references_are_null(void **state) {
    (void)state;
    on_every_manager(grow_references_unset);
}

/* Where the items that were cut off have left their references. */
static void test_unset_references_are_null_in_place(void **state) {
    fixture *self = *state;
    nanvm_ref refs[40];
    for (size_t i = 0; i < 40; i++) {
        refs[i] = nanvm_mut_ref_to_ref(nanvm_new(self->manager, &point_type));
    }
    nanvm_mut_ref array = nanvm_new_array(self->manager, &refs_type, refs, 40);
    void *place = array.object;
    assert_true(nanvm_mut_ref_resize(&array, self->manager, 35));
    assert_true(nanvm_mut_ref_resize_unset(&array, self->manager, 40));
    assert_ptr_equal(array.object, place);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(((nanvm_ref *)array.object)[i].object == NULL, i >= 35);
    }
    nanvm_mut_ref_drop(array);
}

/* One by one: most of them find room where the array is. */
static bool append_words_unset(const stage *on) {
    nanvm_mut_ref words = nanvm_new_array(on->manager, &words_type, NULL, 0);
    bool done = words.object != NULL;
    for (size_t length = 0; length < 100 && done; length++) {
        done = nanvm_mut_ref_resize_unset(&words, on->manager, length + 1);
        struct words *self = words.object;
        for (size_t i = 0; i < length; i++) {
            assert_int_equal(word_to_number(self->items[i]), i);
        }
        if (done) {
            assert_int_equal(self->items[length], 0);
            self->items[length] = word_from_number(length);
        }
    }
    nanvm_mut_ref_drop(words);
    return done;
}

static void test_tagged_words_are_kept_where_more_are_unset(void **state) {
    (void)state;
    on_every_manager(append_words_unset);
}

/* Up to the last item that it has room for. */
static void test_array_with_room_stays_whatever_manager_is_given(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("there every resize is the manager's own");
    static const nanvm_type bytes = {.name = "bytes", .align = 1, .item_size = 1};
    nanvm_mut_ref first = nanvm_new_array(self->manager, &bytes, NULL, 17);
    nanvm_mut_ref second = nanvm_new_array(self->manager, &bytes, NULL, 17);
    void *place = first.object;
    size_t most = 17;
    while (nanvm_mut_ref_resize(&first, self->manager, most + 1) &&
           first.object == place) {
        most++;
    }
    place = second.object;
    assert_true(nanvm_mut_ref_resize(&second, nanvm_global(), most));
    bool stays = second.object == place;
    nanvm_mut_ref_drop(first);
    nanvm_mut_ref_drop(second);
    nanvm_local_deinit(&self->local);
    if (most == 17) {
        skip_because("a memory checker watches: there is no room");
    }
    assert_true(stays);
}

/* --- items with several references --- */

struct couple {
    nanvm_ref first;
    size_t between;
    nanvm_ref second;
};
static const size_t couple_refs[] = {offsetof(struct couple, first),
                                     offsetof(struct couple, second)};
static const nanvm_type couples_type = {.name = "couples",
                                        .align = NANVM_ALIGNOF(struct couple),
                                        .item_size = sizeof(struct couple),
                                        .item_refs = couple_refs,
                                        .item_refs_length = 2};

static bool cut_couples(const stage *on) {
    nanvm_ref shared = nanvm_mut_ref_to_ref(tracked_new(on->manager, 1));
    if (shared.object == NULL) {
        return false;
    }
    struct couple couples[9];
    for (size_t i = 0; i < 9; i++) {
        couples[i].first = i % 3 == 0 ? null_ref() : nanvm_ref_clone(shared);
        couples[i].second = i % 4 == 0 ? null_ref() : nanvm_ref_clone(shared);
    }
    nanvm_mut_ref array = nanvm_new_array(on->manager, &couples_type, couples, 9);
    bool done = array.object != NULL;
    for (size_t i = 0; i < 9 && !done; i++) {
        nanvm_ref_drop(couples[i].first);
        nanvm_ref_drop(couples[i].second);
    }
    done = done && nanvm_mut_ref_resize(&array, on->manager, 5);
    if (done && on->counts) {
        assert_int_equal(nanvm_ref_count(shared), 6); /* 3 in first, 3 in second */
    }
    nanvm_ref whole = nanvm_mut_ref_to_ref(array);
    nanvm_mut_ref copy = nanvm_ref_clone_object(whole, on->manager);
    if (done && copy.object != NULL && on->counts) {
        assert_int_equal(nanvm_ref_count(shared), 12);
    }
    done = done && copy.object != NULL;
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(whole);
    if (on->counts) {
        assert_int_equal(nanvm_ref_count(shared), 0);
    }
    nanvm_ref_drop(shared);
    return done;
}

static void test_items_with_two_references_keep_their_counts(void **state) {
    (void)state;
    on_every_manager(cut_couples);
}

/* --- a manager that resizes in place --- */

typedef struct stretcher {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_manager_table manager_table;
    nanvm_dealloc_table dealloc_table;
    _Alignas(64) unsigned char memory[4096];
    nanvm_layout layout; /* what it was last asked for */
    size_t pieces;       /* one at most */
    size_t resizes;
} stretcher;

static void *stretcher_alloc(nanvm_manager *manager, nanvm_layout layout) {
    stretcher *self = (stretcher *)manager;
    if (self->pieces > 0 || layout.size > sizeof(self->memory)) {
        return NULL;
    }
    self->pieces = 1;
    self->layout = layout;
    return self->memory;
}

static void expect_layout(const stretcher *self, const void *memory,
                          nanvm_layout layout) {
    assert_ptr_equal(memory, self->memory);
    assert_int_equal(layout.size, self->layout.size);
    assert_int_equal(layout.align, self->layout.align);
}

static void *stretcher_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                              size_t size) {
    stretcher *self = (stretcher *)manager;
    expect_layout(self, memory, layout);
    assert_true(nanvm_layout_is_valid(nanvm_layout_make(size, layout.align)));
    self->resizes++;
    if (size > sizeof(self->memory)) {
        return NULL;
    }
    self->layout.size = size;
    return memory;
}

static void stretcher_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    stretcher *self =
        (stretcher *)(void *)((char *)dealloc - offsetof(stretcher, dealloc));
    expect_layout(self, memory, layout);
    self->pieces = 0;
}

static void stretcher_init(stretcher *self, nanvm_count count) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &self->manager_table;
    self->manager.dealloc = &self->dealloc;
    self->manager_table.alloc = stretcher_alloc;
    self->manager_table.resize = stretcher_resize;
    self->dealloc.table = &self->dealloc_table;
    self->dealloc_table.count = count;
    self->dealloc_table.dealloc = stretcher_dealloc;
}

static void stretch(nanvm_count count, size_t align) {
    stretcher self;
    stretcher_init(&self, count);
    nanvm_type type = {.name = "bytes", .align = align, .item_size = 1};
    nanvm_mut_ref bytes = nanvm_new_array(&self.manager, &type, "hello", 5);
    void *place = bytes.object;
    size_t front = self.layout.size - 5;
    const size_t lengths[] = {6, 700, 3, 0, 1, 1000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_true(nanvm_mut_ref_resize(&bytes, &self.manager, lengths[i]));
        assert_ptr_equal(bytes.object, place);
        assert_int_equal(self.resizes, i + 1);
        assert_int_equal(self.layout.size, front + lengths[i]);
    }
    /* Too much for it, and too much with what is in front. */
    assert_false(nanvm_mut_ref_resize(&bytes, &self.manager, 5000));
    assert_int_equal(self.resizes, 7);
    size_t most = (size_t)PTRDIFF_MAX - (align - 1);
    for (size_t less = 0; less < front; less++) {
        assert_false(nanvm_mut_ref_resize(&bytes, &self.manager, most - less));
    }
    assert_int_equal(self.resizes, 7);
    assert_int_equal(nanvm_mut_ref_length(bytes), 1000);
    nanvm_mut_ref_drop(bytes);
    assert_int_equal(self.pieces, 0);
}

static void test_manager_is_asked_to_resize_in_place(void **state) {
    (void)state;
    for (size_t align = 1; align <= 64; align *= 2) {
        stretch(NANVM_COUNT_PLAIN, align);
        stretch(NANVM_COUNT_ATOMIC, align);
    }
}

/* Lengths whose bytes wrap around to few. */
static bool grow_around(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 3);
    if (ints.object == NULL) {
        return false;
    }
    void *place = ints.object;
    for (size_t length = SIZE_MAX / sizeof(int) - 3; length < SIZE_MAX / sizeof(int) + 6;
         length++) {
        assert_false(nanvm_mut_ref_resize(&ints, on->manager, length));
        assert_false(nanvm_mut_ref_resize_unset(&ints, on->manager, length));
    }
    assert_ptr_equal(ints.object, place);
    assert_int_equal(nanvm_mut_ref_length(ints), 3);
    nanvm_mut_ref_drop(ints);
    return true;
}

static void test_length_whose_bytes_wrap_is_refused(void **state) {
    (void)state;
    on_every_manager(grow_around);
    stretcher self;
    stretcher_init(&self, NANVM_COUNT_PLAIN);
    stage on = {"stretcher", &self.manager, true};
    assert_true(grow_around(&on));
    assert_int_equal(self.resizes, 0);
}

/* In an arena nothing is gained by moving; elsewhere not where the items are null. */
static void cut_by_many(nanvm_manager *manager, nanvm_ref item) {
    nanvm_ref refs[40];
    for (size_t i = 0; i < 40; i++) {
        refs[i] = nanvm_ref_clone(item);
    }
    nanvm_mut_ref array = nanvm_new_array(manager, &refs_type, refs, 40);
    void *place = array.object;
    assert_true(nanvm_mut_ref_resize(&array, manager, 22));
    assert_ptr_equal(array.object, place);
    nanvm_mut_ref_drop(array);
}

static void test_many_items_are_cut_off_in_place(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    cut_by_many(nanvm_local_manager(&local), null_ref());
    nanvm_local_deinit(&local);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_ref item = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    cut_by_many(nanvm_arena_manager(&arena), item);
    assert_int_equal(nanvm_ref_count(item), 22);
    nanvm_arena_deinit(&arena);
    assert_int_equal(nanvm_ref_count(item), 0);
    nanvm_ref_drop(item);
}

static void test_manager_is_not_asked_to_resize_what_is_not_its_own(void **state) {
    (void)state;
    stretcher self, other;
    stretcher_init(&self, NANVM_COUNT_PLAIN);
    stretcher_init(&other, NANVM_COUNT_PLAIN);
    nanvm_mut_ref ints = nanvm_new_array(&other.manager, &ints_type, NULL, 9);
    assert_true(nanvm_mut_ref_resize(&ints, &self.manager, 5));
    assert_int_equal(self.resizes + other.resizes, 0);
    assert_int_equal(other.pieces, 0);
    assert_int_equal(self.pieces, 1);
    nanvm_mut_ref_drop(ints);
    assert_int_equal(self.pieces, 0);
}

static bool grow_words_unset(const stage *on) {
    nanvm_mut_ref words = nanvm_new_array(on->manager, &words_type, NULL, 1);
    bool done =
        words.object != NULL && nanvm_mut_ref_resize_unset(&words, on->manager, 300);
    for (size_t i = 0; i < 300 && done; i++) {
        assert_int_equal(((struct words *)words.object)->items[i], 0);
    }
    nanvm_mut_ref_drop(words);
    return done;
}

static void test_unset_tagged_words_are_zero(void **state) {
    (void)state;
    on_every_manager(grow_words_unset);
}

static bool resize_with_fixed_part(const stage *on) {
    nanvm_mut_ref name = tracked_new(on->manager, 8);
    if (name.object == NULL) {
        return false;
    }
    nanvm_mut_ref table = nanvm_new_array(on->manager, &table_type, NULL, 2);
    if (table.object == NULL) {
        nanvm_mut_ref_drop(name);
        return false;
    }
    struct table *self = table.object;
    self->name = nanvm_mut_ref_to_ref(name);
    self->entries[1].key = 77;
    bool done = nanvm_mut_ref_resize(&table, on->manager, 50);
    self = table.object;
    assert_ptr_equal(self->name.object, name.object);
    assert_int_equal(self->entries[1].key, 77);
    nanvm_mut_ref_drop(table);
    return done;
}

static void test_fixed_part_moves_along(void **state) {
    (void)state;
    on_every_manager(resize_with_fixed_part);
}

static bool resize_in_padding(const stage *on) {
    nanvm_mut_ref text = nanvm_new_array(on->manager, &text_type, "abc", 3);
    if (text.object == NULL) {
        return false;
    }
    ((struct text *)text.object)->tag = 't';
    bool done = nanvm_mut_ref_resize(&text, on->manager, 5) &&
                nanvm_mut_ref_resize(&text, on->manager, 40) &&
                nanvm_mut_ref_resize(&text, on->manager, 2) &&
                nanvm_mut_ref_resize(&text, on->manager, 4);
    const struct text *self = text.object;
    assert_int_equal(self->tag, 't');
    assert_memory_equal(self->bytes, done ? "ab\0\0" : "ab", done ? 4 : 2);
    nanvm_mut_ref_drop(text);
    return done;
}

static void test_items_in_the_padding_are_resized(void **state) {
    (void)state;
    on_every_manager(resize_in_padding);
}

static bool resize_words(const stage *on) {
    nanvm_mut_ref leaf = tracked_new(on->manager, 4);
    if (leaf.object == NULL) {
        return false;
    }
    word items[] = {word_from_number(1), word_from_ref(nanvm_mut_ref_to_ref(leaf))};
    nanvm_mut_ref words = nanvm_new_array(on->manager, &words_type, items, 2);
    if (words.object == NULL) {
        nanvm_mut_ref_drop(leaf);
        return false;
    }
    bool done = nanvm_mut_ref_resize(&words, on->manager, 64);
    if (done) {
        assert_int_equal(((struct words *)words.object)->items[63], 0);
        done = nanvm_mut_ref_resize(&words, on->manager, 1);
    }
    if (done && on->counts) {
        assert_int_equal(tracked_live(), 0);
    }
    assert_int_equal(word_to_number(((struct words *)words.object)->items[0]), 1);
    nanvm_mut_ref_drop(words);
    return done;
}

static void test_tagged_words_are_dropped_when_cut_off(void **state) {
    (void)state;
    on_every_manager(resize_words);
}

static bool resize_over_aligned(const stage *on) {
    nanvm_mut_ref lines = nanvm_new_array(on->manager, &lines_type, NULL, 1);
    if (lines.object == NULL) {
        return false;
    }
    memset(lines.object, 0x33, 64);
    bool done = true;
    for (size_t length = 2; length < 70 && done; length = length * 2 + 1) {
        done = nanvm_mut_ref_resize(&lines, on->manager, length);
        assert_true(is_aligned(lines.object, 64));
        assert_int_equal(((const unsigned char *)lines.object)[63], 0x33);
    }
    nanvm_mut_ref_drop(lines);
    return done;
}

static void test_over_aligned_arrays_stay_aligned(void **state) {
    (void)state;
    on_every_manager(resize_over_aligned);
}

static bool resize_to_same_length(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 6);
    if (ints.object == NULL) {
        return false;
    }
    void *place = ints.object;
    assert_true(nanvm_mut_ref_resize(&ints, on->manager, 6));
    assert_ptr_equal(ints.object, place);
    nanvm_mut_ref_drop(ints);
    return true;
}

static void test_same_length_changes_nothing(void **state) {
    (void)state;
    on_every_manager(resize_to_same_length);
}

static bool resize_what_is_no_array(const stage *on) {
    nanvm_mut_ref point = nanvm_new(on->manager, &point_type);
    if (point.object == NULL) {
        return false;
    }
    assert_false(nanvm_mut_ref_resize(&point, on->manager, 1));
    assert_true(nanvm_mut_ref_resize(&point, on->manager, 0));
    nanvm_mut_ref_drop(point);
    return true;
}

static void test_what_is_no_array_has_length_zero_only(void **state) {
    (void)state;
    on_every_manager(resize_what_is_no_array);
}

static bool resize_too_far(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 3);
    if (ints.object == NULL) {
        return false;
    }
    fill(ints);
    void *place = ints.object;
    for (size_t less = 0; less < 50; less++) {
        assert_false(nanvm_mut_ref_resize(&ints, on->manager, SIZE_MAX - less));
        assert_false(nanvm_mut_ref_resize(&ints, on->manager, SIZE_MAX / 4 - less));
        assert_false(
            nanvm_mut_ref_resize(&ints, on->manager, beyond_memory(0) / 4 - less));
    }
    assert_ptr_equal(ints.object, place);
    expect_items(ints, 3, 3);
    nanvm_mut_ref_drop(ints);
    return true;
}

static void test_length_near_size_max_leaves_the_array_alone(void **state) {
    (void)state;
    on_every_manager(resize_too_far);
}

/* An array larger than what shares a chunk of a local manager. */
static bool resize_large_too_far(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 3000);
    if (ints.object == NULL) {
        return false;
    }
    fill(ints);
    for (size_t less = 0; less < 50; less++) {
        assert_false(
            nanvm_mut_ref_resize(&ints, on->manager, beyond_memory(0) / 4 - less));
    }
    expect_items(ints, 3000, 3000);
    nanvm_mut_ref_drop(ints);
    return true;
}

static void test_large_array_can_not_grow_beyond_memory(void **state) {
    (void)state;
    on_counting_managers(resize_large_too_far);
}

static bool resize_large(const stage *on) {
    nanvm_mut_ref ints = nanvm_new_array(on->manager, &ints_type, NULL, 2000);
    const size_t lengths[] = {2100, 5000, 5001, 4900, 30000, 29000, 700, 100, 4000, 0};
    if (ints.object == NULL) {
        return false;
    }
    bool done = true;
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]) && done; i++) {
        size_t before = nanvm_mut_ref_length(ints);
        fill(ints);
        done = nanvm_mut_ref_resize(&ints, on->manager, lengths[i]);
        expect_items(ints, before, done ? lengths[i] : before);
    }
    nanvm_mut_ref_drop(ints);
    return done;
}

static void test_large_arrays_grow_and_shrink(void **state) {
    (void)state;
    on_counting_managers(resize_large);
}

/* --- with another manager --- */

static bool resize_elsewhere(nanvm_manager *from, nanvm_manager *to, size_t length) {
    stage on = {"from", from, true};
    nanvm_mut_ref refs = array_of_tracked(&on, 20);
    if (refs.object == NULL) {
        return false;
    }
    bool done = nanvm_mut_ref_resize(&refs, to, length);
    size_t now = done ? length : 20;
    assert_int_equal(nanvm_mut_ref_length(refs), now);
    size_t kept = now < 20 ? now : 20;
    for (size_t i = 0; i < kept; i++) {
        nanvm_ref item = ((nanvm_ref *)refs.object)[i];
        assert_int_equal(((const struct tracked *)item.object)->value, i);
    }
    assert_int_equal(tracked_live(), kept);
    nanvm_mut_ref_drop(refs);
    assert_int_equal(tracked_live(), 0);
    return done;
}

static bool between_two(nanvm_manager *a, nanvm_manager *b) {
    return resize_elsewhere(a, b, 25) && resize_elsewhere(a, b, 2) &&
           resize_elsewhere(a, b, 19) && resize_elsewhere(b, a, 25) &&
           resize_elsewhere(b, a, 2) && resize_elsewhere(b, a, 500);
}

static bool among_accounting_local_global(accounting *source) {
    nanvm_local a, b;
    nanvm_local_init_from(&a, &source->manager);
    nanvm_local_init_from(&b, &source->manager);
    nanvm_manager *local = nanvm_local_manager(&a);
    bool done = between_two(&source->manager, local) &&
                between_two(nanvm_global(), local) &&
                between_two(nanvm_global(), &source->manager) &&
                between_two(local, nanvm_local_manager(&b));
    nanvm_local_deinit(&a);
    nanvm_local_deinit(&b);
    return done;
}

static void test_array_can_move_to_another_manager(void **state) {
    (void)state;
    for_each_failure(NANVM_COUNT_PLAIN, among_accounting_local_global);
    for_each_failure(NANVM_COUNT_CUSTOM, among_accounting_local_global);
}

static void test_array_can_leave_its_arena(void **state) {
    fixture *self = *state;
    nanvm_mut_ref refs = nanvm_new_array(self->manager, &refs_type, NULL, 3);
    ((nanvm_ref *)refs.object)[0] = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    assert_true(nanvm_mut_ref_resize(&refs, nanvm_global(), 9));
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(tracked_live(), 1);
    nanvm_mut_ref_drop(refs);
}

static void test_array_can_enter_an_arena(void **state) {
    fixture *self = *state;
    nanvm_mut_ref refs = nanvm_new_array(nanvm_global(), &refs_type, NULL, 3);
    ((nanvm_ref *)refs.object)[0] = nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1));
    assert_true(nanvm_mut_ref_resize(&refs, self->manager, 30));
    assert_int_equal(nanvm_ref_count(nanvm_mut_ref_to_ref(refs)), SIZE_MAX);
    nanvm_arena_deinit(&self->arena);
    assert_int_equal(tracked_live(), 0);
}

/* Whatever lies in front of it: a neighbour that is all zeros isn't a length. */
static void test_what_is_no_array_has_no_length_to_be_changed(void **state) {
    fixture *self = *state;
    enum { POINTS = 20 };
    nanvm_mut_ref points[POINTS];
    for (size_t i = 0; i < POINTS; i++) {
        points[i] = nanvm_new(self->manager, &point_type);
    }
    const struct point none = {0, 0};
    for (size_t i = 0; i < POINTS; i++) {
        assert_false(nanvm_mut_ref_resize(&points[i], self->manager, 1));
        assert_false(nanvm_mut_ref_resize_unset(&points[i], self->manager, 1));
        assert_int_equal(nanvm_mut_ref_length(points[i]), 0);
    }
    for (size_t i = 0; i < POINTS; i++) {
        assert_memory_equal(points[i].object, &none, sizeof(none));
        nanvm_mut_ref_drop(points[i]);
    }
}

/* As a callback of the type says, and not only the table's list. */
static void test_unset_items_that_hold_references_are_zeros(void **state) {
    (void)state;
    accounting source; /* hands out dirty memory */
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_mut_ref boxes = nanvm_new_array(&source.manager, &boxes_type, NULL, 1);
    const uint64_t first = boxed_from_double(1.5);
    ((struct boxed *)boxes.object)->bits = first;
    for (size_t length = 2; length < 100; length += 7) {
        assert_true(nanvm_mut_ref_resize_unset(&boxes, &source.manager, length));
        const struct boxed *items = boxes.object;
        assert_true(items[0].bits == first);
        for (size_t i = 1; i < length; i++) {
            assert_true(items[i].bits == 0);
        }
    }
    nanvm_mut_ref_drop(boxes);
    accounting_deinit(&source);
}

static const struct CMUnitTest tests[] = {
    TEST(test_what_is_no_array_has_no_length_to_be_changed, local),
    TEST(test_unset_items_that_hold_references_are_zeros),
    TEST(test_null_handle_is_accepted_everywhere),
    TEST(test_to_ref_keeps_the_object_in_place),
    TEST(test_discard_leaves_references_alone),
    TEST(test_discard_of_a_shared_object_is_noticed),
    TEST(test_discard_of_what_has_a_drop_is_noticed),
    TEST(test_discarded_objects_are_not_released_by_a_reset),
    TEST(test_move_hands_over_and_leaves_null),
    TEST(test_growing_keeps_items_and_zeroes_new_ones),
    TEST(test_shrinking_keeps_the_items_that_are_left),
    TEST(test_item_that_was_cut_off_comes_back_as_zero),
    TEST(test_unset_items_come_behind_those_that_are_kept),
    TEST(test_references_that_are_cut_off_are_dropped),
    TEST(test_references_move_along_uncounted),
    TEST(test_unset_references_are_null),
    TEST(test_unset_tagged_words_are_zero),
    TEST(test_unset_references_are_null_in_place, local),
    TEST(test_tagged_words_are_kept_where_more_are_unset),
    TEST(test_array_with_room_stays_whatever_manager_is_given, local),
    TEST(test_items_with_two_references_keep_their_counts),
    TEST(test_manager_is_asked_to_resize_in_place),
    TEST(test_length_whose_bytes_wrap_is_refused),
    TEST(test_many_items_are_cut_off_in_place),
    TEST(test_manager_is_not_asked_to_resize_what_is_not_its_own),
    TEST(test_fixed_part_moves_along),
    TEST(test_items_in_the_padding_are_resized),
    TEST(test_tagged_words_are_dropped_when_cut_off),
    TEST(test_over_aligned_arrays_stay_aligned),
    TEST(test_same_length_changes_nothing),
    TEST(test_what_is_no_array_has_length_zero_only),
    TEST(test_length_near_size_max_leaves_the_array_alone),
    TEST(test_large_array_can_not_grow_beyond_memory),
    TEST(test_large_arrays_grow_and_shrink),
    TEST(test_array_can_move_to_another_manager),
    TEST(test_array_can_leave_its_arena, arena_in_buffer),
    TEST(test_array_can_enter_an_arena, arena_in_buffer),
};

RUN_TESTS(tests)
