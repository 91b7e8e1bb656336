/* How much memory objects take: what the process has resident, by the system's account,
 * against what it had before the first object. Three payloads, `size` objects each, and
 * a fifth of `size` objects of eight types after they came and went for a while; then
 * what goes back to the system when all of those are dropped and it is asked for.
 *
 * Each in a process of its own, so that none finds what another one left. Every byte of
 * an object is written, and every page of the tables of references before the first
 * look. */
#include "process.h" /* first, for _GNU_SOURCE */

#include "objects.h"

#include <malloc.h>

const size_t bench_default_size = 10000000;

/* A table of null references, all of it resident. */
static void *table(size_t length, size_t size) {
    void *memory = malloc(length * size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memset(memory, 0, length * size);
}

/* --- asking for it back --------------------------------------------------------- */

/* The call of whichever malloc the program is linked with, all as they are set up by
 * default. (mimalloc 2.0 gives back nearly all with MIMALLOC_DECOMMIT_DELAY=0.) */
#if defined(__cplusplus)
extern "C" {
#endif
__attribute__((weak)) void mi_collect(bool force);
__attribute__((weak)) int mallctl(const char *, void *, size_t *, void *, size_t);
__attribute__((weak)) void MallocExtension_ReleaseFreeMemory(void);
#if defined(__cplusplus)
}
#endif

static void trim(void) {
#if defined(BENCH_TRIM)
    bench_trim();
#endif
    if (mi_collect) {
        mi_collect(true);
    } else if (mallctl) {
        (void)mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
        (void)mallctl("arena.4096.purge", NULL, NULL, NULL, 0); /* all arenas */
    } else if (MallocExtension_ReleaseFreeMemory) {
        MallocExtension_ReleaseFreeMemory();
    } else {
        (void)malloc_trim(0);
    }
}

/* --- objects -------------------------------------------------------------------- */

#define DEFINE(name, length)                                                             \
    BENCH_WORDS(name, length)                                                            \
    BENCH_LIVE(name)                                                                     \
    static void name##_add(uint64_t word) {                                              \
        struct name value;                                                               \
        name##_fill(&value, word);                                                       \
        name##_all.live[name##_all.count++] = name##_make(BENCH_MOVE(value));            \
    }                                                                                    \
    /* Drops each for which the dice says so; returns the sum of the others. */          \
    static uint64_t name##_thin_out(bench_random *dice, uint64_t chance) {               \
        uint64_t sum = 0;                                                                \
        size_t kept = 0;                                                                 \
        for (size_t i = 0; i < name##_all.count; ++i) {                                  \
            name##_ref object = BENCH_MOVE(name##_all.live[i]);                          \
            if (bench_random_next(dice) % 100 < chance) {                                \
                name##_drop(BENCH_MOVE(object));                                         \
            } else {                                                                     \
                sum += name##_read(&object)->words[(length)-1];                          \
                name##_all.live[kept++] = BENCH_MOVE(object);                            \
            }                                                                            \
        }                                                                                \
        name##_all.count = kept;                                                         \
        return sum;                                                                      \
    }

#define TYPES(X)                                                                         \
    X(bytes16, 2)                                                                        \
    X(bytes24, 3)                                                                        \
    X(bytes32, 4)                                                                        \
    X(bytes48, 6)                                                                        \
    X(bytes64, 8)                                                                        \
    X(bytes80, 10)                                                                       \
    X(bytes96, 12)                                                                       \
    X(bytes128, 16)
TYPES(DEFINE)

/* --- what each process finds out ------------------------------------------------ */

/* Bytes an object. */
#define ONE_TYPE(name)                                                                   \
    static finding name##_only(size_t size) {                                            \
        bench_random dice = {0};                                                         \
        finding result = {0, 0, 0};                                                      \
        name##_all.live = (name##_ref *)table(size, sizeof(name##_ref));                 \
        double before = process_resident();                                              \
        for (size_t i = 0; i < size; ++i) {                                              \
            name##_add(i);                                                               \
        }                                                                                \
        result.value = (process_resident() - before) / (double)size;                     \
        result.check = name##_thin_out(&dice, 0);                                        \
        return result;                                                                   \
    }
ONE_TYPE(bytes16)
ONE_TYPE(bytes32)
ONE_TYPE(bytes64)

static uint64_t thin_out(bench_random *dice, uint64_t chance) {
    uint64_t sum = 0;
#define THIN_OUT(name, length) sum += name##_thin_out(dice, chance);
    TYPES(THIN_OUT)
    return sum;
}

enum { TYPES(BENCH_NUMBER) TYPES_LENGTH };

static void add(bench_random *dice) {
    uint64_t word = bench_random_next(dice);
    switch (word % TYPES_LENGTH) {
#define CASE(name, length)                                                               \
    case name##_number:                                                                  \
        name##_add(word);                                                                \
        break;
        TYPES(CASE)
    }
}

static size_t count_all(void) {
#define COUNT(name, length) +name##_all.count
    return 0 TYPES(COUNT);
}

/* A reference takes a header of 8 bytes at least, which is a part of what lives. */
static double live_bytes(void) {
#define BYTES(name, length) +name##_all.count *((length) + 1) * 8
    return (double)(0 TYPES(BYTES));
}

enum { GENERATIONS = 10 };

/* The ratio of what is resident to what lives, after a random half of the objects was
 * replaced by others of random types, several times; and the part of it that goes back.
 */
static finding churn(size_t size) {
    size_t objects = size / 5 + 1;
    bench_random dice = {0};
    finding result = {0, 0, 0};
#define TABLE(name, length)                                                              \
    name##_all.live = (name##_ref *)table(objects, sizeof(name##_ref));
    TYPES(TABLE)
    double before = process_resident();
    for (int i = 0; i < GENERATIONS; ++i) {
        result.check += thin_out(&dice, 50);
        while (count_all() < objects) {
            add(&dice);
        }
    }
    double grown = process_resident() - before;
    result.value = grown / live_bytes();
    (void)thin_out(&dice, 100);
    trim();
    result.returned = 100 * (before + grown - process_resident()) / grown;
    return result;
}

void bench_workload(size_t size) {
    bench_report("memory 16", "bytes/object", process_find(bytes16_only, size).value);
    bench_report("memory 32", "bytes/object", process_find(bytes32_only, size).value);
    bench_report("memory 64", "bytes/object", process_find(bytes64_only, size).value);
    finding churned = process_find(churn, size);
    bench_report("memory churn", "times", churned.value);
    bench_report("memory returned", "percent", churned.returned);
}
