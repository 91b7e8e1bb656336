/* What has memory of its own: src/pool/large.c. */

/* Whole cache lines, together with malloc's own head; where a checker watches, not a byte
 * more than was asked for. */
/*@ requires \valid_read(pool);
    requires size <= PTRDIFF_MAX;
    assigns \nothing;
    ensures size <= \result < size + NANVM_CACHE_LINE;
    ensures pool->one_per_chunk ==> \result == size;
    ensures !pool->one_per_chunk ==> (\result + MALLOC_HEAD) % NANVM_CACHE_LINE == 0; */
static size_t chunk_size(const nanvm_pool *pool, size_t size);

/*@ requires \valid(pool) && has_spare(pool);
    requires pool->live < SIZE_MAX;
    assigns pool->live, pool->peak, pool->peak_bytes;
    ensures pool->live == \old(pool->live) + 1;
    ensures pool->peak == \max(\old(pool->peak), pool->live);
    ensures pool->peak_bytes >= \old(pool->peak_bytes); */
void nanvm_pool_count_one(nanvm_pool *pool);
