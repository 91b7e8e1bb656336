/* Large objects, each in a chunk of its own: src/pool/large.c. */

/* Whole cache lines, together with malloc's own head; where a sanitizer watches, not a
 * byte more than was asked for. */
/*@ requires \valid_read(self);
    requires size <= PTRDIFF_MAX;
    assigns \nothing;
    ensures size <= \result < size + NANVM_CACHE_LINE;
    ensures self->pool.is_sanitized ==> \result == size;
    ensures !self->pool.is_sanitized ==>
              (\result + MALLOC_HEAD) % NANVM_CACHE_LINE == 0; */
static size_t chunk_size(const nanvm_large *self, size_t size);

/*@ requires \valid_read(self) && \valid_read(chunk);
    assigns \nothing;
    ensures \result <==> self->pool.owner != \null && !self->pool.is_sanitized &&
                         chunk->size <= 64 * 1024; */
bool nanvm_large_keeps(const nanvm_large *self, const nanvm_chunk *chunk);

/*@ requires \valid(self) && has_cached(self);
    requires self->pool.live < SIZE_MAX;
    assigns self->pool.live, self->pool.peak, self->pool.peak_bytes;
    ensures self->pool.live == \old(self->pool.live) + 1;
    ensures self->pool.peak == \max(\old(self->pool.peak), self->pool.live);
    ensures \old(self->pool.peak_bytes) <= self->pool.peak_bytes;
    ensures self->pool.peak_bytes <= \max(\old(self->pool.peak_bytes), self->pool.reserved);
    ensures self->cached == \null ==>
              self->pool.peak_bytes == \max(\old(self->pool.peak_bytes), self->pool.reserved); */
void nanvm_large_count_one(nanvm_large *self);

/* At least what is asked for; more than that only where no sanitizer watches, and then no
 * more than half as much again as there was. */
/*@ requires \valid_read(self);
    assigns \nothing;
    ensures size <= \result;
    ensures self->pool.is_sanitized ==> \result == size;
    ensures \result == size || \result == old || \result == old + old / 2; */
size_t nanvm_large_ample(const nanvm_large *self, size_t old, size_t size);
