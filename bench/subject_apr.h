/* An APR pool, cleared at once. Its allocator keeps all that was cleared, which is the
 * default, and is the thread's own, so that no lock is taken. */
#include <apr_general.h>
#include <apr_pools.h>

#include "subject_per_thread.h"

#define BENCH_RESET 1

static BENCH_PER_THREAD apr_pool_t *bench_pool;

static inline void bench_open(void) {
    if (apr_initialize() != APR_SUCCESS ||
        apr_pool_create_unmanaged_ex(&bench_pool, NULL, NULL) != APR_SUCCESS) {
        bench_fail("out of memory");
    }
}

static inline void bench_close(void) {
    apr_pool_destroy(bench_pool);
    apr_terminate();
}

static inline void bench_reset(void) {
    apr_pool_clear(bench_pool);
}

static inline void *bulk_alloc(size_t size) {
    void *memory = apr_palloc(bench_pool, size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

#include "subject_bulk.h"
