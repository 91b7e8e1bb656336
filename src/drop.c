/* Ending objects: the cold half of drops.
 *
 * The end of an object may end the objects that it refers to, and so on. Ending a chain
 * of any length takes a bounded amount of stack, and allocates nothing.
 *
 *   1. A plain struct has no callbacks, and at most 64 references, none of them in items.
 *      It is freed as soon as its references are read. The first of these is followed at
 *      once. The others wait on a stack of 64, and the object of the last one is
 *      prefetched. (If there are more than two, one in between doesn't wait if a plain
 *      count says that its object is shared: it is released at once.) Freeing a struct
 *      only after the objects that it refers to took 0.6 ns more for each object of a
 *      tree.
 *   2. Any other object that has callbacks or holds references is deferred: it joins a
 *      list. (With no other drop at work, an object with callbacks ends at once.) A plain
 *      struct is deferred, too, if its references find no room on the stack, if an object
 *      that isn't plain referred to it, or if another drop is at work already.
 *   3. The link of a deferred object lies in the object itself, in place of its first
 *      declared reference (one listed in `refs` or `item_refs`). That reference is
 *      released when the object joins the list. An object of a type with callbacks has to
 *      keep its bytes, so its link is a word in front of it.
 *   4. The outermost drop of a thread ends the objects in two lists until both are empty.
 *      The first holds the objects that the drop itself defers; it is passed on in a
 *      register. The second belongs to the thread, and holds the objects that callbacks
 *      and deallocs drop; its turn comes whenever the first is empty. */
#include "hold.h"
#include "remote.h"
#include "unwind.h"

/* The objects of a thread that wait for their end, and whether a drop is at work. */
typedef struct work {
    void *list;
    nanvm_at_work at_work;
} work;

static NANVM_THREAD_LOCAL work pending;

static const nanvm_ref *ref_at(const void *part, size_t offset) {
    return (const nanvm_ref *)(const void *)((const unsigned char *)part + offset);
}

static void *object_at(const void *part, size_t offset) {
    return (void *)(uintptr_t)ref_at(part, offset)->object;
}

/* --- deferring ---------------------------------------------------------------- */

static bool has_first_ref(const nanvm_type *type, const void *object) {
    return NANVM_LIKELY(type->refs_length > 0) ||
           (type->item_refs_length > 0 && nanvm_block_length_outside_arena(object) > 0);
}

/* The first declared reference. Each object in a list has one, unless its type has
 * callbacks. */
static nanvm_ref *first_ref(const nanvm_type *type, void *object) {
    return (nanvm_ref *)(uintptr_t)(NANVM_LIKELY(type->refs_length > 0)
                                        ? ref_at(object, type->refs[0])
                                        : ref_at(nanvm_object_item(type, object, 0),
                                                 type->item_refs[0]));
}

/* Whether no items declare references, and all references of the object are null. Such an
 * object is freed instead of deferred. (The walk through plain structs, which frees every
 * struct at once, doesn't ask.) */
static bool refs_are_null(const nanvm_type *type, const void *object) {
    bool nothing = type->item_refs_length == 0;
    for (size_t i = 0; nothing && i < type->refs_length; ++i) {
        nothing = object_at(object, type->refs[i]) == NULL;
    }
    return nothing;
}

static void *defer_with_callbacks(const nanvm_type *type, void *object, void *list) {
    *nanvm_block_link(type, object) = list;
    return object;
}

/* Adds an object to the list. If the object has no callbacks, its first reference is
 * released to make room for the link. If that was the last reference to another object,
 * that object is added, too, and so on. An object without callbacks that holds no
 * references is freed instead. Its dealloc may drop references, and objects that end by
 * these drops join the thread's list. `*list` may be that list (see defer_to_thread()),
 * so it has to be complete whenever a dealloc is called. */
