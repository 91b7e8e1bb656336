/* A picture of two versions and what they share, drawn by Graphviz. */
#ifndef HISTORY_SVG_H
#define HISTORY_SVG_H

#include "history.h"

/* Draws versions `a` and `b`, counted from 0, into the file at `path`. What only
 * one of them has is drawn first, then as much of the rest as is easy to read. */
bool svg_draw(struct history *history, size_t a, size_t b, const char *path,
              struct problem *problem);

#endif
