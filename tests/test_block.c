/* What lies in front of an object, as a manager's author sees it. */
#include "run.h"
#include "stage.h"

static const size_t word_size = sizeof(void *);

static void test_prefix_is_header_length_and_link(void **state) {
    (void)state;
    size_t header = sizeof(nanvm_header);
    size_t length = is_hardened ? 2 * word_size : word_size;
    assert_int_equal(header, is_hardened ? 16 : 8);
    assert_int_equal(nanvm_block_prefix(&point_type), header);
    assert_int_equal(nanvm_block_prefix(&node_type), header);
    assert_int_equal(nanvm_block_prefix(&ints_type), header + length);
    assert_int_equal(nanvm_block_prefix(&tracked_type), header + word_size);
    assert_int_equal(nanvm_block_prefix(&boxed_type), header + word_size);
    assert_int_equal(nanvm_block_prefix(&boxes_type), header + length + word_size);
    assert_int_equal(nanvm_block_prefix(&words_type), header + length + word_size);
}

static void test_block_alone_adds_an_origin(void **state) {
    (void)state;
    const nanvm_type *objects[] = {&point_type, &node_type, &ints_type, &words_type,
                                   &tracked_type};
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        accounting manager;
        accounting_init(&manager, NANVM_COUNT_ATOMIC);
        nanvm_mut_ref made = nanvm_new(&manager.manager, objects[i]);
        size_t front = sizeof(nanvm_origin) + nanvm_block_prefix(objects[i]);
        front = nanvm_layout_round_up(front, is_hardened ? 8 : word_size);
        assert_int_equal(manager.live_bytes, objects[i]->size + front);
        tracked_expect(objects[i] == &tracked_type);
        nanvm_mut_ref_drop(made);
        accounting_deinit(&manager);
    }
}

static bool origin_of(const stage *on, const nanvm_type *type) {
    nanvm_mut_ref made = nanvm_new(on->manager, type);
    if (made.object == NULL) {
        return false;
    }
    const nanvm_origin *origin = nanvm_block_origin(made.object);
    assert_ptr_equal(origin->type, type);
    assert_true((uintptr_t)origin < (uintptr_t)nanvm_block_header(made.object));
    assert_int_equal(nanvm_block_count(made.object), origin->dealloc->table->count);
    nanvm_mut_ref_drop(made);
    return true;
}

static bool origin_of_each(const stage *on) {
    return origin_of(on, &point_type) && origin_of(on, &node_type);
}

static void test_origin_names_type_and_dealloc(void **state) {
    (void)state;
    on_every_manager(origin_of_each);
}

static bool note_count(void *object, size_t length, void *context) {
    (void)length;
    *(int32_t *)context = nanvm_block_count(object);
    return true;
}

/* The numbers are the same in programs that were built long ago. */
static void test_count_of_a_block_is_one_of_those_that_have_names(void **state) {
    fixture *self = *state;
    int32_t count = 0; /* while it comes to be nobody may use it */
    nanvm_mut_ref made =
        nanvm_new_with(self->manager, &point_type, 0, note_count, &count);
    assert_int_equal(count, NANVM_COUNT_DEAD);
    assert_int_equal(nanvm_block_count(made.object), NANVM_COUNT_NONE);
    nanvm_arena_deinit(&self->arena);
    static const nanvm_count counts[] = {NANVM_COUNT_PLAIN, NANVM_COUNT_ATOMIC,
                                         NANVM_COUNT_CUSTOM};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        accounting manager;
        accounting_init(&manager, counts[i]);
        made = nanvm_new_with(&manager.manager, &point_type, 0, note_count, &count);
        assert_int_equal(count, NANVM_COUNT_DEAD);
        assert_int_equal(nanvm_block_count(made.object), counts[i]);
        nanvm_mut_ref_drop(made);
        accounting_deinit(&manager);
    }
}

/* --- a manager with its own arrangement: a slab of one type --- */

enum { SLOTS = 8 };

typedef struct slab {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_origin origin;
    struct slot {
        size_t link_and_length[2];
        nanvm_header header;
        _Alignas(8) struct node node; /* as a hardened build asks for on 32 bits, too */
    } slots[SLOTS];
    bool taken[SLOTS];
} slab;

static size_t slab_live(const slab *self) {
    size_t live = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        live += self->taken[i];
    }
    return live;
}

static void *slab_alloc(nanvm_manager *manager, nanvm_layout layout) {
    (void)manager;
    (void)layout;
    return NULL; /* Blocks only. */
}

static void *slab_new_block(nanvm_manager *manager, const nanvm_type *type, size_t size) {
    slab *self = (slab *)manager;
    size_t i = slab_live(self);
    if (type != self->origin.type || size > sizeof(struct node) || i == SLOTS) {
        return NULL;
    }
    self->taken[i] = true;
    nanvm_block_init(&self->slots[i].node, &self->origin);
    return &self->slots[i].node;
}

static void slab_free_block(nanvm_dealloc *dealloc, void *object) {
    slab *self = (slab *)(void *)((char *)dealloc - offsetof(slab, dealloc));
    struct slot *slot =
        (struct slot *)(void *)((char *)object - offsetof(struct slot, node));
    size_t i = (size_t)(slot - self->slots);
    assert_true(self->taken[i]);
    assert_int_equal(nanvm_block_count(object), NANVM_COUNT_DEAD);
    self->taken[i] = false;
}

