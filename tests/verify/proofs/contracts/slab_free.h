/* Slots that go back to their chunks: src/pool/slab.c. */

/*@ predicate in_chunk(void *object) =
      \valid_read(header_of(object)) && \valid(slot_at(object)) &&
      (uintptr_t)header_of(object) >= header_of(object)->origin * sizeof(void *) &&
      is_head(chunk_of(object)) && chunk_of(object)->live >= 1 &&
      \separated(slots_of(object), chunk_of(object), slot_at(object), header_of(object)); */

/* With its first free slot, and with its last, a chunk is available; then it has no list. */
/*@ requires in_chunk(object);
    assigns slot_at(object)->next, chunk_of(object)->free_list, chunk_of(object)->live;
    assigns chunk_of(object)->next_available, slots_of(object)->available;
    ensures chunk_of(object)->live == \old(chunk_of(object)->live) - 1;
    ensures chunk_of(object)->live == 0 ==> chunk_of(object)->free_list == \null;
    ensures chunk_of(object)->live != 0 ==>
              chunk_of(object)->free_list == slot_at(object) &&
              slot_at(object)->next == \old(chunk_of(object)->free_list);
    ensures \old(chunk_of(object)->free_list) == \null ==>
              slots_of(object)->available == chunk_of(object) &&
              chunk_of(object)->next_available == \old(slots_of(object)->available);
    ensures \old(chunk_of(object)->free_list) != \null ==>
              slots_of(object)->available == \old(slots_of(object)->available) &&
              chunk_of(object)->next_available == \old(chunk_of(object)->next_available); */
void nanvm_slab_free(nanvm_slab *self, void *object);
