/* The global manager, and the one like it whose counts are plain. They differ in what is
 * written in front of an object: the dealloc, and the count. What creates objects is
 * inlined in a function for each manager, where both are constants, so that a `new` reads
 * neither from memory. */
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

/* Any thread may free what malloc gave. */
static bool plain_share(nanvm_dealloc *self, const void *object) {
    (void)self;
    (void)object;
    return true;
}

static const nanvm_dealloc_table atomic_dealloc_table = {.count = NANVM_COUNT_ATOMIC,
                                                         .dealloc = global_dealloc,
                                                         .free_block =
                                                             nanvm_global_blocks_free};
static const nanvm_dealloc_table plain_dealloc_table = {.count = NANVM_COUNT_PLAIN,
                                                        .dealloc = global_dealloc,
                                                        .free_block =
                                                            nanvm_global_blocks_free,
                                                        .share = plain_share};
static nanvm_dealloc atomic_dealloc = {&atomic_dealloc_table};
static nanvm_dealloc plain_dealloc = {&plain_dealloc_table};

/* --- blocks --- */

NANVM_NOINLINE static void *alloc_any(nanvm_manager *self, const nanvm_type *type,
                                      size_t size) {
    size_t prefix = nanvm_global_prefix(type);
    nanvm_layout layout;
    if (!nanvm_block_alone_layout(type, prefix, size, &layout)) {
        return NULL;
    }
    void *memory = nanvm_global_is_over_aligned(type) ? nanvm_system_alloc_aligned(layout)
                                                      : malloc(layout.size);
    return memory == NULL ? NULL
                          : nanvm_block_write_front(memory, prefix, type, self->dealloc);
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

/* `dealloc` is that of the manager. */
static inline void *alloc_object(nanvm_manager *self, const nanvm_type *type, size_t size,
                                 nanvm_dealloc *dealloc, nanvm_count count) {
    if (!has_only_front(type) || size > (size_t)PTRDIFF_MAX - sizeof(front)) {
        return alloc_any(self, type, size);
    }
    front *memory = malloc(sizeof(front) + size);
    if (memory == NULL) {
        return NULL;
    }
    nanvm_origin_write(&memory->origin, type, dealloc);
    nanvm_header_write(memory + 1, offsetof(front, header) / sizeof(void *), count);
    return memory + 1;
}

static inline void *new_block(nanvm_manager *self, const nanvm_type *type, size_t size,
                              nanvm_dealloc *dealloc, nanvm_count count) {
    void *object = alloc_object(self, type, size, dealloc, count);
    return object == NULL && nanvm_global_blocks_give_back()
               ? alloc_object(self, type, size, dealloc, count)
               : object;
}

static void *global_new_block(nanvm_manager *self, const nanvm_type *type, size_t size) {
    return new_block(self, type, size, &atomic_dealloc, NANVM_COUNT_ATOMIC);
}

static void *plain_new_block(nanvm_manager *self, const nanvm_type *type, size_t size) {
    return new_block(self, type, size, &plain_dealloc, NANVM_COUNT_PLAIN);
}

NANVM_NOINLINE void nanvm_global_free_padded(const nanvm_type *type, void *object) {
    void *memory = (unsigned char *)object - nanvm_global_prefix(type);
    if (nanvm_global_is_over_aligned(type)) {
        nanvm_system_free_aligned(memory);
    } else {
        free(memory);
    }
}

/* --- the managers as a whole --- */

static const nanvm_manager_table global_table = {.alloc = global_alloc,
                                                 .resize = nanvm_global_blocks_resize_raw,
                                                 .new_block = global_new_block,
                                                 .resize_block =
                                                     nanvm_global_blocks_resize};
static const nanvm_manager_table plain_table = {.alloc = global_alloc,
                                                .resize = nanvm_global_blocks_resize_raw,
                                                .new_block = plain_new_block,
                                                .resize_block =
                                                    nanvm_global_blocks_resize};
static nanvm_manager manager = {&global_table, &atomic_dealloc, 0, NULL};
static nanvm_manager plain_manager = {&plain_table, &plain_dealloc, 0, NULL};

nanvm_manager *nanvm_global(void) {
    return &manager;
}

nanvm_manager *nanvm_global_plain(void) {
    return &plain_manager;
}
