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

#include "hardened/checksum.h"

void nanvm_checksum_stop(void) {
    nanvm_fatal("a block's header was overwritten, or this is no reference to an object");
}

/* --- the key --- */

uint64_t nanvm_checksum_process_key;

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

uint64_t nanvm_checksum_draw_key(void) {
    uint64_t drawn = 0;
    if (!draw(&drawn)) { /* a poor key is better than one that is known */
        drawn = (uint64_t)time(NULL) ^ (uint64_t)(uintptr_t)&drawn;
    }
    return nanvm_atomic_write_key_once_relaxed(&nanvm_checksum_process_key, drawn | 1);
}

/* A checksum in two halves: its memory may be aligned only to 4 bytes. */
static inline uint64_t joined(const uint32_t checksum[2]) {
    return ((uint64_t)checksum[1] << 32) | checksum[0];
}

static inline void split(uint32_t checksum[2], uint64_t value) {
    checksum[0] = (uint32_t)value;
    checksum[1] = (uint32_t)(value >> 32);
}

/* --- origins --- */

NANVM_WRAPS("a hash")
static inline uint64_t checksum_of_origin(const nanvm_origin *self) {
    uint64_t object = (uintptr_t)self->type;
    uint64_t dealloc = (uintptr_t)self->dealloc;
    return nanvm_checksum_of(NANVM_CHECKSUM_ORIGIN, self,
                             object * UINT64_C(0xBF58476D1CE4E5B9) + dealloc);
}

bool nanvm_checksum_fits_origin(const nanvm_origin *self) {
    return joined(self->checksum) == checksum_of_origin(self);
}

void nanvm_checksum_origin(nanvm_origin *origin) {
    split(origin->checksum, checksum_of_origin(origin));
}

void nanvm_checksum_shared_origin(nanvm_origin *origin) {
    if (!nanvm_checksum_fits_origin(origin)) {
        nanvm_checksum_origin(origin);
    }
}

/* The object was moved. No other thread uses it: its only reference is a MutRef. */
void nanvm_checksum_moved(void *object) {
    nanvm_header *header = nanvm_block_header(object);
    nanvm_origin *origin = nanvm_header_origin(header);
    nanvm_checksum_origin(origin);
    nanvm_header_write(object, header->origin, (int32_t)origin->dealloc->table->count);
}

/* --- lengths --- */

void nanvm_checksum_length(nanvm_length *length) {
    length->checksum =
        (size_t)nanvm_checksum_of(NANVM_CHECKSUM_LENGTH, length, length->length);
}

void nanvm_checksum_check_length(const nanvm_length *length) {
    if (NANVM_UNLIKELY(
            length->checksum !=
            (size_t)nanvm_checksum_of(NANVM_CHECKSUM_LENGTH, length, length->length))) {
        nanvm_block_wrong_length();
    }
}

/* --- raw memory --- */

static uint64_t checksum_of_memory(const nanvm_memory_front *front, const void *owner,
                                   nanvm_layout layout) {
    /* The size is mixed first: without the key nobody can tell which alignment would
     * cancel out a change of it. */
    uint64_t sized = nanvm_checksum_of(NANVM_CHECKSUM_MEMORY, owner, layout.size);
    return nanvm_checksum_of(NANVM_CHECKSUM_MEMORY, front, sized ^ layout.align);
}

void nanvm_checksum_memory(nanvm_memory_front *front, const void *owner,
                           nanvm_layout layout) {
    split(front->checksum, checksum_of_memory(front, owner, layout));
}

void nanvm_checksum_check_memory(const nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout, const char *message) {
    if (NANVM_UNLIKELY(joined(front->checksum) !=
                       checksum_of_memory(front, owner, layout))) {
        nanvm_fatal(message);
    }
}

void nanvm_checksum_break_memory(nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout) {
    nanvm_checksum_check_memory(front, owner, layout, NANVM_FOREIGN_PIECE);
    split(front->checksum, 0);
}
