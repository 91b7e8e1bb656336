/* Raw memory: for the library's own needs, and for users, whose pieces a hardened build
 * seals. */
#include <string.h>

#include "internal.h"

/* --- the library's own --- */

/* What managers are promised: at least a byte, aligned to at least a word. */
static nanvm_layout promised(nanvm_layout layout) {
    return nanvm_layout_make(layout.size == 0 ? 1 : layout.size,
                             layout.align < sizeof(void *) ? sizeof(void *)
                                                           : layout.align);
}

void *nanvm_memory_alloc(nanvm_manager *manager, nanvm_layout layout) {
    nanvm_layout asked = promised(layout);
    if (!nanvm_layout_is_valid(layout) || !nanvm_layout_is_valid(asked)) {
        return NULL;
    }
    return manager->table->alloc(manager, asked);
}

void nanvm_dealloc_memory(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
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

/* In a hardened build nothing stays behind in memory that is given back. */
static void clear(void *memory, size_t size) {
#if defined(NANVM_HARDENED)
    memset(memory, 0, size);
#else
    (void)memory;
    (void)size;
#endif
}

/* Elsewhere: memcpy may not be given NULL, and here it isn't. */
static void *move(nanvm_manager *manager, void *memory, nanvm_layout layout,
                  size_t size) {
    nanvm_layout larger = nanvm_layout_make(size, layout.align);
    void *moved = nanvm_memory_alloc(manager, larger);
    if (moved != NULL) {
        memcpy(moved, memory, size < layout.size ? size : layout.size);
        clear(memory, layout.size);
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
    return resized != NULL ? resized : move(manager, memory, layout, size);
}

void nanvm_memory_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    if (memory != NULL) {
        nanvm_dealloc_memory(manager->dealloc, memory, promised(layout));
    }
}

/* --- the users' --- */

#if defined(NANVM_HARDENED)
/* A piece has a seal in front, which says who handed it out, and with which layout. */

static size_t front_size(nanvm_layout layout) {
    size_t size = sizeof(nanvm_memory_front);
    return layout.align < size ? size : layout.align;
}

static nanvm_layout with_front(nanvm_layout layout) {
    size_t front = front_size(layout);
    return nanvm_layout_make(layout.size + front, front);
}

static bool fits_with_front(nanvm_layout layout) {
    return nanvm_layout_is_valid(layout) && nanvm_layout_is_valid(with_front(layout));
}

static nanvm_memory_front *front_of(void *memory) {
    return (nanvm_memory_front *)memory - 1;
}

static void *start_of(void *memory, nanvm_layout layout) {
    return (unsigned char *)memory - front_size(layout);
}

static void *sealed(nanvm_manager *manager, void *start, nanvm_layout layout) {
    if (start == NULL) {
        return NULL;
    }
    void *memory = (unsigned char *)start + front_size(layout);
    nanvm_seal_memory(front_of(memory), manager->dealloc, layout);
    return memory;
}

void *nanvm_manager_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return fits_with_front(layout)
               ? sealed(manager, nanvm_memory_alloc(manager, with_front(layout)), layout)
               : NULL;
}

void *nanvm_manager_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                           size_t size) {
    nanvm_layout larger = nanvm_layout_make(size, layout.align);
    if (memory == NULL) {
        return nanvm_manager_alloc(manager, larger);
    }
    nanvm_seal_break_memory(front_of(memory), manager->dealloc, layout);
    void *start = NULL;
    if (fits_with_front(larger)) {
        start = nanvm_memory_resize(manager, start_of(memory, layout), with_front(layout),
                                    with_front(larger).size);
    }
    if (start == NULL) {
        nanvm_seal_memory(front_of(memory), manager->dealloc, layout);
    }
    return sealed(manager, start, larger);
}

void nanvm_manager_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    if (memory == NULL) {
        return;
    }
    nanvm_seal_break_memory(front_of(memory), manager->dealloc, layout);
    memset(memory, 0, layout.size);
    nanvm_memory_dealloc(manager, start_of(memory, layout), with_front(layout));
}
#else
void *nanvm_manager_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return nanvm_memory_alloc(manager, layout);
}

void *nanvm_manager_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                           size_t size) {
    return memory == NULL
               ? nanvm_memory_alloc(manager, nanvm_layout_make(size, layout.align))
               : nanvm_memory_resize(manager, memory, layout, size);
}

void nanvm_manager_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    nanvm_memory_dealloc(manager, memory, layout);
}
#endif
