/* A shared local manager, typed interface. */
#define BENCH_TYPED 1
#include "subject_shared.h"
