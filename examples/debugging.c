/* Statistics, leaks, and the handler for fatal errors. */
#include <nanvm/mem.h>

#include "check.h"

struct session {
    int user;
};
NANVM_TYPE(session_type, struct session);

//! [leak]
static void on_leak(void *context, const nanvm_type *type, size_t blocks, size_t bytes) {
    size_t *sessions = context;
    (void)bytes;
    if (type == &session_type) {
        *sessions += blocks;
    }
}
//! [leak]

struct user {
    nanvm_ref friend;
    int id;
};
NANVM_TYPE_REFS(user_type, struct user, friend);

//! [on_cycle]
/* The first `path` of the objects are one way round, all of them lie on cycles. */
static void on_cycle(void *context, const nanvm_cycle *cycle) {
    size_t *on_cycles = context;
    if (cycle == NULL) {
        (void)fprintf(stderr, "no memory to look for cycles\n");
        return;
    }
    *on_cycles += cycle->length;
}
//! [on_cycle]

/* Two users who keep each other alive. */
static nanvm_ref make_cycle(nanvm_manager *manager) {
    //! [cycle]
    nanvm_ref ann = nanvm_mut_ref_to_ref(nanvm_new(manager, &user_type));
    struct user *written = nanvm_ref_make_mut(&ann, manager);
    struct user bob = {.friend = nanvm_ref_clone(ann)}; /* while ann is written */
    written->friend = nanvm_mut_ref_to_ref(nanvm_new_copy(manager, &user_type, &bob));
    //! [cycle]
    return ann;
}

static void find_cycle(void) {
    nanvm_local local;
    size_t leaked = 0;
    size_t on_cycles = 0;
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, on_leak, &leaked);
    nanvm_local_on_cycle(&local, on_cycle, &on_cycles);
    nanvm_ref ann = make_cycle(nanvm_local_manager(&local));
    nanvm_local_deinit(&local);
#if defined(NANVM_DEBUG)
    CHECK(on_cycles == 2);
#else
    CHECK(on_cycles == 0);
#endif
    struct user *user = (struct user *)(uintptr_t)nanvm_ref_get(ann);
    nanvm_ref_drop(nanvm_ref_move(&user->friend)); /* no cycle any more */
    nanvm_ref_drop(ann);
}

static void statistics(nanvm_manager *manager) {
    //! [stats]
    nanvm_stats stats = nanvm_stats_make(manager);
    CHECK(stats.live_blocks == 1);
    CHECK(stats.live_bytes >= sizeof(struct session));
    CHECK(nanvm_stats_print(manager, stdout));      /* for you */
    CHECK(nanvm_stats_print_json(manager, stdout)); /* for a program */
    //! [stats]
}

//! [each]
static void each(const nanvm_type_stats *type, void *context) {
    if (type->type == &session_type) {
        *(size_t *)context = type->live_blocks;
    }
}

static size_t live_sessions(const nanvm_manager *manager) {
    size_t live = 0;
    nanvm_stats stats = {.size = sizeof(stats), .version = NANVM_STATS_VERSION};
    stats.each = each;
    stats.context = &live;
    nanvm_manager_stats(manager, &stats);
    return live;
}
//! [each]

//! [fatal]
/* Called before the program stops: a place for your own log. */
static void log_and_stop(const char *message) {
    (void)fprintf(stderr, "fatal, in the memory of the interpreter: %s\n", message);
}
//! [fatal]

int main(void) {
    //! [install]
    nanvm_fatal_handler *before = nanvm_fatal_set_handler(log_and_stop);
    CHECK(before == NULL); /* the default */
    //! [install]

    //! [on_leak]
    nanvm_local local;
    size_t leaked = 0;
    nanvm_local_init(&local);
    nanvm_local_on_leak(&local, on_leak, &leaked);
    //! [on_leak]
    nanvm_manager *manager = nanvm_local_manager(&local);
    nanvm_ref session = nanvm_mut_ref_to_ref(nanvm_new(manager, &session_type));
    CHECK(nanvm_ref_get(session) != NULL);
    CHECK(live_sessions(manager) == 1);
    statistics(manager);
    //! [deinit]
    nanvm_local_deinit(&local); /* somebody forgot a session */
    CHECK(leaked == 1);
    //! [deinit]
    nanvm_ref_drop(session);

    nanvm_local scratch;
    nanvm_local_init(&scratch);
    //! [ignore]
    nanvm_local_on_leak(&scratch, nanvm_local_ignore_leak, NULL);
    //! [ignore]
    session =
        nanvm_mut_ref_to_ref(nanvm_new(nanvm_local_manager(&scratch), &session_type));
    nanvm_local_deinit(&scratch);
    nanvm_ref_drop(session);
    find_cycle();
    return 0;
}
