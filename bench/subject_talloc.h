/* talloc as an allocator, with a count written by hand: what its expert does where
 * objects may have many owners, as talloc's own documentation warns of references. Faster
 * than a hierarchy of contexts (subject_talloc_children.h) for objects this small. */
#include <talloc.h>

#include "counted_plain.h"

static inline void bench_open(void) {}
static inline void bench_close(void) {}

static inline void *counted_alloc(size_t size) {
    return talloc_size(NULL, size);
}

static inline void counted_free(void *memory, size_t size) {
    (void)size;
    (void)talloc_free(memory);
}

#include "subject_counted.h"
