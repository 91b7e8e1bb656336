/* The life of a reference. */
#include <nanvm/mem.h>

#include "check.h"

NANVM_TYPE(int_type, int);

static nanvm_ref five(void) {
    int value = 5;
    nanvm_ref self =
        nanvm_mut_ref_to_ref(nanvm_new_copy(nanvm_global(), &int_type, &value));
    CHECK(nanvm_ref_get(self) != NULL);
    return self;
}

static void life(void) {
    //! [life]
    nanvm_mut_ref m = nanvm_new(nanvm_global(), &int_type); /* all zeros */
    CHECK(nanvm_mut_ref_get(m) != NULL);
    *(int *)nanvm_mut_ref_get(m) = 5;

    nanvm_ref a = nanvm_mut_ref_to_ref(m); /* m is used up */
    nanvm_ref b = nanvm_ref_clone(a);      /* a second reference */
    CHECK(*(const int *)nanvm_ref_get(b) == 5);

    nanvm_ref_drop(a);
    nanvm_ref_drop(b); /* the last one: the object goes, too */
    //! [life]
}

static void three_ways_back(void) {
    nanvm_ref a = five();
    nanvm_ref b = nanvm_ref_clone(a);
    //! [try]
    nanvm_mut_ref m;
    CHECK(!nanvm_ref_try_to_mut_ref(&a, &m)); /* b is there, too: a is untouched */
    nanvm_ref_drop(nanvm_ref_move(&b));
    CHECK(nanvm_ref_try_to_mut_ref(&a, &m)); /* alone: a is null now */
    CHECK(nanvm_ref_is_null(a));
    //! [try]

    //! [clone_object]
    a = nanvm_mut_ref_to_ref(m);
    m = nanvm_ref_clone_object(a, nanvm_global()); /* a new object; a stays */
    CHECK(nanvm_mut_ref_get(m) != NULL);
    CHECK(nanvm_mut_ref_get(m) != nanvm_ref_get(a));
    nanvm_mut_ref_drop(m);
    //! [clone_object]

    //! [to_mut_ref]
    m = nanvm_ref_to_mut_ref(&a, nanvm_global()); /* the cheapest that works */
    if (nanvm_mut_ref_get(m) == NULL) {
        /* No memory for a clone: a is still ours. */
        nanvm_ref_drop(a);
    } else {
        *(int *)nanvm_mut_ref_get(m) += 1;
        nanvm_mut_ref_drop(m); /* a is null, and needs nothing */
    }
    //! [to_mut_ref]
}

static void alone_or_not(void) {
    //! [is_sole]
    nanvm_ref a = five();
    CHECK(nanvm_ref_is_sole(a)); /* a write would be in place */
    nanvm_ref b = nanvm_ref_clone(a);
    CHECK(!nanvm_ref_is_sole(a)); /* a write would clone */
    //! [is_sole]
    nanvm_ref_drop(a);
    nanvm_ref_drop(b);
}

static void null_handles(void) {
    //! [null]
    nanvm_ref nothing = nanvm_ref_null();
    CHECK(nanvm_ref_is_null(nothing));
    CHECK(nanvm_ref_get(nothing) == NULL);
    CHECK(nanvm_ref_count(nothing) == 0);
    CHECK(nanvm_ref_is_null(nanvm_ref_clone(nothing)));
    nanvm_ref_drop(nothing); /* does nothing */

    static nanvm_ref last = NANVM_NULL_HANDLE; /* where only a constant can be written */
    CHECK(nanvm_ref_is_null(last));
    //! [null]
}

//! [scoped]
#ifdef NANVM_SCOPED
static nanvm_ref either(bool which) {
    NANVM_SCOPED(nanvm_ref) a = five();
    NANVM_SCOPED(nanvm_ref) b = five();
    return which ? nanvm_ref_move(&a) : nanvm_ref_move(&b); /* the other is dropped */
}
#endif
//! [scoped]

int main(void) {
    life();
    three_ways_back();
    alone_or_not();
    null_handles();
#ifdef NANVM_SCOPED
    nanvm_ref_drop(either(true));
    nanvm_ref_drop(either(false));
#endif
    return 0;
}
