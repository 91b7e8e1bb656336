/* Pieces of memory from malloc that nobody misuses, and a memory of what is in them: the
 * program that goes on after an attack, and notices what is wrong. */
#ifndef ATTACKS_HEAP_H
#define ATTACKS_HEAP_H

#include <stddef.h>
#include <stdint.h>

void heap_init(uint32_t seed);

/* A new piece that the program watches; any size if it is 0. It stays in use for now. */
unsigned char *heap_new(size_t size);

/* The program frees it, and looks at what was in it only afterwards: so the allocator is
 * the first who could notice something. */
void heap_free(unsigned char *bytes);

/* `steps` random operations. What is found wrong ends the child. */
void heap_exercise(size_t steps);
void heap_check(void);

/* `size` bytes at `begin` stay as they are, and are nobody's. */
void heap_forbid(const void *begin, size_t size);

#endif
