/* What a type's table says, in one test: src/internal.h, <nanvm/mem/inline/type.h>. */

/* BITS */
/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result <==> type->refs_length != 0 || type->item_refs_length != 0 ||
                         type->visit != \null || type->visit_item != \null; */
bool nanvm_type_holds_refs(const nanvm_type *type);

/* BITS */
/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result <==> self->refs_length == 0 && self->item_refs_length == 0 &&
                         self->visit == \null && self->visit_item == \null &&
                         self->drop == \null; */
bool nanvm_type_holds_nothing(const nanvm_type *self);
