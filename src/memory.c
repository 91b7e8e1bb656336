/* Raw memory by a manager's table: for the library itself and, in the usual build, for
 * users. */
#include <string.h>

#include "internal.h"

/* What managers are promised: at least a byte, aligned to at least a word. */
static nanvm_layout promised(nanvm_layout layout) {
    return nanvm_layout_make(layout.size == 0 ? 1 : layout.size,
                             layout.align < sizeof(void *) ? sizeof(void *)
                                                           : layout.align);
}

/* As nanvm_layout_is_valid(), for a size that isn't 0, whether or not the alignment has
 * been raised. */
static bool fits_in_memory(nanvm_layout asked) {
    return asked.size <= (size_t)PTRDIFF_MAX - (asked.align - 1);
}

/* The alignment is checked before it is raised: 3, for example, isn't valid, but would be
 * raised to a word, which is. */
void *nanvm_memory_alloc(nanvm_manager *manager, nanvm_layout layout) {
    nanvm_layout asked = promised(layout);
    bool is_power_of_two = layout.align != 0 && (layout.align & (layout.align - 1)) == 0;
    return NANVM_LIKELY(is_power_of_two && fits_in_memory(asked))
               ? manager->table->alloc(manager, asked)
               : NULL;
}

void nanvm_memory_dealloc_by(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    if (self->table->dealloc != NULL) {
        self->table->dealloc(self, memory, layout);
    }
}

static void *resize_in_manager(nanvm_manager *manager, void *memory, nanvm_layout layout,
                               size_t size) {
    return manager->table->resize == NULL
               ? NULL
               : manager->table->resize(manager, memory, promised(layout),
                                        size == 0 ? 1 : size);
}

/* Resizes by new memory and a copy. (`memory` isn't NULL, which memcpy may not be given,
 * not even for 0 bytes.) */
static void *move_memory(nanvm_manager *manager, void *memory, nanvm_layout layout,
                         size_t size) {
    nanvm_layout larger = nanvm_layout_make(size, layout.align);
    void *moved = nanvm_memory_alloc(manager, larger);
    if (moved != NULL) {
        memcpy(moved, memory, size < layout.size ? size : layout.size);
        nanvm_wipe(memory, layout.size);
        nanvm_memory_dealloc(manager, memory, layout);
    }
    return moved;
}

void *nanvm_memory_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                          size_t size) {
    nanvm_layout larger = nanvm_layout_make(size, layout.align);
    if (!nanvm_layout_is_valid(promised(larger))) {
        return NULL;
    }
    void *resized = resize_in_manager(manager, memory, layout, size);
    return resized != NULL ? resized : move_memory(manager, memory, layout, size);
}

void nanvm_memory_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    if (memory != NULL) {
        nanvm_memory_dealloc_by(manager->dealloc, memory, promised(layout));
    }
}
