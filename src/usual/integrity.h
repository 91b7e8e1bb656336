/* Protection of the library's own data in memory: there is none in this build. The
 * hardened build has the other half of this interface, hardened/integrity.h; CMake
 * chooses between them. */
#ifndef NANVM_INTEGRITY_H
#define NANVM_INTEGRITY_H

#include <nanvm/mem.h>

enum {
    /* Whether even the shortest paths check for misuse. */
    NANVM_CHECKS_EVERY_CALL = 0,

    /* Whether a length is compared with the room that the dealloc knows of. (Lengths that
     * have checksums don't need that.) */
    NANVM_BOUNDS_LENGTHS = 1,

    /* Whether freed memory is wiped, and waits before it is used again. If so, inline
     * functions may not free, and an arena makes no objects ahead. */
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

/* Writes the checksums of a block that was moved together with its origin. */
static inline void nanvm_checksum_moved(const void *object) {
    (void)object;
}

/* Writes both members of the header at once. */
static inline void nanvm_header_write(void *object, uint32_t distance, int32_t count) {
    nanvm_header header = {count, distance};
    *nanvm_block_header(object) = header;
}

/* The first clears bytes that are given back, the second an object that has ended. */
static inline void nanvm_wipe(const void *bytes, size_t size) {
    (void)bytes;
    (void)size;
}

static inline void nanvm_wipe_object(const void *object, size_t size) {
    (void)object;
    (void)size;
}

/* Frees the global manager's blocks that wait; returns whether there were any. */
static inline bool nanvm_global_blocks_give_back(void) {
    return false;
}

#endif
