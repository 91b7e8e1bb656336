/* What the workload `documents` is written against: a type of JSON documents, with a
 * reader. documents_<subject>.h supplies it. */
#ifndef BENCH_DOCUMENTS_H
#define BENCH_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The way to a value: a member's name, or where the name is NULL an item's index. */
enum { DOCUMENTS_NAME = 64, DOCUMENTS_DEPTH = 32 };

struct documents_step {
    bool is_member;
    size_t index;
    size_t length;
    char name[DOCUMENTS_NAME];
};

struct documents_path {
    size_t length;
    struct documents_step steps[DOCUMENTS_DEPTH];
};

/* Is told of a document, in the order of its text. `number` stands for the value of a
 * leaf: an integer, the bits of a real, the length of a string. */
struct documents_visitor {
    void (*open)(void *context, bool is_object);
    void (*close)(void *context);
    void (*name)(void *context, const char *name, size_t length);
    void (*leaf)(void *context, uint64_t number);
    void *context;
};

static inline uint64_t documents_bits(double real) {
    uint64_t bits;
    memcpy(&bits, &real, sizeof(bits));
    return bits;
}

/* --- what a subject supplies ------------------------------------------------------
 *
 * void bench_open(void), bench_close(void)
 *
 * typedef document                  a document, or none
 * typedef documents_reader          what texts that are read one after the other share
 *
 * void documents_reader_open(documents_reader *self);
 * bool documents_read(documents_reader *self, const char *text, size_t length,
 *                     document *out);      false for a text that isn't JSON
 * void documents_reader_close(documents_reader *self);
 *
 * document document_copy(const document *self);
 * void document_set(document *self, const struct documents_path *path, int number);
 *                                          replaces a leaf by `number`
 * void document_visit(const document *self, const struct documents_visitor *visitor);
 * void document_drop(document self); */

#endif
