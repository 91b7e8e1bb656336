/* Slots of small pieces: src/pool/piece_slots.h, src/pool/piece_slots.c. */

/* The free list of the smallest slots that a piece fits into. */
/*@ requires 1 <= size <= NANVM_PIECE_SLOT_MAX;
    assigns \nothing;
    ensures \result < NANVM_PIECE_SIZES;
    ensures \result * NANVM_PIECE_GRAIN < size <= (\result + 1) * NANVM_PIECE_GRAIN; */
static inline size_t nanvm_piece_slots_index(size_t size);

/* There is room for a head and the largest slot. */
/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures HEAD + NANVM_PIECE_SLOT_MAX <= \result <= 64 * 1024;
    ensures \result % NANVM_PIECE_GRAIN == 0; */
static size_t usual_chunk_size(const nanvm_pool *pool);
