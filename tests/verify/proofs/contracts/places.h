/* Places at hand: <nanvm/mem/places.h>. */

/*@ predicate is_place(nanvm_places *self, nanvm_place *place) =
      \valid(place) && \separated(self, place); */

/* WRAPS where the places don't lie at equal distances */
/*@ assigns \nothing; */
void nanvm_places_prefetch(const void *place, const void *next);

/* The list's first place, which then isn't in it any more; else the first of the dead. */
/*@ requires \valid(self);
    requires self->ready != \null ==> is_place(self, self->ready);
    requires self->dead != \null ==> is_place(self, self->dead);
    assigns self->ready, self->dead;
    behavior ready:
      assumes self->ready != \null;
      ensures \result == \old(self->ready);
      ensures self->ready == \old(self->ready->next);
      ensures self->dead == \old(self->dead);
    behavior dead:
      assumes self->ready == \null && self->dead != \null;
      ensures \result == \old(self->dead);
      ensures self->ready == \old(self->dead->next);
      ensures self->dead == \null;
    behavior none:
      assumes self->ready == \null && self->dead == \null;
      ensures \result == \null && self->ready == \null && self->dead == \null;
    complete behaviors;
    disjoint behaviors; */
nanvm_place *nanvm_places_take_ready(nanvm_places *self);

/*@ requires \valid(self) && is_place(self, place);
    assigns self->dead, place->next;
    ensures self->dead == place && place->next == \old(self->dead); */
void nanvm_places_add_dead(nanvm_places *self, nanvm_place *place);
