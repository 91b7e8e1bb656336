/* What a hardened build notices before it uses it. */
#include <signal.h>
#include <string.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"
#include "stage.h"

static const char *const OVERWRITTEN = "header was overwritten";

/* One object on its own; and what is wrong with it. */
typedef struct victim {
    nanvm_manager *manager;
    nanvm_mut_ref made;
    nanvm_ref ref;
} victim;

static void drop_ref(void *context) {
    nanvm_ref_drop(((victim *)context)->ref);
}

static void clone_ref(void *context) {
    nanvm_ref copy = nanvm_ref_clone(((victim *)context)->ref);
    (void)copy;
}

static void count_refs(void *context) {
    (void)nanvm_ref_count(((victim *)context)->ref);
}

static void try_to_mut_ref(void *context) {
    victim *self = context;
    nanvm_mut_ref out;
    bool was_sole = nanvm_ref_try_to_mut_ref(&self->ref, &out);
    (void)was_sole;
}

static void to_mut_ref(void *context) {
    victim *self = context;
    nanvm_mut_ref out = nanvm_ref_to_mut_ref(&self->ref, self->manager);
    (void)out;
}

static void make_mut(void *context) {
    victim *self = context;
    void *out = nanvm_ref_make_mut(&self->ref, self->manager);
    (void)out;
}

static void drop_mut_ref(void *context) {
    nanvm_mut_ref_drop(((victim *)context)->made);
}

static void look_at_type(void *context) {
    (void)nanvm_ref_type(((victim *)context)->ref);
}

static void look_at_length(void *context) {
    (void)nanvm_ref_length(((victim *)context)->ref);
}

static misuse *const uses_of_a_count[] = {
    drop_ref, clone_ref, count_refs, try_to_mut_ref, to_mut_ref, make_mut, drop_mut_ref};

static victim victim_of(nanvm_manager *manager, const nanvm_type *type, size_t length) {
    victim self = {manager, nanvm_new_array(manager, type, NULL, length), {NULL}};
    self.ref = nanvm_mut_ref_to_ref(self.made);
    return self;
}

/* Each byte of `size` at `bytes`, spoilt for once. */
static void expect_each_byte_guarded(unsigned char *bytes, size_t size,
                                     const char *message, misuse *use, victim *of) {
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 1U << (i % 8);
        expect_fatal(message, use, of);
        bytes[i] ^= 1U << (i % 8);
    }
}

static bool count_is_guarded(const stage *on) {
    victim self = victim_of(on->manager, &node_type, 0);
    if (self.made.object == NULL) {
        return false;
    }
    nanvm_header *header = nanvm_block_header(self.made.object);
    for (size_t i = 0; i < sizeof(uses_of_a_count) / sizeof(uses_of_a_count[0]); i++) {
        expect_each_byte_guarded((unsigned char *)&header->count, sizeof(header->count),
                                 OVERWRITTEN, uses_of_a_count[i], &self);
    }
    nanvm_mut_ref_drop(self.made);
    return true;
}

static void test_no_byte_of_a_count_can_be_forged(void **state) {
    (void)state;
    on_every_manager(count_is_guarded);
}

static bool distance_is_guarded(const stage *on) {
    victim self = victim_of(on->manager, &node_type, 0);
    if (self.made.object == NULL) {
        return false;
    }
    nanvm_header *header = nanvm_block_header(self.made.object);
    expect_each_byte_guarded((unsigned char *)&header->origin, sizeof(header->origin),
                             OVERWRITTEN, look_at_type, &self);
    expect_each_byte_guarded((unsigned char *)&header->origin_checksum,
                             sizeof(header->origin_checksum), OVERWRITTEN, look_at_type,
                             &self);
    nanvm_mut_ref_drop(self.made);
    return true;
}

static void test_no_byte_of_a_distance_can_be_forged(void **state) {
    (void)state;
    on_every_manager(distance_is_guarded);
}

static bool origin_is_guarded(const stage *on) {
    victim self = victim_of(on->manager, &node_type, 0);
    if (self.made.object == NULL) {
        return false;
    }
    nanvm_origin *origin = nanvm_block_origin(self.made.object);
    expect_each_byte_guarded((unsigned char *)&origin->type, sizeof(origin->type),
                             "origin of a block", look_at_type, &self);
    expect_each_byte_guarded((unsigned char *)&origin->dealloc, sizeof(origin->dealloc),
                             "origin of a block", look_at_type, &self);
    nanvm_mut_ref_drop(self.made);
    return true;
}

