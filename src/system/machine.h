/* What the library assumes about the machine. */
#ifndef NANVM_MACHINE_H
#define NANVM_MACHINE_H

#include <nanvm/mem/config.h>

/* The sizes on most systems; on others something is a little slower. */
enum { NANVM_CACHE_LINE = 64, NANVM_HUGE_PAGE = 2 * 1024 * 1024 };

/* malloc aligns a piece to this, if its size is this or more. (MSVC has no max_align_t in
 * C.) */
#define NANVM_MALLOC_ALIGN (2 * sizeof(void *))

#endif
