/* GLib without GRcBox: a grefcount in the object, which can be compared with 1, and
 * g_malloc; what its expert writes for a type that is copied on write. Checks are off,
 * which makes the counting inline. */
#define G_DISABLE_CHECKS 1
#include <glib.h>

typedef grefcount counted_word;

static inline void counted_init(counted_word *count) {
    g_ref_count_init(count);
}

static inline void counted_add(counted_word *count) {
    g_ref_count_inc(count);
}

static inline bool counted_release(counted_word *count) {
    return g_ref_count_dec(count);
}

static inline bool counted_is_sole(counted_word *count) {
    return g_ref_count_compare(count, 1);
}

static inline void bench_open(void) {}
static inline void bench_close(void) {}

static inline void *counted_alloc(size_t size) {
    return g_malloc(size);
}

static inline void counted_free(void *memory, size_t size) {
    (void)size;
    g_free(memory);
}

#include "subject_counted.h"