static inline void defer_to(void **list, void *object) {
    for (;;) {
        nanvm_origin *origin = nanvm_block_origin(object);
        const nanvm_type *type = origin->type;
        if (!NANVM_QUARANTINES && origin->dealloc->table->traits.holds_nothing) {
            nanvm_slots_free_in(origin, object);
            return;
        }
        nanvm_block_mark_dead(object);
        if (NANVM_UNLIKELY(nanvm_type_has_callbacks(type))) {
            *list = defer_with_callbacks(type, object, *list);
            return;
        }
        nanvm_ref *first = has_first_ref(type, object) ? first_ref(type, object) : NULL;
        if (first == NULL || (first->object == NULL && refs_are_null(type, object))) {
            nanvm_block_free(object);
            return;
        }
        const void *child = first->object;
        first->object = *list;
        *list = object;
        if (child == NULL || !nanvm_count_release_inline(child)) {
            return;
        }
        object = (void *)(uintptr_t)child;
    }
}

/* The same for a list that stays in a register; returns it. */
NANVM_NOINLINE static void *defer(void *object, void *list) {
    defer_to(&list, object);
    return list;
}

/* --- plain structs ------------------------------------------------------------ */

static const nanvm_type no_type; /* which no object has */

/* The state of a walk through plain structs. While the walk is in a chunk, `freed` and
 * `others` stand for the chunk's free list and its `live`. They are written back when the
 * walk leaves the chunk: for an object outside of it, or before other code runs. So most
 * objects are freed without a write to the chunk's head, since many lie in the same chunk
 * as their predecessor. Only inlined functions get the address of this struct, so that it
 * lives in registers. */
typedef struct walk {
    nanvm_chunk_head *chunk; /* whose slots the walk frees; NULL: the dealloc does */
    nanvm_slot *freed;       /* the chunk's free list */
    size_t others;           /* the chunk's `live` minus one; 0 if `chunk` is NULL */
    const nanvm_type *type;  /* of the last struct, if its dealloc freed it; no_type once
                                the walk frees in chunks: no struct has that type, so
                                go_on_with() calls enter_pool() */
    const size_t *first;     /* offset of the type's first reference ... */
    const size_t *last;      /* ... and of its last */
    void **end;              /* of the stack */
    void **limit; /* the highest `top` at which the stack has room for what one struct
                     pushes: all its references but the first */
    void *list;   /* of deferred objects */
} walk;

/* The pool of objects with that origin, in which the walk frees slots. */
static inline nanvm_slots *slots_of(const nanvm_origin *origin) {
    nanvm_dealloc *dealloc = origin->dealloc;
    return dealloc->table->traits.remote ? ((nanvm_remote *)(void *)dealloc)->slots
                                         : (nanvm_slots *)dealloc;
}

/* The same, or NULL if this thread may not free there without a call. */
static inline nanvm_slots *free_slots_of(const nanvm_origin *origin) {
    nanvm_dealloc *dealloc = origin->dealloc;
    if (NANVM_QUARANTINES) {
        return NULL;
    }
    if (NANVM_LIKELY(dealloc->table->traits.free_inline)) {
        return (nanvm_slots *)dealloc;
    }
    return dealloc->table->traits.remote
               ? nanvm_remote_slots_here((const nanvm_remote *)(const void *)dealloc)
               : NULL;
}

/* Whether the objects of a pool hold nothing, and may be freed without a call. */
static inline bool hold_nothing(const nanvm_slots *slots) {
    return slots->dealloc.table->traits.holds_nothing;
}

/* Has to be called before any other function uses the chunk, and so before code of the
 * user runs. */
static inline void store_chunk(walk *self) {
    nanvm_chunk_head *chunk = self->chunk;
    if (chunk != NULL) {
        if (chunk->free_list == NULL && self->freed != NULL) {
            nanvm_slots_add_available(slots_of(&chunk->origin), chunk);
        }
        chunk->free_list = self->freed;
        chunk->live = self->others + 1;
    }
    self->chunk = NULL;
    self->others = 0;
}

static inline void load_chunk(walk *self, const nanvm_origin *origin) {
    self->chunk = (nanvm_chunk_head *)(uintptr_t)origin;
    self->freed = self->chunk->free_list;
    self->others = self->chunk->live - 1;
}

static inline void set_type(walk *self, const nanvm_type *type) {
    self->type = type;
    self->first = type->refs;
    self->last = self->first + type->refs_length - 1;
    self->limit = self->end - (type->refs_length - 1);
}

/* Whether the magazine is full. Until then it gets the walk's slots, so that the next
 * objects use the slots of the objects that died last. This helps most where each slot
 * lies in another chunk, as when a version of a persistent tree is dropped. */
