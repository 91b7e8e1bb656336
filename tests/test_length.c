/* The length of an array that was overwritten, as by a write beyond the object in front,
 * is found before anything is copied, cleared, walked or freed by it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"

static const char *const WRONG = "the length of an array was overwritten";

/* A hardened build has a checksum behind the length. */
#if defined(NANVM_HARDENED)
enum { WORDS = 2 };
#else
enum { WORDS = 1 };
#endif

typedef struct victim {
    nanvm_manager *manager;
    nanvm_mut_ref array;
} victim;

static victim victim_of(nanvm_manager *manager, const nanvm_type *type, size_t length) {
    victim self = {manager, nanvm_new_array(manager, type, NULL, length)};
    assert_non_null(self.array.object);
    return self;
}

static size_t *length_of(const victim *self) {
    return (size_t *)(void *)nanvm_block_header(self->array.object) - WORDS;
}

/* Returns what it was. */
static size_t forge(const victim *self, size_t length) {
    size_t before = *length_of(self);
    *length_of(self) = length;
    return before;
}

/* --- uses of a length --- */

static nanvm_ref ref_of(const victim *self) {
    return nanvm_mut_ref_to_ref(self->array);
}

static void clone_object(void *context) {
    victim *self = context;
    (void)nanvm_ref_clone_object(ref_of(self), self->manager).object;
}

static void clone_elsewhere(void *context) {
    (void)nanvm_ref_clone_object(ref_of(context), nanvm_global()).object;
}

static void clone_shorter(void *context) {
    victim *self = context;
    (void)nanvm_ref_clone_resized(ref_of(self), self->manager, 1).object;
}

static void clone_shorter_elsewhere(void *context) {
    (void)nanvm_ref_clone_resized(ref_of(context), nanvm_global(), 1).object;
}

static void ignore_reference(nanvm_ref reference, void *context) {
    (void)reference;
    (void)context;
}

static void visit(void *context) {
    nanvm_ref_visit(ref_of(context), ignore_reference, NULL);
}

/* Or nothing is walked by the length. */
static bool holds_refs(const nanvm_type *type) {
    return type->item_refs_length != 0 || type->visit_item != NULL;
}

static void resize(victim *self, size_t length) {
    (void)!nanvm_mut_ref_resize(&self->array, self->manager, length);
}

static void resize_to_nothing(void *context) {
    resize(context, 0);
}

static void resize_to_one(void *context) {
    resize(context, 1);
}

static void resize_to_many(void *context) {
    resize(context, 100000);
}

static void to_mut_ref(void *context) {
    victim *self = context;
    nanvm_ref shared = ref_of(self);
    nanvm_ref other = nanvm_ref_clone(shared);
    (void)nanvm_ref_to_mut_ref(&other, self->manager).object;
}

static void make_mut(void *context) {
    victim *self = context;
    nanvm_ref shared = ref_of(self);
    nanvm_ref other = nanvm_ref_clone(shared);
    void *own = nanvm_ref_make_mut(&other, self->manager);
    (void)own;
}

static misuse *const uses[] = {
    clone_shorter, clone_shorter_elsewhere, clone_object,   clone_elsewhere,
    resize_to_one, resize_to_nothing,       resize_to_many, to_mut_ref,
    make_mut};
enum { USES = sizeof(uses) / sizeof(uses[0]) };

/* By each use, and as if nothing had been afterwards. */
static void expect_found(victim *self, size_t length) {
    size_t before = forge(self, length);
    if (holds_refs(nanvm_ref_type(ref_of(self)))) {
        expect_fatal(WRONG, visit, self);
    }
    for (size_t i = 0; i < USES; i++) {
        expect_fatal(WRONG, uses[i], self);
    }
    (void)forge(self, before);
    nanvm_block_set_count(
        self->array.object,
        (int32_t)nanvm_block_origin(self->array.object)->dealloc->table->count);
    assert_int_equal(nanvm_mut_ref_length(self->array), before);
}

