/* A test that can't be run says why, and is counted as skipped. */
#ifndef TEST_SKIP_H
#define TEST_SKIP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* Ends the test, and what it created before stays alive. */
static inline void skip_because(const char *why) {
    print_message("skipped: %s\n", why);
    skip();
}

/* Memcheck takes for lost what a test leaves behind on purpose, also in a child process:
 * `run` says in the environment that it watches. */
static inline void skip_under_memcheck(const char *why) {
    if (getenv("NANVM_TEST_MEMCHECK") != NULL) {
        skip_because(why);
    }
}

#endif
