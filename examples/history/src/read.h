/* JSON text to values. The parser, yajl, is behind this file alone. */
#ifndef HISTORY_READ_H
#define HISTORY_READ_H

#include "intern.h"
#include "problem.h"

struct document {
    value root;      /* Borrowed from the table. */
    uint64_t digest; /* Of every event in the text, in order. */
};

/* Reads one JSON text. What is needed meanwhile comes from `scratch`. */
bool read_text(struct intern *intern, nanvm_manager *scratch, struct text text,
               struct document *document, struct problem *problem);

#endif
