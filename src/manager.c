/* What a program asks of a manager besides objects: raw memory, and statistics. */
#include <string.h>

#include "piece.h"

void *nanvm_manager_alloc(nanvm_manager *manager, nanvm_layout layout) {
    return nanvm_piece_alloc(manager, layout);
}

void *nanvm_manager_resize(nanvm_manager *manager, void *memory, nanvm_layout layout,
                           size_t size) {
    return memory == NULL
               ? nanvm_piece_alloc(manager, nanvm_layout_make(size, layout.align))
               : nanvm_piece_resize(manager, memory, layout, size);
}

void nanvm_manager_dealloc(nanvm_manager *manager, void *memory, nanvm_layout layout) {
    if (memory != NULL) {
        nanvm_piece_dealloc(manager, memory, layout);
    }
}

/* A caller of an older version has a smaller struct, and gets the members that it has. */
void nanvm_manager_stats(const nanvm_manager *manager, nanvm_stats *stats) {
    size_t known = stats->size < sizeof(*stats) ? stats->size : sizeof(*stats);
    nanvm_stats full = {0};
    memcpy(&full, stats, known);
    full.live_blocks = full.live_bytes = NANVM_STATS_UNKNOWN;
    full.peak_bytes = full.reserved_bytes = NANVM_STATS_UNKNOWN;
    full.clones = nanvm_atomic_read_relaxed(&manager->clones);
    if (manager->table->stats != NULL) {
        manager->table->stats(manager, &full);
    }
    memcpy(stats, &full, known);
}
