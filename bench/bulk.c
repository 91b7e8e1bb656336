/* `size` objects of 16 bytes, created and then freed: at once where the subject can
 * (BENCH_RESET), else one by one in the order of creation. */
#include "bench.h"

const size_t bench_default_size = 1000000;

BENCH_HANDLE(object);
struct object {
    uint64_t a, b;
};
BENCH_TYPE_0(object)

static void create(object_ref *objects, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        struct object value = {i, size};
        objects[i] = object_make(BENCH_MOVE(value));
    }
}

static uint64_t sum(const object_ref *objects, size_t size) {
    uint64_t result = 0;
    for (size_t i = 0; i < size; ++i) {
        result += object_read(&objects[i])->a + object_read(&objects[i])->b;
    }
    return result;
}

static void free_all(object_ref *objects, size_t size) {
#if defined(BENCH_RESET)
    (void)objects;
    (void)size;
    bench_reset();
#else
    for (size_t i = 0; i < size; ++i) {
        object_drop(BENCH_MOVE(objects[i]));
    }
#endif
}

typedef struct times {
    bench_series created;
    bench_series freed;
    bench_series both;
} times;

static void once(object_ref *objects, size_t size, times *result) {
    double begin = bench_now();
    create(objects, size);
    double middle = bench_now();
    bench_check(sum(objects, size));
    double again = bench_now();
    free_all(objects, size);
    double end = bench_now();
    double created = (middle - begin) / (double)size;
    double freed = (end - again) / (double)size;
    bench_series_add(&result->created, created);
    bench_series_add(&result->freed, freed);
    bench_series_add(&result->both, created + freed);
}

/* All zeros are null handles of every subject. */
static object_ref *handles(size_t size) {
    object_ref *objects = (object_ref *)calloc(size, sizeof(object_ref));
    if (objects == NULL) {
        bench_fail("out of memory");
    }
    return objects;
}

enum { REPEATS = 11 };

void bench_workload(size_t size) {
    times result = {{{0}, 0}, {{0}, 0}, {{0}, 0}};
    object_ref *objects = handles(size);
    bench_open();
    once(objects, size, &result);
    bench_report("bulk first", "ns/object", result.both.values[0]);
    result.created.length = result.freed.length = result.both.length = 0;
    for (int i = 0; i < REPEATS; ++i) {
        once(objects, size, &result);
    }
    bench_close();
    free(objects);
    bench_report("bulk", "ns/object", bench_series_median(&result.both));
    bench_report("bulk create", "ns/object", bench_series_median(&result.created));
    bench_report("bulk free", "ns/object", bench_series_median(&result.freed));
}
