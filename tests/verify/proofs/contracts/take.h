/* Free slots and their headers: <nanvm/mem/inline/slots.h>. */

/*@ predicate has_header(nanvm_slots *self, unsigned char *slot) =
      \valid(header_of(slot)) && \separated(self, header_of(slot));

    logic unsigned char *at_bump(nanvm_slots *self) = (unsigned char *)self->bump;

    logic unsigned char *at_top(nanvm_slots *self) =
      (unsigned char *)self->magazine[self->magazine_length - 1]; */

/* What is returned has the count that objects start with, and isn't in the pool any more: neither
 * in the magazine, nor in the bump range. */
/*@ requires \valid(self) && self->bump <= self->bump_end;
    requires self->magazine_length <= NANVM_MAGAZINE_SIZE;
    requires self->magazine_length != 0 ==>
      at_top(self) != \null && has_header(self, at_top(self));
    requires self->bump != self->bump_end ==>
      self->bump != 0 && self->bump <= SIZE_MAX - self->stride &&
      at_bump(self) != \null && has_header(self, at_bump(self));
    assigns self->magazine_length, self->bump;
    assigns header_of(at_top(self))->count \from self->magazine_length;
    assigns header_of(at_bump(self))->count \from self->bump;
    behavior magazine:
      assumes self->magazine_length != 0;
      assigns self->magazine_length, header_of(at_top(self))->count;
      ensures \result == \old(at_top(self));
      ensures \result != \null && header_of(\result)->count == self->first_count;
      ensures self->magazine_length == \old(self->magazine_length) - 1;
    behavior bump:
      assumes self->magazine_length == 0 && self->bump != self->bump_end;
      assigns self->bump, header_of(at_bump(self))->count;
      ensures \result == \old(at_bump(self));
      ensures \result != \null && header_of(\result)->count == self->first_count;
      ensures self->bump == \old(self->bump) + self->stride;
    behavior none:
      assumes self->magazine_length == 0 && self->bump == self->bump_end;
      assigns \nothing;
      ensures \result == \null;
    complete behaviors;
    disjoint behaviors; */
void *nanvm_slots_pop(nanvm_slots *self);

/* The first slot of the chunk's free list. With its first free slot the chunk becomes the
 * first available one. What would be left without a slot in use doesn't change. */
/*@ requires \valid(self) && \valid(chunk) && \valid(slot_at(object));
    requires \separated(self, chunk, slot_at(object));
    requires chunk->live >= 1;
    assigns list_in(self, chunk, object);
    behavior last:
      assumes chunk->live == 1;
      assigns \nothing;
      ensures !\result && keeps_list{Pre, Post}(self, chunk);
    behavior first:
      assumes chunk->live > 1 && chunk->free_list == \null;
      ensures \result && joins_list{Pre, Post}(self, chunk, slot_at(object));
    behavior further:
      assumes chunk->live > 1 && chunk->free_list != \null;
      assigns slot_at(object)->next, chunk->free_list, chunk->live;
      ensures \result && joins_list{Pre, Post}(self, chunk, slot_at(object));
    complete behaviors;
    disjoint behaviors; */
bool nanvm_slots_push_in_chunk(nanvm_slots *self, nanvm_chunk_head *chunk, void *object);
