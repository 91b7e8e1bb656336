/* Slots that go back to their chunks: src/pool/slab.c. */

/* With its first free slot, and with its last, a chunk is available; then it has no list. */
/*@ requires in_chunk(object) && &self->pool.slots == slots_of(object);
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