static void test_no_byte_of_an_origin_can_be_forged(void **state) {
    (void)state;
    on_every_manager(origin_is_guarded);
}

static bool length_is_guarded(const stage *on) {
    victim self = victim_of(on->manager, &ints_type, 3);
    if (self.made.object == NULL) {
        return false;
    }
    unsigned char *header = (unsigned char *)nanvm_block_header(self.made.object);
    expect_each_byte_guarded(header - 2 * sizeof(size_t), 2 * sizeof(size_t),
                             "length of an array", look_at_length, &self);
    assert_int_equal(nanvm_mut_ref_length(self.made), 3);
    nanvm_mut_ref_drop(self.made);
    return true;
}

static void test_no_byte_of_a_length_can_be_forged(void **state) {
    (void)state;
    on_every_manager(length_is_guarded);
}

/* --- by who knows the library's text, and has read one checksum --- */

/* What checksums are mixed by, and back. */
static const uint64_t PLACE = UINT64_C(0x9E3779B97F4A7C15);
static const uint64_t VALUE = UINT64_C(0xD1B54A32D192ED03);
static const uint64_t FIRST = UINT64_C(0xBF58476D1CE4E5B9);
static const uint64_t SECOND = UINT64_C(0x94D049BB133111EB);

NANVM_WRAPS("a hash")
static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * FIRST;
    x = (x ^ (x >> 27)) * SECOND;
    return x ^ (x >> 31);
}

/* Of an odd number, modulo 2^64: each step doubles the bits that are right. */
NANVM_WRAPS("modulo 2^64")
static uint64_t inverse(uint64_t odd) {
    uint64_t x = odd;
    for (int i = 0; i < 6; i++) {
        x *= 2 - odd * x;
    }
    return x;
}

static uint64_t without_shift(uint64_t shifted, int bits) {
    uint64_t x = shifted;
    for (int i = 0; i < 64 / bits; i++) {
        x = shifted ^ (x >> bits);
    }
    return x;
}

NANVM_WRAPS("a hash")
static uint64_t unmixed(uint64_t x) {
    x = without_shift(x, 31) * inverse(SECOND);
    x = without_shift(x, 27) * inverse(FIRST);
    return without_shift(x, 30);
}

/* Two arrays: the checksum of one was read, the length of the other is forged by it. */
typedef struct forgery {
    victim known, target;
    size_t *from, *to; /* a length each, and its checksum */
    size_t kept[2];
} forgery;

static size_t *length_word(const victim *of) {
    return (size_t *)(void *)nanvm_block_header(of->made.object) - 2;
}

static void forgery_begin(forgery *self) {
    self->known = victim_of(nanvm_global(), &ints_type, 3);
    self->target = victim_of(nanvm_global(), &ints_type, 5);
    self->from = length_word(&self->known);
    self->to = length_word(&self->target);
    memcpy(self->kept, self->to, sizeof(self->kept));
}

static void forgery_end(forgery *self) {
    expect_fatal("length of an array", look_at_length, &self->target);
    memcpy(self->to, self->kept, sizeof(self->kept));
    nanvm_mut_ref_drop(self->known.made);
    nanvm_mut_ref_drop(self->target.made);
}

/* All that is hashed besides the key, and the kind. */
NANVM_WRAPS("a hash")
static uint64_t sum_of(const size_t *place, size_t length) {
    return (uintptr_t)place * PLACE + length * VALUE;
}

static void test_one_seal_does_not_give_the_others(void **state) {
    (void)state;
    forgery self;
    forgery_begin(&self);
    uint64_t key = unmixed(self.from[1]) - sum_of(self.from, self.from[0]);
    self.to[0] = 1000000;
    self.to[1] = (size_t)mixed(key + sum_of(self.to, self.to[0]));
    forgery_end(&self);
}

/* A value that makes up for the other place. */
NANVM_WRAPS("a hash")
static size_t value_elsewhere(const forgery *self) {
    uint64_t apart = (uintptr_t)self->from - (uintptr_t)self->to;
    return (size_t)(self->from[0] + apart * PLACE * inverse(VALUE));
}

