/* What a debug build checks beyond a hardened one. Other builds have the empty half. */
#ifndef NANVM_DEBUG_H
#define NANVM_DEBUG_H

#include "../internal.h"

#if defined(NANVM_DEBUG)
enum { NANVM_IS_DEBUG = 1 };

/* --- closed.c -------------------------------------------------------------- */

/* Stops the program if the object, which `arena` frees, refers to one that it doesn't. */
void nanvm_closed_check(const nanvm_object *type, const void *object,
                        const nanvm_dealloc *arena);
#else
enum { NANVM_IS_DEBUG = 0 };

static inline void nanvm_closed_check(const nanvm_object *type, const void *object,
                                      const nanvm_dealloc *arena) {
    (void)type;
    (void)object;
    (void)arena;
}
#endif

#endif
