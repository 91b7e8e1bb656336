/* GLib's GAtomicRcBox, for references that cross threads. */
#define BENCH_COUNT_ATOMIC 1
#include "subject_glib.h"
