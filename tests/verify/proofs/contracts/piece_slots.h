/* Slots of small pieces: src/pool/piece_slots.h, src/pool/piece_slots.c. */

/*@ requires 1 <= size <= NANVM_PIECE_SLOT_MAX;
    requires step == 16 || step == 128 || step == 256;
    requires first_index <= NANVM_PIECE_SIZES;
    assigns \nothing;
    ensures \result.index == first_index + (size - 1) / step;
    ensures \result.size == ((size - 1) / step + 1) * step;
    ensures size <= \result.size < size + step; */
static inline nanvm_piece_size nanvm_piece_size_in_steps(size_t size, size_t step,
                                                         size_t first_index);

/* The smallest slots that a piece fits into. */
/*@ requires 1 <= size <= NANVM_PIECE_SLOT_MAX;
    assigns \nothing;
    ensures \result.index < NANVM_PIECE_SIZES;
    ensures size <= \result.size <= NANVM_PIECE_SLOT_MAX;
    ensures \result.size - size < NANVM_PIECE_COARSEST_STEP;
    ensures size <= NANVM_PIECE_FINE_MAX ==> \result.size - size < NANVM_PIECE_GRAIN; */
static inline nanvm_piece_size nanvm_piece_size_of(size_t size);

/*@ requires index < NANVM_PIECE_SIZES;
    assigns \nothing;
    ensures NANVM_PIECE_GRAIN <= \result <= NANVM_PIECE_SLOT_MAX;
    ensures \result % NANVM_PIECE_GRAIN == 0; */
static size_t size_at(size_t index);

/*@ requires \valid_read(pool);
    assigns \nothing;
    ensures FIRST_CHUNK <= \result <= LARGEST_CHUNK;
    ensures \result % NANVM_PIECE_GRAIN == 0; */
static size_t usual_chunk_size(const nanvm_pool *pool);
