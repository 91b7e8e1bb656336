#include <stdlib.h>

#include "internal.h"

#if defined(_WIN32)
#include <malloc.h>
#endif

/* Some mallocs align what is small to no more than its size; mimalloc does. */
static bool is_over_aligned(nanvm_layout layout) {
    return layout.align > NANVM_MALLOC_ALIGN ||
           (layout.align > sizeof(void *) && layout.size < layout.align);
}

#if defined(_WIN32)
static void *alloc_aligned(nanvm_layout layout) {
    return _aligned_malloc(layout.size, layout.align);
}

static void free_aligned(void *memory) {
    _aligned_free(memory);
}
#else
static void *alloc_aligned(nanvm_layout layout) {
    return aligned_alloc(layout.align, nanvm_layout_round_up(layout.size, layout.align));
}

static void free_aligned(void *memory) {
    free(memory);
}
#endif

static void *global_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    return is_over_aligned(layout) ? alloc_aligned(layout) : malloc(layout.size);
}

static void *global_resize(nanvm_manager *self, void *memory, nanvm_layout layout,
                           size_t size) {
    (void)self;
    bool over_aligned =
        is_over_aligned(layout) || is_over_aligned(nanvm_layout_make(size, layout.align));
    return over_aligned ? NULL : realloc(memory, size);
}

static void global_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    if (is_over_aligned(layout)) {
        free_aligned(memory);
    } else {
        free(memory);
    }
}

static const nanvm_dealloc_table dealloc_table = {NANVM_COUNT_ATOMIC, NULL,
                                                  global_dealloc, NULL};
static nanvm_dealloc dealloc = {&dealloc_table};

static const nanvm_manager_table manager_table = {global_alloc, global_resize, NULL, NULL,
                                                  NULL};
static nanvm_manager manager = {&manager_table, &dealloc, 0, NULL};

nanvm_manager *nanvm_global(void) {
    return &manager;
}
