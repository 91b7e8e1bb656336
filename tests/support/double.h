/* What programs of tests share that offer a double of a sanitizer's functions. */
#ifndef TEST_DOUBLE_H
#define TEST_DOUBLE_H

#include <nanvm/mem.h>

/* Prepares a test of a double, with NANVM_CHECKER set to `said`, or unset where that is
 * NULL; skips the test where there is no double. */
typedef void start_double(const char *said);

/* Sets NANVM_CHECKER, or unsets it where `said` is NULL. */
void set_checker(const char *said);

/* Skips the test. */
void skip_for_want_of_a_double(void);

/* Expects a local manager to give each object memory of its own, unless it is told that
 * there is no sanitizer. */
void expect_a_piece_for_each_object(start_double *start);

/* For expect_fatal(): clones the dead object of the nanvm_mut_ref at `context`. */
void clone_dead(void *context);

#endif
