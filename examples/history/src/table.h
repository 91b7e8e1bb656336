/* What it costs to keep all versions, and whether they are all there. */
#ifndef HISTORY_TABLE_H
#define HISTORY_TABLE_H

#include "history.h"

struct table {
    size_t versions;
    size_t skipped;
    size_t values;   /* Of all versions, names of members included. */
    size_t distinct; /* Of these, different ones. */
    size_t bytes;
    size_t intern_bytes; /* Of these, the intern table. */
    size_t copy_bytes;   /* If each version were kept alone, in the same form. */
    size_t cloned;
    size_t in_place;
    size_t equal; /* Versions that read back equal their input. */
    double seconds;
};

/* Measures, and reads every version back. A version that differs is reported and
 * makes the exit status PROBLEM_INTERNAL. False when memory runs out. */
bool table_measure(struct table *self, struct history *history);

bool table_print(const struct table *self, enum memory_kind kind);

#endif
