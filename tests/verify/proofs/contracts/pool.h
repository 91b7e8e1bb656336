/* Pools: src/pool/pool.h, src/pool/pool.c. */

/*@ predicate is_pool(nanvm_pool *self) =
      \valid_read(self) && \valid_read(self->slots.type) &&
      self->slots.stride <= NANVM_POOL_STRIDE_MAX && self->slot_size <= self->slots.stride;

    predicate is_run(nanvm_slots *places) =
      places->bump == places->bump_end ||
      (0 < places->bump_end - places->bump <= PTRDIFF_MAX && places->stride > 0); */

/* A fifth is lost at most. */
/*@ requires 1 <= size <= NANVM_POOL_STRIDE_MAX;
    assigns \nothing;
    ensures size <= \result;
    ensures \result < size + sizeof(void *) || 4 * (\result - size) < size;
    ensures \result % sizeof(void *) == 0; */
static size_t class_of(size_t size);

/* Places that lie side by side leave each object room and aligned. */
/*@ requires \valid_read(type) && is_alignment(type->align);
    requires capacity <= 2 * NANVM_POOL_STRIDE_MAX;
    assigns \nothing;
    ensures prefix_bytes(type) + capacity <= \result;
    ensures \result < prefix_bytes(type) + capacity + block_align(type);
    ensures \result % block_align(type) == 0;
    ensures \result % sizeof(void *) == 0; */
static size_t stride_of(const nanvm_type *type, size_t capacity);

/*@ requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures \result == 0 || size <= \result;
    ensures \result == 0 || sizeof(void *) <= \result;
    ensures \result == 0 || prefix_bytes(type) + \result <= NANVM_POOL_STRIDE_MAX;
    ensures \result % sizeof(void *) == 0;
    ensures size > NANVM_POOL_STRIDE_MAX ==> \result == 0; */
size_t nanvm_pool_slot_size(const nanvm_type *type, size_t size);

/*@ requires capacity != 0 ==> \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures \result <= capacity;
    ensures capacity != 0 && type->item_size == 0 ==> \result == 0; */
static size_t least_size_of(const nanvm_type *type, size_t capacity);

/*@ requires is_pool(self) && is_alignment(self->slots.type->align);
    assigns \nothing;
    ensures \result >= sizeof(nanvm_chunk) + prefix_bytes(self->slots.type) +
                         2 * self->slots.stride; */
static size_t least_chunk_size(const nanvm_pool *self);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures FIRST_CHUNK <= \result <= MEDIUM_CHUNK;
    ensures 2 * FIRST_CHUNK <= self->reserved <= 2 * MEDIUM_CHUNK - 2 ==>
            self->reserved / 2 <= \result < self->reserved / 2 + NANVM_CACHE_LINE; */
static size_t next_chunk_size(const nanvm_pool *self);

/* All places fit, and not one more would. */
/*@ requires \valid_read(self);
    requires 0 < self->slot_size <= self->slots.stride;
    requires self->slot_size <= room;
    assigns \nothing;
    ensures (\result - 1) * self->slots.stride + self->slot_size <= room;
    ensures \result * self->slots.stride + self->slot_size > room;
    ensures \result >= 1; */
static size_t slots_for(const nanvm_pool *self, size_t room);

/* Whether the size is one of those from `least` to `capacity`: below, the difference
 * is more than any capacity. */
/* BITS */
/*@ requires \valid_read(self) && self->least_size <= self->slot_size;
    assigns \nothing;
    ensures \result <==> self->slots.type == type &&
                         self->least_size <= size <= self->slot_size; */
bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_type *type, size_t size);

/*@ requires \valid_read(self) && is_run(&self->slots);
    assigns \nothing;
    ensures self->slots.bump == self->slots.bump_end ==> \result == 0;
    ensures self->slots.bump != self->slots.bump_end ==>
            \result == (self->slots.bump_end - self->slots.bump) / self->slots.stride; */
size_t nanvm_pool_run_length(const nanvm_pool *self);

/*@ requires \valid_read(self);
    assigns \nothing;
    ensures \result ==> size <= self->slot_size;
    ensures self->least_size <= size <= self->slot_size ==> \result;
    ensures self->slot_size / 2 <= size <= self->slot_size ==> \result; */
static bool fits_slot(const nanvm_pool *self, size_t size);

/*@ requires \valid_read(self) && is_run(&self->slots);
    requires self->carved >= (self->slots.bump_end - self->slots.bump) /
                               self->slots.stride;
    assigns \nothing;
    ensures \result >= self->peak;
    ensures \result <= \max(self->carved, self->peak); */
size_t nanvm_pool_peak(const nanvm_pool *self);

/*@ requires \valid_read(self) && has_spare(self);
    requires self->live * self->slots.stride <= SIZE_MAX;
    assigns \nothing;
    ensures self->slot_size != 0 ==> \result == self->live * self->slots.stride;
    ensures self->slot_size == 0 ==> \result <= self->reserved; */
size_t nanvm_pool_live_bytes(const nanvm_pool *self);
