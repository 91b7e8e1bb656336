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

enum { PAGE_LENGTH = 8190 };

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
    const nanvm_origin
        *struct_origin; /* of the last plain struct that was looked at ... */
    const size_t *refs; /* ... and what its type says */
    size_t refs_length;
    pile waiting;
    pile changed;
} reach;

/* Objects of one chunk have one origin, and mostly lie side by side: they are prepared
 * once. */
NANVM_NOINLINE static bool prepare(reach *self, nanvm_origin *origin,
                                   const void *object) {
    nanvm_dealloc *dealloc = origin->dealloc;
    self->shared = origin;
    return dealloc->table->share != NULL && dealloc->table->share(dealloc, object);
}

static inline bool share(reach *self, const void *object, int32_t count) {
    nanvm_origin *origin = nanvm_block_origin(object);
    if ((origin != self->shared && !prepare(self, origin, object)) ||
        !push(&self->changed, object)) {
        self->failed = true;
        return false;
    }
    nanvm_block_set_count(object, nanvm_block_atomic_count(count));
    return true;
}

/* Other threads may be changing the count. A thread that acts on what the count was
 * before can't free the object: the caller has a reference to what refers to it. Such a
 * thread may change the count by a few, once it is NANVM_COUNT_NONE. And of threads that
 * freeze the object at once, only one tells its dealloc. */
static void freeze(const void *object) {
    nanvm_dealloc *dealloc = nanvm_block_origin(object)->dealloc;
    int32_t count = nanvm_count_word_exchange_relaxed(nanvm_block_count_word(object),
                                                      NANVM_COUNT_NONE);
    if (nanvm_count_is_atomic(count) && dealloc->table->freeze != NULL) {
        dealloc->table->freeze(dealloc, object);
    }
}

/* Changes the count of an object, which may be NULL; returns whether the references in
 * the object are to be looked at. An object with a count below 0 refers only to objects
 * that any thread may use. */
static inline bool find(reach *self, const void *object) {
    if (object == NULL) {
        return false;
    }
    int32_t count = nanvm_block_count(object);
    if (count >= 0) {
        if (!share(self, object, count)) {
            return false;
        }
        if (!self->freezes) {
            return true;
        }
        count = nanvm_block_count(object);
    }
    if (self->freezes && nanvm_count_is_atomic(count)) {
        freeze(object);
        return true;
    }
    if (NANVM_UNLIKELY(count == NANVM_COUNT_DEAD)) {
        nanvm_count_stop_dead(object);
    }
    return false;
}

static void find_visitor(nanvm_ref reference, void *context) {
    reach *self = context;
    if (find(self, reference.object) && !push(&self->waiting, reference.object)) {
        self->failed = true;
    }
}

static inline const void *object_at(const void *part, size_t offset) {
    const void *reference = (const unsigned char *)part + offset;
    return ((const nanvm_ref *)reference)->object;
}

/* Remembers what the type of a struct says, if there are no references but declared ones.
 * (Many objects lie in the same chunk as the one before. If the type were read for each,
 * the address of the next object would depend on six loads, one after the other.) */
static bool is_struct(reach *self, const nanvm_origin *origin) {
    const nanvm_type *type = origin->type;
    if (type->item_size != 0 || type->visit != NULL) {
        return false;
    }
    self->struct_origin = origin;
    self->refs = type->refs;
    self->refs_length = type->refs_length;
    return true;
}

/* Looks at the references in an object. Returns one of the objects that they lead to, and
 * that is to be looked at next, or NULL; others wait. So a list takes no memory here. */
static inline const void *look_at(reach *self, const void *object) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    if (NANVM_UNLIKELY(origin != self->struct_origin) && !is_struct(self, origin)) {
        nanvm_object_visit(origin->type, object, find_visitor, self);
        return NULL;
    }
    const void *next = NULL;
    for (size_t i = 0; i < self->refs_length; ++i) {
        const void *found = object_at(object, self->refs[i]);
        if (!find(self, found)) {
            continue;
        }
        if (next != NULL && !push(&self->waiting, next)) {
            self->failed = true;
        }
        next = found;
    }
    return next;
}

static bool find_all(reach *self, nanvm_ref root) {
    const void *object = find(self, root.object) ? root.object : NULL;
    while (object != NULL && !self->failed) {
        object = look_at(self, object);
        if (object == NULL) {
            object = pop(&self->waiting);
        }
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
bool nanvm_ref_share_frozen(nanvm_ref self) {
    reach all = {.freezes = true};
    bool frozen = nanvm_ref_share(self) && find_all(&all, self);
    free_pile(&all.changed);
    return frozen;
}
