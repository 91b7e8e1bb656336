/* Chunks in which nothing is alive any more: src/pool/free_slots.c. */

#define slots_in(slab) (&(slab)->pool.slots)

/* An available chunk without a list. */
/*@ requires \valid(&chunk->head) && \valid(slots_in(self));
    requires \separated(&chunk->head, slots_in(self));
    assigns chunk->head.free_list, chunk->head.next_available, slots_in(self)->available;
    ensures chunk->head.free_list == \null;
    behavior joins:
      assumes chunk->head.free_list == \null;
      ensures slots_in(self)->available == &chunk->head;
      ensures chunk->head.next_available == \old(slots_in(self)->available);
    behavior stays:
      assumes chunk->head.free_list != \null;
      assigns chunk->head.free_list;
      ensures slots_in(self)->available == \old(slots_in(self)->available);
      ensures chunk->head.next_available == \old(chunk->head.next_available);
    complete behaviors;
    disjoint behaviors; */
void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk);
