/* What has memory of its own: src/large.c. */

/* Whole cache lines, together with malloc's own head. */
/*@ requires size <= PTRDIFF_MAX;
    assigns \nothing;
    ensures size <= \result < size + NANVM_CACHE_LINE;
    ensures (\result + MALLOC_HEAD) % NANVM_CACHE_LINE == 0; */
static size_t chunk_size(size_t size);

/*@ requires \valid(pool);
    requires pool->chunks != \null ==>
               \valid_read(pool->chunks) && \separated(pool, pool->chunks) &&
               pool->chunks->size <= pool->reserved;
    requires pool->live < SIZE_MAX;
    assigns pool->live, pool->peak, pool->peak_bytes;
    ensures pool->live == \old(pool->live) + 1;
    ensures pool->peak == \max(\old(pool->peak), pool->live);
    ensures pool->peak_bytes >= \old(pool->peak_bytes); */
static void count(nanvm_pool *pool);

/* A chunk that fits, and of which no more than a fifth is lost, once. */
/*@ requires \valid(pool);
    requires pool->chunks != \null ==>
               \valid_read(pool->chunks) && \separated(pool, pool->chunks);
    assigns pool->chunks;
    ensures \result != \null ==>
              \result == \old(pool->chunks) && pool->chunks == \null &&
              size <= \result->size <= size + size / 4;
    ensures \result == \null ==> pool->chunks == \old(pool->chunks); */
static nanvm_chunk *take_spare(nanvm_pool *pool, size_t size);
