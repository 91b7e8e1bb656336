/* Tables that are found by hashes: <nanvm/mem/inline/slots.h>, src/pool/segment.c. */

/* BITS */
/*@ assigns \nothing;
    ensures \result < NANVM_SLOTS_LENGTH; */
size_t nanvm_slots_index(const nanvm_type *type);

/* BITS */
/*@ assigns \nothing;
    ensures 1 <= \result <= 64; */
static size_t first_line(const void *memory);
