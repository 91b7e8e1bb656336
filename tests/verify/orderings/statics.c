/* Two files of a hardened build, with a way to what is static in them. */
#include "operations.h"

#include "../../../src/hardened/checksum.c"
#include "../../../src/hardened/guard_page.c"

const uint64_t *model_key(void) {
    return &nanvm_checksum_process_key;
}

const size_t *model_guards(void) {
    return &guards;
}
