/**
 * @file
 * The manager with a pool for each type: plain, for one thread; or shared.
 */
#ifndef NANVM_MEM_LOCAL_H
#define NANVM_MEM_LOCAL_H

#include <nanvm/mem/manager.h>

/**
 * @defgroup local Local manager
 * @brief A pool for each type; plain counts, or objects that any thread may use.
 *
 * Small objects of one type and size lie side by side in chunks, and each object of more
 * than about 2 KiB has a chunk of its own. The place of a dropped object (its slot) goes
 * to another object of the type, until a trim gives the chunk back. References may
 * outlive the manager: each pool frees its memory with its last object.
 *
 * A local manager takes its memory from another manager, its source. If the source has
 * none, the local manager gives back what nanvm_local_trim() would and asks once more. A
 * null handle means that this wasn't enough.
 *
 * A **plain** local manager and all references to its objects belong to one thread at a
 * time: counting takes no atomic operation. A **shared** one (nanvm_local_init_shared())
 * belongs to one thread at a time, too, but any thread may read, clone and drop
 * references to its objects.
 *
 * It also gives back memory without being asked: chunks of a type that stayed empty while
 * many objects were created, see @ref managers_give_back. A hardened build doesn't, nor
 * does a manager whose source is an arena.
 *
 * Guide: @ref managers, @ref debugging.
 * @{
 */

/** A local manager: `nanvm_local local;`, to be initialised by nanvm_local_init() or
 *  a function like it, or by #NANVM_LOCAL_INIT. Its members are private. It can't be
 *  moved or copied. */
typedef struct nanvm_local nanvm_local;

/**
 * Initialises a local manager where it is defined, also outside of functions:
 * `static nanvm_local local = NANVM_LOCAL_INIT;`. It then is as nanvm_local_init() makes
 * it. All its bytes are zero, so that a #nanvm_local in static memory or from `calloc` is
 * initialised, too. No code runs before the first use: the constructor of a static object
 * of C++ may use such a manager, whatever the order of constructors is.
 *
 * Initialising doesn't make it safe for threads: also the first use belongs to the
 * manager's thread. For a manager in each thread make the variable thread-local.
 */
#if defined(__cplusplus) && !defined(DOXYGEN)
#define NANVM_LOCAL_INIT                                                                 \
    {}
#else
#define NANVM_LOCAL_INIT                                                                 \
    { 0 }
#endif

/**
 * A callback that nanvm_local_deinit() calls for each type with live objects: `blocks` is
 * their number, and `bytes` is what they take with their headers. A `type` of `NULL` is
 * raw memory.
 *
 * It may do what any callback may, see #nanvm_type. The manager that ends can be used as
 * before: the callback may create, clone, resize and drop objects in it, use raw memory,
 * and trim it; only nanvm_local_deinit() does nothing there. An object that the callback
 * creates and keeps outlives the manager like any other. It is reported only if the
 * manager has created objects of its type before, and if the turn of that type hasn't
 * come yet.
 */
typedef void nanvm_local_leak(void *context, const nanvm_type *type, size_t blocks,
                              size_t bytes);

/**
 * Objects that lie on cycles of references: from each of them references lead to every
 * other one, and back.
 */
typedef struct nanvm_cycle {
    const nanvm_ref *objects; /**< All of them. The array and its references are borrowed
                                 for the call. */
    size_t length;            /**< How many. */
    size_t path; /**< The first `path` objects are a shortest cycle through the first one:
                      each refers to the next, and the last to the first. */
} nanvm_cycle;

/**
 * A callback for leaked cycles. When nanvm_local_deinit() has reported the leaks, a debug
 * build of the library calls it once for each set of live objects that lie on cycles.
 * `cycle` is `NULL` if memory ran out, so that it isn't known whether there are cycles.
 * The callback may drop, clone and create references. If it drops the last reference to
 * an object, later calls may still list that object, which must not be used any more.
 */
typedef void nanvm_local_cycle(void *context, const nanvm_cycle *cycle);

NANVM_BEGIN_DECLS

