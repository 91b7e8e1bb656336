/* Holding drops: a function releases references while what it works on is half done, and
 * lets the callbacks run when it is done.
 *
 * Between nanvm_drop_hold() and nanvm_drop_resume() a dropped object is added to the list
 * of dead objects in drop.c, whose links lie in the objects or in front of them, so that
 * no memory is needed. Objects that hold nothing are freed at once; if their dealloc
 * drops references, the objects that die by that join the list. The caller may not use
 * what it worked on once nanvm_drop_resume() has begun: callbacks may have freed it. */
#ifndef NANVM_HOLD_H
#define NANVM_HOLD_H

#include "callback_guard.h"

typedef struct nanvm_hold {
    nanvm_callback_guard frame;
    bool is_outermost; /* it is the outermost hold, which ends the objects in the list */
} nanvm_hold;

/* `here` is NANVM_FRAME_ADDRESS of the function in which `self` is a variable. */
void nanvm_drop_hold(nanvm_hold *self, uintptr_t here);
void nanvm_drop_resume(nanvm_hold *self);

/* In place of nanvm_drop_resume(), where no callback may run yet, because the caller's
 * work is half done. The objects in the list end with the thread's next resume, or with
 * its next drop that ends an object with references or callbacks. (The end of a local
 * manager or of an arena resumes, too.) */
void nanvm_drop_resume_later(nanvm_hold *self);

#endif
