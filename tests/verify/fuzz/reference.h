/* What every object should be: a plain model of counts, references and contents. It is
 * told what is done, and knows nothing of the library but its contract. */
#ifndef FUZZ_REFERENCE_H
#define FUZZ_REFERENCE_H

#include "kinds.h"

/* The managers. From ARENA_BUFFER on they don't count; each of those may refer to
 * objects of the ones before it, so that it can be reset first. */
typedef enum place {
    GLOBAL,
    LOCAL,         /* over the global one */
    LOCAL_FAILING, /* over one that fails */
    LOCAL_NESTED,  /* over LOCAL */
    LOCAL_RIGID,   /* over one without `resize` */
    PLAIN,         /* a user's, and so are the next */
    ATOMIC,
    CUSTOM,
    ARENA_BUFFER,
    ARENA_GROWING,
    ARENA_LOCAL,  /* over LOCAL_FAILING */
    ARENA_CLOSED, /* refers to itself only */
    NONE,         /* a user's, and nobody counts */
    PLACES
} place;

static inline bool is_local(place where) {
    return where >= LOCAL && where <= LOCAL_RIGID;
}

static inline bool counts(place where) {
    return where < ARENA_BUFFER;
}

/* An object's number; 0 is none. */
typedef uint16_t known_id;
enum { KNOWN_MAX = 400 };

typedef enum state { UNUSED, ALIVE, DYING } state;

typedef struct known {
    const kind *kind;
    const void *address;
    content content;
    known_id parts[PARTS_MAX];
    unsigned owners; /* references to it, from anywhere */
    unsigned life;   /* of its manager: a local one may have ended since */
    place where;
    unsigned level; /* one more than the last place without counts that it leads to */
    state state;
    bool dropped; /* its `drop` has run */
    unsigned char script[SCRIPT];
    known_id next; /* unused, or dying */
} known;

struct reference {
    known objects[KNOWN_MAX];
    known_id unused, dying;
    known_id top; /* no object from here on was ever used */
    size_t used;
    size_t live[PLACES];   /* objects in the manager that there is now */
    unsigned life[PLACES]; /* how many managers ended there */
    bool resetting[PLACES];
    size_t drops_due, drops_seen;
};

extern struct reference model;

void model_init(void);

static inline known *model_get(known_id id) {
    return &model.objects[id];
}

static inline size_t known_parts(const known *self) {
    return kind_parts(self->kind, self->content.length);
}

/* Whether an object at `where` may refer to another: what is reset leaves no reference
 * behind. */
bool model_may_hold(place where, const known *target);
bool model_may_hold_all(place where, const known *holder);

/* Whether an object elsewhere refers to one there. */
bool model_is_referred_to(place where);

/* Whether there is room for another object, and for those that are under way already, one
 * at each depth of callbacks. */
bool model_has_room(unsigned depth);

/* A new object, with one owner; it takes over the parts. */
known_id model_add(const kind *of, place where, const void *address, const content *bytes,
                   const known_id *parts);

/* The same content elsewhere, by cloning. */
known_id model_add_copy(known_id source, place where, const void *address);

/* The object was created while its manager was an earlier one, which has ended since. */
void model_set_life(known_id id, unsigned life);

void model_share(known_id id);
void model_release(known_id id);

/* Replaces a part; who calls releases the old one, which is returned. */
known_id model_set_part(known_id id, size_t part, known_id target);

/* Another length; items that are cut off are released. */
void model_resize(known_id id, size_t length);
void model_move(known_id id, place where, const void *address);

/* All objects of `where` end. Until that is done no reference to them may spread. */
void model_begin_reset(place where);
void model_end_reset(place where);
/* The manager ends; its objects go on. */
void model_orphan(place where);

/* What died is gone by now: its `drop` has run. */
void model_settle(void);

/* Every object that is alive. */
typedef void model_visitor(known_id id, void *context);
void model_each(model_visitor *visitor, void *context);

#endif