/**
 * Makes `self` a local manager that takes its chunks from the global one.
 * It allocates nothing yet.
 *
 * @ownership deinitialise it with nanvm_local_deinit(). Don't move it.
 * @errors none.
 * @threads it, and every reference to its objects, belong to one thread at a
 *     time; hand all of them over together, or none, by nanvm_local_hand_over() and
 *     nanvm_local_take_over(). If some of its objects are shared, other threads keep
 *     their references to these. Hardened and debug builds stop any other thread that
 *     uses what isn't shared: see @ref threads_noticed.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_init(nanvm_local *self);

/**
 * The same, taking chunks from `source`.
 *
 * @ownership `source` must outlive `self`. The dealloc of `source` frees the memory of
 *     `self`, so it must live as long as the last object or piece of `self`.
 * @errors none.
 * @threads as nanvm_local_init().
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1, 2) void nanvm_local_init_from(nanvm_local *self,
                                                         nanvm_manager *source);

/**
 * Makes `self` a shared local manager, which takes its chunks from the global one. One
 * thread at a time has the manager, creates objects in it, trims it and ends it: first
 * the thread that creates something in it. Any thread may clone, drop and use references
 * to its objects, also after the manager has ended: their counts are atomic. An object
 * that another thread drops for the last time is ended there, with its callbacks. Its
 * slot goes back to the manager's thread, which uses it for a new object of the type. The
 * slot isn't used meanwhile, so that a thread that only creates, while others only drop,
 * reuses memory without a lock.
 *
 * Three things differ from a plain local manager besides. Objects that are alive when the
 * manager ends aren't reported unless nanvm_local_on_leak() was called (with `NULL` for
 * the usual report): other threads may well go on using them. A debug build doesn't look
 * for cycles in it. The memory of a large object that another thread dropped goes back to
 * the source only when the manager's thread creates another large object of the type,
 * asks for statistics, trims or ends the manager, or finds the source out of memory. Raw
 * memory belongs to the manager's thread in either kind.
 *
 * @ownership as nanvm_local_init().
 * @errors none.
 * @threads the manager belongs to one thread at a time, see nanvm_local_hand_over(); its
 *     objects may refer only to objects that any thread may use.
 * @cost O(1). Each type takes 128 bytes more than in a plain local manager.
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_init_shared(nanvm_local *self);

/**
 * The same, taking chunks from `source`.
 *
 * @ownership as nanvm_local_init_from(). When the manager has ended, any thread may call
 *     the dealloc of `source`, several at the same time.
 * @errors stops the program unless the dealloc of `source` counts atomically or in its
 *     own way: with plain counts, or none, only one thread may use it.
 * @threads as nanvm_local_init_shared().
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1, 2) void nanvm_local_init_shared_from(nanvm_local *self,
                                                                nanvm_manager *source);

/**
 * Lets any thread use all objects that are alive in the manager: their counts become
 * atomic, as nanvm_ref_share() does it for what one reference reaches. Objects that are
 * created later are the manager's thread's own again; so is an object that a callback is
 * just filling. Objects of other managers, to which those of this one refer, stay as they
 * are.
 *
 * @return false if memory ran out, or if only one thread may free the memory of the
 *     manager's source; then nothing has changed.
 * @ownership as nanvm_ref_share().
 * @errors false, as above.
 * @threads the manager's. No other thread reads objects of the manager meanwhile, unless
 *     they are shared already.
 * @cost O(slots of the manager), some two nanoseconds each.
 */
NANVM_API NANVM_NODISCARD NANVM_NONNULL(1) bool nanvm_local_share(nanvm_local *self);

/**
 * Says that the calling thread gives up the manager, so that another thread may call
 * nanvm_local_take_over(). The program has to order the two calls, by a queue or a mutex.
 * The calling thread may still drop references to objects of a shared manager afterwards,
 * as any thread may; with a plain one it hands over all references, too. Only hardened
 * and debug builds check which thread has a plain manager: see @ref threads_noticed.
 *
 * @ownership the manager belongs to no thread.
 * @errors hardened and debug builds stop the program if another thread has the manager.
 * @threads the manager's.
 * @cost O(types).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_hand_over(nanvm_local *self);

/**
 * Makes the calling thread the one that has the manager. The thread that had it has
 * called nanvm_local_hand_over(), or has ended.
 *
 * @ownership the manager belongs to the calling thread.
 * @errors none.
 * @threads any thread; nobody uses the manager meanwhile.
 * @cost O(types).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_take_over(nanvm_local *self);

/**
 * Sets the callback that nanvm_local_deinit() calls for each type of which objects are
 * alive. By default, or if `leak` is `NULL`, a line for each type is written to `stderr`;
 * nanvm_local_ignore_leak() writes nothing.
 *
 * @ownership `context` is the caller's and only passed on.
 * @errors none.
 * @threads the manager's.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_on_leak(nanvm_local *self,
                                                    nanvm_local_leak *leak,
                                                    void *context);

/**
 * Sets the callback that a debug build of the library calls for leaked objects that lie
 * on cycles. It follows only references from one object of the manager to another: a
 * cycle that leads through objects of another manager isn't found. It isn't called if any
 * object of the manager was ever shared, since another thread may be dropping it. Other
 * builds never call the callback.
 *
 * By default, or if `cycle` is `NULL`, the first cycles are written to `stderr`, unless
 * nanvm_local_on_leak() has set a callback.
 *
 * @ownership `context` is the caller's and only passed on.
 * @errors none.
 * @threads the manager's.
 * @cost O(1).
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_on_cycle(nanvm_local *self,
                                                     nanvm_local_cycle *cycle,
                                                     void *context);

/**
 * A callback that reports nothing, for objects that are meant to outlive their manager:
 * `nanvm_local_on_leak(&local, nanvm_local_ignore_leak, NULL);`
 *
 * @ownership none changes hands.
 * @errors none.
 * @threads any thread.
 * @cost none.
 */
