/* `size` live objects of eight types, 16 to 128 bytes. A step drops a random one and
 * creates one of a random type in its place. */
#include "objects.h"

#if defined(__cplusplus)
#include <new>
#define PUT(type, place, value) (void)(::new ((void *)(place)) type(value))
#else
#define PUT(type, place, value) (void)(*(place) = (value))
#endif

const size_t bench_default_size = 1000000;

/* The members of a type with so many words. */
#define WORDS_2 a, b
#define WORDS_3 WORDS_2, c
#define WORDS_4 WORDS_3, d
#define WORDS_6 WORDS_4, e, f
#define WORDS_8 WORDS_6, g, h
#define WORDS_10 WORDS_8, i, j
#define WORDS_12 WORDS_10, k, l
#define WORDS_16 WORDS_12, m, n, o, p

/* For each type: its number, its name, its members. */
#define TYPES(X)                                                                         \
    X(0, bytes16, WORDS_2)                                                               \
    X(1, bytes24, WORDS_3)                                                               \
    X(2, bytes32, WORDS_4)                                                               \
    X(3, bytes48, WORDS_6)                                                               \
    X(4, bytes64, WORDS_8)                                                               \
    X(5, bytes80, WORDS_10)                                                              \
    X(6, bytes96, WORDS_12)                                                              \
    X(7, bytes128, WORDS_16)

enum { TYPES_LENGTH = 8 };

#define DEFINE(number, name, ...)                                                        \
    BENCH_HANDLE(name);                                                                  \
    struct name {                                                                        \
        uint64_t __VA_ARGS__;                                                            \
    };                                                                                   \
    BENCH_TYPE_0(name)
TYPES(DEFINE)

/* A handle of any type. */
#define MEMBER(number, name, ...) name##_ref name;
union any {
    TYPES(MEMBER)
#if defined(__cplusplus)
    any() {}
    ~any() {}
#endif
};

typedef struct slot {
    union any handle;
    size_t type;
} slot;

/* All words of an object are written. Each is a variable here, by the member's name, so
 * that a struct is a list of its members: an array of words, as that of BENCH_WORDS,
 * would be filled on the stack first, and copied. */
#define CREATE(number, name, ...)                                                        \
    case number: {                                                                       \
        struct name value = {__VA_ARGS__};                                               \
        PUT(name##_ref, &self->handle.name, name##_make(BENCH_MOVE(value)));             \
        break;                                                                           \
    }
static inline void create(slot *self, size_t type, uint64_t a) {
    uint64_t b = a + type;
    uint64_t c = a, d = a, e = a, f = a, g = a, h = a, i = a;
    uint64_t j = a, k = a, l = a, m = a, n = a, o = a, p = a;
    self->type = type;
    switch (type) { TYPES(CREATE) }
}

/* Two words are read before an object dies. The comment in the assembly keeps the cases
 * apart where the subject has the same code for all types: every subject branches. */
#define DROP(number, name, ...)                                                          \
    case number: {                                                                       \
        __asm__ volatile("# type %0" : : "i"(number));                                   \
        const struct name *object = name##_read(&self->handle.name);                     \
        sum = object->a + object->b;                                                     \
        name##_drop(BENCH_MOVE(self->handle.name));                                      \
        break;                                                                           \
    }
static inline uint64_t drop(slot *self) {
    uint64_t sum = 0;
    switch (self->type) { TYPES(DROP) }
    return sum;
}

static slot *slots;
static bench_random random_state;

static void fill(size_t size) {
    slots = (slot *)bench_table(size, sizeof(slot));
    for (size_t i = 0; i < size; ++i) {
        create(&slots[i], bench_random_below(&random_state, TYPES_LENGTH), i);
    }
}

static void empty(size_t size) {
    uint64_t sum = 0;
    for (size_t i = 0; i < size; ++i) {
        sum += drop(&slots[i]);
    }
    bench_check(sum);
    free(slots);
}

/* Time of a step. */
static double churn(size_t size, size_t steps) {
    uint64_t sum = 0;
    double begin = bench_now();
    for (size_t i = 0; i < steps; ++i) {
        uint64_t random = bench_random_next(&random_state);
        slot *self = &slots[(size_t)(((random >> 32) * size) >> 32)];
        sum += drop(self);
        create(self, (size_t)(random % TYPES_LENGTH), i);
    }
    double end = bench_now();
    bench_check(sum);
    return (end - begin) / (double)steps;
}

enum { REPEATS = 7, STEPS = 500000 };

void bench_workload(size_t size) {
    bench_series steps = {{0}, 0};
    bench_open();
    fill(size);
    (void)churn(size, 2 * size + STEPS); /* until order has gone */
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&steps, churn(size, STEPS));
    }
    empty(size);
    bench_close();
    bench_report("churn", "ns/step", bench_series_median(&steps));
}
