/* The inline function that asks for the numbers. A part of <nanvm/mem/stats.h>. */
#ifndef NANVM_MEM_INLINE_STATS_H
#define NANVM_MEM_INLINE_STATS_H

#include <string.h>

NANVM_BEGIN_DECLS

NANVM_INLINE nanvm_stats nanvm_stats_make(const nanvm_manager *manager) {
    nanvm_stats stats;
    memset(&stats, 0, sizeof(stats));
    stats.size = sizeof(stats);
    stats.version = NANVM_STATS_VERSION;
    nanvm_manager_stats(manager, &stats);
    return stats;
}

NANVM_END_DECLS

#endif
