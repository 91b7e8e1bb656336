/* What a JSON parser may let pass, and a value that is written back may not hold. */
#ifndef HISTORY_UTF8_H
#define HISTORY_UTF8_H

#include <stddef.h>

/* The first place in a JSON text that is not UTF-8, that escapes half a surrogate
 * pair, or that has a form feed or a vertical tab, which JSON doesn't know as
 * space; `length` if there is none. `*what` says which. */
size_t utf8_check(const char *text, size_t length, const char **what);

#endif
