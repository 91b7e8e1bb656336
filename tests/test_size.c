/* Sizes and alignments at their limits, for every way to create an object: what the
 * manager is asked for, and that it isn't asked for what can't be. */
#include "run.h"
#include "stage.h"

/* A manager that has nothing, and remembers what it was asked for. */
typedef struct refuser {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    size_t asked;
    size_t size;
    size_t align; /* 0: it was a block that was asked for */
} refuser;

static void *refuse_memory(nanvm_manager *manager, nanvm_layout layout) {
    refuser *self = (refuser *)manager;
    assert_true(nanvm_layout_is_valid(layout));
    assert_true(layout.align >= sizeof(void *));
    self->asked++;
    self->size = layout.size;
    self->align = layout.align;
    return NULL;
}

static void *refuse_block(nanvm_manager *manager, const nanvm_type *type, size_t size) {
    refuser *self = (refuser *)manager;
    assert_true(nanvm_layout_is_valid(nanvm_layout_make(size, type->align)));
    self->asked++;
    self->size = size;
    self->align = 0;
    return NULL;
}

static const nanvm_manager_table memory_table = {.alloc = refuse_memory};
static const nanvm_manager_table block_table = {.alloc = refuse_memory,
                                                .new_block = refuse_block};
static const nanvm_dealloc_table plain_table = {.count = NANVM_COUNT_PLAIN};

static void refuser_init(refuser *self, const nanvm_manager_table *table) {
    memset(self, 0, sizeof(*self));
    self->manager.table = table;
    self->manager.dealloc = &self->dealloc;
    self->dealloc.table = &plain_table;
}

/* --- every way to create --- */

typedef nanvm_mut_ref creator(nanvm_manager *manager, const nanvm_type *type,
                              size_t length);

/* What the compiler doesn't know. */
static nanvm_mut_ref by_new(nanvm_manager *manager, const nanvm_type *type,
                            size_t length) {
    const nanvm_type *volatile unknown = type;
    (void)length;
    return nanvm_new(manager, unknown);
}

static nanvm_mut_ref by_copy(nanvm_manager *manager, const nanvm_type *type,
                             size_t length) {
    const nanvm_type *volatile unknown = type;
    (void)length;
    return nanvm_new_copy(manager, unknown, type);
}

static nanvm_mut_ref by_array(nanvm_manager *manager, const nanvm_type *type,
                              size_t length) {
    return nanvm_new_array(manager, type, NULL, length);
}

static nanvm_mut_ref by_items(nanvm_manager *manager, const nanvm_type *type,
                              size_t length) {
    return nanvm_new_array(manager, type, type, length);
}

static nanvm_mut_ref by_unset(nanvm_manager *manager, const nanvm_type *type,
                              size_t length) {
    const nanvm_type *volatile unknown = type;
    (void)length;
    return nanvm_new_unset(manager, unknown);
}

static nanvm_mut_ref by_unset_array(nanvm_manager *manager, const nanvm_type *type,
                                    size_t length) {
    return nanvm_new_array_unset(manager, type, length);
}

static bool never_called(void *object, size_t length, void *context) {
    (void)object;
    (void)length;
    (void)context;
    fail();
    return false;
}

static nanvm_mut_ref by_construct(nanvm_manager *manager, const nanvm_type *type,
                                  size_t length) {
    return nanvm_new_with(manager, type, length, never_called, NULL);
}

/* An array of another manager, made longer. */
static nanvm_mut_ref by_resize(nanvm_manager *manager, const nanvm_type *type,
                               size_t length) {
    accounting other;
    accounting_init(&other, NANVM_COUNT_PLAIN);
    nanvm_mut_ref array = nanvm_new_array(&other.manager, type, NULL, 0);
    assert_non_null(array.object);
    assert_false(nanvm_mut_ref_resize(&array, manager, length));
    assert_false(nanvm_mut_ref_resize_unset(&array, manager, length));
    assert_int_equal(nanvm_mut_ref_length(array), 0);
    nanvm_mut_ref_drop(array);
    accounting_deinit(&other);
    return (nanvm_mut_ref){NULL};
}

