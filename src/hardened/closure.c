/* Objects that any thread may use refer to no object that only one thread may use: the
 * thread that drops such an object last would release references that aren't its own. */
#include "internal.h"

/* Items of an array that are looked at where not all are. So a large array can be taken
 * out to be written, and handed on again, any number of times. */
enum { LOOKED_AT = 16 };

static void check(const void *object) {
    if (object != NULL && nanvm_count_word_peek(nanvm_block_count_word(object)) >= 0) {
        nanvm_fatal("an object that any thread may use refers to one with a plain count, "
                    "which only one thread may use: see nanvm_ref_share()");
    }
}

static void check_visitor(nanvm_ref reference, void *context) {
    (void)context;
    check(reference.object);
}

static void check_declared(const void *part, const size_t *offsets, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        const void *reference = (const unsigned char *)part + offsets[i];
        check(((const nanvm_ref *)reference)->object);
    }
}

/* Calls no callback. */
static void check_first(const nanvm_type *type, const void *object) {
    check_declared(object, type->refs, type->refs_length);
    size_t length = type->item_refs_length == 0 ? 0 : nanvm_block_length(type, object);
    for (size_t i = 0; i < length && i < LOOKED_AT; ++i) {
        check_declared(nanvm_object_item(type, object, i), type->item_refs,
                       type->item_refs_length);
    }
}

void nanvm_closure_check(const void *object, bool all) {
    if (object == NULL ||
        !nanvm_count_is_atomic(nanvm_count_word_peek(nanvm_block_count_word(object)))) {
        return;
    }
    const nanvm_type *type = nanvm_block_origin(object)->type;
    if (all) {
        nanvm_object_visit(type, object, check_visitor, NULL);
    } else {
        check_first(type, object);
    }
}
