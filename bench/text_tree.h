/* A text as a tree of a subject's objects. Its leaves are 256 bytes long; above them are
 * three levels of nodes with 16 references each. All are shared by versions, until one of
 * these is edited: it gets a copy of the leaf, and of the nodes above it. */
#ifndef BENCH_TEXT_TREE_H
#define BENCH_TEXT_TREE_H

#include "text.h"

enum { leaf_length = 256 };

BENCH_HANDLE(leaf);
struct leaf {
    char bytes[leaf_length];
};
BENCH_TYPE_0(leaf)

static leaf_ref leaf_build(bench_random *random) {
    struct leaf value;
    for (size_t i = 0; i < leaf_length; ++i) {
        value.bytes[i] = text_letter(random);
    }
    return leaf_make(BENCH_MOVE(value));
}

static inline void leaf_edit(leaf_ref *self, size_t at, char letter) {
    leaf_write(self)->bytes[at] = letter;
}

static inline uint64_t leaf_sum(const leaf_ref *self, uint64_t sum) {
    return text_sum_add(sum, leaf_read(self)->bytes, leaf_length);
}

BENCH_HANDLE(low);
#define TEXT_NODE low
#define TEXT_CHILD leaf
#define TEXT_TYPE BENCH_TYPE_MANY(low, leaf, children, 16)
#include "text_level.h"

BENCH_HANDLE(middle);
#define TEXT_NODE middle
#define TEXT_CHILD low
#define TEXT_TYPE BENCH_TYPE_MANY(middle, low, children, 16)
#include "text_level.h"

BENCH_HANDLE(text);
#define TEXT_NODE text
#define TEXT_CHILD middle
#define TEXT_TYPE BENCH_TYPE_MANY(text, middle, children, 16)
#include "text_level.h"

#endif