static inline bool has_full_magazine(const nanvm_slots *slots) {
    return slots->magazine_length == NANVM_MAGAZINE_SIZE;
}

/* A walk that has freed in chunks is long: it enters a chunk of this pool, too, even if
 * the magazine has room. (The walk forgets that when it passes through a pool whose
 * chunks it can't free in.) */
static inline void enter_pool(walk *self, const nanvm_origin *origin) {
    bool is_long = self->type == &no_type;
    store_chunk(self);
    set_type(self, origin->type);
    const nanvm_slots *slots = free_slots_of(origin);
    if (slots != NULL && (is_long || has_full_magazine(slots))) {
        self->type = &no_type;
        load_chunk(self, origin);
    }
}

/* Frees the first struct of a walk. If structs are dropped one at a time, the next new
 * object gets the slot of the last one. */
static inline void free_first(void *object) {
    if (NANVM_QUARANTINES || !nanvm_slots_free(object)) {
        nanvm_block_free(object);
    }
}

/* Frees an object that is the last in use in its chunk. */
static void free_last(nanvm_slots *slots, void *object) {
    slots->dealloc.table->free_block(&slots->dealloc, object);
}

/* Frees the magazine's slots in their chunks. A walk that empties one chunk mostly goes
 * on to empty others. But the magazine has the slots of objects that died when the walk
 * began, and each of these slots would keep its chunk in use. (A tree that is built and
 * dropped over and over took a tenth more time to build. If a slot is the last in use in
 * its chunk, the pool's `free_block` doesn't return it to the magazine.) */
NANVM_NOINLINE static void unload_magazine(nanvm_slots *slots) {
    while (slots->magazine_length > 0) {
        slots->magazine_length -= 1;
        void *object = slots->magazine[slots->magazine_length];
        nanvm_origin *chunk = nanvm_block_origin(object);
        if (!nanvm_slots_push_in_chunk(slots, (nanvm_chunk_head *)chunk, object)) {
            free_last(slots, object);
        }
    }
}

/* If the walk is in no chunk, or the object is the last in use in the chunk, the dealloc
 * frees the object. The dealloc has to find the chunk's head as it is, so the walk leaves
 * the chunk first. */
static inline void free_in_walk(walk *self, void *object) {
    if (NANVM_LIKELY(self->others != 0)) {
        nanvm_slot *slot = object;
        slot->next = self->freed;
        self->freed = slot;
        self->others -= 1;
    } else {
        nanvm_chunk_head *emptied = self->chunk;
        store_chunk(self);
        if (emptied != NULL) {
            nanvm_slots *slots = slots_of(&emptied->origin);
            unload_magazine(slots);
            free_last(slots, object);
        } else {
            nanvm_block_free(object);
        }
    }
}

static inline void defer_in_walk(walk *self, void *object) {
    store_chunk(self);
    self->list = defer(object, self->list);
}

/* Called with an object whose last reference is gone. Returns true if the walk is to free
 * the object and to go on with its references; otherwise the object has been freed or
 * deferred. */
static inline bool go_on_with(walk *self, void *object) {
    nanvm_origin *origin = nanvm_block_origin(object);
    if (NANVM_LIKELY(!NANVM_QUARANTINES && (const void *)origin == self->chunk)) {
        return true; /* a chunk has one type: `first` and `last` stay */
    }
    if (!NANVM_QUARANTINES && self->chunk != NULL &&
        origin->dealloc == self->chunk->origin.dealloc) {
        store_chunk(self);
        load_chunk(self, origin);
        return true; /* a pool has one type, too */
    }
    if (!NANVM_QUARANTINES && origin->dealloc->table->traits.holds_nothing) {
        /* The walk needn't leave its chunk: this object lies in another pool, since the
         * objects in the walk's pool hold references. */
        nanvm_slots_free_in(origin, object);
        return false;
    }
    /* An object of the same type as the one before takes this shorter way, even if each
     * block has its own origin. (So a tree of the global manager is dropped in two thirds
     * of the time.) But if inline functions may free in the pool, and the magazine is
     * full, the walk enters the object's chunk below. */
    nanvm_slots *slots = free_slots_of(origin);
    if (origin->type == self->type && (slots == NULL || !has_full_magazine(slots))) {
        return true;
    }
    if (slots != NULL && hold_nothing(slots)) { /* in a pool of a shared manager */
        nanvm_slots_free_to(slots, origin, object);
        return false;
    }
    /* An object that holds nothing, but can't be freed without a call, is passed on, too:
     * defer() frees it. */
    if (!nanvm_type_is_plain(origin->type) || origin->type->refs_length == 0) {
        defer_in_walk(self, object);
        return false;
    }
    enter_pool(self, origin);
    return true;
}

