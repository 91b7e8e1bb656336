/* Loads a plugin and uses it from several threads: host PLUGIN WHAT. */
#if !defined(_WIN32) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* RTLD_NODELETE */
#endif

#include "plugin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#include <windows.h>

typedef HMODULE library;
typedef HANDLE thread;

static library load(const char *path, bool stays) {
    library loaded = LoadLibraryA(path);
    if (loaded != NULL && stays) {
        (void)GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_PIN, path, &loaded);
    }
    return loaded;
}

static void unload(library self) {
    (void)FreeLibrary(self);
}

static bool is_loaded(const char *path) {
    return GetModuleHandleA(path) != NULL;
}

static void find(library self, const char *name, void *function) {
    FARPROC found = GetProcAddress(self, name);
    memcpy(function, &found, sizeof(found));
}

static const char *reason(void) {
    static char text[32];
    snprintf(text, sizeof(text), "error %lu", (unsigned long)GetLastError());
    return text;
}

static DWORD WINAPI body(void *context);

static bool start(thread *self, void *context) {
    *self = CreateThread(NULL, 0, body, context, 0, NULL);
    return *self != NULL;
}

static void finish(thread self) {
    (void)WaitForSingleObject(self, INFINITE);
    (void)CloseHandle(self);
}
#else
#include <dlfcn.h>
#include <pthread.h>

typedef void *library;
typedef pthread_t thread;

static library load(const char *path, bool stays) {
    return dlopen(path, RTLD_NOW | RTLD_LOCAL | (stays ? RTLD_NODELETE : 0));
}

static void unload(library self) {
    (void)dlclose(self);
}

static bool is_loaded(const char *path) {
    library found = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    if (found != NULL) {
        (void)dlclose(found);
    }
    return found != NULL;
}

static void find(library self, const char *name, void *function) {
    void *found = dlsym(self, name);
    memcpy(function, &found, sizeof(found));
}

static const char *reason(void) {
    return dlerror();
}

static void *body(void *context);

static bool start(thread *self, void *context) {
    return pthread_create(self, NULL, body, context) == 0;
}

static void finish(thread self) {
    (void)pthread_join(self, NULL);
}
#endif

typedef struct plugin {
    const char *path;
    bool stays;
    library loaded;
    plugin_run *run;
    plugin_make *make;
    plugin_end *end;
    const void *made; /* by another thread */
    size_t ended;     /* there */
    bool unloads;     /* a thread unloads it before it ends itself */
} plugin;

static void expect(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "host: %s\n", what);
        exit(EXIT_FAILURE);
    }
}

/* What a thread does that isn't the main one: the first loads the plugin. */
static void work(plugin *self) {
    if (self->loaded == NULL) {
        self->loaded = load(self->path, self->stays);
        expect(self->loaded != NULL, self->loaded == NULL ? reason() : "");
        find(self->loaded, "run", &self->run);
        find(self->loaded, "make", &self->make);
        find(self->loaded, "end", &self->end);
        expect(self->run && self->make && self->end, "the plugin lacks a function");
        self->made = self->make();
    }
    self->ended = self->run();
    if (self->unloads) {
        (void)self->end(self->made);
        unload(self->loaded);
    }
}

#if defined(_WIN32)
static DWORD WINAPI body(void *context) {
    work(context);
    return 0;
}
#else
static void *body(void *context) {
    work(context);
    return NULL;
}
#endif

/* Loads it in one thread, and uses it in another and in this one, which was there before,
 * at once. */
static void use(plugin *self) {
    thread other;
    expect(start(&other, self), "there is no thread");
    finish(other);
    expect(self->ended == PLUGIN_ENDED,
           "objects didn't end in the thread that loaded it");
    expect(start(&other, self), "there is no second thread");
    size_t ended = self->run();
    finish(other);
    expect(ended == PLUGIN_ENDED, "objects didn't end in the main thread");
    expect(self->ended == PLUGIN_ENDED, "objects didn't end in another thread");
}

/* Whether what was unloaded is to stay: nobody has tried on macOS. */
#if defined(__APPLE__)
#define EXPECTED_TO_STAY(stays) (stays)
#else
#define EXPECTED_TO_STAY(stays) ((bool)KEEPS_PLUGINS)
#endif

/* All objects end before the plugin does, and it can be loaded again. */
static void run_and_end(const char *path) {
    size_t ended_before = 0; /* what stays goes on counting */
    for (int i = 0; i < 2; i++) {
        plugin self = {path, false, NULL, NULL, NULL, NULL, NULL, 0, false};
        use(&self);
        size_t ended = self.end(self.made);
        expect(ended == ended_before + 3, "what a thread made didn't end here");
        unload(self.loaded);
        bool stays = is_loaded(path);
        expect(stays == EXPECTED_TO_STAY(stays), "it is still there, or it isn't");
        ended_before = stays ? ended : 0;
    }
}

/* Objects outlive the last handle to the plugin: it was asked to stay. */
static void stay_for_its_objects(const char *path) {
    plugin self = {path, true, NULL, NULL, NULL, NULL, NULL, 0, false};
    use(&self);
    unload(self.loaded);
    expect(is_loaded(path), "it was asked to stay");
    expect(self.end(self.made) == 3, "what outlived the handle didn't end");
    expect(self.run() == PLUGIN_ENDED, "objects didn't end after that");
}

/* The thread has a manager, which was to end with it: nothing of what was unloaded may be
 * called. More often than there are keys for variables of threads. */
static void end_threads_after_it(const char *path) {
    for (int i = 0; i < 2000; i++) {
        plugin self = {path, false, NULL, NULL, NULL, NULL, NULL, 0, true};
        thread other;
        expect(start(&other, &self), "there is no thread");
        finish(other);
        expect(self.ended == PLUGIN_ENDED, "objects didn't end");
        bool stays = is_loaded(path);
        expect(stays == EXPECTED_TO_STAY(stays), "it is still there, or it isn't");
    }
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[2], "runs_and_ends") == 0) {
        run_and_end(argv[1]);
    } else if (argc == 3 && strcmp(argv[2], "stays_for_its_objects") == 0) {
        stay_for_its_objects(argv[1]);
    } else if (argc == 3 && strcmp(argv[2], "threads_end_after_it") == 0) {
        end_threads_after_it(argv[1]);
    } else {
        fprintf(stderr, "usage: host PLUGIN runs_and_ends|stays_for_its_objects|"
                        "threads_end_after_it\n");
        return 64;
    }
    return 0;
}