static void test_no_value_lets_a_seal_move(void **state) {
    (void)state;
    forgery self;
    forgery_begin(&self);
    self.to[0] = value_elsewhere(&self);
    self.to[1] = self.from[1];
    forgery_end(&self);
}

/* Another value in the same place. */
NANVM_WRAPS("a hash")
static void test_no_value_is_sealed_by_that_of_another(void **state) {
    (void)state;
    forgery self;
    forgery_begin(&self);
    self.to[0] += 1000;
    self.to[1] = (size_t)mixed(unmixed(self.to[1]) + 1000 * VALUE);
    forgery_end(&self);
}

/* The word in front of the first object of a chunk that says how large the chunk is. */
static size_t *word_of_size(nanvm_mut_ref made, size_t size) {
    size_t *at = (size_t *)(void *)nanvm_block_origin(made.object);
    while (at < (size_t *)made.object && *at != size) {
        at++;
    }
    assert_ptr_not_equal(at, made.object);
    return at;
}

/* The same where there is no other chunk. */
static size_t *size_word(nanvm_manager *manager, nanvm_mut_ref made) {
    return word_of_size(made, nanvm_stats_make(manager).reserved_bytes);
}

static void resize_made(void *context) {
    victim *self = context;
    bool resized = nanvm_mut_ref_resize(&self->made, self->manager, 30001);
    (void)resized;
}

static void trim_manager(void *context) {
    const victim *self = context;
    (void)nanvm_local_trim((nanvm_local *)(void *)self->manager); /* its first member */
}

/* In a child. */
static void forge_size_and_end_manager(void *context) {
    victim *self = context;
    size_t *size = size_word(self->manager, self->made);
    nanvm_mut_ref_drop(self->made);
    *size += 1;
    nanvm_local_deinit((nanvm_local *)(void *)self->manager); /* its first member */
}

/* Nobody looks for the chunk of an object any more. */
static void test_forged_size_of_a_chunk_is_noticed_at_the_end(void **state) {
    (void)state;
    needs_fork();
    accounting source;
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    victim self = victim_of(nanvm_local_manager(&local), &point_type, 0);
    char output[1000];
    assert_int_equal(
        run_in_child(forge_size_and_end_manager, &self, output, sizeof(output)), SIGABRT);
    assert_non_null(strstr(output, "size of a chunk"));
    nanvm_mut_ref_drop(self.made);
    nanvm_local_deinit(&local);
    accounting_deinit(&source);
}

static void test_no_byte_of_the_size_of_a_chunk_can_be_forged(void **state) {
    (void)state;
    accounting source; /* from the global manager it is less than what is reserved */
    accounting_init(&source, NANVM_COUNT_PLAIN);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    victim self = victim_of(nanvm_local_manager(&local), &ints_type, 30000);
    size_t *size = size_word(self.manager, self.made);
    expect_each_byte_guarded((unsigned char *)size, sizeof(*size), "size of a chunk",
                             resize_made, &self);
    nanvm_mut_ref_drop(self.made);
    self = victim_of(self.manager, &point_type, 0);
    size = size_word(self.manager, self.made);
    nanvm_mut_ref_drop(self.made);
    expect_each_byte_guarded((unsigned char *)size, sizeof(*size), "size of a chunk",
                             trim_manager, &self);
    nanvm_local_deinit(&local);
    accounting_deinit(&source);
}

/* A source that overwrites the size of a chunk while it takes back another one. */
static size_t *spoiled_next;
static void (*dealloc_of_source)(nanvm_dealloc *, void *, nanvm_layout);

static void spoil_and_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    if (spoiled_next != NULL) {
        *spoiled_next += 1;
        spoiled_next = NULL;
    }
    dealloc_of_source(dealloc, memory, layout);
}

static void init_spoiler(accounting *self) {
    accounting_init(self, NANVM_COUNT_PLAIN);
    dealloc_of_source = self->dealloc_table.dealloc;
    self->dealloc_table.dealloc = spoil_and_dealloc;
}

/* An object of each of several chunks, and the words of their sizes. */
enum { CHUNKS = 5 };

static size_t make_chunk(nanvm_manager *manager, nanvm_mut_ref *made, size_t **size) {
    size_t reserved = nanvm_stats_make(manager).reserved_bytes;
    size_t length = 0;
    size_t more = 0;
    for (; more == 0; length++) {
        made[length] = nanvm_new(manager, &point_type);
        more = nanvm_stats_make(manager).reserved_bytes - reserved;
    }
    *size = word_of_size(made[length - 1], more);
    return length;
}

