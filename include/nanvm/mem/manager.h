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
 * one's source. A manager has no locks: one thread at a time may use it, unless it says
 * otherwise, as nanvm_global() and nanvm_global_plain() do. References to its objects may
 * outlive it, except references into an arena.
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
     * Returns memory for `layout`, or `NULL` when there is none. The library asks only
     * for valid layouts of at least 1 byte that are aligned to at least a pointer. It
     * calls `alloc` in the thread that creates or resizes an object or a piece of raw
     * memory; a debug build also in the thread that ends a local manager.
     */
    void *(*alloc)(nanvm_manager *self, nanvm_layout layout);

    /**
     * Resizes `memory`, which `alloc` returned for `layout`, to `size` bytes. Returns the
     * memory, which may have moved, with the same bytes and alignment; or returns `NULL`,
     * and leaves `memory` as it was. The library calls `resize` only for memory that the
     * manager's own dealloc frees. Optional: without it, memory is copied.
     */
    void *(*resize)(nanvm_manager *self, void *memory, nanvm_layout layout, size_t size);

    /**
     * Returns the address for a new object of `size` bytes, or `NULL`. `new_block` writes
     * the header by #nanvm_block_init; the object's bytes may be in any state. The
     * address is aligned as the type says, and at least to a word; in a hardened build at
     * least to 8 bytes. With `new_block` a manager arranges its blocks itself: for
     * example, many blocks may share an origin. The manager's dealloc must have
     * `free_block`, and can't use #NANVM_COUNT_CUSTOM: blocks that share an origin have
     * no word for a custom count. Optional: without `new_block` each block has its own
     * origin and comes from `alloc`.
     */
    void *(*new_block)(nanvm_manager *self, const nanvm_type *type, size_t size);

    /**
     * Resizes `object` from `old_size` bytes to `size`. Returns the object, which may
     * have moved together with its block; or returns `NULL`, and leaves `object` as it
     * was. For an object of another manager it returns `NULL`. Optional, and called only
     * if the manager has `new_block`.
     */
    void *(*resize_block)(nanvm_manager *self, void *object, size_t old_size,
                          size_t size);

    /** Fills in what the manager knows of itself; see #nanvm_stats. Optional. */
    void (*stats)(const nanvm_manager *self, struct nanvm_stats *stats);
} nanvm_manager_table;

/** The first member of a manager's own state. Members that aren't needed are zero. */
struct nanvm_manager {
    const nanvm_manager_table *table; /**< Its functions; never `NULL`. */
    nanvm_dealloc *dealloc; /**< Frees what `alloc` returned: raw memory, and blocks
                                 that the library makes if there is no `new_block`. */
    size_t clones;          /**< How often `to_mut_ref` or `make_mut` had to clone into
                                 this manager. Changed atomically, except by inline
                                 functions if the manager has `slots`, and so belongs
                                 to one thread. */
    nanvm_slots **slots;    /**< Free slots of a local manager or an arena, by type.
                                 If a type has no items, nanvm_new(), nanvm_new_copy(),
                                 nanvm_new_unset(), and typed handles that copy a
                                 shared struct inline, look here before they call
                                 `new_block`. `NULL` in any other manager. If you copy
                                 this struct and give the copy another table, set the
                                 copy's `slots` to `NULL`. */
};

/**
 * Writes an object into `object`, which is zero-filled and has `length` items. Returns
 * false to give up: the library then frees the memory, and drops the references that the
 * callback has written so far. The object's own `drop` isn't called. A C++ exception has
 * the same effect, and propagates: see @ref objects_leaving.
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
 * The caller has to write all references in the object (null will do), and all bytes that
 * the callbacks of its type read, before anything else is done with the object. Until
 * then the caller may only write the object, or free it by nanvm_mut_ref_discard(). The
 * object may not be dropped, shared, resized, cloned or visited, and the arena that it
 * lies in may not be reset. Other objects may be created and dropped meanwhile. A debug
 * build fills the bytes with 0xa5, which is no valid reference on most machines; memcheck
 * and MemorySanitizer report reads of bytes that weren't written.
 *
 * @ownership the caller's, as nanvm_new().
 * @errors null handle, see above.
 * @threads as the manager says.
 * @cost the manager's allocation. Inlined as nanvm_new() is.
 */
NANVM_INLINE NANVM_NODISCARD NANVM_NONNULL(1, 2) nanvm_mut_ref
    nanvm_new_unset(nanvm_manager *manager, const nanvm_type *type);

/**
 * An array of `length` items. The bytes of its fixed part and of its items are in any
 * state, and the rules of nanvm_new_unset() apply.
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
 * @ownership the new object is the caller's, and owns what `construct` put in it. When
 *     `construct` returns false, the library drops the references that were written by
 *     then; `construct` has to release anything else that it acquired.
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
 *  - **Shrinking** to any size never fails in the global manager, a local manager or an
 *    arena. A manager of yours may refuse.
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
 * @errors `NULL` if there is no memory or the size is too large; then `memory` is as it
 *     was. A hardened or debug build stops the program in the cases that
 *     nanvm_manager_dealloc() names. In any build a local manager stops it if a large
 *     piece isn't one of its own.
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
 * @errors none. A hardened or debug build stops the program if `manager` didn't hand
 *     `memory` out with this layout, or has it back already. In any build a local manager
 *     stops it if a large piece isn't one of its own, or if a small piece is given back
 *     twice in a row. A piece is large if it has more than 4 KiB or is aligned to more
 *     than 16 bytes; in a hardened build, and under a sanitizer, every piece is.
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
