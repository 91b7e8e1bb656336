/* Memory that runs out, at every allocation in turn. */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "run.h"

/* The messages of many failures aren't for reading. */
static void be_quiet(void) {
    CHECK(freopen("/dev/null", "w", stdout) != NULL);
    if (getenv("HISTORY_VERBOSE") == NULL) {
        CHECK(freopen("/dev/null", "w", stderr) != NULL);
    }
}

/* Runs with the Nth allocation failing, N = 0, 1, 2 ... until it succeeds. */
static void run_out(struct options options, int expected) {
    for (options.memory = MEMORY_GLOBAL; options.memory <= MEMORY_ARENA;
         options.memory++) {
        int status = PROBLEM_NO_MEMORY;
        for (size_t allowed = 0; status == PROBLEM_NO_MEMORY; allowed++) {
            size_t fuse = allowed;
            status = history_run(&options, &fuse);
            if (status != PROBLEM_NO_MEMORY && status != expected) {
                exit(100 + status);
            }
        }
    }
}

void test_no_memory_default(void) {
    be_quiet();
    run_out((struct options){0}, 0);
    run_out((struct options){.at = 2, .diff = {1, 3}}, 0);
}

/* With an invalid one among them. */
void test_no_memory_files(void) {
    static char good[] = HISTORY_TEST_DATA "/good.json";
    static char bad[] = HISTORY_TEST_DATA "/bad.json";
    char *files[] = {good, bad, good};
    be_quiet();
    run_out((struct options){.source = SOURCE_FILES, .files = files, .files_length = 3},
            PROBLEM_DATA);
}

void test_no_memory_picture(void) {
    if (system("dot -V >/dev/null 2>&1") != 0) {
        skip_test("dot is missing: apt-get install graphviz");
    }
    be_quiet();
    run_out((struct options){.at = 1, .svg = {1, SIZE_MAX}, .svg_path = "no_memory.svg"},
            0);
}