/* The handler for fatal errors leaves a trim when the third of five chunks is given back.
 * Returns how many bytes that chunk has. */
static size_t leave_trim(victim *self) {
    nanvm_mut_ref made[1000];
    size_t *sizes[CHUNKS];
    size_t length = 0;
    for (size_t i = 0; i < CHUNKS; i++) {
        length += make_chunk(self->manager, &made[length], &sizes[i]);
    }
    while (length-- > 0) {
        nanvm_mut_ref_drop(made[length]);
    }
    size_t lost = *sizes[CHUNKS / 2];
    spoiled_next = sizes[CHUNKS / 2];
    expect_fatal("size of a chunk", trim_manager, self);
    assert_in_range(nanvm_stats_make(self->manager).reserved_bytes, lost + 1, SIZE_MAX);
    return lost;
}

static void expect_one_lost(bool trims_again) {
    accounting source;
    init_spoiler(&source);
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    victim self = {.manager = nanvm_local_manager(&local)};
    size_t lost = leave_trim(&self);
    if (trims_again) {
        trim_manager(&self);
        assert_int_equal(nanvm_stats_make(self.manager).reserved_bytes, lost);
    }
    nanvm_local_deinit(&local);
    assert_int_equal(source.live_blocks, 1);
    assert_int_equal(source.live_bytes, lost);
    accounting_abandon(&source);
}

/* The others are given back by the next trim, or at the end. */
static void test_damaged_chunk_is_the_only_one_that_a_trim_loses(void **state) {
    (void)state;
    expect_one_lost(true);
    expect_one_lost(false);
}

static void test_header_of_another_object_is_no_header(void **state) {
    (void)state;
    victim a = victim_of(nanvm_global(), &point_type, 0);
    victim b = victim_of(nanvm_global(), &point_type, 0);
    nanvm_header kept = *nanvm_block_header(a.made.object);
    *nanvm_block_header(a.made.object) = *nanvm_block_header(b.made.object);
    expect_fatal(OVERWRITTEN, clone_ref, &a);
    expect_fatal(OVERWRITTEN, look_at_type, &a);
    *nanvm_block_header(a.made.object) = kept;
    nanvm_mut_ref_drop(a.made);
    nanvm_mut_ref_drop(b.made);
}

static void test_what_is_no_reference_is_noticed(void **state) {
    (void)state;
    static _Alignas(16) unsigned char bytes[128];
    victim made = victim_of(nanvm_global(), &page_type, 0);
    unsigned char *inside = made.made.object;
    const void *wrong[] = {bytes + 64, bytes + 65, inside + 64, inside + 1, inside - 8};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        victim self = {nanvm_global(), {NULL}, {wrong[i]}};
        expect_fatal(OVERWRITTEN, drop_ref, &self);
        expect_fatal(OVERWRITTEN, look_at_type, &self);
    }
    nanvm_mut_ref_drop(made.made);
}

static void test_reference_over_a_reset_is_noticed(void **state) {
    (void)state;
    static unsigned char buffer[1000];
    nanvm_arena in_buffer, growing;
    nanvm_arena_init(&in_buffer, buffer, sizeof(buffer));
    nanvm_arena_init_growing(&growing, nanvm_global());
    nanvm_arena *arenas[] = {&in_buffer, &growing};
    for (size_t i = 0; i < 2; i++) {
        victim self = victim_of(nanvm_arena_manager(arenas[i]), &point_type, 0);
        nanvm_arena_reset(arenas[i]);
        expect_fatal(OVERWRITTEN, drop_ref, &self);
        expect_fatal(OVERWRITTEN, look_at_type, &self);
        nanvm_arena_deinit(arenas[i]);
    }
}

/* --- raw memory --- */

typedef struct piece {
    nanvm_manager *manager;
    void *memory;
    nanvm_layout layout;
} piece;

static void give_back(void *context) {
    piece *self = context;
    nanvm_manager_dealloc(self->manager, self->memory, self->layout);
}

static void resize_piece(void *context) {
    piece *self = context;
    void *resized = nanvm_manager_resize(self->manager, self->memory, self->layout, 200);
    (void)resized;
}

static void expect_foreign(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    piece wrong = {manager, memory, layout};
    expect_fatal("memory that this manager didn't hand out", give_back, &wrong);
    expect_fatal("memory that this manager didn't hand out", resize_piece, &wrong);
}