/* Releases a reference; returns whether it was the last. */
static inline bool release_in_walk(walk *self, const void *object) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    int32_t count = nanvm_count_word_load(word);
    if (nanvm_count_try_release_plain(word, count)) {
        return false;
    }
    if (NANVM_LIKELY(count == 0)) {
        return true;
    }
    if (NANVM_LIKELY(nanvm_count_is_atomic(count))) {
        return nanvm_count_release_atomic(word, count);
    }
    store_chunk(self); /* a custom count runs other code */
    return nanvm_count_release(object);
}

static inline bool release_if_shared(void *object) {
    nanvm_count_word *word = nanvm_block_count_word(object);
    return nanvm_count_try_release_plain(word, nanvm_count_word_load(word));
}

/* Pushes the references from `last` down to the one behind `first`. But a reference to an
 * object that is shared, by a plain count, is released at once: in the wide nodes of a
 * persistent tree, most children are shared when a version of the tree is dropped. */
NANVM_NOINLINE static void **push_unshared(const void *object, const size_t *first,
                                           const size_t *last, void **top) {
    for (const size_t *offset = last; offset != first; --offset) {
        void *child = object_at(object, *offset);
        if (child != NULL && !release_if_shared(child)) {
            *top++ = child;
        }
    }
    return top;
}

/* Pushes the references that are left to release, except for the first; returns the new
 * top of the stack. The last reference is pushed without a look at the count, and its
 * object is prefetched. Reading the count now would wait for memory, and would seldom
 * pay: a struct of two references is mostly the only owner of both objects. (The test for
 * null is a branch: the processor goes on speculatively, without waiting for memory.) */
static inline void **push_references(const walk *self, const void *object, void **top) {
    const size_t *last = self->last;
    if (last != self->first) {
        void *child = object_at(object, *last);
        if (child != NULL) {
            NANVM_PREFETCH(child);
            *top++ = child;
        }
        --last;
        if (NANVM_UNLIKELY(last != self->first)) {
            top = push_unshared(object, self->first, last, top);
        }
    }
    return top;
}

/* Ends a plain struct with references, then each object that only this struct referred
 * to, and so on. Objects that can't be ended here are added to the list; returns the
 * list. The memory some steps ahead is prefetched, too: objects that were created one
 * after the other often lie at equal distances, and are dropped in that order. (A tree
 * built in order: 2.9 ns an object became 2.1; in random order 13.7 became 14.2.) */
NANVM_NOINLINE static void *end_plain(const nanvm_origin *origin, void *object,
                                      void *list) {
    void *stack[NANVM_RELEASE_STACK];
    void **top = stack;
    walk self = {.end = stack + NANVM_RELEASE_STACK, .list = list};
    set_type(&self, origin->type);
    nanvm_block_mark_dead(object);
    top = push_references(&self, object, top);
    void *next = object_at(object, *self.first);
    free_first(object);
    for (;;) {
        /* Releases references until the walk can go on with an object. */
        while (next == NULL || !release_in_walk(&self, next) ||
               !go_on_with(&self, next)) {
            if (top == stack) {
                store_chunk(&self);
                return self.list;
            }
            next = *--top;
        }
        nanvm_slots_prefetch(object, next);
        object = next;
        next = NULL;
        if (NANVM_LIKELY(top <= self.limit)) {
            nanvm_block_mark_dead(object);
            top = push_references(&self, object, top);
            next = object_at(object, *self.first);
            free_in_walk(&self, object);
        } else {
            defer_in_walk(&self, object);
        }
    }
}

/* --- other objects ------------------------------------------------------------ */

