/* A piece of raw memory has a checksum in front, of the manager that handed it out and of
 * its layout. */
#include "piece.h"

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

static void *with_checksum(nanvm_manager *manager, void *start, nanvm_layout layout) {
    if (start == NULL) {
        return NULL;
    }
    void *memory = (unsigned char *)start + front_size(layout);
    nanvm_checksum_memory(front_of(memory), manager->dealloc, layout);
    return memory;
}

void *nanvm_piece_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return fits_with_front(layout)
               ? with_checksum(manager, nanvm_memory_alloc(manager, with_front(layout)),
                               layout)
               : NULL;
}

void *nanvm_piece_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                         size_t size) {
    nanvm_layout larger = nanvm_layout_make(size, layout.align);
    nanvm_checksum_break_memory(front_of(memory), manager->dealloc, layout);
    void *start = NULL;
    if (fits_with_front(larger)) {
        start = nanvm_memory_resize(manager, start_of(memory, layout), with_front(layout),
                                    with_front(larger).size);
    }
    if (start == NULL) {
        nanvm_checksum_memory(front_of(memory), manager->dealloc, layout);
    }
    return with_checksum(manager, start, larger);
}

void nanvm_piece_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    nanvm_checksum_break_memory(front_of(memory), manager->dealloc, layout);
    nanvm_wipe(memory, layout.size);
    nanvm_memory_dealloc(manager, start_of(memory, layout), with_front(layout));
}
