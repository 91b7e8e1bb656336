#include "git.h"

#include <stdio.h>
#include <string.h>

#include "file.h"

/* The file's folder and, as git wants it, "./NAME". */
struct place {
    struct buffer folder;
    struct buffer name;
};

static bool split(struct place *self, const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t length = (size_t)(name - path);
    return (length == 0 ? buffer_add_text(&self->folder, "./")
                        : buffer_add(&self->folder, path, length)) &&
           buffer_add_char(&self->folder, '\0') && buffer_add_text(&self->name, "./") &&
           buffer_add_text(&self->name, name) && buffer_add_char(&self->name, '\0');
}

/* One hash a line, the oldest first; not of commits that removed the file. */
static bool list_commits(const struct place *place, struct buffer *out,
                         struct problem *problem) {
    const char *arguments[] = {"git",
                               "-C",
                               place->folder.bytes,
                               "--no-pager",
                               "--literal-pathspecs",
                               "-c",
                               "log.showSignature=false",
                               "log",
                               "--reverse",
                               "--format=%H",
                               "--diff-filter=ACMRT",
                               "--no-color",
                               "--",
                               place->name.bytes,
                               NULL};
    return program_output(arguments, out, problem);
}

static bool read_blob(const struct place *place, struct text commit, struct buffer *out,
                      struct problem *problem) {
    struct buffer object = buffer_make(out->manager);
    bool named = buffer_add(&object, commit.bytes, commit.length) &&
                 buffer_add_char(&object, ':') &&
                 buffer_add_text(&object, place->name.bytes) &&
                 buffer_add_char(&object, '\0');
    const char *arguments[] = {
        "git", "-C", place->folder.bytes, "cat-file", "blob", object.bytes, NULL};
    bool read =
        named ? program_output(arguments, out, problem) : problem_no_memory(problem);
    buffer_free(&object);
    return read;
}

static bool add_blob(struct history *history, const struct place *place, const char *path,
                     struct text commit) {
    struct problem problem = {0};
    char name[512];
    snprintf(name, sizeof(name), "%.*s:%.400s", 12, commit.bytes, path);
    struct buffer text = buffer_make(memory_scratch(&history->memory));
    bool go_on =
        read_blob(place, commit, &text, &problem)
            ? history_add_text(history, name, (struct text){text.bytes, text.length})
            : history_problem(history, &problem, name);
    buffer_free(&text);
    memory_scratch_reset(&history->memory);
    return go_on;
}

static size_t count_lines(const struct buffer *text) {
    size_t lines = 0;
    for (size_t i = 0; i < text->length; i++) {
        lines += text->bytes[i] == '\n';
    }
    return lines;
}

static bool add_commits(struct history *history, const struct place *place,
                        const char *path, const struct buffer *commits) {
    size_t all = count_lines(commits);
    size_t at = 0;
    bool go_on = true;
    for (size_t done = 0; go_on && done < all; done++) {
        struct text commit = {commits->bytes + at, 0};
        commit.length = strcspn(commit.bytes, "\n");
        at += commit.length + 1;
        history_progress(history, done, all);
        go_on = add_blob(history, place, path, commit);
    }
    return go_on;
}

static bool add_all(struct history *history, const char *path, struct place *place,
                    struct buffer *commits) {
    struct problem problem = {0};
    if (!split(place, path)) {
        problem_no_memory(&problem);
        return history_problem(history, &problem, path);
    }
    if (!list_commits(place, commits, &problem)) {
        return history_problem(history, &problem, path);
    }
    if (commits->length == 0) {
        problem_set(&problem, PROBLEM_NO_INPUT, "git knows no version of it");
        return history_problem(history, &problem, path);
    }
    return add_commits(history, place, path, commits);
}

bool git_add_versions(struct history *history, const char *path) {
    nanvm_manager *lasting = memory_lasting(&history->memory);
    struct place place = {buffer_make(lasting), buffer_make(lasting)};
    struct buffer commits = buffer_make(lasting);
    bool go_on = add_all(history, path, &place, &commits);
    buffer_free(&commits);
    buffer_free(&place.name);
    buffer_free(&place.folder);
    return go_on;
}
