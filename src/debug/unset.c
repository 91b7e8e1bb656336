/* A pattern in objects whose bytes were to be written by the program. Read as a reference
 * it is no valid address on most machines, so that dropping an object whose references
 * weren't written ends the program at once. */
#include <string.h>

#include "internal.h"
#include "system/sanitizer.h"

enum { PATTERN = 0xa5 };

void nanvm_unset_fill(void *object, size_t size) {
    memset(object, PATTERN, size);
    nanvm_sanitizer_unpoison(object, size); /* with undefined contents */
}
