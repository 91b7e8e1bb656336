/* Objects in chunks: <nanvm/mem/inline/slots.h>. And what stands for the function that a
 * dealloc frees them with: see ../machine.h. */

/*@ logic nanvm_origin *origin_of(void *object) =
      (nanvm_origin *)((uintptr_t)header_of(object) - header_of(object)->origin * sizeof(void *));

    logic nanvm_chunk_head *chunk_of(void *object) = (nanvm_chunk_head *)origin_of(object);

    logic nanvm_slots *slots_of(void *object) = (nanvm_slots *)origin_of(object)->dealloc;

    predicate in_chunk(void *object) =
      \valid(header_of(object)) && \valid(slot_at(object)) &&
      (uintptr_t)header_of(object) >= header_of(object)->origin * sizeof(void *) &&
      \valid(chunk_of(object)) && \valid(slots_of(object)) && chunk_of(object)->live >= 1 &&
      \separated(slots_of(object), chunk_of(object), slot_at(object), header_of(object));

    predicate in_pool(void *object) =
      in_chunk(object) && slots_of(object)->magazine_length <= NANVM_MAGAZINE_SIZE;

    predicate is_room(void *object) =
      slots_of(object)->magazine_length < NANVM_MAGAZINE_SIZE;

    predicate is_full(void *object) =
      slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE &&
      chunk_of(object)->live > 1; */

#define list_of(object) list_in(slots_of(object), chunk_of(object), object)
#define freed_of(object)                                                                 \
    header_of(object)->count, magazine_in(slots_of(object)), list_of(object)

/* Where inline functions may free objects, it is nanvm_free_slots_push(), which is proved
 * to keep to this, too. They call it only if the magazine is full and no other slot of the
 * chunk is in use. */
/*@ requires in_pool(object) && dealloc == origin_of(object)->dealloc;
    requires slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
    requires chunk_of(object)->live == 1;
    assigns header_of(object)->count, list_of(object);
    ensures header_of(object)->count == NANVM_COUNT_DEAD; */
void nanvm_proofs_free_block(nanvm_dealloc *dealloc, void *object);
