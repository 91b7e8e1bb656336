#include "check.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read.h"
#include "write.h"

void check(bool condition, const char *text, const char *file, int line) {
    if (!condition) {
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
        exit(1);
    }
}

void skip_test(const char *why) {
    fprintf(stderr, "skipped: %s\n", why);
    exit(77);
}

const char *data_path(char room[4096], const char *name) {
    const char *data = getenv("NANVM_TEST_DATA");
    if (data == NULL || *data == '\0') {
        skip_test("NANVM_TEST_DATA isn't set");
    }
    snprintf(room, 4096, "%s/%s", data, name);
    return room;
}

struct text text_of(const char *text) {
    return (struct text){text, strlen(text)};
}

value value_of(struct history *history, const char *text) {
    struct document document = {0};
    struct problem problem = {0};
    bool read = read_text(&history->intern, memory_scratch(&history->memory),
                          text_of(text), &document, &problem);
    if (!read) {
        problem_report(&problem, text);
    }
    CHECK(read);
    return document.root;
}

bool is_written(struct history *history, value self, const char *text) {
    struct buffer out = buffer_make(memory_scratch(&history->memory));
    CHECK(write_value(&out, self, WRITE_COMPACT));
    bool same = out.length == strlen(text) && memcmp(out.bytes, text, out.length) == 0;
    if (!same) {
        fprintf(stderr, "%.*s\nisn't\n%s\n", (int)out.length, out.bytes, text);
    }
    buffer_free(&out);
    return same;
}

static int is_json(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot != NULL && strcmp(dot, ".json") == 0;
}

void add_folder(struct history *history, const char *path) {
    struct dirent **entries = NULL;
    char file[8192];
    int length = scandir(path, &entries, is_json, alphasort);
    CHECK(length > 0);
    for (int i = 0; i < length; i++) {
        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        CHECK(history_add_file(history, file));
        free(entries[i]);
    }
    free(entries);
}

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {{"numbers", test_numbers},
             {"pointers", test_pointers},
             {"encoding", test_encoding},
             {"round_trip", test_round_trip},
             {"mistakes", test_mistakes},
             {"nesting", test_nesting},
             {"patches", test_patches},
             {"patches_that_fail", test_patches_that_fail},
             {"patches_in_place", test_patches_in_place},
             {"patch_limits", test_patch_limits},
             {"sharing", test_sharing},
             {"sweep", test_sweep},
             {"leaks", test_leaks},
             {"diff", test_diff},
             {"no_memory_default", test_no_memory_default},
             {"no_memory_files", test_no_memory_files},
             {"no_memory_picture", test_no_memory_picture},
             {"patch_conformance", test_patch_conformance},
             {"parsing_suite", test_parsing_suite},
             {"corpora", test_corpora},
             {"countries", test_countries}};

int main(int count, char **arguments) {
    for (size_t i = 0; count == 2 && i < sizeof(tests) / sizeof(tests[0]); i++) {
        if (strcmp(arguments[1], tests[i].name) == 0) {
            tests[i].run();
            return 0;
        }
    }
    fputs("Usage: history_tests TEST\n", stderr);
    return 2;
}
