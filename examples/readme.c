#include <stdio.h>

#include <nanvm/mem.h>

typedef struct point {
    double x, y;
} point;

NANVM_TYPE(point_type, point);         // how large it is, where it holds references
NANVM_TYPED(point, point, point_type); // point_ref, point_mut_ref, their functions

int main(void) {
    point_mut_ref p = point_new_copy(nanvm_global(), &(point){1, 2});
    point_ref a = point_mut_ref_to_ref(p);        // may be shared from now on
    point_ref b = point_ref_clone(a);             // counts up
    p = point_ref_to_mut_ref(&b, nanvm_global()); // shared: gets a copy
    point_mut_ref_get(p)->x = 10;
    b = point_mut_ref_to_ref(p);
    printf("a.x = %g, b.x = %g\n", point_ref_get(a)->x, point_ref_get(b)->x);
    point_ref_drop(a);
    p = point_ref_to_mut_ref(&b, nanvm_global()); // sole owner: the same object
    point_mut_ref_drop(p);
}
