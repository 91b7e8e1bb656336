/* Tables that are found by hashes: <nanvm/mem/places.h>, src/pool/region.c. */

/* BITS */
/*@ assigns \nothing;
    ensures \result < NANVM_PLACES; */
size_t nanvm_places_index(const nanvm_type *type);

/* BITS */
/*@ assigns \nothing;
    ensures 1 <= \result <= 64; */
static size_t first_line(const void *memory);