static void test_raw_memory_goes_back_to_its_manager_with_its_layout(void **state) {
    (void)state;
    nanvm_local local, other;
    nanvm_local_init(&local);
    nanvm_local_init(&other);
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_layout layout = nanvm_layout_make(100, 32);
    void *memory = nanvm_manager_alloc(manager, layout);
    void *others = nanvm_manager_alloc(nanvm_local_manager(&other), layout);
    assert_true(is_aligned(memory, 32));
    expect_foreign(nanvm_global(), memory, layout);
    expect_foreign(nanvm_local_manager(&other), memory, layout);
    expect_foreign(manager, others, layout);
    expect_foreign(manager, memory, nanvm_layout_make(101, 32));
    expect_foreign(manager, memory, nanvm_layout_make(100, 64));
    nanvm_manager_dealloc(nanvm_local_manager(&other), others, layout);
    nanvm_manager_dealloc(manager, memory, layout);
    nanvm_local_deinit(&other);
    nanvm_local_deinit(&local);
}

/* Pairs whose sizes and alignments have something in common, however they are combined.
 */
static void test_layouts_that_are_much_alike_are_told_apart(void **state) {
    (void)state;
    static const nanvm_layout alike[] = {{16, 8}, {32, 16}, {64, 32}, {8, 4},  {4, 2},
                                         {2, 1},  {10, 1},  {24, 8},  {17, 8}, {16, 16}};
    enum { ALIKE = sizeof(alike) / sizeof(alike[0]) };
    for (size_t i = 0; i < ALIKE; i++) {
        void *memory = nanvm_manager_alloc(nanvm_global(), alike[i]);
        for (size_t j = 0; j < ALIKE; j++) {
            if (j != i) {
                expect_foreign(nanvm_global(), memory, alike[j]);
            }
        }
        nanvm_manager_dealloc(nanvm_global(), memory, alike[i]);
    }
}

static void test_raw_memory_that_could_not_be_resized_is_still_guarded(void **state) {
    fixture *self = *state;
    nanvm_layout layout = nanvm_layout_make(40, 8);
    void *memory = nanvm_manager_alloc(self->manager, layout);
    accounting_fail_from(&self->source, 0);
    assert_null(nanvm_manager_resize(self->manager, memory, layout, 4000));
    assert_null(nanvm_manager_resize(self->manager, memory, layout, SIZE_MAX - 4));
    nanvm_manager_dealloc(self->manager, memory, layout);
}

/* --- callbacks that don't return --- */

static jmp_buf out_of_drop;

static void leave_by_longjmp(void *object, size_t length) {
    (void)object;
    (void)length;
    longjmp(out_of_drop, 1);
}

NANVM_TYPE_CALLBACKS(leaver_type, struct tracked, NULL, leave_by_longjmp, NULL);

static void drop_and_be_left(nanvm_mut_ref leaver) {
    if (setjmp(out_of_drop) == 0) {
        nanvm_mut_ref_drop(leaver);
    }
}

/* In a child, both: drops of this thread wait for ever from here on. */
static void drop_after_longjmp(void *context) {
    (void)context;
    nanvm_mut_ref other = nanvm_new(nanvm_global(), &node_type);
    drop_and_be_left(nanvm_new(nanvm_global(), &leaver_type));
    nanvm_mut_ref_drop(other);
}

/* From deeper in the stack than the drop that was left. */
NANVM_NOINLINE static void drop_below(nanvm_mut_ref self, volatile unsigned char *above) {
    volatile unsigned char bytes[2000];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = above[i];
    }
    nanvm_mut_ref_drop(self);
    bytes[0] = 1; /* they are there while it drops */
}

static void drop_deeper_after_longjmp(void *context) {
    volatile unsigned char bytes[2000] = {0};
    (void)context;
    drop_and_be_left(nanvm_new(nanvm_global(), &leaver_type));
    drop_below(nanvm_new(nanvm_global(), &tracked_type), bytes);
}

static void test_callback_left_by_longjmp_is_noticed(void **state) {
    (void)state;
    misuse *const later[] = {drop_after_longjmp, drop_deeper_after_longjmp};
    for (size_t i = 0; i < 2; i++) {
        char output[1000];
        assert_int_equal(run_in_child(later[i], NULL, output, sizeof(output)), SIGABRT);
        assert_non_null(strstr(output, "left by longjmp"));
    }
}

