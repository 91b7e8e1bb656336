/* Loads the plugins that it is given, each visible to those after it, and runs all of
 * them twice. */
#include "plugin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { PLUGINS = 16 };

static plugin_run_function *load(const char *path) {
    void *plugin = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    void *symbol = plugin == NULL ? NULL : dlsym(plugin, "plugin_run");
    plugin_run_function *run = NULL;
    if (symbol == NULL) {
        fprintf(stderr, "%s: %s\n", path, dlerror());
    } else {
        memcpy(&run, &symbol, sizeof(run));
    }
    return run;
}

int main(int argc, char **argv) {
    plugin_run_function *runs[PLUGINS] = {NULL};
    int count = argc - 1 < PLUGINS ? argc - 1 : PLUGINS;
    int failures = count < 2 ? 1 : 0;
    for (int i = 0; i < count; ++i) {
        runs[i] = load(argv[i + 1]);
        failures += runs[i] == NULL;
    }
    for (int i = 0; i < 2 * count && failures == 0; ++i) {
        const char *wrong = runs[i % count]();
        if (wrong != NULL) {
            fprintf(stderr, "%s: %s\n", argv[i % count + 1], wrong);
            ++failures;
        }
    }
    return failures == 0 ? 0 : 1;
}
