/* A manager that makes its blocks itself, as a user's may: each with its origin at the
 * start of a piece of memory that an accounting manager gives. */
#ifndef INJECTION_SHELF_H
#define INJECTION_SHELF_H

#include "accounting.h"

typedef struct shelf {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_manager_table manager_table;
    nanvm_dealloc_table dealloc_table;
    accounting *source;
} shelf;

/* Counts as `source` does; its blocks can change their size where they `resize`. */
void shelf_init(shelf *self, accounting *source, bool resizes);

#endif
