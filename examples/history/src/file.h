/* Files and other programs. */
#ifndef HISTORY_FILE_H
#define HISTORY_FILE_H

#include "buffer.h"
#include "problem.h"
#include "value.h"

/* Appends what is in the file at `path`. */
bool file_read(const char *path, struct buffer *out, struct problem *problem);

/* Runs a program, found along PATH, with `arguments`, the last one null; no shell
 * is involved. Appends what it prints to `out`. False when it can't be started or
 * fails; a program that isn't there is named, with its Debian package. */
bool program_output(const char *const arguments[], struct buffer *out,
                    struct problem *problem);

/* The same, but feeds it `input`, and what it prints becomes the file at `path`. */
bool program_filter(const char *const arguments[], struct text input, const char *path,
                    struct problem *problem);

#endif