/* From `least` on nothing has room; the bytes of some are few again, as they overflow. */
static void expect_all_found(victim *self, size_t least) {
    size_t item = nanvm_ref_type(ref_of(self))->item_size;
    size_t beyond = item == 1 ? SIZE_MAX : SIZE_MAX / item + 2;
    size_t lengths[] = {least,        least + 1,        least + 1000, SIZE_MAX / item,
                        SIZE_MAX / 2, SIZE_MAX / 2 + 3, SIZE_MAX,     beyond};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        expect_found(self, lengths[i]);
    }
}

/* --- a local manager --- */

static const nanvm_type *const types[] = {&ints_type, &refs_type, &words_type,
                                          &table_type};
enum { TYPES = sizeof(types) / sizeof(types[0]) };

static void expect_all_found_in_local(const nanvm_type *type, size_t length,
                                      size_t least) {
    nanvm_local local;
    nanvm_local_init(&local);
    victim self = victim_of(nanvm_local_manager(&local), type, length);
    expect_all_found(&self, least);
    nanvm_mut_ref_drop(self.array);
    nanvm_local_deinit(&local);
}

static void test_length_beyond_a_slot_is_fatal(void **state) {
    (void)state;
    expect_all_found_in_local(&ints_type, 4, 5);
    expect_all_found_in_local(&refs_type, 4, 5);
    expect_all_found_in_local(&refs_type, 1, 2);
    expect_all_found_in_local(&text_type, 16, 16 + sizeof(struct text));
    for (size_t i = 0; i < TYPES; i++) {
        expect_all_found_in_local(types[i], 3, 32);
    }
}

/* Those have a chunk each, whose size is rounded up by less than 2 cache lines. */
static void test_length_beyond_a_large_object_is_fatal(void **state) {
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        expect_all_found_in_local(types[i], 5000, 5000 + 32);
    }
}

static void test_length_beyond_a_large_object_that_grew_is_fatal(void **state) {
    (void)state;
    nanvm_local local;
    nanvm_local_init(&local);
    victim self = victim_of(nanvm_local_manager(&local), &ints_type, 5000);
    assert_true(nanvm_mut_ref_resize(&self.array, self.manager, 20000));
    expect_all_found(&self, 40000);
    nanvm_mut_ref_drop(self.array);
    nanvm_local_deinit(&local);
}

static void outlive(size_t length, size_t least) {
    nanvm_local local, other;
    nanvm_local_init(&local);
    nanvm_local_init(&other);
    nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);
    victim self = victim_of(nanvm_local_manager(&local), &ints_type, length);
    self.manager = nanvm_local_manager(&other);
    nanvm_local_deinit(&local);
    expect_all_found(&self, least);
    nanvm_mut_ref_drop(self.array);
    nanvm_local_deinit(&other);
}

static void test_length_of_what_outlives_its_manager_is_checked(void **state) {
    (void)state;
    outlive(4, 5);
    outlive(5000, 5032);
}

/* Every length that an array has while it grows is its own. */
static void grow_and_copy(size_t most) {
    nanvm_local local;
    nanvm_local_init(&local);
    victim self = victim_of(nanvm_local_manager(&local), &refs_type, 0);
    for (size_t length = 0; length < most; length++) {
        nanvm_mut_ref copy = nanvm_ref_clone_object(ref_of(&self), self.manager);
        assert_int_equal(nanvm_mut_ref_length(copy), length);
        nanvm_mut_ref_drop(copy);
        visit(&self);
        assert_true(nanvm_mut_ref_resize(&self.array, self.manager, length + 1));
    }
    nanvm_mut_ref_drop(self.array);
    nanvm_local_deinit(&local);
}

static void test_slot_that_is_full_is_no_error(void **state) {
    (void)state;
    grow_and_copy(1000);
}

/* --- arenas --- */

enum { RED_ZONE = 64 }; /* at least what an arena leaves where a checker watches */

static void expect_all_found_in_arena(nanvm_arena *arena, const nanvm_type *type,
                                      size_t length) {
    victim self = victim_of(nanvm_arena_manager(arena), type, length);
    expect_all_found(&self, length + 1 + RED_ZONE / type->item_size);
}

