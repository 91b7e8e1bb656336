#include "problem.h"

#include <stdarg.h>
#include <stdio.h>

bool problem_set(struct problem *self, enum problem_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(self->message, sizeof(self->message), format, arguments);
    va_end(arguments);
    self->kind = kind;
    self->line = 0;
    self->column = 0;
    return false;
}

bool problem_no_memory(struct problem *self) {
    return problem_set(self, PROBLEM_NO_MEMORY, "out of memory");
}

void problem_report(const struct problem *self, const char *name) {
    fputs("history: ", stderr);
    if (name != NULL) {
        fprintf(stderr, "%s:", name);
    }
    if (self->line != 0) {
        fprintf(stderr, "%zu:%zu:", self->line, self->column);
    }
    fprintf(stderr, "%s%s\n", name == NULL ? "" : " ", self->message);
}
