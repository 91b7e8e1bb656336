/* The managers of a run, one for each place. */
#ifndef FUZZ_MANAGERS_H
#define FUZZ_MANAGERS_H

#include "accounting.h"
#include "reference.h"

/* `size` and `shift`, any numbers, are those of an arena's buffer; `shift` also says
 * whether LOCAL is a shared manager. Sealed: all memory
 * comes from accounting managers, which keep the dead readable and can be abandoned. */
void managers_init(unsigned char size, unsigned char shift, bool sealed);

nanvm_manager *manager_of(place where);
nanvm_local *local_at(place where);
nanvm_arena *arena_at(place where);

/* Requests of any manager that were made to fail. */
size_t managers_failures(void);
void managers_fail(unsigned char which, unsigned countdown, bool goes_on);

/* What LOCAL_FAILING or LOCAL_RIGID takes memory from. */
accounting *source_of(place where);

/* No request is made to fail any more. */
void managers_calm(void);

/* Whether the arena in a buffer has less than `size` bytes left. */
bool buffer_is_full(size_t size);

void local_begin(place where);
void arena_begin(place where);

/* Lets go of all objects that nobody counts. */
void none_reset(void);

/* Everything was given back. Locals and arenas have ended. */
void managers_check_empty(void);

/* Frees all memory, whatever is in it. */
void managers_abandon(void);

#endif