static void test_length_beyond_what_an_arena_uses_is_fatal(void **state) {
    (void)state;
    static unsigned char buffer[1 << 18];
    nanvm_arena arena;
    for (size_t i = 0; i < TYPES; i++) {
        nanvm_arena_init(&arena, buffer, sizeof(buffer));
        expect_all_found_in_arena(&arena, types[i], 4);
        nanvm_arena_deinit(&arena);
        nanvm_arena_init_growing(&arena, nanvm_global());
        expect_all_found_in_arena(&arena, types[i], 4);
        expect_all_found_in_arena(&arena, types[i], 5000);
        nanvm_arena_deinit(&arena);
    }
}

/* Its few items are bytes, and lie far behind the start. */
static void test_length_behind_a_large_fixed_part_is_fatal(void **state) {
    fixture *self = *state;
    static const nanvm_type headed = {
        .name = "headed", .size = 1024, .align = 1, .item_size = 1, .items_offset = 1024};
    expect_all_found_in_arena(&self->arena, &headed, 4);
}

/* What has no room there begins another chunk, and most of the first isn't in use. */
static void test_length_beyond_an_older_chunk_is_fatal(void **state) {
    (void)state;
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    for (size_t round = 0; round < 2; round++) { /* the second in chunks that were kept */
        victim self = victim_of(nanvm_arena_manager(&arena), &ints_type, 4);
        for (size_t i = 0; i < 10; i++) {
            (void)victim_of(nanvm_arena_manager(&arena), &ints_type, (size_t)2000 << i);
        }
        expect_all_found(&self, 5 + RED_ZONE / sizeof(int));
        nanvm_mut_ref_drop(nanvm_ref_clone_object(ref_of(&self), nanvm_global()));
        nanvm_arena_reset(&arena);
    }
    nanvm_arena_deinit(&arena);
}

/* Left from before the reset, behind all that is in use by now. */
static void test_array_that_a_reset_has_ended_is_not_resized(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the reset leaves nothing of a header");
    victim first = victim_of(self->manager, &ints_type, 50);
    victim stale = victim_of(self->manager, &ints_type, 4);
    const unsigned char *end = (unsigned char *)first.array.object + 50 * sizeof(int);
    bool are_neighbours = end == (void *)length_of(&stale);
    nanvm_arena_reset(&self->arena);
    if (are_neighbours) {
        (void)victim_of(self->manager, &ints_type, 4);
        expect_fatal(WRONG, resize_to_nothing, &stale);
        expect_fatal(WRONG, resize_to_many, &stale);
    }
    nanvm_arena_deinit(&self->arena);
    if (!are_neighbours) {
        skip_because("a memory checker watches: the array can't be read any more");
    }
}

/* Left from before the reset: it lies behind all that is in use, and has no room. */
static void use_stale(size_t length) {
    static unsigned char buffer[1000];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    victim first = victim_of(nanvm_arena_manager(&arena), &ints_type, 50);
    victim stale = victim_of(nanvm_arena_manager(&arena), &ints_type, length);
    size_t distance =
        (size_t)((uintptr_t)length_of(&stale) - (uintptr_t)first.array.object);
    nanvm_arena_reset(&arena);
    if (distance == 50 * sizeof(int)) {
        (void)victim_of(nanvm_arena_manager(&arena), &ints_type, 4);
        expect_fatal(WRONG, clone_elsewhere, &stale);
        expect_fatal(WRONG, clone_shorter_elsewhere, &stale);
    }
    nanvm_arena_deinit(&arena);
    if (distance != 50 * sizeof(int)) {
        skip_because("a memory checker watches: the array can't be read any more");
    }
}

static void test_array_of_references_behind_what_an_arena_uses_is_fatal(void **state) {
    fixture *self = *state;
    SKIP_IF_HARDENED("the reset leaves nothing of a header");
    victim first = victim_of(self->manager, &refs_type, 20);
    victim stale = victim_of(self->manager, &refs_type, 4);
    size_t distance =
        (size_t)((uintptr_t)length_of(&stale) - (uintptr_t)first.array.object);
    nanvm_arena_reset(&self->arena);
    bool are_neighbours = distance <= (20 + 2) * sizeof(nanvm_ref);
    if (are_neighbours) {
        (void)victim_of(self->manager, &refs_type, 4);
        expect_fatal(WRONG, clone_elsewhere, &stale);
        expect_fatal(WRONG, clone_shorter_elsewhere, &stale);
        expect_fatal(WRONG, visit, &stale);
    }
    nanvm_arena_deinit(&self->arena);
    if (!are_neighbours) {
        skip_because("a memory checker watches: the array can't be read any more");
    }
}

