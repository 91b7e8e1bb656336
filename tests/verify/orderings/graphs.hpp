/* Tells executions apart: by which operation saw what was written by which, and in what
 * order each word was written. */
#ifndef GRAPHS_HPP
#define GRAPHS_HPP

#include <ostream>
#include <stdint.h>
#include <stdlib.h>

/* A value, and the operation that wrote it. */
struct version {
    uint64_t value;
    uint64_t writer;
};

static inline bool operator==(version a, version b) {
    return a.value == b.value;
}

static inline version operator+(version old, version more) {
    return {old.value + more.value, more.writer};
}

static inline std::ostream &operator<<(std::ostream &stream, version it) {
    return stream << it.value;
}

/* One number for what was before and what comes next, after Fibonacci hashing (Knuth, The
 * Art of Computer Programming 3, 6.4). */
static inline uint64_t mixed(uint64_t so_far, uint64_t more) {
    uint64_t sum = (so_far ^ more) * UINT64_C(0x9E3779B97F4A7C15);
    return sum ^ sum >> 29;
}

/* A hash table of all there were, if they are counted; `new` would be Relacy's. */
enum { GRAPHS_MOST = 1 << 26 };
static uint64_t *graphs;
static size_t graphs_count;

static inline void add_graph(uint64_t graph) {
    size_t i = graph % GRAPHS_MOST;
    while (graphs[i] != 0 && graphs[i] != graph) {
        i = (i + 1) % GRAPHS_MOST;
    }
    graphs_count += graphs[i] == 0;
    graphs[i] = graph;
    if (graphs_count == GRAPHS_MOST / 2) {
        abort(); /* too many to be told apart */
    }
}

#endif
