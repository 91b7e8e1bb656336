/* Headers: <nanvm/mem/inline/block.h>. */

#define header_of(object) ((nanvm_header *)(object)-1)

/* BITS */
/*@ assigns \nothing;
    ensures \result == header_of(object); */
nanvm_header *nanvm_block_header(const void *object);

/*@ assigns \nothing;
    ensures \result == &header_of(object)->count; */
nanvm_count_word *nanvm_block_count_word(const void *object);

/*@ requires \valid_read(header_of(object));
    assigns \nothing;
    ensures \result == header_of(object)->count; */
int32_t nanvm_block_count(const void *object);

/*@ requires \valid(header_of(object));
    assigns header_of(object)->count;
    ensures header_of(object)->count == count; */
void nanvm_block_set_count(const void *object, int32_t count);

/* From the header back to the origin, and the number that leads there: the one undoes the
 * other. */
/* BITS */
/*@ requires (uintptr_t)self >= self->origin * sizeof(void *);
    assigns \nothing;
    ensures (uintptr_t)\result == (uintptr_t)self - self->origin * sizeof(void *); */
nanvm_origin *nanvm_header_origin(const nanvm_header *self);
