/* Pages that nobody can touch, behind chunks: in a hardened build. */
#ifndef NANVM_GUARD_PAGE_H
#define NANVM_GUARD_PAGE_H

#include <stddef.h>

/* The size of such a page, which is its alignment, too; 0 where the system has none. */
size_t nanvm_guard_page_size(void);

/* Closes the page, and opens it again. Where the system has no more of them it stays
 * open: a guard less, and nothing else. */
void nanvm_guard_page_close(void *page);
void nanvm_guard_page_open(void *page);

#endif
