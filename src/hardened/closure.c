/* An object that any thread may use may refer only to objects that any thread may use.
 * If it refers to one of a plain local manager, the thread that drops it last releases a
 * reference that isn't its own.
 *
 * One thread may mix managers as it likes. So the mistake is noticed when another thread
 * than the one that has the plain object drops, or in a debug build clones, a reference
 * to the object that any thread may use, be it the last reference or not. Only declared
 * references are looked at, in the fixed part and in the first items, so that no callback
 * runs, and a large array may be dropped often. Any other reference is noticed when it is
 * released: see owner.c. */
#include "hardened/owner.h"

/* Items of an array that are looked at. */
enum { LOOKED_AT = 16 };

static void check(const void *object) {
    if (object != NULL && nanvm_count_word_peek(nanvm_block_count_word(object)) >= 0 &&
        nanvm_owner_is_elsewhere(object)) {
        nanvm_fatal("an object that any thread may use refers to one of a plain local "
                    "manager, which another thread has: see nanvm_ref_share()");
    }
}

static void check_declared(const void *part, const size_t *offsets, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        const void *reference = (const unsigned char *)part + offsets[i];
        check(((const nanvm_ref *)reference)->object);
    }
}

void nanvm_closure_check(const void *object) {
    if (!nanvm_count_is_atomic(nanvm_count_word_peek(nanvm_block_count_word(object)))) {
        return;
    }
    const nanvm_type *type = nanvm_block_origin(object)->type;
    size_t length = type->item_refs_length == 0 ? 0 : nanvm_block_length(type, object);
    check_declared(object, type->refs, type->refs_length);
    for (size_t i = 0; i < length && i < LOOKED_AT; ++i) {
        check_declared(nanvm_object_item(type, object, i), type->item_refs,
                       type->item_refs_length);
    }
}
