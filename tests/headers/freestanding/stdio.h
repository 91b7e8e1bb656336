/* What the headers use of <stdio.h>, for a target whose C library isn't here. */
#ifndef FREESTANDING_STDIO_H
#define FREESTANDING_STDIO_H

typedef struct file FILE;

#endif
