/* Sharing and freezing objects that were made for one thread: all that a reference
 * reaches.
 *
 * Each object is changed when it is found, and waits on a pile until the references in it
 * are looked at. So an object that is reached twice is found once. What was changed is
 * noted on a second pile: if memory runs out, all of it becomes plain again. No other
 * thread sees that, since nobody else may use these objects yet. */
#include "internal.h"
#include "system/system.h"

/* --- piles --- */

enum { PAGE_LENGTH = 510 };

typedef struct page {
    struct page *below;
    const void *objects[PAGE_LENGTH];
} page;

/* A stack that grows by pages, and keeps one that it doesn't need for the moment. */
typedef struct pile {
    page *top;
    size_t length; /* of the top page */
    page *spare;
} pile;

static bool add_page(pile *self) {
    page *added =
        self->spare != NULL ? self->spare : nanvm_system_alloc(NANVM_LAYOUT_OF(page));
    if (added == NULL) {
        return false;
    }
    self->spare = NULL;
    added->below = self->top;
    self->top = added;
    self->length = 0;
    return true;
}

static inline bool push(pile *self, const void *object) {
    if (NANVM_UNLIKELY(self->top == NULL || self->length == PAGE_LENGTH) &&
        !add_page(self)) {
        return false;
    }
    self->top->objects[self->length] = object;
    self->length += 1;
    return true;
}

static void free_page(page *self) {
    if (self != NULL) {
        nanvm_system_free(self, NANVM_LAYOUT_OF(page));
    }
}

static void drop_top(pile *self) {
    page *emptied = self->top;
    self->top = emptied->below;
    self->length = PAGE_LENGTH;
    free_page(self->spare);
    self->spare = emptied;
}

/* NULL if the pile is empty. */
static inline const void *pop(pile *self) {
    if (self->top != NULL && self->length == 0) {
        drop_top(self);
    }
    if (self->top == NULL) {
        return NULL;
    }
    self->length -= 1;
    return self->top->objects[self->length];
}

static void free_pile(pile *self) {
    while (self->top != NULL) {
        drop_top(self);
    }
    free_page(self->spare);
}

/* --- what a reference reaches --- */

typedef struct reach {
    bool freezes; /* or else shares */
    bool failed;
    const nanvm_origin *shared; /* of the object that was shared last */
    pile waiting;
    pile changed;
} reach;

/* Objects of one chunk have one origin, and mostly lie side by side: they are prepared
 * once. */
static bool prepare(reach *self, const void *object) {
    nanvm_origin *origin = nanvm_block_origin(object);
    nanvm_dealloc *dealloc = origin->dealloc;
    if (NANVM_LIKELY(origin == self->shared)) {
        return true;
    }
    self->shared = origin;
    return dealloc->table->share != NULL && dealloc->table->share(dealloc, object);
}

static void share(reach *self, const void *object, int32_t count) {
    if (prepare(self, object) && push(&self->waiting, object) &&
        push(&self->changed, object)) {
        nanvm_block_set_count(object, NANVM_COUNT_ATOMIC - count);
    } else {
        self->failed = true;
    }
}

/* Other threads may be changing the count. A thread that acts on what the count was
 * before can't free the object: the caller has a reference to what refers to it. Such a
 * thread may change the count by a few, once it is NANVM_COUNT_NONE. And of threads that
 * freeze the object at once, only one tells its dealloc. */
static void freeze(reach *self, const void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (!push(&self->waiting, object)) {
        self->failed = true;
        return;
    }
    int32_t count = nanvm_count_word_exchange_relaxed(nanvm_block_count_word(object),
                                                      NANVM_COUNT_NONE);
    if (nanvm_count_is_atomic(count) && dealloc->table->freeze != NULL) {
        dealloc->table->freeze(dealloc, object);
    }
}

/* An object with a count below 0 refers only to objects that any thread may use. */
static inline void find(reach *self, const void *object) {
    if (object == NULL || self->failed) {
        return;
    }
    int32_t count = nanvm_block_count(object);
    if (count >= 0) {
        share(self, object, count);
    } else if (self->freezes && nanvm_count_is_atomic(count)) {
        freeze(self, object);
    } else if (count == NANVM_COUNT_DEAD) {
        nanvm_count_stop_dead(object);
    }
}

static void find_visitor(nanvm_ref reference, void *context) {
    find(context, reference.object);
}

static inline void find_declared(reach *self, const void *part, const size_t *offsets,
                                 size_t length) {
    for (size_t i = 0; i < length; ++i) {
        const void *reference = (const unsigned char *)part + offsets[i];
        find(self, ((const nanvm_ref *)reference)->object);
    }
}

static void look_at(reach *self, const void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    if (type->item_size == 0 && type->visit == NULL) {
        find_declared(self, object, type->refs, type->refs_length);
    } else {
        nanvm_object_visit(type, object, find_visitor, self);
    }
}

static bool find_all(reach *self, nanvm_ref root) {
    find(self, root.object);
    for (const void *object; !self->failed && (object = pop(&self->waiting)) != NULL;) {
        look_at(self, object);
    }
    free_pile(&self->waiting);
    return !self->failed;
}

static void undo(reach *self) {
    for (const void *object; (object = pop(&self->changed)) != NULL;) {
        nanvm_block_set_count(object, NANVM_COUNT_ATOMIC - nanvm_block_count(object));
    }
}

bool nanvm_ref_share(nanvm_ref self) {
    reach all = {.freezes = false};
    bool shared = find_all(&all, self);
    if (!shared) {
        undo(&all);
    }
    free_pile(&all.changed);
    return shared;
}

/* Objects with plain counts become atomic first: that can be undone. */
bool nanvm_ref_freeze(nanvm_ref self) {
    reach all = {.freezes = true};
    return nanvm_ref_share(self) && find_all(&all, self);
}
