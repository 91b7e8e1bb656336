/* Who counts and who frees, written through the public headers alone. */
#include "pages.h"
#include "run.h"
#include "stage.h"

/* --- a custom count that keeps a record of what it was asked --- */

typedef struct recorder {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    size_t updates[3];
    size_t freed;
    const size_t *counter; /* The same for every update of one block. */
    nanvm_layout layout;
    _Alignas(64) unsigned char memory[256];
} recorder;

static recorder *recorder_of(nanvm_dealloc *dealloc) {
    return (recorder *)(void *)((char *)dealloc - offsetof(recorder, dealloc));
}

static void *recorder_alloc(nanvm_manager *manager, nanvm_layout layout) {
    recorder *self = (recorder *)manager;
    assert_true(layout.size <= sizeof(self->memory));
    memset(self->memory, 0xa5, sizeof(self->memory));
    self->layout = layout;
    return self->memory;
}

static size_t recorder_update(nanvm_dealloc *dealloc, size_t *counter,
                              nanvm_ref_counter_update update) {
    recorder *self = recorder_of(dealloc);
    if (self->counter == NULL) {
        assert_int_equal(*counter, 0);
        self->counter = counter;
    }
    assert_ptr_equal(counter, self->counter);
    self->updates[update]++;
    size_t others = *counter;
    *counter += update == NANVM_REF_COUNTER_ADD ? 1U : 0U;
    *counter -= update == NANVM_REF_COUNTER_RELEASE && others > 0 ? 1U : 0U;
    return others;
}

static void recorder_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    recorder *self = recorder_of(dealloc);
    assert_ptr_equal(memory, self->memory);
    assert_memory_equal(&layout, &self->layout, sizeof(layout));
    self->freed++;
}

static const nanvm_manager_table recorder_manager = {.alloc = recorder_alloc};
static const nanvm_dealloc_table recorder_table = {.count = NANVM_COUNT_CUSTOM,
                                                   .ref_counter_update = recorder_update,
                                                   .dealloc = recorder_dealloc};

static void recorder_init(recorder *self) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &recorder_manager;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &recorder_table;
}

static void expect_updates(const recorder *self, size_t add, size_t release) {
    assert_int_equal(self->updates[NANVM_REF_COUNTER_ADD], add);
    assert_int_equal(self->updates[NANVM_REF_COUNTER_RELEASE], release);
}

static void test_custom_count_is_asked_for_every_change(void **state) {
    (void)state;
    recorder self;
    recorder_init(&self);
    nanvm_ref a = nanvm_mut_ref_to_ref(nanvm_new(&self.manager, &point_type));
    expect_updates(&self, 0, 0);
    nanvm_ref b = nanvm_ref_clone(a);
    expect_updates(&self, 1, 0);
    assert_int_equal(nanvm_ref_count(a), 1);
    assert_int_equal(self.updates[NANVM_REF_COUNTER_READ], 1);
    nanvm_ref_drop(b);
    expect_updates(&self, 1, 1);
    assert_int_equal(self.freed, 0);
    nanvm_ref_drop(a);
    expect_updates(&self, 1, 2);
    assert_int_equal(self.freed, 1);
}

static void test_custom_count_of_zero_grants_exclusive_access(void **state) {
    (void)state;
    recorder self;
    recorder_init(&self);
    nanvm_ref a = nanvm_mut_ref_to_ref(nanvm_new(&self.manager, &point_type));
    nanvm_mut_ref out;
    assert_true(nanvm_ref_try_to_mut_ref(&a, &out));
    assert_int_equal(self.updates[NANVM_REF_COUNTER_READ], 1);
    nanvm_mut_ref_drop(out);
    assert_int_equal(self.freed, 1);
}

static void test_custom_count_serves_every_type(void **state) {
    (void)state;
    const nanvm_type *objects[] = {&point_type,   &boxed_type, &line_type,
                                   &nothing_type, &ints_type,  &words_type};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        recorder self;
        recorder_init(&self);
        nanvm_mut_ref made = nanvm_new(&self.manager, objects[i]);
        memset(made.object, 0, objects[i]->size);
        nanvm_ref ref = nanvm_ref_clone(nanvm_mut_ref_to_ref(made));
        nanvm_ref_drop(ref);
        nanvm_ref_drop(ref);
        expect_updates(&self, 1, 2);
        assert_int_equal(self.freed, 1);
    }
}

/* --- a mock: it doesn't really count --- */

static size_t mock_update(nanvm_dealloc *dealloc, size_t *counter,
                          nanvm_ref_counter_update update) {
    (void)dealloc;
    (void)counter;
    (void)update;
    return 1;
}

