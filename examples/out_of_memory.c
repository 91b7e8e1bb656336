/* What is whose when memory runs out. */
#include <nanvm/mem.h>

#include "check.h"

struct pair {
    nanvm_ref left, right;
};
NANVM_TYPE_REFS(pair_type, struct pair, left, right);
NANVM_TYPE(int_type, int);
NANVM_ARRAY_OF(bytes_type, char);

//! [pair]
/* Takes over both references, whether it succeeds or not: one place to forget
 * a drop, instead of one a caller. Null handles from before may come in. */
static nanvm_ref pair_new(nanvm_manager *manager, nanvm_ref left, nanvm_ref right) {
    struct pair value = {left, right};
    nanvm_mut_ref created = nanvm_mut_ref_null();
    if (!nanvm_ref_is_null(left) && !nanvm_ref_is_null(right)) {
        created = nanvm_new_copy(manager, &pair_type, &value);
    }
    if (nanvm_mut_ref_is_null(created)) { /* what is in `value` is still ours */
        nanvm_ref_drop(left);
        nanvm_ref_drop(right);
    }
    return nanvm_mut_ref_to_ref(created);
}
//! [pair]

static nanvm_ref integer(nanvm_manager *manager) {
    return nanvm_mut_ref_to_ref(nanvm_new(manager, &int_type));
}

//! [every_size]
/* In a buffer of every size, it works or it fails, and nothing is left over. */
static void try_every_size(void) {
    unsigned char buffer[256];
    bool succeeded = false;
    for (size_t size = 0; size <= sizeof(buffer); ++size) {
        nanvm_arena arena;
        nanvm_arena_init(&arena, buffer, size);
        nanvm_manager *manager = nanvm_arena_manager(&arena);
        nanvm_ref pair = pair_new(manager, integer(manager), integer(manager));
        succeeded = !nanvm_ref_is_null(pair);
        nanvm_arena_deinit(&arena);
    }
    CHECK(succeeded);
}
//! [every_size]

static void too_large(void) {
    //! [too_large]
    nanvm_mut_ref huge = nanvm_new_array(nanvm_global(), &bytes_type, NULL, SIZE_MAX);
    CHECK(nanvm_mut_ref_is_null(huge)); /* more than can be addressed: like no memory */
    //! [too_large]
}

int main(void) {
    try_every_size();
    too_large();
    return 0;
}
