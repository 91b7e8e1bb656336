/* Objects that nobody misuses, and a memory of what they should be: the program that goes
 * on after an attack, and notices what is wrong. */
#ifndef ATTACKS_MODEL_H
#define ATTACKS_MODEL_H

#include "stage.h"

enum { RECORDS = 512, SLOTS = 128, FORBIDDEN = 8 };

/* What is known of one object. */
typedef struct record {
    nanvm_ref ref;
    const nanvm_type *type; /* NULL: this record is free */
    size_t refs;            /* from slots and from nodes */
    size_t length;
    uint32_t seed;              /* of the content */
    struct record *children[2]; /* of a node */
} record;

/* Memory that no object may be given, and that nobody may change. */
typedef struct forbidden {
    const unsigned char *begin;
    size_t size;
    uint32_t sum;
} forbidden;

typedef struct model {
    nanvm_manager *manager;
    bool counts;
    uint32_t random;
    record records[RECORDS];
    record *slots[SLOTS];
    size_t next_slot; /* for what is kept: it goes around */
    forbidden forbidden[FORBIDDEN];
    size_t forbidden_length;
} model;

void model_init(model *self, nanvm_manager *manager, bool counts, uint32_t seed);

/* `steps` random operations with checks. What is found wrong ends the child. */
void model_exercise(model *self, size_t steps);

/* Checks every count, and then every content. */
void model_check(model *self);

/* Lets go of everything; or of the memory of it, when the objects are gone already. */
void model_drop_all(model *self);
void model_forget_all(model *self);

/* A new object that the model watches, with one reference, which is the caller's; NULL if
 * memory runs out. */
record *model_new(model *self, const nanvm_type *type);

/* The same for an object of somebody else's, whose content is model_fill()'s. */
record *model_adopt(model *self, const nanvm_type *type, nanvm_ref ref, size_t length,
                    uint32_t seed);

/* The program goes on to use it, and drops the caller's reference some time: not before
 * as many others as there are slots have been kept. */
record *model_keep(model *self, record *owned);

/* `size` bytes at `begin` stay as they are, and are nobody's. */
void model_forbid(model *self, const void *begin, size_t size);

/* The content that an object with that seed has. */
void model_fill(const nanvm_type *type, void *object, size_t length, uint32_t seed);

#endif
