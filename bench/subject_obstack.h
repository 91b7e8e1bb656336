/* GNU obstack: an object after the other in chunks; all that follows the first is freed
 * by freeing the first. Chunks are of 1 MiB, the best of the sizes tried: the default is
 * one of 4 KiB, for small heaps. It gives all chunks but one back to malloc. */
#include <obstack.h>

#include "subject_per_thread.h"

#define BENCH_RESET 1
#define obstack_chunk_alloc malloc
#define obstack_chunk_free free

enum { OBSTACK_CHUNK = 1024 * 1024 };

static BENCH_PER_THREAD struct obstack bench_obstack;
static BENCH_PER_THREAD void *bench_obstack_first;

static inline void bench_open(void) {
    (void)obstack_begin(&bench_obstack, OBSTACK_CHUNK);
    bench_obstack_first = obstack_alloc(&bench_obstack, 0);
}

static inline void bench_close(void) {
    obstack_free(&bench_obstack, NULL);
}

static inline void bench_reset(void) {
    obstack_free(&bench_obstack, bench_obstack_first);
    bench_obstack_first = obstack_alloc(&bench_obstack, 0);
}

/* Calls obstack_alloc_failed_handler, which ends the process, when memory runs out. */
static inline void *bulk_alloc(size_t size) {
    return obstack_alloc(&bench_obstack, (int)size);
}

#include "subject_bulk.h"
