/* What the public headers use of <stdio.h>: see string.h. */
typedef struct FILE FILE;
