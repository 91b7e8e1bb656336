/* What lies in front of an object: src/internal.h, src/block.c. */

/*@ logic integer length_bytes(nanvm_type *type) =
      type->item_size == 0 ? 0 : sizeof(nanvm_length);

    logic integer link_bytes(nanvm_type *type) =
      type->drop != \null || type->visit != \null || type->visit_item != \null
        ? sizeof(void *) : 0;

    logic integer prefix_bytes(nanvm_type *type) =
      sizeof(nanvm_header) + length_bytes(type) + link_bytes(type);

    logic integer alone_bytes(nanvm_type *type, integer count) =
      prefix_bytes(type) + sizeof(nanvm_origin) +
      (count == NANVM_COUNT_CUSTOM ? sizeof(size_t) : 0);

    logic integer block_align(nanvm_type *type) = \max(type->align, sizeof(void *)); */

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result == length_bytes(type); */
size_t nanvm_block_length_size(const nanvm_type *type);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result == block_align(type);
    ensures is_alignment(type->align) ==> is_alignment(\result); */
size_t nanvm_block_align(const nanvm_type *type);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result == prefix_bytes(type);
    ensures \result % sizeof(void *) == 0; */
size_t nanvm_block_prefix_of(const nanvm_type *type);

/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result == prefix_bytes(type); */
size_t nanvm_block_prefix(const nanvm_type *type);

/* The object is aligned, all that is in front of it has room, and no more is lost than
 * the alignment takes. */
/*@ requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures alone_bytes(type, count) <= \result;
    ensures \result < alone_bytes(type, count) + block_align(type);
    ensures \result % block_align(type) == 0;
    ensures \result % sizeof(void *) == 0;
    ensures \result <= PTRDIFF_MAX; */
size_t nanvm_block_alone_prefix(const nanvm_type *type, nanvm_count count);

/*@ requires \valid_read(type) && \valid(layout) && \separated(type, layout);
    requires is_alignment(type->align);
    requires prefix <= PTRDIFF_MAX;
    assigns *layout;
    ensures \result <==> prefix + size <= PTRDIFF_MAX - (block_align(type) - 1);
    ensures \result ==> layout->size == prefix + size;
    ensures \result ==> layout->align == block_align(type); */
bool nanvm_block_alone_layout(const nanvm_type *type, size_t prefix, size_t size,
                              nanvm_layout *layout);
