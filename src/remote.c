#include "remote.h"

/* Stands in place of a list. */
static nanvm_slot closed;

/* Release: whoever takes the list sees the object as its last user left it. */
bool nanvm_remote_return(nanvm_remote *self, nanvm_slot *slot) {
    void *first = nanvm_atomic_read_pointer(&self->returned);
    do {
        if (first == &closed) {
            return false;
        }
        slot->next = first;
    } while (!nanvm_atomic_replace_pointer(&self->returned, &first, slot));
    return true;
}

nanvm_slot *nanvm_remote_close(nanvm_remote *self, size_t alive) {
    nanvm_atomic_write_relaxed(&self->owner, NANVM_NO_THREAD);
    nanvm_atomic_write_relaxed(&self->alive, alive);
    return nanvm_atomic_exchange_pointer(&self->returned, &closed);
}

bool nanvm_remote_forget(nanvm_remote *self) {
    return nanvm_atomic_lower(&self->alive, 1) == 1;
}
