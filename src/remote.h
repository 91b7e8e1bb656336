/* Objects that any thread may drop, in a pool that belongs to one thread.
 *
 * A drop in another thread doesn't touch the pool: it adds the dead object to a list,
 * which the pool's thread takes as a whole, by an exchange. (Entries that are taken one
 * by one would have to be told from entries that were taken and added again meanwhile.)
 * The pool's thread takes the list when it needs slots, and for a trim or a report.
 *
 * When the manager has ended, no thread takes the list any more. A mark in its place says
 * so, and whoever drops an object then counts it, and frees the pool with the last one.
 */
#ifndef NANVM_REMOTE_H
#define NANVM_REMOTE_H

#include "internal.h"
#include "system/thread_number.h"

/* What other threads use of a pool. It has cache lines of its own: the pool's thread
 * writes to the pool all the time, and other threads would wait for that line. */
typedef struct nanvm_remote {
    nanvm_dealloc dealloc;     /* first: of the pool's objects */
    nanvm_slots *slots;        /* the pool */
    size_t owner;              /* the number of the pool's thread, or NANVM_NO_THREAD */
    void *returned;            /* dead objects, linked by a word each; or the mark */
    size_t alive;              /* objects of a pool whose manager has ended */
    struct nanvm_remote *next; /* of the same manager */
} nanvm_remote;

/* Whether the pool belongs to the calling thread. */
static inline bool nanvm_remote_is_here(const nanvm_remote *self) {
    return nanvm_thread_number_is(nanvm_atomic_read_relaxed(&self->owner));
}

/* The pool's slots, if the calling thread may free in them without a call; else NULL. */
static inline nanvm_slots *nanvm_remote_slots_here(const nanvm_remote *self) {
    nanvm_slots *slots = self->slots;
    return nanvm_remote_is_here(self) && slots->dealloc.table->traits.free_inline ? slots
                                                                                  : NULL;
}

/* Adds a dead object to the list, by the word that links it; false if the manager has
 * ended. */
bool nanvm_remote_return(nanvm_remote *self, nanvm_slot *slot);

/* Takes the list; NULL if it is empty. For the pool's thread. */
static inline nanvm_slot *nanvm_remote_take(nanvm_remote *self) {
    return nanvm_atomic_read_pointer_relaxed(&self->returned) == NULL
               ? NULL
               : nanvm_atomic_take_pointer(&self->returned);
}

/* The manager has ended, and `alive` objects of the pool haven't been freed, those in the
 * list included. Returns the list. Then nanvm_remote_forget() has to be called for each
 * object in it, as for any that is dropped from now on. */
nanvm_slot *nanvm_remote_close(nanvm_remote *self, size_t alive);

/* One object less in a pool whose manager has ended; true if it was the last. */
bool nanvm_remote_forget(nanvm_remote *self);

#endif
