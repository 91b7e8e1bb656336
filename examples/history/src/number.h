/* Numbers as they are written, compared as what they mean. */
#ifndef HISTORY_NUMBER_H
#define HISTORY_NUMBER_H

#include "value.h"

/* Whether two JSON numbers are equal, exactly: 1, 1.0, 10e-1 and 0.1E+1 are. */
bool number_equal(struct text a, struct text b);

#endif
