/* Releasing plain objects iteratively: structs with references and without callbacks.
 *
 *   1. An object is freed as soon as its references are read. They wait on a stack of 64,
 *      prefetched. (Freeing it after what it refers to cost 0.6 ns more an object of a tree.)
 *   2. An object whose references find no room on the stack is deferred: drop.c.
 *   3. Objects that were created one after the other often die so, at equal distances: the
 *      one some steps ahead is prefetched, too. (A tree built in order: 2.9 ns an object
 *      became 2.1; in random order 13.7 became 14.2.) */
#include "internal.h"

static const nanvm_type no_type; /* which no object has */

/* The state of a walk. Most objects lie in the pool of the object before: what is known of
 * that pool is kept, and its freed slots are gathered in `dead` until the walk leaves it. No
 * other function gets the address of this struct, so that it lives in registers. */
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

/* Before any other function uses the pool. */
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
    if (origin->dealloc->table->own.free_inline) {
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

/* Whether the walk goes on with `object`, whose last reference is gone. If not, the object
 * was freed or deferred. */
static inline bool is_next(walk *self, void *object) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (NANVM_LIKELY(origin->dealloc == (nanvm_dealloc *)self->pool)) {
        return true;
    }
    if (origin->dealloc->table->own.leaves) {
        return !nanvm_slots_free(object);
    }
    /* Blocks with an origin each: most have the type of the block before. (A tree of the
     * global manager is dropped in two thirds of the time.) */
    if (origin->type == self->type && !origin->dealloc->table->own.free_inline) {
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
                                            : nanvm_count_release(object);
    }
    return true;
}

/* Pushes all references but the first; returns the new top of the stack. (A branch for each
 * lets the processor go on speculatively, without waiting for memory.) */
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
