/* What a debug build checks beyond a hardened one. Other builds have the empty half. */
#ifndef NANVM_DEBUG_H
#define NANVM_DEBUG_H

#include "internal.h"

struct nanvm_pool;

#if defined(NANVM_DEBUG)
enum { NANVM_IS_DEBUG = 1 };

/* Members that a struct has only in a debug build, and their initialisers. */
#define NANVM_IN_DEBUG(...) __VA_ARGS__

/* --- self_contained.c -------------------------------------------------------------- */

/* Stops the program if the object, which lies in `arena`, refers to one outside. */
void nanvm_self_contained_check(const nanvm_arena *arena, const nanvm_type *type,
                                const void *object);

/* --- cycle.c ---------------------------------------------------------------- */

/* Reports which objects of the manager, whose first pool is `pools`, lie on a cycle. */
void nanvm_cycle_report(const nanvm_local *self, struct nanvm_pool *pools);
#else
enum { NANVM_IS_DEBUG = 0 };

#define NANVM_IN_DEBUG(...)

static inline void nanvm_self_contained_check(const nanvm_arena *arena,
                                              const nanvm_type *type,
                                              const void *object) {
    (void)arena;
    (void)type;
    (void)object;
}

static inline void nanvm_cycle_report(const nanvm_local *self, struct nanvm_pool *pools) {
    (void)self;
    (void)pools;
}
#endif

#endif
