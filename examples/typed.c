/* Handles that know what they refer to. */
#include <nanvm/mem.h>

#include "check.h"

//! [declare]
struct point {
    double x, y;
};
NANVM_TYPE(point_type, struct point);
NANVM_TYPED(point, struct point, point_type);
//! [declare]

int main(void) {
    //! [use]
    point_mut_ref p = point_new_copy(nanvm_global(), &(struct point){1, 2});
    CHECK(!point_mut_ref_is_null(p));
    point_mut_ref_get(p)->x = 3; /* no cast */
    point_ref shared = point_mut_ref_to_ref(p);
    CHECK(point_ref_get(shared)->x == 3);
    //! [use]

    //! [untyped]
    nanvm_ref any = shared.untyped; /* hand it on without its type ... */
    point_ref back;
    CHECK(point_ref_from(&any, &back)); /* ... and ask for the type again */
    CHECK(nanvm_ref_is_null(any));
    //! [untyped]

    //! [view]
    any = back.untyped;
    CHECK(point_ref_get(point_ref_view(any))->x == 3); /* its type is known: no look */
    point_ref_drop(back);
    //! [view]
    return 0;
}