static const nanvm_manager_table slab_manager = {.alloc = slab_alloc,
                                                 .new_block = slab_new_block};
static const nanvm_dealloc_table slab_dealloc = {.count = NANVM_COUNT_PLAIN,
                                                 .free_block = slab_free_block};

static void slab_init(slab *self, const nanvm_type *type) {
    memset(self, 0, sizeof(*self));
    self->manager.table = &slab_manager;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &slab_dealloc;
    self->origin.type = type;
    self->origin.dealloc = &self->dealloc;
}

static void test_manager_with_its_own_blocks_shares_an_origin(void **state) {
    (void)state;
    slab self;
    slab_init(&self, &node_type);
    nanvm_ref chain = null_ref();
    for (size_t i = 0; i < SLOTS; i++) {
        struct node value = {chain, i, null_ref()};
        chain = nanvm_mut_ref_to_ref(nanvm_new_copy(&self.manager, &node_type, &value));
        assert_ptr_equal(nanvm_block_origin(chain.object), &self.origin);
    }
    assert_null(nanvm_new(&self.manager, &node_type).object);
    assert_null(nanvm_new(&self.manager, &point_type).object);
    assert_int_equal(slab_live(&self), SLOTS);
    nanvm_ref_drop(chain);
    assert_int_equal(slab_live(&self), 0);
}

/* It holds nothing, and fits into a slot. */
static const nanvm_type number_type = {
    .name = "number", .size = sizeof(size_t), .align = _Alignof(size_t)};

/* So a manager sees a second drop as long as it keeps the block. */
static void test_object_counts_as_dropped_when_its_block_is_freed(void **state) {
    (void)state;
    slab nodes, points;
    slab_init(&nodes, &node_type);
    slab_init(&points, &number_type);
    nanvm_ref point = nanvm_mut_ref_to_ref(nanvm_new(&points.manager, &number_type));
    struct node value = {point, 0, null_ref()};
    nanvm_mut_ref_drop(nanvm_new_copy(&nodes.manager, &node_type, &value));
    assert_int_equal(nanvm_block_count(point.object), NANVM_COUNT_DEAD);
    nanvm_mut_ref_drop(nanvm_new(&points.manager, &number_type));
    assert_int_equal(slab_live(&nodes) + slab_live(&points), 0);
}

/* Whether it dies as a Ref or as a MutRef. */
static void test_block_with_an_atomic_count_is_freed_by_free_block(void **state) {
    (void)state;
    static const nanvm_dealloc_table atomic = {.count = NANVM_COUNT_ATOMIC,
                                               .free_block = slab_free_block};
    slab numbers;
    slab_init(&numbers, &number_type);
    numbers.dealloc.table = &atomic;
    nanvm_ref number = nanvm_mut_ref_to_ref(nanvm_new(&numbers.manager, &number_type));
    nanvm_ref_drop(nanvm_ref_clone(number));
    assert_int_equal(slab_live(&numbers), 1);
    nanvm_ref_drop(number);
    assert_int_equal(slab_live(&numbers), 0);
    nanvm_mut_ref_drop(nanvm_new(&numbers.manager, &number_type));
    assert_int_equal(slab_live(&numbers), 0);
}

/* Only the library's own origins are followed by what an array has room for. */
static void test_array_of_references_with_a_shared_origin_is_dropped(void **state) {
    (void)state;
    slab self;
    slab_init(&self, &refs_type);
    nanvm_ref refs[] = {nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 1)),
                        nanvm_mut_ref_to_ref(tracked_new(nanvm_global(), 2))};
    nanvm_mut_ref array = nanvm_new_array(&self.manager, &refs_type, refs, 2);
    assert_non_null(array.object);
    nanvm_mut_ref_drop(array);
    assert_int_equal(tracked_live(), 0);
    assert_int_equal(slab_live(&self), 0);
}

static void test_array_without_resize_block_moves(void **state) {
    (void)state;
    slab self;
    slab_init(&self, &ints_type);
    nanvm_mut_ref ints = nanvm_new_array(&self.manager, &ints_type, NULL, 1);
    ((int *)ints.object)[0] = 5;
    void *place = ints.object;
    assert_true(nanvm_mut_ref_resize(&ints, &self.manager, 2));
    assert_ptr_not_equal(ints.object, place);
    assert_int_equal(((int *)ints.object)[0], 5);
    assert_int_equal(((int *)ints.object)[1], 0);
    assert_int_equal(slab_live(&self), 1);
    nanvm_mut_ref_drop(ints);
    assert_int_equal(slab_live(&self), 0);
}

static const struct CMUnitTest tests[] = {
    TEST(test_prefix_is_header_length_and_link),
    TEST(test_block_alone_adds_an_origin),
    TEST(test_origin_names_type_and_dealloc),
    TEST(test_count_of_a_block_is_one_of_those_that_have_names, arena_in_buffer),
    TEST(test_manager_with_its_own_blocks_shares_an_origin),
    TEST(test_object_counts_as_dropped_when_its_block_is_freed),
    TEST(test_block_with_an_atomic_count_is_freed_by_free_block),
    TEST(test_array_of_references_with_a_shared_origin_is_dropped),
    TEST(test_array_without_resize_block_moves),
};

RUN_TESTS(tests)
