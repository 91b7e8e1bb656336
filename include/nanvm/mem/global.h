/**
 * @file
 * The manager for any thread, and the same with plain counts.
 */
#ifndef NANVM_MEM_GLOBAL_H
#define NANVM_MEM_GLOBAL_H

#include <nanvm/mem/manager.h>

/**
 * @defgroup global Global manager
 * @brief The system's `malloc`, counted atomically, or plainly.
 *
 * Needs no set-up. Every object is a `malloc` of its own, so profilers and
 * sanitizers see each. There are two: nanvm_global() for objects that threads share, and
 * nanvm_global_plain() for objects that one thread at a time uses.
 *
 * Guide: @ref managers, @ref threads.
 * @{
 */

NANVM_BEGIN_DECLS

/**
 * The global manager.
 *
 * @ownership the library's; it is never destroyed.
 * @errors none.
 * @threads any thread, at the same time. That also holds for references to its objects.
 * @cost none. On 64 bits an object takes 24 bytes more than its size, an array 32; in a
 *     hardened build 40 and 56. A type with a `drop`, a `visit` or a `visit_item` takes 8
 *     bytes more. This is rounded up to the type's alignment, and `malloc` takes some
 *     bytes of its own. A hardened build also keeps up to 6 MiB in the process for
 *     dropped objects that @ref hardening_waiting "wait".
 */
NANVM_API NANVM_RETURNS_NONNULL nanvm_manager *nanvm_global(void);

/**
 * The global manager with plain counts, for a program of one thread, and for objects that
 * stay in their thread, where pools aren't wanted. Its objects are like those of
 * nanvm_global(), but their counts aren't atomic. There are no leak reports, and nothing
 * is kept for the next objects, unless `malloc` keeps it.
 *
 * @ownership the library's; it is never destroyed.
 * @errors none.
 * @threads any thread may create objects and use raw memory, at the same time. But an
 *     object, every reference to it, and every object that can be reached through it,
 *     belong to one thread at a time; hand all of them over together, or none.
 * @cost none. An object takes as many bytes as one of nanvm_global(). A clone and a drop
 *     of a shared object take an addition each, where nanvm_global() takes an atomic one.
 */
NANVM_API NANVM_RETURNS_NONNULL nanvm_manager *nanvm_global_plain(void);

NANVM_END_DECLS

/** @} */

#endif
