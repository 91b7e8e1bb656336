/* What the entry points are called with. */
#ifndef NANVM_PROOFS_SUPPORT_H
#define NANVM_PROOFS_SUPPORT_H

#include <stdlib.h>
#include <string.h>

#include <nanvm/mem.h>

#include "__fc_builtin.h"

/* Memory whose addresses are numbers: a sum that is masked, as where something is aligned
 * or hashed, is a number, too. Step.py tells the analysis where it is. */
enum { TABLES = 0x10000, BUFFER = 0x11000, BUFFER_SIZE = 0x800, CHUNKS = 0x12000 };

typedef struct node {
    nanvm_ref left;
    nanvm_ref right;
    long number;
} node;

typedef struct text {
    long hash;
    unsigned char bytes[];
} text;

/* A leaf, an object with references, an array, an array of references, and an object with
 * callbacks: the tables lie at fixed addresses. */
#define leaf_type ((nanvm_type *)TABLES)
#define node_type (leaf_type + 1)
#define text_type (leaf_type + 2)
#define refs_type (leaf_type + 3)
#define file_type (leaf_type + 4)

/* Of the requests for memory, none fails, or one of the first. */
enum { REQUESTS = 6 };
void let_memory_run_out(void);

/* Writes the tables. */
void write_tables(void);

/* A manager without functions of its own but `alloc`, whose memory is that at CHUNKS. */
nanvm_manager *chunks_manager(void);

/* A node that refers to two leaves; null if memory runs out. */
nanvm_mut_ref new_node(nanvm_manager *manager);

/* Up to `length` items. */
nanvm_mut_ref new_text(nanvm_manager *manager, size_t length);

/* An entry point with each of the managers. */
#define WITH_MANAGERS(name)                                                              \
    void eva_##name##_global(void) {                                                     \
        write_tables();                                                                  \
        let_memory_run_out();                                                            \
        name(nanvm_global());                                                            \
    }                                                                                    \
    void eva_##name##_local(void) {                                                      \
        write_tables();                                                                  \
        let_memory_run_out();                                                            \
        nanvm_local local;                                                               \
        nanvm_local_init(&local);                                                        \
        name(nanvm_local_manager(&local));                                               \
        nanvm_local_deinit(&local);                                                      \
    }                                                                                    \
    void eva_##name##_arena(void) {                                                      \
        write_tables();                                                                  \
        let_memory_run_out();                                                            \
        nanvm_arena arena;                                                               \
        nanvm_arena_init(&arena, (void *)BUFFER, BUFFER_SIZE);                           \
        name(nanvm_arena_manager(&arena));                                               \
        nanvm_arena_deinit(&arena);                                                      \
    }

#endif
