/* What the headers use of <string.h>, for a target whose C library isn't here. */
#ifndef FREESTANDING_STRING_H
#define FREESTANDING_STRING_H

#include <stddef.h>

void *memcpy(void *target, const void *source, size_t size);
void *memset(void *target, int byte, size_t size);

#endif
