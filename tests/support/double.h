/* What programs of tests share that offer a double of a sanitizer's functions. */
#ifndef TEST_DOUBLE_H
#define TEST_DOUBLE_H

#include <nanvm/mem.h>

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#define HAS_ASAN 1
#else
#define HAS_ASAN 0
#endif

#if HAS_ASAN || defined(__SANITIZE_HWADDRESS__) || HAS_FEATURE(memory_sanitizer) ||      \
    HAS_FEATURE(hwaddress_sanitizer)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

/* Whether a test may offer a double of a sanitizer: not where there is a real one, and
 * where none can be offered. That of AddressSanitizer may stand beside others. */
#if defined(__ELF__)
#define OFFERS_DOUBLE_OF_ASAN (!HAS_ASAN)
#define OFFERS_DOUBLE (!HAS_SANITIZER)
#else
#define OFFERS_DOUBLE_OF_ASAN 0
#define OFFERS_DOUBLE 0
#endif

/* Prepares a test of a double, with NANVM_SANITIZER set to `said`, or unset where that is
 * NULL; skips the test where there is no double. */
typedef void start_double(const char *said);

/* Sets NANVM_SANITIZER, or unsets it where `said` is NULL; skips the test where no double
 * is offered. */
void begin_double(bool is_offered, const char *said);

/* Expects a local manager to give each object memory of its own, unless it is told that
 * there is no sanitizer. */
void expect_a_piece_for_each_object(start_double *start);

/* With the checker off, makes a node in a local manager, drops it, and calls `use`. */
typedef void use_dropped_node(nanvm_mut_ref *dropped);
void with_dropped_node(start_double *start, use_dropped_node *use);

/* For expect_fatal(): clones the dropped object of the nanvm_mut_ref at `context`. */
void clone_dropped(void *context);

#endif
