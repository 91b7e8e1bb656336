/* Which build of the library the headers are for, and what that changes in them.
 *
 *   the usual build
 *   NANVM_HARDENED  headers, origins and counts have checksums: counts in
 *                   <nanvm/mem/inline/atomic.h>, the rest in this file
 *   NANVM_DEBUG     a hardened build that checks more
 *
 * A part of <nanvm/mem/config.h>. */
#ifndef NANVM_MEM_INLINE_BUILD_H
#define NANVM_MEM_INLINE_BUILD_H

#include <nanvm/mem/inline/symbols.h>

#if defined(NANVM_DEBUG) && !defined(NANVM_HARDENED)
#define NANVM_HARDENED 1
#endif

/* A unit that was compiled for a build of another kind doesn't link: see
 * <nanvm/mem/inline/symbols.h>. */
#if defined(NANVM_DEBUG)
#define NANVM_SYMBOL_(name) NANVM_NUMBERED_(nanvm_debug_##name##_abi, NANVM_ABI)
#elif defined(NANVM_HARDENED)
#define NANVM_SYMBOL_(name) NANVM_NUMBERED_(nanvm_hardened_##name##_abi, NANVM_ABI)
#else
#define NANVM_SYMBOL_(name) NANVM_NUMBERED_(nanvm_##name##_abi, NANVM_ABI)
#endif

/* Whether new objects whose bytes are in any state are filled with a pattern (1); and
 * whether nanvm_closure_check() is called for clones, too (1). */
#if defined(NANVM_DEBUG)
enum { NANVM_FILLS_UNSET = 1, NANVM_CHECKS_CLONES = 1 };
#else
enum { NANVM_FILLS_UNSET = 0, NANVM_CHECKS_CLONES = 0 };
#endif

NANVM_BEGIN_DECLS

#if defined(NANVM_HARDENED)

struct nanvm_callback_guard;

/* Whether inline functions read the length of an array and copy an object themselves (1),
 * or call functions that check the block first (0). */
enum { NANVM_TRUSTS_BLOCKS = 0 };

/* Members that a struct has only in a hardened build. */
#define NANVM_INTEGRITY(members) members

/* Stops the program unless the header and the origin of the object are as the library
 * wrote them. */
NANVM_API void nanvm_header_check(const void *object);

/* Stops the program if the object, which may be null, has another type. */
NANVM_API void nanvm_header_check_type(const void *object, const void *type);

/* Stops the program if the object has an atomic count, and refers to one that another
 * thread has: see src/hardened/closure.c. */
NANVM_API void nanvm_closure_check(const void *object);

#else

#define NANVM_INTEGRITY(members)

enum { NANVM_TRUSTS_BLOCKS = 1 };

NANVM_INLINE void nanvm_header_check(const void *object) {
    (void)object;
}

NANVM_INLINE void nanvm_header_check_type(const void *object, const void *type) {
    (void)object;
    (void)type;
}

NANVM_INLINE void nanvm_closure_check(const void *object) {
    (void)object;
}

#endif

/* Whether a function that runs callbacks is at work. The functions that a callback may
 * call test this. */
typedef struct nanvm_at_work {
    bool is_set;
    NANVM_INTEGRITY(const struct nanvm_callback_guard *frame;)
} nanvm_at_work;

NANVM_END_DECLS

#endif
