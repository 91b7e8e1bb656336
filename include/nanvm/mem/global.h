/**
 * @file
 * The manager for any thread.
 */
#ifndef NANVM_MEM_GLOBAL_H
#define NANVM_MEM_GLOBAL_H

#include <nanvm/mem/manager.h>

/**
 * @defgroup global Global manager
 * @brief The system's `malloc`, counted atomically.
 *
 * Needs no set-up. Every object is a `malloc` of its own, so profilers and
 * sanitizers see each.
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

NANVM_END_DECLS

/** @} */

#endif
