#include "system/thread_end.h"

#include "system/atomic.h"

#if defined(_WIN32)
#include <stdlib.h>
#include <windows.h>

/* A fiber-local variable, the only one that Windows tells of its end without a hook in
 * the loader. So if a thread asks in a fiber, and deletes that fiber, the call comes
 * then. */
static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
static DWORD variable = FLS_OUT_OF_INDEXES;
static size_t unloads;

static bool is_unloading(void) {
    return nanvm_atomic_read_relaxed(&unloads) != 0;
}

static void NTAPI end(void *value) {
    nanvm_thread_end *self = value;
    if (!is_unloading()) {
        self->call(self);
    }
}

/* FlsFree() calls end() for each thread. Some of these may have been stopped in the
 * middle of anything, since the process may be at its end. */
static void free_variable(void) {
    nanvm_atomic_increment_relaxed(&unloads);
    if (variable != FLS_OUT_OF_INDEXES) {
        (void)FlsFree(variable);
    }
}

/* In a DLL a function that was given to atexit() is called when the DLL is unloaded. */
static BOOL CALLBACK alloc_variable(INIT_ONCE *init, void *parameter, void **context) {
    (void)init;
    (void)parameter;
    (void)context;
    if (atexit(free_variable) == 0) {
        variable = FlsAlloc(end);
    }
    return TRUE;
}

bool nanvm_thread_end_watch(nanvm_thread_end *self) {
    return InitOnceExecuteOnce(&once, alloc_variable, NULL, NULL) &&
           variable != FLS_OUT_OF_INDEXES && !is_unloading() &&
           FlsSetValue(variable, self);
}

void nanvm_thread_end_forget(void) {
    if (!is_unloading()) {
        (void)FlsSetValue(variable, NULL);
    }
}

#elif defined(__FRAMAC__) || (defined(__wasm__) && !defined(_REENTRANT))

bool nanvm_thread_end_watch(nanvm_thread_end *self) {
    (void)self;
    return true;
}

void nanvm_thread_end_forget(void) {}

#else
#include <pthread.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key; /* once that has run */
static size_t unloads;

static bool is_unloading(void) {
    return nanvm_atomic_read_relaxed(&unloads) != 0;
}

static void end(void *value) {
    nanvm_thread_end *self = value;
    self->call(self);
}

static void create_key(void) {
    has_key = pthread_key_create(&key, end) == 0;
}

static void create_no_key(void) {}

/* Runs when the library is unloaded, by dlclose() or at the end of the program. A thread
 * that ends later mustn't call what isn't there any more. So the memory that the hook
 * would have given back stays. */
__attribute__((destructor)) static void delete_key(void) {
    (void)pthread_once(&once, create_no_key);
    nanvm_atomic_increment_relaxed(&unloads);
    if (has_key) {
        (void)pthread_key_delete(key);
    }
}

bool nanvm_thread_end_watch(nanvm_thread_end *self) {
    (void)pthread_once(&once, create_key);
    return has_key && !is_unloading() && pthread_setspecific(key, self) == 0;
}

void nanvm_thread_end_forget(void) {
    if (!is_unloading()) {
        (void)pthread_setspecific(key, NULL);
    }
}
#endif
