#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L
#endif

#include "thread.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#if !defined(__wasi__)
#include <pthread.h>
#include <unistd.h>
#endif

#include <cmocka.h>

#include "skip.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if !defined(SANITIZED)
#define SANITIZED 0
#endif

#if defined(__wasi__)

void needs_threads(void) {
    skip_because("there are no threads on wasm32-WASI");
}

/* The only stack there is: 64 KiB, unless the linker was told otherwise. */
void on_small_stack(thread_body *body, void *context, nanvm_local *local) {
    (void)local;
    body(context);
}

void in_threads(thread_body *body, size_t length, void *contexts, size_t size) {
    (void)body;
    (void)length;
    (void)contexts;
    (void)size;
    needs_threads();
}

#else

enum { MOST_THREADS = 16 };

typedef struct job {
    pthread_t thread;
    thread_body *body;
    void *context;
    nanvm_local *local; /* which goes to the thread and back, or NULL */
} job;

static void *run_job(void *context) {
    job *self = context;
    if (self->local != NULL) {
        nanvm_local_take_over(self->local);
    }
    self->body(self->context);
    if (self->local != NULL) {
        nanvm_local_hand_over(self->local);
    }
    return NULL;
}

static size_t system_least(void) {
#if defined(_SC_THREAD_STACK_MIN)
    long least = sysconf(_SC_THREAD_STACK_MIN);
    return least > 0 ? (size_t)least : 0;
#else
    return 0; /* Windows takes any size, and makes more of it */
#endif
}

static size_t least_stack(void) {
    size_t least = SANITIZED ? 1024 * 1024 : 64 * 1024;
    return system_least() > least ? system_least() : least;
}

void needs_threads(void) {}

void on_small_stack(thread_body *body, void *context, nanvm_local *local) {
    pthread_attr_t attributes;
    job only = {.body = body, .context = context, .local = local};
    if (local != NULL) {
        nanvm_local_hand_over(local);
    }
    assert_int_equal(pthread_attr_init(&attributes), 0);
    assert_int_equal(pthread_attr_setstacksize(&attributes, least_stack()), 0);
    assert_int_equal(pthread_create(&only.thread, &attributes, run_job, &only), 0);
    assert_int_equal(pthread_join(only.thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    if (local != NULL) {
        nanvm_local_take_over(local);
    }
}

void in_threads(thread_body *body, size_t length, void *contexts, size_t size) {
    job jobs[MOST_THREADS];
    assert_in_range(length, 1, MOST_THREADS);
    for (size_t i = 0; i < length; i++) {
        jobs[i].body = body;
        jobs[i].context = (char *)contexts + i * size;
        jobs[i].local = NULL;
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, run_job, &jobs[i]), 0);
    }
    for (size_t i = 0; i < length; i++) {
        assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
    }
}

#endif

size_t scaled(size_t n) {
    const char *text = getenv("NANVM_TEST_SCALE");
    unsigned long scale = text == NULL ? 0 : strtoul(text, NULL, 10);
    scale = scale == 0 ? 1 : scale;
    return n / (SANITIZED ? 20 : 1) / scale;
}
