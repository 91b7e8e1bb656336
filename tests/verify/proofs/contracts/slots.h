/* Places at hand: <nanvm/mem/inline/slots.h>. */

/*@ predicate is_place(nanvm_slots *self, nanvm_slot *place) =
      \valid(place) && \separated(self, place); */

/* WRAPS where the places don't lie at equal distances */
/*@ assigns \nothing; */
void nanvm_slots_prefetch(const void *place, const void *next);

/* The list's first place, which then isn't in it any more; else the first of the dead. */
/*@ requires \valid(self);
    requires self->free_list != \null ==> is_place(self, self->free_list);
    requires self->local_free_list != \null ==> is_place(self, self->local_free_list);
    assigns self->free_list, self->local_free_list;
    behavior ready:
      assumes self->free_list != \null;
      ensures \result == \old(self->free_list);
      ensures self->free_list == \old(self->free_list->next);
      ensures self->local_free_list == \old(self->local_free_list);
    behavior dead:
      assumes self->free_list == \null && self->local_free_list != \null;
      ensures \result == \old(self->local_free_list);
      ensures self->free_list == \old(self->local_free_list->next);
      ensures self->local_free_list == \null;
    behavior none:
      assumes self->free_list == \null && self->local_free_list == \null;
      ensures \result == \null && self->free_list == \null && self->local_free_list == \null;
    complete behaviors;
    disjoint behaviors; */
nanvm_slot *nanvm_slots_pop_free(nanvm_slots *self);

/*@ requires \valid(self) && is_place(self, place);
    assigns self->local_free_list, place->next;
    ensures self->local_free_list == place && place->next == \old(self->local_free_list); */
void nanvm_slots_push(nanvm_slots *self, nanvm_slot *place);
