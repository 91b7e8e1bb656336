/* Ending objects iteratively: a chain of any length takes the same few bytes of stack, and
 * no memory.
 *
 *   1. A dead object that still holds references is deferred: it joins a list.
 *   2. The link lies in the dead object itself: in place of its first declared reference,
 *      which is released before; or, for a type with callbacks, whose bytes have to stay as
 *      they are, in a word in front of the object.
 *   3. Plain structs don't join the list where their references find room on a small stack:
 *      walk.c.
 *   4. The function that began goes through the list until it is empty. What it defers goes
 *      to a list that is passed on in a register; what callbacks and deallocs drop, to a list
 *      of the thread, which comes after. */
#include "hold.h"
#include "unwind.h"

/* Of a thread. */
typedef struct work {
    void *list;
    nanvm_at_work at_work;
} work;

static NANVM_THREAD_LOCAL work dead;

static bool has_slot(const nanvm_type *type, const void *object) {
    return NANVM_LIKELY(type->refs_length > 0) ||
           (type->item_refs_length > 0 && nanvm_block_counted_length(object) > 0);
}

/* The first declared reference, where there is one: in all that are in a list. */
static nanvm_ref *first_slot(const nanvm_type *type, void *object) {
    unsigned char *part = object;
    if (NANVM_LIKELY(type->refs_length > 0)) {
        return (nanvm_ref *)(void *)(part + type->refs[0]);
    }
    part = nanvm_object_item(type, object, 0);
    return (nanvm_ref *)(void *)(part + type->item_refs[0]);
}

static const nanvm_ref *slot_at(const void *part, size_t offset) {
    return (const nanvm_ref *)(const void *)((const unsigned char *)part + offset);
}

/* Whether all references of a struct are null, as in the leaves of a tree, which are half of
 * its nodes: such an object is freed at once. */
static bool holds_nothing(const nanvm_type *type, const void *object) {
    bool nothing = type->item_refs_length == 0;
    for (size_t i = 0; nothing && i < type->refs_length; ++i) {
        nothing = slot_at(object, type->refs[i])->object == NULL;
    }
    return nothing;
}

static void *defer_with_callbacks(const nanvm_type *type, void *object, void *list) {
    *nanvm_block_link(type, object) = list;
    return object;
}

void *nanvm_object_defer(void *object, void *list) {
    for (;;) {
        const nanvm_type *type = nanvm_block_origin(object)->type;
        nanvm_block_set_count(object, NANVM_COUNT_DEAD);
        if (NANVM_UNLIKELY(nanvm_type_has_callbacks(type))) {
            return defer_with_callbacks(type, object, list);
        }
        nanvm_ref *slot = has_slot(type, object) ? first_slot(type, object) : NULL;
        if (slot == NULL || (slot->object == NULL && holds_nothing(type, object))) {
            nanvm_block_free(object);
            return list;
        }
        const void *child = slot->object;
        slot->object = list;
        list = object;
        if (child == NULL || !nanvm_count_release_inline(child)) {
            return list;
        }
        object = (void *)(uintptr_t)child;
    }
}

static inline void *release(nanvm_ref reference, void *list) {
    if (reference.object != NULL && nanvm_count_release_inline(reference.object)) {
        list = nanvm_object_defer((void *)(uintptr_t)reference.object, list);
    }
    return list;
}

static void release_visitor(nanvm_ref reference, void *context) {
    void **list = context;
    *list = release(reference, *list);
}

static inline void *release_refs(const void *part, const size_t *offsets, size_t length,
                                 void *list) {
    for (size_t i = 0; i < length; ++i) {
        list = release(*slot_at(part, offsets[i]), list);
    }
    return list;
}

/* Most items are nothing but a reference: with a loop inside the loop, arrays of a few
 * take a third more instructions. */
static inline void *release_slots(const unsigned char *slot, size_t stride, size_t length,
                                  void *list) {
    for (; length > 0; --length, slot += stride) {
        list = release(*slot_at(slot, 0), list);
    }
    return list;
}

static void *release_items(const nanvm_type *type, const void *object, void *list) {
    const unsigned char *item = nanvm_object_item(type, object, 0);
    size_t length = nanvm_block_counted_length(object);
    if (NANVM_LIKELY(type->item_refs_length == 1)) {
        return release_slots(item + type->item_refs[0], type->item_size, length, list);
    }
    for (; length > 0; --length, item += type->item_size) {
        list = release_refs(item, type->item_refs, type->item_refs_length, list);
    }
    return list;
}

NANVM_NOINLINE static void call_drop(const nanvm_type *type, void *object) {
    type->drop(object, type->item_size == 0 ? 0 : nanvm_block_counted_length(object));
}

/* After an exception the objects in the list would never end. */
NANVM_UNUSED static void stop_unless(const bool *ended) {
    if (!*ended) {
        nanvm_fatal("an exception left a callback that ran while objects were dropped");
    }
}

