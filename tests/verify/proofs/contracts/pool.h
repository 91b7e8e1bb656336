/* The head of every pool: src/pool/pool.h, src/pool/pool.c. */

/*@ requires \valid_read(table);
    assigns \nothing;
    ensures \result.size == table->size;
    ensures is_alignment(\result.align) && \result.align >= sizeof(void *); */
static nanvm_layout layout_of(const nanvm_pool_table *table);

/*@ requires \valid(self);
    assigns self->untrimmed_table, self->slots.dealloc.table;
    ensures self->untrimmed_table == untrimmed_table && self->slots.dealloc.table == untrimmed_table; */
void nanvm_pool_set_dealloc_table(nanvm_pool *self, const nanvm_dealloc_table *untrimmed_table);

/* Whether the size is one of those from the least to the most: below the least, the
 * difference is more than any size that is served. */
/* BITS */
/*@ requires \valid_read(self) && self->least_size <= self->most_size;
    assigns \nothing;
    ensures \result <==> self->slots.type == type &&
                         self->least_size <= size <= self->most_size; */
bool nanvm_pool_serves(const nanvm_pool *self, const nanvm_type *type, size_t size);

/*@ requires \valid(self);
    requires self->live < SIZE_MAX;
    assigns self->live, self->peak, self->peak_bytes;
    ensures self->live == \old(self->live) + 1;
    ensures self->peak == \max(\old(self->peak), self->live);
    ensures self->peak_bytes == \max(\old(self->peak_bytes), bytes); */
void nanvm_pool_count_one(nanvm_pool *self, size_t bytes);
