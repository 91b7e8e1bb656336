/* Slots of dead objects: <nanvm/mem/inline/slots.h>. */

/* To the magazine; if that is full, to the chunk; and the last slot in use there by a
 * call. */
/*@ requires in_pool(object) && origin == origin_of(object);
    requires \valid_read(origin->dealloc->table);
    assigns freed_of(object);
    ensures header_of(object)->count == NANVM_COUNT_DEAD;
    behavior magazine:
      assumes is_room(object);
      ensures joins_magazine{Pre, Post}(slots_of(object), object);
      ensures keeps_list{Pre, Post}(slots_of(object), chunk_of(object));
    behavior chunk:
      assumes is_full(object);
      ensures slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
      ensures joins_list{Pre, Post}(slots_of(object), chunk_of(object), slot_at(object));
    disjoint behaviors; */
void nanvm_slots_free_in(nanvm_origin *origin, void *object);

/* False for what doesn't lie in a pool: then nothing changes. */
/*@ requires \valid_read(header_of(object)) && \valid_read(origin_of(object));
    requires (uintptr_t)header_of(object) >= header_of(object)->origin * sizeof(void *);
    requires \valid_read(origin_of(object)->dealloc);
    requires \valid_read(origin_of(object)->dealloc->table);
    requires origin_of(object)->dealloc->table->traits.free_inline ==> in_pool(object);
    assigns freed_of(object);
    ensures \result <==> \old(origin_of(object)->dealloc->table->traits.free_inline);
    ensures \result ==> header_of(object)->count == NANVM_COUNT_DEAD;
    behavior elsewhere:
      assumes !origin_of(object)->dealloc->table->traits.free_inline;
      assigns \nothing;
    behavior magazine:
      assumes origin_of(object)->dealloc->table->traits.free_inline && is_room(object);
      ensures joins_magazine{Pre, Post}(slots_of(object), object);
      ensures keeps_list{Pre, Post}(slots_of(object), chunk_of(object));
    behavior chunk:
      assumes origin_of(object)->dealloc->table->traits.free_inline && is_full(object);
      ensures slots_of(object)->magazine_length == NANVM_MAGAZINE_SIZE;
      ensures joins_list{Pre, Post}(slots_of(object), chunk_of(object), slot_at(object));
    disjoint behaviors; */
bool nanvm_slots_free(void *object);
