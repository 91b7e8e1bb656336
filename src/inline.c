/* The one linkable copy of every inline function of the public headers. */
#define NANVM_INLINE NANVM_API extern inline
#include <nanvm/mem.h>

const char *nanvm_version(void) {
    return NANVM_VERSION;
}
