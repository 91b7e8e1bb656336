/* The struct of a local manager, its initialiser, and its inline function. A part of
 * <nanvm/mem/local.h>. */
#ifndef NANVM_MEM_INLINE_LOCAL_H
#define NANVM_MEM_INLINE_LOCAL_H

/* All zeros stand for a local manager that nobody has used: each function that needs more
 * calls nanvm_local_init() first. (The initialiser can't name the table or the global
 * manager: on Windows the address of what a DLL exports is no constant.) */
struct nanvm_local {
    nanvm_manager manager; /* first; its table is NULL in one that is all zeros */
    nanvm_manager *source; /* of its memory */
    struct nanvm_local_state *state; /* NULL until it creates something */
    nanvm_local_leak *leak;          /* called for leaks; NULL only with the table */
    void *leak_context;
    nanvm_local_cycle *cycle; /* called for cycles, by a debug build; or NULL */
    void *cycle_context;
    bool is_shared; /* any thread may clone and drop references to its objects */
};

NANVM_BEGIN_DECLS

NANVM_INLINE nanvm_manager *nanvm_local_manager(nanvm_local *self) {
    if (NANVM_UNLIKELY(self->manager.table == NANVM_NULL)) {
        nanvm_local_init(self);
    }
    return &self->manager;
}

NANVM_END_DECLS

#endif