static void test_mock_that_answers_one_is_never_freed_nor_taken(void **state) {
    (void)state;
    recorder self;
    recorder_init(&self);
    nanvm_dealloc_table mock = recorder_table;
    mock.ref_counter_update = mock_update;
    self.dealloc.table = &mock;
    nanvm_mut_ref made = nanvm_new(&self.manager, &point_type);
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref out;
    assert_int_equal(nanvm_ref_count(ref), 1);
    assert_false(nanvm_ref_try_to_mut_ref(&ref, &out));
    nanvm_ref_drop(ref);
    nanvm_ref_drop(ref);
    nanvm_mut_ref_drop(made);
    assert_int_equal(self.freed, 0);
}

/* --- no count --- */

static void test_uncounted_block_looks_shared_and_stays(void **state) {
    (void)state;
    accounting manager;
    accounting_init(&manager, NANVM_COUNT_NONE);
    nanvm_mut_ref made = tracked_new(&manager.manager, 1);
    nanvm_ref ref = nanvm_mut_ref_to_ref(made);
    nanvm_mut_ref out;
    assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
    assert_false(nanvm_ref_try_to_mut_ref(&ref, &out));
    nanvm_ref_drop(nanvm_ref_clone(ref));
    nanvm_ref_drop(ref);
    nanvm_mut_ref_drop(made);
    assert_int_equal(manager.live_blocks, 1);
    assert_int_equal(tracked_live(), 1);
    tracked_forget(1);
    accounting_abandon(&manager);
}

static bool refuse(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    return false;
}

/* The header: a slot that isn't needed is NULL. */
static void test_uncounted_manager_needs_no_dealloc(void **state) {
    (void)state;
    accounting manager;
    accounting_init(&manager, NANVM_COUNT_NONE);
    manager.manager_table.resize = NULL;
    manager.dealloc_table.dealloc = NULL;
    assert_null(nanvm_new_with(&manager.manager, &ints_type, 2, refuse, NULL).object);
    nanvm_mut_ref ints = nanvm_new_array(&manager.manager, &ints_type, NULL, 2);
    assert_true(nanvm_mut_ref_resize(&ints, &manager.manager, 50));
    nanvm_layout layout = nanvm_layout_make(9, 1);
    void *memory = nanvm_manager_alloc(&manager.manager, layout);
    memory = nanvm_manager_resize(&manager.manager, memory, layout, 20);
    nanvm_manager_dealloc(&manager.manager, memory, nanvm_layout_make(20, 1));
    accounting_abandon(&manager);
}

/* --- a dealloc whose storage goes with its last block --- */

typedef struct orphanage {
    nanvm_dealloc dealloc;
    nanvm_manager *source;
    size_t blocks;
    bool *gone;
} orphanage;

static void orphanage_free(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    orphanage *self = (orphanage *)dealloc;
    nanvm_manager_dealloc(self->source, memory, layout);
    if (--self->blocks == 0) {
        *self->gone = true;
        nanvm_manager_dealloc(self->source, self, NANVM_LAYOUT_OF(orphanage));
    }
}

static const nanvm_dealloc_table orphanage_table = {.count = NANVM_COUNT_PLAIN,
                                                    .dealloc = orphanage_free};

typedef struct nursery {
    nanvm_manager manager;
    orphanage *state;
} nursery;

static void *nursery_alloc(nanvm_manager *manager, nanvm_layout layout) {
    orphanage *state = ((nursery *)manager)->state;
    void *memory = nanvm_manager_alloc(state->source, layout);
    state->blocks += memory != NULL;
    return memory;
}

static const nanvm_manager_table nursery_table = {.alloc = nursery_alloc};

static bool nursery_init(nursery *self, nanvm_manager *source, bool *gone) {
    orphanage *state = nanvm_manager_alloc(source, NANVM_LAYOUT_OF(orphanage));
    if (state != NULL) {
        const orphanage value = {{&orphanage_table}, source, 0, gone};
        *state = value;
        const nursery made = {{&nursery_table, &state->dealloc, 0, NULL}, state};
        *self = made;
    }
    return state != NULL;
}

static void test_dealloc_may_free_itself_with_its_last_block(void **state) {
    fixture *self = *state;
    bool gone = false;
    nursery manager;
    assert_true(nursery_init(&manager, self->manager, &gone));
    struct node value = {
        .left = nanvm_mut_ref_to_ref(nanvm_new(&manager.manager, &point_type))};
    nanvm_mut_ref node = nanvm_new_copy(&manager.manager, &node_type, &value);
    memset(&manager, 0, sizeof(manager)); /* The manager is gone. */
    assert_false(gone);
    nanvm_mut_ref_drop(node);
    assert_true(gone);
}

/* --- one that is no larger than it has to be --- */

static void *alloc_static(nanvm_manager *self, nanvm_layout layout) {
    static _Alignas(16) unsigned char memory[256];
    (void)self;
    assert_true(layout.size <= sizeof(memory));
    return memory;
}