static inline void *release(nanvm_ref reference, void *list) {
    if (reference.object != NULL && nanvm_count_release_inline(reference.object)) {
        list = defer((void *)(uintptr_t)reference.object, list);
    }
    return list;
}

static void release_visitor(nanvm_ref reference, void *context) {
    void **list = context;
    *list = release(reference, *list);
}

static inline void *release_declared(const void *part, const size_t *offsets,
                                     size_t length, void *list) {
    for (size_t i = 0; i < length; ++i) {
        list = release(*ref_at(part, offsets[i]), list);
    }
    return list;
}

/* Releases one reference in each item, which is all that most items hold. (A loop over
 * references inside the loop over items costs arrays of a few items a third more
 * instructions.) */
static inline void *release_column(const unsigned char *column, size_t stride,
                                   size_t length, void *list) {
    for (; length > 0; --length, column += stride) {
        list = release(*ref_at(column, 0), list);
    }
    return list;
}

static void *release_items(const nanvm_type *type, const void *object, void *list) {
    const unsigned char *item = nanvm_object_item(type, object, 0);
    size_t length = nanvm_block_length_outside_arena(object);
    if (NANVM_LIKELY(type->item_refs_length == 1)) {
        return release_column(item + type->item_refs[0], type->item_size, length, list);
    }
    for (; length > 0; --length, item += type->item_size) {
        list = release_declared(item, type->item_refs, type->item_refs_length, list);
    }
    return list;
}

NANVM_NOINLINE static void call_drop(const nanvm_type *type, void *object) {
    type->drop(object,
               type->item_size == 0 ? 0 : nanvm_block_length_outside_arena(object));
}

/* Stops the program: after an exception the objects in the list would never end. */
NANVM_UNUSED static void stop_unless_ended(const bool *ended) {
    if (!*ended) {
        nanvm_fatal("an exception left a callback that ran while objects were dropped");
    }
}

/* Ends the object, which is the first of a list; returns the list of what is left to
 * end. */
NANVM_NOINLINE static void *end_with_callbacks(const nanvm_type *type, void *object) {
    bool ended NANVM_ON_UNWIND(stop_unless_ended) = false;
    nanvm_unwind_reads(&ended);
    void *list = *nanvm_block_link(type, object);
    if (type->drop != NULL) {
        call_drop(type, object);
    }
    nanvm_object_visit(type, object, release_visitor, &list);
    nanvm_block_free(object);
    ended = true;
    return list;
}

/* The next two functions aren't inlined, so that they take no registers from the code
 * that ends other objects. */
NANVM_NOINLINE static void *release_own_refs(const nanvm_type *type, void *object,
                                             void *list) {
    return release_declared(object, type->refs, type->refs_length, list);
}

NANVM_NOINLINE static void *end_with_items(const nanvm_type *type, void *object,
                                           void *list) {
    if (type->refs_length > 0) {
        list = release_own_refs(type, object, list);
    }
    if (type->item_refs_length > 0) {
        list = release_items(type, object, list);
    }
    nanvm_block_free(object);
    return list;
}

static void *end_declared(const nanvm_origin *origin, void *object) {
    const nanvm_type *type = origin->type;
    nanvm_ref *first = first_ref(type, object);
    void *list = (void *)(uintptr_t)first->object;
    first->object = NULL;
    return nanvm_type_is_plain(type) ? end_plain(origin, object, list)
                                     : end_with_items(type, object, list);
}

static void *end_first(void *list) {
    const nanvm_origin *origin = nanvm_block_origin(list);
    return nanvm_type_has_callbacks(origin->type) ? end_with_callbacks(origin->type, list)
                                                  : end_declared(origin, list);
}

/* --- the list of a thread ----------------------------------------------------- */

static void *take_list(work *self) {
    void *list = self->list;
    self->list = NULL;
    return list;
}

NANVM_NOINLINE static void defer_to_thread(work *self, void *object) {
    defer_to(&self->list, object);
}

NANVM_NOINLINE static void end_list(work *self, void *list) {
    while (list != NULL || (list = take_list(self)) != NULL) {
        list = end_first(list);
    }
}

/* --- one object, and what only it refers to ----------------------------------- */

/* Ends the object, or defers it to a new list; returns the list of objects left to end.
 * An object with callbacks is ended at once, as if it were alone in a list. */
