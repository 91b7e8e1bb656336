/* Pages that nobody can touch, behind chunks: in a hardened build. */
#ifndef NANVM_GUARD_PAGE_H
#define NANVM_GUARD_PAGE_H

#include <stddef.h>

/* The size of such a page, which is its alignment, too; 0 where the system has none. */
size_t nanvm_guard_page_size(void);

/* The first closes a page, the second opens it again. At most 16,384 pages are closed at
 * a time. A page beyond that, or one that the system doesn't close, stays open: there is
 * one guard less, and nothing else changes. */
void nanvm_guard_page_close(void *page);
void nanvm_guard_page_open(void *page);

#endif
