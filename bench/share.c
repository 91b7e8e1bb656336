/* Objects that were made for one thread, and are then handed to others: what it takes to
 * share them, and what a reference to a frozen one costs.
 *
 * The objects are the nodes of a list. *In order*: each node lies behind the one in front
 * of it; *shuffled*: the order is drawn. *All*: those of the manager, in any order. In
 * *frozen*, each of the threads clones and drops a reference to the same object. */
#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "bench.h"

#include <nanvm/mem.h>

#include <pthread.h>
#include <sched.h>

#if !defined(BENCH_MANAGERS)
#error "a subject whose managers are nanvm_mem's"
#endif

const size_t bench_default_size = 1000000;

struct link {
    nanvm_ref next;
    uint64_t word;
};
NANVM_TYPE_REFS(link_type, struct link, next);

enum { ROUNDS = 9 };

/* --- sharing -------------------------------------------------------------------- */

/* The order in which the list leads through the nodes: as they were made, from the last
 * one on, or drawn (Fisher and Yates). */
static size_t *order_of(size_t length, bool shuffled) {
    size_t *order = (size_t *)malloc(length * sizeof(size_t));
    bench_random dice = {0};
    if (order == NULL) {
        bench_fail("out of memory");
    }
    for (size_t i = 0; i < length; ++i) {
        order[i] = i;
    }
    for (size_t i = length; shuffled && i > 1; --i) {
        size_t other = bench_random_below(&dice, i);
        size_t index = order[i - 1];
        order[i - 1] = order[other];
        order[other] = index;
    }
    return order;
}

static nanvm_ref list_of(nanvm_manager *manager, size_t length, bool shuffled) {
    nanvm_mut_ref *nodes = (nanvm_mut_ref *)malloc(length * sizeof(nanvm_mut_ref));
    size_t *order = order_of(length, shuffled);
    if (nodes == NULL) {
        bench_fail("out of memory");
    }
    for (size_t i = 0; i < length; ++i) {
        nodes[i] = nanvm_new(manager, &link_type);
    }
    nanvm_ref list = nanvm_ref_null();
    for (size_t i = length; i > 0; --i) {
        nanvm_mut_ref node = nodes[order[i - 1]];
        struct link *link = (struct link *)nanvm_mut_ref_get(node);
        link->next = list;
        link->word = i;
        list = nanvm_mut_ref_to_ref(node);
    }
    free(nodes);
    free(order);
    return list;
}

static double time_to_share(nanvm_local *local, nanvm_ref list, bool all) {
    double begin = bench_now();
    bool shared = all ? nanvm_local_share(local) : nanvm_ref_share(list);
    double end = bench_now();
    if (!shared) {
        bench_fail("share: not shared");
    }
    return end - begin;
}

static void measure_sharing(const char *row, size_t length, bool shuffled, bool all) {
    bench_series times = {{0}, 0};
    for (size_t round = 0; round < ROUNDS; ++round) {
        nanvm_local local;
        nanvm_local_init(&local);
        nanvm_ref list = list_of(nanvm_local_manager(&local), length, shuffled);
        bench_series_add(&times, time_to_share(&local, list, all) / (double)length);
        nanvm_ref_drop(list);
        nanvm_local_deinit(&local);
    }
    bench_report(row, "ns/object", bench_series_median(&times));
}

/* --- one object that is frozen, in one thread or in two --------------------------- */

enum { PAIRS = 4000000, THREADS = 2 };

typedef struct worker {
    pthread_t thread;
    pthread_barrier_t *start;
    size_t number;
    nanvm_ref ref;
    double begin;
    double end;
} worker;

static void run_on(size_t number) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(number, &set);
    (void)pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void *clone_and_drop(void *context) {
    worker *self = (worker *)context;
    run_on(self->number);
    (void)pthread_barrier_wait(self->start);
    self->begin = bench_now();
    for (size_t i = 0; i < PAIRS; ++i) {
        nanvm_ref copy = nanvm_ref_clone(self->ref);
        bench_keep(copy.object);
        nanvm_ref_drop(copy);
    }
    self->end = bench_now();
    return NULL;
}

/* Time of a pair, of all threads together. */
static double time_frozen(nanvm_ref ref, size_t threads) {
    worker workers[THREADS];
    pthread_barrier_t start;
    double begin = 0;
    double end = 0;
    (void)pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (size_t i = 0; i < threads; ++i) {
        workers[i] = (worker){.start = &start, .number = i, .ref = ref};
        if (pthread_create(&workers[i].thread, NULL, clone_and_drop, &workers[i]) != 0) {
            bench_fail("share: can't create a thread");
        }
    }
    for (size_t i = 0; i < threads; ++i) {
        (void)pthread_join(workers[i].thread, NULL);
        begin = i == 0 || workers[i].begin < begin ? workers[i].begin : begin;
        end = workers[i].end > end ? workers[i].end : end;
    }
    (void)pthread_barrier_destroy(&start);
    return (end - begin) / (double)(threads * PAIRS);
}

static void measure_frozen(void) {
    nanvm_local local;
    bench_series one = {{0}, 0};
    bench_series two = {{0}, 0};
    nanvm_local_init(&local);
    nanvm_ref ref = list_of(nanvm_local_manager(&local), 1, false);
    if (!nanvm_ref_freeze(ref)) {
        bench_fail("share: not frozen");
    }
    for (size_t round = 0; round < ROUNDS; ++round) {
        bench_series_add(&one, time_frozen(ref, 1));
        bench_series_add(&two, time_frozen(ref, 2));
    }
    nanvm_local_deinit(&local);
    bench_report("share frozen one", "ns/pair", bench_series_median(&one));
    bench_report("share frozen two", "ns/pair", bench_series_median(&two));
    bench_report("share frozen scaling", "times",
                 bench_series_median(&one) / bench_series_median(&two));
}

void bench_workload(size_t size) {
    measure_sharing("share all", size, false, true);
    measure_sharing("share all shuffled", size, true, true);
    measure_sharing("share in order", size, false, false);
    measure_sharing("share shuffled", size, true, false);
    measure_frozen();
}
