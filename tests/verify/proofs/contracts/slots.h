/* Free slots: <nanvm/mem/inline/slots.h>. */

/*@ predicate is_slot(nanvm_slots *self, nanvm_slot *slot) =
      \valid(slot) && \separated(self, slot); */

/* WRAPS where the slots don't lie at equal distances */
/*@ assigns \nothing; */
void nanvm_slots_prefetch(const void *slot, const void *next);

/* The first slot of the free list, which then isn't in it any more; else that of the
 * local free list, whose rest becomes the free list. */
/*@ requires \valid(self);
    requires self->free_list != \null ==> is_slot(self, self->free_list);
    requires self->local_free_list != \null ==> is_slot(self, self->local_free_list);
    assigns self->free_list, self->local_free_list;
    behavior free:
      assumes self->free_list != \null;
      ensures \result == \old(self->free_list);
      ensures self->free_list == \old(self->free_list->next);
      ensures self->local_free_list == \old(self->local_free_list);
    behavior local_free:
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

/*@ requires \valid(self) && is_slot(self, slot);
    assigns self->local_free_list, slot->next;
    ensures self->local_free_list == slot && slot->next == \old(self->local_free_list); */
void nanvm_slots_push(nanvm_slots *self, nanvm_slot *slot);