/* A clone of an array of another manager, made longer. */
static nanvm_mut_ref by_clone(nanvm_manager *manager, const nanvm_type *type,
                              size_t length) {
    accounting other;
    accounting_init(&other, NANVM_COUNT_PLAIN);
    nanvm_mut_ref array = nanvm_new_array(&other.manager, type, NULL, 0);
    assert_non_null(array.object);
    nanvm_mut_ref clone =
        nanvm_ref_clone_resized(nanvm_mut_ref_to_ref(array), manager, length);
    nanvm_mut_ref_drop(array);
    accounting_deinit(&other);
    return clone;
}

/* Whether the manager was asked; what for is in it. */
static bool asks(refuser *self, creator *create, const nanvm_type *type, size_t length) {
    size_t before = self->asked;
    assert_null(create(&self->manager, type, length).object);
    return self->asked > before;
}

/* --- arrays --- */

static const size_t limit = (size_t)PTRDIFF_MAX;

static void expect_length(refuser *self, creator *create, const nanvm_type *type,
                          size_t length) {
    size_t size = type->items_offset + length * type->item_size;
    size = size < type->size ? type->size : size;
    assert_true(asks(self, create, type, length));
    assert_int_equal(self->size, size);
    size_t found = 0;
    assert_true(nanvm_type_size(type, length, &found));
    assert_int_equal(found, size);
}

static void try_lengths(creator *create, const nanvm_type *type) {
    refuser self;
    refuser_init(&self, &block_table);
    size_t most = (limit - (type->align - 1) - type->items_offset) / type->item_size;
    const size_t fitting[] = {1, 2, (size_t)1 << 16, most - 1, most};
    for (size_t i = 0; i < sizeof(fitting) / sizeof(fitting[0]); i++) {
        expect_length(&self, create, type, fitting[i]);
    }
    /* Around what the product of two halves of a word has room for. */
    size_t half = (size_t)1 << (sizeof(size_t) * 4 - 1);
    for (size_t length = half - 2; length < half + 2 && length <= most; length++) {
        expect_length(&self, create, type, length);
    }
    size_t wraps = SIZE_MAX / type->item_size + 1;
    const size_t not_fitting[] = {most + 1, wraps - 1, wraps, wraps + 1, SIZE_MAX - 1};
    for (size_t i = 0; i < sizeof(not_fitting) / sizeof(not_fitting[0]); i++) {
        assert_false(asks(&self, create, type, not_fitting[i]));
    }
}

static creator *const array_creators[] = {by_array,     by_items,  by_unset_array,
                                          by_construct, by_resize, by_clone};

static void test_longest_array_is_asked_for_and_none_longer(void **state) {
    (void)state;
    const nanvm_type types[] = {
        {.name = "pairs", .align = 1, .item_size = 2},
        {.name = "words", .align = 8, .item_size = 8},
        {.name = "behind", .size = 40, .align = 8, .item_size = 24, .items_offset = 36},
        {.name = "lines", .align = 64, .item_size = 64, .items_offset = 64},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        for (size_t k = 0; k < sizeof(array_creators) / sizeof(array_creators[0]); k++) {
            try_lengths(array_creators[k], &types[i]);
        }
    }
}

/* Items so large, or so far from the object, that two are too many. */
static void test_items_beyond_all_memory_are_refused(void **state) {
    (void)state;
    refuser self;
    refuser_init(&self, &block_table);
    const nanvm_type large = {.name = "large", .align = 1, .item_size = limit / 2 + 1};
    const nanvm_type far = {
        .name = "far", .align = 1, .item_size = 1, .items_offset = limit - 1};
    const nanvm_type beyond = {
        .name = "beyond", .align = 1, .item_size = 1, .items_offset = limit + 1};
    for (size_t k = 0; k < 4; k++) { /* whose arrays without items can't be made */
        expect_length(&self, array_creators[k], &large, 1);
        assert_false(asks(&self, array_creators[k], &large, 2));
        expect_length(&self, array_creators[k], &far, 1);
        assert_false(asks(&self, array_creators[k], &far, 2));
        assert_false(asks(&self, array_creators[k], &beyond, 1));
        assert_false(asks(&self, array_creators[k], &beyond, SIZE_MAX / 2 + 1));
    }
}

