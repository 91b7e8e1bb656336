/* The operations: a run is a list of them, a few bytes each. */
#ifndef FUZZ_OPERATIONS_H
#define FUZZ_OPERATIONS_H

#include "world.h"

/* As it is in the input. Each operation says what it makes of the bytes; in most of them
 * the low bits of `slot` and `other` are slots, those of `where` a manager. */
typedef struct operation {
    unsigned char code, slot, other, where, size, seed;
} operation;

enum { OPERATION_SIZE = SCRIPT };

void operation_run(const unsigned char *bytes);

typedef void operate(const operation *op);

/* --- what operations ask of their bytes --- */

static inline unsigned slot_of(const operation *op) {
    return op->slot % SLOTS;
}

static inline unsigned other_of(const operation *op) {
    return op->other % SLOTS;
}

static inline bool is_typed(const operation *op) {
    return (op->slot & 0x20) != 0;
}

/* One of four ways. */
static inline unsigned way_of(const operation *op) {
    return op->slot >> 6;
}

static inline place place_of(const operation *op) {
    return (place)(op->where % 16 < PLACES ? op->where % 16 : op->where % 16 - 12);
}

/* It can't make objects: it lets go of all of them, or has no memory to take them from.
 */
static inline bool is_unusable(place where) {
    return here.closed[where] || (where == NONE && model.resetting[NONE]);
}

/* An object to be made: its parts are clones, which it takes over. */
typedef struct plan {
    const kind *kind;
    place where;
    unsigned life; /* of the manager */
    content content;
    size_t begin, end; /* of the parts that are written */
    known_id parts[PARTS_MAX];
    nanvm_ref refs[PARTS_MAX]; /* null once it is handed over */
    unsigned char script[SCRIPT];
} plan;

bool on_construct(void *object, size_t length, void *context);

/* An object of that kind with nothing in it, and with a script that follows from
 * `random`. Of id 0 if there is no memory, or if it may not be there. */
handle make_scripted(const kind *of, place where, uint32_t random);

/* Puts a part into an object that is ours alone; returns the old one. */
handle exchange(handle it, size_t part, handle by);

/* The bytes of an object. */
size_t size_of(handle it);

/* The first slot that refers to the object; SLOTS - 1 if there is none. */
unsigned slot_of_id(known_id id);

/* A callback runs: the array that is being resized is as it is to be, whoever looks, and
 * its handle may be used for anything. */
void expect_resized(void);

/* Managers end and arenas are reset; nothing is left in the end. */
void end_managers(void);

/* A callback carries out what its object has written down. */
void run_script(const unsigned char *script);

/* --- in operations_objects.c: references, and what they refer to --- */
operate op_make, op_share, op_drop, op_convert, op_clone_object, op_write, op_store,
    op_take_part, op_adopt, op_move, op_share_many;

/* --- in operations_arrays.c --- */
operate op_resize, op_cut;

/* --- in operations_managers.c --- */
operate op_raw, op_trim, op_end_local, op_reset, op_fail, op_refuse, op_check, op_burst,
    op_impossible;

#endif
