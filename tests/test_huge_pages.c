/* Linux is asked to lay segments in huge pages, unless NANVM_HUGE_PAGES=off says not to.
 */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise */
#elif !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* setenv */
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "run.h"
#include "skip.h"

enum { HUGE_PAGE = 2 * 1024 * 1024 };

#if defined(__linux__)

/* Whether the line of /proc/self/smaps begins the mapping with that address. */
static bool begins_mapping_of(const char *line, uintptr_t address) {
    char *rest = NULL;
    uintptr_t begin = strtoul(line, &rest, 16);
    if (rest == line || *rest != '-') {
        return false;
    }
    return begin <= address && address < strtoul(rest + 1, NULL, 16);
}

/* The flags that the system tells of the mapping with that address, in `flags`; false if
 * it tells none. */
static bool flags_of(const void *memory, char *flags, int size) {
    static const char begin[] = "VmFlags:";
    FILE *maps = fopen("/proc/self/smaps", "r");
    bool found = false, within = false;
    while (maps != NULL && !found && fgets(flags, size, maps) != NULL) {
        within |= begins_mapping_of(flags, (uintptr_t)memory);
        found = within && strncmp(flags, begin, sizeof(begin) - 1) == 0;
    }
    if (maps != NULL) {
        (void)fclose(maps);
    }
    return found;
}

/* Whether the system tells that huge pages were asked for, where they were. */
static bool tells_of_huge_pages(void) {
    char flags[512] = "";
    void *memory =
        mmap(NULL, HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    bool asked = madvise(memory, HUGE_PAGE, MADV_HUGEPAGE) == 0;
    bool tells = flags_of(memory, flags, sizeof(flags));
    (void)munmap(memory, HUGE_PAGE);
    return asked && tells && strstr(flags, " hg") != NULL;
}

/* Whether huge pages are asked for, where the environment says so. */
static bool asks_where(const char *said) {
    char flags[512] = "";
    if (!tells_of_huge_pages()) {
        skip_because("the system doesn't tell of huge pages");
    }
    nanvm_layout layout = nanvm_layout_make(HUGE_PAGE, HUGE_PAGE);
    assert_int_equal(said == NULL ? unsetenv("NANVM_HUGE_PAGES")
                                  : setenv("NANVM_HUGE_PAGES", said, 1),
                     0);
    void *memory = nanvm_manager_alloc(nanvm_global(), layout);
    assert_non_null(memory);
    bool tells = flags_of(memory, flags, sizeof(flags));
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
    (void)unsetenv("NANVM_HUGE_PAGES");
    assert_true(tells);
    return strstr(flags, " hg") != NULL;
}

#else

static bool asks_where(const char *said) {
    (void)said;
    skip_because("no huge pages are asked for on this system");
    return false;
}

#endif

static void test_huge_pages_are_asked_for(void **state) {
    (void)state;
    assert_true(asks_where(NULL));
    assert_true(asks_where("on"));
    assert_true(asks_where(""));
}

static void test_environment_switches_huge_pages_off(void **state) {
    (void)state;
    assert_false(asks_where("off"));
    assert_true(asks_where(NULL)); /* it is read each time */
}

static const struct CMUnitTest tests[] = {
    TEST(test_huge_pages_are_asked_for),
    TEST(test_environment_switches_huge_pages_off),
};

RUN_TESTS(tests)
