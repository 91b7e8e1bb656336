/* The system's malloc, as the global manager sees it: the linker leads its calls here,
 * where they can fail. */
#ifndef INJECTION_SYSTEM_H
#define INJECTION_SYSTEM_H

#include "accounting.h"

/* From now on `dice` decides. */
void system_arm(accounting *dice);

/* Expects that all is freed that was taken since then. */
void system_disarm(void);

/* Pieces of memory that were taken through here. */
size_t system_live(void);

#endif
