/* How much memory objects take: what the process has resident, by the system's account,
 * against what it had before the first object. Three payloads, `size` objects each, and
 * a fifth of `size` objects of eight types after they came and went for a while; then
 * what goes back to the system when all of those are dropped and it is asked for.
 *
 * Each in a process of its own, so that none finds what another one left. Every byte of
 * an object is written, and every page of the tables of references before the first
 * look. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "objects.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/wait.h>
#include <unistd.h>

const size_t bench_default_size = 10000000;

/* --- what is resident ----------------------------------------------------------- */

static double resident(void) {
    char text[128] = {0};
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0 || read(file, text, sizeof(text) - 1) <= 0) {
        bench_fail("memory: can't read /proc/self/statm");
    }
    (void)close(file);
    char *pages = text;
    (void)strtoull(text, &pages, 10); /* all of it; what is resident comes next */
    return (double)strtoull(pages, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

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

typedef struct finding {
    double value;
    double returned;
    uint64_t check;
} finding;

/* Bytes an object. */
#define ONE_TYPE(name)                                                                   \
    static finding name##_only(size_t size) {                                            \
        bench_random dice = {0};                                                         \
        finding result = {0, 0, 0};                                                      \
        name##_all.live = (name##_ref *)table(size, sizeof(name##_ref));                 \
        double before = resident();                                                      \
        for (size_t i = 0; i < size; ++i) {                                              \
            name##_add(i);                                                               \
        }                                                                                \
        result.value = (resident() - before) / (double)size;                             \
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
    double before = resident();
    for (int i = 0; i < GENERATIONS; ++i) {
        result.check += thin_out(&dice, 50);
        while (count_all() < objects) {
            add(&dice);
        }
    }
    double grown = resident() - before;
    result.value = grown / live_bytes();
    (void)thin_out(&dice, 100);
    trim();
    result.returned = 100 * (before + grown - resident()) / grown;
    return result;
}

/* --- processes ------------------------------------------------------------------ */

static void child(int to, finding (*find)(size_t), size_t size) {
    bench_open();
    finding result = find(size);
    bool written = write(to, &result, sizeof(result)) == (ssize_t)sizeof(result);
    _exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
}

static finding in_child(finding (*find)(size_t), size_t size) {
    int ends[2];
    finding result;
    pid_t process = pipe(ends) == 0 ? fork() : -1;
    if (process < 0) {
        bench_fail("memory: can't start a process");
    }
    if (process == 0) {
        child(ends[1], find, size);
    }
    (void)close(ends[1]);
    if (read(ends[0], &result, sizeof(result)) != (ssize_t)sizeof(result)) {
        bench_fail("memory: a process failed");
    }
    (void)close(ends[0]);
    (void)waitpid(process, NULL, 0);
    bench_check(result.check);
    return result;
}

void bench_workload(size_t size) {
    bench_report("memory 16", "bytes/object", in_child(bytes16_only, size).value);
    bench_report("memory 32", "bytes/object", in_child(bytes32_only, size).value);
    bench_report("memory 64", "bytes/object", in_child(bytes64_only, size).value);
    finding churned = in_child(churn, size);
    bench_report("memory churn", "times", churned.value);
    bench_report("memory returned", "percent", churned.returned);
}
