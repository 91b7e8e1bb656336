/**
 * @file
 * Where memory comes from, and how objects are created in it.
 */
#ifndef NANVM_MEM_MANAGER_H
#define NANVM_MEM_MANAGER_H

#include <nanvm/mem/block.h>
#include <nanvm/mem/inline/slots.h>

/**
 * @defgroup manager Manager
 * @brief Creates blocks, and hands out raw memory.
 *
 * A manager is borrowed only for the calls that it is passed to, unless it is another
 * one's source. It has plain fields and no locks, and references may outlive it, except
 * those into an arena.
 *
 * Guide: @ref managers, @ref writing_a_manager.
 * @{
 */

typedef struct nanvm_manager nanvm_manager;
struct nanvm_stats;

/** The functions of a manager. Only `alloc` is needed. They are called in the middle of
 *  the library's work. So if one of them drops references, callbacks that run then may
 *  neither create objects in a manager that takes its memory from this one, nor use an
 *  array that is being resized. Callbacks that run because a #nanvm_dealloc drops
 *  references have fewer restrictions: see nanvm_dealloc_table::dealloc. */
typedef struct nanvm_manager_table {
    /**
     * Returns memory for `layout`, or `NULL` when there is none. The core asks
     * only for valid layouts, of at least 1 byte, aligned to at least a
     * pointer. Called from the thread that creates an object.
     */
    void *(*alloc)(nanvm_manager *self, nanvm_layout layout);

    /**
     * Resizes `memory`, which `alloc` returned for `layout`, to `size` bytes. Returns the
     * memory, which may have moved, with the same bytes and alignment; or returns `NULL`,
     * and leaves `memory` as it was. The core calls it only for memory that the manager's
     * own dealloc frees. Optional: without it, memory is copied.
     */
    void *(*resize)(nanvm_manager *self, void *memory, nanvm_layout layout, size_t size);

    /**
     * Returns the address for a new object of `size` bytes, its header written by
     * #nanvm_block_init and its bytes in any state, or `NULL`. The address is aligned as
     * the type says, and at least to a word; in a hardened build at least to 8 bytes. For
     * managers that share an origin among blocks. Their dealloc must have `free_block`,
     * and can't use #NANVM_COUNT_CUSTOM: blocks that share an origin have no word for a
     * custom count. Optional: without `new_block` each block has its own origin and comes
     * from `alloc`.
     */
    void *(*new_block)(nanvm_manager *self, const nanvm_type *type, size_t size);

    /**
     * Resizes `object` from `old_size` bytes to `size`. Returns the object, which may
     * have moved together with its block; or returns `NULL`, and leaves `object` as it
     * was. For an object of another manager it returns `NULL`. Goes with `new_block`.
     * Optional.
     */
    void *(*resize_block)(nanvm_manager *self, void *object, size_t old_size,
                          size_t size);

    /** Fills in what the manager knows of itself; see #nanvm_stats. Optional. */
    void (*stats)(const nanvm_manager *self, struct nanvm_stats *stats);
} nanvm_manager_table;

/** The first member of a manager's own state. Members that aren't needed are zero. */
struct nanvm_manager {
    const nanvm_manager_table *table; /**< Its functions; never `NULL`. */
    nanvm_dealloc *dealloc; /**< Frees what `alloc` returned, and the blocks in it. */
    size_t clones;          /**< How often `to_mut_ref` or `make_mut` had to clone into
                                 this manager; changed atomically, unless the manager
                                 has `slots` and so belongs to one thread. */
    nanvm_slots **slots;    /**< Free slots of a local manager or an arena, by type.
                                 Functions that create objects look here before they
                                 call `new_block`. `NULL` in any other manager. If you
                                 copy this struct and give the copy another table, set
                                 the copy's `slots` to `NULL`. */
};

/**
 * Writes an object into `object`, which is zero-filled and has `length` items.
 * Returns false to give up: the memory is freed, and the references it has written by
 * then are dropped. The object's own `drop` isn't called. A C++ exception has the same
 * effect, and propagates: see @ref objects_leaving.
 *
 * It may do what any callback may, see #nanvm_type: among other things create objects in
 * the same manager, and trim or end a local manager, which the new object outlives. The
 * object itself isn't alive yet: it may be written, but no reference to it may be used;
 * and the arena that it lies in may not be reset.
 */
typedef bool nanvm_construct(void *object, size_t length, void *context);

NANVM_BEGIN_DECLS

/** @name Creating objects
 *  All of them return the only reference to a new object. They return the null handle,
 *  and change nothing, if memory runs out or if nanvm_type_size() fails: the size
 *  overflows, the alignment isn't a power of two, or a type without items is given a
 *  length.
 *  @{ */

