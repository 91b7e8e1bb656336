/* A call at the end of a thread.
 *
 * At most one for each thread: a later one takes the place of an earlier one. What is
 * called may ask for another call, and so may other code that runs while the thread ends:
 * POSIX allows a few such rounds, Windows none. Where there are no threads, none ends,
 * and nothing is ever called. */
#ifndef NANVM_THREAD_END_H
#define NANVM_THREAD_END_H

#include <stdbool.h>

/* A member of what is to be ended. It can't lie in a variable of the thread: on
 * some systems these are gone before the call. */
typedef struct nanvm_thread_end {
    void (*call)(struct nanvm_thread_end *self);
} nanvm_thread_end;

/* `self->call(self)` is called when the calling thread ends. False if the system lacks
 * the memory for it, or has given all that it has for such calls to others; or if the
 * library is being unloaded. */
bool nanvm_thread_end_watch(nanvm_thread_end *self);

/* Nothing is called when the calling thread ends. Only after a watch that succeeded. */
void nanvm_thread_end_forget(void);

#endif
