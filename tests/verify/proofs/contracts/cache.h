/* The chunk that a large object left, kept for the next: src/pool/cache.c. */

/*@ predicate has_cached(nanvm_large *self) =
      self->cached != \null ==>
        \valid_read(self->cached) && \separated(self, self->cached) &&
        self->cached->size <= self->pool.reserved; */

/*@ requires \valid_read(self) && has_cached(self);
    assigns \nothing;
    ensures self->cached == \null ==> \result == 0;
    ensures self->cached != \null ==> \result == self->cached->size;
    ensures \result <= self->pool.reserved; */
size_t nanvm_cache_bytes(const nanvm_large *self);

/* A chunk that fits, and of which no more than a fifth is lost, once. */
/*@ requires \valid(self) && has_cached(self);
    assigns self->cached;
    ensures \result != \null ==>
              \result == \old(self->cached) && self->cached == \null &&
              size <= \result->size <= size + size / 4;
    ensures \result == \null ==> self->cached == \old(self->cached); */
nanvm_chunk *nanvm_cache_pop(nanvm_large *self, size_t size);
