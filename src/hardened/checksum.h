/* Keyed checksums of what the library trusts in memory.
 *
 *   1. A checksum is a hash of the address, the value and a key that is drawn once per
 *      process.
 *   2. A value is checked against its checksum before it is used. A value that was
 *      written by accident or without the key, or moved here from elsewhere, doesn't fit,
 *      and the program is stopped.
 *   3. The checksums are no cryptography. The key has 63 random bits, and a lowest bit of
 *      1. (Where the system draws no random numbers, fewer bits are random.) A few
 *      checksums that were read are enough to find the key by trying all keys, and a
 *      shorter way isn't ruled out. Each of a header's two checksums has 32 bits: of 2^32
 *      forged values one passes.
 *
 * The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable
 * Pseudorandom Number Generators, OOPSLA 2014). */
#ifndef NANVM_HARDENED_CHECKSUM_H
#define NANVM_HARDENED_CHECKSUM_H

#include "hardened/atomic.h"
#include "internal.h"

/* 0: not drawn yet. */
extern uint64_t nanvm_checksum_process_key;

/* Draws the key, unless another thread has. */
NANVM_COLD uint64_t nanvm_checksum_draw_key(void);

static inline uint64_t nanvm_checksum_key(void) {
    uint64_t drawn = nanvm_atomic_read_key_relaxed(&nanvm_checksum_process_key);
    return NANVM_LIKELY(drawn != 0) ? drawn : nanvm_checksum_draw_key();
}

NANVM_WRAPS("a hash")
static inline uint64_t nanvm_checksum_mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* Kinds of values: one doesn't pass for another. */
typedef enum nanvm_checksum_kind {
    NANVM_CHECKSUM_COUNT = 1,
    NANVM_CHECKSUM_DISTANCE,
    NANVM_CHECKSUM_ORIGIN,
    NANVM_CHECKSUM_LENGTH,
    NANVM_CHECKSUM_MEMORY
} nanvm_checksum_kind;

/* The address is mixed before the value is added: without the key nobody can tell which
 * change of the value cancels out a change of the address. The mixing can be undone, so
 * the key comes in again at the end: then one checksum tells neither the key nor the
 * checksum of another value. */
NANVM_WRAPS("a hash")
static inline uint64_t nanvm_checksum_of(nanvm_checksum_kind kind, const void *address,
                                         uint64_t value) {
    uint64_t secret = nanvm_checksum_key();
    uint64_t at = nanvm_checksum_mix(secret + kind +
                                     (uintptr_t)address * UINT64_C(0x9E3779B97F4A7C15));
    return nanvm_checksum_mix(at + value * UINT64_C(0xD1B54A32D192ED03)) ^ secret;
}

static inline uint32_t nanvm_checksum_short(nanvm_checksum_kind kind, const void *address,
                                            uint64_t value) {
    return (uint32_t)(nanvm_checksum_of(kind, address, value) >> 32);
}

/* Stops the program: a header isn't as the library wrote it. */
NANVM_COLD NANVM_NORETURN void nanvm_checksum_stop(void);

bool nanvm_checksum_fits_origin(const nanvm_origin *self);

/* A pointer that isn't aligned is no reference, and a count there couldn't be read
 * atomically. */
static inline void nanvm_checksum_expect_aligned(const nanvm_count_word *self) {
    if (NANVM_UNLIKELY((uintptr_t)self % sizeof(self->checked) != 0)) {
        nanvm_checksum_stop();
    }
}

#endif