/* Their bytes can't be counted at first sight, and without items there are few. */
static void test_empty_array_of_huge_items_in_an_arena_is_no_error(void **state) {
    (void)state;
    static unsigned char buffer[1000];
    for (size_t front = 0; front < 32; front += 8) {
        const nanvm_type huge_type = {.name = "huge[]",
                                      .size = front,
                                      .align = 8,
                                      .item_size = (size_t)1 << (sizeof(size_t) * 4 - 1),
                                      .items_offset = front};
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, sizeof(buffer));
        victim self = victim_of(nanvm_arena_manager(&arena), &huge_type, 0);
        nanvm_mut_ref copy = nanvm_ref_clone_object(ref_of(&self), nanvm_global());
        assert_non_null(copy.object);
        assert_int_equal(nanvm_mut_ref_length(copy), 0);
        nanvm_mut_ref_drop(copy);
        assert_true(nanvm_mut_ref_resize(&self.array, self.manager, 0));
        expect_found(&self, 1);
        nanvm_arena_deinit(&arena);
    }
}

static void test_array_behind_what_an_arena_uses_is_fatal(void **state) {
    (void)state;
    SKIP_IF_HARDENED("the reset leaves nothing of a header");
    use_stale(4);
    use_stale(0);
}

/* --- the end of an array; left by longjmp nothing would end any more --- */

static size_t longest;

static void note_length(void *object, size_t length) {
    (void)object;
    longest = length > longest ? length : longest;
    if (length > 4) {
        abort(); /* without the message */
    }
}

static const nanvm_type noted_type = {.name = "noted",
                                      .align = NANVM_ALIGNOF(size_t),
                                      .item_size = sizeof(size_t),
                                      .drop = note_length};

static void drop_forged(const nanvm_type *type, size_t length, size_t forged) {
    nanvm_local local;
    nanvm_local_init(&local);
    victim self = victim_of(nanvm_local_manager(&local), type, length);
    (void)forge(&self, forged);
    nanvm_mut_ref_drop(self.array);
}

/* Each item is more than an empty array has room for. */
static const size_t first_word[] = {0};
static const nanvm_type wide_type = {.name = "wide",
                                     .align = NANVM_ALIGNOF(nanvm_ref),
                                     .item_size = 64 * sizeof(nanvm_ref),
                                     .item_refs = first_word,
                                     .item_refs_length = 1};

typedef struct end {
    const nanvm_type *type;
    size_t length;
    size_t forged;
} end;

static void drop_in_local(void *context) {
    const end *self = context;
    drop_forged(self->type, self->length, self->forged);
}

/* Of an array without items nothing is read, though there was one once. */
static void drop_emptied(void *context) {
    const end *self = context;
    nanvm_local local;
    nanvm_local_init(&local);
    victim array = victim_of(nanvm_local_manager(&local), self->type, 1);
    nanvm_mut_ref item = nanvm_new(nanvm_global(), &point_type);
    *(nanvm_ref *)array.array.object = nanvm_mut_ref_to_ref(item);
    resize_to_nothing(&array);
    (void)forge(&array, self->forged);
    nanvm_mut_ref_drop(array.array);
}

static void expect_found_at_end(misuse *ends, end which) {
    char output[4096];
    assert_int_equal(run_in_child(ends, &which, output, sizeof(output)), SIGABRT);
    assert_non_null(strstr(output, WRONG));
}

