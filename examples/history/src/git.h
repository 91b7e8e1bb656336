/* Versions out of a git repository. */
#ifndef HISTORY_GIT_H
#define HISTORY_GIT_H

#include "history.h"

/* Adds every version of the file at `path`, as the commits that lead to HEAD have
 * it under this name. */
bool git_add_versions(struct history *history, const char *path);

#endif
