/* What only an attacker does to the words in front of an object. Everything that knows
 * how a header is laid out is here. */
#ifndef ATTACKS_FORGE_H
#define ATTACKS_FORGE_H

#include <nanvm/mem.h>

/* --- a state that the library itself could have come to, after billions of calls --- */

/* One more reference would be the one too many. */
void forge_last_count(const void *object);

/* The count is at its limit, and stays there. */
void forge_stuck_count(const void *object);

/* A count with which nothing can be counted. */
void forge_unknown_count(const void *object);

/* The object's references are as many as in the beginning again. */
void forge_new_count(const void *object);

/* --- wild writes: the bytes change, and nothing that might guard them --- */

/* The bytes in front of an object, the length of an array apart. */
unsigned char *header_bytes(const void *object);
size_t header_size(void);

void smash_count(const void *object, int32_t count);
void smash_distance(const void *object, uint32_t distance);
uint32_t read_distance(const void *object);

/* The number of items of an array. */
void smash_length(const void *object, size_t length);

/* Writes a header for an object with `origin`, which lies in front of it, as one who
 * knows the layout would who has no keys. */
void fake_header(void *object, const nanvm_origin *origin, int32_t count);

#endif
