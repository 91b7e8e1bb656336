/* A shared local manager, untyped interface: one thread creates, any thread may clone and
 * drop. */
#define BENCH_COUNT_ATOMIC 1
#define BENCH_LOCAL_INIT nanvm_local_init_shared
#include "subject_local.h"
