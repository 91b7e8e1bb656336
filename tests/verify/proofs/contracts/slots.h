/* Free slots: <nanvm/mem/inline/slots.h>. */

#define slot_at(object) ((nanvm_slot *)(object))

/* WRAPS where the slots don't lie at equal distances */
/*@ assigns \nothing; */
void nanvm_slots_prefetch(const void *slot, const void *next);

/* On the top of the magazine, if that isn't full; then nothing changes. */
/*@ requires \valid(self) && self->magazine_length <= NANVM_MAGAZINE_SIZE;
    assigns self->magazine[self->magazine_length .. NANVM_MAGAZINE_SIZE - 1];
    assigns self->magazine_length;
    behavior room:
      assumes self->magazine_length < NANVM_MAGAZINE_SIZE;
      assigns self->magazine[self->magazine_length], self->magazine_length;
      ensures \result && self->magazine_length == \old(self->magazine_length) + 1;
      ensures self->magazine[self->magazine_length - 1] == object;
    behavior full:
      assumes self->magazine_length == NANVM_MAGAZINE_SIZE;
      assigns \nothing;
      ensures !\result && self->magazine_length == NANVM_MAGAZINE_SIZE;
    complete behaviors;
    disjoint behaviors; */
bool nanvm_slots_push(nanvm_slots *self, void *object);
