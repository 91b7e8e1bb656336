/* What scenarios run on: a manager of each kind, over memory that fails on demand. */
#ifndef INJECTION_GROUND_H
#define INJECTION_GROUND_H

#include "accounting.h"
#include "objects.h"

typedef struct ground {
    nanvm_manager *manager; /* That the scenario creates in. */
    nanvm_manager *other;   /* Of another kind, over the same memory; the same one where
                               objects may not refer to another. */
    nanvm_manager *open;    /* `manager`, or, where its objects may not refer to another's
                               or never let go of them, one whose objects may. */
    bool counts;            /* Whether `manager` does. */
    accounting *dice;       /* Counts the requests, and lets some fail. */
} ground;

/* Ends by dropping all that it made. Whatever fails on the way, it goes on with what
 * there is; attempt.h checks each step and remembers whether one failed. */
typedef void scene(const ground *on);

typedef struct manager_kind {
    const char *name;
    nanvm_count count; /* Of the accounting manager below. */
    bool resizes;      /* Whether it can. */
    void (*stand)(scene *run, accounting *dice);
} manager_kind;

/* An arena in a buffer: it fails when the buffer is full. */
typedef struct buffer_kind {
    const char *name;
    void (*stand)(scene *run, void *buffer, size_t size);
} buffer_kind;

extern const manager_kind kinds[];
extern const size_t kinds_length;
extern const buffer_kind buffer_kinds[];
extern const size_t buffer_kinds_length;

/* Where the scenario is that runs. */
const ground *ground_now(void);

/* How many blocks of `manager` are alive, or pieces of memory below it; nothing that
 * fails may change that. */
size_t ground_live(const nanvm_manager *manager);

/* False for the global manager of a hardened build, which frees the dead later. */
bool ground_knows_live(const nanvm_manager *manager);

#endif
