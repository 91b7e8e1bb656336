/* Keyed checksums, called seals, of what the library trusts in memory.
 *
 *   1. A seal is a hash of the address, the value and a key that is drawn once a
 *      process.
 *   2. A value is checked against its seal before it is used. One that was written by
 *      accident, without the key, or moved from elsewhere doesn't fit, and the program
 *      is stopped.
 *   3. It is no cryptography: the key has 64 bits, an attacker who has read a few
 *      seals finds it by trying all keys, and a shorter way isn't ruled out. One
 *      forgery in 2^32 passes the 32 bits of a header's seals.
 *
 * The mixing is the finaliser of SplitMix64 (Steele, Lea, Flood: Fast Splittable
 * Pseudorandom Number Generators, OOPSLA 2014). */
#if (defined(__linux__) || defined(__wasi__)) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* getentropy */
#endif
#if defined(_WIN32) && !defined(_CRT_RAND_S)
#define _CRT_RAND_S
#endif
#include <stdlib.h>
#include <time.h>
#if !defined(_WIN32)
#include <unistd.h>
#endif
#if defined(__APPLE__)
#include <sys/random.h>
#endif

#include "hardened/atomic.h"
#include "internal.h"

/* --- the key --- */

static uint64_t process_key; /* 0: not drawn yet */

static bool draw(uint64_t *random) {
#if defined(_WIN32)
    unsigned high, low;
    bool drawn = rand_s(&high) == 0 && rand_s(&low) == 0;
    *random = ((uint64_t)high << 32) | low;
    return drawn;
#else
    return getentropy(random, sizeof(*random)) == 0;
#endif
}

NANVM_COLD static uint64_t draw_key(void) {
    uint64_t drawn = 0;
    if (!draw(&drawn)) { /* a poor key is better than one that is known */
        drawn = (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)&drawn;
    }
    return nanvm_atomic_write_key_once_relaxed(&process_key, drawn | 1);
}

static inline uint64_t key(void) {
    uint64_t drawn = nanvm_atomic_read_key_relaxed(&process_key);
    return NANVM_LIKELY(drawn != 0) ? drawn : draw_key();
}

/* --- the mark --- */

NANVM_WRAPS("a hash")
static inline uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

/* What is sealed: one kind doesn't pass for another. */
typedef enum kind { COUNT = 1, DISTANCE, ORIGIN, LENGTH, MEMORY } kind;

/* The place is mixed before the value is added, so that no value makes up for another
 * place. mix() can be undone: so the key comes in again behind it, and who has read a
 * seal has neither the key nor the seal of another value. */
NANVM_WRAPS("a hash")
static inline uint64_t mark(kind of, const void *place, uint64_t value) {
    uint64_t secret = key();
    uint64_t at = mix(secret + of + (uintptr_t)place * UINT64_C(0x9E3779B97F4A7C15));
    return mix(at + value * UINT64_C(0xD1B54A32D192ED03)) ^ secret;
}

static inline uint32_t short_mark(kind of, const void *place, uint64_t value) {
    return (uint32_t)(mark(of, place, value) >> 32);
}

/* Halves, where there may be no more than a word's alignment. */
static inline uint64_t joined(const uint32_t seal[2]) {
    return ((uint64_t)seal[1] << 32) | seal[0];
}

static inline void split(uint32_t seal[2], uint64_t value) {
    seal[0] = (uint32_t)value;
    seal[1] = (uint32_t)(value >> 32);
}

NANVM_COLD NANVM_NORETURN static void stop(void) {
    nanvm_fatal("a block's header was overwritten, or this is no reference to an object");
}

/* --- counts: in the lower half of their word, the seal in the upper --- */

static inline uint64_t sealed(const nanvm_count_word *self, int32_t count) {
    return ((uint64_t)short_mark(COUNT, self, (uint32_t)count) << 32) | (uint32_t)count;
}

static inline int32_t opened(const nanvm_count_word *self, uint64_t word) {
    int32_t count = (int32_t)(uint32_t)word;
    if (NANVM_UNLIKELY(word != sealed(self, count))) {
        stop();
    }
    return count;
}

/* What isn't aligned is no reference, and couldn't be read at once. */
static inline void expect_aligned(const nanvm_count_word *self) {
    if (NANVM_UNLIKELY((uintptr_t)self % sizeof(self->sealed) != 0)) {
        stop();
    }
}

int32_t nanvm_count_word_load(const nanvm_count_word *self) {
    expect_aligned(self);
    return opened(self, __atomic_load_n(&self->sealed, __ATOMIC_RELAXED));
}

