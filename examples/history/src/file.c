#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define CHUNK 65536

/* Appends all that can be read from `descriptor`; -1 on an error, with errno. */
static int drain(int descriptor, struct buffer *out) {
    for (;;) {
        if (!buffer_reserve(out, CHUNK)) {
            errno = ENOMEM;
            return -1;
        }
        ssize_t got = read(descriptor, out->bytes + out->length, CHUNK);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return (int)got;
        }
        out->length += got < 0 ? 0 : (size_t)got;
    }
}

static bool input_problem(struct problem *problem) {
    return errno == ENOMEM
               ? problem_no_memory(problem)
               : problem_set(problem, PROBLEM_NO_INPUT, "%s", strerror(errno));
}

bool file_read(const char *path, struct buffer *out, struct problem *problem) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return input_problem(problem);
    }
    bool done = drain(descriptor, out) == 0 || input_problem(problem);
    close(descriptor);
    return done;
}

static bool feed(int descriptor, struct text input) {
    while (input.length != 0) {
        ssize_t put = write(descriptor, input.bytes, input.length);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        size_t step = put < 0 ? 0 : (size_t)put;
        input.bytes += step;
        input.length -= step;
    }
    return true;
}

/* A pipe that only who is given an end of it inherits. */
static bool open_pipe(int ends[2], struct problem *problem) {
    if (pipe(ends) != 0) {
        return problem_set(problem, PROBLEM_UNAVAILABLE, "pipe: %s", strerror(errno));
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static bool not_started(const char *name, int error, struct problem *problem) {
    if (error == ENOENT) {
        const char *package = strcmp(name, "dot") == 0 ? "graphviz" : name;
        return problem_set(problem, PROBLEM_UNAVAILABLE,
                           "the program %s is missing: apt-get install %s", name,
                           package);
    }
    return problem_set(problem, PROBLEM_UNAVAILABLE, "%s: %s", name, strerror(error));
}

/* Starts it with `descriptor` as its standard input or output, `target`. */
static bool start(const char *const arguments[], const int descriptors[2], pid_t *child,
                  struct problem *problem) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return not_started(arguments[0], error, problem);
    }
    for (int target = 0; error == 0 && target < 2; target++) {
        if (descriptors[target] >= 0) {
            error =
                posix_spawn_file_actions_adddup2(&actions, descriptors[target], target);
        }
    }
    error = error != 0 ? error
                       : posix_spawnp(child, arguments[0], &actions, NULL,
                                      (char *const *)(uintptr_t)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error == 0 || not_started(arguments[0], error, problem);
}

static bool finish(const char *name, pid_t child, struct problem *problem) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return true;
    }
    return problem_set(problem, PROBLEM_UNAVAILABLE, "%s failed", name);
}

bool program_output(const char *const arguments[], struct buffer *out,
                    struct problem *problem) {
    int ends[2];
    pid_t child = 0;
    if (!open_pipe(ends, problem)) {
        return false;
    }
    bool started = start(arguments, (const int[]){-1, ends[1]}, &child, problem);
    close(ends[1]);
    bool done = started && (drain(ends[0], out) == 0 || input_problem(problem));
    close(ends[0]);
    if (started && !finish(arguments[0], child, problem) && out->failed) {
        problem_no_memory(problem);
    }
    return done && problem->kind == PROBLEM_NONE;
}

static bool filter_to(const char *const arguments[], struct text input, int output,
                      struct problem *problem) {
    int ends[2];
    pid_t child = 0;
    if (!open_pipe(ends, problem)) {
        return false;
    }
    bool started = start(arguments, (const int[]){ends[0], output}, &child, problem);
    close(ends[0]);
    bool fed = started && feed(ends[1], input);
    close(ends[1]);
    return started && finish(arguments[0], child, problem) &&
           (fed || problem_set(problem, PROBLEM_UNAVAILABLE, "%s stopped", arguments[0]));
}

bool program_filter(const char *const arguments[], struct text input, const char *path,
                    struct problem *problem) {
    int output = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output < 0) {
        return problem_set(problem, PROBLEM_OUTPUT, "%s: %s", path, strerror(errno));
    }
    bool filtered = filter_to(arguments, input, output, problem);
    if (close(output) != 0 && filtered) {
        filtered = problem_set(problem, PROBLEM_OUTPUT, "%s: %s", path, strerror(errno));
    }
    return filtered;
}
