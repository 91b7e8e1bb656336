/* The chunk that waits to be used again: src/pool/cache.c. */

/*@ predicate has_spare(nanvm_pool *pool) =
      pool->chunks != \null ==>
        \valid_read(pool->chunks) && \separated(pool, pool->chunks) &&
        pool->chunks->size <= pool->reserved; */

/*@ requires \valid_read(pool) && \valid_read(chunk);
    assigns \nothing;
    ensures \result <==> pool->owner != \null && !pool->one_per_chunk &&
                         chunk->size <= 64 * 1024; */
static bool is_kept(const nanvm_pool *pool, const nanvm_chunk *chunk);

/*@ requires \valid_read(pool) && has_spare(pool);
    assigns \nothing;
    ensures pool->chunks == \null ==> \result == 0;
    ensures pool->chunks != \null ==> \result == pool->chunks->size;
    ensures \result == 0 || \result <= pool->reserved; */
size_t nanvm_cache_bytes(const nanvm_pool *pool);

/* A chunk that fits, and of which no more than a fifth is lost, once. */
/*@ requires \valid(pool) && has_spare(pool);
    assigns pool->chunks;
    ensures \result != \null ==>
              \result == \old(pool->chunks) && pool->chunks == \null &&
              size <= \result->size <= size + size / 4;
    ensures \result == \null ==> pool->chunks == \old(pool->chunks); */
nanvm_chunk *nanvm_cache_pop(nanvm_pool *pool, size_t size);
