/**
 * @file
 * The manager that frees everything at once.
 */
#ifndef NANVM_MEM_ARENA_H
#define NANVM_MEM_ARENA_H

#include <nanvm/mem/manager.h>

/**
 * @defgroup arena Arena
 * @brief Build, use, and let go of everything at once.
 *
 * Objects lie one behind the other in a buffer of the caller's, or in chunks
 * from another manager. References aren't counted: dropping one does nothing,
 * and every object looks shared, so nanvm_ref_to_mut_ref() always clones.
 * After nanvm_arena_reset() no reference into the arena may be used.
 *
 * Guide: @ref managers.
 * @{
 */

/** An arena: `nanvm_arena arena;`. Its members are private. It can't be moved or
 *  copied. */
typedef struct nanvm_arena nanvm_arena;

NANVM_BEGIN_DECLS

/**
 * Makes `self` an arena of `size` bytes at `buffer`. The buffer needs no
 * alignment; what alignment costs comes out of `size`.
 *
 * A sanitizer is told which bytes of the buffer are in use, and that some bytes between
 * objects aren't. So under a sanitizer fewer objects have room, and nobody else may touch
 * the buffer before nanvm_arena_deinit().
 *
 * @ownership `buffer` stays the caller's and must outlive every object in it. Call
 *     nanvm_arena_deinit() before the buffer is freed or used for anything else. An arena
 *     can't be moved or copied, because both the arena and its objects hold its address.
 * @errors none; a small buffer is full early.
 * @threads the arena belongs to one thread at a time. Its objects can be read
 *     from any thread.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_arena_init(nanvm_arena *self, void *buffer,
                                                 size_t size);

/**
 * Makes `self` an arena that grows, in chunks that it takes from `source`.
 *
 * Chunks double, from 4 KiB to 1 MiB. Once 4 MiB are in use, each chunk has 2 MiB and
 * asks for huge pages. An object or a piece of more than 256 KiB for which there is no
 * room gets a chunk of its own, and smaller ones go on using the chunk before. A piece or
 * array that is alone in its chunk, as large ones are, grows together with the chunk: the
 * arena asks `source` to resize the chunk. If `source` can resize in place, as
 * nanvm_global() often can, nothing is copied.
 *
 * @ownership `source` must outlive `self`. Call nanvm_arena_deinit() in the end. Like any
 *     arena it can't be moved or copied.
 * @errors none; it allocates nothing yet.
 * @threads as nanvm_arena_init(), and as `source` says.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1, 2) void nanvm_arena_init_growing(nanvm_arena *self,
                                                            nanvm_manager *source);

/**
 * Declares that the objects of this arena refer only into it: a reset then doesn't
 * release references, and takes O(chunks + objects that have a `drop`). `drop` callbacks
 * still run. Call it before the first object is created. In debug builds of the library,
 * reset stops the program if an object refers elsewhere.
 *
 * @ownership none changes hands.
 * @errors stops the program if the arena has objects already.
 * @threads the arena's.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_arena_assume_self_contained(nanvm_arena *self);

/**
 * Lets go of all objects: runs their `drop`, drops the references that they hold into
 * other managers, and starts anew. A growing arena keeps the chunks that were in use, for
 * new objects, and gives back the others. So it holds no more than was in use before the
 * reset, and a second reset in a row gives everything back. When the source has no memory
 * for a larger chunk, the arena gives back the kept ones and asks once more.
 *
 * Inside a callback a reset is allowed only if no object outside refers into the arena,
 * not even one that was dropped and waits for its turn to end. If a `drop` resets an
 * arena, the reset may drop the last reference to an object of another manager. The
 * library may delay the end of that object until the `drop` has returned.
 *
 * The callbacks that a reset runs may do what #nanvm_type says, and use the arena: create
 * objects in it, resize and drop these, and take raw memory. The reset works in rounds:
 * objects that the callbacks of one round create are let go of in the next, so no
 * reference to them may outlast the reset. A `drop` that always creates another object
 * with such a `drop` keeps the reset from ending. In a callback that a reset runs,
 * resetting or ending the arena does nothing.
 *
 * All `drop` callbacks of a round run before the references of its objects are dropped.
 * So the `drop` of an object may read the other objects of its round, but may not change,
 * resize or clone them: their own `drop` may have run already. No other `drop` may
 * read the objects of a round: neither the `drop` of an object outside the arena, nor
 * that of an object of a later round.
 *
 * @ownership every reference into the arena is invalid from now on.
 * @errors a debug build of the library stops the program if an object of a self-contained
 *     arena refers elsewhere. A hardened build stops it if a `drop` was left by longjmp.
 * @threads the arena's; no thread may be using its objects.
 * @cost O(chunks + objects that hold references or have a `drop`); for a
 *     self-contained one O(chunks + objects that have a `drop`). In a hardened build also
 *     O(bytes that were in use), which are cleared.
 */
NANVM_API NANVM_NONNULL(1) void nanvm_arena_reset(nanvm_arena *self);

/**
 * Resets the arena, with callbacks as nanvm_arena_reset() says, and gives its chunks
 * back. It can be called twice; a call while the arena lets go of its objects does
 * nothing. If the source's dealloc drops references, here or at a reset, the callbacks of
 * these drops run only when the arena is empty.
 *
 * @ownership `self` and its buffer are the caller's memory again.
 * @errors as nanvm_arena_reset().
 * @threads the arena's.
 * @cost as nanvm_arena_reset().
 */
NANVM_API NANVM_NONNULL(1) void nanvm_arena_deinit(nanvm_arena *self);

/**
 * The manager to create objects in.
 *
 * @ownership borrowed from `self`.
 * @errors none.
 * @threads the arena's.
 * @cost none.
 */
NANVM_INLINE NANVM_RETURNS_NONNULL NANVM_NONNULL(1)
    nanvm_manager *nanvm_arena_manager(nanvm_arena *self);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/arena.h>

#endif
