#include "internal.h"

size_t nanvm_block_prefix(const nanvm_type *type) {
    return nanvm_block_prefix_of(type);
}

static bool has_traits(const nanvm_dealloc_traits *traits) {
    return traits->in_pool || traits->free_inline || traits->holds_nothing ||
           traits->has_most_items || traits->remote || traits->bounded;
}

/* Here the dealloc is a user's, or the global manager's. */
static void expect_no_traits(const nanvm_dealloc_table *table) {
    if (NANVM_CHECKS_EVERY_CALL && has_traits(&table->traits)) {
        nanvm_fatal("a dealloc's table sets the member `traits`, which is the library's");
    }
}

void nanvm_block_init(void *object, nanvm_origin *origin) {
    expect_no_traits(origin->dealloc->table);
    nanvm_checksum_shared_origin(origin); /* a user's manager can't write the checksum */
    nanvm_header_write(object, nanvm_origin_distance(object, origin),
                       (int32_t)origin->dealloc->table->count);
}

void *nanvm_block_write_front(void *memory, size_t prefix, const nanvm_type *type,
                              nanvm_dealloc *dealloc) {
    unsigned char *object = (unsigned char *)memory + prefix;
    nanvm_origin *origin =
        (nanvm_origin *)(void *)(object - nanvm_block_prefix_of(type)) - 1;
    expect_no_traits(dealloc->table);
    nanvm_origin_write(origin, type, dealloc);
    if (dealloc->table->count == NANVM_COUNT_CUSTOM) {
        *((size_t *)(void *)origin - 1) = 0;
    }
    nanvm_header_write(object, nanvm_origin_distance(object, origin),
                       (int32_t)dealloc->table->count);
    return object;
}

void nanvm_block_wrong_length(void) {
    nanvm_fatal("the length of an array was overwritten");
}

void nanvm_block_check_bound(const nanvm_origin *origin, const void *object,
                             size_t length) {
    const nanvm_dealloc_bounded *dealloc = (const nanvm_dealloc_bounded *)origin->dealloc;
    uintptr_t begin = (uintptr_t)object;
    uintptr_t end = (uintptr_t)*dealloc->end;
    if (begin > end || !nanvm_type_fits(origin->type, length) ||
        nanvm_type_size_of(origin->type, length) > end - begin) {
        nanvm_block_wrong_length();
    }
}

/* The written length is compared with no bound here: a dealloc that knows of one has a
 * `free_block`, so nanvm_block_free() doesn't call this function. */
void nanvm_block_free_alone(void *object) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    const nanvm_type *type = origin->type;
    size_t prefix = nanvm_block_alone_prefix(type, origin->dealloc->table->count);
    size_t length = type->item_size == 0 ? 0 : nanvm_block_written_length(object);
    size_t size = nanvm_type_size_of(type, length);
    nanvm_wipe_object(object, size);
    nanvm_memory_dealloc_by(origin->dealloc, (unsigned char *)object - prefix,
                            nanvm_layout_make(prefix + size, nanvm_block_align(type)));
}
