/* What is done when a callback is left by an exception.
 *
 * A C++ exception that leaves a callback unwinds through the library's own functions, and
 * so does the end of a thread by pthread_exit() or by cancellation. If a variable is
 * declared with NANVM_ON_UNWIND(function), `function` is called with the variable's
 * address when the scope ends, normally or by unwinding. So the function has to see from
 * the variable which of these happened.
 *
 * That works if NANVM_UNWINDS is defined. CMake defines it, and sets -fexceptions, for
 * gcc and clang, except for WebAssembly and where exceptions can't be linked. Elsewhere
 * nothing is called: mark such a function NANVM_UNUSED, or compilers warn of it. In no
 * build is it called after a longjmp: see hardened/callback_guard.h. */
#ifndef NANVM_UNWIND_H
#define NANVM_UNWIND_H

#include "internal.h"

#if defined(NANVM_UNWINDS)
#define NANVM_ON_UNWIND(function) __attribute__((cleanup(function)))
#else
#define NANVM_ON_UNWIND(function)
#endif

/* Counts as a use of the variable. Compilers and checkers don't see that the function
 * given to NANVM_ON_UNWIND reads it. */
static inline void nanvm_unwind_reads(const void *variable) {
    (void)variable;
}

#endif