/**
 * An object that is all zeros; an array has no items.
 *
 * @ownership the caller's. `manager` is borrowed for the call; `type` must
 *     outlive the new object.
 * @errors null handle, see above.
 * @threads as the manager says.
 * @cost the manager's allocation, and clearing the object. Inlined for a type that the
 *     compiler knows: about 22 instructions on x86-64, 170 bytes.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_new(nanvm_manager *manager, const nanvm_type *type);

/**
 * An object whose fixed part is a copy of `*value`, `type->size` bytes.
 *
 * @ownership the new object is the caller's, and takes over the references
 *     in `*value` and whatever else it owns; on failure they stay with the caller.
 * @errors null handle, see above.
 * @threads as the manager says.
 * @cost the manager's allocation, and copying the value. Inlined as nanvm_new() is.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_new_copy(nanvm_manager *manager, const nanvm_type *type, const void *value);

/**
 * An array of `length` items, copied from `items`, or all zeros where `items`
 * is `NULL`. The fixed part is all zeros.
 *
 * @ownership the new object is the caller's, and takes over the references in
 *     `items`; on failure they stay with the caller.
 * @errors null handle, see above.
 * @threads as the manager says.
 * @cost the manager's allocation, and copying or clearing the items.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_new_array(nanvm_manager *manager, const nanvm_type *type, const void *items,
                    size_t length);

/**
 * An object whose bytes are in any state: for a caller that writes them at once. An array
 * has no items.
 *
 * Before anything else is done with the object, all references in it have to be written,
 * or set to null, and so has all that its type's callbacks read. Until then it may only
 * be written, and freed by nanvm_mut_ref_discard(): it may not be dropped, shared,
 * resized, cloned or visited, and its arena not be reset. Other objects may be created
 * and dropped meanwhile. A debug build fills the bytes with 0xa5, which is no valid
 * reference on most machines; memcheck and MemorySanitizer report reads of bytes that
 * weren't written.
 *
 * @ownership the caller's, as nanvm_new().
 * @errors null handle, see above.
 * @threads as the manager says.
 * @cost the manager's allocation. Inlined as nanvm_new() is.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_new_unset(nanvm_manager *manager, const nanvm_type *type);

/**
 * An array of `length` items; the bytes of its fixed part and of its items are in any
 * state, with all that nanvm_new_unset() says.
 *
 * @ownership the caller's.
 * @errors null handle, see above.
 * @threads as the manager says.
 * @cost the manager's allocation.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_new_array_unset(nanvm_manager *manager, const nanvm_type *type, size_t length);

/**
 * An object that `construct` writes in place, see #nanvm_construct. If `construct` gives
 * up, the object is freed first; then the `drop` callbacks run for what it referred to.
 *
 * @ownership the new object is the caller's, and owns what `construct` put in
 *     it. When `construct` returns false, the references it wrote are dropped;
 *     anything else it acquired is its own to let go of.
 * @errors null handle, see above, and when `construct` returns false.
 * @threads as the manager says.
 * @cost the manager's allocation, clearing the object, and `construct`.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1, 2, 4) nanvm_mut_ref
    nanvm_new_with(nanvm_manager *manager, const nanvm_type *type, size_t length,
                   nanvm_construct *construct, void *context);
/** @} */

/** @name Raw memory
 *  Memory without a header, so that a manager can serve another library.
 *
 *  - **Alignment.** A piece is aligned as its layout asks, and at least to a pointer,
 *    even for a layout `{n, 1}`, whatever `n` is.
 *  - **Size.** 0 bytes are served as 1: the piece has an address of its own, and must be
 *    given back like any other.
 *  - **Lifetime.** A piece of the global manager lives until it is given back. So does a
 *    piece of a local manager, which may outlive nanvm_local_deinit(): the same
 *    #nanvm_local still resizes it and takes it back, and must stay where it is until
 *    then. A piece of an arena lives until the next reset, or until it is given back.
 *  - **Shrinking** to any size never fails in the three managers. A manager of yours may
 *    refuse.
 *  @{ */

/**
 * Memory of `layout`, in any state.
 *
 * @ownership the caller's, until nanvm_manager_dealloc() with the same layout.
 * @errors `NULL` if there is no memory, or if `layout` is invalid.
 * @threads as the manager says.
 * @cost the manager's.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1) void *nanvm_manager_alloc(
    nanvm_manager *manager, nanvm_layout layout);

/**
 * Makes `memory` `size` bytes large; it may move. Bytes beyond the old size are in any
 * state. If `memory` is `NULL`, a new piece is allocated. A `size` of 0 doesn't free: the
 * piece then has the layout `{0, layout.align}`.
 *
 * @ownership on success `memory` is gone, and the caller owns what is returned.
 * @errors `NULL` if there is no memory or the size is too large; then `memory`
 *     is as it was. A hardened or
 *     debug build stops the program as nanvm_manager_dealloc() does.
 * @threads as the manager says.
 * @cost the manager's; at the worst a new piece and a copy.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1) void *nanvm_manager_resize(
    nanvm_manager *manager, void *memory, nanvm_layout layout, size_t size);

/**
 * Gives `memory` back, which nanvm_manager_alloc() or nanvm_manager_resize() returned.
 *
 * @param manager the manager it came from.
 * @param memory  may be `NULL`: then nothing happens.
 * @param layout  what was asked for last.
 * @ownership `memory` is gone.
 * @errors none. If `manager` didn't hand `memory` out with this layout, or has it back
 *     already, a hardened or debug build stops the program. So does a local manager in
 *     any build, if the piece is larger than 1 KiB.
 * @threads as the manager says.
 * @cost the manager's.
 */
NANVM_API NANVM_NONNULL(1) void nanvm_manager_dealloc(nanvm_manager *manager,
                                                      void *memory, nanvm_layout layout);
/** @} */

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/new.h>

#endif
