/* The managers that are attacked, and the types of the objects in them. */
#ifndef ATTACKS_STAGE_H
#define ATTACKS_STAGE_H

#include <nanvm/mem.h>

typedef enum kind { GLOBAL, LOCAL, BUFFER, GROWING, CUSTOM, KINDS } kind;

extern const char *const kind_names[KINDS];

/* A user's manager on malloc: plain counts, one origin a block. What its dealloc does
 * besides can be set. */
typedef struct custom {
    nanvm_manager manager;
    nanvm_dealloc dealloc;
    size_t live;
    void (*on_dealloc)(void *context);
    void *context;
} custom;

typedef struct stage {
    kind kind;
    nanvm_manager *manager;
    nanvm_local local;
    nanvm_arena arena;
    custom custom; /* or where a growing arena has its chunks from */
} stage;

void custom_init(custom *self);
custom *custom_of(nanvm_dealloc *dealloc);

void stage_open(stage *self, kind kind);
bool stage_counts(const stage *self); /* references, that is: arenas don't */
bool stage_is_arena(const stage *self);

/* --- types --- */

struct point {
    size_t x, y;
};
extern const nanvm_type point_type;

/* As the typed interface does where the compiler knows that a type is a leaf. */
NANVM_TYPE(known_leaf, struct point);
static inline void drop_known_leaf(nanvm_ref self) {
    nanvm_ref_drop_typed(self, &known_leaf);
}
static inline void drop_known_leaf_mut(nanvm_mut_ref self) {
    nanvm_mut_ref_drop_typed(self, &known_leaf);
}

struct node {
    nanvm_ref left;
    size_t value;
    nanvm_ref right;
};
extern const nanvm_type node_type;
extern const nanvm_type ints_type; /* an array of uint32_t */
extern const nanvm_type refs_type; /* an array of references */

/* Counts how many there are. A hook, if there is one, runs in its callbacks. */
struct tracked {
    size_t value;
};
extern const nanvm_type tracked_type;
size_t tracked_live(void);
nanvm_mut_ref tracked_new(nanvm_manager *manager, size_t value);
extern void (*tracked_on_drop)(struct tracked *self);
extern bool (*tracked_on_clone)(struct tracked *copy, const struct tracked *source);

static inline nanvm_ref null_ref(void) {
    return (nanvm_ref){NULL};
}

/* The compiler forgets where a pointer came from, and what it knew of what is there. */
static inline void *laundered(const void *pointer) {
    void *same = (void *)(uintptr_t)pointer;
    __asm__ volatile("" : "+r"(same) : : "memory");
    return same;
}

static inline nanvm_ref ref_at(const void *address) {
    return (nanvm_ref){laundered(address)};
}

static inline nanvm_mut_ref mut_at(const void *address) {
    return (nanvm_mut_ref){laundered(address)};
}

#endif
