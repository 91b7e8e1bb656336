/* The global manager, typed interface. */
#define BENCH_TYPED 1
#include "subject_global.h"
