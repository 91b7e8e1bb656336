/* The list of untrimmed pools: src/pool/pools.c. */

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->slots.dealloc.table == &trimmed_dealloc; */
static bool is_trimmed(const nanvm_pool *pool);

/* Once, at the front. */
/*@ requires \valid(self) && \valid(pool) && \separated(self, pool);
    assigns self->untrimmed, pool->is_listed, pool->next_listed;
    ensures pool->is_listed;
    behavior listed:
      assumes pool->is_listed;
      assigns \nothing;
      ensures self->untrimmed == \old(self->untrimmed);
    behavior added:
      assumes !pool->is_listed;
      ensures self->untrimmed == pool && pool->next_listed == \old(self->untrimmed);
    complete behaviors;
    disjoint behaviors; */
void nanvm_pools_add(nanvm_pools *self, nanvm_pool *pool);

/* A trimmed pool gets its usual table back, and is listed; any other is left as it is. */
/*@ requires \valid(pool) && \valid(pool->owner) && \separated(pool, pool->owner);
    assigns pool->slots.dealloc.table, pool->is_listed, pool->next_listed;
    assigns pool->owner->untrimmed;
    behavior trimmed:
      assumes pool->slots.dealloc.table == &trimmed_dealloc;
      ensures pool->slots.dealloc.table == pool->untrimmed_table && pool->is_listed;
    behavior untrimmed:
      assumes pool->slots.dealloc.table != &trimmed_dealloc;
      assigns \nothing;
    complete behaviors;
    disjoint behaviors; */
void nanvm_pools_note_free(nanvm_pool *pool);
