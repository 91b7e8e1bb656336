/**
 * @file
 * What lies in front of an object: header, length and origin.
 */
#ifndef NANVM_MEM_BLOCK_H
#define NANVM_MEM_BLOCK_H

#include <nanvm/mem/dealloc.h>

/**
 * @defgroup block Block
 * @brief A header followed by an object.
 *
 * Only authors of managers with their own arrangement of blocks need these functions. To
 * anyone else this group shows what a block is made of.
 *
 * Guide: @ref block_layout.
 * @{
 */

/** A block's origin: the type of the objects in the blocks that point at it, and the
 *  dealloc that counts and frees them. Blocks of one type and dealloc can share it. To
 *  make one of your own, write all of it:
 *  `*origin = (nanvm_origin){.type = ..., .dealloc = ...}`. */
typedef struct nanvm_origin {
    const nanvm_type *type; /**< The type of the object. */
    nanvm_dealloc *dealloc; /**< Counts and frees. */
    /* two halves, since an origin may be aligned to a word only */
    NANVM_INTEGRITY(uint32_t checksum[2];)
} nanvm_origin;

/** The 8 bytes in front of every object; 16 in a hardened build. */
typedef struct nanvm_header {
    nanvm_count_word count; /**< Below 0: not a plain count. See #nanvm_count. */
    uint32_t origin;        /**< Distance back to the #nanvm_origin, in words. */
    NANVM_INTEGRITY(uint32_t origin_checksum;)
} nanvm_header;

NANVM_BEGIN_DECLS

/**
 * The header of `object`.
 *
 * @ownership borrowed: a part of the block.
 * @errors none.
 * @threads any thread.
 * @cost none: a subtraction.
 */
NANVM_INLINE NANVM_RETURNS_NONNULL nanvm_header *nanvm_block_header(const void *object);

/**
 * The origin of `object`.
 *
 * @ownership borrowed: it lives as long as the block.
 * @errors none. A hardened build stops the program if the header or the origin isn't as
 *     the library wrote it.
 * @threads any thread.
 * @cost one load.
 */
NANVM_INLINE NANVM_RETURNS_NONNULL nanvm_origin *nanvm_block_origin(const void *object);

/**
 * The count of `object`, read once; another thread may be changing it.
 *
 * @ownership none changes hands.
 * @errors none; a hardened build stops the program if it isn't as the library wrote it.
 * @threads any thread that has a reference to `object`.
 * @cost one load.
 */
NANVM_INLINE int32_t nanvm_block_count(const void *object);

/**
 * How many bytes a block of `type` needs in front of the object, at the
 * least: the header, the length of an array, and a link for a type with a `drop`, a
 * `visit` or a `visit_item`. It is for the `new_block` of a manager of yours. These bytes
 * hold words, so the object behind them has to be aligned to a word at the least, and in
 * a hardened build to 8 bytes.
 *
 * @ownership none changes hands.
 * @errors none.
 * @threads any thread.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) size_t nanvm_block_prefix(const nanvm_type *type);

/**
 * Writes the header of a new block, in front of `object`: the header leads to `origin`,
 * and its count starts as the origin's dealloc says. A hardened build also writes the
 * checksum of `origin`, unless it has one.
 *
 * @pre `origin` lies in front of the block's prefix, in the same piece of
 *     memory, at most 2^32 - 1 words away. All members of `origin` were written. `object`
 *     is aligned as its type says, and as nanvm_block_prefix() says.
 * @ownership the memory stays the caller's; `origin` must outlive the block.
 * @errors none.
 * @threads the thread that owns the memory. Only the call for the first block of `origin`
 *     may write to it (its checksum), so make that call before other threads use
 *     `origin`.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1, 2) void nanvm_block_init(void *object, nanvm_origin *origin);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/block.h>

#endif
