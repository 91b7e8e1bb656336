#include "managers/global.h"

static void *global_alloc(nanvm_manager *self, nanvm_layout layout) {
    (void)self;
    void *memory = nanvm_system_alloc(layout);
    return memory == NULL && nanvm_global_blocks_give_back() ? nanvm_system_alloc(layout)
                                                             : memory;
}

static void global_dealloc(nanvm_dealloc *self, void *memory, nanvm_layout layout) {
    (void)self;
    nanvm_system_free(memory, layout);
}

/* --- blocks --- */

NANVM_NOINLINE static void *alloc_any(const nanvm_type *type, size_t size) {
    size_t prefix = nanvm_global_prefix(type);
    nanvm_layout layout;
    if (!nanvm_block_alone_layout(type, prefix, size, &layout)) {
        return NULL;
    }
    void *memory = nanvm_global_is_over_aligned(type) ? nanvm_system_alloc_aligned(layout)
                                                      : malloc(layout.size);
    return memory == NULL
               ? NULL
               : nanvm_block_write_front(memory, prefix, type, &nanvm_global_dealloc);
}

/* What is in front of most objects. */
typedef struct front {
    nanvm_origin origin;
    nanvm_header header;
} front;

static bool has_only_front(const nanvm_type *type) {
    return NANVM_LIKELY(nanvm_block_prefix_of(type) == sizeof(nanvm_header) &&
                        nanvm_global_starts_with_origin(type));
}

static inline void *alloc_object(const nanvm_type *type, size_t size) {
    if (!has_only_front(type) || size > (size_t)PTRDIFF_MAX - sizeof(front)) {
        return alloc_any(type, size);
    }
    front *memory = malloc(sizeof(front) + size);
    if (memory == NULL) {
        return NULL;
    }
    nanvm_origin_write(&memory->origin, type, &nanvm_global_dealloc);
    nanvm_header_write(memory + 1, offsetof(front, header) / sizeof(void *),
                       NANVM_COUNT_ATOMIC);
    return memory + 1;
}

static void *global_new_block(nanvm_manager *self, const nanvm_type *type, size_t size) {
    (void)self;
    void *object = alloc_object(type, size);
    return object == NULL && nanvm_global_blocks_give_back() ? alloc_object(type, size)
                                                             : object;
}

NANVM_NOINLINE void nanvm_global_free_padded(const nanvm_type *type, void *object) {
    void *memory = (unsigned char *)object - nanvm_global_prefix(type);
    if (nanvm_global_is_over_aligned(type)) {
        nanvm_system_free_aligned(memory);
    } else {
        free(memory);
    }
}

/* --- the manager as a whole --- */

static const nanvm_manager_table global_table = {.alloc = global_alloc,
                                                 .resize = nanvm_global_blocks_resize_raw,
                                                 .new_block = global_new_block,
                                                 .resize_block =
                                                     nanvm_global_blocks_resize};
static const nanvm_dealloc_table global_dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                         .dealloc = global_dealloc,
                                                         .free_block =
                                                             nanvm_global_blocks_free};
nanvm_dealloc nanvm_global_dealloc = {&global_dealloc_table};
static nanvm_manager manager = {&global_table, &nanvm_global_dealloc, 0, NULL};

nanvm_manager *nanvm_global(void) {
    return &manager;
}
