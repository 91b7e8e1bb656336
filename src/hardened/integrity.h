/* Protection of the library's own data in memory: checksums, which only the library can
 * make; and a quarantine, in which freed memory waits, wiped, before it is used again.
 * The other half of this interface is usual/integrity.h. What is said there isn't said
 * again here. */
#ifndef NANVM_INTEGRITY_H
#define NANVM_INTEGRITY_H

#include <nanvm/mem.h>

enum { NANVM_CHECKS_EVERY_CALL = 1, NANVM_BOUNDS_LENGTHS = 0, NANVM_QUARANTINES = 1 };

typedef struct nanvm_length {
    size_t length;
    size_t checksum;
} nanvm_length;

/* --- checksum.c, header.c ---------------------------------------------------- */

/* The first two write the checksum of what was just written; the third writes a header
 * with its checksums. */
void nanvm_checksum_length(nanvm_length *length);
void nanvm_checksum_origin(nanvm_origin *origin);
void nanvm_header_write(void *object, uint32_t distance, int32_t count);

/* As nanvm_checksum_origin(), for an origin that other threads may be reading: writes the
 * checksum only if it is wrong. */
void nanvm_checksum_shared_origin(nanvm_origin *origin);

void nanvm_checksum_moved(void *object);

/* Stops the program if the length isn't what was written last. */
void nanvm_checksum_check_length(const nanvm_length *length);

/* The checksum of a layout and an owner: of raw memory, a chunk, or a block that
 * waits. */
typedef struct nanvm_memory_front {
    uint32_t checksum[2]; /* halves, as an origin's */
} nanvm_memory_front;

void nanvm_checksum_memory(nanvm_memory_front *front, const void *owner,
                           nanvm_layout layout);

/* Stops the program if the checksum doesn't fit; otherwise makes it invalid. */
void nanvm_checksum_break_memory(nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout);

/* Stops the program with `message` if the checksum doesn't fit. */
void nanvm_checksum_check_memory(const nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout, const char *message);

/* --- quarantine.c ------------------------------------------------------------ */

/* A ring of the addresses of dropped objects. It lies apart from the objects, so that a
 * write to one of them can't change it. */
typedef struct nanvm_quarantine {
    void **ring;
    size_t capacity; /* a power of two, or 0 */
    size_t first;    /* the one that waits longest */
    size_t length;
} nanvm_quarantine;

/* --- wipe.c ------------------------------------------------------------------ */

void nanvm_wipe(void *bytes, size_t size);

/* Also marks the object as dropped. */
void nanvm_wipe_object(void *object, size_t size);

/* --- global_blocks.c ---------------------------------------------------------- */

bool nanvm_global_blocks_give_back(void);

#endif
