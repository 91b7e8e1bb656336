/* The local manager's typed interface, with copies written by hand: what make_mut() is
 * measured against. */
#define BENCH_COPIES_BY_HAND 1
#include "subject_typed.h"
