/* The interface as a table of functions: once as it is for any type, and once for each
 * type, as the macros of <nanvm/mem/typed.h> define it. */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include <nanvm/mem.h>

typedef struct calls {
    nanvm_mut_ref (*make)(nanvm_manager *, const nanvm_type *);
    nanvm_mut_ref (*make_copy)(nanvm_manager *, const nanvm_type *, const void *);
    nanvm_mut_ref (*make_array)(nanvm_manager *, const nanvm_type *, const void *,
                                size_t);
    nanvm_mut_ref (*make_with)(nanvm_manager *, const nanvm_type *, size_t,
                               nanvm_construct *, void *);
    nanvm_mut_ref (*make_unset)(nanvm_manager *, const nanvm_type *);
    nanvm_mut_ref (*make_array_unset)(nanvm_manager *, const nanvm_type *, size_t);
    void *(*get_mut)(nanvm_mut_ref);
    size_t (*length_mut)(nanvm_mut_ref);
    nanvm_ref (*to_ref)(nanvm_mut_ref);
    void (*drop_mut)(nanvm_mut_ref);
    void (*clean_mut)(nanvm_mut_ref *);
    nanvm_mut_ref (*move_mut)(nanvm_mut_ref *);
    bool (*resize)(nanvm_mut_ref *, nanvm_manager *, size_t);
    bool (*resize_unset)(nanvm_mut_ref *, nanvm_manager *, size_t);
    const void *(*get)(nanvm_ref);
    size_t (*length)(nanvm_ref);
    size_t (*count)(nanvm_ref);
    nanvm_ref (*clone)(nanvm_ref);
    void (*drop)(nanvm_ref);
    void (*clean)(nanvm_ref *);
    nanvm_ref (*move)(nanvm_ref *);
    bool (*same)(nanvm_ref, nanvm_ref);
    bool (*try_to_mut)(nanvm_ref *, nanvm_mut_ref *);
    nanvm_mut_ref (*to_mut)(nanvm_ref *, nanvm_manager *);
    void *(*make_mut)(nanvm_ref *, nanvm_manager *);
    nanvm_mut_ref (*clone_object)(nanvm_ref, nanvm_manager *);
    nanvm_mut_ref (*clone_resized)(nanvm_ref, nanvm_manager *, size_t);
    nanvm_ref (*clone_deep)(nanvm_ref, nanvm_manager *);
    bool (*from)(nanvm_ref *, nanvm_ref *); /* `<name>_ref_from`; NULL if untyped */
} calls;

extern const calls untyped_calls;

#endif