static inline void *end_one(const nanvm_origin *origin, void *object) {
    const nanvm_type *type = origin->type;
    if (nanvm_type_is_plain(type)) {
        return end_plain(origin, object, NULL);
    }
    if (nanvm_type_has_callbacks(type)) {
        nanvm_block_mark_dead(object);
        return end_with_callbacks(type, defer_with_callbacks(type, object, NULL));
    }
    return defer(object, NULL);
}

/* Not inlined in end_object(): looking up a thread-local variable may take a call, and
 * then even the drop of an object that holds nothing would have to save registers. */
NANVM_NOINLINE static void end_all(const nanvm_origin *origin, void *object) {
    nanvm_callback_guard frame;
    work *self = &pending;
    NANVM_KEEP_ADDRESS(self);
    nanvm_callback_guard_check(
        &self->at_work, NANVM_FRAME_ADDRESS,
        "a callback that ran while objects were dropped was left by longjmp");
    if (self->at_work.is_set) { /* the drop that is at work ends this object, too */
        defer_to_thread(self, object);
        return;
    }
    nanvm_callback_guard_enter(&self->at_work, &frame, NANVM_FRAME_ADDRESS);
    void *list = end_one(origin, object);
    if (NANVM_UNLIKELY(list != NULL || self->list != NULL)) {
        end_list(self, list);
    }
    nanvm_callback_guard_leave(&self->at_work);
}

static inline void end_object(nanvm_origin *origin, void *object) {
    if (!NANVM_QUARANTINES &&
        NANVM_LIKELY(origin->dealloc->table->traits.holds_nothing)) {
        nanvm_slots_free_in(origin, object);
    } else if (nanvm_type_holds_nothing(origin->type)) {
        nanvm_block_mark_dead(object);
        nanvm_block_free(object);
    } else {
        end_all(origin, object);
    }
}

/* The next two functions aren't inlined, so that the usual path saves no registers. */
NANVM_NOINLINE static void end_atomic(void *object) {
    nanvm_origin *origin = nanvm_block_origin(object);
    nanvm_slots *slots = free_slots_of(origin);
    if (slots != NULL && hold_nothing(slots)) {
        nanvm_slots_free_to(slots, origin, object);
    } else {
        end_object(origin, object);
    }
}

NANVM_NOINLINE static void release_and_end(void *object) {
    if (nanvm_count_release(object)) {
        end_object(nanvm_block_origin(object), object);
    }
}

void nanvm_drop_ref_cold(const void *object, int32_t count) {
    void *dropped = (void *)(uintptr_t)object;
    nanvm_closure_check(object);
    if (NANVM_LIKELY(count == 0)) {
        end_object(nanvm_block_origin(object), dropped);
    } else if (!nanvm_count_is_atomic(count)) {
        release_and_end(dropped);
    } else if (nanvm_count_release_atomic(nanvm_block_count_word(object), count)) {
        end_atomic(dropped);
    }
}

void nanvm_drop_mut_ref_cold(void *object) {
    int32_t count = nanvm_block_count(object);
    if (nanvm_count_is_shared(count)) {
        nanvm_fatal("drop of a MutRef that isn't the only reference to its object");
    }
    if (NANVM_LIKELY(count == 0)) {
        end_object(nanvm_block_origin(object), object);
    } else {
        release_and_end(object);
    }
}

/* --- holding drops ------------------------------------------------------------ */

/* If a drop or another hold is at work already, this hold does nothing: objects that are
 * dropped meanwhile end with the outer one. */
void nanvm_drop_hold(nanvm_hold *self, uintptr_t here) {
    work *mine = &pending;
    self->is_outermost = !mine->at_work.is_set;
    if (self->is_outermost) {
        nanvm_callback_guard_enter(&mine->at_work, &self->frame, here);
    }
}

void nanvm_drop_resume(nanvm_hold *self) {
    if (self->is_outermost) {
        work *mine = &pending;
        end_list(mine, NULL);
        nanvm_callback_guard_leave(&mine->at_work);
    }
}

void nanvm_drop_resume_later(nanvm_hold *self) {
    if (self->is_outermost) {
        nanvm_callback_guard_leave(&pending.at_work);
    }
}
