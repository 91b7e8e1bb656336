#include "plugin.h"

#include <nanvm/mem.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#elif defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#else
#define EXPORT
#endif

enum { ROUNDS = PLUGIN_ENDED / 3 };

/* Counts its end, and while it ends drops another, which only the callback knows of. */
typedef struct owner {
    size_t *ended;
    nanvm_ref inner;
} owner;

static void owner_drop(void *object, size_t length) {
    owner *self = object;
    (void)length;
    *self->ended += 1;
    nanvm_ref_drop(self->inner);
}

NANVM_TYPE_CALLBACKS(owner_type, owner, NULL, owner_drop, NULL);

typedef struct pair {
    nanvm_ref first, second;
} pair;

NANVM_TYPE_REFS(pair_type, pair, first, second);

static nanvm_ref make_owner(nanvm_manager *manager, size_t *ended, nanvm_ref inner) {
    owner value = {ended, inner};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &owner_type, &value));
}

/* Three owners, of which one is dropped by a callback of another. */
static nanvm_ref make_tree(nanvm_manager *manager, size_t *ended) {
    nanvm_ref none = {NULL};
    nanvm_ref inner = make_owner(manager, ended, none);
    pair value = {make_owner(manager, ended, inner), make_owner(manager, ended, none)};
    return nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &pair_type, &value));
}

static void run_in(nanvm_manager *manager, size_t *ended) {
    for (int i = 0; i < ROUNDS; i++) {
        nanvm_ref_drop(make_tree(manager, ended));
    }
}

/* The managers' objects end as often as the global manager's. */
EXPORT size_t run(void) {
    size_t ended = 0, ended_in_global = 0, ended_in_thread = 0;
    nanvm_local local;
    nanvm_local_init(&local);
    run_in(nanvm_local_manager(&local), &ended);
    nanvm_local_deinit(&local);
    run_in(nanvm_global(), &ended_in_global);
    run_in(nanvm_thread_manager(), &ended_in_thread);
    return ended == ended_in_global && ended == ended_in_thread ? ended : 0;
}

static size_t ended_of_made;

EXPORT const void *make(void) {
    return make_tree(nanvm_global(), &ended_of_made).object;
}

EXPORT size_t end(const void *object) {
    nanvm_ref made = {object};
    nanvm_ref_drop(made);
    return ended_of_made;
}
