/**
 * @file
 * What the compiler can do, under one name each, and the library's version.
 */
#ifndef NANVM_MEM_CONFIG_H
#define NANVM_MEM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * @defgroup config Configuration
 * @brief The version, and the attributes used in every other header.
 *
 * Guide: @ref building.
 * @{
 */

/** @name Version
 *  Semantic versioning; until 1.0 a minor version may break source and ABI.
 *  @{ */
#define NANVM_VERSION_MAJOR 0 /**< Changes when programs have to. */
#define NANVM_VERSION_MINOR 1 /**< Adds; until 1.0 it may break, too. */
#define NANVM_VERSION_PATCH 0 /**< Corrects. */
#define NANVM_VERSION "0.1.0" /**< All three, of these headers. */
/** @} */

/** @cond INTERNAL */
#if defined(_WIN32) && defined(NANVM_SHARED)
#if defined(NANVM_BUILDING)
#define NANVM_API __declspec(dllexport)
#else
#define NANVM_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define NANVM_API __attribute__((visibility("default")))
#else
#define NANVM_API
#endif

/* The fast half of a function. `src/inline.c` defines it as `extern inline`,
 * so that each of them also exists once as a symbol: for other languages,
 * for debuggers, and for calls that the compiler chose not to inline. */
#ifndef NANVM_INLINE
#define NANVM_INLINE inline
#endif

#if defined(__GNUC__)
#define NANVM_NODISCARD __attribute__((warn_unused_result))
#define NANVM_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define NANVM_RETURNS_NONNULL __attribute__((returns_nonnull))
#define NANVM_PURE __attribute__((pure))
#define NANVM_COLD __attribute__((cold, noinline))
#define NANVM_NOINLINE __attribute__((noinline))
#define NANVM_NORETURN __attribute__((noreturn))
#define NANVM_UNUSED __attribute__((unused))
#define NANVM_MAY_ALIAS __attribute__((may_alias))
/* Whether the compiler knows the value, so that what depends on it costs nothing. */
#define NANVM_IS_KNOWN(x) __builtin_constant_p(x)
#define NANVM_PREFETCH(address) __builtin_prefetch(address)
#define NANVM_LIKELY(x) __builtin_expect(!!(x), 1)
#define NANVM_UNLIKELY(x) __builtin_expect(!!(x), 0)
#else
#define NANVM_NODISCARD
#define NANVM_NONNULL(...)
#define NANVM_RETURNS_NONNULL
#define NANVM_PURE
#define NANVM_COLD
#define NANVM_NOINLINE
#define NANVM_NORETURN
#define NANVM_UNUSED
#define NANVM_MAY_ALIAS
#define NANVM_IS_KNOWN(x) 0
#define NANVM_PREFETCH(address) ((void)(address))
#define NANVM_LIKELY(x) (x)
#define NANVM_UNLIKELY(x) (x)
#endif

/* For unsigned arithmetic that is meant to wrap, and why: clang's -fsanitize=integer has
 * nothing to report there. */
#if defined(__clang__)
#define NANVM_WRAPS(why) __attribute__((no_sanitize("unsigned-integer-overflow")))
#else
#define NANVM_WRAPS(why)
#endif

#if defined(__cplusplus)
#define NANVM_ALIGNOF(type) alignof(type)
#define NANVM_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define NANVM_BEGIN_DECLS extern "C" {
#define NANVM_END_DECLS }
#else
#define NANVM_ALIGNOF(type) _Alignof(type)
#define NANVM_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define NANVM_BEGIN_DECLS
#define NANVM_END_DECLS
#endif

/* A debug build is a hardened one that checks more. */
#if defined(NANVM_DEBUG) && !defined(NANVM_HARDENED)
#define NANVM_HARDENED 1
#endif

/* The usual, the hardened and the debug build have headers and managers of their own.
 * Where code that was inlined has to pass, and where blocks and managers are made, the
 * functions of the latter two have names of their own, so that a unit that was compiled
 * for one build doesn't link with the library of another. */
#if defined(NANVM_DEBUG)
#define NANVM_NAME_OF_BUILD_(name) nanvm_debug_##name
#elif defined(NANVM_HARDENED)
#define NANVM_NAME_OF_BUILD_(name) nanvm_hardened_##name
#endif
#if defined(NANVM_HARDENED)
#define nanvm_global NANVM_NAME_OF_BUILD_(global)
#define nanvm_local_init NANVM_NAME_OF_BUILD_(local_init)
#define nanvm_local_init_from NANVM_NAME_OF_BUILD_(local_init_from)
#define nanvm_arena_init NANVM_NAME_OF_BUILD_(arena_init)
#define nanvm_arena_init_growing NANVM_NAME_OF_BUILD_(arena_init_growing)
#define nanvm_new_any NANVM_NAME_OF_BUILD_(new_any)
#define nanvm_new_copy_any NANVM_NAME_OF_BUILD_(new_copy_any)
#define nanvm_new_array NANVM_NAME_OF_BUILD_(new_array)
#define nanvm_new_with NANVM_NAME_OF_BUILD_(new_with)
#define nanvm_manager_take_cold NANVM_NAME_OF_BUILD_(manager_take_cold)
#define nanvm_block_prefix NANVM_NAME_OF_BUILD_(block_prefix)
#define nanvm_block_init NANVM_NAME_OF_BUILD_(block_init)
#define nanvm_ref_clone_cold NANVM_NAME_OF_BUILD_(ref_clone_cold)
#define nanvm_ref_drop_cold NANVM_NAME_OF_BUILD_(ref_drop_cold)
#define nanvm_ref_is_sole_cold NANVM_NAME_OF_BUILD_(ref_is_sole_cold)
#define nanvm_ref_to_mut_ref_cold NANVM_NAME_OF_BUILD_(ref_to_mut_ref_cold)
#define nanvm_ref_make_mut_cold NANVM_NAME_OF_BUILD_(ref_make_mut_cold)
#define nanvm_mut_ref_drop_cold NANVM_NAME_OF_BUILD_(mut_ref_drop_cold)
#endif
/** @endcond */

NANVM_BEGIN_DECLS

/**
 * The version of the library that is linked, as `"0.1.0"`. Compare it with
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

#endif
