/**
 * @file
 * The library's version, and the number of its ABI.
 */
#ifndef NANVM_MEM_CONFIG_H
#define NANVM_MEM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nanvm/mem/inline/macros.h>

/**
 * @defgroup config Configuration
 * @brief The version of the headers, of the library, and of the ABI.
 *
 * Guide: @ref building.
 * @{
 */

/** @name Version
 *  Semantic versioning; until 1.0 a minor version may break source and ABI.
 *  @{ */
#define NANVM_VERSION_MAJOR 0 /**< Raised for breaking changes. */
#define NANVM_VERSION_MINOR 2 /**< For additions; until 1.0 for any breaking change. */
#define NANVM_VERSION_PATCH 0 /**< For corrections. */
#define NANVM_VERSION "0.2.0" /**< The version of these headers, as text. */
/** @} */

/**
 * The number of the ABI. A program fits a library of the same number: see
 * @ref building_abi. Raised at most once from one release to the next.
 */
#define NANVM_ABI 2

NANVM_BEGIN_DECLS

/**
 * The version of the library that is linked, as `"0.2.0"`. Compare it with
 * #NANVM_VERSION to find a shared library that doesn't fit the headers.
 *
 * @ownership a string constant; not the caller's to free.
 * @errors none.
 * @threads any thread.
 * @cost O(1).
 */
NANVM_API NANVM_RETURNS_NONNULL const char *nanvm_version(void);

NANVM_END_DECLS

/** @} */

#include <nanvm/mem/inline/build.h>

#endif
