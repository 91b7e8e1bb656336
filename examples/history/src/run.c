#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "diff.h"
#include "git.h"
#include "history.h"
#include "svg.h"
#include "table.h"
#include "write.h"

/* The installed folder first, so that an installed program doesn't need the
 * sources. HISTORY_DATA overrules both. */
static const char *data_folder(void) {
    const char *chosen = getenv("HISTORY_DATA");
    if (chosen != NULL) {
        return chosen;
    }
    return access(HISTORY_INSTALLED_DATA "/timetable.json", R_OK) == 0
               ? HISTORY_INSTALLED_DATA
               : HISTORY_SOURCE_DATA;
}

static bool add_default(struct history *history) {
    char base[4096];
    char patches[4096];
    snprintf(base, sizeof(base), "%s/timetable.json", data_folder());
    snprintf(patches, sizeof(patches), "%s/timetable.patches.json", data_folder());
    return history_add_patches(history, base, patches);
}

static bool add_files(struct history *history, const struct options *options) {
    bool go_on = true;
    size_t length = (size_t)options->files_length;
    for (size_t i = 0; go_on && i < length; i++) {
        history_progress(history, i, length);
        go_on = history_add_file(history, options->files[i]);
    }
    return go_on;
}

static bool add_versions(struct history *history, const struct options *options) {
    switch (options->source) {
    case SOURCE_FILES:
        return add_files(history, options);
    case SOURCE_PATCHES:
        return history_add_patches(history, options->base, options->patches);
    case SOURCE_GIT:
        return git_add_versions(history, options->git);
    default:
        return add_default(history);
    }
}

/* The index of version `number`, if there is such a version. */
static bool find_version(struct history *history, size_t number, size_t *index) {
    struct problem problem = {0};
    size_t length = history_length(history);
    *index = number == SIZE_MAX ? length - 1 : number - 1;
    if (*index < length) {
        return true;
    }
    problem_set(&problem, PROBLEM_USAGE, "there is no version %zu: there are %zu",
                number == SIZE_MAX ? 1 : number, length);
    history_problem(history, &problem, NULL);
    return false;
}

static bool print_buffer(struct history *history, const struct buffer *out,
                         bool written) {
    struct problem problem = {0};
    if (!written) {
        problem_no_memory(&problem);
    } else if (fwrite(out->bytes, 1, out->length, stdout) != out->length ||
               fflush(stdout) != 0) {
        problem_set(&problem, PROBLEM_OUTPUT, "standard output can't be written");
    }
    return problem.kind == PROBLEM_NONE || history_problem(history, &problem, NULL);
}

static bool print_version(struct history *history, size_t number) {
    size_t index = 0;
    if (!find_version(history, number, &index)) {
        return false;
    }
    struct buffer out = buffer_make(memory_scratch(&history->memory));
    bool written =
        write_value(&out, history_version(history, index)->root, WRITE_INDENTED) &&
        buffer_add_char(&out, '\n');
    bool printed = print_buffer(history, &out, written);
    buffer_free(&out);
    memory_scratch_reset(&history->memory);
    return printed;
}

static bool print_diff(struct history *history, const size_t numbers[2]) {
    size_t a = 0;
    size_t b = 0;
    if (!find_version(history, numbers[0], &a) ||
        !find_version(history, numbers[1], &b)) {
        return false;
    }
    struct buffer out = buffer_make(memory_scratch(&history->memory));
    bool written = diff_write(&out, history_version(history, a)->root,
                              history_version(history, b)->root);
    bool printed = print_buffer(history, &out, written && buffer_reserve(&out, 1));
    buffer_free(&out);
    memory_scratch_reset(&history->memory);
    return printed;
}

static bool draw(struct history *history, const struct options *options) {
    size_t a = 0;
    size_t b = 0;
    struct problem problem = {0};
    if (!find_version(history, options->svg[0], &a) ||
        !find_version(history, options->svg[1], &b)) {
        return false;
    }
    return svg_draw(history, a, b, options->svg_path, &problem) ||
           history_problem(history, &problem, NULL);
}

static bool print_table(struct history *history, const struct options *options) {
    struct table table;
    struct problem problem = {0};
    if (!table_measure(&table, history)) {
        return false;
    }
    if (!table_print(&table, options->memory)) {
        problem_set(&problem, PROBLEM_OUTPUT, "standard output can't be written");
        return history_problem(history, &problem, NULL);
    }
    return true;
}

static bool show(struct history *history, const struct options *options) {
    bool table = options->at == 0 && options->diff[0] == 0;
    return history_tidy(history) &&
           (options->at == 0 || print_version(history, options->at)) &&
           (options->diff[0] == 0 || print_diff(history, options->diff)) &&
           (!table || print_table(history, options)) &&
           (options->svg_path == NULL || draw(history, options));
}

int history_run(const struct options *options, size_t *fuse) {
    struct history history;
    signal(SIGPIPE, SIG_IGN); /* A program that stops reading is an error code here. */
    history_init(&history, options->memory, fuse);
    bool done = add_versions(&history, options) && show(&history, options);
    enum problem_kind status = history.status;
    history_progress_end(&history);
    if (!history_deinit(&history)) {
        return PROBLEM_INTERNAL;
    }
    return status == PROBLEM_NONE && !done ? PROBLEM_INTERNAL : (int)status;
}
