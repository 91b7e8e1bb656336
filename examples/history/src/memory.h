/* Where every byte of the program comes from: the manager that `--manager` names. */
#ifndef HISTORY_MEMORY_H
#define HISTORY_MEMORY_H

#include <nanvm/mem.h>

enum memory_kind { MEMORY_GLOBAL, MEMORY_LOCAL, MEMORY_ARENA };

/* Counts what it hands out, in front of the global manager. Every other manager
 * takes its chunks from one of these, so nothing can leak unseen. */
struct counter {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    size_t live_blocks;
    size_t live_bytes;
    size_t peak_bytes;
    size_t *fuse; /* How many more allocations succeed; null for all. */
};

/* One manager of the chosen kind, with the counter behind it. */
struct pool {
    enum memory_kind kind;
    struct counter counter;
    nanvm_local local;
    nanvm_arena arena;
    size_t leaks;
};

/* Values live as long as the history; what one step needs goes when it ends. */
struct memory {
    struct pool values;
    struct pool scratch;
};

/* `fuse`, which may be null, counts down; at zero allocations fail. Don't move
 * `self` afterwards. */
void memory_init(struct memory *self, enum memory_kind kind, size_t *fuse);

/* Returns false, and says so on stderr, if anything was still alive. */
bool memory_deinit(struct memory *self);

nanvm_manager *memory_values(struct memory *self);
nanvm_manager *memory_scratch(struct memory *self);

/* For what is neither a value nor of one step only. An arena gives nothing back
 * before its end: there, what grows comes from where the chunks come from. */
nanvm_manager *memory_lasting(struct memory *self);

/* Bytes that the values' blocks take, headers included. */
size_t memory_bytes(struct memory *self);

/* An arena's scratch starts anew. Nothing may be in use in there. */
void memory_scratch_reset(struct memory *self);

#endif
