/**
 * @file
 * The only reference to an object.
 */
#ifndef NANVM_MEM_MUT_REF_H
#define NANVM_MEM_MUT_REF_H

#include <nanvm/mem/manager.h>

/**
 * @defgroup mut_ref MutRef
 * @brief The only reference to its object: reads, writes, can't be cloned.
 *
 * One pointer, to the object itself. A handle is a plain struct: copying it in
 * C doesn't make a second reference, and only one of the copies may be used. Nothing that
 * is written into the object may refer to it.
 *
 * Guide: @ref references.
 * @{
 */

NANVM_BEGIN_DECLS

/**
 * The null handle: it refers to no object. As an initialiser outside of functions write
 * #NANVM_NULL_HANDLE.
 *
 * @ownership by value; there is nothing to drop.
 * @errors none.
 * @threads any thread.
 * @cost none.
 */
NANVM_INLINE nanvm_mut_ref nanvm_mut_ref_null(void);

/**
 * Whether `self` is the null handle, as a `new` returns it when memory runs out.
 *
 * @ownership `self` stays the caller's.
 * @errors none.
 * @threads the thread that has `self`.
 * @cost none: a comparison.
 */
NANVM_INLINE bool nanvm_mut_ref_is_null(nanvm_mut_ref self);

/**
 * The object, to be read and written. `NULL` for a null handle.
 *
 * @ownership borrowed from `self`: valid until `self` is consumed or resized.
 * @errors none.
 * @threads the thread that has `self`.
 * @cost none.
 */
NANVM_INLINE void *nanvm_mut_ref_get(nanvm_mut_ref self);

/**
 * The number of items of an array; 0 for another object and for a null handle.
 *
 * @ownership `self` stays the caller's.
 * @errors none; a hardened build stops the program as nanvm_ref_length() does.
 * @threads the thread that has `self`.
 * @cost O(1): a call, and the loads of nanvm_ref_length().
 */
NANVM_API size_t nanvm_mut_ref_length(nanvm_mut_ref self);

/**
 * Gives up exclusive access. A null handle gives a null handle.
 *
 * @ownership consumes `self`; the result is the caller's.
 * @errors none.
 * @threads the thread that has `self`.
 * @cost none.
 */
NANVM_INLINE NANVM_NODISCARD nanvm_ref nanvm_mut_ref_to_ref(nanvm_mut_ref self);

/**
 * Drops the object and what only it refers to. A null handle is left alone. The `drop`
 * callbacks that run may do what #nanvm_type says, even with the managers of the objects
 * that end.
 *
 * @ownership consumes `self`.
 * @errors stops the program if `self` was dropped before (unless its memory was freed or
 *     reused), or was turned into a `Ref` that has been cloned since (if the count is
 *     plain or atomic).
 * @threads the thread that has `self`.
 * @cost O(objects that die + references in them); stack O(1).
 */
NANVM_INLINE void nanvm_mut_ref_drop(nanvm_mut_ref self);

/**
 * Frees an object without looking at its references: they were moved out, or none was
 * ever written. Does nothing for a null handle.
 *
 * @ownership takes `self`. References that are still in the object are never dropped.
 * @errors stops the program if the object has other references (an arena doesn't count
 *     them), or if its type has a `drop`.
 * @threads as nanvm_mut_ref_drop().
 * @cost O(1). Inline for a typed handle whose object lies in a pool.
 */
NANVM_INLINE void nanvm_mut_ref_discard(nanvm_mut_ref self);

/**
 * Hands `*self` over and leaves the null handle in its place.
 *
 * @ownership the result is the caller's.
 * @errors none.
 * @threads the thread that has `self`.
 * @cost none.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1) nanvm_mut_ref
    nanvm_mut_ref_move(nanvm_mut_ref *self);

/**
 * Gives an array `length` items: in place where there is room, else by moving
 * it into new memory of `manager`. New items are all zeros; references in items
 * that are cut off are dropped.
 *
 * The `drop` callbacks that run when items are cut off may do what #nanvm_type says, and
 * may use this array in any way: when the first of them runs, the array has its final
 * length and place, `*self` refers to it, its old memory has been freed, and all
 * references that are cut off have been released. They may resize, write, share or drop
 * the array, and free the memory in which `*self` lies: the function uses neither the
 * array nor `*self` any more. They may trim or end `manager`, and reset an arena.
 * Resetting the arena of the array makes `*self` invalid, like every handle into that
 * arena.
 *
 * @param[in,out] self the array.
 * @param manager where to move to; usually the one that created the array.
 * @param length items.
 * @return false on failure.
 * @ownership `*self` stays the caller's; on success the array may have another address.
 * @errors false if memory runs out, if the size overflows, if the object isn't
 *     an array and `length` isn't 0, or for a null handle: `*self` is untouched. Stops
 *     the program where nanvm_mut_ref_drop() does; the usual build doesn't check this
 *     when an array grows within its slot or chunk.
 * @threads the thread that has `self` and may use `manager`.
 * @cost O(items added or cut off), and O(size) when it moves. A local manager leaves room
 *     to grow, and the newest array of an arena grows in place. To append one by one to
 *     any other array, grow it by half as much again each time. Cutting items off fails
 *     for want of memory only in a manager of yours that has no `new_block`.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 2) bool nanvm_mut_ref_resize(
    nanvm_mut_ref *self, nanvm_manager *manager, size_t length);

/**
 * nanvm_mut_ref_resize() for callers that write the new items at once. If the array's
 * #nanvm_type says that items hold no references, the bytes of new items are in any
 * state; otherwise they are all zeros. Clearing bytes that are overwritten anyway would
 * take half of the time that a large array takes to grow.
 *
 * @return false on failure.
 * @ownership as nanvm_mut_ref_resize().
 * @errors as nanvm_mut_ref_resize().
 * @threads as nanvm_mut_ref_resize().
 * @cost as nanvm_mut_ref_resize(), without the clearing.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 2) bool nanvm_mut_ref_resize_unset(
    nanvm_mut_ref *self, nanvm_manager *manager, size_t length);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/mut_ref.h>

#endif
