/* What a workload is written against. A workload runs in one process with one
 * subject; the subject's header says how its own expert user would create, share and
 * drop objects. Both are chosen by the build: BENCH_SUBJECT is the header's name.
 *
 * C that is C++ as well: some subjects are C++. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__cplusplus)
extern "C" {
#endif

/* --- a workload ----------------------------------------------------------------- */

/* Its size unless the command line gives another, and what it does. */
extern const size_t bench_default_size;
void bench_workload(size_t size);

/* --- what it reports ------------------------------------------------------------ */

/* One figure of this process; `row` is the workload's name, or starts with it. */
void bench_report(const char *row, const char *unit, double value);

/* Adds to the sum that has to be the same for every subject. */
void bench_check(uint64_t value);

/* Ends the process: the subject ran out of memory, say. */
void bench_fail(const char *message);

/* --- the clock ------------------------------------------------------------------ */

/* Nanoseconds, from any start. */
double bench_now(void);

/* A series of times, of which the median is reported. */
typedef struct bench_series {
    double values[64];
    size_t length;
} bench_series;

void bench_series_add(bench_series *series, double value);
double bench_series_median(const bench_series *series);

/* --- chance that is the same for everybody -------------------------------------- */

typedef struct bench_random {
    uint64_t state;
} bench_random;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t bench_random_next(bench_random *self) {
    uint64_t z = (self->state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline size_t bench_random_below(bench_random *self, size_t limit) {
    return (size_t)(((bench_random_next(self) >> 32) * (uint64_t)limit) >> 32);
}

/* Makes the compiler believe that somebody looks at `pointer` and its object. */
static inline void bench_keep(const void *pointer) {
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

/* Makes the compiler branch where it would select, for every subject alike. */
#define BENCH_BRANCH() __asm__ volatile("")

#if defined(__cplusplus)
}
#include <utility>
#define BENCH_MOVE(x) std::move(x)
#else
#define BENCH_MOVE(x) (x)
#endif

/* --- what a subject supplies ----------------------------------------------------
 *
 * void bench_open(void);   before the first object: a manager, a pool; nothing
 * void bench_close(void);  after the last
 *
 * BENCH_HANDLE(name)            declares name_ref, a reference to a `struct name`
 * BENCH_TYPE_0(name)          defines its functions, for a struct without references
 * BENCH_TYPE_1(name, last)    with one member that is a name_ref
 * BENCH_TYPE_2(name, a, last) with two; a list would hang on the last one
 * BENCH_TYPE_MANY(name, child, member, length) with an array of 4, 16 or 32 that are a
 *                             child_ref; not all subjects have it
 *
 * name_ref name_null(void);
 * bool name_is_null(const name_ref *self);
 * name_ref name_make(struct name value);      takes over the references in `value`
 * name_ref name_clone(const name_ref *self);
 * void name_drop(name_ref self);              takes it over; it may be null
 * const struct name *name_read(const name_ref *self);
 * bool name_is_sole(const name_ref *self);
 * struct name *name_write(name_ref *self);    in place for a sole owner, else of a copy
 *
 * BENCH_ARRAY(name, item)       declares name_ref, a reference to an array of items that
 *                               hold no references, and defines its functions
 *
 * name_ref name_of(size_t length);            all zeros
 * size_t name_length(const name_ref *self);
 * const item *name_items(const name_ref *self);
 * item *name_write(name_ref *self);           in place for a sole owner, else of a copy
 * void name_append(name_ref *self, item value);       so too; grows ahead of need
 * name_clone, name_drop                       as above, but never null
 *
 * With BENCH_EXTEND there is name_extend, too: name_append as it is when all that grows
 * ahead is the subject itself. With BENCH_RESET there is
 *
 * void bench_reset(void);                     frees all objects at once
 *
 * With BENCH_COUNT_ATOMIC references may be used from any thread.
 *
 * A handle that is given away is passed by BENCH_MOVE, and not used any more. */
#include BENCH_SUBJECT

#endif
