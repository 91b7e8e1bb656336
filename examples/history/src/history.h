/* Every version of a document at once. */
#ifndef HISTORY_HISTORY_H
#define HISTORY_HISTORY_H

#include "buffer.h"
#include "intern.h"
#include "memory.h"
#include "problem.h"

struct version {
    value root;      /* Holds a reference. */
    uint64_t digest; /* Of the text it was read from. */
    bool from_text;  /* False: made by a patch, from another version. */
};

struct history {
    struct memory memory;
    struct intern intern;
    struct buffer versions; /* Of struct version. */
    size_t skipped;
    size_t cloned;
    size_t in_place;
    double seconds;           /* Spent on reading and patching. */
    const char *doing;        /* What the progress line says. */
    double started;           /* When, for the progress line. */
    bool shows_progress;      /* Whether that line is on the screen. */
    enum problem_kind status; /* The exit status: of the first problem. */
};

/* Don't move `self` afterwards. `fuse` as for memory_init(). */
void history_init(struct history *self, enum memory_kind kind, size_t *fuse);

/* Returns false if anything was still alive. */
bool history_deinit(struct history *self);

/* The versions, oldest first. */
size_t history_length(const struct history *self);
const struct version *history_version(const struct history *self, size_t index);

/* Each adds versions. What is wrong with one is reported and skipped; false
 * means that it makes no sense to go on. */
bool history_add_text(struct history *self, const char *name, struct text text);
bool history_add_file(struct history *self, const char *path);
bool history_add_patches(struct history *self, const char *base, const char *patches);

/* Drops what a text or a patch that was skipped has left. */
bool history_tidy(struct history *self);

/* Reports `problem`, and makes it the exit status if it is the first. False if
 * it is one that nothing can follow on. */
bool history_problem(struct history *self, const struct problem *problem,
                     const char *name);

/* Says on a terminal how far long work is; `history_progress_end` wipes it off. */
void history_progress(struct history *self, size_t done, size_t all);
void history_progress_end(struct history *self);

double history_clock(void);

#endif