NANVM_API void nanvm_local_ignore_leak(void *context, const nanvm_type *type,
                                       size_t blocks, size_t bytes);

/**
 * Gives back to the manager's source, at once, what nobody is using: chunks in which no
 * object or piece is alive, and the chunk that is kept for the next large object of a
 * type. Once a pool has 4 MiB, further chunks are parts of segments of 2 MiB, except in a
 * hardened build; a segment is given back when all of it is empty. A callback may call it
 * at any time. If the source's dealloc drops references meanwhile, callbacks run only
 * when the trim is complete.
 *
 * @return how many bytes.
 * @ownership objects that are alive stay where they are.
 * @errors none.
 * @threads the manager's.
 * @cost O(chunks) of the types that are new, or of which an object was freed, since the
 *     last trim; O(1) if there are none. If raw memory was freed, also O(n log n) for n
 *     chunks and free pieces of raw memory. The next drop that frees an object in a
 *     trimmed pool takes one more function call.
 */
NANVM_API NANVM_NONNULL(1) size_t nanvm_local_trim(nanvm_local *self);

/**
 * Gives back all raw memory of the manager at once, as if nanvm_manager_dealloc() were
 * called for each piece. It is for a library that is served by the manager and whose
 * state is thrown away as a whole, as after a request. Objects stay as they are. It may
 * be called before nanvm_local_deinit(), or after.
 *
 * @ownership every piece is gone. If `self` is the source of another manager, end that
 *     manager and drop its objects first: their memory is gone, too.
 * @errors none.
 * @threads the manager's.
 * @cost O(chunks of small pieces + large pieces); nanvm_manager_dealloc() says which
 *     pieces are large.
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_dealloc_raw(nanvm_local *self);

/**
 * Ends the manager. Objects that are alive stay valid, and a pool's memory is freed with
 * its last object. Each type with live objects is reported, see nanvm_local_on_leak(),
 * and in a debug build each cycle of them, see nanvm_local_on_cycle(). Objects that were
 * dropped and still wait for their turn to end are reported, too. It can be called twice;
 * a call while it reports does nothing. A callback may call it at any time. If the
 * source's dealloc drops references meanwhile, callbacks run only when the manager has
 * ended; if one of them creates an object in the manager, the manager starts anew.
 *
 * Raw memory that is alive stays valid, too. The manager can be used again, without
 * another nanvm_local_init(): it then counts the raw memory that was alive at its end as
 * its own.
 *
 * @ownership `self` is the caller's memory again; but as long as there is raw memory to
 *     be resized or given back, `self` must stay as it is.
 * @errors none.
 * @threads the manager's.
 * @cost O(chunks). If objects are alive, a debug build also takes O(objects + references
 *     in them) of time, and as much memory of the source, which it gives back before it
 *     returns.
 */
NANVM_API NANVM_NONNULL(1) void nanvm_local_deinit(nanvm_local *self);

/**
 * The manager to create objects in. Its address doesn't change, so that a loop needn't
 * ask each time.
 *
 * @ownership borrowed from `self`.
 * @errors none.
 * @threads the manager's.
 * @cost inlined: 2 instructions on x86-64. In a manager that #NANVM_LOCAL_INIT has
 *     initialised, the first call takes O(1).
 */
NANVM_INLINE NANVM_RETURNS_NONNULL NANVM_NONNULL(1)
    nanvm_manager *nanvm_local_manager(nanvm_local *self);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/local.h>

#endif
