/* The stack of available chunks: src/internal.h. */

#define pool_of(chunk) ((nanvm_slots *)(chunk)->origin.dealloc)

/*@ requires \valid(chunk) && \valid(pool_of(chunk)) && \separated(chunk, pool_of(chunk));
    assigns chunk->next_available, pool_of(chunk)->available;
    ensures pool_of(chunk)->available == chunk;
    ensures chunk->next_available == \old(pool_of(chunk)->available); */
void nanvm_slots_add_available(nanvm_chunk_head *chunk);
