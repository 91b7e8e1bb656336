/* Memory of the system: malloc, and what stands in for it where an alignment is asked for
 * that malloc doesn't give. */
#ifndef NANVM_SYSTEM_MEMORY_H
#define NANVM_SYSTEM_MEMORY_H

#include <nanvm/mem/layout.h>
#include <stdlib.h>

#include "system/machine.h"

void *nanvm_system_alloc_aligned(nanvm_layout layout);
void nanvm_system_free_aligned(void *memory);

#if defined(_WIN32)
/* The malloc of Windows aligns a piece of any size to NANVM_MALLOC_ALIGN. Over-aligned
 * memory is freed by another function, so whether a piece is over-aligned must not depend
 * on its size, which may change. */
static inline bool nanvm_system_is_over_aligned(nanvm_layout layout) {
    return layout.align > NANVM_MALLOC_ALIGN;
}
#else
/* Some mallocs align a small piece to no more than its size; mimalloc does. */
static inline bool nanvm_system_is_over_aligned(nanvm_layout layout) {
    return layout.align > NANVM_MALLOC_ALIGN ||
           (layout.align > sizeof(void *) && layout.size < layout.align);
}
#endif

static inline void *nanvm_system_alloc(nanvm_layout layout) {
    return nanvm_system_is_over_aligned(layout) ? nanvm_system_alloc_aligned(layout)
                                                : malloc(layout.size);
}

static inline void nanvm_system_free(void *memory, nanvm_layout layout) {
    if (nanvm_system_is_over_aligned(layout)) {
        nanvm_system_free_aligned(memory);
    } else {
        free(memory);
    }
}

#endif
