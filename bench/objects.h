/* Objects that are so many words, of several types, and tables of references to them: for
 * latency, memory, threads and churn. */
#ifndef BENCH_OBJECTS_H
#define BENCH_OBJECTS_H

#include "bench.h"

/* A type of `length` words. Beside the functions of BENCH_TYPE_0 it has one that lets all
 * of them be the same: void name_fill(struct name *value, uint64_t word); */
#define BENCH_WORDS(name, length)                                                        \
    BENCH_HANDLE(name);                                                                  \
    struct name {                                                                        \
        uint64_t words[length];                                                          \
    };                                                                                   \
    BENCH_TYPE_0(name)                                                                   \
    static inline void name##_fill(struct name *value, uint64_t word) {                  \
        for (size_t i = 0; i < (length); ++i) {                                          \
            value->words[i] = word;                                                      \
        }                                                                                \
    }

/* A type's number, for `enum { TYPES(BENCH_NUMBER) TYPES_LENGTH };` */
#define BENCH_NUMBER(name, length) name##_number,

/* All live objects of a type: name_all. */
#define BENCH_LIVE(name)                                                                 \
    static struct {                                                                      \
        name##_ref *live;                                                                \
        size_t count;                                                                    \
    } name##_all;

/* A table of null references, which are zeros for every subject. */
static inline void *bench_table(size_t length, size_t size) {
    void *memory = calloc(length, size);
    if (memory == NULL) {
        bench_fail("out of memory");
    }
    return memory;
}

#endif
