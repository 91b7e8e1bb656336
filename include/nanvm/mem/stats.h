/**
 * @file
 * What a manager has in use.
 */
#ifndef NANVM_MEM_STATS_H
#define NANVM_MEM_STATS_H

#include <stdio.h>

#include <nanvm/mem/manager.h>

/**
 * @defgroup stats Statistics
 * @brief Live blocks and bytes, peaks, and how often a write had to clone.
 *
 * A manager counts only where that adds nothing to the fast path: a local manager
 * computes its numbers when it is asked. A number that a manager doesn't know is
 * #NANVM_STATS_UNKNOWN.
 *
 * Guide: @ref debugging.
 * @{
 */

/** The value of a number in a #nanvm_stats that isn't counted. */
#define NANVM_STATS_UNKNOWN SIZE_MAX

/** The version of #nanvm_stats that these headers describe. */
#define NANVM_STATS_VERSION 1

/** The numbers of one type of object. */
typedef struct nanvm_type_stats {
    const nanvm_type *type; /**< The type; `NULL` is raw memory. */
    size_t live_blocks;     /**< Objects alive. */
    size_t live_bytes;      /**< Their bytes, headers included. */
    size_t peak_blocks; /**< The most that were alive at once, or, in a local manager, up
                           to 15 more; for arrays the sum over their size classes, an
                           upper bound. */
} nanvm_type_stats;

/** The library calls it with the numbers of one type. `stats` is valid during the call
 *  only. The visitor may do anything but end the manager. */
typedef void nanvm_type_stats_visitor(const nanvm_type_stats *stats, void *context);

/** The numbers of a manager. New members are added at the end only. */
typedef struct nanvm_stats {
    size_t size;           /**< `sizeof(nanvm_stats)` of the caller. */
    uint32_t version;      /**< #NANVM_STATS_VERSION of the caller. */
    size_t live_blocks;    /**< Objects alive, and pieces of raw memory; an arena: those
                                created since the last reset. */
    size_t live_bytes;     /**< Their bytes, headers included. */
    size_t peak_bytes;     /**< The most bytes in use at once. A local manager gives
                                the sum of its types' peaks, which is an upper bound. */
    size_t reserved_bytes; /**< The bytes that the manager has for objects and raw
                                memory: from its source, or the buffer of an arena. */
    size_t clones;         /**< How often `to_mut_ref` or `make_mut` had to clone an
                                object into the manager. */
    nanvm_type_stats_visitor *each; /**< In: called for every type, or `NULL`. */
    void *context;                  /**< In: for `each`. */
} nanvm_stats;

NANVM_BEGIN_DECLS

/**
 * Fills in `*stats`. Set `size`, `version`, `each` and `context` first, or use
 * nanvm_stats_make(). Only the first `size` bytes are touched.
 *
 * @ownership none changes hands.
 * @errors none.
 * @threads as the manager says.
 * @cost local: O(types + chunks); arena: O(chunks); global: O(1).
 */
NANVM_API NANVM_NONNULL(1, 2) void nanvm_manager_stats(const nanvm_manager *manager,
                                                       nanvm_stats *stats);

/**
 * The numbers of `manager`, without those of the types.
 *
 * @ownership by value.
 * @errors none.
 * @threads as the manager says.
 * @cost as nanvm_manager_stats().
 */
NANVM_INLINE NANVM_NONNULL(1) nanvm_stats nanvm_stats_make(const nanvm_manager *manager);

/**
 * Writes the numbers of `manager` to `file`, as lines for a person.
 *
 * @ownership `file` stays the caller's.
 * @errors false if a write to `file` failed, this one or one before.
 * @threads as the manager says.
 * @cost as nanvm_manager_stats(), and the writing.
 */
NANVM_API NANVM_NONNULL(1, 2) bool nanvm_stats_print(const nanvm_manager *manager,
                                                     FILE *file);

/**
 * Writes the numbers of `manager` to `file`, as one JSON object on one line.
 * What isn't counted is `null`.
 *
 * @ownership `file` stays the caller's.
 * @errors false if a write to `file` failed, this one or one before.
 * @threads as the manager says.
 * @cost as nanvm_manager_stats(), and the writing.
 */
NANVM_API NANVM_NONNULL(1, 2) bool nanvm_stats_print_json(const nanvm_manager *manager,
                                                          FILE *file);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/stats.h>

#endif
