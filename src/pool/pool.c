#include "pool/pool.h"

#include <string.h>

static nanvm_layout layout_of(const nanvm_pool_table *table) {
    return nanvm_layout_make(table->size, NANVM_ALIGNOF(nanvm_pool));
}

nanvm_pool *nanvm_pool_create(const nanvm_pool_table *table, nanvm_manager *source,
                              nanvm_pools *owner, const nanvm_type *type) {
    nanvm_pool *self = nanvm_memory_alloc(source, layout_of(table));
    if (self != NULL) {
        memset(self, 0, table->size);
        *self = (nanvm_pool){.slots.type = type,
                             .table = table,
                             .owner = owner,
                             .source = source,
                             .source_dealloc = source->dealloc};
    }
    return self;
}

void nanvm_pool_destroy(nanvm_pool *self) {
    nanvm_pool_waiting_deinit(self);
    if (self->remote != NULL) {
        nanvm_shared_end(self);
    }
    nanvm_memory_dealloc_by(self->source_dealloc, self, layout_of(self->table));
}

nanvm_pool *nanvm_pool_of(const void *object, const nanvm_pools *owner) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    nanvm_pool *self = dealloc->table->traits.in_pool ? (nanvm_pool *)dealloc
                                                      : nanvm_shared_pool_here(dealloc);
    return self != NULL && self->owner == owner ? self : NULL;
}
