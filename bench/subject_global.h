/* The global manager, untyped interface: malloc, and references for any thread. */
#include <nanvm/mem.h>

#define BENCH_COUNT_ATOMIC 1

static inline void bench_open(void) {}
static inline void bench_close(void) {}

static inline nanvm_manager *bench_manager(void) {
    return nanvm_global();
}

/* There is but one. */
#define BENCH_MANAGERS 1
static inline void bench_open_managers(size_t length) {
    (void)length;
}

static inline void bench_close_managers(size_t length) {
    (void)length;
}

static inline nanvm_manager *bench_manager_at(size_t i) {
    (void)i;
    return nanvm_global();
}

#include "subject_nanvm.h"
