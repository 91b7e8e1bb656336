/* A manager of a user's, written through the public headers: it knows each piece of
 * memory that is live, checks how it comes back, and fails on demand. */
#ifndef FUZZ_CUSTOM_H
#define FUZZ_CUSTOM_H

#include <nanvm/mem.h>

typedef struct custom {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_manager_table manager_table;
    nanvm_dealloc_table dealloc_table;
    struct piece *pieces; /* live */
    struct piece *kept;   /* dead, where `keeps` */
    size_t live;
    size_t bytes;       /* of the live */
    size_t limit;       /* of them; 0: none */
    size_t failures;    /* requests that were made to fail */
    unsigned countdown; /* which request fails: 1 is the next one; 0: none */
    bool goes_on;       /* and all after it */
    bool keeps;         /* the dead stay readable */
} custom;

/* `resizes`: whether it has the optional function. */
void custom_init(custom *self, nanvm_count count, bool resizes);

/* Every piece of memory that is live. */
typedef void custom_visitor(const void *memory, size_t size, void *context);
void custom_each(const custom *self, custom_visitor *visitor, void *context);

/* Frees all memory, live or kept. */
void custom_abandon(custom *self);

#endif
