/* What went wrong, for whoever called the program. */
#ifndef HISTORY_PROBLEM_H
#define HISTORY_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

/* The values are the exit statuses; see sysexits.h. */
enum problem_kind {
    PROBLEM_NONE = 0,
    PROBLEM_USAGE = 64,       /* The command line. */
    PROBLEM_DATA = 65,        /* Not valid JSON, or a patch that doesn't apply. */
    PROBLEM_NO_INPUT = 66,    /* A file that can't be read. */
    PROBLEM_UNAVAILABLE = 69, /* git or dot is missing or fails. */
    PROBLEM_INTERNAL = 70,    /* A version read back differs, or memory leaked. */
    PROBLEM_NO_MEMORY = 71,
    PROBLEM_OUTPUT = 74 /* A file that can't be written. */
};

struct problem {
    enum problem_kind kind;
    size_t line;   /* From 1; 0 if there is no place to name. */
    size_t column; /* In bytes, from 1. */
    char message[256];
};

/* Both return false, for a caller that fails. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
bool problem_set(struct problem *self, enum problem_kind kind, const char *format, ...);
bool problem_no_memory(struct problem *self);

/* Writes "history: NAME:LINE:COLUMN: message" to stderr. */
void problem_report(const struct problem *self, const char *name);

#endif
