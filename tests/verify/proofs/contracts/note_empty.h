/* Chunks in which nothing is alive any more: src/pool/free_slots.c. */

/* An available chunk without a list. */
/*@ requires \valid(&chunk->head) && \valid(&self->pool.slots);
    requires \separated(&chunk->head, &self->pool.slots);
    assigns chunk->head.free_list, chunk->head.next_available, self->pool.slots.available;
    ensures chunk->head.free_list == \null;
    behavior joins:
      assumes chunk->head.free_list == \null;
      ensures self->pool.slots.available == &chunk->head;
      ensures chunk->head.next_available == \old(self->pool.slots.available);
    behavior stays:
      assumes chunk->head.free_list != \null;
      assigns chunk->head.free_list;
      ensures self->pool.slots.available == \old(self->pool.slots.available);
      ensures chunk->head.next_available == \old(chunk->head.next_available);
    complete behaviors;
    disjoint behaviors; */
void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk);
