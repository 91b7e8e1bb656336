/* Operations of a local manager that must not cost more where there is more: each is done
 * where there is little, and where there is much. Under callgrind, which counts from each
 * `measure_...` to `measured`, what is printed says what the counts are of. */
#include <stdio.h>
#include <stdlib.h>

#include <nanvm/mem.h>

NANVM_NOINLINE void measured(void);
void measured(void) {
    __asm__ volatile("");
}

#define MEASURE(name) static NANVM_NOINLINE void measure_##name

static void *zeros(size_t length, size_t size) {
    void *memory = calloc(length, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

/* --- types ----------------------------------------------------------------------- */

/* More than the 65,536 types that an index of 16 bits tells apart. */
enum { FEW_TYPES = 1000, MANY_TYPES = 100000 };

/* No multiple of it is one of any number of types here: each has its turn. */
enum { SCATTER = 7919 };

static nanvm_type *types_new(size_t length, size_t item_size) {
    nanvm_type *types = zeros(length, sizeof(*types));
    for (size_t i = 0; i < length; i++) {
        types[i].size = 16;
        types[i].align = 8;
        types[i].items_offset = 16;
        types[i].item_size = item_size;
    }
    return types;
}

static void create(nanvm_manager *manager, const nanvm_type *type, size_t length) {
    nanvm_mut_ref_drop(nanvm_new_array(manager, type, NULL, length));
}

MEASURE(creations)(nanvm_manager *manager, const nanvm_type *types, size_t length) {
    for (size_t i = 0; i < length; i++) {
        create(manager, &types[i * SCATTER % length], 0);
    }
}

MEASURE(report)(const nanvm_manager *manager) {
    (void)nanvm_stats_make(manager);
}

MEASURE(end)(nanvm_local *local) {
    nanvm_local_deinit(local);
}

static void count_types(size_t length) {
    nanvm_type *types = types_new(length, 0);
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    measure_creations(manager, types, length);
    measured();
    printf("first_of_a_type %zu\n", length);
    measure_creations(manager, types, length);
    measured();
    printf("next_of_a_type %zu\n", length);
    measure_report(manager);
    measured();
    printf("report %zu\n", length);
    measure_end(&local);
    measured();
    printf("end %zu\n", length);
    free(types);
}

/* A pool for each of several sizes. */
enum { SIZES = 5 };

MEASURE(arrays)(nanvm_manager *manager, const nanvm_type *types, size_t length) {
    for (size_t i = 0; i < length * SIZES; i++) {
        create(manager, &types[i * SCATTER % length], i / length * 100);
    }
}

static void count_array_types(size_t length) {
    nanvm_type *types = types_new(length / SIZES, 4);
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_manager *manager = nanvm_local_manager(&local);
    measure_arrays(manager, types, length / SIZES);
    measured();
    printf("first_array_of_a_size %zu\n", length);
    measure_arrays(manager, types, length / SIZES);
    measured();
    printf("next_array_of_a_size %zu\n", length);
    nanvm_local_deinit(&local);
    free(types);
}

/* --- failures -------------------------------------------------------------------- */

/* Objects that are dead, beside one each that isn't. */
enum { FEW_DEAD = 100, MANY_DEAD = 100000, FAILURES = 1000 };

/* A manager that has no memory any more, once it is told. */
typedef struct closing {
    nanvm_manager manager;
    bool closed;
} closing;

static void *closing_alloc(nanvm_manager *manager, nanvm_layout layout) {
    bool closed = ((closing *)(void *)manager)->closed;
    return closed ? NULL : nanvm_manager_alloc(nanvm_global(), layout);
}

static const nanvm_manager_table closing_table = {.alloc = closing_alloc};

NANVM_ARRAY_OF(ints_type, int);

MEASURE(failures)(nanvm_manager *manager) {
    for (size_t i = 0; i < FAILURES; i++) {
        create(manager, &ints_type, 10 + i % 2 * 10000);
    }
}

static void count_failures(size_t dead) {
    static const nanvm_type type = {.name = "type", .size = 16, .align = 8};
    nanvm_mut_ref *made = zeros(2 * dead, sizeof(*made));
    closing source = {{&closing_table, nanvm_global()->dealloc, 0, NULL}, false};
    nanvm_local local;
    nanvm_local_init_from(&local, &source.manager);
    nanvm_manager *manager = nanvm_local_manager(&local);
    create(manager, &ints_type, 10);
    create(manager, &ints_type, 10000);
    for (size_t i = 0; i < 2 * dead; i++) {
        made[i] = nanvm_new(manager, &type);
    }
    for (size_t i = 0; i < 2 * dead; i += 2) {
        nanvm_mut_ref_drop(made[i]);
    }
    source.closed = true;
    (void)nanvm_local_trim(&local); /* or the first failure does it */
    measure_failures(manager);
    measured();
    printf("failure %d\n", FAILURES);
    for (size_t i = 1; i < 2 * dead; i += 2) {
        nanvm_mut_ref_drop(made[i]);
    }
    nanvm_local_deinit(&local);
    free(made);
}

int main(void) {
    count_types(FEW_TYPES);
    count_types(MANY_TYPES);
    count_array_types(FEW_TYPES);
    count_array_types(MANY_TYPES);
    count_failures(FEW_DEAD);
    count_failures(MANY_DEAD);
    return 0;
}
