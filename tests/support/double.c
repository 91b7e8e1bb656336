#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* setenv */
#endif

#include "double.h"

#include <stdlib.h>

#include "accounting.h"
#include "objects.h"
#include "skip.h"

#if defined(_WIN32)
static void set_checker(const char *said) {
    (void)said; /* there are no doubles */
}
#else
static void set_checker(const char *said) {
    int failed =
        said == NULL ? unsetenv("NANVM_SANITIZER") : setenv("NANVM_SANITIZER", said, 1);
    assert_int_equal(failed, 0);
}
#endif

void begin_double(bool is_offered, const char *said) {
    if (!is_offered) {
        skip_because(
            "a checker can be doubled in ELF files only, where there is no real one");
    }
    set_checker(said);
}

void expect_a_piece_for_each_object(start_double *start) {
    enum { OBJECTS = 50 };
    const char *const said[] = {NULL, "on", "off"};
    for (size_t i = 0; i < 3; i++) {
        start(said[i]);
        accounting source;
        accounting_init(&source, NANVM_COUNT_PLAIN);
        nanvm_local local;
        nanvm_local_init_from(&local, &source.manager);
        nanvm_mut_ref made[OBJECTS];
        for (size_t n = 0; n < OBJECTS; n++) {
            made[n] = nanvm_new(nanvm_local_manager(&local), &point_type);
        }
        assert_int_equal(source.live_blocks > OBJECTS, i < 2);
        for (size_t n = 0; n < OBJECTS; n++) {
            nanvm_mut_ref_drop(made[n]);
        }
        nanvm_local_deinit(&local);
        accounting_deinit(&source);
    }
}

void with_dropped_node(start_double *start, use_dropped_node *use) {
    start("off");
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_mut_ref dropped = nanvm_new(nanvm_local_manager(&local), &node_type);
    nanvm_mut_ref_drop(dropped);
    use(&dropped);
    nanvm_local_deinit(&local);
}

void clone_dropped(void *context) {
    nanvm_ref copy = nanvm_ref_clone(nanvm_mut_ref_to_ref(*(nanvm_mut_ref *)context));
    (void)copy;
}
