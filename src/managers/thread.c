/* The manager of the calling thread: a local manager of its own. It has memory of its
 * own, too, and isn't a variable of the thread, which some systems free before they call
 * what is to be called at the thread's end. */
#include <nanvm/mem/thread.h>
#include <stddef.h>
#include <stdio.h>

#include "internal.h"
#include "system/thread_end.h"

typedef struct thread_manager {
    nanvm_local local; /* first, so that it has the address that start() returns */
    nanvm_thread_end end;
} thread_manager;

/* NULL before the first use, and after the end. */
static NANVM_THREAD_LOCAL thread_manager *mine;

/* In use where no other can be had: nobody ends it. */
static NANVM_THREAD_LOCAL thread_manager unwatched;

/* Objects may go on in the hands of another thread. Raw memory can't be given back any
 * more. */
static void report_raw(void *context, const nanvm_type *type, size_t blocks,
                       size_t bytes) {
    (void)context;
    if (type == NULL) {
        (void)fprintf(
            stderr,
            "nanvm_mem: raw memory: %zu alive, %zu bytes, at the end of their thread\n",
            blocks, bytes);
    }
}

/* If a callback has used the manager after its end, it has begun anew, and ends with the
 * thread's next round of such calls, if there is one. */
static void end(nanvm_thread_end *hook) {
    unsigned char *begin = (unsigned char *)hook - offsetof(thread_manager, end);
    thread_manager *self = (thread_manager *)(void *)begin;
    mine = self; /* which may have been cleared */
    nanvm_thread_deinit();
    if (mine == self) {
        (void)nanvm_thread_end_watch(hook);
    }
}

static thread_manager *create(void) {
    nanvm_layout layout = NANVM_LAYOUT_OF(thread_manager);
    thread_manager *self = nanvm_memory_alloc(nanvm_global(), layout);
    if (self == NULL) {
        return NULL;
    }
    self->end.call = end;
    if (!nanvm_thread_end_watch(&self->end)) {
        nanvm_memory_dealloc(nanvm_global(), self, layout);
        return NULL;
    }
    return self;
}

NANVM_NOINLINE static thread_manager *start(void) {
    thread_manager *self = create();
    if (self == NULL) {
        self = &unwatched;
    }
    nanvm_local_init(&self->local);
    nanvm_local_on_leak(&self->local, report_raw, NULL);
    mine = self;
    return self;
}

nanvm_local *nanvm_thread_local(void) {
    thread_manager *self = mine;
    return &(NANVM_LIKELY(self != NULL) ? self : start())->local;
}

nanvm_manager *nanvm_thread_manager(void) {
    return &nanvm_thread_local()->manager;
}

/* The memory is kept if the manager is still at its end, or has begun anew. */
void nanvm_thread_deinit(void) {
    thread_manager *self = mine;
    if (self == NULL) {
        return;
    }
    nanvm_local_deinit(&self->local);
    if (mine == self && self->local.state == NULL && self != &unwatched) {
        nanvm_thread_end_forget();
        mine = NULL;
        nanvm_memory_dealloc(nanvm_global(), self, NANVM_LAYOUT_OF(thread_manager));
    }
}
