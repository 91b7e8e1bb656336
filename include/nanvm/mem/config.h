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
#define NANVM_VERSION_MINOR 2 /**< Adds; until 1.0 it may break, too. */
#define NANVM_VERSION_PATCH 0 /**< Corrects. */
#define NANVM_VERSION "0.2.0" /**< All three, of these headers. */
/** @} */

/**
 * The number of the ABI. A program fits a library of the same number: see
 * @ref building_abi. Raised at most once from one release to the next.
 */
#define NANVM_ABI 2

/** @cond INTERNAL */
/* The attributes and built-in functions of gcc. clang has them, too, where it stands in
 * for MSVC and doesn't define __GNUC__. */
#if defined(__GNUC__) || defined(__clang__)
#define NANVM_GNU
#endif

#if defined(_WIN32) && defined(NANVM_SHARED)
#if defined(NANVM_BUILDING)
#define NANVM_API __declspec(dllexport)
#else
#define NANVM_API __declspec(dllimport)
#endif
#elif defined(_WIN32) || !defined(NANVM_GNU)
#define NANVM_API
#elif defined(NANVM_BUILDING) && !defined(NANVM_SHARED) && !defined(NANVM_STATIC_EXPORTS)
/* A shared library that contains the static one exports nothing of it. Only definitions
 * are hidden: a program can't see which of the two it will be linked with. */
#define NANVM_API __attribute__((visibility("hidden")))
#else
#define NANVM_API __attribute__((visibility("default")))
#endif

/* The fast half of a function. `src/inline.c` defines it as `extern inline`,
 * so that each of them also exists once as a symbol: for other languages,
 * for debuggers, and for calls that the compiler chose not to inline. In C++ each unit
 * may have a copy of its own: hidden, or plugins would share the copy of one of them. */
#ifndef NANVM_INLINE
#if defined(__cplusplus) && defined(NANVM_GNU) && !defined(_WIN32)
#define NANVM_INLINE __attribute__((visibility("hidden"))) inline
#else
#define NANVM_INLINE inline
#endif
#endif

#if defined(NANVM_GNU)
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

/* clang takes `@ownership` for a command of HeaderDoc, which is about classes. Our own
 * check of the comments sees to that by itself, and looks for everything else. */
#if defined(__clang__) && !defined(NANVM_SHOW_COMMENTS)
#define NANVM_BEGIN_COMMENTS                                                             \
    _Pragma("clang diagnostic push")                                                     \
        _Pragma("clang diagnostic ignored \"-Wdocumentation\"")                          \
            _Pragma("clang diagnostic ignored \"-Wdocumentation-unknown-command\"")
#define NANVM_END_COMMENTS _Pragma("clang diagnostic pop")
#else
#define NANVM_BEGIN_COMMENTS
#define NANVM_END_COMMENTS
#endif

/* Casts, and the null pointer, as each language writes them: C++ has warnings for those
 * of C. NANVM_BITS_TO is for what only the bits say, NANVM_UNCONST for what isn't const.
 */
#if defined(__cplusplus)
#define NANVM_ALIGNOF(type) alignof(type)
#define NANVM_STATIC_ASSERT(condition, text) static_assert(condition, text)
#define NANVM_BEGIN_DECLS NANVM_BEGIN_COMMENTS extern "C" {
#define NANVM_END_DECLS                                                                  \
    }                                                                                    \
    NANVM_END_COMMENTS
#define NANVM_NULL nullptr
#define NANVM_TO(type, value) static_cast<type>(value)
#define NANVM_BITS_TO(type, value) reinterpret_cast<type>(value)
#define NANVM_UNCONST(pointer) const_cast<void *>(pointer)
#else
#define NANVM_ALIGNOF(type) _Alignof(type)
#define NANVM_STATIC_ASSERT(condition, text) _Static_assert(condition, text)
#define NANVM_BEGIN_DECLS NANVM_BEGIN_COMMENTS
#define NANVM_END_DECLS NANVM_END_COMMENTS
#define NANVM_NULL NULL
#define NANVM_TO(type, value) ((type)(value))
#define NANVM_BITS_TO(type, value) ((type)(value))
#define NANVM_UNCONST(pointer) ((void *)(uintptr_t)(pointer))
#endif
#define NANVM_ADDRESS(pointer) NANVM_BITS_TO(uintptr_t, pointer)