/* Both numbers are powers of two: what is left of their product is nothing. */
static void test_items_whose_bytes_overflow_are_refused(void **state) {
    (void)state;
    refuser self;
    refuser_init(&self, &block_table);
    const size_t bits = 8 * sizeof(size_t);
    for (size_t i = 1; i < bits - 1; i++) {
        const nanvm_type type = {
            .name = "large", .align = 1, .item_size = (size_t)1 << i};
        for (size_t k = bits - i; k < bits; k++) {
            for (size_t n = 0; n < sizeof(array_creators) / sizeof(array_creators[0]);
                 n++) {
                assert_false(asks(&self, array_creators[n], &type, (size_t)1 << k));
            }
        }
    }
}

static void test_what_has_no_items_has_no_length(void **state) {
    (void)state;
    refuser self;
    refuser_init(&self, &block_table);
    const nanvm_type plain = {.name = "plain", .size = 8, .align = 8};
    for (size_t k = 0; k < sizeof(array_creators) / sizeof(array_creators[0]); k++) {
        assert_false(asks(&self, array_creators[k], &plain, 1));
        assert_false(asks(&self, array_creators[k], &plain, SIZE_MAX));
    }
}

/* --- fixed parts and alignments --- */

static creator *const creators[] = {by_new,   by_copy,        by_unset,    by_array,
                                    by_items, by_unset_array, by_construct};

/* Of arrays as of others: without items they are alike. */
static void try_fixed_part(size_t size, size_t align, bool expected) {
    refuser self;
    refuser_init(&self, &block_table);
    for (size_t item_size = 0; item_size <= 8; item_size += 8) {
        const nanvm_type type = {
            .name = "fixed", .size = size, .align = align, .item_size = item_size};
        for (size_t i = 0; i < sizeof(creators) / sizeof(creators[0]); i++) {
            assert_int_equal(asks(&self, creators[i], &type, 0), expected);
            assert_true(!expected || self.size == size);
        }
        size_t found = 77;
        assert_int_equal(nanvm_type_size(&type, 0, &found), expected);
        assert_int_equal(found, expected ? size : 77);
    }
}

static void test_largest_fixed_part_is_asked_for_and_none_larger(void **state) {
    (void)state;
    for (size_t align = 1; align != 0 && align <= limit; align *= 2) {
        try_fixed_part(0, align, true);
        try_fixed_part(limit - (align - 1), align, true);
        try_fixed_part(limit - (align - 1) + 1, align, false);
        try_fixed_part(SIZE_MAX - 64, align, false);
    }
}

static void test_alignment_that_is_none_is_refused(void **state) {
    (void)state;
    const size_t none[] = {0, 3, 6, 24, limit, limit + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        try_fixed_part(0, none[i], false);
        try_fixed_part(8, none[i], false);
    }
}

/* --- with an origin of its own --- */

/* What is in front of the object has to fit, too. */
static void try_alone(creator *create, size_t item_size, size_t align, size_t front) {
    refuser self;
    refuser_init(&self, &memory_table);
    size_t least_align = is_hardened ? 8 : sizeof(void *);
    size_t word_align = align < least_align ? least_align : align;
    size_t prefix = nanvm_layout_round_up(front, word_align);
    size_t most = limit - (word_align - 1) - prefix;
    nanvm_type type = {.name = "alone", .align = align, .item_size = item_size};
    type.size = most;
    assert_true(asks(&self, create, &type, 0));
    assert_int_equal(self.size, limit - (word_align - 1));
    assert_int_equal(self.align, word_align);
    for (size_t more = 1; more < 2 * prefix; more++) {
        type.size = most + more;
        assert_false(asks(&self, create, &type, 0));
    }
    const size_t sizes[] = {limit - prefix, limit - prefix + 1, limit, limit + 1};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        type.size = sizes[i];
        assert_false(asks(&self, create, &type, 0));
    }
}

