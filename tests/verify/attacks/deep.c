/* Chains that are dropped on a small stack. */
#include "groups.h"

#include <pthread.h>
#include <stdlib.h>

enum { STACK = 64 * 1024 };

static size_t length(const world *self) {
    const char *text = getenv("NANVM_ATTACKS_DEEP");
    size_t asked = text == NULL ? 100000 : strtoul(text, NULL, 10);
    return self->stage.kind == BUFFER ? 50000 : asked; /* its buffer isn't larger */
}

/* A link of a chain whose reference only a callback knows. */
struct hidden {
    nanvm_ref next;
};

static void hidden_drop(void *object, size_t items) {
    (void)items;
    nanvm_ref_drop(((struct hidden *)object)->next);
}

static const nanvm_type hidden_type = {.name = "hidden",
                                       .size = sizeof(struct hidden),
                                       .align = NANVM_ALIGNOF(struct hidden),
                                       .drop = hidden_drop};

static nanvm_ref link_of(world *self, const nanvm_type *type, nanvm_ref next) {
    struct node node = {.left = next};
    struct hidden hidden = {next};
    if (type == &refs_type) {
        return nanvm_mut_ref_to_ref(nanvm_new_array(self->manager, type, &next, 1));
    }
    const void *value = type == &node_type ? (const void *)&node : &hidden;
    return nanvm_mut_ref_to_ref(nanvm_new_copy(self->manager, type, value));
}

static nanvm_ref chain(world *self, const nanvm_type *type) {
    nanvm_ref first = null_ref();
    for (size_t i = length(self); i > 0; i--) {
        first = link_of(self, type, first);
    }
    return first;
}

typedef struct job {
    world *self;
    nanvm_ref chain;
} job;

static void *drop_in_thread(void *context) {
    job *job = context;
    nanvm_ref_drop(job->chain);
    if (stage_is_arena(&job->self->stage)) {
        nanvm_arena_reset(&job->self->stage.arena);
    }
    return NULL;
}

static void on_small_stack(world *self, const nanvm_type *type) {
    pthread_attr_t attributes;
    pthread_t thread;
    job job = {self, chain(self, type)};
    if (stage_is_arena(&self->stage)) {
        model_forget_all(&self->model);
    }
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    if (pthread_create(&thread, &attributes, drop_in_thread, &job) != 0) {
        wrong("no thread");
    }
    pthread_join(thread, NULL);
}

static void of_nodes(world *self) {
    on_small_stack(self, &node_type);
}
static void of_arrays(world *self) {
    on_small_stack(self, &refs_type);
}
static void of_callbacks(world *self) {
    on_small_stack(self, &hidden_type);
}

static const attack attacks[] = {
    {"nodes", "drops a chain of objects", of_nodes, ON_ALL, false},
    {"arrays", "drops a chain of arrays", of_arrays, ON_ALL, false},
    {"callbacks", "drops a chain that only callbacks know", of_callbacks, ON_ALL, false},
};

ATTACK_GROUP(deep, "Deep chains on a stack of 64 KiB", attacks);
