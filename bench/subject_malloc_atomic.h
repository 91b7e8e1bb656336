/* malloc with an atomic count written by hand, for references that cross threads. */
#define BENCH_COUNT_ATOMIC 1
#include "subject_malloc.h"
