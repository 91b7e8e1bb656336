/* Sizes of objects: src/internal.h, src/type.c. */

/*@ logic integer items_end(nanvm_type *type, integer length) =
      type->items_offset + length * type->item_size;

    logic integer object_bytes(nanvm_type *type, integer length) =
      \max(type->size, items_end(type, length));

    predicate has_size(nanvm_type *type, integer length) =
      (length == 0 || type->item_size != 0) &&
      object_bytes(type, length) <= PTRDIFF_MAX - (type->align - 1); */

/* Half as much again. */
/*@ assigns \nothing;
    ensures size <= \result;
    ensures \result == size || \result == size + size / 2;
    ensures size < PTRDIFF_MAX / 2 ==> size + size / 2 <= \result; */
size_t nanvm_ample(size_t size);

/* BITS */
/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result <==> type->drop != \null || type->visit != \null ||
                         type->visit_item != \null; */
bool nanvm_type_has_callbacks(const nanvm_type *type);

/* BITS */
/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result ==> items_end(type, length) <= PTRDIFF_MAX; */
bool nanvm_type_is_small(const nanvm_type *type, size_t length);

/*@ requires \valid_read(type) && type->item_size != 0;
    assigns \nothing;
    ensures \result <==> items_end(type, length) <= PTRDIFF_MAX; */
bool nanvm_type_fits_large(const nanvm_type *type, size_t length);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result <==> type->item_size != 0 && items_end(type, length) <= PTRDIFF_MAX; */
bool nanvm_type_fits(const nanvm_type *type, size_t length);

/*@ requires \valid_read(type);
    requires items_end(type, length) <= SIZE_MAX;
    assigns \nothing;
    ensures \result == object_bytes(type, length); */
size_t nanvm_type_size_of(const nanvm_type *type, size_t length);

/*@ requires \valid_read(type) && \valid(size) && \separated(type, size);
    assigns *size;
    ensures \result <==> is_alignment(type->align) && has_size(type, length);
    ensures \result ==> *size == object_bytes(type, length);
    ensures !\result ==> *size == \old(*size); */
bool nanvm_type_size_checked(const nanvm_type *type, size_t length, size_t *size);

/*@ requires \valid_read(type) && \valid(size) && \separated(type, size);
    assigns *size;
    ensures \result <==> is_alignment(type->align) && has_size(type, length);
    ensures \result ==> *size == object_bytes(type, length);
    ensures !\result ==> *size == \old(*size); */
bool nanvm_type_size(const nanvm_type *type, size_t length, size_t *size);
