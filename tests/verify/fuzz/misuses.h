/* What a program must not do, and what the library says of it. */
#ifndef FUZZ_MISUSES_H
#define FUZZ_MISUSES_H

#include "operations.h"

/* Whose object is misused. */
typedef struct victim {
    handle it;
    const calls *how;
    place where;
    unsigned char choice; /* any number, for who has to choose */
} victim;

/* What a victim has to be. All are in a manager that counts, and the only reference. */
typedef enum need {
    ANY,
    ARRAY,
    HOLDER,    /* has a part in its fixed part, and no callbacks at its end */
    COUNTED,   /* in a manager whose counts the library keeps itself */
    NO_VICTIM, /* but the managers */
} need;

typedef struct misuse {
    const char *name;
    const char *message; /* a part of it; NULL: any */
    need need;
    bool shatters; /* the library is in the midst of something: nothing can be used again
                    */
    bool hardened; /* only a hardened build sees it */
    bool (*commit)(victim *self); /* returns, false, only where it couldn't be done */
} misuse;

extern const misuse misuses[];
extern const size_t misuses_length;

#endif
