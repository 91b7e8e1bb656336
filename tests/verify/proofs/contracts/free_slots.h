/* What a slab pool does with what a call frees: src/pool/free_slots.c. */

/* The last object of a chunk leaves it empty; any other goes to the magazine if that has
 * room. */
/*@ requires in_pool(object) && dealloc == origin_of(object)->dealloc;
    assigns header_of(object)->count, slots_of(object)->magazine_length;
    assigns slots_of(object)->magazine[slots_of(object)->magazine_length .. NANVM_MAGAZINE_SIZE - 1];
    assigns slot_at(object)->next, chunk_of(object)->free_list, chunk_of(object)->live;
    assigns chunk_of(object)->next_available, slots_of(object)->available;
    ensures header_of(object)->count == NANVM_COUNT_DEAD;
    behavior last:
      assumes chunk_of(object)->live == 1;
      assigns header_of(object)->count, slot_at(object)->next;
      assigns chunk_of(object)->free_list, chunk_of(object)->live;
      assigns chunk_of(object)->next_available, slots_of(object)->available;
      ensures chunk_of(object)->live == 0 && chunk_of(object)->free_list == \null;
    behavior magazine:
      assumes chunk_of(object)->live > 1 && is_room(object);
      ensures slots_of(object)->magazine_length == \old(slots_of(object)->magazine_length) + 1;
      ensures slots_of(object)->magazine[slots_of(object)->magazine_length - 1] == object;
      ensures chunk_of(object)->live == \old(chunk_of(object)->live);
    behavior chunk:
      assumes is_full(object);
      ensures slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
      ensures chunk_of(object)->live == \old(chunk_of(object)->live) - 1;
    complete behaviors;
    disjoint behaviors; */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object);
