/* The origin of blocks in a hardened build: who writes it, and when. */
#include "misuse.h"
#include "objects.h"
#include "pages.h"
#include "run.h"
#include "stage.h"

/* --- one that blocks share, as managers of users have them --- */

static void free_nothing(nanvm_dealloc *self, void *object) {
    (void)self;
    (void)object;
}

static const nanvm_dealloc_table table = {.count = NANVM_COUNT_ATOMIC,
                                          .free_block = free_nothing};
static nanvm_dealloc dealloc = {&table};

/* At `memory` the origin, and the blocks at a distance. */
static void *init_block(unsigned char *memory, size_t distance) {
    void *object = memory + distance;
    nanvm_block_init(object, (nanvm_origin *)(void *)memory);
    return object;
}

static void test_origin_is_sealed_anew_for_another_type(void **state) {
    (void)state;
    static _Alignas(16) unsigned char memory[256];
    nanvm_origin *origin = (nanvm_origin *)(void *)memory;
    *origin = (nanvm_origin){.type = &point_type, .dealloc = &dealloc};
    assert_ptr_equal(nanvm_block_origin(init_block(memory, 64))->type, &point_type);
    *origin = (nanvm_origin){.type = &node_type, .dealloc = &dealloc};
    assert_ptr_equal(nanvm_block_origin(init_block(memory, 128))->type, &node_type);
}

/* Another thread may read the origin while a block is created, so it is only read by
 * then: here it can't be written. */
static void test_origin_is_written_for_its_first_block_only(void **state) {
    (void)state;
    needs_pages();
    unsigned char *memory = map_pages(2);
    size_t page = page_size();
    *(nanvm_origin *)(void *)memory =
        (nanvm_origin){.type = &point_type, .dealloc = &dealloc};
    void *first = init_block(memory, page + 64);
    make_page_read_only(memory);
    void *second = init_block(memory, page + 128);
    assert_ptr_equal(nanvm_block_origin(first), nanvm_block_origin(second));
    unmap_pages(memory, 2);
}

/* --- those of the library --- */

/* A type with a callback has a word more in front, and an array another one. */
static void tracked_items_drop(void *object, size_t length) {
    (void)object;
    (void)length;
}

static const nanvm_type tracked_items_type = {.name = "tracked_items",
                                              .align = NANVM_ALIGNOF(size_t),
                                              .item_size = sizeof(size_t),
                                              .drop = tracked_items_drop};

static bool origins_are_aligned(const stage *on) {
    static const nanvm_type *const types[] = {&point_type, &tracked_items_type,
                                              &ints_type};
    bool made_all = true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        nanvm_mut_ref made = nanvm_new(on->manager, types[i]);
        if (made.object != NULL) {
            assert_true(
                is_aligned(nanvm_block_origin(made.object), NANVM_ALIGNOF(nanvm_origin)));
        }
        made_all &= made.object != NULL;
        nanvm_mut_ref_drop(made);
    }
    return made_all;
}

static void test_origins_are_aligned(void **state) {
    (void)state;
    on_every_manager(origins_are_aligned);
}

/* --- a table that claims what only the library's do --- */

static void init_block_of(void *context) {
    static _Alignas(16) unsigned char memory[256];
    *(nanvm_origin *)(void *)memory =
        (nanvm_origin){.type = &point_type, .dealloc = context};
    (void)init_block(memory, 64);
}

static void *alloc_static(nanvm_manager *self, nanvm_layout layout) {
    static _Alignas(16) unsigned char memory[256];
    (void)self;
    return layout.size <= sizeof(memory) ? memory : NULL;
}

static void create_with(void *context) {
    static const nanvm_manager_table without_blocks = {.alloc = alloc_static};
    nanvm_manager manager = {.table = &without_blocks, .dealloc = context};
    nanvm_mut_ref made = nanvm_new(&manager, &point_type);
    (void)made;
}

static void test_table_of_a_user_with_traits_is_fatal(void **state) {
    (void)state;
    const nanvm_dealloc_traits each[] = {
        {.in_pool = true},        {.free_inline = true}, {.holds_nothing = true},
        {.has_most_items = true}, {.remote = true},      {.bounded = true}};
    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        const nanvm_dealloc_table claims = {.free_block = free_nothing,
                                            .traits = each[i]};
        nanvm_dealloc wrong = {&claims};
        expect_fatal("traits", init_block_of, &wrong);
        expect_fatal("traits", create_with, &wrong);
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_table_of_a_user_with_traits_is_fatal),
    TEST(test_origin_is_sealed_anew_for_another_type),
    TEST(test_origin_is_written_for_its_first_block_only),
    TEST(test_origins_are_aligned),
};

RUN_TESTS(tests)
