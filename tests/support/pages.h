/* Pages of memory that the program may be kept from touching. */
#ifndef TEST_PAGES_H
#define TEST_PAGES_H

#include <stddef.h>

/* Ends the test as skipped where there is no mmap(). A test begins with this. */
void needs_pages(void);

size_t page_size(void);

/* So many pages in a row, which can be read and written. */
unsigned char *map_pages(size_t pages);
void unmap_pages(unsigned char *memory, size_t pages);

/* From now on one page can only be read, or not be touched at all. */
void make_page_read_only(unsigned char *page);
void close_page(unsigned char *page);

#endif
