/* What changed between two values of one table. */
#ifndef HISTORY_DIFF_H
#define HISTORY_DIFF_H

#include "buffer.h"
#include "value.h"

/* Appends a line for each path that changed: "- PATH OLD", "+ PATH NEW" or
 * "~ PATH OLD -> NEW". What both share is skipped without a look inside. False
 * when memory runs out. */
bool diff_write(struct buffer *out, value before, value after);

#endif
