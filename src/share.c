/* Sharing and freezing objects that were made for one thread: all that a reference
 * reaches.
 *
 * Each object is changed when it is found, and waits on a pile until the references in it
 * are looked at. So an object that is reached twice is found once. What was changed is
 * noted on a second pile: if memory runs out, all of it becomes plain again. No other
 * thread sees that, since nobody else may use these objects yet. */
#include "internal.h"
#include "system/atomic.h"
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
        nanvm_block_set_count(object, nanvm_block_atomic_count(count));
    } else {
        self->failed = true;
    }
}

/* Of several threads that freeze an object, one gives up the count. */
static bool give_up_count(const void *object) {
    static nanvm_lock lock;
    while (!nanvm_lock_try(&lock)) {
    }
    bool counted = nanvm_count_is_atomic(nanvm_block_count(object));
    if (counted) {
        nanvm_count_word_store_relaxed(nanvm_block_count_word(object), NANVM_COUNT_NONE);
    }
    nanvm_lock_release(&lock);
    return counted;
}

/* Other threads may be changing the count. A thread that acts on what the count was
 * before can't free the object: the caller has a reference to what refers to it. */
static void freeze(reach *self, const void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    if (!push(&self->waiting, object)) {
        self->failed = true;
    } else if (give_up_count(object) && dealloc->table->freeze != NULL) {
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
        count = nanvm_block_count(object);
    }
    if (self->freezes && nanvm_count_is_atomic(count)) {
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

/* What the count was before. If it was beyond the limit of atomic counts, that isn't
 * known any more: the highest count keeps the object alive for ever. */
static int32_t plain_count(int32_t count) {
    return nanvm_count_is_atomic(count) ? NANVM_COUNT_ATOMIC - count : INT32_MAX;
}

static void undo(reach *self) {
    for (const void *object; (object = pop(&self->changed)) != NULL;) {
        nanvm_block_set_count(object, plain_count(nanvm_block_count(object)));
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

/* Objects with plain counts become atomic first: that can be undone. Others are found
 * only behind an object that was shared and then written. */
bool nanvm_ref_freeze(nanvm_ref self) {
    reach all = {.freezes = true};
    bool frozen = nanvm_ref_share(self) && find_all(&all, self);
    free_pile(&all.changed);
    return frozen;
}
