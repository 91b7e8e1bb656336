/* A set of values of one table, where equal ones are the same word. */
#ifndef HISTORY_SET_H
#define HISTORY_SET_H

#include "value.h"

struct set {
    nanvm_manager *manager;
    value *slots;
    size_t capacity; /* A power of two, or 0. */
    size_t used;
};

struct set set_make(nanvm_manager *manager);
void set_free(struct set *self);

/* Adds `word`, borrowed; `*fresh` says whether it is new. False when memory runs
 * out. */
bool set_add(struct set *self, value word, bool *fresh);

bool set_has(const struct set *self, value word);

/* Adds `root` and all that it holds. */
bool set_add_all(struct set *self, value root);

#endif