/* Some symbols carry the number of the ABI and the kind of build, as in
 * `nanvm_global_abi2` and `nanvm_hardened_global_abi2`, so that a unit that was compiled
 * with other headers, or for a build of another kind, doesn't link, and the linker says
 * why:
 *
 * - what hands out a manager, makes one in the memory of the caller, or may be the first
 * to get a manager or a table that the program has laid out;
 * - what code that was inlined calls. tests/abi sees to it that none of these is
 * forgotten.
 *
 * The others get handles and what the functions above have made. NANVM_PLAIN_NAMES is for
 * tools that know functions by their names in the sources. */
#define NANVM_NUMBERED_(name, number) NANVM_PASTE_(name, number)
#define NANVM_PASTE_(name, number) name##number

#if !defined(NANVM_PLAIN_NAMES)
#define nanvm_global NANVM_SYMBOL_(global)
#define nanvm_local_init NANVM_SYMBOL_(local_init)
#define nanvm_local_init_from NANVM_SYMBOL_(local_init_from)
#define nanvm_arena_init NANVM_SYMBOL_(arena_init)
#define nanvm_arena_init_growing NANVM_SYMBOL_(arena_init_growing)
#define nanvm_new NANVM_SYMBOL_(new)
#define nanvm_new_copy NANVM_SYMBOL_(new_copy)
#define nanvm_new_any NANVM_SYMBOL_(new_any)
#define nanvm_new_copy_any NANVM_SYMBOL_(new_copy_any)
#define nanvm_new_array NANVM_SYMBOL_(new_array)
#define nanvm_new_with NANVM_SYMBOL_(new_with)
#define nanvm_manager_alloc NANVM_SYMBOL_(manager_alloc)
#define nanvm_manager_resize NANVM_SYMBOL_(manager_resize)
#define nanvm_manager_stats NANVM_SYMBOL_(manager_stats)
#define nanvm_stats_make NANVM_SYMBOL_(stats_make)
#define nanvm_type_size NANVM_SYMBOL_(type_size)
#define nanvm_new_block_cold NANVM_SYMBOL_(new_block_cold)
#define nanvm_block_prefix NANVM_SYMBOL_(block_prefix)
#define nanvm_block_init NANVM_SYMBOL_(block_init)
#define nanvm_header_check NANVM_SYMBOL_(header_check)
#define nanvm_header_check_type NANVM_SYMBOL_(header_check_type)
#define nanvm_count_add_cold NANVM_SYMBOL_(count_add_cold)
#define nanvm_drop_ref_cold NANVM_SYMBOL_(drop_ref_cold)
#define nanvm_count_is_sole_cold NANVM_SYMBOL_(count_is_sole_cold)
#define nanvm_ref_to_mut_ref_cold NANVM_SYMBOL_(ref_to_mut_ref_cold)
#define nanvm_ref_make_mut_cold NANVM_SYMBOL_(ref_make_mut_cold)
#define nanvm_drop_mut_ref_cold NANVM_SYMBOL_(drop_mut_ref_cold)
#define nanvm_count_word_load NANVM_SYMBOL_(count_word_load)
#define nanvm_count_word_load_acquire NANVM_SYMBOL_(count_word_load_acquire)
#define nanvm_count_word_store NANVM_SYMBOL_(count_word_store)
#define nanvm_count_word_store_relaxed NANVM_SYMBOL_(count_word_store_relaxed)
#define nanvm_count_word_decrement_relaxed NANVM_SYMBOL_(count_word_decrement_relaxed)
#define nanvm_count_word_increment_release NANVM_SYMBOL_(count_word_increment_release)
#endif
/** @endcond */

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
