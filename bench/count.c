/* One more reference to an object, and one less: by one thread, to the same object or to
 * many in turn; and, where references may be used from any thread (BENCH_COUNT_ATOMIC),
 * by two threads to the same object. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "bench.h"
#include "cpus.h"

const size_t bench_default_size = 2000000;

BENCH_HANDLE(object);
struct object {
    uint64_t a, b;
};
BENCH_TYPE_0(object)

/* The compiler has to write the count that it has added to. */
static void clone_and_drop(const object_ref *self, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        object_ref other = object_clone(self);
        bench_keep(object_read(&other));
        object_drop(BENCH_MOVE(other));
    }
}

enum { REPEATS = 11, REPEATS_OF_TWO = 5, MANY = 1024 };

static object_ref make(size_t size) {
    struct object value = {size, 1};
    return object_make(BENCH_MOVE(value));
}

static void one(const object_ref *self, size_t size) {
    bench_series series = {{0}, 0};
    clone_and_drop(self, size);
    for (int i = 0; i < REPEATS; ++i) {
        double begin = bench_now();
        clone_and_drop(self, size);
        bench_series_add(&series, (bench_now() - begin) / (double)size);
    }
    bench_report("count", "ns/reference", bench_series_median(&series));
}

/* A processor may see through a count that goes up and down at once, and forward it
 * from register to register; here each waits in the cache for its turn. */
static object_ref objects[MANY];
static object_ref clones[MANY];

static void clone_and_drop_many(size_t turns) {
    for (size_t turn = 0; turn < turns; ++turn) {
        for (size_t i = 0; i < MANY; ++i) {
            clones[i] = object_clone(&objects[i]);
        }
        bench_keep(clones);
        for (size_t i = 0; i < MANY; ++i) {
            object_drop(BENCH_MOVE(clones[i]));
        }
    }
}

static double time_of_many(size_t turns) {
    double begin = bench_now();
    clone_and_drop_many(turns);
    return (bench_now() - begin) / (double)(turns * MANY);
}

static void many(size_t size) {
    bench_series series = {{0}, 0};
    for (size_t i = 0; i < MANY; ++i) {
        objects[i] = make(size);
    }
    (void)time_of_many(size / MANY + 1);
    for (int i = 0; i < REPEATS; ++i) {
        bench_series_add(&series, time_of_many(size / MANY + 1));
    }
    for (size_t i = 0; i < MANY; ++i) {
        bench_check(object_is_sole(&objects[i]));
        object_drop(BENCH_MOVE(objects[i]));
    }
    bench_report("count many", "ns/reference", bench_series_median(&series));
}

#if defined(BENCH_COUNT_ATOMIC)

typedef struct second {
    const object_ref *object;
    size_t size;
    pthread_barrier_t begin;
} second;

static void *second_run(void *argument) {
    second *self = (second *)argument;
    (void)pthread_barrier_wait(&self->begin);
    clone_and_drop(self->object, self->size);
    return NULL;
}

/* From the start of both to the end of both. */
static double time_of_two(const object_ref *object, size_t size) {
    second other;
    pthread_t thread = 0;
    other.object = object;
    other.size = size;
    if (pthread_barrier_init(&other.begin, NULL, 2) != 0 ||
        pthread_create(&thread, NULL, second_run, &other) != 0) {
        bench_fail("no second thread");
    }
    (void)pthread_barrier_wait(&other.begin);
    double begin = bench_now();
    clone_and_drop(object, size);
    (void)pthread_join(thread, NULL);
    double end = bench_now();
    (void)pthread_barrier_destroy(&other.begin);
    return (end - begin) / (double)size;
}

static void two_threads(const object_ref *self, size_t size) {
    bench_series series = {{0}, 0};
    if (!cpus_are_two()) {
        return;
    }
    (void)time_of_two(self, size);
    for (int i = 0; i < REPEATS_OF_TWO; ++i) {
        bench_series_add(&series, time_of_two(self, size));
    }
    bench_report("count two threads", "ns/reference", bench_series_median(&series));
}

#endif

void bench_workload(size_t size) {
    bench_open();
    object_ref object = make(size);
    one(&object, size);
    many(size);
#if defined(BENCH_COUNT_ATOMIC)
    two_threads(&object, size);
#endif
    bench_check(object_is_sole(&object));
    bench_check(object_read(&object)->a);
    object_drop(BENCH_MOVE(object));
    bench_close();
}
