/* Deep copies: an object and all that it leads to, copied into another manager.
 *
 *   1. An object is copied with null in place of its references, and its copy joins a
 *      stack. When the copy is taken off, each object that the original refers to is
 *      copied, unless there is a copy already, and the copy gets a reference to that.
 *   2. A table leads from objects to their copies, so that a shared object is copied
 *      once. If an object's count says that there is no other reference, the object is
 *      reached only once, and needs no entry. Any other object has an entry: it is
 *      shared, or its references aren't counted, as in an arena. (A count may change
 *      while a callback or another thread is at work. But if two objects that are copied
 *      refer to a third, it is shared until the end.)
 *   3. A copy never holds a reference that was the original's. So whatever runs in the
 *      middle of the work, such as a `clone` or the search for cycles in a debug build,
 *      finds each copy complete, except that some of its references may still be null.
 *   4. On failure, the references of each copy in the table are dropped, and then the
 *      copies. So cycles end, too. Each leads through an entry: one of its objects has
 *      two references, one from the cycle and one from where the cycle was reached.
 *
 * The stack and the table begin in the frame of nanvm_ref_clone_deep(). They grow into
 * memory of the system, and not of the manager: an arena couldn't use such memory again
 * before its reset. */
#include <string.h>

#include "hold.h"
#include "system/system.h"
#include "unwind.h"

static const nanvm_ref null_handle = {NULL};

/* An object and its copy. */
typedef struct pair {
    const void *source;
    void *copy;
} pair;

enum { FIRST_ROOM = 64, FIRST_BITS = 5 };

/* Open addressing and linear probing (Knuth, TAOCP 3, 6.4, algorithm L). */
typedef struct table {
    pair *entries; /* `source` is NULL in those that are empty; NULL before the first */
    unsigned bits; /* there are 2^bits */
    size_t used;   /* at most half of them */
    pair first[1 << FIRST_BITS];
} table;

/* Copies whose references are still null. */
typedef struct stack {
    pair *pairs;
    size_t length;
    size_t room;
    pair first[FIRST_ROOM];
} stack;

typedef struct copier {
    nanvm_manager *manager;
    nanvm_ref root; /* the copy of the first object, which leads to all others */
    table table;
    stack stack;
} copier;

/* --- memory of the system --- */

static nanvm_layout pairs_layout(size_t length) {
    return nanvm_layout_make(length * sizeof(pair), NANVM_ALIGNOF(pair));
}

static pair *alloc_pairs(size_t length) {
    return length <= (size_t)PTRDIFF_MAX / sizeof(pair)
               ? nanvm_system_alloc(pairs_layout(length))
               : NULL;
}

/* Frees `pairs`, unless they are `first`, which lie in the frame. */
static void free_pairs(pair *pairs, const pair *first, size_t length) {
    if (pairs != first) {
        nanvm_system_free(pairs, pairs_layout(length));
    }
}

/* --- the table --- */

/* Objects that lie within the same 256 bytes belong into entries side by side, since what
 * is reached in a row was mostly created in a row: so most searches find their entries in
 * the cache. Such groups are spread by a hash (Knuth, TAOCP 3, 6.4; the multiplier is
 * 2^64 / golden ratio). */
enum { GRAIN_BITS = 4, GROUP_BITS = 4 };

NANVM_WRAPS("a hash")
static size_t index_of(const table *self, const void *object) {
    uintptr_t grain = (uintptr_t)object >> GRAIN_BITS;
    uint64_t hash = (uint64_t)(grain >> GROUP_BITS) * UINT64_C(0x9E3779B97F4A7C15);
    size_t group = (size_t)(hash >> (64 - (self->bits - GROUP_BITS)));
    return group << GROUP_BITS | (size_t)(grain & ((1U << GROUP_BITS) - 1));
}

/* The entry of an object, or the empty one where it belongs. */
static pair *find(const table *self, const void *object) {
    size_t mask = ((size_t)1 << self->bits) - 1;
    size_t i = index_of(self, object);
    while (self->entries[i].source != NULL && self->entries[i].source != object) {
        i = (i + 1) & mask;
    }
    return &self->entries[i];
}

static size_t table_length(const table *self) {
    return self->entries == NULL ? 0 : (size_t)1 << self->bits;
}

static void set_entries(table *self, pair *entries, unsigned bits) {
    self->entries = entries;
    self->bits = bits;
    memset(entries, 0, pairs_layout(table_length(self)).size);
}

