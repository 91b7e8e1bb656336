/* What guards the library's own words in memory: nothing in this build. The hardened
 * build has the other half of this interface, hardened/integrity.h; CMake chooses between
 * them. */
#ifndef NANVM_INTEGRITY_H
#define NANVM_INTEGRITY_H

#include <nanvm/mem.h>

enum {
    /* Whether even the shortest ways look for misuse. */
    NANVM_CHECKS_EVERY_CALL = 0,

    /* Whether a length is held against the room that the dealloc knows of. (Where lengths
     * have checksums there is no need to.) */
    NANVM_BOUNDS_LENGTHS = 1,

    /* Whether freed memory is wiped, and waits before it serves again. Then inline
     * functions may neither free nor take objects that were made ahead. */
    NANVM_QUARANTINES = 0
};

/* The number of items, in front of an array. */
typedef struct nanvm_length {
    size_t length;
} nanvm_length;

static inline void nanvm_checksum_length(const nanvm_length *length) {
    (void)length;
}

static inline void nanvm_checksum_check_length(const nanvm_length *length) {
    (void)length;
}

static inline void nanvm_checksum_origin(const nanvm_origin *origin) {
    (void)origin;
}

static inline void nanvm_checksum_shared_origin(const nanvm_origin *origin) {
    (void)origin;
}

/* A block whose bytes were moved together with its origin. */
static inline void nanvm_checksum_moved(const void *object) {
    (void)object;
}

/* Both halves at once. */
static inline void nanvm_header_write(void *object, uint32_t distance, int32_t count) {
    nanvm_header header = {count, distance};
    *nanvm_block_header(object) = header;
}

/* Leaves nothing in bytes that are given back; and in an object that has ended. */
static inline void nanvm_wipe(const void *bytes, size_t size) {
    (void)bytes;
    (void)size;
}

static inline void nanvm_wipe_object(const void *object, size_t size) {
    (void)object;
    (void)size;
}

/* Ends the wait of the global manager's freed blocks; returns whether there was any. */
static inline bool nanvm_global_blocks_give_back(void) {
    return false;
}

#endif
