/* What a hardened build's checksums are made of, bit by bit, under a key that is known:
 * the system's source of random numbers is a double here. Whatever weakens one of them,
 * so that a forged value might pass, makes another number of it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "misuse.h"
#include "objects.h"
#include "run.h"
#include "skip.h"

#if defined(__ELF__)
#define OFFERS_DOUBLE_OF_SYSTEM 1
#else
#define OFFERS_DOUBLE_OF_SYSTEM 0
#endif

/* What the system draws, and how often it was asked. */
static uint64_t drawn;
static bool fails;
static size_t draws;

#if OFFERS_DOUBLE_OF_SYSTEM
NANVM_API int getentropy(void *buffer, size_t length);

int getentropy(void *buffer, size_t length) {
    draws++;
    if (fails || length != sizeof(drawn)) {
        return -1;
    }
    memcpy(buffer, &drawn, sizeof(drawn));
    return 0;
}

/* In the year 1970, which no bit of a key can come from. */
NANVM_API time_t time(time_t *out) {
    if (out != NULL) {
        *out = 0;
    }
    return 0;
}
#endif

/* --- what the checksums have to be --- */

static const uint64_t PLACE = UINT64_C(0x9E3779B97F4A7C15);
static const uint64_t VALUE = UINT64_C(0xD1B54A32D192ED03);
static const uint64_t FIRST = UINT64_C(0xBF58476D1CE4E5B9);
static const uint64_t SECOND = UINT64_C(0x94D049BB133111EB);

/* No two are alike. */
enum kind { COUNT = 1, DISTANCE, ORIGIN, LENGTH, MEMORY };

NANVM_WRAPS("a hash")
static uint64_t mixed(uint64_t x) {
    x = (x ^ (x >> 30)) * FIRST;
    x = (x ^ (x >> 27)) * SECOND;
    return x ^ (x >> 31);
}

NANVM_WRAPS("a hash")
static uint64_t checksum(uint64_t key, enum kind kind, const void *address,
                         uint64_t value) {
    uint64_t at = mixed(key + (uint64_t)kind + (uintptr_t)address * PLACE);
    return mixed(at + value * VALUE) ^ key;
}

NANVM_WRAPS("a hash")
static uint64_t of_origin(const nanvm_origin *origin) {
    return (uintptr_t)origin->type * FIRST + (uintptr_t)origin->dealloc;
}

/* --- in a child, whose key isn't drawn yet --- */

static const uint64_t KEY = UINT64_C(0x0123456789ABCDEF);

/* Ends the child. */
static void expect(bool holds) {
    if (!holds) {
        abort();
    }
}

static bool length_has_checksum(uint64_t key) {
    nanvm_mut_ref made = nanvm_new_array(nanvm_global(), &ints_type, NULL, 3);
    size_t words[2];
    const size_t *at = (const size_t *)(const void *)nanvm_block_header(made.object) - 2;
    memcpy(words, at, sizeof(words));
    nanvm_mut_ref_drop(made);
    return words[0] == 3 && words[1] == (size_t)checksum(key, LENGTH, at, 3);
}

static void expect_length(void *context) {
    (void)context;
    expect(length_has_checksum(KEY));
}

static void expect_count(void *context) {
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &point_type);
    nanvm_ref ref = nanvm_mut_ref_to_ref(made), copy = nanvm_ref_clone(ref);
    const nanvm_header *header = nanvm_block_header(made.object);
    uint64_t sealed, count = (uint32_t)nanvm_block_count(made.object);
    (void)context;
    memcpy(&sealed, &header->count, sizeof(sealed));
    expect((uint32_t)sealed == count);
    expect(sealed >> 32 == checksum(KEY, COUNT, &header->count, count) >> 32);
    nanvm_ref_drop(copy);
    nanvm_ref_drop(ref);
}

static void expect_distance(void *context) {
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &point_type);
    const nanvm_header *header = nanvm_block_header(made.object);
    (void)context;
    expect(header->origin_checksum ==
           checksum(KEY, DISTANCE, &header->origin, header->origin) >> 32);
    nanvm_mut_ref_drop(made);
}

static void expect_origin(void *context) {
    nanvm_mut_ref made = nanvm_new(nanvm_global(), &point_type);
    const nanvm_origin *origin = nanvm_block_origin(made.object);
    uint64_t right = checksum(KEY, ORIGIN, origin, of_origin(origin));
    (void)context;
    expect(origin->checksum[0] == (uint32_t)right);
    expect(origin->checksum[1] == right >> 32);
    nanvm_mut_ref_drop(made);
}

static void expect_raw_memory(void *context) {
    nanvm_layout layout = nanvm_layout_make(100, 32);
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    const uint32_t *front = (const uint32_t *)memory - 2;
    uint64_t sized = checksum(KEY, MEMORY, nanvm_global()->dealloc, layout.size);
    uint64_t right = checksum(KEY, MEMORY, front, sized ^ layout.align);
    (void)context;
    expect(front[0] == (uint32_t)right);
    expect(front[1] == right >> 32);
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

static void expect_drawn_once(void *context) {
    (void)context;
    expect(length_has_checksum(1)); /* 0 is for none drawn yet */
    expect(length_has_checksum(1));
    expect(draws == 1);
}

static void expect_unknown_key(void *context) {
    (void)context;
    expect(!length_has_checksum(1));
    expect(!length_has_checksum(0));
}

static void begin(uint64_t random, bool is_failing) {
    if (!OFFERS_DOUBLE_OF_SYSTEM) {
        skip_because("the library can't be offered a double of the system");
    }
    needs_fork();
    drawn = random;
    fails = is_failing;
}

static void expect_holds(misuse *in_child) {
    char output[1000];
    assert_int_equal(run_in_child(in_child, NULL, output, sizeof(output)), 0);
}

static void test_checksums_are_made_as_they_are_described(void **state) {
    (void)state;
    misuse *const all[] = {expect_length, expect_count, expect_distance, expect_origin,
                           expect_raw_memory};
    begin(KEY - 1, false); /* a key is odd */
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        expect_holds(all[i]);
    }
}

static void test_key_is_never_that_of_none(void **state) {
    (void)state;
    begin(0, false);
    expect_holds(expect_drawn_once);
}

/* Not even the time is: the key then is an address, which the system chose. */
static void test_key_is_not_known_where_nothing_is_random(void **state) {
    (void)state;
    begin(0, true);
    expect_holds(expect_unknown_key);
}

static const struct CMUnitTest tests[] = {
    TEST(test_checksums_are_made_as_they_are_described),
    TEST(test_key_is_never_that_of_none),
    TEST(test_key_is_not_known_where_nothing_is_random),
};

RUN_TESTS(tests)
