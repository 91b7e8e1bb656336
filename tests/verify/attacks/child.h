/* An attack runs in a child process, and the parent judges how that ended. */
#ifndef ATTACKS_CHILD_H
#define ATTACKS_CHILD_H

#include <stdbool.h>

/* From the best to the worst. */
typedef enum verdict {
    NOT_HERE, /* there is no such thing to attack */
    DETECTED, /* the library, or the allocator, said so: it stopped, or a call failed */
    STOPPED,  /* the processor did, at the misuse itself */
    HARMLESS, /* it went on, and nothing is wrong */
    SILENT,   /* it went on, and something is wrong */
    COUNT,    /* and that is a count of references */
    VERDICTS
} verdict;

/* As the files say it. */
extern const char *const verdict_names[VERDICTS];

enum { CHILD_TEXT = 160 };

typedef struct finding {
    verdict verdict;
    char text[CHILD_TEXT]; /* one line that says why */
} finding;

/* Runs `body` in a child. It ends by child_end(), or is stopped. */
finding child_run(void (*body)(void *context), void *context);

/* --- for the child --- */

/* The misuse begins, and is over: who crashes from then on was corrupted silently. */
void child_misuses(void);
void child_goes_on(void);

/* A call answered that it can't be done, or a report was made. */
void child_reports(const char *what);

/* What nobody has found wrong in is DETECTED if anything was reported, else HARMLESS. */
_Noreturn void child_end(verdict verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