static void move_entries(table *self, const pair *entries, size_t length) {
    for (const pair *entry = entries; entry != entries + length; ++entry) {
        if (entry->source != NULL) {
            *find(self, entry->source) = *entry;
        }
    }
}

static bool enlarge_table(table *self) {
    pair *old = self->entries;
    size_t length = table_length(self);
    if (old == NULL) {
        set_entries(self, self->first, FIRST_BITS);
        return true;
    }
    pair *entries = alloc_pairs(2 * length);
    if (entries == NULL) {
        return false;
    }
    set_entries(self, entries, self->bits + 1);
    move_entries(self, old, length);
    free_pairs(old, self->first, length);
    return true;
}

static inline bool has_room(const table *self) {
    return 2 * self->used < table_length(self);
}

/* --- the stack --- */

static bool enlarge_stack(stack *self) {
    pair *pairs = alloc_pairs(2 * self->room);
    if (pairs == NULL) {
        return false;
    }
    memcpy(pairs, self->pairs, pairs_layout(self->length).size);
    free_pairs(self->pairs, self->first, self->room);
    self->pairs = pairs;
    self->room *= 2;
    return true;
}

static inline bool push(stack *self, const void *source, void *copy) {
    if (NANVM_UNLIKELY(self->length == self->room) && !enlarge_stack(self)) {
        return false;
    }
    self->pairs[self->length] = (pair){source, copy};
    self->length += 1;
    return true;
}

/* --- one object --- */

static inline nanvm_ref *ref_at(void *part, size_t offset) {
    return (nanvm_ref *)(void *)((unsigned char *)part + offset);
}

static inline const void *object_at(const void *part, size_t offset) {
    const void *reference = (const unsigned char *)part + offset;
    return ((const nanvm_ref *)reference)->object;
}

/* Sets references to null; returns whether any of them wasn't. */
static inline bool clear_declared(void *part, const size_t *offsets, size_t length) {
    bool held = false;
    for (size_t i = 0; i < length; ++i) {
        nanvm_ref *reference = ref_at(part, offsets[i]);
        held |= reference->object != NULL;
        reference->object = NULL;
    }
    return held;
}

static bool clear_items(const nanvm_type *type, void *copy, size_t length) {
    bool held = false;
    unsigned char *item = nanvm_object_item(type, copy, 0);
    for (; length > 0; --length, item += type->item_size) {
        held |= clear_declared(item, type->item_refs, type->item_refs_length);
    }
    return held;
}

static inline bool clear_refs(const nanvm_type *type, void *copy, size_t length) {
    bool held = clear_declared(copy, type->refs, type->refs_length);
    return (type->item_refs_length > 0 && clear_items(type, copy, length)) || held;
}

/* Whether all references of an object can be found in its copy, and there is a `clone`
 * where the copy needs one. */
static inline bool is_copyable(const nanvm_type *type) {
    return type->visit == NULL && type->visit_item == NULL &&
           (type->drop == NULL || type->clone != NULL);
}

/* A new block with the bytes of the object, or NULL. */
static inline void *copy_bytes(copier *self, const nanvm_type *type, const void *object,
                               size_t length) {
    size_t size = type->size;
    void *copy = type->item_size == 0
                     ? nanvm_new_block(self->manager, type)
                     : nanvm_new_sized(self->manager, type, length, &size);
    if (NANVM_LIKELY(copy != NULL)) {
        memcpy(copy, object, size);
    }
    return copy;
}

/* Like nanvm_ref_clone_object(), but without references; the copy is on the stack if it
 * is to get some. */
static inline void *copy_object(copier *self, const void *object) {
    const nanvm_type *type = nanvm_block_origin(object)->type;
    if (NANVM_UNLIKELY(!is_copyable(type))) {
        return NULL;
    }
    size_t length = nanvm_block_length(type, object);
    void *copy = copy_bytes(self, type, object, length);
    if (copy == NULL) {
        return NULL;
    }
    if (type->clone != NULL && !nanvm_ref_call_clone(type, copy, object, length)) {
        nanvm_block_free(copy);
        return NULL;
    }
    if (clear_refs(type, copy, length) && !push(&self->stack, object, copy)) {
        nanvm_ref_drop((nanvm_ref){copy});
        return NULL;
    }
    return copy;
}

/* The same for an object that may be reached again: a new reference to its copy. */
NANVM_NOINLINE static void *copy_shared(copier *self, const void *object) {
    nanvm_block_expect_alive(object);
    if (!has_room(&self->table) && !enlarge_table(&self->table)) {
        return NULL;
    }
    pair *entry = find(&self->table, object);
    if (entry->source != NULL) {
        nanvm_ref_add(entry->copy);
        return entry->copy;
    }
    void *copy = copy_object(self, object);
    if (copy != NULL) {
        *entry = (pair){object, copy};
        self->table.used += 1;
    }
    return copy;
}

