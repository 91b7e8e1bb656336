/* The list of untrimmed pools: src/pool/pools.c. */

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->slots.dealloc.table == &trimmed_dealloc; */
static bool is_trimmed(const nanvm_pool *pool);

/* Once, at the front. */
/*@ requires \valid(self) && \valid(pool) && \separated(self, pool);
    assigns self->untrimmed, pool->is_in_untrimmed, pool->next_untrimmed;
    ensures pool->is_in_untrimmed;
    behavior listed:
      assumes pool->is_in_untrimmed;
      assigns \nothing;
      ensures self->untrimmed == \old(self->untrimmed);
    behavior added:
      assumes !pool->is_in_untrimmed;
      ensures self->untrimmed == pool && pool->next_untrimmed == \old(self->untrimmed);
    complete behaviors;
    disjoint behaviors; */
void nanvm_pools_add_untrimmed(nanvm_pools *self, nanvm_pool *pool);

/* A trimmed pool gets its usual table back, and is listed; any other is left as it is. */
/*@ requires \valid(pool) && \valid(pool->owner) && \separated(pool, pool->owner);
    assigns pool->slots.dealloc.table, pool->is_in_untrimmed, pool->next_untrimmed;
    assigns pool->owner->untrimmed;
    behavior trimmed:
      assumes pool->slots.dealloc.table == &trimmed_dealloc;
      ensures pool->slots.dealloc.table == pool->untrimmed_table && pool->is_in_untrimmed;
    behavior untrimmed:
      assumes pool->slots.dealloc.table != &trimmed_dealloc;
      assigns \nothing;
    complete behaviors;
    disjoint behaviors; */
void nanvm_pools_note_free(nanvm_pool *pool);
