/* What the public headers use of <string.h>, so that the list of the ABI is the same on
 * every system, and needs no C library of the other ones. */
#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
