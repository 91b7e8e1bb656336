/* Which thread this is. */
#ifndef NANVM_THREAD_NUMBER_H
#define NANVM_THREAD_NUMBER_H

#include "system/atomic.h"

/* With glibc the number lies in the memory that every thread has from its start, so that
 * it is read without a call. A library that is loaded late takes 8 bytes of the 1,664
 * that glibc keeps for such libraries. (Others keep none: with musl, for example, the
 * library could only be loaded at the start.) */
#if defined(NANVM_GNU) && defined(__GLIBC__)
#define NANVM_THREAD_STATIC __attribute__((tls_model("initial-exec"))) NANVM_THREAD_LOCAL
#else
#define NANVM_THREAD_STATIC NANVM_THREAD_LOCAL
#endif

/* A number that no other thread of the process has, or ever had; 0 if the thread hasn't
 * asked for one by nanvm_thread_number_claim(). (The address of a thread-local variable
 * would be used again after the thread's end.) Where size_t has 32 bits, numbers repeat
 * after 2^32 threads that asked. */
extern NANVM_THREAD_STATIC size_t nanvm_thread_number;

/* The number of the calling thread, which gets one if it has none yet. */
size_t nanvm_thread_number_claim(void);

/* The number of no thread, and not that of a thread that hasn't asked either. */
#define NANVM_NO_THREAD SIZE_MAX

static inline bool nanvm_thread_number_is(size_t number) {
    return nanvm_thread_number == number;
}

#endif
