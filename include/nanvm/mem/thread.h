/**
 * @file
 * The manager of the calling thread.
 */
#ifndef NANVM_MEM_THREAD_H
#define NANVM_MEM_THREAD_H

#include <nanvm/mem/local.h>

/**
 * @defgroup thread Manager of a thread
 * @brief A local manager for whoever is given no manager.
 *
 * Each thread that asks has one: made at the first call, and ended with the thread. It is
 * a local manager (@ref local) over the global one, for code that creates objects and has
 * no manager to create them in: a callback without a context, say, or an operator in C++.
 * Where a manager can be passed on, pass it on: the caller then chooses, and nothing has
 * to be looked up.
 *
 * When the thread ends, its manager ends as by nanvm_local_deinit():
 *
 * - Objects that are alive stay valid, and aren't reported: often they are the thread's
 *   result. Their counts are plain. So all of them together belong to one thread from
 * then on: the one that has waited for the end, by `pthread_join` for example. Before the
 * end none of them may be handed over, since the manager can't be.
 * - Raw memory that is alive stays valid, too, but can't be given back any more, since
 * the manager is gone. It is reported by a line on `stderr`.
 * - A destructor of a thread-specific variable, and any other code that runs while the
 *   thread ends, may call nanvm_thread_manager() again. It gets a new manager if the old
 *   one has ended. POSIX ends that one, too, up to `PTHREAD_DESTRUCTOR_ITERATIONS` times
 *   (4 with glibc and musl); memory of a further one stays.
 *
 * It doesn't end:
 *
 * - if `main` returns, or `exit` is called: that ends no thread. The manager's memory
 *   stays reachable, so that no leak checker reports it, and nothing is reported;
 * - if a library that contains nanvm_mem is unloaded before the thread ends. First call
 *   nanvm_thread_deinit() in each of its threads that has called nanvm_thread_manager().
 *   Otherwise their memory stays. Nothing of the unloaded code is called;
 * - where there are no threads, as in WebAssembly without them;
 * - if the system had no memory for the manager, or for the call at the thread's end,
 * when the thread asked first.
 *
 * nanvm_thread_deinit() ends it at any time. After `fork` the child has the manager of
 * the thread that forked. A thread may not end while it drops objects, as by
 * `pthread_exit` in a `drop`: see @ref objects_leaving.
 *
 * Guide: @ref threads_thread.
 * @{
 */

NANVM_BEGIN_DECLS

/**
 * The manager of the calling thread. The first call in a thread makes it.
 *
 * @ownership borrowed. It is valid until the thread ends, or nanvm_thread_deinit().
 * @errors none: it is never `NULL`. If memory runs out, the thread gets a manager that
 *     doesn't end with it.
 * @threads any thread; each has its own. The manager and every reference to its objects
 *     belong to the thread.
 * @cost a function call, and a thread-local variable: about 8 instructions on x86-64, or
 *     22 if nanvm_mem is a shared library. Call it once for many objects, not for each.
 * The first call in a thread allocates about 100 bytes.
 */
NANVM_API NANVM_RETURNS_NONNULL nanvm_manager *nanvm_thread_manager(void);

/**
 * The same as a local manager, for what only local managers do: nanvm_local_trim(),
 * nanvm_local_on_leak(), nanvm_local_on_cycle(), nanvm_local_dealloc_raw().
 * `nanvm_local_on_leak(nanvm_thread_local(), NULL, NULL)` turns on the usual report of
 * leaks, of objects, too, for the calling thread.
 *
 * @ownership borrowed, as nanvm_thread_manager(). It is initialised: don't call
 *     nanvm_local_init().
 * @errors none: it is never `NULL`.
 * @threads as nanvm_thread_manager().
 * @cost as nanvm_thread_manager().
 */
NANVM_API NANVM_RETURNS_NONNULL nanvm_local *nanvm_thread_local(void);

/**
 * Ends the manager of the calling thread now, as the end of the thread would. Does
 * nothing if there is none, or if it is called while the manager ends. The next call of
 * nanvm_thread_manager() makes a new one.
 *
 * @ownership the manager is gone, unless a callback has created an object in it
 * meanwhile. Objects that are alive stay valid, see above; but objects of the old manager
 * and of a new one belong to the same thread.
 * @errors none.
 * @threads any thread.
 * @cost that of nanvm_local_deinit().
 */
NANVM_API void nanvm_thread_deinit(void);

NANVM_END_DECLS

/** @} */

#endif
