/* Drives a target without a fuzzer:
 *
 *   <target> PATH...                 carries out files, and all files in folders
 *   <target> --random COUNT SEED     carries out COUNT random inputs
 *   <target> --afl TALLY             is driven by afl-fuzz; built by its compiler
 *
 * and prints what was done; the last appends it to the file TALLY. So other compilers,
 * valgrind and emulators can drive a target. */
#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

enum { INPUT_MAX = 64 * 1024, RANDOM_MAX = 6002 };

static unsigned char input[INPUT_MAX];
static unsigned long long inputs;

static void run_input(size_t size) {
    target_run(input, size);
    inputs++;
}

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return -1;
    }
    size_t size = fread(input, 1, sizeof(input), file);
    fclose(file);
    run_input(size);
    return 0;
}

static int run_folder(DIR *folder, const char *path) {
    int failed = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[4096];
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.') {
            failed |= run_file(name);
        }
    }
    closedir(folder);
    return failed;
}

static int run_path(const char *path) {
    DIR *folder = opendir(path);
    int failed = folder == NULL ? run_file(path) : run_folder(folder, path);
    if (failed != 0) {
        fprintf(stderr, "%s: %s can't be read\n", target_name, path);
    }
    return failed;
}

/* Marsaglia's xorshift64. */
static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void run_random(unsigned long long count, uint64_t seed) {
    uint64_t state = seed * 2 + 1;
    for (unsigned long long i = 0; i < count; i++) {
        size_t size = (size_t)(next_random(&state) % RANDOM_MAX) + 1;
        for (size_t k = 0; k < size; k++) {
            input[k] = (unsigned char)(next_random(&state) >> 32);
        }
        run_input(size);
    }
}

static int usage(void) {
    fprintf(stderr, "usage: %s PATH... | --random COUNT SEED | --afl TALLY\n",
            target_name);
    return 64;
}

static void report(FILE *file) {
    target_report(file);
    fprintf(file, "inputs: %llu\n", inputs);
}

#if defined(__AFL_COMPILER)
#include <unistd.h> /* its macros read */

__AFL_FUZZ_INIT();

static int run_afl(const char *tally) {
    enum { INPUTS_A_PROCESS = 1000 };
    __AFL_INIT();
    const unsigned char *bytes = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(INPUTS_A_PROCESS)) {
        target_run(bytes, (size_t)__AFL_FUZZ_TESTCASE_LEN);
        inputs++;
    }
    FILE *file = fopen(tally, "a");
    if (file == NULL) {
        return 73;
    }
    report(file);
    return fclose(file);
}
#else
static int run_afl(const char *tally) {
    (void)tally;
    fprintf(stderr, "%s: built without afl-fuzz's compiler\n", target_name);
    return 69;
}
#endif

static int run_arguments(int argc, char **argv) {
    int failed = 0;
    if (argc == 3 && strcmp(argv[1], "--afl") == 0) {
        return run_afl(argv[2]);
    }
    if (argc == 4 && strcmp(argv[1], "--random") == 0) {
        run_random(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
        return 0;
    }
    if (argv[1][0] == '-') {
        return usage();
    }
    for (int i = 1; i < argc; i++) {
        failed |= run_path(argv[i]);
    }
    return failed == 0 ? 0 : 66;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        return usage();
    }
    target_init();
    int status = run_arguments(argc, argv);
    report(stdout);
    return status;
}
