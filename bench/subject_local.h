/* The local manager, untyped interface: one pool a type, for one thread. */
#include <nanvm/mem.h>

#include "subject_per_thread.h"

static BENCH_PER_THREAD nanvm_local bench_local;

static inline void bench_open(void) {
    nanvm_local_init(&bench_local);
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
    return nanvm_local_manager(&bench_local);
}

#include "subject_nanvm.h"
