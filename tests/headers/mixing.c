/* What the types of handles keep apart. MISTAKE 0 is none, and compiles; each of the
 * others has to be refused by the compiler. */
#include <nanvm/mem.h>

struct point {
    double x, y;
};
NANVM_TYPE(point_type, struct point);
NANVM_TYPED(point, struct point, point_type);

struct line {
    point_ref from, to;
};
NANVM_TYPE_REFS(line_type, struct line, from, to);
NANVM_TYPED(line, struct line, line_type);

struct wrong {
    char member;
};

void mix(nanvm_ref ref, nanvm_mut_ref mut_ref, point_ref point, line_ref line,
         point_mut_ref mut_point);

void mix(nanvm_ref ref, nanvm_mut_ref mut_ref, point_ref point, line_ref line,
         point_mut_ref mut_point) {
#if MISTAKE == 0
    nanvm_ref_drop(ref);
    nanvm_mut_ref_drop(mut_ref);
    point_ref_drop(point);
    line_ref_drop(line);
    point_mut_ref_drop(mut_point);
#elif MISTAKE == 1
    nanvm_ref_drop(mut_ref);
#elif MISTAKE == 2
    nanvm_mut_ref_drop(ref);
#elif MISTAKE == 3
    point_ref_drop(line);
#elif MISTAKE == 4
    point_ref_drop(mut_point);
#elif MISTAKE == 5
    point_ref_drop(ref);
#elif MISTAKE == 6
    struct line *held = NULL;
    held->from = line;
#elif MISTAKE == 7
    struct line *read = point_mut_ref_get(mut_point);
#elif MISTAKE == 8
    point_ref_get(point)->x = 1;
#elif MISTAKE == 9
    NANVM_TYPE_REFS(wrong_type, struct wrong, member);
#endif
    (void)ref, (void)mut_ref, (void)point, (void)line, (void)mut_point;
}
