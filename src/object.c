/* What is done with all references that an object holds. */
#include "internal.h"

static inline void visit_refs(const void *part, const size_t *offsets, size_t length,
                              nanvm_visitor *visitor, void *context) {
    for (size_t i = 0; i < length; ++i) {
        const void *reference = (const unsigned char *)part + offsets[i];
        visitor(*(const nanvm_ref *)reference, context);
    }
}

static inline void visit_fixed(const nanvm_type *type, const void *object,
                               nanvm_visitor *visitor, void *context) {
    visit_refs(object, type->refs, type->refs_length, visitor, context);
    if (type->visit != NULL) {
        type->visit(object, visitor, context);
    }
}

/* Visits `length` items, from `item` on. */
static inline void visit_items(const nanvm_type *type, const unsigned char *item,
                               size_t length, nanvm_visitor *visitor, void *context) {
    for (; length > 0; --length, item += type->item_size) {
        visit_refs(item, type->item_refs, type->item_refs_length, visitor, context);
        if (type->visit_item != NULL) {
            type->visit_item(item, visitor, context);
        }
    }
}

static inline bool holds_refs_in_items(const nanvm_type *type) {
    return type->item_refs_length != 0 || type->visit_item != NULL;
}

void nanvm_object_visit_items(const nanvm_type *type, const void *object, size_t begin,
                              size_t end, nanvm_visitor *visitor, void *context) {
    if (begin < end && holds_refs_in_items(type)) {
        visit_items(type, nanvm_object_item(type, object, begin), end - begin, visitor,
                    context);
    }
}

void nanvm_object_visit(const nanvm_type *type, const void *object,
                        nanvm_visitor *visitor, void *context) {
    size_t length = nanvm_block_length(type, object);
    visit_fixed(type, object, visitor, context);
    nanvm_object_visit_items(type, object, 0, length, visitor, context);
}

static inline void clone_visitor(nanvm_ref reference, void *context) {
    (void)context;
    nanvm_ref copy = nanvm_ref_clone(reference); /* it is in the new object already */
    (void)copy;
}

/* The compiler knows the visitor: declared references take no call. */
void nanvm_object_clone_refs(const nanvm_type *type, const void *object, size_t length) {
    visit_fixed(type, object, clone_visitor, NULL);
    if (length > 0 && holds_refs_in_items(type)) {
        visit_items(type, nanvm_object_item(type, object, 0), length, clone_visitor,
                    NULL);
    }
}

void nanvm_object_drop_visitor(nanvm_ref reference, void *context) {
    (void)context;
    nanvm_ref_drop(reference);
}
