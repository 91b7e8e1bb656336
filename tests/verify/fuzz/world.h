/* What the operations work on: handles in slots, pieces of raw memory, and all checks
 * against the model. */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "managers.h"

enum { SLOTS = 32, RAWS = 8, DEPTH_MAX = 3 };

/* A reference as a program holds it; of id 0: the null handle. */
typedef struct handle {
    known_id id;
    bool is_mut;
    void *object;
} handle;

typedef struct raw {
    void *memory;
    nanvm_layout layout;
    place where;
    unsigned char fill;
} raw;

typedef struct world {
    const char *doing; /* for reports; may be NULL */
    handle slots[SLOTS];
    raw raws[RAWS];
    unsigned depth;            /* callbacks that are running operations */
    unsigned in_hand;          /* references that are in no slot */
    struct resizing *resizing; /* under way, and no callback has run yet; or NULL */
    unsigned at_hand;          /* one more than the slot of what callbacks are to use;
                                  0: any */
    bool is_over;              /* callbacks do nothing any more */
    bool refuses;              /* the next callback that can refuse does */
    size_t refusals;           /* how often one did */
    unsigned borrowed[PLACES]; /* calls under way that were given the manager, and may
                                  use it still */
    bool ending[PLACES];       /* a local manager that tells of what is left */
    bool closed[PLACES];       /* while the manager that it takes memory from ends */
    size_t uncounted[PLACES];  /* objects of an arena that the model isn't told of */
    size_t clones[PLACES];     /* that to_mut_ref had to make */
    size_t clones_before;      /* by the global manager, in earlier runs */
} world;

extern world here;

/* How many operations were carried out, by all runs. */
extern unsigned long long operations_done;

void world_begin(unsigned char size, unsigned char shift, bool sealed);

/* Ends everything in good order; nothing may be left. */
void world_end(void);

/* Leaves everything as it is, and frees the memory of a sealed world. */
void world_abandon(void);

/* --- handles --- */

handle take(unsigned slot);
void put(unsigned slot, handle it);         /* drops what is there */
void put_checked(unsigned slot, handle it); /* the same, looking at it first */
void drop_handle(handle it, const calls *how);

/* The slot as a Ref, and as a MutRef, where that is possible without cloning. */
handle *as_ref(unsigned slot);
handle *as_mut(unsigned slot);

/* Its arena is being reset: what is written to it now may never be let go of, and what it
 * refers to may be gone. */
bool is_let_go_of(handle it);

nanvm_ref ref_of(handle it);
nanvm_mut_ref mut_of(handle it);
const known *known_of(handle it);
bool is_sole(handle it);

/* The typed interface of an object if `typed`, else the untyped. */
const calls *calls_of(handle it, bool typed);

/* What a program does with references that it couldn't store. */
void drop_known(known_id id, nanvm_ref reference);

void write_card(known_id id);

/* --- checks --- */

/* Whether counts are what the model says: not while callbacks run. */
bool is_settled(void);

void check_object(known_id id);
void check_manager(place where);
void check_all(void);

/* What the manager has by the model: objects of a type, and pieces of raw memory. */
size_t count_of(const nanvm_type *type, place where);
size_t count_raws(place where);

/* Requests that failed, and callbacks that refused, on demand. */
size_t failures_so_far(void);

/* Whether a failure at `where` of a request for `size` bytes was to be expected, given
 * how many there were before. */
bool may_fail(place where, size_t size, size_t failures);

/* --- raw memory --- */

void raw_free(raw *self);
void raws_free(place where);
void raws_forget(place where);

#endif