static void test_block_of_its_own_has_room_for_its_front(void **state) {
    (void)state;
    size_t front = sizeof(nanvm_header) + sizeof(nanvm_origin);
    size_t length = (is_hardened ? 2 : 1) * sizeof(size_t);
    for (size_t align = 1; align <= 4096; align *= 2) {
        for (size_t i = 0; i < sizeof(creators) / sizeof(creators[0]); i++) {
            try_alone(creators[i], 0, align, front);
            try_alone(creators[i], 8, align, front + length);
        }
    }
}

/* There the front takes as much as the alignment. */
static void test_block_of_its_own_at_the_largest_alignments(void **state) {
    (void)state;
    refuser self;
    refuser_init(&self, &memory_table);
    for (size_t align = 8192; align <= limit / 2 + 1; align *= 2) {
        size_t most = limit - (align - 1) - align;
        nanvm_type type = {.name = "alone", .align = align};
        for (size_t i = 0; i < sizeof(creators) / sizeof(creators[0]); i++) {
            type.size = most;
            assert_true(asks(&self, creators[i], &type, 0));
            assert_int_equal(self.size, align + most);
            assert_int_equal(self.align, align);
            type.size = most + 1;
            assert_false(asks(&self, creators[i], &type, 0));
        }
    }
}

/* --- raw memory --- */

static bool asks_for(refuser *self, nanvm_layout layout) {
    size_t before = self->asked;
    assert_null(nanvm_manager_alloc(&self->manager, layout));
    bool asked = self->asked > before;
    assert_null(nanvm_manager_resize(&self->manager, NULL,
                                     nanvm_layout_make(1, layout.align), layout.size));
    assert_int_equal(self->asked - before, asked ? 2 : 0);
    return asked;
}

static void test_raw_memory_at_its_limits(void **state) {
    (void)state;
    SKIP_IF_HARDENED("more is in front");
    refuser self;
    refuser_init(&self, &memory_table);
    for (size_t align = 1; align != 0 && align <= limit; align *= 2) {
        size_t least = align < sizeof(void *) ? sizeof(void *) : align;
        assert_true(asks_for(&self, nanvm_layout_make(0, align)) ||
                    align == limit / 2 + 1);
        assert_int_equal(self.size, 1);
        size_t most = limit - (least - 1);
        if (most > 0) {
            assert_true(asks_for(&self, nanvm_layout_make(most, align)));
            assert_int_equal(self.size, most);
            assert_int_equal(self.align, least);
        }
        for (size_t more = 1; more <= sizeof(void *); more++) {
            assert_false(asks_for(&self, nanvm_layout_make(most + more, align)));
        }
    }
    const size_t none[] = {0, 3, 6, 24, limit, limit + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(asks_for(&self, nanvm_layout_make(0, none[i])));
        assert_false(asks_for(&self, nanvm_layout_make(8, none[i])));
        assert_false(asks_for(&self, nanvm_layout_make(limit, none[i])));
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_longest_array_is_asked_for_and_none_longer),
    TEST(test_items_beyond_all_memory_are_refused),
    TEST(test_items_whose_bytes_overflow_are_refused),
    TEST(test_what_has_no_items_has_no_length),
    TEST(test_largest_fixed_part_is_asked_for_and_none_larger),
    TEST(test_alignment_that_is_none_is_refused),
    TEST(test_block_of_its_own_has_room_for_its_front),
    TEST(test_block_of_its_own_at_the_largest_alignments),
    TEST(test_raw_memory_at_its_limits),
};

RUN_TESTS(tests)
