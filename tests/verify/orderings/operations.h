/* What the model does for the library, which is C, and for the scenarios. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/* --- atomic operations; `fresh` is what a word starts with ----------------- */

uint64_t model_load(const void *word, uint64_t fresh, int order, const char *operation);
void model_store(void *word, uint64_t fresh, uint64_t value, int order,
                 const char *operation);
uint64_t model_exchange(void *word, uint64_t fresh, uint64_t value, int order,
                        const char *operation);
uint64_t model_add(void *word, uint64_t fresh, uint64_t value, int order,
                   const char *operation);
int model_compare_exchange(void *word, uint64_t fresh, uint64_t *expected, uint64_t value,
                           int weak, int order, int failed_order, const char *operation);

/* An ordinary store to a word that is used atomically elsewhere. */
void model_store_plain(void *word, uint64_t fresh, uint64_t value, const char *caller);

/* Whose operation the next one is, and that it was; returns `result`. */
void model_enter(const char *caller);
int32_t model_leave(int32_t result);

/* --- memory: nothing is used twice in an execution ------------------------- */

void *model_malloc(size_t size);
void *model_aligned_alloc(size_t align, size_t size);
void *model_realloc(void *memory, size_t size);
void model_free(void *memory);

/* Another number each time. */
int model_getentropy(void *buffer, size_t size);

/* Both are accesses to the content of the block at `address`: they race with others that
 * nothing orders, and may not come after the block was freed. */
void model_read(const void *address);
void model_write(const void *address);

/* A part of a block has a content of its own, until the block is freed. */
void model_part(const void *address, size_t size);

/* What is static in a hardened build. */
const uint64_t *model_key(void);
const size_t *model_guards(void);

/* --- scenarios ------------------------------------------------------------- */

enum { MODEL_THREADS = 4 };

/* Words that more than one thread is to use have to be made known beforehand. */
#define MODEL_SHARE(word) model_share(word, (uint64_t)(*(word)))
void model_share(const void *word, uint64_t fresh);

/* No thread is going to change it. */
void model_settle(const void *word);

/* What has to be true; `what` says what it is. */
void model_expect(int condition, const char *what);

/* How many blocks haven't been freed. */
size_t model_alive(void);

/* One body for each thread, with its number. */
typedef struct scenario {
    const char *name;
    const char *purpose; /* what it shows */
    int threads;
    void (*before)(void);
    void (*thread[MODEL_THREADS])(unsigned index);
    void (*after)(void);
} scenario;

extern const scenario scenarios[];
extern const size_t scenarios_length;

#if defined(__cplusplus)
}
#endif

#endif
