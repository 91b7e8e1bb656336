/* The program, but for main(). */
#ifndef HISTORY_RUN_H
#define HISTORY_RUN_H

#include "options.h"

/* Does what `options` say and returns the exit status. `fuse` as for memory_init(). */
int history_run(const struct options *options, size_t *fuse);

#endif
