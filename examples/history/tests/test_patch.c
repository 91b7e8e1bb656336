/* Patches and differences. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "diff.h"
#include "patch.h"
#include "pointer.h"
#include "table.h"

static struct text name_of(const char *step, char *room) {
    return pointer_name(text_of(step), room);
}

void test_pointers(void) {
    char room[16];
    CHECK(pointer_is_valid(text_of("")) && pointer_is_valid(text_of("/")));
    CHECK(pointer_is_valid(text_of("/a~0~1/b")) && !pointer_is_valid(text_of("a")));
    CHECK(!pointer_is_valid(text_of("/~")) && !pointer_is_valid(text_of("/~2")));
    CHECK(text_equal(name_of("a~1b~0c~01", room), text_of("a/b~c~1")));
    CHECK(pointer_index(text_of("-"), 3) == 3 && pointer_index(text_of("3"), 3) == 3);
    CHECK(pointer_index(text_of("4"), 3) == SIZE_MAX);
    CHECK(pointer_index(text_of("01"), 3) == SIZE_MAX);
    CHECK(pointer_index(text_of(""), 3) == SIZE_MAX);
    CHECK(pointer_index(text_of("99999999999999999999999"), 3) == SIZE_MAX);
    CHECK(pointer_is_prefix(text_of("/a"), text_of("/a/b")));
    CHECK(!pointer_is_prefix(text_of("/a"), text_of("/ab")));
}

/* Null if the patch doesn't apply. The result owns a reference. */
static value patched(struct history *history, const char *document, const char *patch,
                     struct edit *edit, struct problem *problem) {
    *edit = (struct edit){.intern = &history->intern, .problem = problem};
    value root = value_clone(value_of(history, document));
    bool applied = patch_apply(edit, memory_scratch(&history->memory),
                               value_of(history, patch), &root);
    CHECK(applied == !value_is_absent(root) && !value_is_draft(root));
    return root;
}

static void gives(const char *document, const char *patch, const char *expected) {
    for (enum memory_kind kind = MEMORY_GLOBAL; kind <= MEMORY_ARENA; kind++) {
        struct history history;
        struct edit edit;
        struct problem problem = {0};
        history_init(&history, kind, NULL);
        value root = patched(&history, document, patch, &edit, &problem);
        CHECK(!value_is_absent(root) && is_written(&history, root, expected));
        CHECK(value_same(root, value_of(&history, expected)));
        value_drop(root);
        CHECK(history_deinit(&history));
    }
}

static void fails(const char *document, const char *patch, const char *reason) {
    for (enum memory_kind kind = MEMORY_GLOBAL; kind <= MEMORY_ARENA; kind++) {
        struct history history;
        struct edit edit;
        struct problem problem = {0};
        history_init(&history, kind, NULL);
        CHECK(value_is_absent(patched(&history, document, patch, &edit, &problem)));
        CHECK(strstr(problem.message, reason) != NULL);
        CHECK(history_deinit(&history));
    }
}

void test_patches(void) {
    gives("{\"a\":1}", "[]", "{\"a\":1}");
    gives("{\"a\":1}",
          "[{\"op\":\"add\",\"path\":\"/b\",\"value\":[2]},"
          "{\"op\":\"add\",\"path\":\"/b/0\",\"value\":3},"
          "{\"op\":\"add\",\"path\":\"/b/-\",\"value\":4}]",
          "{\"a\":1,\"b\":[3,2,4]}");
    gives("{\"a\":1,\"b\":2,\"c\":3}", "[{\"op\":\"remove\",\"path\":\"/b\"}]",
          "{\"a\":1,\"c\":3}");
    gives("[1,2,3]", "[{\"op\":\"remove\",\"path\":\"/0\"}]", "[2,3]");
    gives("{\"a\":{\"b\":[1]}}",
          "[{\"op\":\"replace\",\"path\":\"/a/b/0\",\"value\":{}}]",
          "{\"a\":{\"b\":[{}]}}");
    gives("{\"a\":[1,2]}", "[{\"op\":\"move\",\"from\":\"/a/0\",\"path\":\"/a/1\"}]",
          "{\"a\":[2,1]}");
    gives("{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]",
          "{\"a\":1}");
    gives("{\"a\":[1]}",
          "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"},"
          "{\"op\":\"add\",\"path\":\"/b/a/-\",\"value\":2}]",
          "{\"a\":[1],\"b\":{\"a\":[1,2]}}");
    gives("[1.0,{\"x\":1,\"y\":2}]",
          "[{\"op\":\"test\",\"path\":\"\",\"value\":[1,{\"y\":2.0,\"x\":10e-1}]}]",
          "[1.0,{\"x\":1,\"y\":2}]");
    gives("1", "[{\"op\":\"add\",\"path\":\"\",\"value\":[2]}]", "[2]");
    gives("{\"a/b\":1,\"c~d\":2}",
          "[{\"op\":\"remove\",\"path\":\"/a~1b\"},"
          "{\"op\":\"replace\",\"path\":\"/c~0d\",\"value\":null}]",
          "{\"c~d\":null}");
    gives("{\"a\":1,\"a\":2}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":3}]",
          "{\"a\":1,\"a\":3}");
}

