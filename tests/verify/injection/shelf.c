#include "shelf.h"

#include <string.h>

/* What a piece of memory starts with. */
typedef struct piece {
    nanvm_origin origin;
    nanvm_layout layout;
} piece;

static shelf *shelf_of(nanvm_dealloc *dealloc) {
    return (shelf *)(void *)((char *)dealloc - offsetof(shelf, dealloc));
}

static size_t front_of(const nanvm_type *type) {
    size_t align = type->align < sizeof(void *) ? sizeof(void *) : type->align;
    return nanvm_layout_round_up(sizeof(piece) + nanvm_block_prefix(type), align);
}

static nanvm_layout layout_of(const nanvm_type *type, size_t size) {
    size_t align = type->align < sizeof(void *) ? sizeof(void *) : type->align;
    return nanvm_layout_make(front_of(type) + size, align);
}

static void *shelf_new_block(nanvm_manager *manager, const nanvm_type *type,
                             size_t size) {
    shelf *self = (shelf *)(void *)manager;
    nanvm_layout layout = layout_of(type, size);
    piece *memory = nanvm_manager_alloc(&self->source->manager, layout);
    if (memory == NULL) {
        return NULL;
    }
    memory->origin = (nanvm_origin){.type = type, .dealloc = &self->dealloc};
    memory->layout = layout;
    void *object = (unsigned char *)memory + front_of(type);
    nanvm_block_init(object, &memory->origin);
    return object;
}

static void shelf_free_block(nanvm_dealloc *dealloc, void *object) {
    piece *memory = (piece *)(void *)nanvm_block_origin(object);
    nanvm_manager_dealloc(&shelf_of(dealloc)->source->manager, memory, memory->layout);
}

static void *shelf_resize_block(nanvm_manager *manager, void *object, size_t old_size,
                                size_t size) {
    shelf *self = (shelf *)(void *)manager;
    nanvm_origin *origin = nanvm_block_origin(object);
    (void)old_size;
    if (origin->dealloc != &self->dealloc) {
        return NULL;
    }
    piece *memory = (piece *)(void *)origin;
    nanvm_layout layout = layout_of(origin->type, size);
    size_t front = front_of(origin->type);
    memory =
        nanvm_manager_resize(&self->source->manager, memory, memory->layout, layout.size);
    if (memory == NULL) {
        return NULL;
    }
    memory->layout = layout;
    return (unsigned char *)memory + front;
}

static void *shelf_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return nanvm_manager_alloc(&((shelf *)(void *)manager)->source->manager, layout);
}

static void shelf_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    nanvm_manager_dealloc(&shelf_of(dealloc)->source->manager, memory, layout);
}

void shelf_init(shelf *self, accounting *source, bool resizes) {
    memset(self, 0, sizeof(*self));
    self->source = source;
    self->manager.table = &self->manager_table;
    self->manager.dealloc = &self->dealloc;
    self->manager_table.alloc = shelf_alloc;
    self->manager_table.new_block = shelf_new_block;
    self->manager_table.resize_block = resizes ? shelf_resize_block : NULL;
    self->dealloc.table = &self->dealloc_table;
    self->dealloc_table.count = source->dealloc_table.count;
    self->dealloc_table.dealloc = shelf_dealloc;
    self->dealloc_table.free_block = shelf_free_block;
}
