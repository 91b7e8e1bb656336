/* Nothing in a closed arena refers out of it: nanvm_arena_close() promised that. */
#include "debug.h"

static void check_visitor(nanvm_ref reference, void *arena) {
    if (reference.object != NULL &&
        nanvm_block_origin(reference.object)->dealloc != arena) {
        nanvm_fatal("an object of a closed arena refers to an object outside it");
    }
}

void nanvm_closed_check(const nanvm_object *type, const void *object,
                        const nanvm_dealloc *arena) {
    nanvm_object_visit(type, object, check_visitor, (void *)(uintptr_t)arena);
}
