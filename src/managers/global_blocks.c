#include "managers/global.h"

void *nanvm_global_blocks_resize_raw(nanvm_manager *self, void *memory,
                                     nanvm_layout layout, size_t size) {
    (void)self;
    bool over_aligned =
        nanvm_system_is_over_aligned(layout) ||
        nanvm_system_is_over_aligned(nanvm_layout_make(size, layout.align));
    void *resized = over_aligned ? NULL : realloc(memory, size);
    return resized == NULL && size <= layout.size ? memory : resized;
}

void *nanvm_global_blocks_resize(nanvm_manager *self, void *object, size_t old_size,
                                 size_t size) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    size_t prefix = nanvm_global_prefix(origin->type);
    nanvm_layout layout;
    (void)old_size;
    if (origin->dealloc != self->dealloc || nanvm_global_is_over_aligned(origin->type) ||
        !nanvm_block_alone_layout(origin->type, prefix, size, &layout)) {
        return NULL;
    }
    unsigned char *memory = realloc((unsigned char *)object - prefix, layout.size);
    /* cppcheck-suppress memleak ; the object lies in it */
    return memory == NULL ? NULL : memory + prefix;
}

void nanvm_global_blocks_free(nanvm_dealloc *self, void *object) {
    (void)self;
    nanvm_global_free_memory(object);
}
