/* The chunks of an arena: src/managers/arena_chunks.c. */

/*@ predicate is_growing_arena(nanvm_arena *self) =
      \valid_read(self) && self->shared_size <= PTRDIFF_MAX; */

/*@ assigns \nothing;
    ensures \result.size == size && is_alignment(\result.align); */
static nanvm_layout chunk_layout(size_t size);

/* Twice as much each time, within limits; huge pages from some size on. */
/*@ requires is_growing_arena(self);
    assigns \nothing;
    ensures in_use >= LARGE_ARENA ==> \result == HUGE_CHUNK;
    ensures in_use < LARGE_ARENA ==> \result <= NANVM_ARENA_LARGEST_CHUNK;
    ensures in_use < LARGE_ARENA && self->shared_size == 0 ==> \result == FIRST_CHUNK;
    ensures in_use < LARGE_ARENA && self->shared_size != 0 ==>
            \result == \min(2 * self->shared_size, NANVM_ARENA_LARGEST_CHUNK); */
static size_t next_chunk_size(const nanvm_arena *self, size_t in_use);

/* What is too large to share a chunk gets no byte more, if it can grow with its chunk. */
/*@ requires is_growing_arena(self);
    requires least <= PTRDIFF_MAX;
    assigns \nothing;
    ensures least <= \result;
    ensures \result <= \max(HUGE_CHUNK, least + least / 2);
    ensures least > LARGEST_SHARED && !self->sanitized && align <= NANVM_MALLOC_ALIGN ==>
            \result == least; */
static size_t chunk_size_for(const nanvm_arena *self, size_t in_use, size_t least,
                             size_t align);

/* A grown chunk has room, and is at most half as large again as it was, or as it has to
 * be. */
/*@ requires \valid_read(self) && \valid_read(self->source);
    requires \valid_read(self->source->table);
    requires size <= least <= (size_t)PTRDIFF_MAX + PTRDIFF_MAX / 2;
    requires size <= PTRDIFF_MAX;
    assigns \nothing;
    ensures least <= \result;
    ensures \result <= \max(least, size + size / 2); */
static size_t grown_size(const nanvm_arena *self, size_t size, size_t least);
