/* A target, whoever drives it: libFuzzer, AFL++, or main.c. */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdio.h>

extern const char *const target_name;

/* Once, first. */
void target_init(void);

/* Carries out one input. */
void target_run(const unsigned char *bytes, size_t size);

/* What was done so far, a line for each number. */
void target_report(FILE *file);

#endif
