/* Every kind of manager, one after the other, for scenarios to run on. */
#ifndef TEST_STAGE_H
#define TEST_STAGE_H

#include "accounting.h"
#include "objects.h"

typedef struct stage {
    const char *name;
    nanvm_manager *manager;
    bool counts; /* Whether references are counted: an arena's aren't. */
} stage;

/* As ::accounted_scenario, on any manager. Everything it creates comes from
 * `stage->manager`. */
typedef bool scenario(const stage *stage);

/* Runs `run` on every manager. Those that stand on an accounting manager run
 * it with each request failing in turn as well; an arena in a buffer
 * with every size of buffer from none to what it needs. */
void on_every_manager(scenario *run);

/* The same for the managers that count references. */
void on_counting_managers(scenario *run);

/* A size that no machine has, with which a layout is still valid; but a process of
 * 32 bits may well have that much: there it is one that can't be. */
static inline size_t beyond_memory(size_t less) {
    return (SIZE_MAX > UINT32_MAX ? (size_t)PTRDIFF_MAX : SIZE_MAX) - less;
}

/* Checks `object` of a new block: its address fits its type's alignment. */
bool is_aligned(const void *object, size_t align);

#endif
