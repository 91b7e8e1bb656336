/* A program in which an attack happens: a manager, and objects that others use. */
#ifndef ATTACKS_WORLD_H
#define ATTACKS_WORLD_H

#include "model.h"

typedef struct world {
    stage stage;
    nanvm_manager *manager; /* the stage's */
    model model;
    uint32_t seed;
    size_t left;         /* objects that rightly live for ever */
    size_t left_tracked; /* of these, tracked ones */
    size_t may_leak;     /* objects that may be lost, which is no more than a leak */
} world;

/* What an attack is, and where it can be made. */
enum {
    ON_GLOBAL = 1 << GLOBAL,
    ON_LOCAL = 1 << LOCAL,
    ON_ARENAS = 1 << BUFFER | 1 << GROWING,
    ON_CUSTOM = 1 << CUSTOM,
    ON_COUNTING = ON_GLOBAL | ON_LOCAL | ON_CUSTOM,
    ON_ALL = ON_COUNTING | ON_ARENAS
};

typedef struct attack {
    const char *name;
    const char *what; /* the attacker does */
    void (*run)(world *self);
    unsigned on;
    bool wild; /* bytes are overwritten, not functions called wrongly */
} attack;

typedef struct attack_group {
    const char *key;
    const char *title;
    const attack *attacks;
    size_t length;
} attack_group;

#define ATTACK_GROUP(key, title, attacks)                                                \
    const attack_group key##_group = {#key, title, attacks,                              \
                                      sizeof(attacks) / sizeof((attacks)[0])}

/* Makes the attack in a new world, goes on, and judges. Ends the child. */
_Noreturn void world_suffer(const attack *attack, kind kind, uint32_t seed);

/* --- for attacks --- */

/* The misuse, up to here, had a result that shows something wrong at once. */
_Noreturn void wrong(const char *what);
_Noreturn void wrong_count(const char *what);

/* What should have been refused was; or wasn't. */
void must_refuse(bool refused);

/* An object of the world's program with `refs` references: one is the program's, the
 * others are the caller's. */
record *victim(world *self, const nanvm_type *type, size_t refs);

/* One that is the caller's alone, its content model_fill()'s. */
nanvm_ref own(world *self, const nanvm_type *type);
nanvm_mut_ref own_mut(world *self, const nanvm_type *type);
nanvm_mut_ref own_array(world *self, size_t length);

/* Now it is the program's, with content that begins with `first`. */
record *keep_array(world *self, nanvm_mut_ref array, size_t length, uint32_t first);

/* The program creates objects of that type until one lies where `place` was, or so many
 * times. They stay in use, until others take their turn. */
enum { SOON = 16, SOME_TIME = 5000 };
void reuse(world *self, const void *place, const nanvm_type *type, size_t times);

/* Drops `ref` so that nobody refers to the object any more, and returns where it was. */
const void *killed(nanvm_ref ref);

#endif
