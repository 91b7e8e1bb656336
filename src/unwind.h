/* What is done when a callback is left by an exception.
 *
 * A C++ exception that leaves a callback unwinds through the library's own functions, and
 * so does the end of a thread by pthread_exit() or by cancellation. A variable that is
 * declared with NANVM_ON_UNWIND(function) has `function` called with its address when its
 * scope is left, in whatever way: so the function has to see from the variable whether
 * the scope came to its end.
 *
 * That works if NANVM_UNWINDS is defined. CMake defines it, and sets -fexceptions, for
 * gcc and clang, except for WebAssembly and where exceptions can't be linked. Elsewhere
 * nothing is called: mark such a function NANVM_UNUSED, or compilers warn of it. No build
 * sees a longjmp this way: see hardened/callback_guard.h. */
#ifndef NANVM_UNWIND_H
#define NANVM_UNWIND_H

#include "internal.h"

#if defined(NANVM_UNWINDS)
#define NANVM_ON_UNWIND(function) __attribute__((cleanup(function)))
#else
#define NANVM_ON_UNWIND(function)
#endif

/* Compilers and checkers don't see that the function reads the variable. */
static inline void nanvm_unwind_reads(const void *variable) {
    (void)variable;
}

#endif
