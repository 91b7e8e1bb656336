/* The same limit with 8 bytes in front of each object, written when it is created: what
 * objects that say their type or their count can't do without. */
#define BUMP_HEADER 1
#include "subject_bump.h"
