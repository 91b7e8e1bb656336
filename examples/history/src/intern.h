/* The table that stores equal values once.
 *
 * It holds a reference to every block, so what it returns is borrowed and stays
 * valid until intern_deinit(). It also means that no value in the table has a
 * sole owner: an edit clones it first, and what is being edited isn't in the
 * table until intern_adopt() puts it there.
 *
 * The words of a list are in the table before the list is: so two lists are
 * equal when their words are, whatever lies below. */
#ifndef HISTORY_INTERN_H
#define HISTORY_INTERN_H

#include "value.h"

struct intern {
    nanvm_manager *manager; /* Of the values. */
    nanvm_manager *tables;  /* Of the table itself. */
    value *slots;
    uint32_t *hashes;
    size_t capacity; /* A power of two, or 0. */
    size_t used;
};

void intern_init(struct intern *self, nanvm_manager *manager, nanvm_manager *tables);
void intern_deinit(struct intern *self);

/* Both return the value, borrowed; or absent when memory runs out. */
value intern_text(struct intern *self, enum kind kind, struct text text);
value intern_list(struct intern *self, enum kind kind, const value *items, size_t length);

/* The equal of `other`, which may belong to another table and holds no drafts;
 * borrowed, or absent when memory runs out. */
value intern_import(struct intern *self, value other, nanvm_manager *scratch);

/* Puts `*draft`, which holds no drafts, into the table, or drops it where the
 * table has its equal. `*draft` is the table's word then, with a reference of
 * its own. When memory runs out: false, and `*draft` is as it was. */
bool intern_adopt(struct intern *self, value *draft);

/* Drops what only the table refers to: what a text that turned out invalid or a
 * patch that failed has left. Where references aren't counted, that is nothing.
 * False when memory runs out, and then everything stays. */
bool intern_sweep(struct intern *self);

/* How many different values, short ones and constants included, the table's
 * lists and `roots` hold. SIZE_MAX when `scratch` runs out of memory. */
size_t intern_distinct(const struct intern *self, const value *roots, size_t length,
                       nanvm_manager *scratch);

/* Bytes of the table itself. */
size_t intern_bytes(const struct intern *self);

#endif
