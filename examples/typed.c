/* Handles that know what they refer to. */
#include <nanvm/mem.h>

#include "check.h"

//! [declare]
struct point {
    double x, y;
};
NANVM_OBJECT(point_object, struct point);
NANVM_TYPED(point, struct point, point_object);
//! [declare]

int main(void) {
    //! [use]
    point_mut_ref p = point_new_copy(nanvm_global(), &(struct point){1, 2});
    CHECK(point_mut_ref_get(p) != NULL);
    point_mut_ref_get(p)->x = 3; /* no cast */
    point_ref shared = point_mut_ref_to_ref(p);
    CHECK(point_ref_get(shared)->x == 3);
    //! [use]

    //! [untyped]
    nanvm_ref any = shared.untyped; /* hand it on without its type ... */
    point_ref back;
    CHECK(point_ref_from(&any, &back)); /* ... and ask for the type again */
    CHECK(any.object == NULL);
    point_ref_drop(back);
    //! [untyped]
    return 0;
}
