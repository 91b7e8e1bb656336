/* Arenas: src/managers/arena.c. */

/*@ predicate is_arena(nanvm_arena *self) =
      \valid_read(self) &&
      (self->chunks != \null ==>
         \valid_read(self->chunks) && self->chunks->size <= PTRDIFF_MAX);

    predicate is_arena_run(nanvm_slots *run) =
      run->bump == run->bump_end ||
      (0 < run->bump_end - run->bump <= PTRDIFF_MAX && run->stride > 0); */

/* BITS */
/*@ requires is_alignment(align);
    assigns \nothing;
    ensures \result < align;
    ensures (address + \result) % align == 0; */
static size_t padding_of(uintptr_t address, size_t align);

/* The alignment is met, what is in front of the object has room, and less is lost than
 * the alignment. */
/*@ requires is_alignment(align);
    requires prefix <= PTRDIFF_MAX;
    requires start <= SIZE_MAX - prefix;
    assigns \nothing;
    ensures prefix <= \result < prefix + align;
    ensures (start + \result) % align == 0; */
static size_t front_at(uintptr_t start, size_t prefix, size_t align);

/*@ assigns \nothing;
    ensures \result <==> front + size <= room; */
static bool fits(size_t room, size_t front, size_t size);

/*@ requires \valid_read(self) && is_arena_run(&self->bump_range);
    assigns \nothing;
    ensures self->bump_range.bump == self->bump_range.bump_end ==> \result == 0;
    ensures self->bump_range.bump != self->bump_range.bump_end ==>
            \result == (self->bump_range.bump_end - self->bump_range.bump) / self->bump_range.stride;
    ensures \result * self->bump_range.stride <= PTRDIFF_MAX; */
static size_t rest_of_run(const nanvm_arena *self);

/* No more than there are in a row, than may be made ahead, and than have room. */
/*@ requires \valid_read(self) && stride > 0;
    requires \base_addr(self->top) == \base_addr(self->end);
    requires 0 <= self->end - self->top <= PTRDIFF_MAX;
    assigns \nothing;
    ensures \result <= self->streak;
    ensures \result * stride <= LARGEST_RUN;
    ensures \result * stride <= self->end - self->top; */
static size_t next_run_length(const nanvm_arena *self, size_t stride);

/*@ requires is_arena(self);
    assigns \nothing;
    ensures \result <==> self->chunks != \null && self->chunks->size >= NANVM_ARENA_LARGEST_CHUNK; */
static bool is_large(const nanvm_arena *self);
