/* The struct of a local manager, and its inline function. A part of
 * <nanvm/mem/local.h>. */
#ifndef NANVM_MEM_INLINE_LOCAL_H
#define NANVM_MEM_INLINE_LOCAL_H

struct nanvm_local {
    nanvm_manager manager;           /* first */
    nanvm_manager *source;           /* of its memory */
    struct nanvm_local_state *state; /* NULL until it creates something */
    nanvm_local_leak *leak;          /* called for leaks; never NULL */
    void *leak_context;
    nanvm_local_cycle *cycle; /* called for cycles, by a debug build; or NULL */
    void *cycle_context;
    bool is_shared; /* any thread may clone and drop references to its objects */
};

NANVM_BEGIN_DECLS

NANVM_INLINE nanvm_manager *nanvm_local_manager(nanvm_local *self) {
    return &self->manager;
}

NANVM_END_DECLS

#endif
