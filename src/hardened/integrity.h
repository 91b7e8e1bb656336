/* What guards the library's own words in memory: seals, which only the library can make,
 * and memory that is wiped and waits before it serves again. usual/integrity.h is the
 * empty half of this interface, and says what each function is for. */
#ifndef NANVM_INTEGRITY_H
#define NANVM_INTEGRITY_H

#include <nanvm/mem.h>

enum { NANVM_CHECKS_EVERY_CALL = 1, NANVM_BOUNDS_LENGTHS = 0, NANVM_QUARANTINES = 1 };

typedef struct nanvm_length {
    size_t length;
    size_t seal;
} nanvm_length;

/* --- checksum.c, header.c
 * ---------------------------------------------------------------- */

/* Each seals what was just written. */
void nanvm_checksum_length(nanvm_length *length);
void nanvm_checksum_origin(nanvm_origin *origin);
void nanvm_header_write(void *object, uint32_t distance, int32_t count);

/* The same where others may be reading it, unless it is sealed as it is. */
void nanvm_checksum_shared_origin(nanvm_origin *origin);

void nanvm_checksum_moved(void *object);

/* Stops the program if the length isn't what was written last. */
void nanvm_checksum_check_length(const nanvm_length *length);

/* In front of raw memory, or of another piece that has an owner. */
typedef struct nanvm_memory_front {
    uint32_t seal[2]; /* halves, as an origin's */
} nanvm_memory_front;

void nanvm_checksum_memory(nanvm_memory_front *front, const void *owner,
                           nanvm_layout layout);

/* Stops the program if it isn't as it was sealed; it is open afterwards. */
void nanvm_checksum_break_memory(nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout);

/* The same with another message, for what stays sealed. */
void nanvm_checksum_check_memory(const nanvm_memory_front *front, const void *owner,
                                 nanvm_layout layout, const char *message);

/* --- quarantine.c ------------------------------------------------------------ */

/* A ring of their addresses, apart from their memory: what is written to the dead changes
 * nothing that the library reads. */
typedef struct nanvm_quarantine {
    void **ring;
    size_t capacity; /* a power of two, or 0 */
    size_t first;    /* the one that waits longest */
    size_t length;
} nanvm_quarantine;

/* --- wipe.c ------------------------------------------------------------------ */

void nanvm_wipe(void *bytes, size_t size);

/* Marks the object as dead, too. */
void nanvm_wipe_object(void *object, size_t size);

/* --- global_blocks.c ---------------------------------------------------------- */

bool nanvm_global_blocks_give_back(void);

#endif