void test_patches_that_fail(void) {
    fails("{}", "{}", "array of operations");
    fails("{}", "[1]", "operation 1: a path");
    fails("{}", "[{\"op\":\"jump\",\"path\":\"\"}]", "unknown operation");
    fails("{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", "without its value");
    fails("{}", "[{\"op\":\"copy\",\"path\":\"/a\"}]", "a path that is missing");
    fails("{}", "[{\"op\":\"remove\",\"path\":\"a\"}]", "no JSON pointer");
    fails("{}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "leads nowhere");
    fails("{}", "[{\"op\":\"remove\",\"path\":\"\"}]", "whole document");
    fails("[1]", "[{\"op\":\"remove\",\"path\":\"/-\"}]", "leads nowhere");
    fails("[1]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":1}]", "no such index");
    fails("[1]", "[{\"op\":\"add\",\"path\":\"/0/0\",\"value\":1}]", "neither array nor");
    fails("{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
          "itself");
    fails("[1]", "[{\"op\":\"test\",\"path\":\"/0\",\"value\":\"1\"}]", "test fails");
    fails("{\"a\":[1]}",
          "[{\"op\":\"add\",\"path\":\"/a/-\",\"value\":2},"
          "{\"op\":\"test\",\"path\":\"/a\",\"value\":[1]}]",
          "operation 2: the test");
}

/* The first change clones the path; the others find it owned by the patch alone. */
void test_patches_in_place(void) {
    struct history history;
    struct edit edit;
    struct problem problem = {0};
    history_init(&history, MEMORY_LOCAL, NULL);
    value root = patched(&history, "{\"a\":{\"b\":[1,2]},\"c\":[3]}",
                         "[{\"op\":\"replace\",\"path\":\"/a/b/0\",\"value\":7},"
                         "{\"op\":\"replace\",\"path\":\"/a/b/1\",\"value\":8},"
                         "{\"op\":\"add\",\"path\":\"/a/b/-\",\"value\":9}]",
                         &edit, &problem);
    CHECK(is_written(&history, root, "{\"a\":{\"b\":[7,8,9]},\"c\":[3]}"));
    CHECK(edit.cloned == 3 && edit.in_place == 6);
    value_drop(root);
    CHECK(history_deinit(&history));
}

/* A patch that nests what is there into itself, `times`. */
static void nest(struct history *history, size_t times, const char *operation) {
    struct buffer patch = buffer_make(memory_lasting(&history->memory));
    CHECK(buffer_add_char(&patch, '['));
    for (size_t i = 0; i < times; i++) {
        CHECK(i == 0 || buffer_add_char(&patch, ','));
        CHECK(buffer_add_text(&patch, operation));
    }
    CHECK(buffer_add(&patch, "]", 2));
    struct edit edit;
    struct problem problem = {0};
    CHECK(value_is_absent(patched(history, "{}", patch.bytes, &edit, &problem)));
    CHECK(problem.kind == PROBLEM_DATA);
    buffer_free(&patch);
}

void test_patch_limits(void) {
    struct history history;
    history_init(&history, MEMORY_LOCAL, NULL);
    nest(&history, VALUE_HEIGHT_LIMIT, "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"}");
    nest(&history, 40,
         "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"},"
         "{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}");
    CHECK(history_deinit(&history));
}

static void differs(const char *before, const char *after, const char *expected) {
    struct history history;
    history_init(&history, MEMORY_LOCAL, NULL);
    struct buffer out = buffer_make(memory_scratch(&history.memory));
    value a = value_of(&history, before);
    value b = value_of(&history, after);
    CHECK(diff_write(&out, a, b) && buffer_add_char(&out, '\0'));
    if (strcmp(out.bytes, expected) != 0) {
        fprintf(stderr, "%s\nisn't\n%s\n", out.bytes, expected);
    }
    CHECK(strcmp(out.bytes, expected) == 0);
    buffer_free(&out);
    CHECK(history_deinit(&history));
}

void test_diff(void) {
    differs("[1]", "[1]", "");
    differs("1", "2", "~ \"\" 1 -> 2\n");
    differs("{\"a\":1,\"b\":2}", "{\"b\":3,\"c\":4}",
            "- \"/a\" 1\n~ \"/b\" 2 -> 3\n+ \"/c\" 4\n");
    differs("[1,2,3]", "[0,1,2,3]", "+ \"/0\" 0\n");
    differs("[1,2,3]", "[1,3]", "- \"/1\" 2\n");
    differs("[1,[2],3]", "[1,[4],3]", "~ \"/1/0\" 2 -> 4\n");
    differs("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "~ \"\" (order)\n");
    differs("{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":3}", "~ \"/a\" 2 -> 3\n");
    differs("{\"a/b~\":[]}", "{\"a/b~\":{}}", "~ \"/a~1b~0\" [] -> {}\n");
}
