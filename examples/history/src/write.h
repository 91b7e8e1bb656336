/* Values to JSON text. */
#ifndef HISTORY_WRITE_H
#define HISTORY_WRITE_H

#include "buffer.h"
#include "value.h"

enum write_style { WRITE_COMPACT, WRITE_INDENTED };

/* Appends `self` to `out`; false when memory runs out. */
bool write_value(struct buffer *out, value self, enum write_style style);

/* Appends `text` in quotes. */
bool write_string(struct buffer *out, struct text text);

#endif