static void test_drop_by_a_wrong_length_is_fatal(void **state) {
    (void)state;
    needs_fork();
    expect_found_at_end(drop_in_local, (end){&refs_type, 4, 5});
    expect_found_at_end(drop_in_local, (end){&refs_type, 4, SIZE_MAX / 8 + 2});
    expect_found_at_end(drop_in_local, (end){&refs_type, 5000, 5032});
    expect_found_at_end(drop_in_local, (end){&table_type, 4, 8});
    expect_found_at_end(drop_in_local, (end){&words_type, 4, 8});
    expect_found_at_end(drop_in_local, (end){&wide_type, 0, 1});
    expect_found_at_end(drop_emptied, (end){&refs_type, 1, 1000});
    expect_found_at_end(drop_in_local, (end){&noted_type, 4, 5});
    expect_found_at_end(drop_in_local, (end){&noted_type, 4, SIZE_MAX});
}

/* While `drop` runs the array may be written to, too. */
static void lengthen_itself(void *object, size_t length) {
    victim self = {NULL, {object}};
    assert_int_equal(length, 4);
    (void)forge(&self, 1000);
}

static const nanvm_type vandal_type = {.name = "vandal",
                                       .align = NANVM_ALIGNOF(nanvm_ref),
                                       .item_size = sizeof(nanvm_ref),
                                       .item_refs = first_word,
                                       .item_refs_length = 1,
                                       .drop = lengthen_itself};

static void test_length_that_a_drop_overwrites_is_found(void **state) {
    (void)state;
    needs_fork();
    expect_found_at_end(drop_in_local, (end){&vandal_type, 4, 4});
}

static void reset_an_arena(void *context) {
    const end *self = context;
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    victim array = victim_of(nanvm_arena_manager(&arena), self->type, self->length);
    (void)forge(&array, self->forged);
    nanvm_arena_reset(&arena);
}

static void test_reset_by_a_wrong_length_is_fatal(void **state) {
    (void)state;
    needs_fork();
    expect_found_at_end(reset_an_arena, (end){&noted_type, 4, 1000});
    expect_found_at_end(reset_an_arena, (end){&noted_type, 4, SIZE_MAX / 8 + 2});
    expect_found_at_end(reset_an_arena, (end){&refs_type, 4, 1000});
    expect_found_at_end(reset_an_arena, (end){&words_type, 4, 1000});
}

/* --- as it happens --- */

/* Eight bytes behind the first of two neighbours. */
static void test_overrun_into_the_next_length_is_found(void **state) {
    fixture *self = *state;
    victim first = victim_of(self->manager, &ints_type, 4);
    victim next = victim_of(self->manager, &ints_type, 4);
    unsigned char *behind = (unsigned char *)first.array.object + 4 * sizeof(int);
    bool are_neighbours = behind == (void *)length_of(&next);
    if (are_neighbours) {
        size_t length = 2048;
        memcpy(behind, &length, sizeof(length));
        expect_fatal(WRONG, clone_elsewhere, &next);
        (void)forge(&next, 4);
    }
    nanvm_mut_ref_drop(first.array);
    nanvm_mut_ref_drop(next.array);
    nanvm_local_deinit(&self->local);
    if (!are_neighbours) {
        skip_because("a memory checker watches: each object has a chunk of its own");
    }
}

static const struct CMUnitTest tests[] = {
    TEST(test_length_beyond_a_slot_is_fatal),
    TEST(test_length_beyond_a_large_object_is_fatal),
    TEST(test_length_beyond_a_large_object_that_grew_is_fatal),
    TEST(test_length_of_what_outlives_its_manager_is_checked),
    TEST(test_slot_that_is_full_is_no_error),
    TEST(test_array_that_a_reset_has_ended_is_not_resized, arena_in_buffer),
    TEST(test_length_beyond_what_an_arena_uses_is_fatal),
    TEST(test_length_behind_a_large_fixed_part_is_fatal, arena),
    TEST(test_length_beyond_an_older_chunk_is_fatal),
    TEST(test_array_behind_what_an_arena_uses_is_fatal),
    TEST(test_array_of_references_behind_what_an_arena_uses_is_fatal, arena_in_buffer),
    TEST(test_empty_array_of_huge_items_in_an_arena_is_no_error),
    TEST(test_drop_by_a_wrong_length_is_fatal),
    TEST(test_length_that_a_drop_overwrites_is_found),
    TEST(test_reset_by_a_wrong_length_is_fatal),
    TEST(test_overrun_into_the_next_length_is_found, local),
};

RUN_TESTS(tests)
