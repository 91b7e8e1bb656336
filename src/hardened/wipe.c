/* Leaves nothing in bytes that are given back. */
#include <string.h>

#include "internal.h"

void nanvm_wipe(void *bytes, size_t size) {
    if (size > 0) {
        memset(bytes, 0, size);
    }
}

void nanvm_wipe_object(void *object, size_t size) {
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    nanvm_wipe(object, size);
}
