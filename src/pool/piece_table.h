/* Pieces of raw memory that came from the source one by one: a table with open addressing
 * and linear probing, by address (Knuth, TAOCP 3, 6.4, algorithms L and R). It is there
 * so that a manager can give back all of its raw memory at once. It isn't a list with
 * links in front of the pieces: a link in front of a piece that is aligned to megabytes
 * would take megabytes. */
#ifndef NANVM_PIECE_TABLE_H
#define NANVM_PIECE_TABLE_H

#include "pool/pool.h"

typedef struct nanvm_large_piece {
    void *memory; /* NULL: an empty entry */
    nanvm_layout layout;
} nanvm_large_piece;

typedef struct nanvm_piece_table {
    nanvm_large_piece *entries;
    size_t length;  /* of these, a power of two, or 0; at most half are in use */
    uint32_t shift; /* a hash, shifted right by so many bits, is the index */
    size_t used;
} nanvm_piece_table;

/* Makes room for one more piece; false if memory runs out. */
bool nanvm_piece_table_reserve(nanvm_piece_table *self, nanvm_manager *source);

/* Adds a piece, for which there is room. */
void nanvm_piece_table_add(nanvm_piece_table *self, nanvm_large_piece piece);

/* Takes the piece at `memory` out of the table, and returns it. If there is none, the
 * result's `memory` is NULL. */
nanvm_large_piece nanvm_piece_table_take(nanvm_piece_table *self, const void *memory);

/* Gives back all pieces of `pool`, and the table's own memory. */
void nanvm_piece_table_free_all(nanvm_piece_table *self, nanvm_pool *pool);

#endif
