/* What every test file ends with: a `main` that runs all of its tests, or the
 * one that is named on the command line, so that ctest can run each alone. */
#ifndef TEST_RUN_H
#define TEST_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "accounting.h"
#include "fixture.h"

/* `TEST(function)` is a test with the check that nothing stays alive;
 * `TEST(function, arena)` begins with arena_setup() and ends with arena_teardown(), too:
 * those of fixture.h, or of the file's own. */
#define TEST(...) TEST_(__VA_ARGS__, clean, )
#define TEST_(function, fixture, ...)                                                    \
    cmocka_unit_test_setup_teardown(function, fixture##_setup, fixture##_teardown)

static inline bool has_test(const struct CMUnitTest *tests, size_t length,
                            const char *name) {
    for (size_t i = 0; i < length; i++) {
        if (strcmp(tests[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* For what a hardened build does otherwise, on purpose. */
#if defined(NANVM_HARDENED)
enum { is_hardened = 1 };
#define SKIP_IF_HARDENED(reason)                                                         \
    do {                                                                                 \
        print_message("skipped in a hardened build: %s\n", reason);                      \
        skip();                                                                          \
    } while (0)
#else
enum { is_hardened = 0 };
#define SKIP_IF_HARDENED(reason) ((void)0)
#endif

#if defined(NANVM_DEBUG)
enum { is_debug = 1 };
#else
enum { is_debug = 0 };
#endif

/* A name that no test has is an error: cmocka alone would run nothing, and pass. */
#define RUN_TESTS(tests)                                                                 \
    int main(int argc, char **argv) {                                                    \
        if (argc > 1 && !has_test(tests, sizeof(tests) / sizeof(tests[0]), argv[1])) {   \
            fprintf(stderr, "%s: no test is called %s\n", argv[0], argv[1]);             \
            return 2;                                                                    \
        }                                                                                \
        if (argc > 1) {                                                                  \
            cmocka_set_test_filter(argv[1]);                                             \
        }                                                                                \
        return cmocka_run_group_tests(tests, NULL, NULL);                                \
    }

#endif
