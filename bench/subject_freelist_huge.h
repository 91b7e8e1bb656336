/* The same limit on huge pages: a little lower once they are warm, slower at first. */
#define FREELIST_HUGE 1
#include "subject_freelist.h"