int32_t nanvm_count_word_load_acquire(const nanvm_count_word *self) {
    expect_aligned(self);
    return opened(self, __atomic_load_n(&self->sealed, __ATOMIC_ACQUIRE));
}

void nanvm_count_word_store(nanvm_count_word *self, int32_t count) {
    nanvm_count_word_store_relaxed(self, count);
}

void nanvm_count_word_store_relaxed(nanvm_count_word *self, int32_t count) {
    __atomic_store_n(&self->sealed, sealed(self, count), __ATOMIC_RELAXED);
}

int32_t nanvm_count_word_decrement_relaxed(nanvm_count_word *self) {
    uint64_t word = __atomic_load_n(&self->sealed, __ATOMIC_RELAXED);
    int32_t count;
    do {
        count = opened(self, word);
    } while (!__atomic_compare_exchange_n(&self->sealed, &word, sealed(self, count - 1),
                                          true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return count;
}

int32_t nanvm_count_word_increment_release(nanvm_count_word *self) {
    uint64_t word = __atomic_load_n(&self->sealed, __ATOMIC_RELAXED);
    int32_t count;
    do {
        count = opened(self, word);
    } while (!__atomic_compare_exchange_n(&self->sealed, &word, sealed(self, count + 1),
                                          true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
    return count;
}

/* --- headers and origins --- */

void nanvm_header_write(void *object, uint32_t distance, int32_t count) {
    nanvm_header *header = nanvm_block_header(object);
    nanvm_count_word_store(&header->count, count);
    header->origin = distance;
    header->origin_checksum = short_mark(DISTANCE, &header->origin, distance);
}

NANVM_WRAPS("a hash")
static inline uint64_t mark_of_origin(const nanvm_origin *self) {
    uint64_t object = (uintptr_t)self->type;
    uint64_t dealloc = (uintptr_t)self->dealloc;
    return mark(ORIGIN, self, object * UINT64_C(0xBF58476D1CE4E5B9) + dealloc);
}

static inline bool is_sealed_origin(const nanvm_origin *self) {
    return joined(self->seal) == mark_of_origin(self);
}

void nanvm_checksum_origin(nanvm_origin *origin) {
    split(origin->seal, mark_of_origin(origin));
}

void nanvm_checksum_shared_origin(nanvm_origin *origin) {
    if (!is_sealed_origin(origin)) {
        nanvm_checksum_origin(origin);
    }
}

void nanvm_header_check(const void *object) {
    const nanvm_header *header = nanvm_block_header(object);
    expect_aligned(&header->count);
    if (NANVM_UNLIKELY(header->origin_checksum !=
                       short_mark(DISTANCE, &header->origin, header->origin))) {
        stop();
    }
    if (NANVM_UNLIKELY(!is_sealed_origin(nanvm_header_origin(header)))) {
        nanvm_fatal("the origin of a block was overwritten");
    }
}

void nanvm_header_check_type(const void *object, const void *type) {
    if (object != NULL && nanvm_block_origin(object)->type != type) {
        nanvm_fatal("a reference was taken for one to an object of another type");
    }
}

/* Its only reference is a MutRef. */
void nanvm_checksum_moved(void *object) {
    nanvm_header *header = nanvm_block_header(object);
    nanvm_origin *origin = nanvm_header_origin(header);
    nanvm_checksum_origin(origin);
    nanvm_header_write(object, header->origin, (int32_t)origin->dealloc->table->count);
}

/* --- lengths --- */

void nanvm_checksum_length(nanvm_length *length) {
    length->seal = (size_t)mark(LENGTH, length, length->length);
}

void nanvm_checksum_check_length(const nanvm_length *length) {
    if (NANVM_UNLIKELY(length->seal != (size_t)mark(LENGTH, length, length->length))) {
        nanvm_block_wrong_length();
    }
}

/* --- raw memory --- */

static uint64_t mark_of_memory(const nanvm_memory_front *front, const void *owner,
                               nanvm_layout layout) {
    uint64_t sized =
        mark(MEMORY, owner, layout.size); /* a hash: no alignment undoes it */
    return mark(MEMORY, front, sized ^ layout.align);
}

void nanvm_checksum_memory(nanvm_memory_front *front, const void *owner,
                           nanvm_layout layout) {
    split(front->seal, mark_of_memory(front, owner, layout));
}

void nanvm_checksum_check_memory(const nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout, const char *message) {
    if (NANVM_UNLIKELY(joined(front->seal) != mark_of_memory(front, owner, layout))) {
        nanvm_fatal(message);
    }
}

void nanvm_checksum_break_memory(nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout) {
    nanvm_checksum_check_memory(
        front, owner, layout,
        "memory that this manager didn't hand out, or not with this layout");
    split(front->seal, 0);
}
