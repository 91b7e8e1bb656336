/* Cells: references in variables that any thread loads and stores. */
#include <stdatomic.h>

#include "misuse.h"
#include "run.h"
#include "skip.h"
#include "stage.h"
#include "thread.h"

enum { THREADS = 4, LOADS_BETWEEN_REFILLS = 511 };

static void open_shared(fixture *self) {
    accounting_init(&self->source, NANVM_COUNT_ATOMIC);
    nanvm_local_init_shared_from(&self->local, &self->source.manager);
    self->manager = nanvm_local_manager(&self->local);
}

FIXTURE(shared, open_shared, close_local)

static void open_plain(fixture *self) {
    accounting_init(&self->source, NANVM_COUNT_PLAIN);
    nanvm_local_init_from(&self->local, &self->source.manager);
    self->manager = nanvm_local_manager(&self->local);
}

FIXTURE(plain, open_plain, close_local)

/* The check of an object that is read after its end fails, too. */
struct version {
    uint64_t number;
    uint64_t complement;
};

static atomic_size_t versions; /* alive */

static void end_version(void *object, size_t length) {
    struct version *self = object;
    (void)length;
    self->complement = self->number;
    atomic_fetch_sub(&versions, 1);
}

NANVM_TYPE_CALLBACKS(version_type, struct version, NULL, end_version, NULL);

static nanvm_ref version_new(nanvm_manager *manager, uint64_t number) {
    struct version value = {number, ~number};
    nanvm_mut_ref made = nanvm_new_copy(manager, &version_type, &value);
    if (!nanvm_mut_ref_is_null(made)) {
        atomic_fetch_add(&versions, 1);
    }
    return nanvm_mut_ref_to_ref(made);
}

static uint64_t number_of(nanvm_ref ref) {
    return ((const struct version *)nanvm_ref_get(ref))->number;
}

/* --- one thread --- */

static nanvm_cell empty_cell = NANVM_EMPTY_CELL;

static void test_empty_cell_gives_null(void **state) {
    (void)state;
    assert_true(nanvm_ref_is_null(nanvm_cell_load(&empty_cell)));
    assert_true(nanvm_ref_is_null(nanvm_cell_exchange(&empty_cell, null_ref())));
    nanvm_cell_store(&empty_cell, null_ref());
    nanvm_cell_deinit(&empty_cell);
    assert_true(nanvm_ref_is_null(nanvm_cell_load(&empty_cell)));
}

static void test_load_gives_a_reference_of_its_own(void **state) {
    fixture *self = *state;
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(self->manager, 1));
    nanvm_ref first = nanvm_cell_load(&cell);
    nanvm_cell_store(&cell, version_new(self->manager, 2));
    nanvm_ref second = nanvm_cell_load(&cell);
    assert_int_equal(atomic_load(&versions), 2);
    assert_int_equal(number_of(first), 1);
    assert_int_equal(number_of(second), 2);
    assert_true(nanvm_ref_is_sole(first)); /* the cell took all others off the count */
    assert_false(nanvm_ref_is_sole(second));
    nanvm_ref_drop(first);
    assert_int_equal(atomic_load(&versions), 1);
    nanvm_cell_deinit(&cell);
    assert_true(nanvm_ref_is_sole(second));
    nanvm_ref_drop(second);
    assert_int_equal(atomic_load(&versions), 0);
}

static void test_exchange_hands_the_old_reference_over(void **state) {
    fixture *self = *state;
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(self->manager, 1));
    nanvm_ref old = nanvm_cell_exchange(&cell, null_ref());
    assert_int_equal(number_of(old), 1);
    assert_true(nanvm_ref_is_sole(old));
    assert_true(nanvm_ref_is_null(nanvm_cell_load(&cell)));
    assert_true(nanvm_ref_is_null(nanvm_cell_exchange(&cell, old)));
    nanvm_cell_deinit(&cell);
    assert_int_equal(atomic_load(&versions), 0);
}

/* With any number of loads the sum is right: none, before and after references are
 * counted in advance again, and many times. */
static void test_count_is_right_after_any_number_of_loads(void **state) {
    fixture *self = *state;
    static nanvm_ref loaded[4 * LOADS_BETWEEN_REFILLS];
    const size_t lengths[] = {0,
                              1,
                              LOADS_BETWEEN_REFILLS - 1,
                              LOADS_BETWEEN_REFILLS,
                              LOADS_BETWEEN_REFILLS + 1,
                              4 * LOADS_BETWEEN_REFILLS};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        nanvm_cell cell;
        nanvm_cell_init(&cell, version_new(self->manager, i));
        for (size_t k = 0; k < lengths[i]; k++) {
            loaded[k] = nanvm_cell_load(&cell);
        }
        nanvm_ref old = nanvm_cell_exchange(&cell, null_ref());
        assert_int_equal(nanvm_ref_count(old), lengths[i]);
        for (size_t k = 0; k < lengths[i]; k++) {
            nanvm_ref_drop(loaded[k]);
        }
        assert_true(nanvm_ref_is_sole(old));
        nanvm_ref_drop(old);
    }
    assert_int_equal(atomic_load(&versions), 0);
}

