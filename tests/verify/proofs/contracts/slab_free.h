/* Slots that go back to their chunks: src/pool/slab.c. */

/* With its first free slot, and with its last, a chunk is available; then it has no list. */
/*@ requires in_chunk(object) && &self->pool.slots == slots_of(object);
    assigns list_of(object);
    ensures chunk_of(object)->live == \old(chunk_of(object)->live) - 1;
    ensures chunk_of(object)->live == 0 ==> chunk_of(object)->free_list == \null;
    ensures chunk_of(object)->live != 0 ==>
              first_of_list{Pre, Post}(chunk_of(object), slot_at(object));
    ensures with_first_available{Pre, Post}(slots_of(object), chunk_of(object)); */
void nanvm_slab_free(nanvm_slab *self, void *object);
