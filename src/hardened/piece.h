/* Pieces of raw memory that users are given: each with a checksum in front. usual/piece.h
 * is the other half of this interface. */
#ifndef NANVM_PIECE_H
#define NANVM_PIECE_H

#include "internal.h"

void *nanvm_piece_alloc(nanvm_manager *manager, nanvm_layout layout);

/* `memory` isn't NULL. Both stop the program if the manager didn't hand it out with that
 * layout. */
void *nanvm_piece_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                         size_t size);
void nanvm_piece_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout);

#endif
