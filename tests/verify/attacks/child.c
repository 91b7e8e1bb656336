#define _DEFAULT_SOURCE
#include "child.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const verdict_names[VERDICTS] = {"-",        "detected", "stopped",
                                             "harmless", "silent",   "count"};

enum { CPU_SECONDS = 20, WALL_SECONDS = 120 };

/* What the child leaves behind, however it ends: a page that both see. */
typedef struct page {
    enum { BEFORE, MISUSE, AFTERWARDS } phase;
    bool ended;
    bool reported;
    finding found;
} page;

static page *shared;

/* --- the child --- */

void child_misuses(void) {
    shared->phase = MISUSE;
}

void child_goes_on(void) {
    shared->phase = AFTERWARDS;
}

void child_reports(const char *what) {
    shared->reported = true;
    (void)snprintf(shared->found.text, CHILD_TEXT, "%s", what);
}

void child_end(verdict verdict, const char *format, ...) {
    va_list arguments;
    if (verdict == HARMLESS && shared->reported) {
        verdict = DETECTED;
    } else {
        va_start(arguments, format);
        (void)vsnprintf(shared->found.text, CHILD_TEXT, format, arguments);
        va_end(arguments);
    }
    shared->found.verdict = verdict;
    shared->ended = true;
    _exit(0);
}

/* A free list that has become a ring is walked for ever. */
static void limit_time(void) {
    struct itimerval cpu = {.it_value = {.tv_sec = CPU_SECONDS}};
    setitimer(ITIMER_VIRTUAL, &cpu, NULL);
    alarm(WALL_SECONDS);
}

static void be_child(void (*body)(void *), void *context, int output) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    limit_time();
    dup2(output, STDERR_FILENO);
    dup2(output, STDOUT_FILENO);
    close(output);
    body(context);
    child_end(SILENT, "left without a finding");
}

/* --- the parent --- */

static void read_all(int from, char *text, size_t size) {
    size_t length = 0;
    char rest[256];
    for (;;) {
        bool fits = length + 1 < size;
        ssize_t got = fits ? read(from, text + length, size - 1 - length)
                           : read(from, rest, sizeof(rest));
        if (got <= 0) {
            break;
        }
        length += fits ? (size_t)got : 0;
    }
    text[length] = '\0';
}

static void first_line(finding *found, const char *text) {
    (void)snprintf(found->text, CHILD_TEXT, "%.*s", (int)strcspn(text, "\n"), text);
}

/* Nothing but an allocator's own check leaves a message. */
static finding judge_signal(int signal, const char *output) {
    finding found = {SILENT, ""};
    bool is_check = signal == SIGABRT || signal == SIGTRAP || signal == SIGILL;
    if (is_check && output[0] != '\0') {
        found.verdict = DETECTED;
        first_line(&found, output);
    } else if (signal == SIGVTALRM || signal == SIGALRM) {
        (void)snprintf(found.text, CHILD_TEXT, "never came to an end");
    } else if (shared->phase == MISUSE) {
        found.verdict = STOPPED;
        (void)snprintf(found.text, CHILD_TEXT, "%s at the misuse", strsignal(signal));
    } else {
        (void)snprintf(found.text, CHILD_TEXT, "%s %s", strsignal(signal),
                       shared->phase == BEFORE ? "before the misuse" : "later");
    }
    return found;
}

static finding judge_exit(const char *output) {
    finding found = shared->found;
    if (!shared->ended) {
        found.verdict = SILENT;
        (void)snprintf(found.text, CHILD_TEXT, "left by exit");
    } else if (found.verdict == HARMLESS && output[0] != '\0') {
        found.verdict = DETECTED; /* it wrote a report, and went on */
        first_line(&found, output);
    }
    return found;
}

static void make_shared(void) {
    if (shared == NULL) {
        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    if (shared == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    memset(shared, 0, sizeof(*shared));
}

static pid_t start(void (*body)(void *), void *context, int *output) {
    int ends[2];
    pid_t child = pipe(ends) == 0 ? fork() : -1;
    if (child < 0) {
        perror("fork");
        exit(1);
    }
    if (child == 0) {
        close(ends[0]);
        be_child(body, context, ends[1]);
    }
    close(ends[1]);
    *output = ends[0];
    return child;
}

finding child_run(void (*body)(void *), void *context) {
    char output[1024];
    int from, status = 0;
    make_shared();
    (void)fflush(NULL);
    pid_t child = start(body, context, &from);
    read_all(from, output, sizeof(output));
    close(from);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? judge_signal(WTERMSIG(status), output)
                               : judge_exit(output);
}
