/* Where MemorySanitizer watches, and no other sanitizer, it forgets what was in
 * bytes that an arena hands out, or takes back. The sanitizer here is a double that
 * offers its function, and remembers how often it was told of each byte. */
#include "double.h"
#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"

enum { BYTES = 4096 };

static _Alignas(64) unsigned char buffer[BYTES];
static size_t times[BYTES]; /* that each byte of the buffer was forgotten */

#if OFFERS_DOUBLE
NANVM_API void __msan_allocated_memory(const volatile void *bytes, size_t size);

void __msan_allocated_memory(const volatile void *bytes, size_t size) {
    uintptr_t first = (uintptr_t)bytes - (uintptr_t)buffer;
    for (uintptr_t i = first; i - first < size && i < BYTES; i++) {
        times[i]++;
    }
}
#endif

static void start(const char *said) {
    begin_double(OFFERS_DOUBLE, said);
    memset(times, 0, sizeof(times));
}

static void expect_forgotten(const void *begin, size_t size, size_t so_often) {
    size_t first = (size_t)((const unsigned char *)begin - buffer);
    for (size_t i = first; i < first + size; i++) {
        assert_int_equal(times[i], so_often);
    }
}

static void test_bytes_of_an_arena_are_forgotten_when_they_change_hands(void **state) {
    (void)state;
    start(NULL);
    nanvm_arena arena;
    nanvm_arena_init(&arena, buffer, BYTES);
    nanvm_manager *manager = nanvm_arena_manager(&arena);
    expect_forgotten(buffer, BYTES, 1);
    nanvm_layout layout = nanvm_layout_make(40, 8);
    unsigned char *kept = nanvm_manager_alloc(manager, layout);
    unsigned char *memory = nanvm_manager_alloc(manager, layout);
    expect_forgotten(kept, 40, 2);
    expect_forgotten(memory, 40, 2);
    nanvm_manager_dealloc(manager, memory, layout);
    expect_forgotten(kept, 40, 2);
    expect_forgotten(memory, 40, 3);
    expect_forgotten(buffer + BYTES - 1000, 1000, 1);
    nanvm_arena_deinit(&arena);
}

static void test_each_object_of_a_local_manager_is_a_piece_of_its_own(void **state) {
    (void)state;
    expect_a_piece_for_each_object(start);
}

static void expect_stop(nanvm_mut_ref *dropped) {
    expect_fatal("clone of a reference", clone_dropped, dropped);
}

/* MemorySanitizer isn't asked: it knows nothing of the dead. */
static void test_dropped_object_stops_the_program(void **state) {
    (void)state;
    with_dropped_node(start, expect_stop);
}

static const struct CMUnitTest tests[] = {
    TEST(test_bytes_of_an_arena_are_forgotten_when_they_change_hands),
    TEST(test_each_object_of_a_local_manager_is_a_piece_of_its_own),
    TEST(test_dropped_object_stops_the_program),
};

RUN_TESTS(tests)
