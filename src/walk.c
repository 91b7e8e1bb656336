/* The walk over plain objects that die: structs with references and without callbacks.
 *
 * An object is looked at once: it is freed as soon as its references are known, and these
 * wait on a small stack, on their way from memory meanwhile. (To come back to it after
 * what it refers to cost 0.6 ns more an object of a tree.) An object whose references
 * find no room there is buried in the list.
 *
 * What was created one after the other often dies so, at equal distances: the object some
 * steps ahead is asked for, too. (A tree built in order: 2.9 ns an object became 2.1;
 * in random order 13.7 became 14.2.) */
#include "internal.h"

static const nanvm_type no_type; /* which no object has */

/* Where a walk is. Most objects have the pool of the one before: what follows from it is
 * kept, and what died in it is given back at once. Nobody else is given its address,
 * and no call is made within a pool, so that it lives in registers. */
typedef struct walk {
    nanvm_slots *pool;      /* NULL: another kind of dealloc, or left */
    nanvm_slot *dead;       /* of the pool */
    const nanvm_type *type; /* outside of pools: the last object's; else no_type */
    const size_t *first;    /* offset of a reference */
    const size_t *last;
    void *list;
} walk;

static inline void *ref_at(const void *object, size_t offset) {
    const void *slot = (const unsigned char *)object + offset;
    return (void *)(uintptr_t)((const nanvm_ref *)slot)->object;
}

/* Before anybody else looks at the pool. */
static inline void leave_pool(walk *self) {
    if (self->pool != NULL) {
        self->pool->local_free_list = self->dead;
    }
    self->pool = NULL;
    self->dead = NULL;
}

static inline void enter_pool(walk *self, const void *object) {
    leave_pool(self);
    const nanvm_origin *origin = nanvm_block_origin(object);
    self->first = origin->type->refs;
    self->last = self->first + origin->type->refs_length - 1;
    self->type = origin->type;
    if (origin->dealloc->table->pooled) {
        self->type = &no_type;
        self->pool = (nanvm_slots *)origin->dealloc;
        self->dead = self->pool->local_free_list;
    }
}

static inline void free_object(walk *self, void *object) {
    if (NANVM_LIKELY(self->pool != NULL)) {
        nanvm_slot *place = object;
        place->next = self->dead;
        self->dead = place;
    } else {
        nanvm_block_free(object);
    }
}

static inline void bury(walk *self, void *object) {
    leave_pool(self);
    self->list = nanvm_object_defer(object, self->list);
}

static inline void free_leaf(walk *self, void *object) {
    nanvm_block_set_count(object, NANVM_COUNT_DEAD);
    leave_pool(self);
    nanvm_block_free(object);
}

/* Whether `object`, which has no references left, is one for the walk; else it has been
 * seen to. */
static inline bool is_next(walk *self, void *object) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (NANVM_LIKELY(origin->dealloc == (nanvm_dealloc *)self->pool)) {
        return true;
    }
    if (origin->dealloc->table->leaves) {
        return !nanvm_slots_free(object);
    }
    /* Most neighbours of a block of its own are the like: a tree of the global manager
     * dies in two thirds of the time. */
    if (origin->type == self->type && !origin->dealloc->table->pooled) {
        return true;
    }
    bool is_plain = nanvm_type_is_plain(origin->type);
    if (is_plain && origin->type->refs_length != 0) {
        enter_pool(self, object);
        return true;
    }
    if (is_plain) {
        free_leaf(self, object);
    } else {
        bury(self, object);
    }
    return false;
}

static inline bool dies(walk *self, const void *object) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    int32_t count = nanvm_count_word_load(word);
    if (nanvm_count_release_shared(word, count)) {
        return false;
    }
    if (NANVM_UNLIKELY(count < 0)) {
        leave_pool(self);
        return nanvm_count_is_atomic(count) ? nanvm_count_release_atomic(word, count)
                                            : nanvm_block_release(object);
    }
    return true;
}

/* All references but the first go on the stack; returns its new top. (With a branch for
 * each: the processor goes on with what it expects, and needn't wait for memory.) */
static inline void **push_references(const walk *self, const void *object, void **top) {
    for (const size_t *slot = self->last; slot != self->first; --slot) {
        void *child = ref_at(object, *slot);
        if (child != NULL) {
            NANVM_PREFETCH(child);
            *top++ = child;
        }
    }
    return top;
}

static inline bool has_room(const walk *self, void *const *top, void *const *end) {
    return self->last - self->first <= end - top;
}

void *nanvm_object_release(void *object, void *list) {
    void *stack[NANVM_RELEASE_STACK];
    void **top = stack;
    walk self = {.list = list};
    enter_pool(&self, object);
    for (;;) {
        void *next = NULL;
        if (NANVM_LIKELY(has_room(&self, top, stack + NANVM_RELEASE_STACK))) {
            nanvm_block_set_count(object, NANVM_COUNT_DEAD);
            top = push_references(&self, object, top);
            next = ref_at(object, *self.first);
            free_object(&self, object);
        } else {
            bury(&self, object);
        }
        while (next == NULL || !dies(&self, next) || !is_next(&self, next)) {
            if (top == stack) {
                leave_pool(&self);
                return self.list;
            }
            next = *--top;
        }
        nanvm_slots_prefetch(object, next);
        object = next;
    }
}
