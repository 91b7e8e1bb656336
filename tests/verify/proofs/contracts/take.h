/* Free slots and their headers: <nanvm/mem/inline/slots.h>. */

/*@ predicate has_header(nanvm_slots *self, unsigned char *slot) =
      \valid(header_of(slot)) && \separated(self, header_of(slot));

    logic unsigned char *at_bump(nanvm_slots *self) = (unsigned char *)self->bump; */

/* What is returned has the count of its origin, and isn't in the pool any more: neither
 * in a list, nor in the bump range. */
/*@ requires \valid(self) && self->bump <= self->bump_end;
    requires self->free_list != \null ==>
      is_slot(self, self->free_list) && has_header(self, (unsigned char *)self->free_list);
    requires self->local_free_list != \null ==>
      is_slot(self, self->local_free_list) && has_header(self, (unsigned char *)self->local_free_list);
    requires self->bump != self->bump_end ==>
      self->bump != 0 && self->bump <= SIZE_MAX - self->stride &&
      at_bump(self) != \null && has_header(self, at_bump(self));
    assigns self->free_list, self->local_free_list, self->bump;
    assigns header_of(self->free_list)->count \from self->free_list;
    assigns header_of(self->local_free_list)->count \from self->local_free_list;
    assigns header_of(at_bump(self))->count \from self->bump;
    behavior listed:
      assumes self->free_list != \null || self->local_free_list != \null;
      ensures \result == \old(self->free_list) || \result == \old(self->local_free_list);
      ensures \result != \null && header_of(\result)->count == 0;
      ensures self->bump == \old(self->bump);
    behavior bump:
      assumes self->free_list == \null && self->local_free_list == \null;
      assumes self->bump != self->bump_end;
      ensures \result == \old(at_bump(self));
      ensures header_of(\result)->count == self->bump_count;
      ensures self->bump == \old(self->bump) + self->stride;
    behavior none:
      assumes self->free_list == \null && self->local_free_list == \null && self->bump == self->bump_end;
      assigns self->free_list, self->local_free_list;
      ensures \result == \null && self->bump == \old(self->bump);
    complete behaviors;
    disjoint behaviors; */
void *nanvm_slots_pop(nanvm_slots *self);