static void test_one_object_may_be_stored_twice_and_in_two_cells(void **state) {
    fixture *self = *state;
    nanvm_cell cells[2];
    nanvm_ref ref = version_new(self->manager, 1);
    nanvm_cell_init(&cells[0], nanvm_ref_clone(ref));
    nanvm_ref loaded = nanvm_cell_load(&cells[0]);
    nanvm_cell_store(&cells[0], nanvm_ref_clone(ref));
    nanvm_cell_store(&cells[0], nanvm_cell_load(&cells[0]));
    nanvm_cell_init(&cells[1], nanvm_cell_load(&cells[0]));
    nanvm_ref_drop(loaded);
    nanvm_cell_deinit(&cells[0]);
    nanvm_cell_deinit(&cells[1]);
    assert_true(nanvm_ref_is_sole(ref));
    nanvm_ref_drop(ref);
    assert_int_equal(atomic_load(&versions), 0);
}

static void test_compare_exchange_replaces_only_what_is_expected(void **state) {
    fixture *self = *state;
    nanvm_cell cell = NANVM_EMPTY_CELL;
    nanvm_ref first = version_new(self->manager, 1);
    nanvm_ref second = version_new(self->manager, 2);
    assert_false(nanvm_cell_compare_exchange(&cell, second, first));
    assert_true(nanvm_cell_compare_exchange(&cell, null_ref(), nanvm_ref_clone(first)));
    assert_false(nanvm_cell_compare_exchange(&cell, null_ref(), second));
    assert_true(nanvm_ref_is_sole(second)); /* stays the caller's, as it was */
    assert_true(nanvm_cell_compare_exchange(&cell, first, second));
    assert_true(nanvm_ref_is_sole(first));
    assert_false(nanvm_cell_compare_exchange(&cell, first, first));
    nanvm_ref loaded = nanvm_cell_load(&cell);
    assert_int_equal(number_of(loaded), 2);
    assert_true(nanvm_cell_compare_exchange(&cell, loaded, null_ref()));
    assert_true(nanvm_ref_is_sole(loaded));
    nanvm_ref_drop(loaded);
    nanvm_ref_drop(first);
}

static void test_objects_without_a_count_are_loaded(void **state) {
    fixture *self = *state;
    nanvm_ref frozen = version_new(self->manager, 1);
    assert_true(nanvm_ref_freeze(frozen));
    nanvm_cell cell;
    nanvm_cell_init(&cell, frozen);
    for (size_t i = 0; i < 2000; i++) {
        assert_true(nanvm_ref_same(nanvm_cell_load(&cell), frozen));
    }
    nanvm_ref counted = version_new(self->manager, 2);
    nanvm_cell_store(&cell, counted);
    nanvm_cell_store(&cell, frozen);
    assert_true(nanvm_ref_same(nanvm_cell_exchange(&cell, null_ref()), frozen));
    assert_int_equal(atomic_fetch_sub(&versions, 1), 1); /* no drop is called for it */
}

static void test_object_may_be_frozen_in_a_cell(void **state) {
    fixture *self = *state;
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(self->manager, 1));
    nanvm_ref loaded = nanvm_cell_load(&cell);
    assert_true(nanvm_ref_freeze(loaded));
    for (size_t i = 0; i < 2 * LOADS_BETWEEN_REFILLS; i++) {
        nanvm_ref_drop(nanvm_cell_load(&cell));
    }
    nanvm_cell_deinit(&cell);
    assert_int_equal(nanvm_ref_count(loaded), SIZE_MAX);
    assert_int_equal(atomic_fetch_sub(&versions, 1), 1);
}

static void set_count(nanvm_ref ref, int32_t count) {
    nanvm_block_set_count((void *)(uintptr_t)nanvm_ref_get(ref), count);
}

