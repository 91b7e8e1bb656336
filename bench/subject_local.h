/* The local manager, untyped interface: one pool a type, for one thread. Another subject
 * may define BENCH_LOCAL_INIT, the function that makes a manager of another kind. */
#include <nanvm/mem.h>

#include "subject_per_thread.h"

#if !defined(BENCH_LOCAL_INIT)
#define BENCH_LOCAL_INIT nanvm_local_init
#endif

static BENCH_PER_THREAD nanvm_local bench_local;
static BENCH_PER_THREAD nanvm_manager *bench_local_manager; /* asked for once */

static inline void bench_open(void) {
    BENCH_LOCAL_INIT(&bench_local);
    bench_local_manager = nanvm_local_manager(&bench_local);
}

static inline void bench_close(void) {
    nanvm_local_deinit(&bench_local);
}

/* Gives back what is free. */
#define BENCH_TRIM 1
static inline void bench_trim(void) {
    (void)nanvm_local_trim(&bench_local);
}

static inline nanvm_manager *bench_manager(void) {
    return bench_local_manager;
}

/* Several managers at once, for a workload that asks for them. */
#define BENCH_MANAGERS 1
static nanvm_local *bench_locals;

static inline void bench_open_managers(size_t length) {
    bench_locals = (nanvm_local *)malloc(length * sizeof(nanvm_local));
    if (bench_locals == NULL) {
        bench_fail("out of memory");
    }
    for (size_t i = 0; i < length; ++i) {
        BENCH_LOCAL_INIT(&bench_locals[i]);
    }
}

static inline void bench_close_managers(size_t length) {
    for (size_t i = 0; i < length; ++i) {
        nanvm_local_deinit(&bench_locals[i]);
    }
    free(bench_locals);
}

static inline nanvm_manager *bench_manager_at(size_t i) {
    return nanvm_local_manager(&bench_locals[i]);
}

#include "subject_nanvm.h"
