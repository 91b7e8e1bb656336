#if !defined(_WIN32) && !defined(_POSIX_C_SOURCE)
#define _POSIX_C_SOURCE 200809L /* strict C11 hides fork and its company */
#endif

#include "misuse.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(_WIN32)
#define WITHOUT_FORK "Windows"
#elif defined(__wasi__)
#define WITHOUT_FORK "wasm32-WASI"
#else
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <cmocka.h>

#include <nanvm/mem.h>

#include "skip.h"

static jmp_buf escape;
static char caught[256];

static void catch_message(const char *message) {
    snprintf(caught, sizeof(caught), "%s", message);
    longjmp(escape, 1);
}

void expect_fatal(const char *part, misuse *wrong, void *context) {
    assert_true(nanvm_fatal_set_handler(catch_message) == NULL);
    caught[0] = '\0';
    if (setjmp(escape) == 0) {
        wrong(context);
    }
    assert_true(nanvm_fatal_set_handler(NULL) == catch_message);
    assert_non_null(strstr(caught, part));
    assert_null(strchr(caught, '\n'));
}

#if defined(WITHOUT_FORK)

void needs_fork(void) {
    skip_because("there is no fork() on " WITHOUT_FORK);
}

int run_in_child(misuse *wrong, void *context, char *output, int output_size) {
    (void)wrong;
    (void)context;
    (void)output;
    (void)output_size;
    needs_fork();
    return 0;
}

#else

void needs_fork(void) {}

static void read_all(int from, char *output, int output_size) {
    size_t length = 0;
    ssize_t got = 1;
    while (got > 0 && length + 1 < (size_t)output_size) {
        got = read(from, output + length, (size_t)output_size - 1 - length);
        length += got > 0 ? (size_t)got : 0;
    }
    output[length] = '\0';
}

static void be_child(misuse *wrong, void *context, const int ends[2]) {
    signal(SIGABRT, SIG_DFL); /* cmocka and sanitizers may catch it */
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    wrong(context);
    exit(0);
}

int run_in_child(misuse *wrong, void *context, char *output, int output_size) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        be_child(wrong, context, ends);
    }
    close(ends[1]);
    read_all(ends[0], output, output_size);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

#endif