/* From further down, where the first reset's frame has been written over since. */
NANVM_NOINLINE static void reset_from_below(nanvm_arena *arena) {
    volatile unsigned char bytes[2000];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (unsigned char)i;
    }
    nanvm_arena_reset(arena);
    bytes[0] = 0;
}

/* In a child: the arena is lost. */
static void reset_after_longjmp(void *context) {
    bool is_below = context != NULL;
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_mut_ref leaver = nanvm_new(nanvm_arena_manager(&arena), &leaver_type);
    if (leaver.object != NULL && setjmp(out_of_drop) == 0) {
        nanvm_arena_reset(&arena);
    }
    if (is_below) {
        reset_from_below(&arena);
    } else {
        nanvm_arena_reset(&arena);
    }
}

static void test_reset_left_by_longjmp_is_noticed_further_down(void **state) {
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip_because("AddressSanitizer lays frames out in a way of its own");
#endif
    char output[1000];
    assert_int_equal(run_in_child(reset_after_longjmp, output, output, sizeof(output)),
                     SIGABRT);
    assert_non_null(strstr(output, "left by longjmp"));
}

static void test_reset_left_by_longjmp_is_noticed(void **state) {
    (void)state;
    char output[1000];
    assert_int_equal(run_in_child(reset_after_longjmp, NULL, output, sizeof(output)),
                     SIGABRT);
    assert_non_null(strstr(output, "left by longjmp"));
}

NANVM_NOINLINE static void reset_here(nanvm_arena *arena) {
    nanvm_arena_reset(arena);
}

/* Leaves what is in its part of the stack as it is. */
NANVM_NOINLINE static void reset_below_untouched(nanvm_arena *arena) {
    volatile unsigned char bytes[2000];
    bytes[0] = 0;
    nanvm_arena_reset(arena);
    (void)bytes[0]; /* they are there while it resets */
}

/* In a child: two resets from the same place, of which the second returns. */
static void reset_another_after_longjmp(void *context) {
    nanvm_arena left, other;
    (void)context;
    nanvm_arena_init_growing(&left, nanvm_global());
    nanvm_arena_init_growing(&other, nanvm_global());
    nanvm_mut_ref leaver = nanvm_new(nanvm_arena_manager(&left), &leaver_type);
    if (leaver.object != NULL && setjmp(out_of_drop) == 0) {
        reset_here(&left);
    }
    reset_here(&other);
    reset_below_untouched(&left);
}

static void test_reset_that_returns_does_not_hide_one_that_was_left(void **state) {
    (void)state;
    char output[1000];
    assert_int_equal(
        run_in_child(reset_another_after_longjmp, NULL, output, sizeof(output)), SIGABRT);
    assert_non_null(strstr(output, "while an arena was reset was left by longjmp"));
}

/* --- what is left of the frame of a drop, or a reset --- */

enum { GUARD_WORDS = 8 };

/* Each is the complement of its address. */
NANVM_NOINLINE static volatile uintptr_t *guard_above(volatile uintptr_t *at) {
    for (size_t found = 0; found < GUARD_WORDS; at++) {
        found = *at == ~(uintptr_t)at ? found + 1 : 0;
    }
    return at - GUARD_WORDS;
}

static struct {
    size_t word;        /* that is written over */
    nanvm_arena *arena; /* that is reset once more; NULL: an object is dropped */
} breach;

static void break_the_guard(void *object, size_t length) {
    volatile uintptr_t here = 0;
    (void)object;
    (void)length;
    (void)fputs("at work\n", stderr);
    guard_above(&here)[breach.word] = 0;
    if (breach.arena != NULL) {
        nanvm_arena_reset(breach.arena);
    } else {
        nanvm_mut_ref_drop(tracked_new(nanvm_global(), 1));
    }
}

NANVM_TYPE_CALLBACKS(breaker_type, struct tracked, NULL, break_the_guard, NULL);

/* In a child, both, as if the function were gone and its frame in use by others. */
static void drop_in_a_broken_frame(void *context) {
    breach.word = *(const size_t *)context;
    nanvm_mut_ref_drop(nanvm_new(nanvm_global(), &breaker_type));
}

