/* JSON Patch, RFC 6902. */
#ifndef HISTORY_PATCH_H
#define HISTORY_PATCH_H

#include "edit.h"

/* Applies `patch`, an array of operations, to `*root`, which owns a reference.
 * `patch` may belong to another table than `*root` does. When an operation fails, `*root`
 * is dropped and absent, and the problem names the operation. `scratch` is for names of
 * members. */
bool patch_apply(struct edit *self, nanvm_manager *scratch, value patch, value *root);

/* Equal as RFC 6902 compares: numbers by what they mean, members in any order. */
bool patch_equal(value a, value b);

#endif
