/* The stack of available chunks: <nanvm/mem/inline/slots.h>. */

/*@ requires \valid(self) && \valid(chunk) && \separated(self, chunk);
    assigns chunk->next_available, self->available;
    ensures self->available == chunk;
    ensures chunk->next_available == \old(self->available); */
void nanvm_slots_add_available(nanvm_slots *self, nanvm_chunk_head *chunk);
