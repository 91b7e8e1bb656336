/* Checks that nothing in a self-contained arena refers out of it, as the caller of
 * nanvm_arena_assume_self_contained() promised. */
#include "debug/debug.h"

/* Each part of an arena has a dealloc of its own, with the same table. */
static bool is_inside(const nanvm_arena *arena, const void *object) {
    const nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    return dealloc->table == arena->own.bounded.dealloc.table &&
           ((const nanvm_arena_part *)dealloc)->arena == arena;
}

static void check_visitor(nanvm_ref reference, void *arena) {
    if (reference.object != NULL && !is_inside(arena, reference.object)) {
        nanvm_fatal("an object of a self-contained arena refers to an object outside it");
    }
}

void nanvm_self_contained_check(const nanvm_arena *arena, const nanvm_type *type,
                                const void *object) {
    nanvm_object_visit(type, object, check_visitor, (void *)(uintptr_t)arena);
}