static void test_count_beyond_its_limit_sticks(void **state) {
    fixture *self = *state;
    const int32_t counts[] = {NANVM_COUNT_ATOMIC_LAST + 100, NANVM_COUNT_STUCK};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        nanvm_ref ref = version_new(self->manager, i);
        set_count(ref, counts[i]);
        nanvm_cell cell;
        nanvm_cell_init(&cell, ref);
        assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
        for (size_t k = 0; k < 2 * LOADS_BETWEEN_REFILLS; k++) {
            nanvm_ref_drop(nanvm_cell_load(&cell));
        }
        nanvm_cell_deinit(&cell);
        assert_int_equal(nanvm_ref_count(ref), SIZE_MAX);
        set_count(ref, NANVM_COUNT_ATOMIC);
        nanvm_ref_drop(ref);
    }
    assert_int_equal(atomic_load(&versions), 0);
}

/* --- misuse --- */

static void store_in_empty_cell(void *context) {
    nanvm_cell cell = NANVM_EMPTY_CELL;
    nanvm_cell_store(&cell, *(nanvm_ref *)context);
}

static void test_object_of_one_thread_stops(void **state) {
    fixture *self = *state;
    nanvm_ref ref = version_new(self->manager, 1);
    expect_fatal("isn't counted atomically", store_in_empty_cell, &ref);
    nanvm_ref more = nanvm_ref_clone(ref);
    expect_fatal("isn't counted atomically", store_in_empty_cell, &ref);
    nanvm_ref_drop(more);
    nanvm_ref_drop(ref);
}

static void test_object_that_cant_be_counted_here_stops(void **state) {
    fixture *self = *state;
    nanvm_ref ref = version_new(self->manager, 1);
    set_count(ref, NANVM_COUNT_CUSTOM);
    expect_fatal("isn't counted atomically", store_in_empty_cell, &ref);
    set_count(ref, NANVM_COUNT_DEAD);
    expect_fatal("that was dropped", store_in_empty_cell, &ref);
    set_count(ref, NANVM_COUNT_ATOMIC);
    nanvm_ref_drop(ref);
}

static void test_address_that_is_too_long_stops(void **state) {
    (void)state;
#if UINTPTR_MAX > UINT32_MAX
    static uint64_t object;
    uintptr_t address = (uintptr_t)&object;
    nanvm_ref longer = {(const void *)(address | (uintptr_t)1 << 50)};
    expect_fatal("no room for", store_in_empty_cell, &longer);
    nanvm_ref odd = {(const void *)(address | 1)};
    expect_fatal("no room for", store_in_empty_cell, &odd);
#else
    skip_because("a cell has room for all addresses of 32 bits");
#endif
}

/* --- drop callbacks that use the cell --- */

struct heir {
    nanvm_cell *cell;
    nanvm_manager *manager;
    uint64_t number;
};

static void store_another(void *object, size_t length) {
    struct heir *self = object;
    (void)length;
    nanvm_ref there = nanvm_cell_load(self->cell);
    bool is_replaced = number_of(there) == self->number;
    nanvm_ref_drop(there);
    if (is_replaced) {
        nanvm_cell_store(self->cell, version_new(self->manager, self->number + 1));
    }
}

NANVM_TYPE_CALLBACKS(heir_type, struct heir, NULL, store_another, NULL);

static void test_drop_may_store_into_the_cell(void **state) {
    fixture *self = *state;
    nanvm_cell cell;
    struct heir value = {&cell, self->manager, 7};
    nanvm_mut_ref heir = nanvm_new_copy(self->manager, &heir_type, &value);
    nanvm_cell_init(&cell, nanvm_mut_ref_to_ref(heir));
    nanvm_cell_store(&cell,
                     version_new(self->manager, 7)); /* the heir's drop runs here */
    nanvm_ref now = nanvm_cell_load(&cell);
    assert_int_equal(number_of(now), 8);
    nanvm_ref_drop(now);
    nanvm_cell_deinit(&cell);
    assert_int_equal(atomic_load(&versions), 0);
}

/* --- threads --- */

typedef struct worker {
    nanvm_cell *cell;
    size_t length;
    size_t kind;
    size_t updates;
    bool failed;
} worker;

static bool is_whole(nanvm_ref ref) {
    const struct version *self = nanvm_ref_get(ref);
    return self == NULL || self->complement == ~self->number;
}

static void load_often(worker *self) {
    nanvm_ref kept = null_ref();
    for (size_t i = 0; i < self->length; i++) {
        nanvm_ref ref = nanvm_cell_load(self->cell);
        if (!is_whole(ref) || !is_whole(kept)) {
            self->failed = true;
        }
        nanvm_ref_drop(i % 3 == 0 ? kept : ref);
        kept = i % 3 == 0 ? ref : kept;
    }
    nanvm_ref_drop(kept);
}

static void store_often(worker *self) {
    for (size_t i = 0; i < self->length; i++) {
        nanvm_cell_store(self->cell,
                         i % 7 == 0 ? null_ref() : version_new(nanvm_global(), i));
    }
}

