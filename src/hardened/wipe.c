/* Clears bytes before they are given back, so that nothing of their content remains. */
#include <string.h>

#include "internal.h"

/* With link-time optimisation the compiler sees that the bytes are freed next, and would
 * leave the memset out if nothing read them. */
static inline void look_at(const void *bytes) {
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

void nanvm_wipe(void *bytes, size_t size) {
    if (size > 0) {
        memset(bytes, 0, size);
        look_at(bytes);
    }
}

void nanvm_wipe_object(void *object, size_t size) {
    nanvm_block_mark_dead(object);
    nanvm_wipe(object, size);
}
