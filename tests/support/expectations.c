#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "accounting.h"
#include "objects.h"

void expect_nothing_live(const accounting *self) {
    assert_int_equal(self->live_blocks, 0);
    assert_int_equal(self->live_bytes, 0);
}

void accounting_deinit(accounting *self) {
    if (self->dealloc_table.count == NANVM_COUNT_NONE) {
        accounting_abandon(self);
    }
    expect_nothing_live(self);
    accounting_release_dead(self);
}

typedef void failure_setter(accounting *self, size_t n);

/* Whether there was a request `n` to fail. */
static bool run_failing(nanvm_count count, accounted_scenario *scenario,
                        failure_setter *set_failure, size_t n) {
    accounting manager;
    accounting_init(&manager, count);
    set_failure(&manager, n);
    bool done = scenario(&manager);
    bool failed = manager.failures > 0;
    assert_true(done || failed);
    accounting_deinit(&manager);
    assert_int_equal(tracked_live(), 0);
    return failed;
}

void for_each_failure(nanvm_count count, accounted_scenario *scenario) {
    for (size_t n = 0; run_failing(count, scenario, accounting_fail_once, n); n++) {
    }
    for (size_t n = 0; run_failing(count, scenario, accounting_fail_from, n); n++) {
    }
}

int clean_setup(void **state) {
    (void)state;
    tracked_reset();
    return accounting_live_everywhere() == 0 ? 0 : -1;
}

int clean_teardown(void **state) {
    (void)state;
    size_t live = accounting_live_everywhere();
    if (live != 0 || tracked_live() != 0) {
        fprintf(stderr, "still live: %zu pieces of memory, %zu tracked objects\n", live,
                tracked_live());
        return -1;
    }
    return 0;
}
