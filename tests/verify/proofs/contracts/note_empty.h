/* Chunks in which nothing is alive any more: src/pool/free_slots.c. */

/* An available chunk without a list. */
/*@ requires \valid(&chunk->head) && \valid(pool_of(&chunk->head));
    requires \separated(&chunk->head, pool_of(&chunk->head));
    assigns chunk->head.free_list, chunk->head.next_available, pool_of(&chunk->head)->available;
    ensures chunk->head.free_list == \null;
    behavior joins:
      assumes chunk->head.free_list == \null;
      ensures pool_of(&chunk->head)->available == &chunk->head;
      ensures chunk->head.next_available == \old(pool_of(&chunk->head)->available);
    behavior stays:
      assumes chunk->head.free_list != \null;
      assigns chunk->head.free_list;
      ensures pool_of(&chunk->head)->available == \old(pool_of(&chunk->head)->available);
      ensures chunk->head.next_available == \old(chunk->head.next_available);
    complete behaviors;
    disjoint behaviors; */
void nanvm_free_slots_note_empty(nanvm_slab *self, nanvm_chunk *chunk);
