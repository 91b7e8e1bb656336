#include "calls.h"

static nanvm_mut_ref make(nanvm_manager *manager, const nanvm_type *type) {
    return nanvm_new(manager, type);
}

static nanvm_mut_ref make_copy(nanvm_manager *manager, const nanvm_type *type,
                               const void *value) {
    return nanvm_new_copy(manager, type, value);
}

static nanvm_mut_ref make_unset(nanvm_manager *manager, const nanvm_type *type) {
    return nanvm_new_unset(manager, type);
}

const calls untyped_calls = {make,
                             make_copy,
                             nanvm_new_array,
                             nanvm_new_with,
                             make_unset,
                             nanvm_new_array_unset,
                             nanvm_mut_ref_get,
                             nanvm_mut_ref_length,
                             nanvm_mut_ref_to_ref,
                             nanvm_mut_ref_drop,
                             nanvm_mut_ref_cleanup,
                             nanvm_mut_ref_move,
                             nanvm_mut_ref_resize,
                             nanvm_mut_ref_resize_unset,
                             nanvm_ref_get,
                             nanvm_ref_length,
                             nanvm_ref_count,
                             nanvm_ref_clone,
                             nanvm_ref_drop,
                             nanvm_ref_cleanup,
                             nanvm_ref_move,
                             nanvm_ref_same,
                             nanvm_ref_try_to_mut_ref,
                             nanvm_ref_to_mut_ref,
                             nanvm_ref_make_mut,
                             nanvm_ref_clone_object,
                             nanvm_ref_clone_resized,
                             nanvm_ref_clone_deep,
                             NULL};
