/* Does every operation in every manager, twice: what happens once happens in the first
 * round, which is not counted. Under callgrind, which counts from each `measure_...` to
 * `measured`, what is printed says what the counts are of. */
#include <stdio.h>

#include "operation.h"

typedef struct subject {
    const char *name;
    nanvm_manager *manager;
    const operation *operations;
    nanvm_arena *arena; /* to be reset after each operation; or NULL */
} subject;

static void print(const subject *self, const operation *op) {
    const char *loop = op->loop == NULL ? "none" : op->loop;
    printf("%s %s %zu %s\n", self->name, op->name, op->times, loop);
}

NANVM_NOINLINE void measured(void);
void measured(void) {
    __asm__ volatile("");
}

static void measure(const subject *self, const operation *op) {
    op->prepare(self->manager);
    op->measure(self->manager);
    measured();
    op->finish(self->manager);
    if (self->arena != NULL) {
        nanvm_arena_reset(self->arena);
    }
    print(self, op);
}

static void measure_all(const subject *self) {
    for (const operation *op = self->operations; op->name != NULL; op++) {
        if (!op->counted || self->arena == NULL) {
            measure(self, op);
        }
    }
}

int main(void) {
    nanvm_local local;
    nanvm_local_init(&local);
    nanvm_local shared;
    nanvm_local_init_shared(&shared);
    nanvm_arena arena;
    nanvm_arena_init_growing(&arena, nanvm_global());
    nanvm_arena_assume_self_contained(&arena);
    /* The global managers last, whose objects leave their traces in malloc's heap. */
    const subject subjects[] = {
        {"empty", nanvm_global(), loops, NULL},
        {"local", nanvm_local_manager(&local), untyped_operations, NULL},
        {"typed", nanvm_local_manager(&local), typed_operations, NULL},
        {"shared", nanvm_local_manager(&shared), untyped_operations, NULL},
        {"typed_shared", nanvm_local_manager(&shared), typed_operations, NULL},
        {"arena", nanvm_arena_manager(&arena), untyped_operations, &arena},
        {"global", nanvm_global(), untyped_operations, NULL},
        {"typed_global", nanvm_global(), typed_operations, NULL},
        {"global_plain", nanvm_global_plain(), untyped_operations, NULL},
    };
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        measure_all(&subjects[i]);
        measure_all(&subjects[i]);
    }
    nanvm_arena_deinit(&arena);
    nanvm_local_deinit(&shared);
    nanvm_local_deinit(&local);
    return 0;
}
