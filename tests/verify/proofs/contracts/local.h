/* Local managers: src/managers/local.c. */

/*@ predicate is_table(nanvm_local_state *state) =
      \valid_read(state) && 0 < state->entries_length &&
      \valid_read(state->entries + (0 .. state->entries_length - 1)); */

/* BITS */
/*@ requires \valid_read(state);
    requires is_alignment(state->entries_length);
    assigns \nothing;
    ensures \result < state->entries_length; */
static size_t index_of(const nanvm_local_state *state, const nanvm_type *type,
                       size_t most_size);

/* BITS */
/*@ requires \valid_read(state);
    requires is_alignment(state->entries_length);
    assigns \nothing;
    ensures \result < state->entries_length; */
static size_t index_after(const nanvm_local_state *state, size_t index);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures \result <==> pool->slots.type == type &&
                         (most_size == ANY_SIZE || pool->most_size == most_size); */
static bool is_sought(const nanvm_pool *pool, const nanvm_type *type, size_t most_size);

/* Within the table; what is there serves the type and the size, or nothing is there. */
/*@ requires is_table(state) && is_alignment(state->entries_length);
    requires \forall integer i; 0 <= i < state->entries_length ==>
               state->entries[i] != \null ==> \valid_read(state->entries[i]);
    assigns \nothing;
    ensures \exists integer i; 0 <= i < state->entries_length &&
              \result == &state->entries[i];
    ensures *\result != \null ==>
              (*\result)->slots.type == type &&
              (most_size == ANY_SIZE || (*\result)->most_size == most_size); */
static nanvm_pool **find_pool(const nanvm_local_state *state, const nanvm_type *type,
                              size_t most_size);

/*@ requires length <= PTRDIFF_MAX / sizeof(void *);
    assigns \nothing;
    ensures \result.size == length * sizeof(nanvm_pool *);
    ensures \result.align == sizeof(void *); */
static nanvm_layout entries_layout(size_t length);

/* Room for the object, in a slot or in a chunk of its own. */
/*@ requires \valid_read(self) && \valid_read(self->state);
    requires \valid_read(type) && is_alignment(type->align);
    assigns \nothing;
    ensures size <= NANVM_LARGE_MOST ==> size <= \result;
    ensures 0 < \result <= NANVM_LARGE_MOST;
    ensures self->state->is_sanitized ==> \result == NANVM_LARGE_MOST;
    ensures size > NANVM_SLAB_STRIDE_MAX ==> \result == NANVM_LARGE_MOST;
    ensures \result != NANVM_LARGE_MOST ==>
              prefix_bytes(type) + \result <= NANVM_SLAB_STRIDE_MAX; */
static size_t most_size_for(const nanvm_local *self, const nanvm_type *type, size_t size);

/* BITS */
/*@ requires \valid_read(type);
    assigns \nothing;
    ensures \result < NANVM_SLOTS_LENGTH; */
static size_t slots_index_of(const nanvm_type *type, size_t size);
