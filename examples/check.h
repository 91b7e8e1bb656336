/* The examples are tests, too: what they say is checked, in release builds as well. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                 \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__,             \
                          #condition);                                                   \
            exit(EXIT_FAILURE);                                                          \
        }                                                                                \
    } while (0)

#endif
