/* Processes in which a workload finds out what memory it takes: each by itself, so that
 * none finds what another one left. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#if !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#endif
#include "bench.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct finding {
    double value;
    double returned; /* to the system, in percent; where it is asked for */
    uint64_t check;
} finding;

/* Bytes of the process that are resident, by the system's account. */
static double process_resident(void) {
    char text[128] = {0};
    int file = open("/proc/self/statm", O_RDONLY);
    if (file < 0 || read(file, text, sizeof(text) - 1) <= 0) {
        bench_fail("can't read /proc/self/statm");
    }
    (void)close(file);
    char *pages = text;
    (void)strtoull(text, &pages, 10); /* all of it; what is resident comes next */
    return (double)strtoull(pages, NULL, 10) * (double)sysconf(_SC_PAGESIZE);
}

static void process_child(int to, finding (*find)(size_t), size_t size) {
    bench_open();
    finding result = find(size);
    bool written = write(to, &result, sizeof(result)) == (ssize_t)sizeof(result);
    _exit(written ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* What `find` finds in a child, which opens the subject first. */
static finding process_find(finding (*find)(size_t), size_t size) {
    int ends[2];
    finding result;
    pid_t process = pipe(ends) == 0 ? fork() : -1;
    if (process < 0) {
        bench_fail("can't start a process");
    }
    if (process == 0) {
        process_child(ends[1], find, size);
    }
    (void)close(ends[1]);
    if (read(ends[0], &result, sizeof(result)) != (ssize_t)sizeof(result)) {
        bench_fail("a process failed");
    }
    (void)close(ends[0]);
    (void)waitpid(process, NULL, 0);
    bench_check(result.check);
    return result;
}

#endif
