/* What a slab pool does with what a call frees: src/pool/free_slots.c. */

/* The last object of a chunk leaves it empty; any other goes to the magazine if that has
 * room. */
/*@ requires in_pool(object) && dealloc == origin_of(object)->dealloc;
    assigns freed_of(object);
    ensures header_of(object)->count == NANVM_COUNT_DEAD;
    behavior last:
      assumes chunk_of(object)->live == 1;
      assigns header_of(object)->count, list_of(object);
      ensures chunk_of(object)->live == 0 && chunk_of(object)->free_list == \null;
    behavior magazine:
      assumes chunk_of(object)->live > 1 && is_room(object);
      ensures joins_magazine{Pre, Post}(slots_of(object), object);
      ensures keeps_list{Pre, Post}(slots_of(object), chunk_of(object));
    behavior chunk:
      assumes is_full(object);
      ensures slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
      ensures joins_list{Pre, Post}(slots_of(object), chunk_of(object), slot_at(object));
    complete behaviors;
    disjoint behaviors; */
void nanvm_free_slots_push(nanvm_dealloc *dealloc, void *object);
