#include "history.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "edit.h"
#include "file.h"
#include "patch.h"
#include "read.h"

/* Short work shows no progress. */
#define PROGRESS_AFTER 0.5

double history_clock(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void history_init(struct history *self, enum memory_kind kind, size_t *fuse) {
    *self = (struct history){.started = history_clock(), .doing = "reading"};
    memory_init(&self->memory, kind, fuse);
    intern_init(&self->intern, memory_values(&self->memory),
                memory_lasting(&self->memory));
    self->versions = buffer_make(memory_lasting(&self->memory));
}

bool history_deinit(struct history *self) {
    for (size_t i = 0; i < history_length(self); i++) {
        value_drop(history_version(self, i)->root);
    }
    buffer_free(&self->versions);
    intern_deinit(&self->intern);
    return memory_deinit(&self->memory);
}

size_t history_length(const struct history *self) {
    return self->versions.length / sizeof(struct version);
}

const struct version *history_version(const struct history *self, size_t index) {
    return (const struct version *)(const void *)self->versions.bytes + index;
}

bool history_problem(struct history *self, const struct problem *problem,
                     const char *name) {
    history_progress_end(self);
    problem_report(problem, name);
    if (self->status == PROBLEM_NONE || problem->kind == PROBLEM_NO_MEMORY) {
        self->status = problem->kind;
    }
    return problem->kind != PROBLEM_NO_MEMORY && problem->kind != PROBLEM_UNAVAILABLE;
}

static bool skip(struct history *self, const struct problem *problem, const char *name) {
    self->skipped++;
    return history_problem(self, problem, name);
}

static bool add_version(struct history *self, struct version version) {
    if (!buffer_add(&self->versions, &version, sizeof(version))) {
        value_drop(version.root);
        return false;
    }
    return true;
}

static bool read_version(struct history *self, struct text text,
                         struct problem *problem) {
    struct document document;
    if (!read_text(&self->intern, memory_scratch(&self->memory), text, &document,
                   problem)) {
        return false;
    }
    struct version version = {value_clone(document.root), document.digest, true};
    return add_version(self, version) || problem_no_memory(problem);
}

bool history_add_text(struct history *self, const char *name, struct text text) {
    struct problem problem = {0};
    double start = history_clock();
    bool read = read_version(self, text, &problem);
    self->seconds += history_clock() - start;
    return read || skip(self, &problem, name);
}

bool history_add_file(struct history *self, const char *path) {
    struct problem problem = {0};
    struct buffer text = buffer_make(memory_scratch(&self->memory));
    bool go_on =
        file_read(path, &text, &problem)
            ? history_add_text(self, path, (struct text){text.bytes, text.length})
            : skip(self, &problem, path);
    buffer_free(&text);
    memory_scratch_reset(&self->memory);
    return go_on;
}

static bool patch_version(struct history *self, value patch, struct problem *problem) {
    struct edit edit = {.intern = &self->intern, .problem = problem};
    size_t last = history_length(self) - 1;
    struct version version = {.root = value_clone(history_version(self, last)->root)};
    bool applied =
        patch_apply(&edit, memory_scratch(&self->memory), patch, &version.root);
    self->cloned += edit.cloned;
    self->in_place += edit.in_place;
    return applied && (add_version(self, version) || problem_no_memory(problem));
}

static bool add_patch(struct history *self, value patch, size_t number,
                      const char *name) {
    struct problem problem = {0};
    double start = history_clock();
    bool applied = patch_version(self, patch, &problem);
    self->seconds += history_clock() - start;
    if (!applied) {
        struct problem reason = problem;
        problem_set(&problem, reason.kind, "patch %zu: %.200s", number, reason.message);
    }
    return applied || skip(self, &problem, name);
}

static bool add_each(struct history *self, value patches, const char *name) {
    struct problem problem = {0};
    size_t length = value_length(patches);
    bool go_on = true;
    if (value_kind(patches) != KIND_ARRAY) {
        problem_set(&problem, PROBLEM_DATA, "an array of patches is expected");
        return history_problem(self, &problem, name);
    }
    for (size_t i = 0; go_on && i < length; i++) {
        history_progress(self, i, length);
        go_on = add_patch(self, value_list(patches)->items[i], i + 1, name);
    }
    return go_on;
}

/* The patches have a table of their own: they aren't part of the history. */
static bool add_patch_text(struct history *self, const char *name, struct text text) {
    struct problem problem = {0};
    struct document document;
    struct intern intern;
    nanvm_manager *scratch = memory_scratch(&self->memory);
    intern_init(&intern, scratch, scratch);
    bool go_on = read_text(&intern, scratch, text, &document, &problem)
                     ? add_each(self, document.root, name)
                     : history_problem(self, &problem, name);
    intern_deinit(&intern);
    return go_on;
}

static bool add_patch_file(struct history *self, const char *path) {
    struct problem problem = {0};
    struct buffer text = buffer_make(memory_scratch(&self->memory));
    bool go_on = file_read(path, &text, &problem)
                     ? add_patch_text(self, path, (struct text){text.bytes, text.length})
                     : history_problem(self, &problem, path);
    buffer_free(&text);
    memory_scratch_reset(&self->memory);
    return go_on;
}

bool history_add_patches(struct history *self, const char *base, const char *patches) {
    if (!history_add_file(self, base)) {
        return false;
    }
    return history_length(self) == 0 || add_patch_file(self, patches);
}

bool history_tidy(struct history *self) {
    struct problem problem = {0};
    return intern_sweep(&self->intern) ||
           (problem_no_memory(&problem), history_problem(self, &problem, NULL));
}

void history_progress(struct history *self, size_t done, size_t all) {
    if (history_clock() - self->started < PROGRESS_AFTER || !isatty(STDERR_FILENO)) {
        return;
    }
    fprintf(stderr, "\r%s: %zu of %zu\033[K", self->doing, done, all);
    fflush(stderr);
    self->shows_progress = true;
}

void history_progress_end(struct history *self) {
    if (self->shows_progress) {
        fputs("\r\033[K", stderr);
        self->shows_progress = false;
    }
}
