/* How objects end, without recursion and without memory.
 *
 * The dead of a thread wait in one list. Its links lie in the dead themselves:
 * an object whose type declares references keeps the link in place of the first
 * of them, which is released before; an object with callbacks, whose bytes
 * have to stay as they are, has a word for the link in front. Whatever is
 * dropped while the list is being worked off, by a callback too, is only added
 * to it. So a chain of any length takes the same few bytes of stack. */
#include "internal.h"

static NANVM_THREAD_LOCAL struct {
    void *first;
    bool at_work;
} dead;

static nanvm_ref *first_slot(const nanvm_object *type, void *object) {
    unsigned char *part = object;
    if (type->refs_length > 0) {
        return (nanvm_ref *)(void *)(part + type->refs[0]);
    }
    if (type->item_refs_length > 0 && nanvm_block_length(type, object) > 0) {
        part = nanvm_object_item(type, object, 0);
        return (nanvm_ref *)(void *)(part + type->item_refs[0]);
    }
    return NULL;
}

/* Adds a dead object to the list. Returns another one if its first reference
 * was the last to it. */
static void *bury_one(void *object) {
    const nanvm_object *type = nanvm_block_origin(object)->object;
    nanvm_block_header(object)->count = NANVM_COUNT_DEAD;
    if (nanvm_object_has_callbacks(type)) {
        *nanvm_block_link(type, object) = dead.first;
        dead.first = object;
        return NULL;
    }
    nanvm_ref *slot = first_slot(type, object);
    if (slot == NULL) {
        nanvm_block_free(object);
        return NULL;
    }
    const void *child = slot->object;
    slot->object = dead.first;
    dead.first = object;
    return child != NULL && nanvm_count_release_inline(child) ? (void *)(uintptr_t)child : NULL;
}

static void bury(void *object) {
    while (object != NULL) {
        object = bury_one(object);
    }
}

static void release(nanvm_ref reference) {
    if (reference.object != NULL && nanvm_count_release_inline(reference.object)) {
        bury((void *)(uintptr_t)reference.object);
    }
}

static void release_visitor(nanvm_ref reference, void *context) {
    (void)context;
    release(reference);
}

static inline void release_refs(const unsigned char *part, const size_t *offsets,
                                size_t length) {
    for (size_t i = 0; i < length; ++i) {
        release(*(const nanvm_ref *)(const void *)(part + offsets[i]));
    }
}

/* What nanvm_object_visit() does, without a call for each reference. */
static inline void release_declared(const nanvm_object *type, const unsigned char *object) {
    release_refs(object, type->refs, type->refs_length);
    if (type->item_refs_length != 0) {
        const unsigned char *item = object + type->items_offset;
        size_t length = nanvm_block_length(type, object);
        for (size_t i = 0; i < length; ++i, item += type->item_size) {
            release_refs(item, type->item_refs, type->item_refs_length);
        }
    }
}

/* Both take an object off the list and end it. */
static void exhume_with_callbacks(const nanvm_object *type, void *object) {
    dead.first = *nanvm_block_link(type, object);
    if (type->drop != NULL) {
        type->drop(object, nanvm_block_length(type, object));
    }
    nanvm_object_visit(type, object, release_visitor, NULL);
    nanvm_block_free(object);
}

static void exhume_declared(const nanvm_object *type, void *object) {
    nanvm_ref *slot = first_slot(type, object);
    dead.first = (void *)(uintptr_t)slot->object;
    slot->object = NULL;
    release_declared(type, object);
    nanvm_block_free(object);
}

static void exhume(void *object) {
    const nanvm_object *type = nanvm_block_origin(object)->object;
    if (nanvm_object_has_callbacks(type)) {
        exhume_with_callbacks(type, object);
    } else {
        exhume_declared(type, object);
    }
}

static void work_off(void) {
    dead.at_work = true;
    while (dead.first != NULL) {
        exhume(dead.first);
    }
    dead.at_work = false;
}

void nanvm_object_die(void *object) {
    const nanvm_object *type = nanvm_block_origin(object)->object;
    if (type->drop == NULL && !nanvm_object_holds_refs(type)) {
        nanvm_block_header(object)->count = NANVM_COUNT_DEAD;
        nanvm_block_free(object);
        return;
    }
    bury(object);
    if (!dead.at_work) {
        work_off();
    }
}
