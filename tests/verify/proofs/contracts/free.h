/* Slots of dead objects: <nanvm/mem/inline/slots.h>. */

/* To the magazine; if that is full, to the chunk; and the last slot in use there by a
 * call. */
/*@ requires in_pool(object) && origin == origin_of(object);
    requires \valid_read(origin->dealloc->table);
    assigns header_of(object)->count, slots_of(object)->magazine_length;
    assigns slots_of(object)->magazine[slots_of(object)->magazine_length .. NANVM_MAGAZINE_SIZE - 1];
    assigns slot_at(object)->next, chunk_of(object)->free_list, chunk_of(object)->live;
    assigns chunk_of(object)->next_available, slots_of(object)->available;
    ensures header_of(object)->count == NANVM_COUNT_DEAD;
    behavior magazine:
      assumes is_room(object);
      ensures slots_of(object)->magazine_length == \old(slots_of(object)->magazine_length) + 1;
      ensures slots_of(object)->magazine[slots_of(object)->magazine_length - 1] == object;
      ensures slots_of(object)->available == \old(slots_of(object)->available);
      ensures chunk_of(object)->free_list == \old(chunk_of(object)->free_list);
      ensures chunk_of(object)->live == \old(chunk_of(object)->live);
    behavior chunk:
      assumes is_full(object);
      ensures slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
      ensures chunk_of(object)->free_list == slot_at(object);
      ensures slot_at(object)->next == \old(chunk_of(object)->free_list);
      ensures chunk_of(object)->live == \old(chunk_of(object)->live) - 1;
      ensures \old(chunk_of(object)->free_list) == \null ==>
                slots_of(object)->available == chunk_of(object) &&
                chunk_of(object)->next_available == \old(slots_of(object)->available);
      ensures \old(chunk_of(object)->free_list) != \null ==>
                slots_of(object)->available == \old(slots_of(object)->available);
    disjoint behaviors; */
void nanvm_slots_free_in(nanvm_origin *origin, void *object);

/* False for what doesn't lie in a pool: then nothing changes. */
/*@ requires \valid_read(header_of(object)) && \valid_read(origin_of(object));
    requires (uintptr_t)header_of(object) >= header_of(object)->origin * sizeof(void *);
    requires \valid_read(origin_of(object)->dealloc);
    requires \valid_read(origin_of(object)->dealloc->table);
    requires origin_of(object)->dealloc->table->traits.free_inline ==> in_pool(object);
    assigns header_of(object)->count, slots_of(object)->magazine_length;
    assigns slots_of(object)->magazine[slots_of(object)->magazine_length .. NANVM_MAGAZINE_SIZE - 1];
    assigns slot_at(object)->next, chunk_of(object)->free_list, chunk_of(object)->live;
    assigns chunk_of(object)->next_available, slots_of(object)->available;
    ensures \result <==> \old(origin_of(object)->dealloc->table->traits.free_inline);
    ensures \result ==> header_of(object)->count == NANVM_COUNT_DEAD;
    behavior elsewhere:
      assumes !origin_of(object)->dealloc->table->traits.free_inline;
      assigns \nothing;
    behavior magazine:
      assumes origin_of(object)->dealloc->table->traits.free_inline && is_room(object);
      ensures slots_of(object)->magazine_length == \old(slots_of(object)->magazine_length) + 1;
      ensures slots_of(object)->magazine[slots_of(object)->magazine_length - 1] == object;
      ensures slots_of(object)->available == \old(slots_of(object)->available);
      ensures chunk_of(object)->free_list == \old(chunk_of(object)->free_list);
      ensures chunk_of(object)->live == \old(chunk_of(object)->live);
    behavior chunk:
      assumes origin_of(object)->dealloc->table->traits.free_inline && is_full(object);
      ensures slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
      ensures chunk_of(object)->free_list == slot_at(object);
      ensures slot_at(object)->next == \old(chunk_of(object)->free_list);
      ensures chunk_of(object)->live == \old(chunk_of(object)->live) - 1;
      ensures \old(chunk_of(object)->free_list) == \null ==>
                slots_of(object)->available == chunk_of(object) &&
                chunk_of(object)->next_available == \old(slots_of(object)->available);
      ensures \old(chunk_of(object)->free_list) != \null ==>
                slots_of(object)->available == \old(slots_of(object)->available);
    disjoint behaviors; */
bool nanvm_slots_free(void *object);
