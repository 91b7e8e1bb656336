/* Whether a function that calls back is still at work. The other half of this interface,
 * hardened/callback_guard.h, also finds out whether the function was left by longjmp.
 * (nanvm_at_work is in <nanvm/mem/inline/build.h>.) */
#ifndef NANVM_CALLBACK_GUARD_H
#define NANVM_CALLBACK_GUARD_H

#include "internal.h"

#define NANVM_FRAME_ADDRESS ((uintptr_t)0)

typedef char nanvm_callback_guard;

/* `here` is NANVM_FRAME_ADDRESS of the function in which `frame` is a variable. */
static inline void nanvm_callback_guard_enter(nanvm_at_work *self,
                                              const nanvm_callback_guard *frame,
                                              uintptr_t here) {
    (void)frame;
    (void)here;
    self->is_set = true;
}

static inline void nanvm_callback_guard_leave(nanvm_at_work *self) {
    self->is_set = false;
}

/* A hardened build stops the program with `message` if a function that is at work was
 * left by longjmp. */
static inline void nanvm_callback_guard_check(const nanvm_at_work *self, uintptr_t here,
                                              const char *message) {
    (void)self;
    (void)here;
    (void)message;
}

#endif
