/* A nanvm_cell, and objects of the global manager. */
#include "cell.h"

#include <nanvm/mem.h>

NANVM_TYPE(cell_object_type, struct cell_object);
NANVM_TYPED(cell_object, struct cell_object, cell_object_type);

static nanvm_cell cell_held;

static inline void cell_store(uint64_t word) {
    struct cell_object value = {word, word};
    nanvm_mut_ref made = nanvm_new_copy(nanvm_global(), &cell_object_type, &value);
    if (nanvm_mut_ref_is_null(made)) {
        bench_fail("out of memory");
    }
    nanvm_cell_store(&cell_held, nanvm_mut_ref_to_ref(made));
}

static inline void cell_open(uint64_t word) {
    cell_store(word);
}

static inline void cell_close(void) {
    nanvm_cell_store(&cell_held, nanvm_ref_null());
}

static inline uint64_t cell_load(void) {
    cell_object_ref ref = {nanvm_cell_load(&cell_held)};
    uint64_t word = cell_object_ref_get(ref)->word;
    cell_object_ref_drop(ref);
    return word;
}
