/* Tests on data that isn't part of the project: see NANVM_TEST_DATA. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "file.h"
#include "patch.h"
#include "read.h"
#include "table.h"
#include "write.h"

/* Whether the patch of one test does what it should. */
static bool patch_behaves(struct history *history, value test) {
    struct problem problem = {0};
    struct edit edit = {.intern = &history->intern, .problem = &problem};
    value expected = value_member(test, "expected");
    value root = value_clone(value_member(test, "doc"));
    bool applied = patch_apply(&edit, memory_scratch(&history->memory),
                               value_member(test, "patch"), &root);
    bool behaves = applied
                       ? value_is_absent(value_member(test, "error")) &&
                             (value_is_absent(expected) || patch_equal(root, expected))
                       : !value_is_absent(value_member(test, "error"));
    value_drop(root);
    return behaves;
}

static void report_test(struct history *history, value test, size_t number) {
    struct buffer out = buffer_make(memory_scratch(&history->memory));
    CHECK(write_value(&out, test, WRITE_INDENTED));
    fprintf(stderr, "test %zu: %.*s\n", number, (int)out.length, out.bytes);
    buffer_free(&out);
}

static size_t run_patch_tests(struct history *history, value tests) {
    size_t failed = 0;
    size_t disabled = 0;
    for (size_t i = 0; i < value_length(tests); i++) {
        value test = value_list(tests)->items[i];
        if (!value_is_absent(value_member(test, "disabled"))) {
            disabled++;
        } else if (!patch_behaves(history, test)) {
            report_test(history, test, i + 1);
            failed++;
        }
    }
    printf("%zu tests, %zu of them disabled, %zu failed\n", value_length(tests), disabled,
           failed);
    return failed;
}

static void patch_file(enum memory_kind kind, const char *name) {
    char room[4096];
    struct history history;
    const char *path = data_path(room, name);
    history_init(&history, kind, NULL);
    CHECK(history_add_file(&history, path) && history.status == PROBLEM_NONE);
    value tests = history_version(&history, 0)->root;
    CHECK(value_kind(tests) == KIND_ARRAY && value_length(tests) != 0);
    CHECK(run_patch_tests(&history, tests) == 0);
    CHECK(history_deinit(&history));
}

void test_patch_conformance(void) {
    for (enum memory_kind kind = MEMORY_GLOBAL; kind <= MEMORY_ARENA; kind++) {
        patch_file(kind, "json-patch-tests/tests.json");
        patch_file(kind, "json-patch-tests/spec_tests.json");
    }
}

/* y: accepted, and read back equal. n: rejected. i: either, but no crash. */
static bool parses_as_named(const char *path, const char *name) {
    struct history history;
    struct table table;
    history_init(&history, MEMORY_LOCAL, NULL);
    bool done = history_add_file(&history, path) && table_measure(&table, &history);
    bool accepted = done && history.status == PROBLEM_NONE && table.equal == 1;
    bool rejected = done && history.status == PROBLEM_DATA && table.versions == 0;
    bool clean = history_deinit(&history);
    return clean && (name[0] == 'y'   ? accepted
                     : name[0] == 'n' ? rejected
                                      : accepted || rejected);
}

static size_t parse_one(const char *folder, const char *name) {
    char path[8192];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (parses_as_named(path, name)) {
        return 0;
    }
    fprintf(stderr, "not as its name says: %s\n", name);
    return 1;
}

void test_parsing_suite(void) {
    char room[4096];
    const char *folder = data_path(room, "JSONTestSuite/test_parsing");
    DIR *directory = opendir(folder);
    size_t files = 0;
    size_t failed = 0;
    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            failed += parse_one(folder, entry->d_name);
            files++;
        }
    }
    closedir(directory);
    printf("%zu files, %zu failed\n", files, failed);
    CHECK(files != 0 && failed == 0);
}

static void keeps_all(const char *folder, size_t versions, size_t skipped) {
    for (enum memory_kind kind = MEMORY_GLOBAL; kind <= MEMORY_ARENA; kind++) {
        struct history history;
        struct table table;
        history_init(&history, kind, NULL);
        add_folder(&history, folder);
        CHECK(history_tidy(&history) && table_measure(&table, &history));
        CHECK(table_print(&table, kind));
        CHECK(table.versions == versions && table.skipped == skipped);
        CHECK(table.equal == table.versions && table.bytes <= table.copy_bytes);
        CHECK(history_deinit(&history));
    }
}

void test_corpora(void) {
    char room[4096];
    keeps_all(data_path(room, "corpora"), 3, 0);
}

void test_countries(void) {
    char room[4096];
    keeps_all(data_path(room, "versions/countries"), 37, 3);
}
