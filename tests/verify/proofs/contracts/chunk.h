/* Chunks, the memory of pools: src/pool/chunk.c. */

/* The first object is aligned, and lies behind the head and what is in front of it. */
/*@ requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures sizeof(nanvm_chunk) + prefix_bytes(type) <= \result;
    ensures \result < sizeof(nanvm_chunk) + prefix_bytes(type) + block_align(type);
    ensures \result % block_align(type) == 0;
    ensures \result % sizeof(void *) == 0; */
size_t nanvm_chunk_prefix(const nanvm_type *type);

/*@ requires \valid_read(pool) && \valid_read(pool->slots.type);
    requires is_alignment(pool->slots.type->align);
    assigns \nothing;
    ensures \result.size == size;
    ensures \result.align == block_align(pool->slots.type);
    ensures is_alignment(\result.align); */
nanvm_layout nanvm_chunk_layout(const nanvm_pool *pool, size_t size);

/* All items fit, and not one more would. */
/*@ requires \valid_read(type);
    requires type->items_offset <= room;
    assigns \nothing;
    ensures type->item_size == 0 ==> \result == 0;
    ensures type->item_size != 0 ==>
              items_end(type, \result) <= room < items_end(type, \result + 1); */
static size_t most_items_in(const nanvm_type *type, size_t room);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result == self->size; */
size_t nanvm_chunk_memory_bytes(const nanvm_pool *pool, const nanvm_chunk *self);