static void reset_in_a_broken_frame(void *context) {
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    breach.word = *(const size_t *)context;
    breach.arena = &arena;
    if (nanvm_new(nanvm_arena_manager(&arena), &breaker_type).object != NULL) {
        nanvm_arena_reset(&arena);
    }
}

static void test_any_word_of_a_frame_tells_that_it_was_left(void **state) {
    (void)state;
    needs_fork();
#if defined(__SANITIZE_ADDRESS__)
    skip_because("AddressSanitizer lays frames out in a way of its own");
#endif
    misuse *const ways[] = {drop_in_a_broken_frame, reset_in_a_broken_frame};
    for (size_t i = 0; i < 2 * GUARD_WORDS; i++) {
        size_t broken = i / 2;
        char output[1000];
        assert_int_equal(run_in_child(ways[i % 2], &broken, output, sizeof(output)),
                         SIGABRT);
        assert_non_null(strstr(output, "at work"));
        assert_non_null(strstr(output, "left by longjmp"));
    }
}

/* And no more: a reset costs what the round took, not the largest one ever. */
static void test_reset_clears_what_was_used_since_the_last(void **state) {
    (void)state;
    static unsigned char buffer[20000];
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, sizeof(buffer));
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    assert_non_null(nanvm_new_array(manager, &ints_type, NULL, 4000).object);
    nanvm_arena_reset(&arena);
    buffer[10000] = 1;
    int *few = nanvm_new_array(manager, &ints_type, NULL, 10).object;
    few[9] = 1;
    nanvm_arena_reset(&arena);
    assert_int_equal(few[9], 0);
    assert_int_equal(buffer[10000], 1);
    nanvm_mut_ref ints = nanvm_new_array(manager, &ints_type, NULL, 1000);
    int *many = ints.object;
    many[999] = 1;
    assert_true(nanvm_mut_ref_resize(&ints, manager, 1)); /* the top goes down */
    nanvm_arena_reset(&arena);
    assert_int_equal(many[999], 0);
    nanvm_arena_deinit(&arena);
}

/* Not in the newest chunk alone: the arena keeps them all. */
static void test_reset_clears_every_chunk(void **state) {
    fixture *self = *state;
    enum { POINTS = 1000 };
    static struct point *made[POINTS];
    const struct point value = {1.5, 2.5}, none = {0, 0};
    for (size_t i = 0; i < POINTS; i++) {
        made[i] = nanvm_new_copy(self->manager, &point_type, &value).object;
        assert_non_null(made[i]);
    }
    nanvm_arena_reset(&self->arena);
    for (size_t i = 0; i < POINTS; i++) {
        assert_memory_equal(made[i], &none, sizeof(none));
    }
}

/* First those of frames: some of the others leave a drop that is at work. */
static const struct CMUnitTest tests[] = {
    TEST(test_callback_left_by_longjmp_is_noticed),
    TEST(test_reset_left_by_longjmp_is_noticed),
    TEST(test_reset_left_by_longjmp_is_noticed_further_down),
    TEST(test_reset_that_returns_does_not_hide_one_that_was_left),
    TEST(test_any_word_of_a_frame_tells_that_it_was_left),
    TEST(test_reset_clears_every_chunk, arena),
    TEST(test_no_byte_of_a_count_can_be_forged),
    TEST(test_no_byte_of_a_distance_can_be_forged),
    TEST(test_no_byte_of_an_origin_can_be_forged),
    TEST(test_no_byte_of_a_length_can_be_forged),
    TEST(test_one_seal_does_not_give_the_others),
    TEST(test_no_value_lets_a_seal_move),
    TEST(test_no_value_is_sealed_by_that_of_another),
    TEST(test_no_byte_of_the_size_of_a_chunk_can_be_forged),
    TEST(test_damaged_chunk_is_the_only_one_that_a_trim_loses),
    TEST(test_forged_size_of_a_chunk_is_noticed_at_the_end),
    TEST(test_header_of_another_object_is_no_header),
    TEST(test_what_is_no_reference_is_noticed),
    TEST(test_reference_over_a_reset_is_noticed),
    TEST(test_raw_memory_goes_back_to_its_manager_with_its_layout),
    TEST(test_layouts_that_are_much_alike_are_told_apart),
    TEST(test_raw_memory_that_could_not_be_resized_is_still_guarded, source),
    TEST(test_reset_clears_what_was_used_since_the_last),
};

RUN_TESTS(tests)
