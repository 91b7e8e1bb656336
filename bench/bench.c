/* The frame of each program: its command line, its clock, its output.
 *
 * Output, a line each, columns separated by tabs:
 *   row  unit  value
 *   check  sum */
#define _POSIX_C_SOURCE 200809L
#undef BENCH_SUBJECT
#define BENCH_SUBJECT "subject_none.h"
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static uint64_t check;

void bench_report(const char *row, const char *unit, double value) {
    (void)printf("%s\t%s\t%.6g\n", row, unit, value);
}

void bench_check(uint64_t value) {
    check = check * UINT64_C(1099511628211) + value;
}

void bench_fail(const char *message) {
    (void)fprintf(stderr, "bench: %s\n", message);
    exit(EXIT_FAILURE);
}

double bench_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

void bench_series_add(bench_series *series, double value) {
    if (series->length == sizeof(series->values) / sizeof(series->values[0])) {
        bench_fail("a series has too many values");
    }
    series->values[series->length++] = value;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_series_median(const bench_series *series) {
    bench_series sorted = *series;
    qsort(sorted.values, sorted.length, sizeof(sorted.values[0]), compare);
    size_t middle = sorted.length / 2;
    return sorted.length % 2 == 1
               ? sorted.values[middle]
               : (sorted.values[middle - 1] + sorted.values[middle]) / 2;
}

int main(int argc, char **argv) {
    size_t size = bench_default_size;
    if (argc > 1) {
        char *end;
        size = (size_t)strtoull(argv[1], &end, 10);
        if (*end != '\0' || size == 0) {
            bench_fail("usage: PROGRAM [SIZE]");
        }
    }
    bench_workload(size);
    (void)printf("check\t%" PRIu64 "\n", check);
    return 0;
}