/* Puts back what was there: the same object is stored again and again. */
static void exchange_often(worker *self) {
    nanvm_ref held = null_ref();
    for (size_t i = 0; i < self->length; i++) {
        if (i % 2 == 0) {
            nanvm_ref_drop(held);
            held = nanvm_cell_load(self->cell);
        }
        held = nanvm_cell_exchange(self->cell, held);
        if (!is_whole(held)) {
            self->failed = true;
        }
    }
    nanvm_ref_drop(held);
}

static void work(void *context) {
    worker *self = context;
    (self->kind == 0 ? store_often : self->kind == 1 ? exchange_often : load_often)(self);
}

static void test_threads_load_store_and_exchange(void **state) {
    (void)state;
    needs_threads();
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(nanvm_global(), 0));
    worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){&cell, scaled(500000), i, 0, false};
    }
    in_threads(work, THREADS, workers, sizeof(workers[0]));
    for (size_t i = 0; i < THREADS; i++) {
        assert_false(workers[i].failed);
    }
    nanvm_cell_deinit(&cell);
    assert_int_equal(atomic_load(&versions), 0);
}

static void load_only(void *context) {
    load_often(context);
}

/* The cell counts references in advance many times, in several threads at once. */
static void test_threads_load_one_object(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(self->manager, 5));
    worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){&cell, scaled(500000), 2, 0, false};
    }
    in_threads(load_only, THREADS, workers, sizeof(workers[0]));
    nanvm_ref left = nanvm_cell_exchange(&cell, null_ref());
    assert_true(nanvm_ref_is_sole(left));
    nanvm_ref_drop(left);
    for (size_t i = 0; i < THREADS; i++) {
        assert_false(workers[i].failed);
    }
}

static void add_often(void *context) {
    worker *self = context;
    for (size_t i = 0; i < self->length; i++) {
        nanvm_ref old = nanvm_cell_load(self->cell);
        nanvm_ref next = version_new(nanvm_global(), number_of(old) + 1);
        if (nanvm_cell_compare_exchange(self->cell, old, next)) {
            self->updates++;
        } else {
            nanvm_ref_drop(next);
        }
        nanvm_ref_drop(old);
    }
}

static void test_no_update_is_lost_when_writers_race(void **state) {
    (void)state;
    needs_threads();
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(nanvm_global(), 0));
    worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){&cell, scaled(100000), 0, 0, false};
    }
    in_threads(add_often, THREADS, workers, sizeof(workers[0]));
    size_t updates = 0;
    for (size_t i = 0; i < THREADS; i++) {
        updates += workers[i].updates;
    }
    nanvm_ref last = nanvm_cell_exchange(&cell, null_ref());
    assert_int_equal(number_of(last), updates);
    assert_true(updates > 0);
    nanvm_ref_drop(last);
    assert_int_equal(atomic_load(&versions), 0);
}

static void load_and_drop_last(void *context) {
    nanvm_cell *cell = context;
    nanvm_ref ref = nanvm_cell_load(cell);
    nanvm_cell_store(cell, null_ref());
    nanvm_ref_drop(ref); /* the last one */
}

static void test_loader_may_drop_the_last_reference(void **state) {
    fixture *self = *state;
    needs_threads();
    nanvm_cell cell;
    nanvm_cell_init(&cell, version_new(self->manager, 1));
    in_threads(load_and_drop_last, 1, &cell, 0);
    assert_int_equal(atomic_load(&versions), 0);
    nanvm_cell_deinit(&cell);
}

static const struct CMUnitTest tests[] = {
    TEST(test_empty_cell_gives_null),
    TEST(test_load_gives_a_reference_of_its_own, shared),
    TEST(test_exchange_hands_the_old_reference_over, shared),
    TEST(test_count_is_right_after_any_number_of_loads, shared),
    TEST(test_one_object_may_be_stored_twice_and_in_two_cells, shared),
    TEST(test_compare_exchange_replaces_only_what_is_expected, shared),
    TEST(test_objects_without_a_count_are_loaded, shared),
    TEST(test_object_may_be_frozen_in_a_cell, shared),
    TEST(test_count_beyond_its_limit_sticks, shared),
    TEST(test_object_of_one_thread_stops, plain),
    TEST(test_object_that_cant_be_counted_here_stops, shared),
    TEST(test_address_that_is_too_long_stops),
    TEST(test_drop_may_store_into_the_cell, shared),
    TEST(test_threads_load_store_and_exchange),
    TEST(test_threads_load_one_object, shared),
    TEST(test_no_update_is_lost_when_writers_race),
    TEST(test_loader_may_drop_the_last_reference, shared),
};

RUN_TESTS(tests)
