/* Hooks of sanitizers: AddressSanitizer, HWASan, MemorySanitizer, valgrind's memcheck.
 *
 * A sanitizer sees the pieces that malloc hands out, but not the objects within one. So
 * under a sanitizer a local manager gives each object a chunk of its own, by default from
 * the system's malloc. An arena tells the sanitizer which bytes are in use. Whether there
 * is a sanitizer is found out when the program runs: the library needn't be compiled for
 * one.
 * (Without ELF only memcheck is found, and memcheck only if the library was compiled with
 * valgrind's header.) */
#ifndef NANVM_SANITIZER_H
#define NANVM_SANITIZER_H

#include <nanvm/mem/config.h>

/* Poisoned bytes behind each object of an arena. */
enum { NANVM_RED_ZONE = 16 };

/* Whether there is a sanitizer, and the environment doesn't say NANVM_SANITIZER=off. */
bool nanvm_sanitizer_is_there(void);

/* The first function marks bytes as not to be touched, the second as in use, with
 * undefined contents. */
void nanvm_sanitizer_poison(void *bytes, size_t size);
void nanvm_sanitizer_unpoison(void *bytes, size_t size);

/* Tells AddressSanitizer or HWASan that the library has read these bytes. The library
 * isn't compiled for a sanitizer, so the sanitizer didn't see the read. If the bytes may
 * not be touched, the sanitizer reports the read and ends the program. */
void nanvm_sanitizer_read(const void *bytes, size_t size);

#endif
