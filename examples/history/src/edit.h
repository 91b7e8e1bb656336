/* Changing a value that others share: path copying through to_mut_ref.
 *
 * What is changed becomes a draft: the object itself where it has one owner, else
 * a clone. edit_freeze() puts the drafts below a value into the table when the
 * changes are done. */
#ifndef HISTORY_EDIT_H
#define HISTORY_EDIT_H

#include "intern.h"
#include "problem.h"

struct edit {
    struct intern *intern;
    struct problem *problem;
    size_t cloned;
    size_t in_place;
};

/* Makes `*at`, an array or an object, a draft. Null when memory runs out. The
 * result is valid until `*at` is resized. */
struct list *edit_list(struct edit *self, value *at);

/* Makes room for `count` words at `index`, to be filled by the caller at once. */
bool edit_insert(struct edit *self, value *at, size_t index, size_t count);

/* Takes `count` words away at `index`, and drops them. */
bool edit_remove(struct edit *self, value *at, size_t index, size_t count);

/* Puts `replacement`, with a reference of its own, where `*at` was. */
void edit_replace(value *at, value replacement);

/* Turns `*at` and the drafts in it into values of the table. */
bool edit_freeze(struct edit *self, value *at);

#endif
