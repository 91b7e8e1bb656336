/* A manager that accounts for every byte, written through the public headers
 * alone. It counts what is live, checks that each piece of memory comes back
 * with the layout it was asked for and with nothing written beyond its end,
 * hands out dirty memory, and fails on demand. */
#ifndef TEST_ACCOUNTING_H
#define TEST_ACCOUNTING_H

#include <stdatomic.h>

#include <nanvm/mem.h>

/* --- the manager: accounting.c, which programs without cmocka may have, too --- */

/* Requests that can be chosen to fail one by one. */
enum { ACCOUNTING_CHOSEN = 3 };

typedef struct accounting {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    nanvm_manager_table manager_table; /* A copy each: tests clear slots in it. */
    nanvm_dealloc_table dealloc_table;
    atomic_flag lock;
    struct accounting_record *records; /* Of what is live. */
    struct accounting_record *dead;    /* Kept, where `keeps_dead`. */
    size_t live_blocks;
    size_t live_bytes;
    size_t requests;                  /* How often memory was asked for. */
    size_t failures;                  /* How many of these failed on demand. */
    size_t fail_first;                /* The first request to fail. */
    size_t fail_last;                 /* The last one. */
    size_t chosen[ACCOUNTING_CHOSEN]; /* Others that fail. */
    size_t chosen_length;
    size_t limit;    /* Of live bytes: what would go beyond fails. */
    uint32_t random; /* The state of the dice; 0 for none. */
    uint32_t fail_one_in;
    bool keeps_dead; /* Whether memory stays readable after it was freed. */
} accounting;

void accounting_init(accounting *self, nanvm_count count);

/* Frees all memory, for blocks that were never meant to be freed; or only what was kept.
 */
void accounting_abandon(accounting *self);
void accounting_release_dead(accounting *self);

/* Every piece of memory that is live. */
typedef void accounting_visitor(void *memory, size_t size, void *context);
void accounting_each(const accounting *self, accounting_visitor *visitor, void *context);

/* Of all accounting managers together. */
size_t accounting_live_everywhere(void);

/* Is told what is wrong before the process ends. */
typedef void accounting_error(const char *text);
void accounting_on_error(accounting_error *handler);

/* Lets request `n` fail, counted from now, beginning at 0. */
void accounting_fail_once(accounting *self, size_t n);

/* Lets request `n` and all that follow fail. */
void accounting_fail_from(accounting *self, size_t n);

/* Lets each of `length` requests fail, counted from now, beginning at 0. */
void accounting_fail_each(accounting *self, const size_t *requests, size_t length);

/* Lets one request in `n` fail, by dice that `seed`, not 0, starts. */
void accounting_fail_at_random(accounting *self, uint32_t seed, uint32_t n);

/* Never has more than so many bytes alive, as a machine with so much memory. A resize
 * needs no more than the difference. */
void accounting_limit(accounting *self, size_t bytes);

/* No request is made to fail any more, but by the limit. */
void accounting_never_fail(accounting *self);

/* Counts a request and says whether it may be served: for memory that comes from
 * somewhere else and is to fail in the same ways. */
bool accounting_serves(accounting *self, size_t size);

/* The next number of dice whose state is `*state`, never 0. */
uint32_t next_random(uint32_t *state);

/* --- what tests expect of it: expectations.c --- */

/* Lets go of what was kept or never counted, and checks that nothing is live. */
void accounting_deinit(accounting *self);

void expect_nothing_live(const accounting *self);

/* A scenario ends by dropping all that it made. It returns whether it came to
 * its end; where memory ran out it checks first that its arguments are
 * as they were. */
typedef bool accounted_scenario(accounting *manager);

/* Runs `scenario` with one request failing, and with all from one on failing:
 * the first, the second, ... until none is left to fail. */
void for_each_failure(nanvm_count count, accounted_scenario *scenario);

/* Around each test: what all accounting managers have live, and all tracked
 * objects, must be nothing. */
int clean_setup(void **state);
int clean_teardown(void **state);

#endif
