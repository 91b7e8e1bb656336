#if defined(__unix__) || defined(__APPLE__)
#if !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* mmap, MAP_ANONYMOUS */
#endif
#if !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#endif
#include <sys/mman.h>
#include <unistd.h>
#define HAS_PAGES 1
#endif

#include "pages.h"
#include "skip.h"

#if defined(HAS_PAGES)
void needs_pages(void) {}

size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

unsigned char *map_pages(size_t pages) {
    void *memory = mmap(NULL, pages * page_size(), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

void unmap_pages(unsigned char *memory, size_t pages) {
    assert_int_equal(munmap(memory, pages * page_size()), 0);
}

void make_page_read_only(unsigned char *page) {
    assert_int_equal(mprotect(page, page_size(), PROT_READ), 0);
}

void close_page(unsigned char *page) {
    assert_int_equal(mprotect(page, page_size(), PROT_NONE), 0);
}
#else
void needs_pages(void) {
    skip_because("there is no mmap() here");
}

size_t page_size(void) {
    return 4096;
}

unsigned char *map_pages(size_t pages) {
    (void)pages;
    return NULL;
}

void unmap_pages(unsigned char *memory, size_t pages) {
    (void)memory;
    (void)pages;
}

void make_page_read_only(unsigned char *page) {
    (void)page;
}

void close_page(unsigned char *page) {
    (void)page;
}
#endif
