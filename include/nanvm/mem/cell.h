/**
 * @file
 * Variables that hold a reference, for any thread to load and store.
 */
#ifndef NANVM_MEM_CELL_H
#define NANVM_MEM_CELL_H

#include <nanvm/mem/ref.h>

/**
 * @defgroup cell Cell
 * @brief A variable that holds a reference, and that any thread loads and stores.
 *
 * Through a cell a value that changes is published: a configuration, a table of routes, a
 * version of a persistent tree. Readers load it and get a reference of their own, which
 * they may keep as long as they like; a writer stores the next value. A `nanvm_ref` in a
 * variable that threads share can't do that without a lock: between reading the variable
 * and cloning the reference another thread may drop the object.
 *
 * A cell holds a reference to an object that any thread may use: it is counted
 * atomically (objects of the global manager, of a shared local manager, or shared
 * later), or not at all (frozen objects, and those of an arena, which no
 * thread may use after a reset). What it refers to must be of that kind, too. Or it holds
 * the null handle: it is empty.
 *
 * No function here takes memory, and no thread waits for one that is descheduled in the
 * middle of a call, with two exceptions: a load waits while 512 other threads are in the
 * middle of one, in the same cell; and processors of 32 bits that can't change 64 bits
 * at once take a lock for a few instructions. Each operation may be repeated while other
 * threads change the cell, but then one of these has succeeded.
 *
 * What a thread did before it put an object into a cell happens before what another
 * thread does after it gets the object from there.
 *
 * While a counted object is in a cell, nanvm_ref_count() shows up to 1,024 references
 * more, which the cell hands out.
 *
 * Guide: @ref threads.
 * @{
 */

/**
 * A cell. Any thread that has its address may use it. Don't copy or move it; its member
 * is the library's. A load of a counted object writes to the cell: keep it apart, by a
 * cache line, from other data that many threads read.
 */
typedef struct nanvm_cell nanvm_cell;

NANVM_BEGIN_DECLS

/**
 * Makes `self` a cell that holds `ref`. For an empty cell outside of functions write
 * #NANVM_EMPTY_CELL; all bytes zero is an empty cell, too.
 *
 * @ownership consumes `ref`. `self` is the caller's memory; finalise it with
 *     nanvm_cell_deinit().
 * @errors stops the program if the object's count is plain or custom, if the object is
 *     dead, or if its address has more than 48 bits (which the system gives only to
 *     programs that ask for it) besides a tag in its highest byte.
 * @threads no other thread uses `self` yet.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_cell_init(nanvm_cell *self, nanvm_ref ref);

/**
 * A clone of the reference in the cell; the null handle if the cell is empty.
 *
 * @ownership the result is the caller's.
 * @errors none.
 * @threads any thread, at the same time as other functions but nanvm_cell_init() and
 *     nanvm_cell_deinit().
 * @cost one compare-and-exchange, and none where the object has no count: then threads
 *     that load don't disturb each other. Every 512th load takes two more atomic
 *     operations.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1) nanvm_ref nanvm_cell_load(nanvm_cell *self);

/**
 * Puts `ref`, which may be null, into the cell, and drops the reference that was there.
 * Threads that have loaded that reference keep theirs.
 *
 * The cell holds `ref` already when the other one is dropped: a `drop` callback may load
 * from the cell and store to it.
 *
 * @ownership consumes `ref`.
 * @errors as nanvm_cell_init().
 * @threads as nanvm_cell_load(). The old object may end in this thread.
 * @cost three atomic operations, and nanvm_ref_drop().
 */
NANVM_API NANVM_NONNULL(1) void nanvm_cell_store(nanvm_cell *self, nanvm_ref ref);

/**
 * Puts `ref`, which may be null, into the cell, and returns the reference that was there.
 *
 * @ownership consumes `ref`; the result is the caller's.
 * @errors as nanvm_cell_init().
 * @threads as nanvm_cell_load().
 * @cost three atomic operations.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1) nanvm_ref
    nanvm_cell_exchange(nanvm_cell *self, nanvm_ref ref);

/**
 * Puts `desired` into the cell if the cell holds the same object as `expected`, and drops
 * the reference that was there. So writers that race don't lose an update: load, make a
 * new object from what was loaded, and try; if another writer was faster, drop the new
 * object and begin again. While the caller has `expected`, its object isn't freed, and no
 * other object has its address.
 *
 * @return whether `desired` is in the cell.
 * @ownership consumes `desired` on success; otherwise it stays the caller's. `expected`
 *     always stays the caller's. Either may be null.
 * @errors as nanvm_cell_init(), but only if the cell holds `expected`.
 * @threads as nanvm_cell_store().
 * @cost three atomic operations and nanvm_ref_drop() on success. Otherwise a load, and
 *     rarely more.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1) bool nanvm_cell_compare_exchange(
    nanvm_cell *self, nanvm_ref expected, nanvm_ref desired);

/**
 * Drops the reference in the cell, which is empty then, and may be used again.
 *
 * @ownership `self` is the caller's memory again. References that were loaded stay valid.
 * @errors none.
 * @threads no other thread uses `self` any more, unless it is to find it empty.
 * @cost that of nanvm_cell_store().
 */
NANVM_API NANVM_NONNULL(1) void nanvm_cell_deinit(nanvm_cell *self);

NANVM_END_DECLS

/** Initialises a variable that is a cell to an empty one:
 *  `static nanvm_cell current = NANVM_EMPTY_CELL;`. */
#if defined(__cplusplus) && !defined(DOXYGEN)
#define NANVM_EMPTY_CELL                                                                 \
    {}
#else
#define NANVM_EMPTY_CELL                                                                 \
    { 0 }
#endif

/** @} */

#include <nanvm/mem/inline/cell.h>

#endif
