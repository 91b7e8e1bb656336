/* Slab pools: src/pool/slab.c. */

/*@ predicate is_pool(nanvm_pool *pool) =
      \valid_read(pool) && \valid_read(pool->slots.type) &&
      pool->slots.stride <= NANVM_SLAB_STRIDE_MAX && pool->most_size <= pool->slots.stride;

    predicate is_bump_range(nanvm_slots *slots) =
      slots->bump == slots->bump_end ||
      (0 < slots->bump_end - slots->bump <= PTRDIFF_MAX && slots->stride > 0);

    logic integer bump_slots(nanvm_slots *slots) =
      slots->bump == slots->bump_end ? 0 : (slots->bump_end - slots->bump) / slots->stride;

    predicate counts_bump_range(nanvm_slab *self) =
      self->bumped != \null ==> \valid(self->bumped) && \separated(self, self->bumped) &&
                                self->bumped->head.live >= 1; */

#define left_chunk(chunk) (chunk)->head.live, (chunk)->head.free_list, (chunk)->head.next_available

/* A ninth is lost at most. */
/*@ requires 1 <= size <= NANVM_SLAB_STRIDE_MAX;
    assigns \nothing;
    ensures size <= \result;
    ensures \result < size + sizeof(void *) || 8 * (\result - size) < size;
    ensures \result % sizeof(void *) == 0; */
static size_t class_of(size_t size);

/* Slots that lie side by side leave each object room and aligned. */
/*@ requires \valid_read(type) && is_alignment(type->align);
    requires slot_size <= 2 * NANVM_SLAB_STRIDE_MAX;
    assigns \nothing;
    ensures prefix_bytes(type) + slot_size <= \result;
    ensures \result < prefix_bytes(type) + slot_size + block_align(type);
    ensures \result % block_align(type) == 0;
    ensures \result % sizeof(void *) == 0; */
static size_t stride_of(const nanvm_type *type, size_t slot_size);

/*@ requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures \result == 0 || size <= \result;
    ensures \result == 0 || sizeof(void *) <= \result;
    ensures \result == 0 || prefix_bytes(type) + \result <= NANVM_SLAB_STRIDE_MAX;
    ensures \result % sizeof(void *) == 0;
    ensures size > NANVM_SLAB_STRIDE_MAX ==> \result == 0; */
size_t nanvm_slab_slot_size(const nanvm_type *type, size_t size);

/*@ requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures \result <= slot_size;
    ensures type->item_size == 0 ==> \result == 0; */
static size_t least_size_of(const nanvm_type *type, size_t slot_size);

/*@ requires is_pool(pool) && is_alignment(pool->slots.type->align);
    assigns \nothing;
    ensures \result >= sizeof(nanvm_chunk) + prefix_bytes(pool->slots.type) +
                         2 * pool->slots.stride; */
static size_t least_chunk_size(const nanvm_pool *pool);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures 256 <= \result <= 64 * 1024;
    ensures 4 * 256 <= pool->reserved <= 4 * 64 * 1024 - 4 ==>
            pool->reserved / 4 <= \result < pool->reserved / 4 + NANVM_CACHE_LINE; */
static size_t usual_chunk_size(const nanvm_pool *pool);

/* All slots fit, and not one more would. */
/*@ requires \valid_read(pool);
    requires 0 < pool->most_size <= pool->slots.stride;
    requires pool->most_size <= room;
    assigns \nothing;
    ensures (\result - 1) * pool->slots.stride + pool->most_size <= room;
    ensures \result * pool->slots.stride + pool->most_size > room;
    ensures \result >= 1; */
static size_t slots_for(const nanvm_pool *pool, size_t room);

/* An object stays in its slot, or has to go to another. */
/*@ requires \valid_read(pool);
    requires object != \null;
    assigns \nothing;
    ensures \result == object || \result == \null;
    ensures \result == object ==> size <= pool->most_size;
    ensures pool->least_size <= size <= pool->most_size ==> \result == object;
    ensures pool->most_size / 2 <= size <= pool->most_size ==> \result == object;
    ensures size < pool->least_size && size < pool->most_size / 2 ==> \result == \null; */
static void *slab_resize(nanvm_pool *pool, void *object, size_t size);

/*@ requires \valid_read(self) && is_bump_range(&self->pool.slots);
    assigns \nothing;
    ensures \result == bump_slots(&self->pool.slots); */
size_t nanvm_slab_bump_length(const nanvm_slab *self);

/*@ requires \valid_read(self) && is_bump_range(&self->pool.slots);
    requires self->carved >= bump_slots(&self->pool.slots);
    assigns \nothing;
    ensures \result == \max(self->carved - bump_slots(&self->pool.slots), self->pool.peak); */
size_t nanvm_slab_peak(const nanvm_slab *self);

/* The chunk that had the bump range counts one less. If that was all, it is empty. */
/*@ requires \valid(self) && counts_bump_range(self);
    assigns self->bumped, self->pool.slots.available, left_chunk(self->bumped);
    ensures self->bumped == \null;
    behavior none:
      assumes self->bumped == \null;
      assigns self->bumped;
    behavior left:
      assumes self->bumped != \null;
      ensures \old(self->bumped)->head.live == \old(self->bumped->head.live) - 1;
      ensures \old(self->bumped->head.live) == 1 ==> \old(self->bumped)->head.free_list == \null;
      ensures \old(self->bumped->head.live) > 1 ==>
                self->pool.slots.available == \old(self->pool.slots.available) &&
                \old(self->bumped)->head.free_list == \old(self->bumped->head.free_list);
    complete behaviors;
    disjoint behaviors; */
static void unpin_bumped_chunk(nanvm_slab *self);

/* The chunk counts the slots of the bump range, and one more. */
/*@ requires \valid(self) && counts_bump_range(self);
    requires \valid(chunk) && \separated(self, chunk);
    requires self->bumped == chunk || \separated(self->bumped, chunk);
    requires chunk->head.live + length + 1 <= SIZE_MAX;
    requires begin + length * self->pool.slots.stride <= SIZE_MAX;
    assigns self->bumped, self->pool.slots.bump, self->pool.slots.bump_end;
    assigns self->pool.slots.available, left_chunk(self->bumped), chunk->head.live;
    ensures self->bumped == chunk;
    ensures self->pool.slots.bump == begin;
    ensures self->pool.slots.bump_end == begin + length * self->pool.slots.stride;
    ensures chunk->head.live == \old(chunk->head.live) + length +
                                (\old(self->bumped) == chunk ? 0 : 1);
    ensures \old(self->bumped) != \null && \old(self->bumped) != chunk ==>
              \old(self->bumped)->head.live == \old(self->bumped->head.live) - 1; */
static void set_bump_range(nanvm_slab *self, nanvm_chunk *chunk, uintptr_t begin,
                           size_t length);
