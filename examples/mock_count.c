/* A custom count: a mock that records what a program does to its references. */
#include <nanvm/mem.h>

#include "check.h"

//! [count]
struct mock {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    size_t added, released, freed;
};

static struct mock *mock_of(nanvm_dealloc *dealloc) {
    return (void *)((char *)dealloc - offsetof(struct mock, dealloc));
}

/* `counter` is a word of the block, zero at first: here, how many others. */
static size_t mock_update(nanvm_dealloc *dealloc, size_t *counter,
                          nanvm_ref_counter_update update) {
    size_t before = *counter;
    if (update == NANVM_REF_COUNTER_ADD) {
        mock_of(dealloc)->added += 1;
        *counter += 1;
    } else if (update == NANVM_REF_COUNTER_RELEASE) {
        mock_of(dealloc)->released += 1;
        *counter -= before > 0;
    }
    return before; /* 0: the caller is alone */
}
//! [count]

static void *mock_alloc(nanvm_manager *manager, nanvm_layout layout) {
    (void)manager;
    return nanvm_manager_alloc(nanvm_global(), layout);
}

static void mock_dealloc(nanvm_dealloc *dealloc, void *memory, nanvm_layout layout) {
    mock_of(dealloc)->freed += 1;
    nanvm_manager_dealloc(nanvm_global(), memory, layout);
}

//! [tables]
static const nanvm_manager_table mock_manager_table = {.alloc = mock_alloc};
static const nanvm_dealloc_table mock_dealloc_table = {
    .count = NANVM_COUNT_CUSTOM,
    .ref_counter_update = mock_update,
    .dealloc = mock_dealloc,
};
//! [tables]

NANVM_TYPE(int_type, int);

int main(void) {
    struct mock mock = {.manager = {.table = &mock_manager_table},
                        .dealloc = {.table = &mock_dealloc_table}};
    mock.manager.dealloc = &mock.dealloc;
    //! [use]
    nanvm_ref a = nanvm_mut_ref_to_ref(nanvm_new(&mock.manager, &int_type));
    CHECK(nanvm_ref_get(a) != NULL);
    nanvm_ref b = nanvm_ref_clone(a);
    CHECK(mock.added == 1 && nanvm_ref_count(a) == 1);
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
    CHECK(mock.released == 2 && mock.freed == 1);
    //! [use]
    return 0;
}
