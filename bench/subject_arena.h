/* An arena that grows from the global manager. Its expert closes it, since objects
 * refer only into it, so that a reset looks at chunks alone; and drops nothing.
 * References aren't counted: each object counts as shared, and a write copies. */
#include <nanvm/mem.h>

#include "subject_per_thread.h"

#define BENCH_RESET 1

static BENCH_PER_THREAD nanvm_arena bench_arena;

static inline void bench_open(void) {
    nanvm_arena_init_growing(&bench_arena, nanvm_global());
    nanvm_arena_assume_self_contained(&bench_arena);
}

static inline void bench_close(void) {
    nanvm_arena_deinit(&bench_arena);
}

static inline void bench_reset(void) {
    nanvm_arena_reset(&bench_arena);
}

static inline nanvm_manager *bench_manager(void) {
    return nanvm_arena_manager(&bench_arena);
}

#include "subject_nanvm.h"
