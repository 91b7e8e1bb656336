#include "table.h"

#include <stdio.h>
#include <string.h>

#include "read.h"
#include "write.h"

/* Reads `text` into a history of its own, as if no other version were kept. */
static bool read_alone(struct history *history, struct text text,
                       struct document *document, size_t *bytes,
                       struct problem *problem) {
    struct memory alone;
    struct intern intern;
    memory_init(&alone, history->memory.values.kind, history->memory.values.counter.fuse);
    intern_init(&intern, memory_values(&alone), memory_lasting(&alone));
    bool read = read_text(&intern, memory_scratch(&alone), text, document, problem);
    *bytes = memory_bytes(&alone) + intern_bytes(&intern);
    intern_deinit(&intern);
    if (!memory_deinit(&alone) && read) {
        read = problem_set(problem, PROBLEM_INTERNAL, "memory leaked");
    }
    return read;
}

/* What a patch made has no text to be compared with: read back, it has to be the
 * very same value. */
static bool reads_as_same(struct history *history, struct text text, value root,
                          struct problem *problem) {
    struct document document;
    if (!read_text(&history->intern, memory_scratch(&history->memory), text, &document,
                   problem)) {
        return false;
    }
    return value_same(document.root, root);
}

static bool is_equal(struct history *history, const struct version *version,
                     const struct document *document, struct text text,
                     struct problem *problem) {
    return version->from_text ? document->digest == version->digest
                              : reads_as_same(history, text, version->root, problem);
}

static bool check_text(struct table *self, struct history *history, size_t index,
                       struct text text) {
    const struct version *version = history_version(history, index);
    struct document document = {0};
    struct problem problem = {0};
    char name[48];
    size_t bytes = 0;
    bool read = read_alone(history, text, &document, &bytes, &problem);
    self->copy_bytes += bytes;
    bool equal = read && is_equal(history, version, &document, text, &problem);
    self->equal += equal;
    if (!equal && problem.kind == PROBLEM_NONE) {
        problem_set(&problem, PROBLEM_INTERNAL, "differs from its input when read back");
    }
    snprintf(name, sizeof(name), "version %zu", index + 1);
    return equal || history_problem(history, &problem, name);
}

static bool check(struct table *self, struct history *history, size_t index) {
    struct problem problem = {0};
    struct buffer text = buffer_make(memory_scratch(&history->memory));
    value root = history_version(history, index)->root;
    bool written = write_value(&text, root, WRITE_COMPACT);
    bool go_on = written &&
                 check_text(self, history, index, (struct text){text.bytes, text.length});
    if (!written) {
        problem_no_memory(&problem);
        history_problem(history, &problem, NULL);
    }
    buffer_free(&text);
    memory_scratch_reset(&history->memory);
    return go_on;
}

static bool check_all(struct table *self, struct history *history) {
    bool go_on = true;
    history->doing = "reading back";
    for (size_t i = 0; go_on && i < self->versions; i++) {
        history_progress(history, i, self->versions);
        go_on = check(self, history, i);
    }
    history_progress_end(history);
    return go_on;
}

static size_t count_distinct(struct history *history) {
    struct buffer roots = buffer_make(memory_scratch(&history->memory));
    size_t length = history_length(history);
    for (size_t i = 0; i < length; i++) {
        buffer_add(&roots, &history_version(history, i)->root, sizeof(value));
    }
    size_t distinct =
        roots.failed ? SIZE_MAX
                     : intern_distinct(&history->intern, (value *)(void *)roots.bytes,
                                       length, roots.manager);
    buffer_free(&roots);
    memory_scratch_reset(&history->memory);
    return distinct;
}

bool table_measure(struct table *self, struct history *history) {
    struct problem problem = {0};
    *self = (struct table){.versions = history_length(history),
                           .skipped = history->skipped,
                           .bytes = memory_bytes(&history->memory) +
                                    intern_bytes(&history->intern),
                           .intern_bytes = intern_bytes(&history->intern),
                           .cloned = history->cloned,
                           .in_place = history->in_place,
                           .seconds = history->seconds};
    for (size_t i = 0; i < self->versions; i++) {
        self->values += value_size(history_version(history, i)->root);
    }
    self->distinct = count_distinct(history);
    if (self->distinct == SIZE_MAX) {
        problem_no_memory(&problem);
        return history_problem(history, &problem, NULL);
    }
    return check_all(self, history);
}

/* 1234567 as "1,234,567". */
static void group(size_t number, char text[32]) {
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%zu", number);
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0) {
            text[out++] = ',';
        }
        text[out++] = digits[i];
    }
    text[out] = '\0';
}

static void print_number(const char *name, size_t number) {
    char text[32];
    group(number, text);
    printf("%-32s %15s\n", name, text);
}

static double ratio(const struct table *self) {
    return self->bytes == 0 ? 0 : (double)self->copy_bytes / (double)self->bytes;
}

bool table_print(const struct table *self, enum memory_kind kind) {
    static const char *const kinds[] = {"global", "local", "arena"};
    printf("%-32s %15s\n", "manager", kinds[kind]);
    print_number("versions", self->versions);
    print_number("versions skipped", self->skipped);
    print_number("values", self->values);
    print_number("distinct values", self->distinct);
    print_number("bytes used", self->bytes);
    print_number("  of these, the intern table", self->intern_bytes);
    print_number("bytes if each were a copy", self->copy_bytes);
    printf("%-32s %15.2f\n", "ratio", ratio(self));
    print_number("values cloned", self->cloned);
    print_number("values updated in place", self->in_place);
    printf("%-32s %14.1f ms\n", "time to read", self->seconds * 1e3);
    print_number("versions that read back equal", self->equal);
    return fflush(stdout) == 0 && !ferror(stdout);
}
