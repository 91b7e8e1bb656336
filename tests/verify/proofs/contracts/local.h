/* Local managers: src/managers/local.c. */

/*@ predicate is_table(nanvm_local_state *state) =
      \valid_read(state) && 0 < state->table_length &&
      \valid_read(state->table + (0 .. state->table_length - 1)); */

/* BITS */
/*@ requires \valid_read(state);
    requires is_alignment(state->table_length);
    assigns \nothing;
    ensures \result < state->table_length; */
static size_t slot_of(const nanvm_local_state *state, const nanvm_type *type,
                      size_t capacity);

/* BITS */
/*@ requires \valid_read(state);
    requires is_alignment(state->table_length);
    assigns \nothing;
    ensures \result < state->table_length; */
static size_t slot_after(const nanvm_local_state *state, size_t slot);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->slots.type == type &&
                         (capacity == ANY_SLOT_SIZE || pool->slot_size == capacity); */
static bool is_sought(const nanvm_pool *pool, const nanvm_type *type,
                      size_t capacity);

/* Within the table; what is there serves the type and capacity, or nothing is there. */
/*@ requires is_table(state) && is_alignment(state->table_length);
    requires \forall integer i; 0 <= i < state->table_length ==>
               state->table[i] != \null ==> \valid_read(state->table[i]);
    assigns \nothing;
    ensures \exists integer i; 0 <= i < state->table_length &&
              \result == &state->table[i];
    ensures *\result != \null ==>
              (*\result)->slots.type == type &&
              (capacity == ANY_SLOT_SIZE || (*\result)->slot_size == capacity); */
static nanvm_pool **find(const nanvm_local_state *state, const nanvm_type *type,
                         size_t capacity);

/*@ requires length <= PTRDIFF_MAX / sizeof(void *);
    assigns \nothing;
    ensures \result.size == length * sizeof(nanvm_pool *);
    ensures \result.align == sizeof(void *); */
static nanvm_layout slots_layout(size_t length);

/* BITS */
/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result < NANVM_SLOTS; */
static size_t recent_of(const nanvm_type *type, size_t size);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->slots.type == type && pool->slot_size == 0 &&
                         size > NANVM_POOL_STRIDE_MAX; */
static bool serves_large(const nanvm_pool *pool, const nanvm_type *type, size_t size);
