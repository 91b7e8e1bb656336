/* The configuration of a server: threads read it while another one replaces it. */
#include <pthread.h>

#include <nanvm/mem.h>

#include "check.h"

enum { READERS = 3, REQUESTS = 10000, VERSIONS = 100 };

//! [config]
struct config {
    int version;
    int timeout;
    int retries;
};
NANVM_TYPE(config_type, struct config);
NANVM_TYPED(config, struct config, config_type);

static nanvm_cell current = NANVM_EMPTY_CELL;
//! [config]

/* Timeout and retries are from one version, whatever the writer does meanwhile. */
static bool is_whole(const struct config *self) {
    return self->timeout == 10 * self->version && self->retries == 3 * self->version;
}

//! [load]
/* Each request reads one version from its begin to its end. */
static bool serve(void) {
    config_ref config = {nanvm_cell_load(&current)};
    bool served = is_whole(config_ref_get(config));
    config_ref_drop(config); /* the last reference frees an old version */
    return served;
}
//! [load]

static void *reader(void *argument) {
    for (int i = 0; i < REQUESTS; ++i) {
        CHECK(serve());
    }
    return argument;
}

//! [store]
static bool publish(int version) {
    config_mut_ref next = config_new(nanvm_global());
    if (config_mut_ref_is_null(next)) {
        return false; /* out of memory: readers stay with the version that they have */
    }
    *config_mut_ref_get(next) = (struct config){version, 10 * version, 3 * version};
    nanvm_cell_store(&current, config_mut_ref_to_ref(next).untyped);
    return true;
}
//! [store]

/* The next version, written over a copy of the one before. */
static void set_version(struct config *self) {
    int version = self->version + 1;
    *self = (struct config){version, 10 * version, 3 * version};
}

//! [update]
/* Several threads may change the configuration: no change is lost. */
static bool raise_version(void) {
    for (;;) {
        nanvm_ref before = nanvm_cell_load(&current);
        nanvm_mut_ref copy = nanvm_ref_clone_object(before, nanvm_global());
        if (nanvm_mut_ref_is_null(copy)) {
            nanvm_ref_drop(before);
            return false;
        }
        set_version(nanvm_mut_ref_get(copy));
        nanvm_ref after = nanvm_mut_ref_to_ref(copy);
        bool done = nanvm_cell_compare_exchange(&current, before, after);
        nanvm_ref_drop(before);
        if (done) {
            return true;
        }
        nanvm_ref_drop(after); /* another thread was faster */
    }
}
//! [update]

static void start(pthread_t *readers) {
    for (int i = 0; i < READERS; ++i) {
        CHECK(pthread_create(&readers[i], NULL, reader, NULL) == 0);
    }
}

static void join(const pthread_t *readers) {
    for (int i = 0; i < READERS; ++i) {
        CHECK(pthread_join(readers[i], NULL) == 0);
    }
}

int main(void) {
    pthread_t readers[READERS];
    CHECK(publish(1));
    start(readers);
    for (int version = 2; version <= VERSIONS; ++version) {
        CHECK(publish(version));
    }
    CHECK(raise_version());
    join(readers);
    config_ref last = {nanvm_cell_exchange(&current, nanvm_ref_null())};
    CHECK(config_ref_get(last)->version == VERSIONS + 1);
    config_ref_drop(last);
    nanvm_cell_deinit(&current);
    return 0;
}
