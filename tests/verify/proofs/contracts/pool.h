/* Pools: src/pool/pool.h, src/pool/pool.c. */

/*@ predicate is_pool(nanvm_pool *self) =
      \valid_read(self) && \valid_read(self->places.object) &&
      self->places.stride <= NANVM_POOL_STRIDE_MAX && self->capacity <= self->places.stride;

    predicate is_run(nanvm_places *places) =
      places->run == places->run_end ||
      (0 < places->run_end - places->run <= PTRDIFF_MAX && places->stride > 0); */

/* A fifth is lost at most. */
/*@ requires 1 <= size <= NANVM_POOL_STRIDE_MAX;
    assigns \nothing;
    ensures size <= \result;
    ensures \result < size + sizeof(void *) || 4 * (\result - size) < size;
    ensures \result % sizeof(void *) == 0; */
static size_t class_of(size_t size);

/* Places that lie side by side leave each object room and aligned. */
/*@ requires \valid_read(object) && is_alignment(object->align);
    requires capacity <= 2 * NANVM_POOL_STRIDE_MAX;
    assigns \nothing;
    ensures prefix_bytes(object) + capacity <= \result;
    ensures \result < prefix_bytes(object) + capacity + block_align(object);
    ensures \result % block_align(object) == 0;
    ensures \result % sizeof(void *) == 0; */
static size_t stride_of(const nanvm_type *type, size_t capacity);

/*@ requires \valid_read(object) && is_alignment(object->align);
    assigns \nothing;
    ensures \result == 0 || size <= \result;
    ensures \result == 0 || sizeof(void *) <= \result;
    ensures \result == 0 || prefix_bytes(object) + \result <= NANVM_POOL_STRIDE_MAX;
    ensures \result % sizeof(void *) == 0;
    ensures size > NANVM_POOL_STRIDE_MAX ==> \result == 0; */
size_t nanvm_pool_capacity(const nanvm_type *type, size_t size);

/*@ requires capacity != 0 ==> \valid_read(object) && is_alignment(object->align);
    assigns \nothing;
    ensures \result <= capacity;
    ensures capacity != 0 && type->item_size == 0 ==> \result == 0; */
static size_t least_of(const nanvm_type *type, size_t capacity);

/*@ requires is_pool(self) && is_alignment(self->places.object->align);
    assigns \nothing;
    ensures \result >= sizeof(nanvm_chunk) + prefix_bytes(self->places.object) +
                         2 * self->places.stride; */
static size_t least_chunk_size(const nanvm_pool *self);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures FIRST_CHUNK <= \result <= MEDIUM_CHUNK;
    ensures 2 * FIRST_CHUNK <= self->reserved <= 2 * MEDIUM_CHUNK - 2 ==>
            self->reserved / 2 <= \result < self->reserved / 2 + NANVM_CACHE_LINE; */
static size_t next_chunk_size(const nanvm_pool *self);

/* All places fit, and not one more would. */
/*@ requires \valid_read(self);
    requires 0 < self->capacity <= self->places.stride;
    requires self->capacity <= room;
    assigns \nothing;
    ensures (\result - 1) * self->places.stride + self->capacity <= room;
    ensures \result * self->places.stride + self->capacity > room;
    ensures \result >= 1; */
static size_t places_for(const nanvm_pool *self, size_t room);

/* Whether the size is one of those from `least` to `capacity`: below, the difference
 * is more than any capacity. */
/* BITS */
/*@ requires \valid_read(self) && self->least <= self->capacity;
    assigns \nothing;
    ensures \result <==> self->places.object == type &&
                         self->least <= size <= self->capacity; */
bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_type *type, size_t size);

/*@ requires \valid_read(self) && is_run(&self->places);
    assigns \nothing;
    ensures self->places.run == self->places.run_end ==> \result == 0;
    ensures self->places.run != self->places.run_end ==>
            \result == (self->places.run_end - self->places.run) / self->places.stride; */
size_t nanvm_pool_run_length(const nanvm_pool *self);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result ==> size <= self->capacity;
    ensures self->least <= size <= self->capacity ==> \result;
    ensures self->capacity / 2 <= size <= self->capacity ==> \result; */
static bool fits_place(const nanvm_pool *self, size_t size);

/*@ requires \valid_read(self) && is_run(&self->places);
    requires self->carved >= (self->places.run_end - self->places.run) /
                               self->places.stride;
    assigns \nothing;
    ensures \result >= self->peak;
    ensures \result <= \max(self->carved, self->peak); */
size_t nanvm_pool_peak(const nanvm_pool *self);

/*@ requires \valid_read(self) && has_spare(self);
    requires self->live * self->places.stride <= SIZE_MAX;
    assigns \nothing;
    ensures self->capacity != 0 ==> \result == self->live * self->places.stride;
    ensures self->capacity == 0 ==> \result <= self->reserved; */
size_t nanvm_pool_live_bytes(const nanvm_pool *self);
