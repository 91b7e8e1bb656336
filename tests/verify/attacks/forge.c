#include "forge.h"

#include <string.h>

enum { UNKNOWN = -0x48000000 }; /* between the counts that mean something */

/* A hardened build has a checksum behind the length of an array, and a count has one. */
#if defined(NANVM_HARDENED)
enum { LENGTH = 2 * sizeof(size_t) };
#else
enum { LENGTH = sizeof(size_t) };
#endif

static void set_count(const void *object, int32_t count) {
    nanvm_block_set_count(object, count);
}

void forge_last_count(const void *object) {
    set_count(object,
              nanvm_block_count(object) < 0 ? NANVM_COUNT_ATOMIC_LAST : INT32_MAX);
}

void forge_stuck_count(const void *object) {
    set_count(object, NANVM_COUNT_STUCK);
}

void forge_unknown_count(const void *object) {
    set_count(object, UNKNOWN);
}

void forge_new_count(const void *object) {
    set_count(object, (int32_t)nanvm_block_origin(object)->dealloc->table->count);
}

unsigned char *header_bytes(const void *object) {
    return (unsigned char *)nanvm_block_header(object);
}

size_t header_size(void) {
    return sizeof(nanvm_header);
}

void smash_count(const void *object, int32_t count) {
    memcpy(header_bytes(object) + offsetof(nanvm_header, count), &count, sizeof(count));
}

void smash_distance(const void *object, uint32_t distance) {
    memcpy(header_bytes(object) + offsetof(nanvm_header, origin), &distance,
           sizeof(distance));
}

uint32_t read_distance(const void *object) {
    uint32_t distance;
    memcpy(&distance, header_bytes(object) + offsetof(nanvm_header, origin),
           sizeof(distance));
    return distance;
}

void smash_length(const void *object, size_t length) {
    memcpy(header_bytes(object) - LENGTH, &length, sizeof(length));
}

void fake_header(void *object, const nanvm_origin *origin, int32_t count) {
    size_t distance = (size_t)((uintptr_t)header_bytes(object) - (uintptr_t)origin);
    memset(header_bytes(object), 0, header_size());
    smash_count(object, count);
    smash_distance(object, (uint32_t)(distance / sizeof(void *)));
}
