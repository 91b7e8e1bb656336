/* A list of which several versions live at once. */
//! [types]
#include <nanvm/mem.h>

NANVM_TYPED_HANDLES(list); /* list_ref and list_mut_ref */

struct list {
    int value;
    list_ref next; /* a reference to another list, or null */
};

NANVM_TYPE_REFS(list_type, struct list, next);
NANVM_TYPED_FUNCTIONS(list, struct list, list_type);
//! [types]

#include "check.h"

//! [push]
/* Takes over `next`, also when memory runs out; then it returns a null handle. */
static list_ref push(nanvm_manager *manager, int value, list_ref next) {
    struct list cell = {value, next};
    list_mut_ref created = list_new_copy(manager, &cell);
    if (list_mut_ref_is_null(created)) {
        list_ref_drop(next); /* it stayed ours */
    }
    return list_mut_ref_to_ref(created);
}
//! [push]

//! [sum]
/* Only reads: borrows `list`, counts nothing. */
static int sum(list_ref list) {
    int total = 0;
    for (const struct list *cell = list_ref_get(list); cell != NULL;
         cell = list_ref_get(cell->next)) {
        total += cell->value;
    }
    return total;
}
//! [sum]

int main(void) {
    //! [versions]
    nanvm_manager *manager = nanvm_global();

    list_ref first = push(manager, 2, push(manager, 1, list_ref_null())); /* 2 1 */
    list_ref second = push(manager, 3, list_ref_clone(first)); /* 3, and then `first` */

    CHECK(sum(first) == 3);
    CHECK(sum(second) == 6);
    CHECK(list_ref_count(first) == 1); /* one other: the cell with the 3 */
    //! [versions]

    //! [update]
    /* `first` is shared: it is cloned, and `second` doesn't notice. */
    list_mut_ref change = list_ref_to_mut_ref(&first, manager);
    CHECK(!list_mut_ref_is_null(change));
    list_mut_ref_get(change)->value = 20;
    first = list_mut_ref_to_ref(change);
    CHECK(sum(first) == 21 && sum(second) == 6);

    /* Now it is owned alone: it is the same object, changed in place. */
    const struct list *before = list_ref_get(first);
    change = list_ref_to_mut_ref(&first, manager);
    list_mut_ref_get(change)->value = 200;
    first = list_mut_ref_to_ref(change);
    CHECK(list_ref_get(first) == before && sum(first) == 201);
    //! [update]

    //! [drop]
    list_ref_drop(first);
    list_ref_drop(second); /* the cells go that nobody else refers to */
    //! [drop]
    return 0;
}
