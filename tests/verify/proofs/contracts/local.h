/* Local managers: src/managers/local.c. */

/*@ predicate is_table(nanvm_local_state *state) =
      \valid_read(state) && 0 < state->slots_length &&
      \valid_read(state->slots + (0 .. state->slots_length - 1)); */

/* BITS */
/*@ requires \valid_read(state);
    requires is_alignment(state->slots_length);
    assigns \nothing;
    ensures \result < state->slots_length; */
static size_t slot_of(const nanvm_local_state *state, const nanvm_type *type,
                      size_t capacity);

/* BITS */
/*@ requires \valid_read(state);
    requires is_alignment(state->slots_length);
    assigns \nothing;
    ensures \result < state->slots_length; */
static size_t slot_after(const nanvm_local_state *state, size_t slot);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->places.object == type &&
                         (capacity == ANY_CAPACITY || pool->capacity == capacity); */
static bool is_sought(const nanvm_pool *pool, const nanvm_type *type,
                      size_t capacity);

/* Within the table; what is there serves the type and capacity, or nothing is there. */
/*@ requires is_table(state) && is_alignment(state->slots_length);
    requires \forall integer i; 0 <= i < state->slots_length ==>
               state->slots[i] != \null ==> \valid_read(state->slots[i]);
    assigns \nothing;
    ensures \exists integer i; 0 <= i < state->slots_length &&
              \result == &state->slots[i];
    ensures *\result != \null ==>
              (*\result)->places.object == type &&
              (capacity == ANY_CAPACITY || (*\result)->capacity == capacity); */
static nanvm_pool **find(const nanvm_local_state *state, const nanvm_type *type,
                         size_t capacity);

/*@ requires length <= PTRDIFF_MAX / sizeof(void *);
    assigns \nothing;
    ensures \result.size == length * sizeof(nanvm_pool *);
    ensures \result.align == sizeof(void *); */
static nanvm_layout slots_layout(size_t length);

/* BITS */
/*@ requires \valid_read(object);
    assigns \nothing;
    ensures \result < NANVM_PLACES; */
static size_t recent_of(const nanvm_type *type, size_t size);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->places.object == type && pool->capacity == 0 &&
                         size > NANVM_POOL_STRIDE_MAX; */
static bool serves_large(const nanvm_pool *pool, const nanvm_type *type, size_t size);
