/* The chunk that waits to be used again: src/large.c. */

/*@ requires \valid_read(pool);
    requires pool->chunks != \null ==> \valid_read(pool->chunks);
    assigns \nothing;
    ensures pool->chunks == \null ==> \result == 0;
    ensures pool->chunks != \null ==> \result == pool->chunks->size; */
size_t nanvm_large_spare(const nanvm_pool *pool);
