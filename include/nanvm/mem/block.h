/**
 * @file
 * What lies in front of an object: header, length and origin.
 */
#ifndef NANVM_MEM_BLOCK_H
#define NANVM_MEM_BLOCK_H

#include <nanvm/mem/dealloc.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <intrin.h>
#endif

/**
 * @defgroup block Block
 * @brief A header followed by an object.
 *
 * Only who writes a manager with its own arrangement of blocks needs this
 * group; everyone else reads it for the picture.
 *
 * Guide: @ref block_layout.
 * @{
 */

/** A block's origin: what the blocks that point at it hold, and who counts
 *  and frees them. Blocks of one type and dealloc can share it. */
typedef struct nanvm_origin {
    const nanvm_object *object; /**< The type of the object. */
    nanvm_dealloc *dealloc;     /**< Counts and frees. */
} nanvm_origin;

/** The 8 bytes in front of every object. */
typedef struct nanvm_header {
    int32_t count;   /**< Below 0: not a plain count. See #nanvm_count. */
    uint32_t origin; /**< Distance back to the #nanvm_origin, in words. */
} nanvm_header;

NANVM_STATIC_ASSERT(sizeof(nanvm_header) == 8, "a header takes 8 bytes");

NANVM_BEGIN_DECLS

/**
 * The header of `object`.
 *
 * @ownership borrowed: a part of the block.
 * @errors none.
 * @threads any thread.
 * @cost none: a subtraction.
 */
NANVM_INLINE NANVM_RETURNS_NONNULL nanvm_header *nanvm_block_header(const void *object) {
    return (nanvm_header *)((uintptr_t)object - sizeof(nanvm_header));
}

/**
 * The origin of `object`.
 *
 * @ownership borrowed: it lives as long as the block.
 * @errors none.
 * @threads any thread.
 * @cost one load.
 */
NANVM_INLINE NANVM_RETURNS_NONNULL nanvm_origin *nanvm_block_origin(const void *object) {
    nanvm_header *header = nanvm_block_header(object);
    return (nanvm_origin *)((uintptr_t)header -
                            (uintptr_t)header->origin * sizeof(void *));
}

/**
 * The count word of `object`, read once. Another thread may be changing it, so
 * it is a relaxed atomic load, which is an ordinary load to every processor.
 *
 * @ownership none changes hands.
 * @errors none.
 * @threads any thread that has a reference to `object`.
 * @cost one load.
 */
NANVM_INLINE int32_t nanvm_block_count(const void *object) {
#if defined(__GNUC__)
    return __atomic_load_n(&nanvm_block_header(object)->count, __ATOMIC_RELAXED);
#else
    return *(volatile const int32_t *)&nanvm_block_header(object)->count;
#endif
}

/** @cond INTERNAL */
/* Half as far as atomic counts go: threads that look late can't carry a count from here
 * to where it sticks. */
enum { NANVM_COUNT_ATOMIC_INLINE = -0x20000000 };

/* One more reference, if `count`, the last look at it, says that the count is atomic and
 * far from its limit. (A clone and a drop take 6 % less time than with a call. What is
 * left beyond a hand-written atomic count is the look itself: right after an atomic
 * update of the same word it waits until that is through.) */
NANVM_INLINE bool nanvm_block_add_atomic(const void *object, int32_t count) {
#if defined(__GNUC__)
    if (count < 0 && count >= NANVM_COUNT_ATOMIC_INLINE) {
        (void)__atomic_fetch_sub(&nanvm_block_header(object)->count, 1, __ATOMIC_RELAXED);
        return true;
    }
#else
    (void)object;
    (void)count;
#endif
    return false;
}
/** @endcond */

/**
 * How many bytes a block of `object` needs in front of the object, at the
 * least: the header, the length of an array, and a link for a type with
 * callbacks. For a manager's own `new_block`.
 *
 * @ownership none changes hands.
 * @errors none.
 * @threads any thread.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) size_t nanvm_block_prefix(const nanvm_object *object);

/**
 * Writes the header of a new block: at `object`, with `origin`, counted as the
 * origin's dealloc says.
 *
 * @pre `origin` lies in front of the block's prefix, in the same piece of
 *     memory, at most 2^32 - 1 words away.
 * @ownership the memory stays the caller's; `origin` must outlive the block.
 * @errors none.
 * @threads the thread that owns the memory.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1, 2) void nanvm_block_init(void *object, nanvm_origin *origin);

NANVM_END_DECLS

/** @} */

#endif
