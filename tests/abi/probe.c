/* A program as abi.py sees it: all public headers, and a use of each macro that defines
 * functions. abi.py complains if it misses a function of one of these macros. */
#include <nanvm/mem.h>

struct probe {
    int value;
};
NANVM_TYPE(probe_type, struct probe);
NANVM_TYPED(probe, struct probe, probe_type);
