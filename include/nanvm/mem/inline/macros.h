/* What compilers and languages differ in, under one name each: attributes, hints, casts.
 * A part of <nanvm/mem/config.h>. */
#ifndef NANVM_MEM_INLINE_MACROS_H
#define NANVM_MEM_INLINE_MACROS_H

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
 * are hidden, not declarations: the headers can't know whether a program will be linked
 * with the static or the shared library. */
#define NANVM_API __attribute__((visibility("hidden")))
#else
#define NANVM_API __attribute__((visibility("default")))
#endif

/* Marks the fast half of a function. `src/inline.c` defines this macro as `extern
 * inline`, so that each such function also exists once as a symbol: for other languages,
 * for debuggers, and for calls that the compiler chose not to inline. In C++ each unit
 * may have a copy of its own. These copies are hidden, since otherwise all plugins would
 * share one plugin's copy. */
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
/* Tells the compiler that `x` is true. */
#define NANVM_ASSUME(x) ((x) ? (void)0 : __builtin_unreachable())
/* Tells the compiler to write out the loop that follows, up to so many steps. */
#define NANVM_UNROLL(steps) NANVM_PRAGMA_(GCC unroll steps)
#define NANVM_PRAGMA_(text) _Pragma(#text)
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
#define NANVM_ASSUME(x) ((void)0)
#define NANVM_UNROLL(steps)
#endif

/* Marks a function whose unsigned arithmetic is meant to wrap, and says why. clang's
 * -fsanitize=integer then doesn't report unsigned overflow there. */
#if defined(__clang__)
#define NANVM_WRAPS(why) __attribute__((no_sanitize("unsigned-integer-overflow")))
#else
#define NANVM_WRAPS(why)
#endif

/* clang takes `@ownership` for the command of HeaderDoc that describes classes, and
 * warns. So clang's warnings about comments are off in these headers. tests/verify/gates
 * defines NANVM_SHOW_COMMENTS, which leaves them on, and tells clang by an option which
 * commands the comments have. */
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

/* Casts, and the null pointer, as each language writes them: C++ compilers warn of C's
 * casts. NANVM_BITS_TO reinterprets a value; NANVM_UNCONST is for what isn't really
 * const. */
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

#endif
