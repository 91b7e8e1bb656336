/* The cold half of counting: everything but a plain count above zero, and one more
 * reference to an object with an atomic count. */
#include "internal.h"

static size_t update_custom(const void *object, nanvm_ref_counter_update update) {
    nanvm_origin *origin = nanvm_block_origin(object);
    size_t *counter = (size_t *)(void *)origin - 1;
    return origin->dealloc->table->ref_counter_update(origin->dealloc, counter, update);
}

static void add_atomic(nanvm_header *header) {
    if (nanvm_atomic_subtract_relaxed(&header->count, 1) <= NANVM_COUNT_ATOMIC_LAST) {
        nanvm_atomic_store_relaxed(&header->count, NANVM_COUNT_STUCK);
    }
}

void nanvm_ref_clone_cold(const void *object) {
    nanvm_header *header = nanvm_block_header(object);
    int32_t count = nanvm_block_count(object);
    if (nanvm_count_is_atomic(count)) {
        add_atomic(header);
    } else if (count == NANVM_COUNT_CUSTOM) {
        (void)update_custom(object, NANVM_REF_COUNTER_ADD);
    } else if (count == NANVM_COUNT_DEAD) {
        nanvm_fatal("clone of a reference to an object that was dropped");
    }
}

bool nanvm_count_release(const void *object) {
    nanvm_header *header = nanvm_block_header(object);
    int32_t count = nanvm_block_count(object);
    if (NANVM_LIKELY(nanvm_count_is_atomic(count))) {
        return nanvm_count_release_atomic(object, count);
    }
    if (count >= 0) {
        header->count = count - (count > 0);
        return count == 0;
    }
    if (count == NANVM_COUNT_CUSTOM) {
        return update_custom(object, NANVM_REF_COUNTER_RELEASE) == 0;
    }
    if (count == NANVM_COUNT_DEAD) {
        nanvm_fatal("drop of a reference to an object that was dropped before");
    }
    return false;
}

bool nanvm_ref_is_sole_cold(const void *object) {
    int32_t count = nanvm_block_count(object);
    if (nanvm_count_is_atomic(count)) {
        return nanvm_atomic_load_acquire(&nanvm_block_header(object)->count) ==
               NANVM_COUNT_ATOMIC;
    }
    return nanvm_count_read(object) == 0;
}

size_t nanvm_count_read(const void *object) {
    int32_t count = nanvm_block_count(object);
    if (count >= 0) {
        return (size_t)count;
    }
    if (nanvm_count_is_atomic(count)) {
        return (size_t)(NANVM_COUNT_ATOMIC - count);
    }
    if (count == NANVM_COUNT_DEAD) {
        nanvm_fatal("use of a reference to an object that was dropped");
    }
    return count == NANVM_COUNT_CUSTOM ? update_custom(object, NANVM_REF_COUNTER_READ)
                                       : SIZE_MAX;
}