static inline void *copy_any(copier *self, const void *object) {
    int32_t count = nanvm_block_count(object);
    return count == 0 || count == NANVM_COUNT_ATOMIC ? copy_object(self, object)
                                                     : copy_shared(self, object);
}

/* --- all objects --- */

static inline bool copy_declared(copier *self, void *copy, const void *source,
                                 const size_t *offsets, size_t length) {
    for (size_t i = 0; i < length; ++i) {
        const void *object = object_at(source, offsets[i]);
        if (object == NULL) {
            continue;
        }
        void *made = copy_any(self, object);
        if (made == NULL) {
            return false;
        }
        ref_at(copy, offsets[i])->object = made;
    }
    return true;
}

static bool copy_items(copier *self, const nanvm_type *type, pair what) {
    unsigned char *copy = nanvm_object_item(type, what.copy, 0);
    const unsigned char *source = nanvm_object_item(type, what.source, 0);
    size_t length = nanvm_block_array_length(what.copy);
    bool copied = true;
    for (; copied && length > 0; --length) {
        copied =
            copy_declared(self, copy, source, type->item_refs, type->item_refs_length);
        copy += type->item_size;
        source += type->item_size;
    }
    return copied;
}

static inline bool copy_refs(copier *self, pair what) {
    const nanvm_type *type = nanvm_block_origin(what.copy)->type;
    return copy_declared(self, what.copy, what.source, type->refs, type->refs_length) &&
           (type->item_refs_length == 0 || copy_items(self, type, what));
}

static bool copy_all(copier *self, const void *object) {
    self->root.object = copy_any(self, object);
    bool copied = self->root.object != NULL;
    while (copied && self->stack.length > 0) {
        self->stack.length -= 1;
        copied = copy_refs(self, self->stack.pairs[self->stack.length]);
    }
    return copied;
}

/* --- the end --- */

static void free_memory(copier *self) {
    free_pairs(self->stack.pairs, self->stack.first, self->stack.room);
    if (self->table.entries != NULL) {
        free_pairs(self->table.entries, self->table.first, table_length(&self->table));
    }
}

static void drop_refs(void *copy) {
    const nanvm_type *type = nanvm_block_origin(copy)->type;
    nanvm_object_visit(type, copy, nanvm_object_drop_visitor, NULL);
    (void)clear_refs(type, copy, nanvm_block_length(type, copy));
}

static void drop(void *copy) {
    nanvm_ref_drop((nanvm_ref){copy});
}

static void for_each_entry(const table *self, void (*act)(void *copy)) {
    for (size_t i = 0; i < table_length(self); ++i) {
        if (self->entries[i].source != NULL) {
            act(self->entries[i].copy);
        }
    }
}

static void add(void *copy) {
    nanvm_ref_add(copy);
}

/* Callbacks run when no reference is left in any copy that one could reach through a
 * cycle. */
static void give_up(copier *self) {
    nanvm_hold hold;
    nanvm_drop_hold(&hold, NANVM_FRAME_ADDRESS);
    for_each_entry(&self->table, add);
    for_each_entry(&self->table, drop_refs);
    for_each_entry(&self->table, drop);
    nanvm_ref_drop(self->root);
    free_memory(self);
    nanvm_drop_resume(&hold);
}

/* `*unfinished` is NULL once no callback can run any more. */
NANVM_UNUSED static void give_up_unfinished(copier **unfinished) {
    if (*unfinished != NULL) {
        give_up(*unfinished);
    }
}

static void init(copier *self, nanvm_manager *manager) {
    self->manager = manager;
    self->root = null_handle;
    self->table.entries = NULL;
    self->table.used = 0;
    self->stack.pairs = self->stack.first;
    self->stack.length = 0;
    self->stack.room = FIRST_ROOM;
}

nanvm_ref nanvm_ref_clone_deep(nanvm_ref self, nanvm_manager *manager) {
    if (self.object == NULL) {
        return null_handle;
    }
    copier made;
    init(&made, manager);
    copier *unfinished NANVM_ON_UNWIND(give_up_unfinished) = &made;
    nanvm_unwind_reads(&unfinished);
    bool copied = copy_all(&made, self.object);
    unfinished = NULL;
    if (!copied) {
        give_up(&made);
        return null_handle;
    }
    free_memory(&made);
    return made.root;
}
