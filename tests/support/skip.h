/* A test that can't be run says why, and is counted as skipped. */
#ifndef TEST_SKIP_H
#define TEST_SKIP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Ends the test, and what it created before stays alive. */
static inline void skip_because(const char *why) {
    print_message("skipped: %s\n", why);
    skip();
}

#endif
