/* The local manager, typed interface: the compiler knows the table of each handle. */
#define BENCH_TYPED 1
#include "subject_local.h"
