/* JSON Pointer, RFC 6901. */
#ifndef HISTORY_POINTER_H
#define HISTORY_POINTER_H

#include "value.h"

/* What is left of a pointer: empty, or "/" and more. */
typedef struct text pointer;

/* Whether `text` is a pointer at all. */
bool pointer_is_valid(struct text text);

/* How many steps it takes. */
size_t pointer_depth(pointer self);

/* Takes the first step off `*self`: the part up to the next slash, escapes and all. */
struct text pointer_step(pointer *self);

/* The member's name that `step` escapes. Writes at most `step.length` bytes to
 * `room`, which may be where the step is. */
struct text pointer_name(struct text step, char *room);

/* The index that `step` spells, for an array with `length` items; SIZE_MAX if it
 * spells none up to and including `length`. "-" is `length`. */
size_t pointer_index(struct text step, size_t length);

/* Whether `self` is `below` or leads to what contains it. */
bool pointer_is_prefix(pointer self, pointer below);

#endif