/* Both take the first object off the list, end it, and return the list. */
NANVM_NOINLINE static void *end_with_callbacks(const nanvm_type *type, void *object) {
    bool ended NANVM_ON_UNWIND(stop_unless) = false;
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

/* These are apart, so that they take no registers from what ends other objects. */
NANVM_NOINLINE static void *release_own_refs(const nanvm_type *type, void *object,
                                             void *list) {
    return release_refs(object, type->refs, type->refs_length, list);
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

static void *end_declared(const nanvm_type *type, void *object) {
    nanvm_ref *slot = first_slot(type, object);
    void *list = (void *)(uintptr_t)slot->object;
    slot->object = NULL;
    return nanvm_type_is_plain(type) ? nanvm_object_release(object, list)
                                     : end_with_items(type, object, list);
}

static void *end_first(void *list) {
    const nanvm_type *type = nanvm_block_origin(list)->type;
    return nanvm_type_has_callbacks(type) ? end_with_callbacks(type, list)
                                          : end_declared(type, list);
}

static void *pop_list(work *self) {
    void *list = self->list;
    if (list != NULL) {
        self->list = NULL;
    }
    return list;
}

static void *next_of(void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    return nanvm_type_has_callbacks(type)
               ? *nanvm_block_link(type, object)
               : (void *)(uintptr_t)first_slot(type, object)->object;
}

static void set_next_of(void *object, void *next) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    if (nanvm_type_has_callbacks(type)) {
        *nanvm_block_link(type, object) = next;
    } else {
        first_slot(type, object)->object = next;
    }
}

/* Adds the object to the thread's list. While it is deferred, a dealloc may have queued
 * others; those are few. */
NANVM_NOINLINE static void queue(work *self, void *object) {
    void *list = nanvm_object_defer(object, pop_list(self));
    void *last = self->list;
    if (last == NULL) {
        self->list = list;
        return;
    }
    while (next_of(last) != NULL) {
        last = next_of(last);
    }
    set_next_of(last, list);
}

NANVM_NOINLINE static void end_list(work *self, void *list) {
    while (list != NULL || (list = pop_list(self)) != NULL) {
        list = end_first(list);
    }
}

/* Ends the object, or puts it first in a list, and returns the list. One with callbacks
 * is ended without a way through the list. */
static inline void *end_one(const nanvm_type *type, void *object) {
    if (nanvm_type_is_plain(type)) {
        return nanvm_object_release(object, NULL);
    }
    if (nanvm_type_has_callbacks(type)) {
        nanvm_block_set_count(object, NANVM_COUNT_DEAD);
        return end_with_callbacks(type, defer_with_callbacks(type, object, NULL));
    }
    return nanvm_object_defer(object, NULL);
}

/* Apart from nanvm_object_finalize(): to look up what belongs to the thread may be a
 * call, for which leaves would have to save registers. */
NANVM_NOINLINE static void end_all(const nanvm_type *type, void *object) {
    nanvm_callback_guard frame;
    work *self = &dead;
    NANVM_KEEP_ADDRESS(self);
    if (nanvm_callback_guard_is_entered(
            &self->at_work, NANVM_FRAME_ADDRESS,
            "a callback that ran while objects were dropped was left by longjmp")) {
        queue(self, object);
        return;
    }
    nanvm_callback_guard_enter(&self->at_work, &frame, NANVM_FRAME_ADDRESS);
    void *list = end_one(type, object);
    if (NANVM_UNLIKELY(list != NULL || self->list != NULL)) {
        end_list(self, list);
    }
    nanvm_callback_guard_leave(&self->at_work);
}

/* Where a callback is at work already, the list is ended after that. */
void nanvm_drop_hold(nanvm_hold *self, uintptr_t here) {
    work *own = &dead;
    self->begins = !own->at_work.is_set;
    if (self->begins) {
        nanvm_callback_guard_enter(&own->at_work, &self->frame, here);
    }
}

void nanvm_drop_resume(nanvm_hold *self) {
    if (self->begins) {
        work *own = &dead;
        end_list(own, NULL);
        nanvm_callback_guard_leave(&own->at_work);
    }
}

void nanvm_drop_defer(nanvm_hold *self) {
    if (self->begins) {
        nanvm_callback_guard_leave(&dead.at_work);
    }
}

void nanvm_object_finalize(void *object) {
    const nanvm_origin *origin = nanvm_block_origin(object);
    const nanvm_type *type = origin->type;
    if (origin->dealloc->table->own.leaves) {
        (void)nanvm_slots_free(object);
    } else if (nanvm_type_holds_nothing(type)) {
        nanvm_block_set_count(object, NANVM_COUNT_DEAD);
        nanvm_block_free(object);
    } else {
        end_all(type, object);
    }
}
