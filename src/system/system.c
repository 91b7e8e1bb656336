#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* madvise */
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(_WIN32)
#include <malloc.h>
#endif

#include <string.h>

#include "system/system.h"

#if defined(_WIN32)
void *nanvm_system_alloc_aligned(nanvm_layout layout) {
    return _aligned_malloc(layout.size, layout.align);
}

void nanvm_system_free_aligned(void *memory) {
    _aligned_free(memory);
}
#else
#if defined(MADV_HUGEPAGE)
static bool huge_pages_are_off(void) {
    const char *said = getenv("NANVM_HUGE_PAGES");
    return said != NULL && strcmp(said, "off") == 0;
}
#endif

/* Asks for huge pages for memory that starts and ends at the boundary of one, as segments
 * do: following pointers through it then takes 10 to 40 % less time. The environment is
 * read each time: the memory has 2 MiB or more, so that is seldom. */
static void *advise_huge(void *memory, nanvm_layout layout) {
#if defined(MADV_HUGEPAGE)
    if (memory != NULL && layout.align >= NANVM_HUGE_PAGE && !huge_pages_are_off()) {
        (void)madvise(memory, layout.size, MADV_HUGEPAGE); /* if it fails: slower */
    }
#else
    (void)layout;
#endif
    return memory;
}

void *nanvm_system_alloc_aligned(nanvm_layout layout) {
    layout.size = nanvm_layout_round_up(layout.size, layout.align);
    return advise_huge(aligned_alloc(layout.align, layout.size), layout);
}

void nanvm_system_free_aligned(void *memory) {
    free(memory);
}
#endif
