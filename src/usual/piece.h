/* Pieces of raw memory for users: in this build, exactly what the manager hands out. The
 * hardened build has the other half of this interface, which puts a checksum in front of
 * each piece. */
#ifndef NANVM_PIECE_H
#define NANVM_PIECE_H

#include "internal.h"

static inline void *nanvm_piece_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return nanvm_memory_alloc(manager, layout);
}

static inline void *nanvm_piece_resize(nanvm_manager *manager, void *memory,
                                       nanvm_layout layout, size_t size) {
    return nanvm_memory_resize(manager, memory, layout, size);
}

static inline void nanvm_piece_dealloc(nanvm_manager *manager, void *memory,
                                       nanvm_layout layout) {
    nanvm_memory_dealloc(manager, memory, layout);
}

#endif
