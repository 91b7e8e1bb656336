/* Places and their headers: <nanvm/mem/places.h>. */

/*@ predicate has_header(nanvm_places *self, unsigned char *place) =
      \valid(header_of(place)) && \separated(self, header_of(place));

    logic unsigned char *at_run(nanvm_places *self) = (unsigned char *)self->run; */

/* What is returned has the count of its origin, and isn't in the pool any more: neither
 * in a list, nor in the run. */
/*@ requires \valid(self) && self->run <= self->run_end;
    requires self->ready != \null ==>
      is_place(self, self->ready) && has_header(self, (unsigned char *)self->ready);
    requires self->dead != \null ==>
      is_place(self, self->dead) && has_header(self, (unsigned char *)self->dead);
    requires self->run != self->run_end ==>
      self->run != 0 && self->run <= SIZE_MAX - self->stride &&
      at_run(self) != \null && has_header(self, at_run(self));
    assigns self->ready, self->dead, self->run;
    assigns header_of(self->ready)->count \from self->ready;
    assigns header_of(self->dead)->count \from self->dead;
    assigns header_of(at_run(self))->count \from self->run;
    behavior listed:
      assumes self->ready != \null || self->dead != \null;
      ensures \result == \old(self->ready) || \result == \old(self->dead);
      ensures \result != \null && header_of(\result)->count == 0;
      ensures self->run == \old(self->run);
    behavior run:
      assumes self->ready == \null && self->dead == \null;
      assumes self->run != self->run_end;
      ensures \result == \old(at_run(self));
      ensures header_of(\result)->count == self->run_count;
      ensures self->run == \old(self->run) + self->stride;
    behavior none:
      assumes self->ready == \null && self->dead == \null && self->run == self->run_end;
      assigns self->ready, self->dead;
      ensures \result == \null && self->run == \old(self->run);
    complete behaviors;
    disjoint behaviors; */
void *nanvm_places_take(nanvm_places *self);