static void dealloc_static(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    (void)memory;
    (void)layout;
}

/* Managers look whether an array of another one is theirs. */
static void move_to(nanvm_manager *manager, nanvm_dealloc *dealloc) {
    static const nanvm_manager_table table = {.alloc = alloc_static};
    nanvm_manager from = {.table = &table, .dealloc = dealloc};
    nanvm_mut_ref_drop(nanvm_new(manager, &ints_type));
    nanvm_mut_ref array = nanvm_new_array(&from, &ints_type, NULL, 3);
    assert_true(nanvm_mut_ref_resize(&array, manager, 5));
    assert_int_equal(nanvm_mut_ref_length(array), 5);
    nanvm_mut_ref_drop(array);
}

/* It lies at the end of a page, and the page behind can't be read. */
static void test_nothing_behind_a_dealloc_is_read(void **state) {
    fixture *self = *state;
    static const nanvm_dealloc_table table = {.count = NANVM_COUNT_PLAIN,
                                              .dealloc = dealloc_static};
    needs_pages();
    unsigned char *memory = map_pages(2);
    unsigned char *closed = memory + page_size();
    close_page(closed);
    nanvm_dealloc *dealloc = (nanvm_dealloc *)(void *)closed - 1;
    dealloc->table = &table;
    move_to(self->manager, dealloc);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    move_to(nanvm_arena_manager(&arena), dealloc);
    nanvm_arena_deinit(&arena);
    unmap_pages(memory, 2);
}

static unsigned char *end_of_memory;

static void *alloc_at_the_end(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return end_of_memory - nanvm_layout_round_up(layout.size, layout.align);
}

/* An array at the end of a page; the page behind can't be read. */
static nanvm_mut_ref new_at_the_end(unsigned char *pages, const nanvm_type *type,
                                    size_t length) {
    static const nanvm_manager_table table = {.alloc = alloc_at_the_end};
    static const nanvm_dealloc_table own = {.count = NANVM_COUNT_PLAIN,
                                            .dealloc = dealloc_static};
    static nanvm_dealloc dealloc = {&own};
    nanvm_manager from = {.table = &table, .dealloc = &dealloc};
    end_of_memory = pages + page_size();
    close_page(end_of_memory);
    return nanvm_new_array(&from, type, NULL, length);
}

static void test_nothing_behind_an_array_that_moves_is_read(void **state) {
    fixture *self = *state;
    needs_pages();
    unsigned char *memory = map_pages(2);
    nanvm_mut_ref array = new_at_the_end(memory, &ints_type, 4);
    assert_true(nanvm_mut_ref_resize_unset(&array, self->manager, 8));
    assert_int_equal(((const int *)array.object)[3], 0);
    nanvm_mut_ref_drop(array);
    unmap_pages(memory, 2);
}

static void test_nothing_behind_an_array_that_is_cloned_is_read(void **state) {
    fixture *self = *state;
    needs_pages();
    unsigned char *memory = map_pages(2);
    nanvm_ref array = nanvm_mut_ref_to_ref(new_at_the_end(memory, &ints_type, 4));
    nanvm_mut_ref copy = nanvm_ref_clone_resized(array, self->manager, 8);
    assert_int_equal(nanvm_mut_ref_length(copy), 8);
    assert_int_equal(((const int *)copy.object)[3], 0);
    nanvm_mut_ref_drop(copy);
    nanvm_ref_drop(array);
    unmap_pages(memory, 2);
}

static void test_nothing_behind_an_empty_array_that_a_callback_drops_is_read(
    void **state) {
    fixture *self = *state;
    needs_pages();
    unsigned char *memory = map_pages(2);
    nanvm_mut_ref array = new_at_the_end(memory, &refs_type, 0);
    struct hidden value = {nanvm_mut_ref_to_ref(array)};
    nanvm_mut_ref_drop(nanvm_new_copy(self->manager, &hidden_type, &value));
    unmap_pages(memory, 2);
}

static const struct CMUnitTest tests[] = {
    TEST(test_custom_count_is_asked_for_every_change),
    TEST(test_custom_count_of_zero_grants_exclusive_access),
    TEST(test_custom_count_serves_every_type),
    TEST(test_mock_that_answers_one_is_never_freed_nor_taken),
    TEST(test_uncounted_block_looks_shared_and_stays),
    TEST(test_uncounted_manager_needs_no_dealloc),
    TEST(test_dealloc_may_free_itself_with_its_last_block, source),
    TEST(test_nothing_behind_a_dealloc_is_read, local),
    TEST(test_nothing_behind_an_array_that_moves_is_read, local),
    TEST(test_nothing_behind_an_array_that_is_cloned_is_read, local),
    TEST(test_nothing_behind_an_empty_array_that_a_callback_drops_is_read, local),
};

RUN_TESTS(tests)
