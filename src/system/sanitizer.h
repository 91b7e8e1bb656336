/* Hooks of sanitizers: AddressSanitizer, HWASan, MemorySanitizer, valgrind's memcheck.
 *
 * A sanitizer sees what malloc hands out, and nothing within. So under one a local
 * manager gives each object a chunk of its own, from the system's malloc by default; and
 * an arena says which of its bytes are in use. Whether there is one is found out when the
 * program runs: the library needn't have been built for it. */
#ifndef NANVM_SANITIZER_H
#define NANVM_SANITIZER_H

#include <nanvm/mem/config.h>

/* Poisoned bytes behind each object of an arena. */
enum { NANVM_RED_ZONE = 16 };

/* Whether there is one, and the environment doesn't say NANVM_CHECKER=off. */
bool nanvm_sanitizer_is_there(void);

/* Marks bytes as not to be touched; and as in use, in any state. */
void nanvm_sanitizer_poison(void *bytes, size_t size);
void nanvm_sanitizer_unpoison(void *bytes, size_t size);

/* Reads these bytes as the user's own code would: a checker reports it if they may not be
 * touched, and ends the program. For what the library, which isn't built for the checker,
 * read unseen. */
void nanvm_sanitizer_read(const void *bytes, size_t size);

#endif
